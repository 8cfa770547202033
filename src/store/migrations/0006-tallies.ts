// What judgments come to, by prompt: counted once and kept. Triggers note which prompts have changed since, in the same
// transaction as the change and whoever makes it, so that what is kept can be old but never wrong unawares.
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../schema.js';

export function tallies(engine: Engine) {
  const postgres = engine === 'postgres';
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      const text = postgres ? sql`text collate "C"` : sql`text`;
      const bytes = postgres ? sql`bytea` : sql`blob`;
      const table = (name: string) => db.schema.createTable(name).ifNotExists();

      await table('tallies')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('chunk', 'integer', (c) => c.notNull())
        .addColumn('counted', bytes, (c) => c.notNull())
        .addPrimaryKeyConstraint('tallies_key', ['run_id', 'chunk'])
        .execute();
      // Small numbers, which do not pack: unpacking would cost more than reading.
      if (postgres) await sql`alter table tallies alter column counted set storage external`.execute(db);

      await table('tallied_runs')
        .addColumn('run_id', text, (c) => c.primaryKey())
        .addColumn('version', 'integer', (c) => c.notNull())
        .addColumn('prompts', 'integer', (c) => c.notNull())
        .addColumn('frame', bytes)
        .addColumn('due_of', text)
        .addColumn('due', text)
        .execute();

      // On PostgreSQL a prompt may be noted several times: a note that is unique would make writers wait for each other.
      await table('untallied')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .$call((t) => (postgres ? t : t.addPrimaryKeyConstraint('untallied_key', ['run_id', 'position'])))
        .execute();
      if (postgres)
        await db.schema
          .createIndex('untallied_position')
          .ifNotExists()
          .on('untallied')
          .columns(['run_id', 'position'])
          .execute();

      await (postgres ? postgresTriggers(db) : sqliteTriggers(db));
      await sql`insert into untallied (run_id, position)
        select distinct j.run_id, j.position from judgments j where not exists (select 1 from untallied u
          where u.run_id = j.run_id and u.position = j.position)`.execute(db);
    },
  };
}

async function sqliteTriggers(db: Kysely<unknown>): Promise<void> {
  // Not `insert or ignore`: inside a trigger the outer statement says what a conflict does.
  const note = (row: 'new' | 'old') => `insert into untallied (run_id, position) select ${row}.run_id, ${row}.position
    where not exists (select 1 from untallied u where u.run_id = ${row}.run_id and u.position = ${row}.position);`;
  for (const [name, event, rows] of [
    ['added', 'insert', ['new']],
    ['changed', 'update', ['new', 'old']],
    ['removed', 'delete', ['old']],
  ] as const) {
    await sql
      .raw(
        `create trigger if not exists judgments_${name} after ${event} on judgments begin ${rows.map(note).join(' ')} end`,
      )
      .execute(db);
  }
}

async function postgresTriggers(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create or replace function note_untallied() returns trigger language plpgsql as $$
      begin
        insert into untallied (run_id, position) select distinct run_id, position from touched;
        return null;
      end $$`,
    )
    .execute(db);
  await sql
    .raw(
      `create or replace function note_untallied_both() returns trigger language plpgsql as $$
      begin
        insert into untallied (run_id, position)
          select run_id, position from touched union select run_id, position from before;
        return null;
      end $$`,
    )
    .execute(db);
  for (const [name, event, tables, does] of [
    ['added', 'insert', 'new table as touched', 'note_untallied'],
    ['changed', 'update', 'old table as before new table as touched', 'note_untallied_both'],
    ['removed', 'delete', 'old table as touched', 'note_untallied'],
  ] as const) {
    await sql.raw(`drop trigger if exists judgments_${name} on judgments`).execute(db);
    await sql
      .raw(
        `create trigger judgments_${name} after ${event} on judgments referencing ${tables}
        for each statement execute function ${does}()`,
      )
      .execute(db);
  }
}
