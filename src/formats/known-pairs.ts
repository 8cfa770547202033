// Pairs whose right answer is known: `prompt`, `response_A`, `response_B`, `label` (A>B or B>A), optional `group`; or a
// JudgeBench file (`question`, `pair_id`, `source`), judged or not, whose judgments are not looked at.
import { promptHash } from '../hash.js';
import type { Winner } from '../records.js';
import { groupOf } from './judgebench.js';
import { comparisonLabel } from './label.js';
import { openRecords } from './source.js';

export interface KnownPair {
  prompt_id: string;
  prompt: string;
  group: string;
  /** In the baseline's place. */
  response_a: string;
  response_b: string;
  /** `baseline` where A is right. */
  winner: Winner;
  line: number;
}

/** The pairs of a file, in order. @throws INVALID_VALUE with the line where a text or the label is missing or wrong */
export async function* readKnownPairs(file: string): AsyncGenerator<KnownPair> {
  for await (const { fields, line } of openRecords(file)) {
    const prompt = fields.text('prompt') ?? fields.text('question') ?? fields.need('prompt');
    const [response_a, response_b] = [fields.need('response_A'), fields.need('response_B')];
    const label = fields.need('label');
    const said = label === 'A' || label === 'B' ? label : comparisonLabel(label);
    if (said === null || said === 'tie') throw fields.wrong('label', 'must be A>B or B>A');
    yield {
      prompt_id:
        fields.id('pair_id') ??
        fields.id('prompt_id') ??
        promptHash(JSON.stringify([prompt, response_a, response_b])).slice(0, 12),
      prompt,
      group: fields.text('group') ?? groupOf(fields.text('source') ?? fields.text('category') ?? 'all'),
      response_a,
      response_b,
      winner: said === 'A' ? 'baseline' : 'candidate',
      line,
    };
  }
}
