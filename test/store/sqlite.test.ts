// What SQLite does by itself.
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { openSqlite } from '../../src/store/sqlite.js';

it('a transaction that the database took back itself fails with the database’s reason, and the next one goes on', async () => {
  const { db } = openSqlite(':memory:');
  await sql`create table t (n integer primary key)`.execute(db);
  const insert = (n: number) => sql`insert or rollback into t values (${n})`;
  const work = db.transaction().execute(async (trx) => {
    await insert(1).execute(trx);
    await insert(1).execute(trx);
  });
  await expect(work).rejects.toThrow('UNIQUE constraint failed: t.n');
  await db.transaction().execute((trx) => insert(2).execute(trx));
  expect((await sql`select n from t`.execute(db)).rows).toEqual([{ n: 2 }]);
  await db.destroy();
});

it('an address without a file is none: what was judged would be gone at the end', async () => {
  await expect(openStore('sqlite:')).rejects.toMatchObject({ code: 'DATABASE_UNUSABLE' });
});
