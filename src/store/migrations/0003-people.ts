// People and known answers: who is to review which comparison, every vote as it was given, and how judges did on pairs
// whose right answer is known.
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../schema.js';

export function people(engine: Engine) {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      const text = engine === 'postgres' ? sql`text collate "C"` : sql`text`;
      const table = (name: string) => db.schema.createTable(name).ifNotExists();

      await table('review_items')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('repeat', 'integer', (c) => c.notNull())
        .addColumn('reviewer', text, (c) => c.notNull())
        .addColumn('stratum', text, (c) => c.notNull())
        .addColumn('place', 'integer', (c) => c.notNull())
        .addColumn('order', text, (c) => c.notNull())
        .addColumn('token', text, (c) => c.notNull().unique())
        .addColumn('created_at', text, (c) => c.notNull())
        .addPrimaryKeyConstraint('review_items_key', ['run_id', 'position', 'repeat', 'reviewer'])
        .execute();

      await table('votes')
        .addColumn('seq', engine === 'postgres' ? 'bigserial' : 'integer', (c) =>
          engine === 'postgres' ? c.primaryKey() : c.primaryKey().autoIncrement(),
        )
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('repeat', 'integer', (c) => c.notNull())
        .addColumn('reviewer', text, (c) => c.notNull())
        .addColumn('winner', text, (c) => c.notNull())
        .addColumn('via', text, (c) => c.notNull())
        .addColumn('voted_at', text, (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex('votes_position')
        .ifNotExists()
        .on('votes')
        .columns(['run_id', 'position', 'repeat', 'reviewer'])
        .execute();

      await table('certifications')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('judge', text, (c) => c.notNull())
        .addColumn('identity', text, (c) => c.notNull())
        .addColumn('certified_at', text, (c) => c.notNull())
        .addColumn('result', text, (c) => c.notNull())
        .addPrimaryKeyConstraint('certifications_key', ['run_id', 'judge'])
        .execute();
      await db.schema
        .createIndex('certifications_identity')
        .ifNotExists()
        .on('certifications')
        .columns(['identity'])
        .execute();

      await table('known_answers')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('prompt_id', text, (c) => c.notNull())
        .addColumn('winner', text, (c) => c.notNull())
        .addColumn('group', text, (c) => c.notNull())
        .addPrimaryKeyConstraint('known_answers_key', ['run_id', 'prompt_id'])
        .execute();
    },
  };
}
