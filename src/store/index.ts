// Where everything judged is kept. One store, two engines, the same queries; asynchronous everywhere.
import { setTimeout as wait } from 'node:timers/promises';
import { DoubleblindError } from '../errors.js';
import { batchQueries } from './batches.js';
import { cacheQueries } from './cache.js';
import { certificationQueries } from './certifications.js';
import { checkpointQueries } from './checkpoints.js';
import { findingQueries } from './findings.js';
import { holderQueries } from './holders.js';
import { costQueries } from './costs.js';
import { judgmentQueries } from './judgments.js';
import { judgmentWrites } from './judgment-writes.js';
import { markQueries } from './marks.js';
import { metricQueries } from './metrics.js';
import { FIRST, migrate, pending } from './migrations/index.js';
import { provenanceQueries } from './provenance.js';
import { queueQueries } from './queues.js';
import { recordQueries } from './records.js';
import { responseQueries } from './responses.js';
import { reviewQueries } from './reviews.js';
import { runQueries } from './runs.js';
import type { Connection } from './schema.js';
import { strayQueries } from './stray-values.js';
import { summaryQueries } from './summaries.js';
import { tallyQueries } from './tallies.js';

export type Store = Awaited<ReturnType<typeof openStore>>;

/**
 * The store at a URL, created and migrated when it is opened.
 * `sqlite:file.db`, `sqlite::memory:` or `postgres://…`.
 * With `existing` nothing is created: a database that is only read from may be a mistyped one.
 * @throws DATABASE_UNUSABLE when the URL is of no known engine or the database cannot be opened, or with `existing` is none of ours.
 */
export async function openStore(url: string, { existing = false }: { existing?: boolean } = {}) {
  const connection = await connect(url, existing);
  const { db, engine } = connection;
  if (existing) await refuseForeign(connection);
  await migrated(connection);
  return {
    engine,
    db,
    /** The URL without a password, for people. */
    name: connection.name,
    ...runQueries(connection),
    ...summaryQueries(connection),
    ...responseQueries(connection),
    ...recordQueries(connection),
    ...judgmentWrites(connection),
    ...judgmentQueries(connection),
    ...costQueries(connection),
    ...tallyQueries(connection),
    ...strayQueries(db),
    ...findingQueries(db),
    ...markQueries(db),
    ...reviewQueries(db),
    ...queueQueries(db),
    ...certificationQueries(db),
    ...cacheQueries(connection),
    ...batchQueries(db),
    ...holderQueries(db),
    ...checkpointQueries(db),
    ...metricQueries(db),
    ...provenanceQueries(db),
    /** Bytes of the database on its engine. */
    size: connection.size,
    ping: connection.ping,
    close: () => db.destroy(),
  };
}

/**
 * Migrates the database at a URL: its name and the steps that were taken, or with `dryRun` would be.
 * @throws DATABASE_UNUSABLE
 */
export async function migrateDatabase(url: string, dryRun: boolean): Promise<{ name: string; steps: string[] }> {
  const connection = await connect(url);
  const { name, db, engine } = connection;
  const steps = await (dryRun ? usable(connection, () => pending(db, engine)) : migrated(connection));
  await db.destroy();
  return { name, steps };
}

function migrated(connection: Connection): Promise<string[]> {
  return usable(connection, () => migrate(connection.db, connection.engine));
}

async function refuseForeign(connection: Connection): Promise<void> {
  const { db, engine, name } = connection;
  if (!(await usable(connection, () => pending(db, engine))).includes(FIRST)) return;
  await db.destroy();
  throw new DoubleblindError('DATABASE_UNUSABLE', `${name} is no database of doubleblind`, {
    hint: 'Check the path or address.',
  });
}

/** What PostgreSQL answers while it starts or recovers from a crash; how long it is given for that. */
const STARTING = { code: '57P03', pause_ms: 500, tries: 120 };

async function usable<T>({ db, name }: Connection, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (cause) {
      if ((cause as { code?: unknown } | null)?.code === STARTING.code && tries < STARTING.tries) {
        await wait(STARTING.pause_ms);
        continue;
      }
      await db.destroy();
      throw new DoubleblindError('DATABASE_UNUSABLE', `${name} cannot be migrated: ${messageOf(cause)}`, {}, { cause });
    }
  }
}

async function connect(url: string, existing = false): Promise<Connection> {
  // Without a file SQLite takes one of its own, and throws it away at the end.
  const scheme = /^([a-z]+):./s.exec(url)?.[1];
  try {
    if (scheme === 'sqlite') return (await import('./sqlite.js')).openSqlite(url.slice('sqlite:'.length), existing);
    if (scheme === 'postgres' || scheme === 'postgresql') return (await import('./postgres.js')).openPostgres(url);
  } catch (cause) {
    throw new DoubleblindError(
      'DATABASE_UNUSABLE',
      `${withoutPassword(url)} cannot be opened: ${messageOf(cause)}`,
      { hint: 'Check the path or address and the rights on it.' },
      { cause },
    );
  }
  throw new DoubleblindError('DATABASE_UNUSABLE', `"${withoutPassword(url)}" is no database address`, {
    hint: 'Use sqlite:FILE or postgres://….',
  });
}

/** A database address that may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@]*@/, '//$1:…@');
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
