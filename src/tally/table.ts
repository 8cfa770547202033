// Tallies as columns: a million prompts and judges are a few arrays, made from tallies in memory or from what the store
// keeps of them. Rows are in one order, so that neither the order of records nor who was faster can show in a number.
import { type Domain, type Failure, type OrderCounts, type Tally } from '../records.js';

export const ORDER_FIELDS = ['baseline_first', 'candidate_first', 'order_unknown'] as const;
const STATES = ['wins', 'losses', 'ties', 'failed'] as const;
const PLAIN_COUNTS = [
  'pairs',
  'lengths',
  'unequal',
  'longer_wins',
  'quotes',
  'quote_mismatches',
  'rated',
  'score_contradictions',
] as const;
const PLAIN_SUMS = ['length_difference', 'baseline_length', 'candidate_length'] as const;

type OrderField = (typeof ORDER_FIELDS)[number];
type CountName = (typeof PLAIN_COUNTS)[number] | `${OrderField}_${(typeof STATES)[number]}`;
type SumName = (typeof PLAIN_SUMS)[number] | `${OrderField}_score`;

/** Whole numbers of a tally, and its sums; `baseline_first_wins` is `baseline_first.wins`. */
export const COUNTS: readonly CountName[] = [
  ...PLAIN_COUNTS,
  ...ORDER_FIELDS.flatMap((order) => STATES.map((state) => `${order}_${state}` as const)),
];
export const SUMS: readonly SumName[] = [...PLAIN_SUMS, ...ORDER_FIELDS.map((order) => `${order}_score` as const)];

export interface CriterionColumns {
  n: Int32Array;
  difference: Float64Array;
  decisive: Int32Array;
  agrees: Int32Array;
}

/** Letters of outcomes as they stand in the column: their character codes. */
export const LETTER = { w: 119, l: 108, t: 116, o: 111, f: 102, gap: 45 } as const;

export interface TallyTable {
  /** Tallies, one a row, by suite, prompt id and judge. */
  rows: number;
  /** Names that the codes of the columns stand for; judges in ascending order. */
  judges: string[];
  suites: string[];
  domains: string[];
  categories: string[];
  judge: Int32Array;
  suite: Int32Array;
  /** −1 where there is none. */
  domain: Int32Array;
  category: Int32Array;
  /** Number of (suite, prompt id), ascending; below `items`. */
  item: Int32Array;
  items: number;
  /** Number of the prompt text, the same for the same text in any suite; below `prompts`. */
  prompt: Int32Array;
  prompts: number;
  /** Letters and scores of row r are those from `start[r]` to `start[r + 1]`, one a repeat. */
  start: Int32Array;
  letters: Uint8Array;
  /** NaN where there is none. */
  scores: Float64Array;
  counts: Record<CountName, Int32Array>;
  sums: Record<SumName, Float64Array>;
  /** Failed judgments by reason, of reasons that occur. */
  failures: Map<Failure, Int32Array>;
  criteria: Map<string, CriterionColumns>;
}

/** The names that codes stand for. */
interface Keys {
  judges: string[];
  suites: string[];
  domains: string[];
  categories: string[];
}

/** A table of some size with nothing in it: its numbers are 0, `start` and what it leads to are the caller's. */
export function emptyTable(rows: number, cells: number, { judges, suites, domains, categories }: Keys): TallyTable {
  const ints = () => new Int32Array(rows);
  return {
    rows,
    ...{ judges, suites, domains, categories },
    ...{ judge: ints(), suite: ints(), domain: ints(), category: ints() },
    ...{ item: ints(), items: 0, prompt: ints(), prompts: 0 },
    start: new Int32Array(rows + 1),
    letters: new Uint8Array(cells),
    scores: new Float64Array(cells),
    counts: Object.fromEntries(COUNTS.map((name) => [name, ints()])) as TallyTable['counts'],
    sums: Object.fromEntries(SUMS.map((name) => [name, new Float64Array(rows)])) as TallyTable['sums'],
    failures: new Map(),
    criteria: new Map(),
  };
}

export const emptyCriterion = (rows: number): CriterionColumns => ({
  n: new Int32Array(rows),
  difference: new Float64Array(rows),
  decisive: new Int32Array(rows),
  agrees: new Int32Array(rows),
});

/** Adds a name to a list and gives its place. */
function coder(names: string[]): (name: string | null) => number {
  const places = new Map(names.map((name, place) => [name, place]));
  return (name) => {
    if (name === null) return -1;
    let place = places.get(name);
    if (place === undefined) {
      places.set(name, (place = names.length));
      names.push(name);
    }
    return place;
  };
}

/** Tallies sorted, numbered and laid out in columns. */
export function tableOf(tallies: readonly Tally[]): TallyTable {
  return layOut([...tallies].sort(byPlace));
}

/** Tallies in the order they have, those of one prompt together, numbered and laid out in columns. */
export function layOut(sorted: readonly Tally[]): TallyTable {
  const judges = [...new Set(sorted.map(({ judge }) => judge))].sort();
  const names = { judges, suites: [], domains: [], categories: [] };
  const cells = sorted.reduce((sum, { outcomes }) => sum + outcomes.length, 0);
  const table = emptyTable(sorted.length, cells, names);
  const code = {
    judge: coder(table.judges),
    suite: coder(table.suites),
    domain: coder(table.domains),
    category: coder(table.categories),
  };
  const prompts = new Map<string, number>();
  let [at, items] = [0, 0];
  sorted.forEach((tally, row) => {
    const before = sorted[row - 1];
    if (before?.prompt_id !== tally.prompt_id || before.suite !== tally.suite) items++;
    table.item[row] = items - 1;
    let prompt = prompts.get(tally.prompt_hash);
    if (prompt === undefined) prompts.set(tally.prompt_hash, (prompt = prompts.size));
    table.prompt[row] = prompt;
    table.judge[row] = code.judge(tally.judge);
    table.suite[row] = code.suite(tally.suite);
    table.domain[row] = code.domain(tally.domain);
    table.category[row] = code.category(tally.category);
    fillPlain(table, row, tally);
    for (const reason in tally.failures) {
      failureColumn(table, reason as Failure)[row] = tally.failures[reason as Failure]!;
    }
    for (const criterion in tally.criteria) {
      const columns = criterionColumns(table, criterion);
      const { n, difference, decisive, agrees } = tally.criteria[criterion]!;
      columns.n[row] = n;
      columns.difference[row] = difference;
      columns.decisive[row] = decisive;
      columns.agrees[row] = agrees;
    }
    const { outcomes, scores } = tally;
    for (let repeat = 0; repeat < outcomes.length; repeat++, at++) {
      table.letters[at] = outcomes.charCodeAt(repeat);
      table.scores[at] = scores[repeat] ?? NaN;
    }
    table.start[row + 1] = at;
  });
  fillOrders(table, sorted);
  return Object.assign(table, { items, prompts: prompts.size });
}

/** Fields are named one by one: a name that is looked up costs ten times as much. */
function fillPlain({ counts, sums }: TallyTable, row: number, tally: Tally): void {
  counts.pairs[row] = tally.pairs;
  counts.lengths[row] = tally.lengths;
  counts.unequal[row] = tally.unequal;
  counts.longer_wins[row] = tally.longer_wins;
  counts.quotes[row] = tally.quotes;
  counts.quote_mismatches[row] = tally.quote_mismatches;
  counts.rated[row] = tally.rated;
  counts.score_contradictions[row] = tally.score_contradictions;
  sums.length_difference[row] = tally.length_difference;
  sums.baseline_length[row] = tally.baseline_length;
  sums.candidate_length[row] = tally.candidate_length;
}

function fillOrders(table: TallyTable, sorted: readonly Tally[]): void {
  for (const order of ORDER_FIELDS) {
    const of = ordersIn(table, order);
    for (let row = 0; row < sorted.length; row++) {
      const { wins, losses, ties, failed, score } = sorted[row]![order];
      of.wins[row] = wins;
      of.losses[row] = losses;
      of.ties[row] = ties;
      of.failed[row] = failed;
      of.score[row] = score;
    }
  }
}

/** The columns of one order. */
export function ordersIn({ counts, sums }: TallyTable, order: OrderField) {
  return {
    wins: counts[`${order}_wins`],
    losses: counts[`${order}_losses`],
    ties: counts[`${order}_ties`],
    failed: counts[`${order}_failed`],
    score: sums[`${order}_score`],
  };
}

function byPlace(a: Tally, b: Tally): number {
  if (a.suite !== b.suite) return a.suite < b.suite ? -1 : 1;
  if (a.prompt_id !== b.prompt_id) return a.prompt_id < b.prompt_id ? -1 : 1;
  return a.judge === b.judge ? 0 : a.judge < b.judge ? -1 : 1;
}

/** The column of a reason or criterion, made when it is first asked for. */
export function failureColumn({ failures, rows }: TallyTable, reason: Failure): Int32Array {
  let column = failures.get(reason);
  if (column === undefined) failures.set(reason, (column = new Int32Array(rows)));
  return column;
}

export function criterionColumns({ criteria, rows }: TallyTable, criterion: string): CriterionColumns {
  let columns = criteria.get(criterion);
  if (columns === undefined) criteria.set(criterion, (columns = emptyCriterion(rows)));
  return columns;
}

/** What a table does not say of a row's prompt. */
type PromptOf = (row: number) => { prompt_id: string; prompt_hash: string };

/** The tallies that a table is made of, in its order. */
export function talliesOf(table: TallyTable, promptOf: PromptOf): Tally[] {
  const { counts, sums, start } = table;
  return Array.from({ length: table.rows }, (_, row): Tally => {
    const order = (field: OrderField): OrderCounts => ({
      wins: counts[`${field}_wins`][row]!,
      losses: counts[`${field}_losses`][row]!,
      ties: counts[`${field}_ties`][row]!,
      failed: counts[`${field}_failed`][row]!,
      score: sums[`${field}_score`][row]!,
    });
    const scores = table.scores.subarray(start[row], start[row + 1]);
    const plain = Object.fromEntries([
      ...PLAIN_COUNTS.map((name) => [name, counts[name][row]!]),
      ...PLAIN_SUMS.map((name) => [name, sums[name][row]!]),
    ]) as Pick<Tally, (typeof PLAIN_COUNTS)[number] | (typeof PLAIN_SUMS)[number]>;
    return {
      suite: table.suites[table.suite[row]!]!,
      domain: (table.domains[table.domain[row]!] ?? null) as Domain | null,
      category: table.categories[table.category[row]!] ?? null,
      ...promptOf(row),
      judge: table.judges[table.judge[row]!]!,
      outcomes: String.fromCharCode(...table.letters.subarray(start[row], start[row + 1])),
      scores: Array.from(scores, (score) => (Number.isNaN(score) ? null : score)),
      ...plain,
      baseline_first: order('baseline_first'),
      candidate_first: order('candidate_first'),
      order_unknown: order('order_unknown'),
      failures: Object.fromEntries(
        [...table.failures].filter(([, column]) => column[row]! > 0).map(([reason, column]) => [reason, column[row]]),
      ),
      criteria: Object.fromEntries(
        [...table.criteria]
          .filter(([, { n }]) => n[row]! > 0)
          .map(([name, c]) => [
            name,
            { n: c.n[row]!, difference: c.difference[row]!, decisive: c.decisive[row]!, agrees: c.agrees[row]! },
          ]),
      ),
    };
  });
}

/** Sums over columns, by row. */
export function together(rows: number, columns: readonly Int32Array[]): Int32Array {
  const sums = new Int32Array(rows);
  for (const column of columns) if (!nothingIn(column)) addTo(sums, column);
  return sums;
}

function addTo(sums: Int32Array, column: Int32Array): void {
  for (let row = 0; row < sums.length; row++) sums[row]! += column[row]!;
}

/** Whether all bits of a column are 0. */
export function nothingIn(column: Int32Array): boolean {
  for (let i = 0; i < column.length; i++) if (column[i] !== 0) return false;
  return true;
}

/** Tallies in columns, and one by one for whoever needs them so: made when asked for, their prompts known by number. */
export class Tallies {
  private made: Tally[] | null = null;

  private constructor(readonly table: TallyTable) {}

  static of(tallies: readonly Tally[] | TallyTable): Tallies {
    const own = new Tallies('rows' in tallies ? tallies : tableOf(tallies));
    if (!('rows' in tallies)) own.made = [...tallies];
    return own;
  }

  get all(): Tally[] {
    const { item, prompt } = this.table;
    // Numbers sort as the ids do that they stand for.
    const name = (number: number) => String(number).padStart(10, '0');
    return (this.made ??= talliesOf(this.table, (row) => ({
      prompt_id: name(item[row]!),
      prompt_hash: name(prompt[row]!),
    })));
  }
}
