// Pairs of responses that nobody has judged yet: `prompt`, `baseline_response` (or `_output`) and the same of another name.
import { DoubleblindError } from '../errors.js';
import { promptHash } from '../hash.js';
import { type PairFields, pairsOf } from './brie.js';
import type { Fields } from './fields.js';
import { openRecords } from './source.js';

export interface UnjudgedPair {
  prompt_id: string;
  prompt: string;
  category: string | null;
  reference: string | null;
  /** The candidate's name as the field says it. */
  name: string;
  baseline_response: string | null;
  candidate_response: string | null;
  line: number;
}

/**
 * The pairs of a file, in order. A row without `prompt_id` is known by its text.
 * @param candidate whose response is taken where a row holds those of several
 * @throws INVALID_VALUE with the line where the prompt is missing, no pair was found yet, or it is not known whose response
 * is meant
 */
export async function* readPairs(file: string, candidate?: string): AsyncGenerator<UnjudgedPair> {
  let pair: PairFields | null = null;
  for await (const { fields, line } of openRecords(file)) {
    // A row may leave out a response that is missing; it is told by the rows before.
    pair = chosenPair(fields, candidate) ?? pair;
    if (pair === null) throw fields.wrong('baseline_response', 'must stand beside the response of a candidate');
    const prompt = fields.need('prompt');
    yield {
      prompt_id: fields.id('prompt_id') ?? promptHash(prompt).slice(0, 12),
      prompt,
      category: fields.text('category'),
      reference: fields.text('reference'),
      name: pair.name,
      baseline_response: fields.text(pair.baseline),
      candidate_response: fields.text(pair.candidate),
      line,
    };
  }
}

function chosenPair(fields: Fields, candidate: string | undefined): PairFields | null {
  const pairs = pairsOf(fields);
  const [first = null, ...others] = pairs;
  if (others.length === 0) return first;
  const chosen = pairs.find(({ name }) => name === candidate);
  if (chosen !== undefined) return chosen;
  const names = pairs.map(({ name }) => `"${name}"`).join(' and ');
  const hint = 'Choose one with --candidate-name.';
  throw new DoubleblindError('INVALID_VALUE', `holds responses of ${names}.`, { ...fields.place, hint });
}
