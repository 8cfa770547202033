// Rows of a table taken by number, into a table that holds them alone or beside those of another.
import {
  COUNTS,
  criterionColumns,
  emptyCriterion,
  emptyTable,
  failureColumn,
  nothingIn,
  SUMS,
  type TallyTable,
} from './table.js';

/** The table of some of its rows (ascending), numbered as if there were no others; the table itself if it is all of them. */
export function pick(table: TallyTable, rows: Int32Array): TallyTable {
  if (rows.length === table.rows) return table;
  let cells = 0;
  const present = new Uint8Array(table.judges.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    cells += table.start[row + 1]! - table.start[row]!;
    present[table.judge[row]!] = 1;
  }
  const { suites, domains, categories } = table;
  const kept = table.judges.map((_, judge) => judge).filter((judge) => present[judge] === 1);
  const names = { judges: kept.map((judge) => table.judges[judge]!), suites, domains, categories };
  const picked = arranged(table, rows, emptyTable(rows.length, cells, names));
  const place = new Int32Array(table.judges.length);
  kept.forEach((judge, at) => (place[judge] = at));
  for (let row = 0; row < rows.length; row++) picked.judge[row] = place[picked.judge[row]!]!;
  renumber(picked);
  return picked;
}

/**
 * Fills `into` with rows of a table in the order given; codes and numbers of items and prompts stay as they are. A row
 * below 0 is one of the other table, `~row`.
 */
export function arranged(table: TallyTable, rows: Int32Array, into: TallyTable, other = table): TallyTable {
  for (const name of ['judge', 'suite', 'domain', 'category', 'item', 'prompt'] as const)
    gather(rows, into[name], table[name], other[name]);
  for (const name of COUNTS) gather(rows, into.counts[name], table.counts[name], other.counts[name]);
  for (const name of SUMS) gatherSums(rows, into.sums[name], table.sums[name], other.sums[name]);
  for (const reason of new Set([...table.failures.keys(), ...other.failures.keys()])) {
    const of = (each: TallyTable) => each.failures.get(reason) ?? new Int32Array(each.rows);
    gather(rows, failureColumn(into, reason), of(table), of(other));
  }
  for (const name of new Set([...table.criteria.keys(), ...other.criteria.keys()])) {
    const of = (each: TallyTable) => each.criteria.get(name) ?? emptyCriterion(each.rows);
    const [own, one, two] = [criterionColumns(into, name), of(table), of(other)];
    for (const part of ['n', 'decisive', 'agrees'] as const) gather(rows, own[part], one[part], two[part]);
    gatherSums(rows, own.difference, one.difference, two.difference);
  }
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    at = row < 0 ? copyCells(other, ~row, into, at) : copyCells(table, row, into, at);
    into.start[i + 1] = at;
  }
  return Object.assign(into, { items: table.items, prompts: table.prompts });
}

function gather(rows: Int32Array, into: Int32Array, table: Int32Array, other: Int32Array): void {
  // Many columns hold nothing but 0, as `into` does: to see that is cheaper than to take them row by row.
  if (nothingIn(table) && nothingIn(other)) return;
  for (let i = 0; i < rows.length; i++) into[i] = rows[i]! < 0 ? other[~rows[i]!]! : table[rows[i]!]!;
}

/** A function of its own, since one that meets two kinds of arrays takes several times as long. */
function gatherSums(rows: Int32Array, into: Float64Array, table: Float64Array, other: Float64Array): void {
  if (nothingIn(bitsOf(table)) && nothingIn(bitsOf(other))) return;
  for (let i = 0; i < rows.length; i++) into[i] = rows[i]! < 0 ? other[~rows[i]!]! : table[rows[i]!]!;
}

/** Copies the cells of a row to the place given, and gives the place behind them. */
function copyCells(from: TallyTable, row: number, { letters, scores }: TallyTable, to: number): number {
  let at = to;
  for (let cell = from.start[row]!; cell < from.start[row + 1]!; cell++, at++) {
    letters[at] = from.letters[cell]!;
    scores[at] = from.scores[cell]!;
  }
  return at;
}

const bitsOf = (column: Float64Array): Int32Array =>
  new Int32Array(column.buffer, column.byteOffset, 2 * column.length);

/** Numbers items and prompts by their first appearance, so that none stands for rows that are not there. */
export function renumber(table: TallyTable): void {
  table.items = numbered(table.item, table.items);
  table.prompts = numbered(table.prompt, table.prompts);
}

/** Puts the number of a code in its place, and gives how many there are; all codes are below `most`. */
function numbered(codes: Int32Array, most: number): number {
  const seen = new Int32Array(most).fill(-1);
  let n = 0;
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (seen[code] === -1) seen[code] = n++;
    codes[row] = seen[code]!;
  }
  return n;
}

/** Rows for which a question is answered with yes, ascending. */
export function rowsWhere(table: TallyTable, keep: (row: number) => boolean): Int32Array {
  const rows = new Int32Array(table.rows);
  let n = 0;
  for (let row = 0; row < table.rows; row++) if (keep(row)) rows[n++] = row;
  return rows.subarray(0, n);
}
