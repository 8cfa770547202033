// The append-only list of migrations. Each is one idempotent step.
import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import type { Database, Engine } from '../schema.js';
import { initial } from './0001-initial.js';
import { metrics } from './0002-metrics.js';
import { people } from './0003-people.js';
import { workers } from './0004-workers.js';
import { batches } from './0005-batches.js';
import { tallies } from './0006-tallies.js';
import { totals } from './0008-totals.js';

/** A database that lacks it is none of ours. */
export const FIRST = '0001-initial';

/** Every migration by name, in order; a name that was released is never changed. */
function migrations(engine: Engine): Record<string, Migration> {
  return {
    [FIRST]: initial(engine),
    '0002-metrics': metrics(engine),
    '0003-people': people(engine),
    '0004-workers': workers(engine),
    '0005-batches': batches(engine),
    '0006-tallies': tallies(engine),
    '0008-totals': totals(engine),
  };
}

/** Brings a database to the newest shape; the names of the steps that were taken. Guarded against races by a lock. */
export async function migrate(db: Kysely<Database>, engine: Engine): Promise<string[]> {
  if ((await pending(db, engine)).length === 0) return [];
  if (engine === 'postgres') return latest(db, engine);
  // Kysely takes no lock on SQLite: one transaction that writes from its start lets a second process wait and find all done.
  return db.connection().execute(async (connection) => {
    await sql`begin immediate`.execute(connection);
    try {
      const taken = await latest(connection, engine);
      await sql`commit`.execute(connection);
      return taken;
    } catch (error) {
      // Nothing is left to take back where the database has done so itself, as on a full disk.
      await sql`rollback`.execute(connection).catch(() => undefined);
      throw error;
    }
  });
}

/** Names of the steps that a database still lacks, in order. */
export async function pending(db: Kysely<Database>, engine: Engine): Promise<string[]> {
  const steps = await migratorOf(db, engine).getMigrations();
  return steps.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

async function latest(db: Kysely<Database>, engine: Engine): Promise<string[]> {
  const { error, results } = await migratorOf(db, engine).migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error(JSON.stringify(error));
  return (results ?? []).map((step) => step.migrationName);
}

function migratorOf(db: Kysely<Database>, engine: Engine): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations(engine)) } });
}
