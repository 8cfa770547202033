// Shared work: who works, which block each holds, what all of them heed at an endpoint, which prompts a worker died of.
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../schema.js';

export function workers(engine: Engine) {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      const text = engine === 'postgres' ? sql`text collate "C"` : sql`text`;
      const real = engine === 'postgres' ? sql`double precision` : sql`real`;
      const table = (name: string) => db.schema.createTable(name).ifNotExists();

      await table('workers')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('host', text, (c) => c.notNull())
        .addColumn('pid', 'integer', (c) => c.notNull())
        .addColumn('endpoints', text)
        .addColumn('addresses', text, (c) => c.notNull())
        .addColumn('judged', 'integer', (c) => c.notNull())
        .addColumn('per_minute', real, (c) => c.notNull())
        .addColumn('started_at', text, (c) => c.notNull())
        .addColumn('beat_at', text, (c) => c.notNull())
        .execute();

      await table('leases')
        .addColumn('block', text, (c) => c.primaryKey())
        .addColumn('queue', text, (c) => c.notNull())
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('worker', text, (c) => c.notNull())
        .execute();

      await table('endpoint_limits')
        .addColumn('address', text, (c) => c.primaryKey())
        .addColumn('paused_until', text)
        .addColumn('refusals', 'integer', (c) => c.notNull())
        .execute();

      await table('suspects')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('who', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('times', 'integer', (c) => c.notNull())
        .addPrimaryKeyConstraint('suspects_key', ['run_id', 'who', 'position'])
        .execute();
    },
  };
}
