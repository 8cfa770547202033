// The summary of a finished run, computed once, and what lists show of it.
import { CompiledQuery, sql } from 'kysely';
import { sha256 } from '../hash.js';
import type { Connection } from './schema.js';

export function summaryQueries({ db, engine, firstNow }: Connection) {
  return {
    /** The serialised summary of a finished run, or null; forgotten as soon as anything of the run changes. */
    async keptSummary(id: string): Promise<string | null> {
      const row = await db.selectFrom('runs').select('summary').where('id', '=', id).executeTakeFirst();
      return row?.summary ?? null;
    },

    /** Hash of the kept summary, or null without one: enough to know a copy of it. Asked at every answer of a finished run. */
    async keptTag(id: string): Promise<string | null> {
      // Written once: to build the question costs more than to answer it.
      const text = `select summary_tag from runs where id = ${engine === 'postgres' ? '$1' : '?'}`;
      const row = firstNow ? firstNow(text, [id]) : (await db.executeQuery(CompiledQuery.raw(text, [id]))).rows[0];
      return (row as { summary_tag: string | null } | undefined)?.summary_tag ?? null;
    },

    /**
     * Keeps the serialised summary of a run, and what the list of runs shows of it, unless the run has gone on since:
     * it is under way, or a judgment has changed that the counts of that version do not have.
     */
    async keepSummary(id: string, kept: { summary: string; glance: string; version: number }): Promise<void> {
      await sql`
        update runs set summary = ${kept.summary}, summary_tag = ${sha256(kept.summary).slice(0, 32)},
          glance = ${kept.glance}
        where id = ${id} and status not in ('queued', 'running')
          and not exists (select 1 from untallied where run_id = ${id})
          and coalesce((select version from tallied_runs where run_id = ${id}), 0) = ${kept.version}`.execute(db);
    },

    /** To be called after judgments were added to a finished run. */
    async forgetSummary(id: string): Promise<void> {
      await db.updateTable('runs').set({ summary: null, summary_tag: null }).where('id', '=', id).execute();
    },

    /** What the list shows of finished runs, as it was kept, by run id. */
    async glances(ids: string[]): Promise<Map<string, string>> {
      if (ids.length === 0) return new Map();
      const rows = await db
        .selectFrom('runs')
        .select(['id', 'glance'])
        .where('id', 'in', ids)
        .where('status', 'not in', ['queued', 'running'])
        .execute();
      return new Map(rows.flatMap(({ id, glance }) => (glance === null ? [] : [[id, glance]])));
    },
  };
}
