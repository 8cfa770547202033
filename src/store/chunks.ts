// The bytes in which the tallies of some prompts are kept: columns of small numbers, most of them one byte a row.
import type { Failure, Retest } from '../records.js';
import {
  COUNTS,
  type CriterionColumns,
  criterionColumns,
  emptyTable,
  failureColumn,
  SUMS,
  type TallyTable,
} from '../tally/table.js';
import type { CanaryRow } from './tallies.js';

/** Prompts of a chunk: few enough that a changed prompt is cheap to put in its place, many enough to be read fast. */
export const CHUNK = 64;
export const chunkOf = (position: number): number => Math.floor(position / CHUNK);

/** Tallies of some prompts with what is counted beside them. */
export interface Chunk {
  /** Rows by position and judge; codes of prompt, suite, domain and category are not filled. */
  table: TallyTable;
  /** By row. */
  positions: Int32Array;
  beside: Beside[];
}

/** What a prompt has beside its tallies: retests, canaries, and how many of these are judged and failed by judge. */
export interface Beside {
  position: number;
  retests: Retest[];
  canaries: CanaryRow[];
  states: Record<string, [judged: number, failed: number]>;
}

interface Header {
  judges: string[];
  failures: Failure[];
  criteria: string[];
  rows: number;
  cells: number;
  beside: Beside[];
}

type Column = Int32Array | Float64Array;

/** How a column is written: one value throughout, bytes, whole quarters (255: none), 32-bit numbers, or doubles. */
const FORM = { same: 0, bytes: 1, quarters: 2, integers: 3, doubles: 4 } as const;
const NONE = 255;

function formOf(column: ArrayLike<number>): number {
  const first = column[0] ?? 0;
  let [same, bytes, quarters, integers] = [true, true, true, true];
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (!Object.is(value, first)) same = false;
    if (!(value >= 0 && value <= 255 && Number.isInteger(value))) bytes = false;
    if (!Number.isNaN(value) && !(value >= 0 && 4 * value < NONE && Number.isInteger(4 * value))) quarters = false;
    if ((value | 0) !== value) integers = false;
  }
  return same ? FORM.same : bytes ? FORM.bytes : quarters ? FORM.quarters : integers ? FORM.integers : FORM.doubles;
}

const WIDTH = [8, 1, 1, 4, 8] as const;

function encodeColumn(column: ArrayLike<number>): Buffer {
  const form = formOf(column);
  const out = Buffer.alloc(1 + (form === FORM.same ? 8 : column.length * WIDTH[form]!));
  out[0] = form;
  if (form === FORM.same) out.writeDoubleLE(column[0] ?? 0, 1);
  else
    for (let i = 0; i < column.length; i++) {
      const value = column[i]!;
      if (form === FORM.bytes) out[1 + i] = value;
      else if (form === FORM.quarters) out[1 + i] = Number.isNaN(value) ? NONE : 4 * value;
      else if (form === FORM.integers) out.writeInt32LE(value, 1 + 4 * i);
      else out.writeDoubleLE(value, 1 + 8 * i);
    }
  return out;
}

/** The bytes of a chunk: the same chunk gives the same bytes. */
export function encodeChunk({ table, positions, beside }: Chunk): Buffer {
  const { judges, rows, failures, criteria } = table;
  const header: Header = {
    judges,
    failures: [...failures.keys()],
    criteria: [...criteria.keys()],
    rows,
    cells: table.letters.length,
    beside,
  };
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(json.length);
  return Buffer.concat([size, json, ...columnsOf(table, positions).map(encodeColumn)]);
}

/** Every column in the order in which they are written. */
function columnsOf(table: TallyTable, positions: Int32Array): ArrayLike<number>[] {
  return [
    positions.map((position) => position % CHUNK),
    table.start.slice(1).map((end, row) => end - table.start[row]!),
    table.judge,
    table.letters,
    table.scores,
    ...COUNTS.map((name) => table.counts[name]),
    ...SUMS.map((name) => table.sums[name]),
    ...table.failures.values(),
    ...[...table.criteria.values()].flatMap(partsOf),
  ];
}

const partsOf = ({ n, difference, decisive, agrees }: CriterionColumns): Column[] => [n, difference, decisive, agrees];

/** A chunk as it was read, its columns packed. */
export class PackedChunk {
  readonly header: Header;
  private readonly first: number;
  private at = 0;

  constructor(
    readonly chunk: number,
    readonly bytes: Buffer,
  ) {
    this.first = 4 + bytes.readUInt32LE(0);
    this.header = JSON.parse(bytes.toString('utf8', 4, this.first)) as Header;
  }

  /**
   * Unpacks the rows into a table and an array of positions that hold nothing yet, from `row` and `cell` on. `judge` gives the table's code of
   * a judge here.
   */
  into(table: TallyTable, positions: Int32Array, row: number, cell: number, judge: Int32Array): void {
    const { rows, cells, failures, criteria } = this.header;
    this.at = this.first;
    this.column(positions, row, rows);
    for (let r = row; r < row + rows; r++) positions[r]! += this.chunk * CHUNK;
    const lengths = new Int32Array(rows);
    this.column(lengths, 0, rows);
    table.start[row] = cell;
    for (let r = 0; r < rows; r++) table.start[row + r + 1] = table.start[row + r]! + lengths[r]!;
    this.column(table.judge, row, rows);
    for (let r = row; r < row + rows; r++) table.judge[r] = judge[table.judge[r]!]!;
    this.column(table.letters, cell, cells);
    this.column(table.scores, cell, cells);
    for (const name of COUNTS) this.column(table.counts[name], row, rows);
    for (const name of SUMS) this.column(table.sums[name], row, rows);
    for (const reason of failures) this.column(failureColumn(table, reason), row, rows);
    for (const name of criteria) {
      for (const part of partsOf(criterionColumns(table, name))) this.column(part, row, rows);
    }
  }

  /** Unpacks the next column into `rows` places of another. */
  private column(into: Column | Uint8Array, from: number, rows: number): void {
    const { bytes } = this;
    const form = bytes[this.at]!;
    const start = this.at + 1;
    this.at = start + (form === FORM.same ? 8 : rows * WIDTH[form]!);
    if (form === FORM.same) {
      const value = bytes.readDoubleLE(start);
      // What is unpacked into holds 0 everywhere.
      if (!Object.is(value, 0)) into.fill(value, from, from + rows);
    } else if (form === FORM.bytes) into.set(bytes.subarray(start, start + rows), from);
    else if (form === FORM.quarters) {
      for (let i = 0; i < rows; i++) into[from + i] = bytes[start + i] === NONE ? NaN : bytes[start + i]! / 4;
    } else if (form === FORM.integers) {
      for (let i = 0; i < rows; i++) into[from + i] = bytes.readInt32LE(start + 4 * i);
    } else for (let i = 0; i < rows; i++) into[from + i] = bytes.readDoubleLE(start + 8 * i);
  }
}

/** Rows by position, and these. */
export interface Placed {
  table: TallyTable;
  positions: Int32Array;
}

/** A table for the rows of chunks, with every name in them. */
export function tableFor(chunks: readonly PackedChunk[]): TallyTable {
  const names = { judges: new Set<string>(), failures: new Set<Failure>(), criteria: new Set<string>() };
  let rows = 0;
  let cells = 0;
  for (const { header } of chunks) {
    rows += header.rows;
    cells += header.cells;
    for (const judge of header.judges) names.judges.add(judge);
    for (const reason of header.failures) names.failures.add(reason);
    for (const name of header.criteria) names.criteria.add(name);
  }
  const keys = { judges: [...names.judges].sort(), suites: [], domains: [], categories: [] };
  const table = emptyTable(rows, cells, keys);
  for (const reason of names.failures) failureColumn(table, reason);
  for (const name of names.criteria) criterionColumns(table, name);
  return table;
}

/** Chunks unpacked one behind the other: rows by position, with the judges of all of them. */
export function unpack(chunks: readonly PackedChunk[]): Placed {
  const table = tableFor(chunks);
  const { judges } = table;
  const positions = new Int32Array(table.rows);
  let rows = 0;
  let cells = 0;
  const place = new Map(judges.map((name, at) => [name, at]));
  for (const chunk of chunks) {
    const { header } = chunk;
    const judge = Int32Array.from(header.judges, (name) => place.get(name)!);
    chunk.into(table, positions, rows, cells, judge);
    rows += header.rows;
    cells += header.cells;
  }
  return { table, positions };
}
