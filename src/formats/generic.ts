// Judged rows of any making: JSON Lines, a JSON array or CSV with at least `prompt_id` or `prompt`, `judge`, and `winner`
// (or `verdict` with `order`). Votes over `model_a` and `model_b` are known; other names come in by `--columns`, other
// words for the winner by `--values`.
import { DoubleblindError } from '../errors.js';
import { promptHash } from '../hash.js';
import type { Order, Verdict, Winner } from '../records.js';
import type { Fields } from './fields.js';
import { isError, readAny } from './label.js';
import { type Derived, type Format, type Input, type Row, rowOf, slotLabels, winnerOf } from './row.js';
import type { Item } from './source.js';

/** Our field → the columns it is looked for in, first found first taken. */
const COLUMNS = {
  prompt_id: ['prompt_id', 'question_id'],
  prompt: ['prompt', 'instruction', 'question'],
  suite: ['suite'],
  category: ['category'],
  judge: ['judge', 'judge_model', 'judge_name', 'annotator'],
  winner: ['winner'],
  winner_baseline: ['winner_baseline', 'winner_model_a'],
  winner_candidate: ['winner_candidate', 'winner_model_b'],
  winner_tie: ['winner_tie'],
  verdict: ['verdict'],
  order: ['order', 'presentation_order'],
  baseline: ['baseline', 'model_a'],
  candidate: ['candidate', 'model_b'],
  baseline_response: ['baseline_response', 'response_a', 'output_a'],
  candidate_response: ['candidate_response', 'response_b', 'output_b'],
  reply: ['reply', 'judgment', 'judge_completion'],
  rationale: ['rationale', 'reasoning'],
  quote: ['quote'],
} as const;
type Column = keyof typeof COLUMNS;

const ORDER_WORDS: Record<string, Order> = {
  'baseline-first': 'baseline-first',
  'candidate-first': 'candidate-first',
  AB: 'baseline-first',
  BA: 'candidate-first',
};
const WINNER_WORDS: Record<string, Winner | 'unknown'> = {
  baseline: 'baseline',
  candidate: 'candidate',
  tie: 'tie',
  draw: 'tie',
  unknown: 'unknown',
  error: 'unknown',
};
/** Words of votes over `model_a` and `model_b` (LMSYS, AutoArena), where A is a model and not a slot. */
const VOTE_WORDS: Record<string, Winner | 'unknown'> = {
  model_a: 'baseline',
  A: 'baseline',
  model_b: 'candidate',
  B: 'candidate',
  '-': 'tie',
  'tie (bothbad)': 'tie',
  'tie (inconsistent)': 'tie',
};

export const generic: Format = {
  name: 'generic',
  fits: (first) => {
    const column = columnsOf(first, {});
    const names = (...of: Column[]): boolean => of.every((name) => column[name] !== undefined);
    return (
      (names('prompt') || names('prompt_id')) &&
      (names('winner') || names('verdict', 'order') || names('winner_candidate', 'winner_baseline'))
    );
  },
  async *read(input) {
    checkColumns(input);
    for await (const item of input.records()) yield readRow(item, input);
  },
};

/** The column of the file that holds each of our fields; an absent field has none. */
function columnsOf(fields: Fields, chosen: Record<string, string>): Partial<Record<Column, string>> {
  const found: Partial<Record<Column, string>> = {};
  for (const name of Object.keys(COLUMNS) as Column[]) {
    const column = chosen[name] ?? COLUMNS[name].find((candidate) => fields.knows(candidate));
    if (column !== undefined && column !== '') found[name] = column;
  }
  return found;
}

function checkColumns({ options, file }: Input): void {
  for (const name of Object.keys(options.columns ?? {}))
    if (!Object.hasOwn(COLUMNS, name))
      throw new DoubleblindError('USAGE', `--columns knows no field "${name}"`, {
        file,
        hint: `Fields: ${Object.keys(COLUMNS).join(', ')}.`,
      });
  for (const name of Object.keys(options.values ?? {}))
    if (!['baseline', 'candidate', 'tie', 'unknown'].includes(name))
      throw new DoubleblindError('USAGE', `--values knows no winner "${name}"`, {
        file,
        hint: 'Winners: baseline, candidate, tie, unknown.',
      });
}

function readRow({ fields, ...at }: Item, input: Input): Row {
  const { options } = input;
  const column = columnsOf(fields, options.columns ?? {});
  for (const name of Object.values(options.columns ?? {}))
    if (name !== '' && !fields.knows(name))
      throw fields.wrong(name, 'is no column of this row', `It has: ${fields.names.join(', ')}.`);
  const text = (name: Column): string | null => (column[name] === undefined ? null : fields.text(column[name]));
  const id = (name: Column): string | null => (column[name] === undefined ? null : fields.id(column[name]));

  const prompt = text('prompt');
  const prompt_id = id('prompt_id') ?? (prompt === null ? null : promptHash(prompt).slice(0, 12));
  if (prompt_id === null)
    throw fields.wrong(
      column.prompt ?? 'prompt',
      'or "prompt_id" is missing',
      'Name the column with --columns prompt=….',
    );
  const judge = options.judge ?? id('judge');
  if (judge === null)
    throw fields.wrong(
      column.judge ?? 'judge',
      'is missing',
      'Name the judge with --judge, or its column with --columns judge=….',
    );
  const [baseline, candidate] = [id('baseline'), id('candidate')];
  const votes =
    column.baseline === 'model_a' ||
    column.baseline_response === 'response_a' ||
    column.winner_candidate === 'winner_model_b';
  const recorded = recordedOf(fields, column, { baseline, candidate }, votes, options.values ?? {});
  const order = orderOf(fields, column.order);
  const verdict = verdictOf(fields, column.verdict);
  const reply = text('reply');
  return rowOf({ fields, ...at }, input, {
    format: 'generic',
    recorded_winner: recorded,
    derived: derive(fields, { recorded, order, verdict, reply }),
    labels: verdict === null ? null : slotLabels(order),
    said: verdict ?? (reply === null ? null : readAny(reply).said),
    judgment: {
      suite: options.suite ?? text('suite') ?? 'imported',
      category: text('category'),
      prompt_id,
      prompt,
      baseline: options.baseline ?? baseline ?? 'baseline',
      candidate: options.candidate ?? candidate ?? 'candidate',
      baseline_response: text('baseline_response'),
      candidate_response: text('candidate_response'),
      judge,
      order,
      reply,
      rationale: text('rationale'),
      quote: text('quote'),
    },
  });
}

function derive(
  fields: Fields,
  row: { recorded: Row['recorded_winner']; order: Order | null; verdict: Verdict | null; reply: string | null },
): Derived {
  const { recorded, order, verdict, reply } = row;
  if (reply !== null && isError(reply)) return { winner: null, failure: 'unreachable', how: 'reply' };
  if (verdict !== null) {
    const winner = winnerOf(verdict, slotLabels(order));
    if (winner !== null) return { winner, failure: null, how: 'verdict' };
    if (recorded === null)
      throw fields.wrong('order', 'is missing: a verdict names a slot, and only the order says whose text stood in it');
  }
  return { winner: recorded === 'unknown' ? null : recorded, failure: 'unreadable', how: 'recorded' };
}

function recordedOf(
  fields: Fields,
  column: Partial<Record<Column, string>>,
  names: { baseline: string | null; candidate: string | null },
  votes: boolean,
  values: Record<string, string[]>,
): Row['recorded_winner'] {
  if (column.winner === undefined) return column.winner_candidate === undefined ? null : oneOf(fields, column);
  const word = fields.id(column.winner);
  if (word === null) return null;
  for (const [winner, words] of Object.entries(values)) if (words.includes(word)) return winner as Winner | 'unknown';
  if (Object.hasOwn(WINNER_WORDS, word)) return WINNER_WORDS[word]!;
  if (votes && Object.hasOwn(VOTE_WORDS, word)) return VOTE_WORDS[word]!;
  if (names.baseline !== names.candidate && word === names.baseline) return 'baseline';
  if (names.baseline !== names.candidate && word === names.candidate) return 'candidate';
  const hint = /^[AB]$/.test(word)
    ? 'A and B name slots: give them as "verdict" with an "order", or say whose they are with --values.'
    : 'Say what its words mean: --values candidate=…,baseline=…';
  throw fields.wrong(column.winner, 'must be baseline, candidate, tie or unknown', hint);
}

/** The winner of columns that hold 1 for the one that is true. */
function oneOf(fields: Fields, column: Partial<Record<Column, string>>): Winner | 'unknown' {
  const marked = (['baseline', 'candidate', 'tie'] as const).filter((winner) => {
    const name = column[`winner_${winner}`];
    return name !== undefined && [1, true, '1', 'true', 'True', '1.0'].includes(fields.value(name) as number);
  });
  if (marked.length > 1) throw fields.wrong(column.winner_candidate!, 'and another winner are both marked');
  return marked[0] ?? 'unknown';
}

function orderOf(fields: Fields, column: string | undefined): Order | null {
  const word = column === undefined ? null : fields.text(column);
  if (word === null) return null;
  if (Object.hasOwn(ORDER_WORDS, word)) return ORDER_WORDS[word]!;
  throw fields.wrong(column!, 'must be baseline-first or candidate-first (AB or BA)');
}

function verdictOf(fields: Fields, column: string | undefined): Verdict | null {
  const word = column === undefined ? null : fields.text(column);
  if (word === null || word === 'A' || word === 'B' || word === 'tie') return word;
  throw fields.wrong(column!, 'must be A, B or tie');
}

/**
 * `--columns` and `--values`: `a=b,c=d` as pairs in order; a name may stand more than once.
 * @throws USAGE for a part without an equals sign or name
 */
export function parsePairs(text: string, option: string): [string, string][] {
  return text.split(',').map((part) => {
    const at = part.indexOf('=');
    if (at <= 0) throw new DoubleblindError('USAGE', `${option} takes name=column,…, found "${part}"`);
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
  });
}
