// Values that no writer of ours can have put where they stand: a database in which somebody has changed a word.
import { type Kysely, sql } from 'kysely';
import { CANARIES, FAILURES, ORDERS, ROLES, VERDICTS, WINNERS } from '../records.js';
import type { Database } from './schema.js';

const KNOWN = {
  judgments: {
    order: ORDERS,
    state: ['judged', 'failed'],
    verdict: VERDICTS,
    winner: WINNERS,
    failure: FAILURES,
    // Where it is none, the column is empty: it is part of a key.
    canary: ['', ...CANARIES],
    quote_found_in: ['baseline', 'candidate', 'both', 'neither'],
  },
  responses: { role: ROLES, state: ['answered', 'failed'], failure: FAILURES },
} as const;
/** Named of each column; the rest are of the same making. */
const MOST = 10;

export interface StrayValue {
  table: keyof typeof KNOWN;
  column: string;
  /** Of the record. */
  id: string;
  value: string;
}

export function strayQueries(db: Kysely<Database>) {
  return {
    /** Words in records of a run that are none of those that can stand there, at most 10 a column. */
    async strayValues(runId: string): Promise<StrayValue[]> {
      const found: StrayValue[] = [];
      for (const [table, columns] of Object.entries(KNOWN) as [
        StrayValue['table'],
        Record<string, readonly string[]>,
      ][]) {
        for (const [column, known] of Object.entries(columns)) {
          const ref = sql.ref<string>(column);
          const rows = await db
            .selectFrom(table)
            .select(['id', ref.as('value')])
            .where('run_id', '=', runId)
            .where(ref, 'is not', null)
            .where(ref, 'not in', known)
            .orderBy('id')
            .limit(MOST)
            .execute();
          for (const row of rows as unknown as { id: string; value: string }[]) found.push({ table, column, ...row });
        }
      }
      return found;
    },
  };
}
