// PostgreSQL through pg. Aggregates come back as numbers, as on SQLite: int8 and numeric are parsed here, once.
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { withoutPassword } from './index.js';
import type { Connection, Database } from './schema.js';

const INT8 = 20;
const NUMERIC = 1700;

export function openPostgres(url: string): Connection {
  const types = {
    getTypeParser: (oid: number, format?: string) =>
      oid === INT8 || oid === NUMERIC ? (text: string) => Number(text) : pg.types.getTypeParser(oid, format as 'text'),
  } as pg.CustomTypesConfig;
  const pool = new pg.Pool({ connectionString: url, max: 10, types });
  // An idle client that loses its server reports here; the next query meets the error where it can be handled.
  pool.on('error', () => undefined);
  // So does one that loses it between two statements of a transaction.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool, cursor: Cursor }) });
  return {
    engine: 'postgres',
    db,
    name: withoutPassword(url),
    size: async () => {
      const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(db);
      return rows[0]?.bytes ?? 0;
    },
    ping: async () => {
      await sql`select 1`.execute(db);
    },
  };
}
