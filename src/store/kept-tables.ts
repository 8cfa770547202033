// What was made of a run's kept tallies, held in memory so that an answer after few changes reads and unpacks little. It
// is never trusted: each time the database is asked which bytes stand there now. PostgreSQL says so by row versions,
// without sending the bytes; of SQLite the bytes are in this process anyway.
import { sql } from 'kysely';
import type { TallyTable } from '../tally/table.js';
import { type Beside, PackedChunk, unpack } from './chunks.js';
import { decodeFrame, framed } from './frames.js';
import type { Connection } from './schema.js';

/** Tallies in the order of the statistics, places of their prompts by row, and what stands beside them. */
export interface Made {
  table: TallyTable;
  positions: Int32Array;
  beside: Beside[];
}

interface ChunkBytes {
  /** Of the row, where the engine tells; a row that is written again has another. */
  version: string | null;
  bytes: Buffer;
}

interface Kept {
  frame: Buffer;
  chunks: Map<number, ChunkBytes>;
  made: Made;
  size: number;
}

/** Bytes of memory that all runs together may take; the run asked for longest ago goes first. */
const MOST = 640 * 2 ** 20;
/** Of a table by row and by cell, about: 180 bytes a row, and what the statistics keep with it (stats/once.ts). */
const [ROW, CELL] = [540, 9];

export function keptTables({ db, engine }: Pick<Connection, 'db' | 'engine'>) {
  const kept = new Map<string, Kept>();

  async function chunksOf(runId: string, known: Kept | undefined): Promise<Map<number, ChunkBytes>> {
    const rows = db.selectFrom('tallies').where('run_id', '=', runId).orderBy('chunk');
    if (engine === 'sqlite') {
      const all = await rows.select(['chunk', 'counted']).execute();
      return new Map(all.map(({ chunk, counted }) => [chunk, { version: null, bytes: counted }]));
    }
    // Where a row stands and which transaction wrote it: together they name one version of it.
    const version = sql<string>`ctid::text || ' ' || xmin::text`.as('version');
    const there = await rows.select(['chunk', version]).execute();
    const changed = there.filter((row) => known?.chunks.get(row.chunk)?.version !== row.version);
    const fresh = new Map<number, ChunkBytes>();
    if (changed.length > 0) {
      const few = changed.length < there.length / 2;
      const read = await rows
        .select(['chunk', version, 'counted'])
        .$if(few, (q) =>
          q.where(
            'chunk',
            'in',
            changed.map(({ chunk }) => chunk),
          ),
        )
        .execute();
      for (const { chunk, version, counted } of read) fresh.set(chunk, { version, bytes: counted });
    }
    const chunks = new Map<number, ChunkBytes>();
    for (const { chunk } of there) {
      const own = fresh.get(chunk) ?? known?.chunks.get(chunk);
      if (own !== undefined) chunks.set(chunk, own);
    }
    return chunks;
  }

  /** What stands in the database now. `frame` gives the bytes of the frame, after the chunks are read. */
  return async (runId: string, frame: () => Promise<Buffer>): Promise<Made> => {
    const known = kept.get(runId);
    const chunks = await chunksOf(runId, known);
    const bytes = await frame();
    kept.delete(runId);
    const same = known !== undefined && known.frame.equals(bytes) && equal(known.chunks, chunks);
    const made = same ? known.made : make(bytes, chunks);
    keep(runId, { frame: bytes, chunks, made, size: sizeOf(made.table, chunks) });
    return made;
  };

  function keep(runId: string, entry: Kept): void {
    kept.set(runId, entry);
    let total = 0;
    for (const { size } of kept.values()) total += size;
    for (const [oldest, { size }] of kept) {
      if (total <= MOST) break;
      kept.delete(oldest);
      total -= size;
    }
  }
}

function make(frame: Buffer, chunks: ReadonlyMap<number, ChunkBytes>): Made {
  const packed = [...chunks].map(([chunk, { bytes }]) => new PackedChunk(chunk, bytes));
  return { ...framed(decodeFrame(frame), unpack(packed)), beside: packed.flatMap(({ header }) => header.beside) };
}

function equal(a: ReadonlyMap<number, ChunkBytes>, b: ReadonlyMap<number, ChunkBytes>): boolean {
  if (a.size !== b.size) return false;
  for (const [chunk, { bytes }] of a) {
    const other = b.get(chunk)?.bytes;
    if (other === undefined || (other !== bytes && !other.equals(bytes))) return false;
  }
  return true;
}

function sizeOf({ rows, letters }: TallyTable, chunks: ReadonlyMap<number, ChunkBytes>): number {
  let size = rows * ROW + letters.length * CELL;
  for (const { bytes } of chunks.values()) size += bytes.length;
  return size;
}
