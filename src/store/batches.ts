// Batches at providers, and the units in them: kept from before a batch is created until its last result is recorded,
// so that whoever goes on with a run after a crash finds what was handed in, what came of it, and what is still due.
import { type Kysely, sql } from 'kysely';
import type { OpenBatches } from '../answers.js';
import { rowWriter } from './rows.js';
import type { BatchesTable, BatchItemsTable, Database } from './schema.js';

export type BatchRow = BatchesTable;
export type BatchItemRow = BatchItemsTable;

/** Rows of one page or `in` list: far below the number of variables either engine takes. */
const PAGE = 500;
const COLUMNS = ['id', 'run_id', 'judge', 'position', 'batch', 'faults', 'unreadable', 'asked'] as const;
const BLANK = Object.fromEntries(COLUMNS.map((column) => [column, 0])) as never;

export function batchQueries(db: Kysely<Database>) {
  const putItems = rowWriter(
    db as never,
    (rows) =>
      db
        .insertInto('batch_items')
        .values(Array<never>(rows).fill(BLANK))
        .onConflict((c) =>
          c.column('id').doUpdateSet((e) => ({
            batch: e.ref('excluded.batch'),
            faults: e.ref('excluded.faults'),
            unreadable: e.ref('excluded.unreadable'),
            asked: e.ref('excluded.asked'),
          })),
        )
        .compile().sql,
    (row: BatchItemRow) => COLUMNS.map((column) => row[column]),
  );

  return {
    /** Keeps the intent of a batch with its units, before it is created. */
    async addBatch(batch: BatchRow, items: readonly BatchItemRow[]): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await trx.insertInto('batches').values(batch).execute();
        await putItems(items, trx);
      });
    },

    /** Keeps the provider's id of a batch, or how far it is. */
    async updateBatch(id: string, changes: Partial<Pick<BatchRow, 'provider_id' | 'done'>>): Promise<void> {
      await db.updateTable('batches').set(changes).where('id', '=', id).execute();
    },

    /** Forgets an intent that came to nothing; its units wait for another batch. */
    async dropBatch(id: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await trx.updateTable('batch_items').set({ batch: null }).where('batch', '=', id).execute();
        await trx.deleteFrom('batches').where('id', '=', id).execute();
      });
    },

    /** Closes a batch; units it gave no result for wait for another one, and count as many `faults` more. */
    async endBatch(id: string, ended_at: string, faults: number): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await trx
          .updateTable('batch_items')
          .set((e) => ({ batch: null, faults: e('faults', '+', faults) }))
          .where('batch', '=', id)
          .execute();
        await trx.updateTable('batches').set({ ended_at, reserved_usd: 0 }).where('id', '=', id).execute();
      });
    },

    /** Batches of a run that have not been read to their end, the oldest first. */
    async openBatches(runId: string): Promise<BatchRow[]> {
      return db
        .selectFrom('batches')
        .selectAll()
        .where('run_id', '=', runId)
        .where('ended_at', 'is', null)
        .orderBy('submitted_at')
        .orderBy('id')
        .execute();
    },

    /** Providers' ids of all batches that were ever made here. */
    async knownBatches(): Promise<Set<string>> {
      const rows = await db.selectFrom('batches').select('provider_id').where('provider_id', 'is not', null).execute();
      return new Set(rows.map(({ provider_id }) => provider_id!));
    },

    /** How many batches a run has had. */
    async batchesMade(runId: string): Promise<number> {
      const { n } = await db
        .selectFrom('batches')
        .select(sql<number>`count(*)`.as('n'))
        .where('run_id', '=', runId)
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    /** How far the open batches of a run are, together and by judge; null when none is open. */
    async batchCounts(runId: string): Promise<OpenBatches | null> {
      const rows = await db
        .selectFrom('batches')
        .select([
          'judge',
          sql<number>`count(*)`.as('open'),
          sql<number>`sum(done)`.as('done'),
          sql<number>`sum(total)`.as('total'),
          sql<string>`min(submitted_at)`.as('since'),
        ])
        .where('run_id', '=', runId)
        .where('ended_at', 'is', null)
        .groupBy('judge')
        .orderBy('judge')
        .execute();
      if (rows.length === 0) return null;
      const all: OpenBatches = { open: 0, done: 0, total: 0, judges: [] };
      for (const { judge, since, ...counts } of rows) {
        const [open, done, total] = [Number(counts.open), Number(counts.done), Number(counts.total)];
        all.open += open;
        all.done += done;
        all.total += total;
        all.judges.push({ judge, since, open, done, total });
      }
      return all;
    },

    /** Ids of the units that are in a batch. */
    async batchItemIds(batch: string): Promise<string[]> {
      const rows = await db.selectFrom('batch_items').select('id').where('batch', '=', batch).orderBy('id').execute();
      return rows.map(({ id }) => id);
    },

    /** Those of some units that still are in a batch; what was recorded before is not among them. */
    async batchItems(batch: string, ids: readonly string[]): Promise<BatchItemRow[]> {
      const rows: BatchItemRow[] = [];
      for (let i = 0; i < ids.length; i += PAGE) {
        const some = ids.slice(i, i + PAGE);
        rows.push(
          ...(await db
            .selectFrom('batch_items')
            .selectAll()
            .where('id', 'in', some)
            .where('batch', '=', batch)
            .execute()),
        );
      }
      return rows;
    },

    /** Units of a judge that wait for another batch, by id, at most a page after `after`. */
    async waitingItems(runId: string, judge: string, after = ''): Promise<BatchItemRow[]> {
      return db
        .selectFrom('batch_items')
        .selectAll()
        .where('run_id', '=', runId)
        .where('judge', '=', judge)
        .where('batch', 'is', null)
        .where('id', '>', after)
        .orderBy('id')
        .limit(PAGE)
        .execute();
    },

    /** Ids of units of prompts at some positions that are in a batch or wait for one. */
    async batchedAt(runId: string, positions: number[]): Promise<Set<string>> {
      const rows = await db
        .selectFrom('batch_items')
        .select('id')
        .where('run_id', '=', runId)
        .where('position', 'in', positions)
        .execute();
      return new Set(rows.map(({ id }) => id));
    },

    /** What was received for units that have no record yet, as JSON. */
    async askedInBatches(runId: string): Promise<string[]> {
      const rows = await db
        .selectFrom('batch_items')
        .select('asked')
        .where('run_id', '=', runId)
        .where('asked', 'is not', null)
        .execute();
      return rows.map(({ asked }) => asked!);
    },

    /** Keeps what came of units: recorded ones go, others wait for another batch. Belongs in the records' transaction. */
    async settleItems(trx: Kysely<Database>, gone: readonly string[], again: readonly BatchItemRow[]): Promise<void> {
      for (let i = 0; i < gone.length; i += PAGE) {
        await trx
          .deleteFrom('batch_items')
          .where('id', 'in', gone.slice(i, i + PAGE))
          .execute();
      }
      await putItems(again, trx);
    },
  };
}
