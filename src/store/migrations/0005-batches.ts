// Batches at providers: what was handed in, under which id it is found again, and the units that wait for an answer.
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../schema.js';

export function batches(engine: Engine) {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      const text = engine === 'postgres' ? sql`text collate "C"` : sql`text`;
      const real = engine === 'postgres' ? sql`double precision` : sql`real`;

      await db.schema
        .createTable('batches')
        .ifNotExists()
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('judge', text, (c) => c.notNull())
        .addColumn('provider_id', text)
        .addColumn('submitted_at', text, (c) => c.notNull())
        .addColumn('total', 'integer', (c) => c.notNull())
        .addColumn('done', 'integer', (c) => c.notNull())
        .addColumn('reserved_usd', real, (c) => c.notNull())
        .addColumn('ended_at', text)
        .execute();
      await db.schema
        .createIndex('batches_run')
        .ifNotExists()
        .on('batches')
        .columns(['run_id', 'judge', 'submitted_at'])
        .execute();

      await db.schema
        .createTable('batch_items')
        .ifNotExists()
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('judge', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('batch', text)
        .addColumn('faults', 'integer', (c) => c.notNull())
        .addColumn('unreadable', 'integer', (c) => c.notNull())
        .addColumn('asked', text)
        .execute();
      await db.schema
        .createIndex('batch_items_run')
        .ifNotExists()
        .on('batch_items')
        .columns(['run_id', 'position'])
        .execute();
      await db.schema
        .createIndex('batch_items_batch')
        .ifNotExists()
        .on('batch_items')
        .columns(['batch', 'id'])
        .execute();
    },
  };
}
