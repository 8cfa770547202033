// The strata of a summary: which rows belong to which group.
import type { Group } from '../summary.js';
import { LETTER } from '../tally/table.js';
import {
  fieldOf,
  numbersOf,
  numbersOfStrata,
  type Columns,
  type Field,
  type Numbers,
  type Part,
  type Strata,
} from './columns.js';

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

export interface GroupRows extends Part {
  group: Group;
}

/**
 * Rows by group, in order of first appearance; a row whose field is null belongs to no group of that grouping. The
 * columns must be those of orders when the grouping names the order.
 */
export function grouped(columns: Columns, grouping: Grouping): GroupRows[] {
  const rows = everyRow(columns);
  // The overall group is there also when nothing is.
  if (grouping.length === 0) return [{ group: {}, rows, numbers: () => numbersOf(columns, rows) }];
  const strata = (columns.strata ??= strataOf(columns, rows));
  const fields = grouping.map((field) => fieldOf(columns, field));
  const { of, first } = divided(strata.first, fields);
  return partsOf(columns, strata, of, first.length).map((part, at) => {
    const row = strata.first[first[at]!]!;
    const group = Object.fromEntries(grouping.map((field, f) => [field, fields[f]!.names[fields[f]!.code[row]!]!]));
    return { group, ...part };
  });
}

const FIELDS = ['domain', 'suite', 'category', 'judge', 'order'] as const;

function strataOf(columns: Columns, rows: Int32Array): Strata {
  // Here null is a value like others; what is the same everywhere divides nothing.
  const fields = FIELDS.map((field) => ({ ...fieldOf(columns, field), least: -1 })).filter(({ code }) => varies(code));
  const { of, first, sizes } = divided(rows, fields);
  return { rows, of, first: first.map((at) => rows[at]!), sizes, sums: null, joined: new Map() };
}

function varies(code: Int32Array): boolean {
  for (let i = 1; i < code.length; i++) if (code[i] !== code[0]) return true;
  return false;
}

/** What rows are divided into by their values in some fields: by row its part, −1 where a value is below the least. */
interface Divided {
  of: Int32Array;
  /** By part: its first place among the rows, and how many it has. */
  first: Int32Array;
  sizes: Int32Array;
}

function divided(rows: Int32Array, fields: readonly (Field & { least?: number })[]): Divided {
  // Field by field, so that no number grows beyond rows × names.
  const none = rows.length === 0;
  let made: Divided = {
    of: new Int32Array(rows.length),
    first: none ? new Int32Array() : Int32Array.of(0),
    sizes: none ? new Int32Array() : Int32Array.of(rows.length),
  };
  for (const { code, names, least = 0 } of fields) made = dividedAgain(made, rows, code, least, names.length - least);
  return made;
}

function dividedAgain(
  { of, first: before }: Divided,
  rows: Int32Array,
  code: Int32Array,
  least: number,
  values: number,
): Divided {
  const places = new Map<number, number>();
  const known = new Int32Array(Math.min(DENSE, before.length * values)).fill(-1);
  const next = new Int32Array(rows.length);
  const first: number[] = [];
  const sizes: number[] = [];
  for (let i = 0; i < rows.length; i++) {
    const value = code[rows[i]!]! - least;
    if (value < 0 || of[i]! < 0) {
      next[i] = -1;
      continue;
    }
    const key = of[i]! * values + value;
    let at = key < known.length ? known[key]! : (places.get(key) ?? -1);
    if (at < 0) {
      at = first.length;
      if (key < known.length) known[key] = at;
      else places.set(key, at);
      first.push(i);
      sizes.push(0);
    }
    next[i] = at;
    sizes[at]!++;
  }
  return { of: next, first: Int32Array.from(first), sizes: Int32Array.from(sizes) };
}

/** Keys that have a place each in an array; larger ones are looked up. */
const DENSE = 1 << 16;

/** The groups that strata are joined to: `group` by stratum. */
function partsOf(columns: Columns, strata: Strata, group: Int32Array, groups: number): Part[] {
  const key = group.join();
  let parts = strata.joined.get(key);
  if (parts === undefined) {
    const [oldest] = strata.joined.keys();
    if (strata.joined.size === MOST) strata.joined.delete(oldest!);
    strata.joined.set(key, (parts = join(columns, strata, group, groups)));
  }
  return parts;
}

/** Ways of joining strata that are kept, each with its rows: more than the usual groupings have. */
const MOST = 8;

function join(columns: Columns, strata: Strata, group: Int32Array, groups: number): Part[] {
  const { rows, of } = strata;
  const sizes = new Int32Array(groups);
  for (let s = 0; s < group.length; s++) if (group[s]! >= 0) sizes[group[s]!]! += strata.sizes[s]!;
  let made: Numbers[] | null = null;
  const numbers = () => (made ??= numbersOfStrata(columns, strata, group, groups));
  const all = sizes[0] === rows.length;
  const own = Array.from(sizes, (size) => (all ? rows : new Int32Array(size)));
  if (!all) {
    sizes.fill(0);
    for (let i = 0; i < rows.length; i++) {
      const at = group[of[i]!]!;
      if (at >= 0) own[at]![sizes[at]!++] = rows[i]!;
    }
  }
  return own.map((part, at) => ({ rows: part, numbers: () => numbers()[at]! }));
}

/** Every row of the columns, always the same array. */
export function everyRow(columns: Columns): Int32Array {
  if (columns.every === null) {
    const every = new Int32Array(columns.row.length);
    for (let at = 0; at < every.length; at++) every[at] = at;
    columns.every = every;
  }
  return columns.every;
}

/** Comparisons in some rows, each counted once however many judges saw it; rows of one item stand together. */
export function comparisonsOf(columns: Columns, rows: Int32Array): number {
  const { item, repeats, gaps } = columns;
  let total = 0;
  let longest = 0;
  let before = -1;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (gaps[row] === 1) return withGaps(columns, rows);
    if (item[row] !== before) longest = 0;
    before = item[row]!;
    const own = repeats[row]!;
    if (own > longest) {
      total += own - longest;
      longest = own;
    }
  }
  return total;
}

/** The same where a judge may have seen one repeat and another judge another one. */
function withGaps({ item, repeats, row: place, table }: Columns, rows: Int32Array): number {
  const { start, letters } = table;
  const asked = (at: number, repeat: number): boolean => {
    const cell = start[place[at]!]! + repeat;
    return cell < start[place[at]! + 1]! && letters[cell] !== LETTER.gap;
  };
  let total = 0;
  let to = 0;
  for (let from = 0; from < rows.length; from = to) {
    let longest = 0;
    for (to = from; to < rows.length && item[rows[to]!] === item[rows[from]!]; to++)
      longest = Math.max(longest, repeats[rows[to]!]!);
    for (let repeat = 0; repeat < longest; repeat++) {
      let i = from;
      while (i < to && !asked(rows[i]!, repeat)) i++;
      if (i < to) total++;
    }
  }
  return total;
}
