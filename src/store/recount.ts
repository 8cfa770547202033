// Tallies that are kept: prompts whose judgments have changed are counted again from their rows, and put in their place.
// Notes of what has changed are made by triggers in the transaction of the change (migration 0006). A recount takes the
// notes away before it reads the rows, and one at a time recounts a run, so that whatever comes meanwhile is noted anew.
import type { Kysely, Transaction } from 'kysely';
import type { Judgment } from '../records.js';
import { type Counted, Tallying } from '../tally/fold.js';
import { arranged } from '../tally/rows.js';
import { emptyTable, layOut } from '../tally/table.js';
import { type Beside, type Chunk, chunkOf, encodeChunk, PackedChunk, unpack } from './chunks.js';
import { ensureFrame } from './kept-frames.js';
import type { Connection, Database, JudgmentsTable } from './schema.js';

type Db = Kysely<Database>;

/** Prompts counted in one transaction: writers wait for that long. */
const AT_ONCE = 256;

export function recounts({ db }: Pick<Connection, 'db'>) {
  const under = new Map<string, Promise<void>>();

  /** Resolves when everything that was there when it was asked for is in the kept tallies of a run. */
  async function recount(runId: string): Promise<void> {
    // Whoever asks while it is under way waits for that, and then for what has been noted since.
    await under.get(runId)?.catch(() => undefined);
    const work = (under.get(runId) ?? Promise.resolve()).then(() => countNoted(db, runId));
    under.set(runId, work);
    try {
      await work;
    } finally {
      if (under.get(runId) === work) under.delete(runId);
    }
  }
  return recount;
}

async function countNoted(db: Db, runId: string): Promise<void> {
  for (let portion = 0; ; portion++) {
    const noted = await db
      .selectFrom('untallied')
      .select('position')
      .distinct()
      .where('run_id', '=', runId)
      .orderBy('position')
      .limit(AT_ONCE)
      .execute();
    if (noted.length === 0) return;
    // The row that is the lock of a recount comes with it.
    if (portion === 0) await ensureFrame(db, runId);
    const positions = noted.map(({ position }) => position);
    await db.transaction().execute((trx) => countAgain(trx, runId, positions));
  }
}

async function countAgain(trx: Transaction<Database>, runId: string, positions: number[]): Promise<void> {
  // First of all, so that another who recounts this run waits, and on SQLite every writer.
  await trx
    .updateTable('tallied_runs')
    .set((e) => ({ version: e('version', '+', 1) }))
    .where('run_id', '=', runId)
    .execute();
  await trx.deleteFrom('untallied').where('run_id', '=', runId).where('position', 'in', positions).execute();
  const fresh = await countRows(trx, runId, positions);
  const chunks = [...new Set(positions.map(chunkOf))];
  const kept = await trx
    .selectFrom('tallies')
    .select(['chunk', 'counted'])
    .where('run_id', '=', runId)
    .where('chunk', 'in', chunks)
    .execute();
  const before = new Map(kept.map(({ chunk, counted }) => [chunk, new PackedChunk(chunk, counted)]));
  const changed = new Set(positions);
  const rows = chunks.map((chunk) => ({ chunk, counted: put(chunk, before.get(chunk), fresh.get(chunk), changed) }));
  const empty = rows.filter(({ counted }) => counted === null).map(({ chunk }) => chunk);
  if (empty.length > 0)
    await trx.deleteFrom('tallies').where('run_id', '=', runId).where('chunk', 'in', empty).execute();
  const full = rows.flatMap(({ chunk, counted }) => (counted === null ? [] : [{ run_id: runId, chunk, counted }]));
  if (full.length > 0)
    await trx
      .insertInto('tallies')
      .values(full)
      .onConflict((c) => c.columns(['run_id', 'chunk']).doUpdateSet((e) => ({ counted: e.ref('excluded.counted') })))
      .execute();
}

const ROW = [
  'j.position',
  'j.suite',
  'j.domain',
  'j.category',
  'j.prompt_id',
  'j.repeat',
  'j.replicate',
  'j.canary',
  'j.judge',
  'j.order',
  'j.state',
  'j.failure',
  'j.winner',
  'j.score',
  'j.baseline_length',
  'j.candidate_length',
  'j.baseline_scores',
  'j.candidate_scores',
  'j.quote_found_in',
] as const;

/** Chunks with what the judgments of some prompts come to, counted from the rows. */
export async function countRows(db: Db, runId: string, positions: number[]): Promise<Map<number, Chunk>> {
  const rows = await db
    .selectFrom('judgments as j')
    .select(ROW)
    .where('j.run_id', '=', runId)
    .where('j.position', 'in', positions)
    .orderBy('j.position')
    .orderBy('j.repeat')
    .orderBy('j.judge')
    .orderBy('j.order')
    .orderBy('j.replicate')
    .execute();
  const prompts = await db
    .selectFrom('prompts')
    .select(['position', 'prompt_hash'])
    .where('run_id', '=', runId)
    .where('position', 'in', positions)
    .execute();
  const hashes = new Map(prompts.map(({ position, prompt_hash }) => [position, prompt_hash]));
  const chunks = new Map<number, Chunk>();
  for (let from = 0; from < rows.length;) {
    const chunk = chunkOf(rows[from]!.position);
    let to = from;
    while (to < rows.length && chunkOf(rows[to]!.position) === chunk) to++;
    chunks.set(chunk, countChunk(rows.slice(from, to), hashes));
    from = to;
  }
  return chunks;
}

type Row = Pick<
  JudgmentsTable,
  (typeof ROW)[number] extends `j.${infer Column extends keyof JudgmentsTable}` ? Column : never
>;

function countChunk(rows: Row[], hashes: ReadonlyMap<number, string>): Chunk {
  const tallies = [];
  const positions: number[] = [];
  const beside: Beside[] = [];
  for (let from = 0; from < rows.length;) {
    const { position } = rows[from]!;
    let to = from;
    while (to < rows.length && rows[to]!.position === position) to++;
    const { own, more } = countPrompt(rows.slice(from, to), hashes.get(position)!);
    own.sort((a, b) => (a.judge < b.judge ? -1 : 1));
    tallies.push(...own);
    positions.push(...own.map(() => position));
    if (more !== null) beside.push(more);
    from = to;
  }
  return { table: layOut(tallies), positions: Int32Array.from(positions), beside };
}

function countPrompt(rows: Row[], hash: string) {
  const tallying = new Tallying();
  const [{ position }] = rows as [Row];
  const more: Beside = { position, retests: [], canaries: [], states: {} };
  for (const row of rows) {
    const { suite, prompt_id, repeat, replicate, judge, canary } = row;
    if (canary === '') {
      const { baseline_length: baseline, candidate_length: candidate } = row;
      tallying.count(judgmentOf(row), hash, () =>
        baseline === null || candidate === null ? null : { baseline, candidate },
      );
    } else if (replicate === 0) {
      const { order, winner } = row as Pick<Judgment, 'order' | 'winner'>;
      more.canaries.push({ kind: canary as never, judge, suite, prompt_id, repeat, order: order!, winner });
    }
    if (canary === '' && replicate === 0) continue;
    const states = (more.states[judge] ??= [0, 0]);
    states[row.state === 'judged' ? 0 : 1]++;
  }
  const { tallies, retests } = tallying.result;
  more.retests = retests;
  return { own: tallies, more: Object.keys(more.states).length === 0 ? null : more };
}

function judgmentOf(row: Row): Counted {
  const parsed = (json: string | null) => (json === null ? null : (JSON.parse(json) as unknown));
  return {
    ...row,
    baseline_scores: parsed(row.baseline_scores),
    candidate_scores: parsed(row.candidate_scores),
  } as Counted;
}

/** The bytes of a chunk in which changed prompts are as they were counted now; null when nothing is left in it. */
function put(
  chunk: number,
  before: PackedChunk | undefined,
  fresh: Chunk | undefined,
  changed: ReadonlySet<number>,
): Buffer | null {
  if (before === undefined) return fresh === undefined ? null : encodeChunk(fresh);
  const added = fresh === undefined ? [] : [new PackedChunk(chunk, encodeChunk(fresh))];
  const { table, positions } = unpack([before, ...added]);
  const old = before.header.rows;
  const rows = [...positions.keys()]
    .filter((row) => row >= old || !changed.has(positions[row]!))
    .sort((a, b) => positions[a]! - positions[b]! || table.judge[a]! - table.judge[b]!);
  const beside = [...before.header.beside.filter(({ position }) => !changed.has(position)), ...(fresh?.beside ?? [])];
  if (rows.length === 0 && beside.length === 0) return null;
  const cells = rows.reduce((sum, row) => sum + table.start[row + 1]! - table.start[row]!, 0);
  return encodeChunk({
    table: arranged(table, Int32Array.from(rows), emptyTable(rows.length, cells, table)),
    positions: Int32Array.from(rows, (row) => positions[row]!),
    beside: beside.sort((a, b) => a.position - b.position),
  });
}
