// Findings of the last audit of a run, so that judgments can be filtered by them.
import type { Kysely } from 'kysely';
import type { Finding } from '../records.js';
import type { Database } from './schema.js';

export function findingQueries(db: Kysely<Database>) {
  return {
    /** Replaces the findings of a run. */
    async setFindings(
      runId: string,
      findings: Pick<Finding, 'judgment_id' | 'code' | 'severity' | 'message'>[],
    ): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('findings').where('run_id', '=', runId).execute();
        for (let i = 0; i < findings.length; i += 500) {
          await trx
            .insertInto('findings')
            .values(
              findings.slice(i, i + 500).map(({ judgment_id, code, severity, message }) => ({
                run_id: runId,
                judgment_id,
                code,
                severity,
                message,
              })),
            )
            .execute();
        }
      });
    },

    /** Findings of a run, or of one of its judgments. */
    async findings(
      runId: string,
      judgmentId?: string,
    ): Promise<Pick<Finding, 'judgment_id' | 'code' | 'severity' | 'message'>[]> {
      let query = db
        .selectFrom('findings')
        .select(['judgment_id', 'code', 'severity', 'message'])
        .where('run_id', '=', runId);
      if (judgmentId !== undefined) query = query.where('judgment_id', '=', judgmentId);
      return (await query.orderBy('code').orderBy('judgment_id').execute()) as Pick<
        Finding,
        'judgment_id' | 'code' | 'severity' | 'message'
      >[];
    },
  };
}
