// A database moved into another, from either engine to either: run by run, each in one transaction, with the rows of
// every table counted and hashed on both sides before it is kept. Copying again brings what has been added since.
import { createHash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { DoubleblindError } from './errors.js';
import { rowWriter } from './store/rows.js';
import type { Database } from './store/schema.js';
import type { Store } from './store/index.js';

type Db = Kysely<Database>;
type Row = Record<string, unknown>;

interface Table {
  name: keyof Database;
  /** What makes a row the same row; null where nothing does and the rows are replaced. */
  key: string[] | null;
  /** Rows that may be overwritten with the source's: all, those of failed attempts, none. */
  replaces: 'all' | 'failed' | 'none';
}

/** Who carries out a run and who works are facts of one machine park, not of the records: they stay. */
const OF_RUNS: readonly Table[] = [
  { name: 'run_tags', key: ['run_id', 'key'], replaces: 'all' },
  { name: 'suites', key: ['run_id', 'suite'], replaces: 'none' },
  { name: 'prompts', key: ['run_id', 'suite', 'prompt_id'], replaces: 'none' },
  { name: 'responses', key: ['id'], replaces: 'failed' },
  { name: 'judgments', key: ['id'], replaces: 'failed' },
  { name: 'findings', key: null, replaces: 'none' },
  { name: 'review_items', key: ['run_id', 'position', 'repeat', 'reviewer'], replaces: 'none' },
  { name: 'votes', key: null, replaces: 'none' },
  { name: 'certifications', key: ['run_id', 'judge'], replaces: 'all' },
  { name: 'known_answers', key: ['run_id', 'prompt_id'], replaces: 'none' },
  { name: 'batches', key: null, replaces: 'none' },
  { name: 'batch_items', key: null, replaces: 'none' },
];
const OF_ALL: readonly Table[] = [
  { name: 'cache', key: ['key'], replaces: 'none' },
  { name: 'checkpoints', key: ['name', 'digest', 'path'], replaces: 'all' },
  { name: 'metrics', key: ['id'], replaces: 'none' },
];
/** The place in the order of arrival is given anew by the database that takes a row. */
const NOT_COPIED = 'seq';
const BATCH = 1000;

export interface Copied {
  runs: number;
  /** Rows by table. */
  rows: Record<string, number>;
  /** SHA-256 over all rows that both databases hold now. */
  sha256: string;
}

/**
 * Copies everything recorded in one database into another; what the other has beside it stays.
 * @throws COPY_DIFFERS when the other database holds something else under a run's name; that run is left as it was
 */
export async function copyDatabase(
  from: Store,
  to: Store,
  { onRun }: { onRun?: (id: string, n: number) => void } = {},
): Promise<Copied> {
  const rows: Record<string, number> = {};
  const whole = createHash('sha256');
  let runs = 0;
  const one = async (name: string, copy: (source: Db, target: Db) => AsyncIterable<[Table, Digest]>) => {
    await snapshot(from, (source) =>
      to.db.transaction().execute(async (target) => {
        for await (const [table, digest] of copy(source, target)) {
          rows[table.name] = (rows[table.name] ?? 0) + digest.rows;
          whole.update(`${name} ${table.name} ${digest.rows} ${digest.hash}\n`);
        }
      }),
    );
  };
  const ids = await from.db.selectFrom('runs').select('id').orderBy('id').execute();
  for (const { id } of ids) {
    await one(id, (source, target) => copyRun(id, source, target));
    onRun?.(id, ++runs);
  }
  for (const table of OF_ALL) {
    await one(table.name, async function* (source, target) {
      yield [table, await copyTable(table, null, source, target)];
    });
  }
  return { runs, rows: { runs, ...rows }, sha256: whole.digest('hex') };
}

/** What a run's source says while it is copied does not move, whoever writes there meanwhile. */
function snapshot(store: Store, work: (db: Db) => Promise<void>): Promise<void> {
  const transaction = store.db.transaction();
  return (store.engine === 'postgres' ? transaction.setIsolationLevel('repeatable read') : transaction).execute(work);
}

async function* copyRun(id: string, source: Db, target: Db): AsyncIterable<[Table, Digest]> {
  // The first statement writes, so that SQLite waits for its turn instead of failing in the middle.
  yield [RUNS, await copyTable(RUNS, id, source, target)];
  for (const table of OF_RUNS) yield [table, await copyTable(table, id, source, target)];
}

const RUNS: Table = { name: 'runs', key: ['id'], replaces: 'all' };

interface Digest {
  rows: number;
  hash: string;
}

/** Copies the rows of one run (null: all rows), then reads them back: the same number with the same hash. */
async function copyTable(table: Table, runId: string | null, source: Db, target: Db): Promise<Digest> {
  if (table.key === null)
    await target
      .deleteFrom(table.name as 'findings')
      .where('run_id', '=', runId!)
      .execute();
  const sent = new Sum();
  let write: ((rows: Row[]) => Promise<number>) | null = null;
  const keys: Row[] = [];
  const flush = async (batch: Row[]) => {
    if (batch.length === 0) return;
    write ??= writerOf(table, Object.keys(batch[0]!), target);
    await write(batch);
  };
  let batch: Row[] = [];
  for await (const row of rowsOf(table, runId, source)) {
    sent.add(row);
    if (runId === null) keys.push(Object.fromEntries(table.key!.map((column) => [column, row[column]])));
    batch.push(row);
    if (batch.length < BATCH) continue;
    await flush(batch);
    batch = [];
  }
  await flush(batch);
  const kept = new Sum();
  const ours = runId === null ? new Set(keys.map((key) => JSON.stringify(key))) : null;
  for await (const row of rowsOf(table, runId, target)) {
    const key = ours === null ? null : JSON.stringify(Object.fromEntries(table.key!.map((c) => [c, row[c]])));
    if (key === null || ours!.has(key)) kept.add(row);
  }
  if (kept.rows !== sent.rows || kept.hash !== sent.hash) {
    const what = runId === null ? `table ${table.name}` : `run ${runId}, table ${table.name}`;
    throw new DoubleblindError(
      'COPY_DIFFERS',
      `${what}: ${sent.rows} rows (${sent.hash.slice(0, 12)}) were sent, ${kept.rows} (${kept.hash.slice(0, 12)}) are there.`,
      { hint: 'The database copied to holds other records under this name; it was left as it was.' },
    );
  }
  return sent;
}

async function* rowsOf({ name }: Table, runId: string | null, db: Db): AsyncIterable<Row> {
  let query = db.selectFrom(name as 'judgments').selectAll();
  if (runId !== null) query = query.where((name === 'runs' ? 'id' : 'run_id') as 'run_id', '=', runId);
  if (name === 'judgments' || name === 'votes') query = query.orderBy('seq');
  for await (const row of query.stream(BATCH)) {
    const { [NOT_COPIED]: _, ...copied } = row as unknown as Row;
    yield copied;
  }
}

function writerOf({ name, key, replaces }: Table, columns: string[], db: Db): (rows: Row[]) => Promise<number> {
  const blank = Object.fromEntries(columns.map((column) => [column, 0]));
  const build = (n: number) =>
    (db as Transaction<never>)
      .insertInto(name as never)
      .values(Array<never>(n).fill(blank as never))
      .$if(key !== null, (insert) =>
        insert.onConflict((conflict) => {
          const same = conflict.columns(key as never);
          if (replaces === 'none') return same.doNothing();
          const all = same.doUpdateSet(Object.fromEntries(columns.map((c) => [c, sql.ref(`excluded.${c}`)])) as never);
          return replaces === 'all' ? all : all.where(sql.ref(`${name}.state`), '=', sql.lit('failed'));
        }),
      )
      .compile().sql;
  return rowWriter(db as never, build, (row: Row) => columns.map((column) => row[column]));
}

/** A hash of a set of rows that does not depend on their order: the sum of the rows' SHA-256, modulo 2^256. */
class Sum implements Digest {
  rows = 0;
  private sum = 0n;

  add(row: Row): void {
    const columns = Object.keys(row).sort();
    const digest = createHash('sha256').update(JSON.stringify(columns.map((column) => [column, row[column]])));
    this.sum = BigInt.asUintN(256, this.sum + BigInt(`0x${digest.digest('hex')}`));
    this.rows++;
  }

  get hash(): string {
    return this.sum.toString(16).padStart(64, '0');
  }
}
