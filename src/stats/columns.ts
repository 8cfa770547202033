// What each tally, or each order of it, brings to a group, as columns: a million cells are a few arrays.
import type { Order } from '../records.js';
import type { Group } from '../summary.js';
import { LETTER, ordersIn, type TallyTable } from '../tally/table.js';

export interface Columns {
  table: TallyTable;
  /** Row of the table that a row here is made from, ascending. */
  row: Int32Array;
  /** Place in `ORDERS` by row; null for columns of whole tallies. */
  orders: Int32Array | null;
  prompt: Int32Array;
  item: Int32Array;
  /** Sum of the scores, of their squares, and how many there are. */
  sum: Float64Array;
  squares: Float64Array;
  scored: Int32Array;
  wins: Int32Array;
  losses: Int32Array;
  ties: Int32Array;
  order_dependent: Int32Array;
  failed: Int32Array;
  judged: Int32Array;
  failed_judgments: Int32Array;
  /** Comparisons judged in both orders. */
  pairs: Int32Array;
  /** Comparisons asked, letters and gaps; 1 where a repeat is missing. */
  repeats: Int32Array;
  gaps: Uint8Array;
  /** Of the tally: sum of length differences, and over how many comparisons. */
  length: Float64Array;
  lengths: Int32Array;
  /** Fields already turned into numbers, by `fieldOf`. */
  fields: Map<keyof Group, Field>;
  /** Places of all rows, once somebody has asked for them. */
  every: Int32Array | null;
}

/** Names of a field's values, and by row the place of its value among them; −1 where it is null. */
export interface Field {
  names: readonly string[];
  code: Int32Array;
}

/** Columns that are added up for the counts of a group. */
export const TOTALS = [
  'sum',
  'squares',
  'scored',
  'wins',
  'losses',
  'ties',
  'order_dependent',
  'failed',
  'judged',
  'failed_judgments',
  'pairs',
] as const satisfies (keyof Columns)[];
export type Totals = Record<(typeof TOTALS)[number], number>;

const ORDERS: readonly Order[] = ['baseline-first', 'candidate-first'];

function emptyColumns(table: TallyTable, row: Int32Array, orders: Int32Array | null): Columns {
  const ints = (): Int32Array => new Int32Array(row.length);
  const of = <A extends Int32Array | Float64Array>(column: A, into: A): A => {
    for (let i = 0; i < row.length; i++) into[i] = column[row[i]!]!;
    return into;
  };
  return {
    table,
    row,
    orders,
    prompt: of(table.prompt, ints()),
    item: of(table.item, ints()),
    sum: new Float64Array(row.length),
    squares: new Float64Array(row.length),
    scored: ints(),
    wins: ints(),
    losses: ints(),
    ties: ints(),
    order_dependent: ints(),
    failed: ints(),
    judged: ints(),
    failed_judgments: ints(),
    pairs: ints(),
    repeats: ints(),
    gaps: new Uint8Array(row.length),
    length: of(table.sums.length_difference, new Float64Array(row.length)),
    lengths: of(table.counts.lengths, ints()),
    fields: new Map(),
    every: null,
  };
}

/** One row a tally; with `excludeOrderDependent` such comparisons have no score and stay in the counts. */
export function wholeColumns(table: TallyTable, rows: Int32Array, excludeOrderDependent = false): Columns {
  const columns = emptyColumns(table, rows, null);
  const { start, letters, scores } = table;
  const [judged, failed] = [judgedIn(table), failedIn(table)];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    columns.repeats[at] = start[row + 1]! - start[row]!;
    columns.judged[at] = judged(row);
    columns.failed_judgments[at] = failed(row);
    columns.pairs[at] = table.counts.pairs[row]!;
    for (let cell = start[row]!; cell < start[row + 1]!; cell++) {
      const letter = letters[cell]!;
      if (letter === LETTER.w) columns.wins[at]!++;
      else if (letter === LETTER.l) columns.losses[at]!++;
      else if (letter === LETTER.t) columns.ties[at]!++;
      else if (letter === LETTER.o) columns.order_dependent[at]!++;
      else if (letter === LETTER.f) columns.failed[at]!++;
      else columns.gaps[at] = 1;
      const score = scores[cell]!;
      if (Number.isNaN(score) || (excludeOrderDependent && letter === LETTER.o)) continue;
      columns.sum[at]! += score;
      columns.squares[at]! += score * score;
      columns.scored[at]!++;
    }
  }
  return columns;
}

/** Judgments of a row that are judged, and that failed, over all orders. */
export function judgedIn({ counts: c }: TallyTable): (row: number) => number {
  return (row) =>
    c.baseline_first_wins[row]! +
    c.baseline_first_losses[row]! +
    c.baseline_first_ties[row]! +
    c.candidate_first_wins[row]! +
    c.candidate_first_losses[row]! +
    c.candidate_first_ties[row]! +
    c.order_unknown_wins[row]! +
    c.order_unknown_losses[row]! +
    c.order_unknown_ties[row]!;
}

export function failedIn({ counts: c }: TallyTable): (row: number) => number {
  return (row) => c.baseline_first_failed[row]! + c.candidate_first_failed[row]! + c.order_unknown_failed[row]!;
}

/** One row a tally and order that was asked; wins, losses and ties are judgments here, and none is order-dependent. */
export function orderColumns(table: TallyTable, rows: Int32Array): Columns {
  const both = [ordersIn(table, 'baseline_first'), ordersIn(table, 'candidate_first')] as const;
  const made = new Int32Array(2 * rows.length);
  const orders = new Int32Array(2 * rows.length);
  let n = 0;
  for (const row of rows) {
    both.forEach(({ wins, losses, ties, failed }, order) => {
      if (wins[row]! + losses[row]! + ties[row]! + failed[row]! === 0) return;
      made[n] = row;
      orders[n++] = order;
    });
  }
  const columns = emptyColumns(table, made.subarray(0, n), orders.subarray(0, n));
  const [judged, failed] = [judgedIn(table), failedIn(table)];
  for (let at = 0; at < n; at++) {
    const row = made[at]!;
    const own = both[orders[at]!]!;
    const verdicts = own.wins[row]! + own.losses[row]! + own.ties[row]!;
    // By order only counts are kept; judgments of one judge and order are comparisons of their own.
    columns.repeats[at] = verdicts + own.failed[row]!;
    columns.sum[at] = own.score[row]!;
    // Singly known only where no other order was asked, else those of plain verdicts.
    columns.squares[at] =
      verdicts + own.failed[row]! < judged(row) + failed(row)
        ? own.wins[row]! + own.ties[row]! / 4
        : squaresOf(table, row);
    columns.scored[at] = columns.judged[at] = verdicts;
    columns.wins[at] = own.wins[row]!;
    columns.losses[at] = own.losses[row]!;
    columns.ties[at] = own.ties[row]!;
    columns.failed[at] = columns.failed_judgments[at] = own.failed[row]!;
  }
  return columns;
}

function squaresOf({ start, scores }: TallyTable, row: number): number {
  let squares = 0;
  for (let cell = start[row]!; cell < start[row + 1]!; cell++) {
    const score = scores[cell]!;
    if (!Number.isNaN(score)) squares += score * score;
  }
  return squares;
}

/** Sums of the columns over some rows. */
export function totalsOf(columns: Columns, rows: ArrayLike<number>): Totals {
  const totals = Object.fromEntries(TOTALS.map((name) => [name, 0])) as Totals;
  for (const name of TOTALS) totals[name] = sumOver(columns[name], rows);
  return totals;
}

function sumOver(column: Int32Array | Float64Array, rows: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += column[rows[i]!]!;
  return sum;
}

/** A field of the rows as numbers, made once. Null everywhere for the order of whole tallies. */
export function fieldOf(columns: Columns, field: keyof Group): Field {
  const known = columns.fields.get(field);
  if (known !== undefined) return known;
  const made = field === 'order' ? orderField(columns) : tableField(columns, field);
  columns.fields.set(field, made);
  return made;
}

function orderField({ orders, row }: Columns): Field {
  return { names: ORDERS, code: orders ?? new Int32Array(row.length).fill(-1) };
}

const NAMES = { domain: 'domains', suite: 'suites', category: 'categories', judge: 'judges' } as const;

function tableField({ table, row }: Columns, field: keyof typeof NAMES): Field {
  const code = new Int32Array(row.length);
  for (let i = 0; i < row.length; i++) code[i] = table[field][row[i]!]!;
  return { names: table[NAMES[field]], code };
}
