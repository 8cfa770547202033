// Many rows in few statements: building a statement costs ten times the write itself, so each is built once, for a
// number of rows.
import { CompiledQuery, type Kysely } from 'kysely';
import type { Connection, Database, RunNow } from './schema.js';

/** Most rows of one statement: far below the number of variables either engine takes. */
export const MOST = 128;

export interface Statement {
  text: string;
  values: unknown[];
}

/** Writes rows, on its own or within a transaction, and says how many are counted as written. */
export interface RowWriter<Row> {
  (rows: readonly Row[], transaction?: Kysely<Database>): Promise<number>;
  /** The same within `Connection.atOnce`, row by row: SQLite takes longer over one statement for many. */
  now(rows: readonly Row[], run: RunNow): number;
  /** The same for a statement made of several: at least one row and at most `MOST`. */
  statement(rows: readonly Row[]): Statement;
}

/**
 * A writer of rows. `build` gives the SQL for a number of rows, `parameters` the values of one row in the order of the
 * SQL. With `atOnce` rows of their own are written by it where it can.
 */
export function rowWriter<Row>(
  db: Kysely<never>,
  build: (rows: number) => string,
  parameters: (row: Row) => unknown[],
  atOnce?: Connection['atOnce'],
): RowWriter<Row> {
  const statements = new Map<number, string>();
  const textFor = (size: number): string => {
    let text = statements.get(size);
    if (text === undefined) statements.set(size, (text = build(size)));
    return text;
  };
  const statement = (rows: readonly Row[]): Statement => ({
    text: textFor(rows.length),
    values: rows.flatMap(parameters),
  });
  const write = async (rows: readonly Row[], transaction?: Kysely<Database>): Promise<number> => {
    let written = 0;
    if (transaction === undefined && atOnce?.((run) => (written = now(rows, run))) === true) return written;
    for (let from = 0; from < rows.length; from += MOST) {
      const { text, values } = statement(rows.slice(from, from + MOST));
      const { numAffectedRows } = await (transaction ?? db).executeQuery(CompiledQuery.raw(text, values));
      written += Number(numAffectedRows ?? 0n);
    }
    return written;
  };
  const now = (rows: readonly Row[], run: RunNow): number => {
    let written = 0;
    for (const row of rows) written += run(textFor(1), parameters(row));
    return written;
  };
  return Object.assign(write, { now, statement });
}

/** One statement that does what several do, each to a table of its own, or nothing: PostgreSQL takes it in one go. */
export function together([first, ...others]: readonly Statement[]): CompiledQuery {
  if (first === undefined) throw new RangeError('nothing to be done');
  if (others.length === 0) return CompiledQuery.raw(first.text, first.values);
  const values = [...first.values];
  const parts = [first.text];
  for (const { text, values: own } of others) {
    const before = values.length;
    parts.push(text.replace(/\$(\d+)/g, (_, n) => `$${Number(n) + before}`));
    values.push(...own);
  }
  return CompiledQuery.raw(`with ${parts.map((part, i) => `w${i} as (${part})`).join(', ')} select 1`, values);
}
