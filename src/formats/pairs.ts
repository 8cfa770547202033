// Pairs of responses that nobody has judged yet: `prompt`, `baseline_response` (or `_output`) and the same of another name.
import { promptHash } from '../hash.js';
import { pairOf } from './brie.js';
import { openRecords } from './source.js';

export interface UnjudgedPair {
  prompt_id: string;
  prompt: string;
  category: string | null;
  reference: string | null;
  /** The candidate's name as the field says it. */
  name: string;
  baseline_response: string;
  candidate_response: string;
  line: number;
}

/**
 * The pairs of a file, in order. A row without `prompt_id` is known by its text.
 * @throws INVALID_VALUE with the line where the prompt or one of the two responses is missing
 */
export async function* readPairs(file: string): AsyncGenerator<UnjudgedPair> {
  for await (const { fields, line } of openRecords(file)) {
    const pair = pairOf(fields);
    if (pair === null) throw fields.wrong('baseline_response', 'must stand beside the response of a candidate');
    const prompt = fields.need('prompt');
    yield {
      prompt_id: fields.id('prompt_id') ?? promptHash(prompt).slice(0, 12),
      prompt,
      category: fields.text('category'),
      reference: fields.text('reference'),
      name: pair.name,
      baseline_response: fields.need(pair.baseline),
      candidate_response: fields.need(pair.candidate),
      line,
    };
  }
}
