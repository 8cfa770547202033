// Checkpoint folders seen over time: names, digests, paths.
import type { Kysely } from 'kysely';
import type { Database } from './schema.js';

export interface SeenCheckpoint {
  name: string;
  digest: string;
  path: string;
  seen_at: string;
  identity: Record<string, unknown>;
}

export function checkpointQueries(db: Kysely<Database>) {
  return {
    async seeCheckpoint(seen: SeenCheckpoint): Promise<void> {
      await db
        .insertInto('checkpoints')
        .values({ ...seen, identity: JSON.stringify(seen.identity) })
        .onConflict((c) => c.columns(['name', 'digest', 'path']).doNothing())
        .execute();
    },

    /** Checkpoints that share a name, path or digest with one of these, oldest first. */
    async seenCheckpoints(like: { name: string; digest: string; path: string }): Promise<SeenCheckpoint[]> {
      const rows = await db
        .selectFrom('checkpoints')
        .selectAll()
        .where((e) => e.or((['name', 'digest', 'path'] as const).map((column) => e(column, '=', like[column]))))
        .orderBy('seen_at')
        .execute();
      return rows.map((row) => ({ ...row, identity: JSON.parse(row.identity) as Record<string, unknown> }));
    },
  };
}
