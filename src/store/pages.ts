// What the lists of the store share: a page, the refusal of a cursor that no page gave, and words that are looked for.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { DoubleblindError } from '../errors.js';
import type { Connection } from './schema.js';

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export const invalidCursor = (): DoubleblindError =>
  new DoubleblindError('INVALID_VALUE', 'the cursor is not one that a page gave.', {
    hint: 'Use next_cursor as it stands, with the same sort.',
  });

/** Whether one of the columns holds the words as they stand, in small or capital letters. */
export function holdsWords(
  engine: Connection['engine'],
  columns: readonly string[],
  words: string,
): RawBuilder<SqlBool> {
  // SQLite's own is quicker, but knows no letters but a to z. Words and texts go through the same one: in some locales
  // PostgreSQL knows no others either, and words must be found as they stand there too.
  const lower = sql.raw(engine === 'sqlite' && /\P{ASCII}/u.test(words) ? 'lower_of_any' : 'lower');
  const like = `%${words.replace(/[\\%_]/g, '\\$&')}%`;
  const held = columns.map((column) => sql`${lower}(${sql.ref(column)}) like ${lower}(${like}) escape '\\'`);
  return sql<SqlBool>`(${sql.join(held, sql` or `)})`;
}
