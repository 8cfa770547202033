// What comes in together is kept together: one transaction for responses, judgments and cached answers.
import { type CachedAnswer, cacheWriter } from './cache.js';
import { judgmentWriter, type PlacedJudgment } from './judgment-writes.js';
import { type PlacedResponse, responseWriter } from './responses.js';
import { MOST, together } from './rows.js';
import type { Transaction } from 'kysely';
import type { Connection, Database, RunNow } from './schema.js';

export interface NewRecords {
  responses: readonly PlacedResponse[];
  judgments: readonly PlacedJudgment[];
  /** Distinct by key. */
  cached: readonly CachedAnswer[];
}

export function recordQueries({ db, engine, atOnce }: Connection) {
  const [addResponses, addJudgments, addCached] = [responseWriter({ db }), judgmentWriter({ db }), cacheWriter(db)];
  return {
    /** Keeps all of it or nothing, with what else belongs in the same transaction. */
    async addRecords(
      { responses, judgments, cached }: NewRecords,
      also?: (trx: Transaction<Database>) => Promise<void>,
    ): Promise<void> {
      const now = (run: RunNow): void => {
        addResponses.now(responses, run);
        addJudgments.now(judgments, run);
        addCached.now(cached, run);
      };
      if (also === undefined && atOnce?.(now) === true) return;
      if (also === undefined && engine === 'postgres') {
        // A transaction of its own takes a way to the server for its begin, for each table and for its end.
        const few = Math.max(responses.length, judgments.length, cached.length) <= MOST;
        const statements = [
          ...(judgments.length > 0 ? [addJudgments.statement(judgments)] : []),
          ...(responses.length > 0 ? [addResponses.statement(responses)] : []),
          ...(cached.length > 0 ? [addCached.statement(cached)] : []),
        ];
        if (statements.length === 0) return;
        if (few) return void (await db.executeQuery(together(statements)));
      }
      await db.transaction().execute(async (trx) => {
        await addResponses(responses, trx);
        await addJudgments(judgments, trx);
        await addCached(cached, trx);
        await also?.(trx);
      });
    },
  };
}
