// Responses of checkpoints: one per run, prompt, repeat and role.
import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { hashOf } from '../hash.js';
import type { Response, Role } from '../records.js';
import { rowWriter } from './rows.js';
import type { Connection, ResponsesTable } from './schema.js';

/** Id of a response: hash of its coordinates, 32 hex digits; a repeated write is a no-op. */
export function responseId(runId: string, suite: string, promptId: string, repeat: number, role: Role): string {
  return hashOf(['response', runId, suite, promptId, repeat, role]).slice(0, 32);
}

export interface PlacedResponse {
  response: Response;
  /** Place of the prompt in the run. */
  position: number;
}

/** The insertion of responses. */
export function responseWriter({ db, atOnce }: Pick<Connection, 'db' | 'atOnce'>) {
  const insert = (values: ResponsesTable[]) =>
    db
      .insertInto('responses')
      .values(values)
      .onConflict((c) =>
        c
          .column('id')
          .doUpdateSet((e) => Object.fromEntries(CHANGING.map((column) => [column, e.ref(`excluded.${column}`)])))
          .where('responses.state', '=', sql.lit('failed')),
      );
  return rowWriter(
    db as never,
    (rows) => insert(Array<never>(rows).fill(BLANK)).compile().sql,
    ({ response, position }: PlacedResponse) =>
      COLUMNS.map((column) => (column === 'position' ? position : response[column])),
    atOnce,
  );
}

export function responseQueries(connection: Connection) {
  const { db } = connection;
  const write = responseWriter(connection);

  return {
    /** Keeps responses. An answered one is never changed; a failed one is replaced by the next attempt. */
    async addResponses(rows: readonly PlacedResponse[]): Promise<void> {
      await write(rows);
    },

    /** Responses to the prompts at some positions, failed ones too. */
    async responsesAt(runId: string, positions: number[]): Promise<(Response & { position: number })[]> {
      const rows = await joined(db).where('r.run_id', '=', runId).where('r.position', 'in', positions).execute();
      return rows.map(lineOf);
    },

    /** All responses of a run, in the order of exports, a page at a time. */
    async *allResponses(runId: string): AsyncIterable<Response> {
      for await (const row of inPages(joined(db).where('r.run_id', '=', runId))) {
        const { position: _, ...line } = lineOf(row);
        yield line;
      }
    },

    /** Their ids in the same order. */
    async *responseIds(runId: string): AsyncIterable<{ id: string }> {
      const ids = db.selectFrom('responses as r').select(['r.id', 'r.position', 'r.repeat', 'r.role']);
      yield* inPages(ids.where('r.run_id', '=', runId));
    },

    /** How many responses of some roles are answered. */
    async answered(runId: string, roles: readonly Role[]): Promise<number> {
      const row = await db
        .selectFrom('responses')
        .select((e) => e.fn.countAll<number>().as('n'))
        .where('run_id', '=', runId)
        .where('role', 'in', roles)
        .where('state', '=', 'answered')
        .executeTakeFirstOrThrow();
      return row.n;
    },
  };
}

const PAGE = 1000;

/** Rows of a query in the order of exports, a page at a time. */
async function* inPages<DB, TB extends keyof DB, Row extends Pick<ResponsesTable, 'position' | 'repeat' | 'role'>>(
  query: SelectQueryBuilder<DB, TB, Row>,
): AsyncIterable<Row> {
  for (let after: Row | null = null; ;) {
    const page = query.orderBy(sql`r.position, r.repeat, r.role`).limit(PAGE);
    const rows: Row[] = await (
      after === null
        ? page
        : page.where(sql<SqlBool>`(r.position, r.repeat, r.role) > (${after.position}, ${after.repeat}, ${after.role})`)
    ).execute();
    yield* rows;
    after = rows.at(-1) ?? null;
    if (after === null || rows.length < PAGE) return;
  }
}

const COLUMNS = [
  'id',
  'run_id',
  'suite',
  'prompt_id',
  'position',
  'repeat',
  'role',
  'checkpoint',
  'provider',
  'model',
  'model_served',
  'response',
  'state',
  'failure',
  'stop_reason',
  'input_tokens',
  'output_tokens',
  'cost_usd',
  'latency_ms',
  'generated_at',
] as const satisfies (keyof ResponsesTable)[];
const BLANK = Object.fromEntries(COLUMNS.map((column) => [column, 0])) as never;

const CHANGING = [
  'model_served',
  'response',
  'state',
  'failure',
  'stop_reason',
  'input_tokens',
  'output_tokens',
  'cost_usd',
  'latency_ms',
  'generated_at',
] as const;

function joined(db: Connection['db']) {
  return db
    .selectFrom('responses as r')
    .leftJoin('prompts as p', (j) => j.onRef('p.run_id', '=', 'r.run_id').onRef('p.position', '=', 'r.position'))
    .selectAll('r')
    .select('p.prompt as prompt');
}

function lineOf(row: ResponsesTable & { prompt: string | null }): Response & { position: number } {
  return {
    schema: 'doubleblind/response@1',
    id: row.id,
    run_id: row.run_id,
    suite: row.suite,
    prompt_id: row.prompt_id,
    prompt: row.prompt,
    repeat: row.repeat,
    role: row.role as Role,
    checkpoint: row.checkpoint,
    provider: row.provider,
    model: row.model,
    model_served: row.model_served,
    response: row.response,
    state: row.state as Response['state'],
    failure: row.failure as Response['failure'],
    stop_reason: row.stop_reason,
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    cost_usd: row.cost_usd,
    latency_ms: row.latency_ms,
    generated_at: row.generated_at,
    position: row.position,
  };
}
