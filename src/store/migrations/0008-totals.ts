// What a run has cost and done so far, kept by PostgreSQL as records come: everyone who shares a run asks once a second,
// and before each call where there is a budget, so that nobody can look through all records for it. Who writes there
// does so to one of a few rows of the run, since two that change one row wait for each other. SQLite counts when asked.
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../schema.js';

const ROWS = 64;

/** What is added up of each record, by table. */
const SUMMED: Record<'judgments' | 'responses', Record<string, string>> = {
  judgments: {
    cost_usd: 'coalesce(cost_usd, 0)',
    priced: '(cost_usd is not null)::int',
    unpriced: '(cost_usd is null and attempts > 0)::int',
    calls: 'attempts',
    retried: 'greatest(attempts - 1, 0)',
    judged: "(state = 'judged')::int",
    failed: "(state = 'failed')::int",
    input_tokens: 'coalesce(input_tokens, 0)',
    output_tokens: 'coalesce(output_tokens, 0)',
  },
  responses: {
    cost_usd: 'coalesce(cost_usd, 0)',
    priced: '(cost_usd is not null)::int',
    unpriced: '(cost_usd is null and latency_ms is not null)::int',
    calls: '(latency_ms is not null)::int',
    responses: "(state = 'answered')::int",
    input_tokens: 'coalesce(input_tokens, 0)',
    output_tokens: 'coalesce(output_tokens, 0)',
  },
};
const EVENTS = {
  insert: [['new', '+']],
  update: [
    ['old', '-'],
    ['new', '+'],
  ],
  delete: [['old', '-']],
} as const;

export function totals(engine: Engine) {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      if (engine === 'sqlite') return;
      const columns = [...new Set(Object.values(SUMMED).flatMap(Object.keys))];
      const types = columns.map((c) => `${c} ${c === 'cost_usd' ? 'double precision' : 'bigint'} not null default 0`);
      await run(
        db,
        `create table if not exists run_totals (run_id text collate "C" not null, part int not null, ${types.join(', ')},
          primary key (run_id, part)) with (fillfactor = 50)`,
      );
      for (const [table, summed] of Object.entries(SUMMED)) {
        for (const [event, seen] of Object.entries(EVENTS)) {
          const name = `count_${table}_${event}`;
          const from = seen.map(([rows, sign]) => `select run_id, ${signed(summed, sign)} from ${rows}_rows`);
          await run(
            db,
            `create or replace function ${name}() returns trigger language plpgsql as $$ begin
              ${added(summed, `pg_backend_pid() % ${ROWS}`, from.join(' union all '))}; return null; end $$`,
          );
          const named = seen.map(([rows]) => `${rows} table as ${rows}_rows`).join(' ');
          await run(
            db,
            `create or replace trigger ${name} after ${event} on ${table} referencing ${named}
              for each statement execute function ${name}()`,
          );
        }
        await run(db, added(summed, '0', `select run_id, ${signed(summed, '+')} from ${table}`));
      }
      await run(
        db,
        `create or replace function forget_totals() returns trigger language plpgsql as $$ begin
          delete from run_totals where run_id = old.id; return null; end $$`,
      );
      await run(
        db,
        'create or replace trigger forget_totals after delete on runs for each row execute function forget_totals()',
      );
    },
  };
}

function signed(summed: Record<string, string>, sign: '+' | '-'): string {
  return Object.entries(summed)
    .map(([column, value]) => `${sign === '-' ? '-' : ''}(${value}) as ${column}`)
    .join(', ');
}

/** The statement that adds the sums of some rows, run by run, to a part of the totals. */
function added(summed: Record<string, string>, part: string, rows: string): string {
  const columns = Object.keys(summed);
  return `insert into run_totals (run_id, part, ${columns.join(', ')})
    select run_id, ${part}, ${columns.map((c) => `sum(${c})`).join(', ')} from (${rows}) r group by run_id
    on conflict (run_id, part) do update set ${columns.map((c) => `${c} = run_totals.${c} + excluded.${c}`).join(', ')}`;
}

async function run(db: Kysely<unknown>, statement: string): Promise<void> {
  await sql.raw(statement).execute(db);
}
