// A run's table after few of its chunks were counted again: their rows are put in their places, and all others are taken
// from the table there was, so that what an answer costs while a run goes does not follow what was judged before.
import { arranged } from '../tally/rows.js';
import { CHUNK, type PackedChunk, type Placed, tableFor, unpack } from './chunks.js';
import { framed, type Frame, inFrame } from './frames.js';

/**
 * The table of all chunks, as it would be made from nothing, or null where that is the cheaper way: a judge came or went,
 * or too many are `changed`. `before` has the rows of all others, in the same frame.
 */
export function patched(
  frame: Frame,
  before: Placed,
  chunks: readonly PackedChunk[],
  changed: ReadonlySet<number>,
): Placed | null {
  if (4 * changed.size > chunks.length) return null;
  const into = tableFor(chunks);
  if (into.judges.join('\0') !== before.table.judges.join('\0')) return null;
  const fresh = framed(frame, unpack(chunks.filter(({ chunk }) => changed.has(chunk))));
  const code = Int32Array.from(fresh.table.judges, (judge) => into.judges.indexOf(judge));
  fresh.table.judge.forEach((judge, row) => (fresh.table.judge[row] = code[judge]!));
  const rows = mixed(frame, before.positions, fresh.positions, changed, into.rows);
  const positions = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++)
    positions[i] = rows[i]! < 0 ? fresh.positions[~rows[i]!]! : before.positions[rows[i]!]!;
  return inFrame(frame, { table: arranged(before.table, rows, into, fresh.table), positions });
}

/** Rows by rank: those of the table before whose chunk has not changed, and `~row` of those that are fresh. */
function mixed(
  { rank }: Frame,
  before: Int32Array,
  fresh: Int32Array,
  changed: ReadonlySet<number>,
  size: number,
): Int32Array {
  const rows = new Int32Array(size);
  let n = 0;
  let next = 0;
  const stale = new Uint8Array(rank.length);
  for (const chunk of changed) stale.fill(1, chunk * CHUNK, (chunk + 1) * CHUNK);
  for (let row = 0; row < before.length; row++) {
    const position = before[row]!;
    if (stale[position] === 1) continue;
    while (next < fresh.length && rank[fresh[next]!]! < rank[position]!) rows[n++] = ~next++;
    rows[n++] = row;
  }
  while (next < fresh.length) rows[n++] = ~next++;
  return rows;
}
