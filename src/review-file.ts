// Review queues as CSV: what a person reads and fills in elsewhere. A file holds the prompt, two texts and a token that
// means nothing outside the database; it names no checkpoint, role, judge, order or id.
import { parse } from 'csv-parse/sync';
import { CsvError } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { csvSyntax } from './csv.js';
import { DoubleblindError } from './errors.js';
import { inOrder } from './judging/present.js';
import { weighJudges } from './labels.js';
import { type Run, VERDICTS } from './records.js';
import type { Store } from './store/index.js';
import { castVote } from './votes.js';

const COLUMNS = ['token', 'prompt', 'response_a', 'response_b', 'verdict'] as const;

export type ReviewRow = Record<(typeof COLUMNS)[number], string>;

/**
 * A person's open items, `verdict` empty: to be filled with A, B or tie.
 * @throws USAGE when this person has no queue
 */
export async function reviewRows(store: Store, run: Run, reviewer: string): Promise<ReviewRow[]> {
  const items = await store.reviewItems(run.id, reviewer);
  if (items.length === 0) {
    throw new DoubleblindError('USAGE', `${reviewer} has no review queue in run ${run.id}.`, {
      hint: 'Make one: doubleblind review create <run> --reviewers <names>.',
    });
  }
  const rows: ReviewRow[] = [];
  for (const { position, repeat, order, token, done } of items) {
    const pair = done ? null : await store.reviewable(run.id, position, repeat);
    if (pair === null) continue;
    const [response_a, response_b] = inOrder(order, pair.baseline_response, pair.candidate_response);
    rows.push({ token, prompt: pair.prompt, response_a, response_b, verdict: '' });
  }
  return rows;
}

/** The same as CSV. Cells that a spreadsheet would take for a formula start with an apostrophe. */
export function reviewCsv(rows: ReviewRow[]): string {
  return stringify(rows, { header: true, columns: [...COLUMNS], escape_formulas: true });
}

export interface ImportedVotes {
  run: string;
  added: number;
  changed: number;
  same: number;
  /** Rows without a verdict. */
  open: number;
}

/**
 * Takes the votes of a filled file; verdicts are A, B or tie in any case. A vote that differs from an earlier one is
 * refused, or takes its place with `change`. Nothing is taken from a file with a row that cannot be read.
 * @throws CSV_SYNTAX; INVALID_VALUE with the line; REVIEW_TOKEN_INVALID; ALREADY_VOTED
 */
export async function importVotes(
  store: Store,
  run: Run,
  text: string,
  { file, now, change = false }: { file: string; now: string; change?: boolean },
): Promise<ImportedVotes> {
  const items = new Map((await store.reviewItems(run.id)).map((item) => [item.token, item]));
  const ballots = rowsOf(text, file).map(({ record, line }) => {
    const at = { file, line };
    const item = items.get(record['token'] ?? '');
    if (item === undefined)
      throw new DoubleblindError(
        'REVIEW_TOKEN_INVALID',
        'this token is of no comparison in the queues of the run.',
        at,
      );
    const said = (record['verdict'] ?? '').trim();
    const verdict = VERDICTS.find((one) => one.toLowerCase() === said.toLowerCase());
    if (verdict === undefined && said !== '')
      throw new DoubleblindError('INVALID_VALUE', `a verdict is A, B or tie, found "${said.slice(0, 40)}".`, at);
    return { item, verdict };
  });
  const counts: ImportedVotes = { run: run.id, added: 0, changed: 0, same: 0, open: 0 };
  for (const { item, verdict } of ballots) {
    if (verdict === undefined) {
      counts.open++;
      continue;
    }
    const { state } = await castVote(store, run, item, verdict, { at: now, via: 'file', change });
    counts[state === 'new' ? 'added' : state]++;
  }
  await weighJudges(store, run);
  return counts;
}

/** @throws CSV_SYNTAX; INVALID_VALUE where a column is missing or a token stands twice */
function rowsOf(text: string, file: string): { record: Record<string, string>; line: number }[] {
  let rows: { record: Record<string, string>; info: { lines: number } }[];
  try {
    rows = parse(text, { columns: true, bom: true, info: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw csvSyntax(error, { file, line: error['lines'] as number | undefined });
  }
  const first = rows[0]?.record ?? {};
  const missing = ['token', 'verdict'].find((name) => !(name in first));
  if (rows.length > 0 && missing !== undefined)
    throw new DoubleblindError('INVALID_VALUE', `the column "${missing}" is missing.`, { file, line: 1 });
  const seen = new Set<string>();
  return rows.map(({ record, info }) => {
    const token = record['token'] ?? '';
    if (seen.has(token))
      throw new DoubleblindError('INVALID_VALUE', 'a token stands twice.', { file, line: info.lines });
    seen.add(token);
    return { record, line: info.lines };
  });
}
