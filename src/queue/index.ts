// Where shared work is handed out: blocks of units in pg-boss, one queue for each checkpoint and judge, so that a worker
// takes only what it can reach. A block is finished in the transaction of its last record. pg-boss runs on the store's own
// connections; leases are kept by heartbeat (workers.ts), since a block of slow calls may rightly take hours.
import { CompiledQuery, type Kysely, sql } from 'kysely';
import PgBoss from 'pg-boss';
import { hashOf } from '../hash.js';

export type Db = Kysely<never>;

/** Some prompts of a run for one checkpoint (their responses) or one judge (their judgments), or a look for either. */
export interface Block {
  run_id: string;
  /** Name of the checkpoint or judge. */
  who: string;
  part: 'baseline' | 'candidate' | 'judge' | 'reach';
  /** Number of the slice of the plan that all blocks of these prompts share. */
  slice: number;
  positions: number[];
  terms: Terms;
  /** No judgments follow these responses. */
  alone?: boolean;
}

/** How the run was started, for whoever carries out a part of it. */
export interface Terms {
  budget_usd: number | null;
  cache: 'use' | 'fresh' | 'off';
  /** Ask failed judgments again. */
  retry_failed: boolean;
  /** Go on where a server serves another checkpoint than the folder holds. */
  allow_mismatch: boolean;
}

export interface Claimed {
  id: string;
  queue: string;
  block: Block;
  /** How often a worker was lost with it. */
  lost: number;
}

/** The block has passed to another worker, or the run was stopped. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
  constructor() {
    super('the block has passed on');
  }
}

export type Queue = Awaited<ReturnType<typeof openQueue>>;

const SCHEMA = 'doubleblind_queue';
const JOBS = sql.table(`${SCHEMA}.job`);
/** Longest that a block may be under way; pg-boss takes no more. */
const DAY_S = 23 * 3600;

export async function openQueue(db: Db) {
  const boss = new PgBoss({ db: executor(db), schema: SCHEMA, supervise: false, schedule: false });
  // One after another: pg-boss leaves the connection of whoever comes second in a failed transaction.
  await db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(hashtextextended(${SCHEMA}, 0))`.execute(connection);
    try {
      await boss.start();
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${SCHEMA}, 0))`.execute(connection);
    }
  });

  return {
    /** Makes the queues of checkpoints and judges, before anything is put in line for them. */
    async open(names: readonly string[]): Promise<void> {
      for (const name of names.map(queueOf)) await boss.createQueue(name, { name });
    },

    /** Puts blocks in line; one that is there already, waiting or under way, is left as it is. */
    async enqueue(blocks: readonly Block[], within: Db = db, delay_s = 0): Promise<void> {
      const jobs = blocks.map((block) => ({
        id: blockId(block),
        name: queueOf(block.who),
        data: block,
        retryLimit: 1_000_000,
        expireInSeconds: DAY_S,
        ...(delay_s > 0 && { startAfter: `${delay_s} seconds` }),
      }));
      for (let i = 0; i < jobs.length; i += 1000) await boss.insert(jobs.slice(i, i + 1000), { db: executor(within) });
    },

    /** The next block for a worker, of anybody or of those named; null when there is none. */
    async claim(worker: string, names: readonly string[] | null): Promise<Claimed | null> {
      const { rows } = await sql<{ name: string }>`
        select distinct name from ${JOBS} where state < 'active' and start_after < now()`.execute(db);
      const wanted = names === null ? null : new Set(names.map(queueOf));
      for (const queue of shuffled(rows.map(({ name }) => name))) {
        if (wanted !== null && !wanted.has(queue)) continue;
        const claimed = await db.transaction().execute(async (trx) => {
          const [job] = await boss.fetch<Block>(queue, { includeMetadata: true, batchSize: 1, db: executor(trx) });
          if (job === undefined) return null;
          const { id, data: block, retryCount: lost } = job;
          // A worker that was struck out holds nothing until it has beaten again.
          const { numAffectedRows } = await sql`insert into leases (block, queue, run_id, worker)
            select ${id}, ${queue}, ${block.run_id}, id from workers where id = ${worker} for share`.execute(trx);
          if (numAffectedRows !== 1n) throw new LeaseLost();
          return { id, queue, block, lost };
        });
        if (claimed !== null) return claimed;
      }
      return null;
    },

    /**
     * Completes a block within the transaction of its last record, with what came of it beside the records. When it was
     * the last of its slice's responses, `next` is put in line in the same transaction. One that was called off keeps its
     * records, and nothing follows it.
     * @throws LeaseLost when it is the worker's no longer: then the transaction must fail
     */
    async finish(
      { id, queue, block }: Claimed,
      worker: string,
      next: readonly Block[],
      trx: Db,
      output: object = {},
    ): Promise<void> {
      await unlease(id, worker, trx);
      const { affected } = (await boss.complete(queue, id, output, { db: executor(trx) })) as unknown as {
        affected: number;
      };
      if (affected !== 1) {
        const { rows } =
          await sql`select 1 from ${JOBS} where name = ${queue} and id = ${id} and state = 'cancelled'`.execute(trx);
        if (rows.length === 0) throw new LeaseLost();
        return;
      }
      if (next.length === 0) return;
      // Two that finish at one moment would each see the other under way.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${block.run_id} ${block.slice}`}, 0))`.execute(trx);
      const { rows } = await sql`select 1 from ${JOBS} where state < 'completed' and data->>'run_id' = ${block.run_id}
        and (data->>'slice')::int = ${block.slice} and data->>'part' <> 'judge' limit 1`.execute(trx);
      if (rows.length === 0) await this.enqueue(next, trx);
    },

    /** Gives a block back unfinished; no try is counted. */
    async putBack({ id, queue, block }: Claimed, worker: string, delay_s: number): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await unlease(id, worker, trx);
        const { rows } =
          await sql`select 1 from ${JOBS} where name = ${queue} and id = ${id} and state = 'active'`.execute(trx);
        if (rows.length === 0) return;
        await boss.deleteJob(queue, id, { db: executor(trx) });
        await this.enqueue([block], trx, delay_s);
      });
    },

    /** Takes the blocks of a lost worker from it, to be handed out again; each counts a try. */
    async passOn(leases: readonly { block: string; queue: string }[], trx: Db): Promise<void> {
      for (const { block, queue } of leases) {
        const { rows } =
          await sql`select 1 from ${JOBS} where name = ${queue} and id = ${block} and state = 'active'`.execute(trx);
        if (rows.length > 0) await boss.fail(queue, block, { message: 'its worker was lost' }, { db: executor(trx) });
      }
    },

    /** Blocks of a run that wait and that are under way. */
    async left(runId: string): Promise<{ waiting: number; under_way: number }> {
      const { rows } = await sql<{ waiting: number; under_way: number }>`
        select count(*) filter (where state < 'active') as waiting, count(*) filter (where state = 'active') as under_way
        from ${JOBS} where state < 'completed' and data->>'run_id' = ${runId}`.execute(db);
      return rows[0]!;
    },

    /** Whose blocks of a run wait. */
    async waitingFor(runId: string): Promise<string[]> {
      const { rows } = await sql<{ who: string }>`select distinct data->>'who' as who from ${JOBS}
        where state < 'active' and data->>'run_id' = ${runId}`.execute(db);
      return rows.map(({ who }) => who);
    },

    /** What came of the finished blocks of a part, beside records. */
    async outputs<T>(runId: string, part: Block['part']): Promise<{ who: string; output: T }[]> {
      const { rows } = await sql<{ who: string; output: T }>`select data->>'who' as who, output from ${JOBS}
        where state = 'completed' and data->>'run_id' = ${runId} and data->>'part' = ${part} order by 1`.execute(db);
      return rows;
    },

    /** Blocks of a run that workers hold, called off or not. */
    async held(runId: string): Promise<number> {
      const { rows } = await sql<{ n: number }>`select count(*) as n from leases where run_id = ${runId}`.execute(db);
      return rows[0]!.n;
    },

    /** Whether a claimed block is still to be carried out. */
    async stands({ id, queue }: Claimed): Promise<boolean> {
      const { rows } =
        await sql`select 1 from ${JOBS} where name = ${queue} and id = ${id} and state = 'active'`.execute(db);
      return rows.length > 0;
    },

    /** Takes back what waits and calls off what is under way; how many blocks. */
    async withdraw(runId: string): Promise<number> {
      const { numAffectedRows } = await sql`update ${JOBS} set state = 'cancelled', completed_on = now()
        where state < 'completed' and data->>'run_id' = ${runId}`.execute(db);
      return Number(numAffectedRows);
    },

    /** Forgets the ended blocks of a run, so that it may be enqueued anew. */
    async forget(runId: string): Promise<void> {
      await sql`delete from suspects where run_id = ${runId}`.execute(db);
      await sql`delete from ${JOBS} where state >= 'completed' and data->>'run_id' = ${runId}`.execute(db);
    },

    /** Counts that a worker now begins a prompt by itself after others were lost with its block; how often by now. */
    async suspect({ run_id, who }: Block, position: number): Promise<number> {
      const { rows } = await sql<{ times: number }>`
        insert into suspects (run_id, who, position, times) values (${run_id}, ${who}, ${position}, 1)
        on conflict (run_id, who, position) do update set times = suspects.times + 1 returning times`.execute(db);
      return rows[0]!.times;
    },

    /** Takes the count of a prompt back that a worker has come back from. */
    async acquit({ run_id, who }: Block, position: number): Promise<void> {
      await sql`update suspects set times = times - 1 where run_id = ${run_id} and who = ${who}
        and position = ${position}`.execute(db);
    },

    stop: () => boss.stop({ graceful: false, wait: false, close: false }),
  };
}

async function unlease(id: string, worker: string, trx: Db): Promise<void> {
  const { numAffectedRows } = await sql`delete from leases where block = ${id} and worker = ${worker}`.execute(trx);
  if (numAffectedRows !== 1n) throw new LeaseLost();
}

/** pg-boss speaking through a connection or transaction of Kysely's. */
function executor(db: Db): PgBoss.Db {
  return {
    executeSql: async (text, values: unknown[] = []) => {
      const { rows } = await db.executeQuery(CompiledQuery.raw(text, values));
      return { rows: rows as unknown[] };
    },
  };
}

function queueOf(who: string): string {
  return hashOf(['queue', who]).slice(0, 32);
}

/** The same block has the same id, whoever cuts it. */
function blockId({ run_id, who, part, slice }: Block): string {
  const hex = hashOf(['block', run_id, who, part, slice]);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** In an order that differs from worker to worker. */
function shuffled(names: string[]): string[] {
  const salt = process.pid;
  return names.sort((a, b) => (hashOf([salt, a]) < hashOf([salt, b]) ? -1 : 1));
}
