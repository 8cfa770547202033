// What the lists of the store share: a page, the refusal of a cursor that no page gave, and words that are looked for.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { DoubleblindError } from '../errors.js';

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export const invalidCursor = (): DoubleblindError =>
  new DoubleblindError('INVALID_VALUE', 'the cursor is not one that a page gave.', {
    hint: 'Use next_cursor as it stands, with the same sort.',
  });

/** Whether one of the columns holds the words as they stand, in small or capital letters. */
export function holdsWords(columns: readonly string[], words: string): RawBuilder<SqlBool> {
  const like = `%${words.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  const held = columns.map((column) => sql`lower(${sql.ref(column)}) like ${like} escape '\\'`);
  return sql<SqlBool>`(${sql.join(held, sql` or `)})`;
}
