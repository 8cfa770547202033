// The content-addressed cache: answers by the hash of everything that reached the model.
import { type Kysely, sql } from 'kysely';
import type { Answer } from '../records.js';
import { rowWriter } from './rows.js';
import type { Connection, Database } from './schema.js';

/** An answer with the hash of everything that reached the model. */
export interface CachedAnswer {
  key: string;
  kind: 'response' | 'judgment';
  model: string;
  answer: Answer;
  /** ISO 8601 UTC. */
  at: string;
}

const COLUMNS = ['key', 'kind', 'model', 'answer', 'created_at'] as const;
const BLANK = Object.fromEntries(COLUMNS.map((column) => [column, ''])) as never;

/** The insertion of answers; one that is there is replaced, as `--fresh` asks anew what is held. */
export function cacheWriter(db: Kysely<Database>) {
  return rowWriter(
    db as never,
    (rows) =>
      db
        .insertInto('cache')
        .values(Array<never>(rows).fill(BLANK))
        .onConflict((c) =>
          c.column('key').doUpdateSet((e) => ({
            answer: e.ref('excluded.answer'),
            created_at: e.ref('excluded.created_at'),
          })),
        )
        .compile().sql,
    ({ key, kind, model, answer, at }: CachedAnswer) => [key, kind, model, JSON.stringify(answer), at],
  );
}

export function cacheQueries({ db, firstNow }: Connection) {
  /** What is asked for within one turn is looked up in one go: every look is a way to the server. */
  let gathered: { keys: string[]; found: Promise<Map<string, string>> } | null = null;
  const gather = async (keys: string[]): Promise<Map<string, string>> => {
    await new Promise((resolve) => setImmediate(resolve));
    gathered = null;
    const { rows } = await sql<{ key: string; answer: string }>`
      select key, answer from cache where key = any(${keys})`.execute(db);
    return new Map(rows.map(({ key, answer }) => [key, answer]));
  };
  // Asked before every call, so it is built once.
  const lookup = db.selectFrom('cache').select('answer').where('key', '=', '').compile().sql;

  return {
    async cached(key: string): Promise<Answer | null> {
      let answer: string | undefined;
      if (firstNow !== undefined) answer = (firstNow(lookup, [key]) as { answer: string } | undefined)?.answer;
      else {
        const keys = gathered?.keys ?? [];
        keys.push(key);
        gathered ??= { keys, found: gather(keys) };
        answer = (await gathered.found).get(key);
      }
      return answer === undefined ? null : (JSON.parse(answer) as Answer);
    },

    /** Entries and bytes by kind and model. */
    async cacheEntries() {
      return db
        .selectFrom('cache')
        .select([
          'kind',
          'model',
          sql<number>`count(*)`.as('entries'),
          sql<number>`sum(length(answer))`.as('bytes'),
          sql<string>`max(created_at)`.as('newest'),
        ])
        .groupBy(['kind', 'model'])
        .orderBy('kind')
        .orderBy('model')
        .execute();
    },

    /** Removes entries older than a time (or all); how many went. */
    async pruneCache(before?: string): Promise<number> {
      let query = db.deleteFrom('cache');
      if (before !== undefined) query = query.where('created_at', '<', before);
      const { numDeletedRows } = await query.executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
