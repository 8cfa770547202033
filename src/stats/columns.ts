// What each tally, or each order of it, brings to a group, as columns: a million cells are a few arrays.
import type { Order } from '../records.js';
import type { Group } from '../summary.js';
import { LETTER, ordersIn, type TallyTable, together } from '../tally/table.js';

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
  /** What `groups.ts` has made of all rows, once somebody has asked for it. */
  strata: Strata | null;
}

/** Rows that are alike in every field are a stratum, numbered by first appearance: every group is some of them joined. */
export interface Strata {
  rows: Int32Array;
  /** By row: its stratum. */
  of: Int32Array;
  /** By stratum: its first row, and how many it has. */
  first: Int32Array;
  sizes: Int32Array;
  /** What they come to, once somebody has asked. */
  sums: Float64Array | null;
  /** Groups that were made, by the group of each stratum: groupings that part the rows alike share them. */
  joined: Map<string, Part[]>;
}

/** Ascending rows of a group, and what they come to. */
export interface Part {
  rows: Int32Array;
  numbers(): Numbers;
}

/** Names of a field's values, and by row the place of its value among them; −1 where it is null. */
export interface Field {
  names: readonly string[];
  code: Int32Array;
}

/** Sums of columns over the rows of a group: whole numbers, which add up in any order. */
export type Numbers = Record<
  'scored' | 'wins' | 'losses' | 'ties' | 'order_dependent' | 'failed' | 'judged' | 'failed_judgments' | 'pairs',
  number
>;

const ORDERS: readonly Order[] = ['baseline-first', 'candidate-first'];

/** What columns of either kind take from the table as it is. */
function takenColumns(table: TallyTable, row: Int32Array, orders: Int32Array | null) {
  // Ascending rows of whole tallies that are as many as the table has are its own.
  const all = orders === null && row.length === table.rows;
  const taken = (column: Int32Array): Int32Array => (all ? column : takenAt(row, column));
  const { length_difference } = table.sums;
  const length = all ? length_difference : new Float64Array(row.length);
  if (!all) for (let i = 0; i < row.length; i++) length[i] = length_difference[row[i]!]!;
  return {
    ...{ table, row, orders, length },
    ...{ prompt: taken(table.prompt), item: taken(table.item), lengths: taken(table.counts.lengths) },
    ...{ fields: new Map(), every: null, strata: null },
  } satisfies Partial<Columns>;
}

function takenAt(rows: Int32Array, column: Int32Array): Int32Array {
  const into = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) into[i] = column[rows[i]!]!;
  return into;
}

/** One row a tally; with `excludeOrderDependent` such comparisons have no score and stay in the counts. */
export function wholeColumns(table: TallyTable, rows: Int32Array, excludeOrderDependent = false): Columns {
  const all = rows.length === table.rows;
  const taken = (column: Int32Array): Int32Array => (all ? column : takenAt(rows, column));
  const ints = (): Int32Array => new Int32Array(rows.length);
  const columns: Columns = {
    ...takenColumns(table, rows, null),
    ...{ sum: new Float64Array(rows.length), squares: new Float64Array(rows.length), scored: ints() },
    ...{ wins: ints(), losses: ints(), ties: ints(), order_dependent: ints(), failed: ints() },
    ...{ judged: taken(judgedIn(table)), failed_judgments: taken(failedIn(table)), pairs: taken(table.counts.pairs) },
    ...{ repeats: ints(), gaps: new Uint8Array(rows.length) },
  };
  const { sum, squares, scored, wins, losses, ties, order_dependent, failed, repeats, gaps } = columns;
  const { start, letters, scores } = table;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const from = start[row]!;
    const to = start[row + 1]!;
    // One by one: an array taken apart for every row would cost more than the row.
    let total = 0;
    let ofSquares = 0;
    let n = 0;
    let w = 0;
    let l = 0;
    let t = 0;
    let o = 0;
    let f = 0;
    for (let cell = from; cell < to; cell++) {
      const letter = letters[cell]!;
      // Added without a branch: which letter comes next cannot be foreseen by a processor either.
      w += Number(letter === LETTER.w);
      l += Number(letter === LETTER.l);
      t += Number(letter === LETTER.t);
      o += Number(letter === LETTER.o);
      f += Number(letter === LETTER.f);
      const score = scores[cell]!;
      if (Number.isNaN(score) || (excludeOrderDependent && letter === LETTER.o)) continue;
      total += score;
      ofSquares += score * score;
      n++;
    }
    sum[at] = total;
    squares[at] = ofSquares;
    scored[at] = n;
    wins[at] = w;
    losses[at] = l;
    ties[at] = t;
    order_dependent[at] = o;
    failed[at] = f;
    repeats[at] = to - from;
    gaps[at] = Number(w + l + t + o + f < to - from);
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

/** One row a tally and order that was asked; wins, losses and ties are judgments here, and none is order-dependent. */
export function orderColumns(table: TallyTable, rows: Int32Array): Columns {
  const [first, second] = [ordersIn(table, 'baseline_first'), ordersIn(table, 'candidate_first')];
  const other = ordersIn(table, 'order_unknown');
  const askedOf = ({ wins, losses, ties, failed }: typeof first) => together(table.rows, [wins, losses, ties, failed]);
  const [inFirst, inSecond, inOther] = [askedOf(first), askedOf(second), askedOf(other)];
  const made = new Int32Array(2 * rows.length);
  const orders = new Int32Array(2 * rows.length);
  let n = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (inFirst[row]! > 0) made[n++] = row;
    if (inSecond[row]! > 0) {
      made[n] = row;
      orders[n++] = 1;
    }
  }
  const ints = (): Int32Array => new Int32Array(n);
  const [scored, failed, none] = [ints(), ints(), ints()];
  const columns: Columns = {
    ...takenColumns(table, made.subarray(0, n), orders.subarray(0, n)),
    ...{ sum: new Float64Array(n), squares: new Float64Array(n), scored, judged: scored },
    ...{ wins: ints(), losses: ints(), ties: ints(), order_dependent: none, pairs: none },
    ...{ failed, failed_judgments: failed, repeats: ints(), gaps: new Uint8Array(n) },
  };
  const every = together(table.rows, [inFirst, inSecond, inOther]);
  fillOrder(columns, 0, first, inFirst, every);
  fillOrder(columns, 1, second, inSecond, every);
  return columns;
}

/** Fills in the rows of one order: `asked` by row of the table are its judgments, and `every` those of all orders. */
function fillOrder(
  { table, row: place, orders, sum, squares, scored, wins, losses, ties, failed, repeats }: Columns,
  order: number,
  own: ReturnType<typeof ordersIn>,
  asked: Int32Array,
  every: Int32Array,
): void {
  const { wins: won, losses: lost, ties: even, failed: failures, score } = own;
  for (let at = 0; at < place.length; at++) {
    if (orders![at] !== order) continue;
    const row = place[at]!;
    const all = asked[row]!;
    // By order only counts are kept; judgments of one judge and order are comparisons of their own.
    repeats[at] = all;
    sum[at] = score[row]!;
    // Singly known only where no other order was asked, else those of plain verdicts.
    squares[at] = all === every[row] ? squaresOf(table, row) : won[row]! + even[row]! / 4;
    scored[at] = all - failures[row]!;
    wins[at] = won[row]!;
    losses[at] = lost[row]!;
    ties[at] = even[row]!;
    failed[at] = failures[row]!;
  }
}

function squaresOf({ start, scores }: TallyTable, row: number): number {
  let squares = 0;
  for (let cell = start[row]!; cell < start[row + 1]!; cell++) {
    const score = scores[cell]!;
    if (!Number.isNaN(score)) squares += score * score;
  }
  return squares;
}

/** The numbers of some rows together. */
export function numbersOf(columns: Columns, rows: Int32Array): Numbers {
  return numbersAt(sumsBy(columns, rows, new Int32Array(rows.length), 1), 0);
}

const NUMBERS = [
  'scored',
  'wins',
  'losses',
  'ties',
  'order_dependent',
  'failed',
  'judged',
  'failed_judgments',
  'pairs',
] as const satisfies (keyof Numbers)[];
const WIDTH = NUMBERS.length;

function numbersAt(sums: Float64Array, at: number): Numbers {
  return Object.fromEntries(NUMBERS.map((name, k) => [name, sums[at * WIDTH + k]!])) as Numbers;
}

/** Sums of the columns by group, in the order of `NUMBERS`; `home` is the group of each row. */
function sumsBy(columns: Columns, rows: Int32Array, home: Int32Array, groups: number): Float64Array {
  const { scored, wins, losses, ties, order_dependent, failed, judged, failed_judgments, pairs } = columns;
  const sums = new Float64Array(groups * WIDTH);
  // All columns in one walk: one after the other, each addition would wait for the one before it.
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const at = home[i]! * WIDTH;
    sums[at]! += scored[row]!;
    sums[at + 1]! += wins[row]!;
    sums[at + 2]! += losses[row]!;
    sums[at + 3]! += ties[row]!;
    sums[at + 4]! += order_dependent[row]!;
    sums[at + 5]! += failed[row]!;
    sums[at + 6]! += judged[row]!;
    sums[at + 7]! += failed_judgments[row]!;
    sums[at + 8]! += pairs[row]!;
  }
  return sums;
}

/** The numbers of groups that strata are joined to: `group` by stratum, −1 where it belongs to none. */
export function numbersOfStrata(columns: Columns, strata: Strata, group: Int32Array, groups: number): Numbers[] {
  const { rows, of, first } = strata;
  const own = (strata.sums ??= sumsBy(columns, rows, of, first.length));
  const sums = new Float64Array(groups * WIDTH);
  for (let s = 0; s < group.length; s++) {
    if (group[s]! < 0) continue;
    for (let k = 0; k < WIDTH; k++) sums[group[s]! * WIDTH + k]! += own[s * WIDTH + k]!;
  }
  return Array.from({ length: groups }, (_, at) => numbersAt(sums, at));
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
  return { names, code: orders === null && row.length === table.rows ? column : takenAt(row, column) };
}
