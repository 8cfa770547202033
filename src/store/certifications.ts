// How judges did on pairs whose right answer is known, and the right answers themselves, apart from what a judge sees.
import type { Kysely } from 'kysely';
import type { Winner } from '../records.js';
import type { Database } from './schema.js';

export interface KnownAnswer {
  prompt_id: string;
  winner: Winner;
  group: string;
}

const BATCH = 200;

export function certificationQueries(db: Kysely<Database>) {
  return {
    async addKnownAnswers(runId: string, answers: readonly KnownAnswer[]): Promise<void> {
      for (let i = 0; i < answers.length; i += BATCH) {
        await db
          .insertInto('known_answers')
          .values(answers.slice(i, i + BATCH).map((answer) => ({ run_id: runId, ...answer })))
          .onConflict((c) =>
            c
              .columns(['run_id', 'prompt_id'])
              .doUpdateSet((e) => ({ winner: e.ref('excluded.winner'), group: e.ref('excluded.group') })),
          )
          .execute();
      }
    },

    async knownAnswers(runId: string): Promise<KnownAnswer[]> {
      const rows = await db
        .selectFrom('known_answers')
        .select(['prompt_id', 'winner', 'group'])
        .where('run_id', '=', runId)
        .orderBy('prompt_id')
        .execute();
      return rows as KnownAnswer[];
    },

    /** Keeps a judge's result, in place of an earlier one of the same run. */
    async keepCertification(row: {
      run_id: string;
      judge: string;
      identity: string;
      certified_at: string;
      result: unknown;
    }): Promise<void> {
      const values = { ...row, result: JSON.stringify(row.result) };
      await db
        .insertInto('certifications')
        .values(values)
        .onConflict((c) => c.columns(['run_id', 'judge']).doUpdateSet(values))
        .execute();
    },

    /** The newest result of each identity, by identity. */
    async certifications(identities: readonly string[]): Promise<Map<string, unknown>> {
      if (identities.length === 0) return new Map();
      const rows = await db
        .selectFrom('certifications')
        .select(['identity', 'result'])
        .where('identity', 'in', [...identities])
        .orderBy('certified_at')
        .execute();
      return new Map(rows.map(({ identity, result }) => [identity, JSON.parse(result) as unknown]));
    },
  };
}
