// The prompts of a run as the statistics need them: in which order they stand, which are the same text, and their suites,
// domains and categories, as columns by position. Made of the prompts once and kept, since prompts are only ever added.
import { arranged, renumber } from '../tally/rows.js';
import { emptyTable } from '../tally/table.js';
import type { Placed } from './chunks.js';

interface PromptRow {
  position: number;
  suite: string;
  domain: string | null;
  category: string | null;
  prompt_id: string;
  prompt_hash: string;
}

interface Names {
  suites: string[];
  domains: string[];
  categories: string[];
}

/** By position; `rank` is the place by suite and prompt id, `prompt` the number of the text. */
export interface Frame extends Names {
  prompts: number;
  rank: Int32Array;
  prompt: Int32Array;
  suite: Int32Array;
  domain: Int32Array;
  category: Int32Array;
}

const COLUMNS = ['rank', 'prompt', 'suite', 'domain', 'category'] as const;

export function frameOf(rows: readonly PromptRow[]): Frame {
  const size = rows.reduce((most, { position }) => Math.max(most, position + 1), 0);
  const ints = () => new Int32Array(size).fill(-1);
  const frame: Frame = {
    ...{ prompts: rows.length, suites: [], domains: [], categories: [] },
    ...{ rank: ints(), prompt: ints(), suite: ints(), domain: ints(), category: ints() },
  };
  const code = (names: string[]) => {
    const places = new Map<string, number>();
    return (name: string | null): number => {
      if (name === null) return -1;
      let place = places.get(name);
      if (place === undefined) places.set(name, (place = names.push(name) - 1));
      return place;
    };
  };
  const [suite, domain, category] = [code(frame.suites), code(frame.domains), code(frame.categories)];
  const prompt = code([]);
  const sorted = [...rows].sort((a, b) =>
    a.suite !== b.suite ? (a.suite < b.suite ? -1 : 1) : a.prompt_id < b.prompt_id ? -1 : 1,
  );
  sorted.forEach((row, rank) => {
    const { position } = row;
    frame.rank[position] = rank;
    frame.prompt[position] = prompt(row.prompt_hash);
    frame.suite[position] = suite(row.suite);
    frame.domain[position] = domain(row.domain);
    frame.category[position] = category(row.category);
  });
  return frame;
}

export function encodeFrame(frame: Frame): Buffer {
  const { prompts, suites, domains, categories, rank } = frame;
  const json = Buffer.from(JSON.stringify({ prompts, suites, domains, categories, size: rank.length }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(json.length);
  return Buffer.concat([size, json, ...COLUMNS.map((name) => littleEndian(frame[name]))]);
}

export function decodeFrame(bytes: Buffer): Frame {
  const start = 4 + bytes.readUInt32LE(0);
  const { size, ...names } = JSON.parse(bytes.toString('utf8', 4, start)) as Names & { prompts: number; size: number };
  const columns = COLUMNS.map((name, at) => {
    const from = bytes.byteOffset + start + 4 * at * size;
    // A copy, since a view of the bytes would have to be aligned. All platforms that Node runs on here are little-endian.
    return [name, new Int32Array(bytes.buffer.slice(from, from + 4 * size))] as const;
  });
  return { ...names, ...(Object.fromEntries(columns) as Pick<Frame, (typeof COLUMNS)[number]>) };
}

function littleEndian(column: Int32Array): Buffer {
  const out = Buffer.alloc(4 * column.length);
  column.forEach((value, i) => out.writeInt32LE(value, 4 * i));
  return out;
}

/** A table of rows by position put into the order of the statistics, with what its prompts are; and the positions. */
export function framed(frame: Frame, { table, positions }: Placed): Placed {
  const rows = inRank(frame, positions);
  if (rows === null) return inFrame(frame, { table, positions });
  const sorted = arranged(table, rows, emptyTable(table.rows, table.letters.length, table));
  return inFrame(frame, { table: sorted, positions: rows.map((row) => positions[row]!) });
}

/** Says of each row what its prompt is; the rows are in the order of the statistics. */
export function inFrame(frame: Frame, { table, positions }: Placed): Placed {
  const { suites, domains, categories, prompts } = frame;
  Object.assign(table, { suites, domains, categories, items: prompts, prompts });
  for (const [column, of] of [
    [table.item, frame.rank],
    [table.prompt, frame.prompt],
    [table.suite, frame.suite],
    [table.domain, frame.domain],
    [table.category, frame.category],
  ] as const)
    look(column, of, positions);
  renumber(table);
  return { table, positions };
}

function look(column: Int32Array, of: Int32Array, positions: Int32Array): void {
  for (let row = 0; row < column.length; row++) column[row] = of[positions[row]!]!;
}

/** Rows in the order of their prompts' ranks, or null where they stand so already. */
function inRank({ rank, prompts }: Frame, positions: Int32Array): Int32Array | null {
  let ascending = true;
  const starts = new Int32Array(prompts + 1);
  for (let row = 0; row < positions.length; row++) {
    const own = rank[positions[row]!]!;
    starts[own + 1]!++;
    if (row > 0 && own < rank[positions[row - 1]!]!) ascending = false;
  }
  if (ascending) return null;
  for (let i = 0; i < prompts; i++) starts[i + 1]! += starts[i]!;
  const rows = new Int32Array(positions.length);
  for (let row = 0; row < positions.length; row++) rows[starts[rank[positions[row]!]!]!++] = row;
  return rows;
}
