// SQLite through better-sqlite3: WAL, so that readers never wait for the writer; a busy timeout, so that several
// processes share one file.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import {
  type DatabaseConnection,
  Kysely,
  SqliteDialect,
  SqliteDriver,
  type SqliteDatabase as Sqlite,
  sql,
} from 'kysely';
import { makeFolder } from '../folders.js';
import type { Connection, Database } from './schema.js';

/**
 * From Node 24.19 on, a statement or file of better-sqlite3 12 that is collected while no script runs ends the process
 * (its `ObjectWrap` asks for an environment that is not entered). Version 13 mends it and needs Node 22: until 20 is
 * left behind, they are never given up there: one a text of SQL.
 */
const held: object[] | null = Number.parseInt(process.versions.node, 10) >= 24 ? [] : null;

/** Prepares statements; one that is asked for again is not prepared again. */
function preparing(file: SqliteDatabase.Database): (text: string) => SqliteDatabase.Statement {
  const kept = new Map<string, SqliteDatabase.Statement>();
  return (text) => {
    let statement = kept.get(text);
    // A busy statement is being walked through and cannot be run a second time meanwhile.
    if (statement === undefined || statement.busy) {
      statement = file.prepare(text);
      held?.push(statement);
      if (held !== null || kept.size < 200) kept.set(text, statement);
    }
    return statement;
  };
}

export function openSqlite(path: string, existing = false): Connection {
  if (existing && path !== ':memory:' && !existsSync(path)) throw new Error('there is no such file');
  if (path !== ':memory:') makeFolder(dirname(path));
  const file = new SqliteDatabase(path, { timeout: 30_000 });
  held?.push(file);
  // By `exec`: `pragma` leaves a statement behind.
  file.exec('pragma journal_mode = WAL');
  // An acknowledged judgment survives the death of the process; only a power cut may take the last ones.
  file.exec('pragma synchronous = NORMAL');
  // Pages that many writes touch are moved to the file once, not every thousand judgments: everybody waits for the disk
  // meanwhile. 64 MB beside the file, until it is closed.
  file.exec('pragma wal_autocheckpoint = 16000');
  file.exec('pragma foreign_keys = ON');
  file.exec('pragma cache_size = -8192');
  file.function('lower_of_any', { deterministic: true }, (text) =>
    typeof text === 'string' ? text.toLowerCase() : null,
  );
  const prepare = preparing(file);
  const database = { close: () => file.close(), prepare: prepare as Sqlite['prepare'] };
  // SQLite takes some transactions back itself, as on a full disk; a second `rollback` would hide why.
  class Driver extends SqliteDriver {
    override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
      if (file.inTransaction) await super.rollbackTransaction(connection);
    }
  }
  const dialect = new SqliteDialect({ database });
  dialect.createDriver = () => new Driver({ database });
  const db = new Kysely<Database>({ dialect });
  const inTransaction = file.transaction((work: Parameters<NonNullable<Connection['atOnce']>>[0]) =>
    work((text, parameters) => prepare(text).run(parameters).changes),
  );
  return {
    engine: 'sqlite',
    db,
    name: `sqlite:${path}`,
    size: async () => {
      const { rows } = await sql<{ bytes: number }>`
        select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`.execute(db);
      return rows[0]?.bytes ?? 0;
    },
    atOnce(work) {
      if (file.inTransaction) return false;
      inTransaction(work);
      return true;
    },
    firstNow: (text, parameters) => prepare(text).get(parameters),
    ping: async () => {
      await sql`select 1`.execute(db);
    },
  };
}
