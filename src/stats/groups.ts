// The strata of a summary: which rows belong to which group.
import type { Group } from '../summary.js';
import { LETTER } from '../tally/table.js';
import { fieldOf, totalsBy, totalsOf, type Columns, type Field, type Totals } from './columns.js';

export type Grouping = (keyof Group)[];

/** Groupings of every summary unless others are asked for; the overall one, `[]`, always comes first. */
export const GROUPINGS: Grouping[] = [
  ['domain'],
  ['suite'],
  ['category'],
  ['judge'],
  ['order'],
  ['suite', 'judge'],
  ['category', 'judge'],
];

export interface GroupRows {
  group: Group;
  /** Ascending. */
  rows: Int32Array;
  /** What its rows come to; made for all groups when it is asked of one. */
  totals(): Totals;
}

/**
 * Rows by group, in order of first appearance among `rows` (default: all); a row whose field is null belongs to no
 * group of that grouping. The columns must be those of orders when the grouping names the order.
 */
export function grouped(columns: Columns, grouping: Grouping, rows = everyRow(columns)): GroupRows[] {
  // The overall group is there also when nothing is.
  if (grouping.length === 0) return [{ group: {}, rows, totals: () => totalsOf(columns, rows) }];
  const fields = grouping.map((field) => fieldOf(columns, field));
  const { home, first, sizes } = homesOf(fields, rows);
  let made: Totals[] | null = null;
  const groups = first.map((row, at): GroupRows => {
    const group = Object.fromEntries(grouping.map((field, f) => [field, fields[f]!.names[fields[f]!.code[row]!]!]));
    return {
      group,
      rows: sizes[at] === rows.length ? rows : new Int32Array(sizes[at]!),
      totals: () => (made ??= totalsBy(columns, rows, home, first.length))[at]!,
    };
  });
  if (groups[0]?.rows === rows) return groups;
  const places = groups.map((group) => group.rows);
  sizes.fill(0);
  for (let i = 0; i < rows.length; i++) {
    const at = home[i]!;
    if (at >= 0) places[at]![sizes[at]!++] = rows[i]!;
  }
  return groups;
}

/** The number of the group of each row by first appearance, −1 where a field is null; each group's first row and size. */
function homesOf(fields: Field[], rows: Int32Array): { home: Int32Array; first: number[]; sizes: number[] } {
  // Field by field, so that no number grows beyond rows × names.
  let home = new Int32Array(rows.length);
  let first: number[] = [];
  let sizes: number[] = [];
  for (const { code, names } of fields) {
    const homes = new Map<number, number>();
    const known = new Int32Array(Math.min(DENSE, (first.length || 1) * names.length)).fill(-1);
    const next = new Int32Array(rows.length);
    first = [];
    sizes = [];
    for (let i = 0; i < rows.length; i++) {
      const value = code[rows[i]!]!;
      if (value < 0 || home[i]! < 0) {
        next[i] = -1;
        continue;
      }
      const key = home[i]! * names.length + value;
      let at = key < known.length ? known[key]! : (homes.get(key) ?? -1);
      if (at < 0) {
        at = first.length;
        if (key < known.length) known[key] = at;
        else homes.set(key, at);
        first.push(rows[i]!);
        sizes.push(0);
      }
      next[i] = at;
      sizes[at]!++;
    }
    home = next;
  }
  return { home, first, sizes };
}

/** Keys that have a place each in an array; larger ones are looked up. */
const DENSE = 1 << 16;

/** Every row of the columns, always the same array. */
export function everyRow(columns: Columns): Int32Array {
  if (columns.every === null) {
    columns.every = new Int32Array(columns.row.length);
    for (let at = 0; at < columns.every.length; at++) columns.every[at] = at;
  }
  return columns.every;
}

/** Comparisons in some rows, each counted once however many judges saw it; rows of one item stand together. */
export function comparisonsOf(columns: Columns, rows: ArrayLike<number>): number {
  let total = 0;
  for (let from = 0; from < rows.length;) {
    const item = columns.item[rows[from]!]!;
    let to = from + 1;
    while (to < rows.length && columns.item[rows[to]!] === item) to++;
    total += ofItem(columns, rows, from, to);
    from = to;
  }
  return total;
}

function ofItem(columns: Columns, rows: ArrayLike<number>, from: number, to: number): number {
  let whole = 0;
  let gaps = 0;
  for (let i = from; i < to; i++) {
    whole = Math.max(whole, columns.repeats[rows[i]!]!);
    gaps |= columns.gaps[rows[i]!]!;
  }
  if (gaps === 0) return whole;
  const { start, letters } = columns.table;
  let seen = 0;
  for (let repeat = 0; repeat < whole; repeat++) {
    for (let i = from; i < to; i++) {
      const row = columns.row[rows[i]!]!;
      const cell = start[row]! + repeat;
      if (cell >= start[row + 1]! || letters[cell] === LETTER.gap) continue;
      seen++;
      break;
    }
  }
  return seen;
}
