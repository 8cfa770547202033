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

/** Sums of columns over the rows of a group. */
export type Totals = Record<
  | 'sum'
  | 'squares'
  | 'scored'
  | 'wins'
  | 'losses'
  | 'ties'
  | 'order_dependent'
  | 'failed'
  | 'judged'
  | 'failed_judgments'
  | 'pairs',
  number
>;

const ORDERS: readonly Order[] = ['baseline-first', 'candidate-first'];

function emptyColumns(table: TallyTable, row: Int32Array, orders: Int32Array | null): Columns {
  const ints = (): Int32Array => new Int32Array(row.length);
  // Ascending rows of whole tallies that are as many as the table has are its own.
  const all = orders === null && row.length === table.rows;
  const taken = (column: Int32Array): Int32Array => {
    if (all) return column;
    const into = ints();
    for (let i = 0; i < row.length; i++) into[i] = column[row[i]!]!;
    return into;
  };
  const { length_difference } = table.sums;
  const length = all ? length_difference : new Float64Array(row.length);
  if (!all) for (let i = 0; i < row.length; i++) length[i] = length_difference[row[i]!]!;
  return {
    table,
    row,
    orders,
    prompt: taken(table.prompt),
    item: taken(table.item),
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
    length,
    lengths: taken(table.counts.lengths),
    fields: new Map(),
    every: null,
  };
}

/** One row a tally; with `excludeOrderDependent` such comparisons have no score and stay in the counts. */
export function wholeColumns(table: TallyTable, rows: Int32Array, excludeOrderDependent = false): Columns {
  const columns = emptyColumns(table, rows, null);
  const { start, letters, scores } = table;
  const { pairs } = table.counts;
  const [judged, failed] = [judgedIn(table), failedIn(table)];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const [from, to] = [start[row]!, start[row + 1]!];
    let [sum, squares, scored, wins, losses, ties, differing, failures, gap] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (let cell = from; cell < to; cell++) {
      const letter = letters[cell]!;
      if (letter === LETTER.w) wins++;
      else if (letter === LETTER.l) losses++;
      else if (letter === LETTER.t) ties++;
      else if (letter === LETTER.o) differing++;
      else if (letter === LETTER.f) failures++;
      else gap = 1;
      const score = scores[cell]!;
      if (Number.isNaN(score) || (excludeOrderDependent && letter === LETTER.o)) continue;
      sum += score;
      squares += score * score;
      scored++;
    }
    columns.repeats[at] = to - from;
    columns.judged[at] = judged[row]!;
    columns.failed_judgments[at] = failed[row]!;
    columns.pairs[at] = pairs[row]!;
    columns.sum[at] = sum;
    columns.squares[at] = squares;
    columns.scored[at] = scored;
    columns.wins[at] = wins;
    columns.losses[at] = losses;
    columns.ties[at] = ties;
    columns.order_dependent[at] = differing;
    columns.failed[at] = failures;
    columns.gaps[at] = gap;
  }
  return columns;
}

/** Judgments that are judged, and that failed, over all orders, by row of the table. */
export function judgedIn(table: TallyTable): Int32Array {
  const { counts: c } = table;
  return together(table.rows, [
    c.baseline_first_wins,
    c.baseline_first_losses,
    c.baseline_first_ties,
    c.candidate_first_wins,
    c.candidate_first_losses,
    c.candidate_first_ties,
    c.order_unknown_wins,
    c.order_unknown_losses,
    c.order_unknown_ties,
  ]);
}

export function failedIn({ rows, counts: c }: TallyTable): Int32Array {
  return together(rows, [c.baseline_first_failed, c.candidate_first_failed, c.order_unknown_failed]);
}

function together(rows: number, columns: Int32Array[]): Int32Array {
  const sums = new Int32Array(rows);
  for (const column of columns) for (let row = 0; row < rows; row++) sums[row]! += column[row]!;
  return sums;
}

/** One row a tally and order that was asked; wins, losses and ties are judgments here, and none is order-dependent. */
export function orderColumns(table: TallyTable, rows: Int32Array): Columns {
  const both = [ordersIn(table, 'baseline_first'), ordersIn(table, 'candidate_first')] as const;
  const asked = both.map(({ wins, losses, ties, failed }) => together(table.rows, [wins, losses, ties, failed]));
  const [judged, failed] = [judgedIn(table), failedIn(table)];
  const made = new Int32Array(2 * rows.length);
  const orders = new Int32Array(2 * rows.length);
  let n = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    for (let order = 0; order < 2; order++) {
      if (asked[order]![row] === 0) continue;
      made[n] = row;
      orders[n++] = order;
    }
  }
  const columns = emptyColumns(table, made.subarray(0, n), orders.subarray(0, n));
  both.forEach((own, order) => {
    for (let at = 0; at < n; at++) {
      if (orders[at] !== order) continue;
      const row = made[at]!;
      const all = asked[order]![row]!;
      // By order only counts are kept; judgments of one judge and order are comparisons of their own.
      columns.repeats[at] = all;
      columns.sum[at] = own.score[row]!;
      // Singly known only where no other order was asked, else those of plain verdicts.
      const alone = all === judged[row]! + failed[row]!;
      columns.squares[at] = alone ? squaresOf(table, row) : own.wins[row]! + own.ties[row]! / 4;
      columns.scored[at] = columns.judged[at] = all - own.failed[row]!;
      columns.wins[at] = own.wins[row]!;
      columns.losses[at] = own.losses[row]!;
      columns.ties[at] = own.ties[row]!;
      columns.failed[at] = columns.failed_judgments[at] = own.failed[row]!;
    }
  });
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
export function totalsOf(columns: Columns, rows: Int32Array): Totals {
  return totalsBy(columns, rows, new Int32Array(rows.length), 1)[0]!;
}

/**
 * The same for each of several groups, all in one walk through each column: group by group would fetch all of its memory
 * as often as there are groups. `home` is the group of each row, −1 where it has none.
 */
export function totalsBy(columns: Columns, rows: Int32Array, home: Int32Array, groups: number): Totals[] {
  const sums = {
    sum: added(columns.sum, rows, home, groups),
    squares: added(columns.squares, rows, home, groups),
    scored: counted(columns.scored, rows, home, groups),
    wins: counted(columns.wins, rows, home, groups),
    losses: counted(columns.losses, rows, home, groups),
    ties: counted(columns.ties, rows, home, groups),
    order_dependent: counted(columns.order_dependent, rows, home, groups),
    failed: counted(columns.failed, rows, home, groups),
    judged: counted(columns.judged, rows, home, groups),
    failed_judgments: counted(columns.failed_judgments, rows, home, groups),
    pairs: counted(columns.pairs, rows, home, groups),
  } satisfies Record<keyof Totals, Float64Array>;
  const names = Object.keys(sums) as (keyof Totals)[];
  return Array.from(
    { length: groups },
    (_, at) => Object.fromEntries(names.map((name) => [name, sums[name][at]!])) as Totals,
  );
}

function added(column: Float64Array, rows: Int32Array, home: Int32Array, groups: number): Float64Array {
  const sums = new Float64Array(groups);
  for (let i = 0; i < rows.length; i++) if (home[i]! >= 0) sums[home[i]!]! += column[rows[i]!]!;
  return sums;
}

// A function of its own, since one that meets two kinds of arrays takes several times as long.
function counted(column: Int32Array, rows: Int32Array, home: Int32Array, groups: number): Float64Array {
  const sums = new Float64Array(groups);
  for (let i = 0; i < rows.length; i++) if (home[i]! >= 0) sums[home[i]!]! += column[rows[i]!]!;
  return sums;
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

function tableField({ table, row, orders }: Columns, field: keyof typeof NAMES): Field {
  const names = table[NAMES[field]];
  const column = table[field];
  if (orders === null && row.length === table.rows) return { names, code: column };
  const code = new Int32Array(row.length);
  for (let i = 0; i < row.length; i++) code[i] = column[row[i]!]!;
  return { names, code };
}
