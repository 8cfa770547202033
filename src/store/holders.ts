// Who carries out a run: one process at a time.
import type { Kysely } from 'kysely';
import type { Database } from './schema.js';

export function holderQueries(db: Kysely<Database>) {
  return {
    /**
     * Takes a run for a holder; null when it is taken, else the holder that has it. A holder that `isGone` is replaced
     * at once; only one of several that try gets it.
     */
    async hold(
      runId: string,
      holder: string,
      since: string,
      isGone: (holder: string) => boolean,
    ): Promise<string | null> {
      for (;;) {
        await db
          .insertInto('holders')
          .values({ run_id: runId, holder, since })
          .onConflict((c) => c.column('run_id').doNothing())
          .execute();
        const row = await db.selectFrom('holders').select('holder').where('run_id', '=', runId).executeTakeFirst();
        if (row === undefined) continue;
        if (row.holder === holder) return null;
        if (!isGone(row.holder)) return row.holder;
        await db.deleteFrom('holders').where('run_id', '=', runId).where('holder', '=', row.holder).execute();
      }
    },

    async release(runId: string, holder: string): Promise<void> {
      await db.deleteFrom('holders').where('run_id', '=', runId).where('holder', '=', holder).execute();
    },

    /** Runs that are carried out now, and by whom. */
    async holders(): Promise<{ run_id: string; holder: string; since: string }[]> {
      return db.selectFrom('holders').selectAll().orderBy('run_id', 'desc').execute();
    },

    async holder(runId: string): Promise<string | null> {
      const row = await db.selectFrom('holders').select('holder').where('run_id', '=', runId).executeTakeFirst();
      return row?.holder ?? null;
    },
  };
}
