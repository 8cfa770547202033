// Metrics that other programs measured, by checkpoint and training step.
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../schema.js';

export function metrics(engine: Engine) {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      const text = engine === 'postgres' ? sql`text collate "C"` : sql`text`;
      const real = engine === 'postgres' ? sql`double precision` : sql`real`;
      await db.schema
        .createTable('metrics')
        .ifNotExists()
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('checkpoint', text, (c) => c.notNull())
        .addColumn('step', 'integer')
        .addColumn('metric', text, (c) => c.notNull())
        .addColumn('value', real, (c) => c.notNull())
        .addColumn('source', text, (c) => c.notNull())
        .addColumn('n', 'integer', (c) => c.notNull())
        .addColumn('sampling', text)
        .addColumn('imported_at', text, (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex('metrics_metric')
        .ifNotExists()
        .on('metrics')
        .columns(['metric', 'checkpoint', 'step'])
        .execute();
    },
  };
}
