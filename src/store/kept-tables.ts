// What was made of a run's kept tallies, held in memory so that an answer after few changes reads and unpacks little. It
// is never trusted: each time the database is asked which bytes stand there now. PostgreSQL says so by row versions,
// without sending the bytes; of SQLite the bytes are in this process anyway.
import { sql } from 'kysely';
import type { TallyTable } from '../tally/table.js';
import { type Beside, PackedChunk, type Placed, unpack } from './chunks.js';
import { framed, type Frame } from './frames.js';
import { frameFor, type KeptFrame } from './kept-frames.js';
import { patched } from './patched.js';
import type { Connection } from './schema.js';

/** Tallies in the order of the statistics, places of their prompts by row, and what stands beside them. */
export interface Made extends Placed {
  beside: Beside[];
}

interface ChunkRead {
  /** Of the row, where the engine tells; a row that is written again has another. */
  version: string | null;
  packed: PackedChunk;
}

type Chunks = ReadonlyMap<number, ChunkRead>;

interface Kept {
  frame: KeptFrame;
  chunks: Chunks;
  made: Made;
  size: number;
}

/** Bytes of memory that all runs together may take; the run asked for longest ago goes first. */
const MOST = 640 * 2 ** 20;
/** Of a table by row and by cell, about: 180 bytes a row, and what the statistics keep with it (stats/once.ts). */
const [ROW, CELL] = [540, 9];

export function keptTables(connection: Pick<Connection, 'db' | 'engine'>) {
  const { db, engine } = connection;
  const kept = new Map<string, Kept>();

  async function chunksOf(runId: string, known: Kept | undefined): Promise<Chunks> {
    const rows = db.selectFrom('tallies').where('run_id', '=', runId).orderBy('chunk');
    /** The same as before where the same bytes stand there. */
    const read = (chunk: number, version: string | null, bytes: Buffer): ChunkRead => {
      const before = known?.chunks.get(chunk)?.packed;
      return { version, packed: before?.bytes.equals(bytes) ? before : new PackedChunk(chunk, bytes) };
    };
    if (engine === 'sqlite') {
      const all = await rows.select(['chunk', 'counted']).execute();
      return new Map(all.map(({ chunk, counted }) => [chunk, read(chunk, null, counted)]));
    }
    // Where a row stands and which transaction wrote it: together they name one version of it.
    const version = sql<string>`ctid::text || ' ' || xmin::text`.as('version');
    const there = await rows.select(['chunk', version]).execute();
    const changed = there.filter((row) => known?.chunks.get(row.chunk)?.version !== row.version);
    const fresh = new Map<number, ChunkRead>();
    if (changed.length > 0) {
      const few = changed.length < there.length / 2;
      const found = await rows
        .select(['chunk', version, 'counted'])
        .$if(few, (q) =>
          q.where(
            'chunk',
            'in',
            changed.map(({ chunk }) => chunk),
          ),
        )
        .execute();
      for (const { chunk, version, counted } of found) fresh.set(chunk, read(chunk, version, counted));
    }
    const chunks = new Map<number, ChunkRead>();
    for (const { chunk } of there) {
      const own = fresh.get(chunk) ?? known?.chunks.get(chunk);
      if (own !== undefined) chunks.set(chunk, own);
    }
    return chunks;
  }

  /** What stands in the database now. */
  return async (runId: string): Promise<Made> => {
    const known = kept.get(runId);
    const chunks = await chunksOf(runId, known);
    // The frame after the chunks: a prompt is there before its judgments are.
    const frame = await frameFor(connection, runId, known?.frame);
    kept.delete(runId);
    const made = makeFrom(known?.frame === frame ? known : undefined, frame.frame, chunks);
    keep(runId, { frame, chunks, made, size: sizeOf(made.table, chunks) });
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

/** Made of what is known in the same frame, if anything is; the same as long as its chunks are. */
function makeFrom(known: Pick<Kept, 'made' | 'chunks'> | undefined, frame: Frame, chunks: Chunks): Made {
  const all = [...chunks.values()].map(({ packed }) => packed);
  const changed = known && changedIn(known.chunks, chunks);
  if (known && changed?.size === 0) return known.made;
  const placed = (known && changed && patched(frame, known.made, all, changed)) ?? framed(frame, unpack(all));
  return { ...placed, beside: all.flatMap(({ header }) => header.beside) };
}

/** Chunks that are there once only, or not the same twice. */
function changedIn(before: Chunks, now: Chunks): Set<number> {
  const changed = new Set<number>();
  for (const [chunk, { packed }] of now) if (before.get(chunk)?.packed !== packed) changed.add(chunk);
  for (const chunk of before.keys()) if (!now.has(chunk)) changed.add(chunk);
  return changed;
}

function sizeOf({ rows, letters }: TallyTable, chunks: Chunks): number {
  let size = rows * ROW + letters.length * CELL;
  for (const { packed } of chunks.values()) size += packed.bytes.length;
  return size;
}
