// Which comparison each row is. Rows of one file with the same prompt and judge are comparisons of their own, numbered
// by `repeat` in file order; a row that a further file repeats adds nothing. Memory grows with keys and hashes only.
import { createHash } from 'node:crypto';
import { promptHash } from '../hash.js';
import type { Row } from './row.js';

/**
 * `new`: a judgment of its own. `known`: it stands already, here or in an earlier file, and adds nothing. `retried`:
 * it takes the place of a failed judgment with the same id.
 */
export type Standing = 'new' | 'known' | 'retried';

/** A function that numbers one row after another, in place, and says how each stands to those before it. */
export function rowNumbering(): (row: Row) => Standing {
  const ids = new Map<string, 'judged' | 'failed'>();
  const texts = new Map<string, string>();
  const counts = new Map<string, number>();
  /** Equal rows of one prompt and judge: their numbers, and how many of those from earlier files this file has met. */
  const equals = new Map<string, { repeats: number[]; file: string; earlier: number; met: number }>();

  const own = ({ id, state }: Row['judgment']): Standing => {
    const earlier = ids.get(id);
    if (earlier === 'judged' || (earlier === 'failed' && state === 'failed')) return 'known';
    ids.set(id, state);
    return earlier === undefined ? 'new' : 'retried';
  };

  return (row) => {
    const { judgment } = row;
    if (judgment.id !== '') return own(judgment);
    if (row.superseded_by !== null) return 'known';
    judgment.prompt_id = idOfText(texts, judgment);
    const { suite, baseline, candidate, prompt_id, judge, order } = judgment;
    const key = digest([suite, baseline, candidate, prompt_id, judge, row.paired ? order : null]);
    const { reply, baseline_response, candidate_response } = judgment;
    const signature = digest([key, reply ?? row.recorded_winner, baseline_response, candidate_response]);
    const equal = equals.get(signature) ?? { repeats: [], file: row.file, earlier: 0, met: 0 };
    equals.set(signature, equal);
    if (equal.file !== row.file) Object.assign(equal, { file: row.file, earlier: equal.repeats.length, met: 0 });
    if (equal.met < equal.earlier) {
      judgment.repeat = equal.repeats[equal.met++]!;
      return 'known';
    }
    judgment.repeat = counts.get(key) ?? 0;
    counts.set(key, judgment.repeat + 1);
    equal.repeats.push(judgment.repeat);
    return 'new';
  };
}

/** The rows that add a judgment, numbered. */
export async function* numberRows(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  const number = rowNumbering();
  for await (const row of rows) if (number(row) !== 'known') yield row;
}

/**
 * The row's prompt id; where the id already stands for another text (numbers that begin anew in each part of a file),
 * the id with the text's hash, so that two prompts are never taken for one.
 */
function idOfText(texts: Map<string, string>, { suite, prompt_id, prompt }: Row['judgment']): string {
  if (prompt === null) return prompt_id;
  const hash = promptHash(prompt).slice(0, 16);
  const key = digest([suite, prompt_id]);
  const first = texts.get(key);
  if (first === undefined) texts.set(key, hash);
  return first === undefined || first === hash ? prompt_id : `${prompt_id}~${hash.slice(0, 8)}`;
}

function digest(parts: (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64').slice(0, 22);
}
