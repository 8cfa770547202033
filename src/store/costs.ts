// What a run has cost and done.
import { type Kysely, sql } from 'kysely';
import type { Cost } from '../answers.js';
import type { Spent } from '../records.js';
import type { Connection, Database } from './schema.js';

export function costQueries({ db, engine }: Connection) {
  return {
    /** What a run has cost and done, responses included. */
    spent: (runId: string): Promise<Spent> => (engine === 'postgres' ? kept(db, runId) : counted(db, runId)),

    /** Texts that went out and came back where nobody said how many tokens they were: one row a judge and checkpoint. */
    async unpricedTexts(runId: string): Promise<UnpricedTexts[]> {
      const { rows } = await sql<UnpricedTexts>`
        select 'judge ' || j.judge as who, count(*) as records, sum(coalesce(length(j.reply), 0)) as answered,
          sum(coalesce(length(p.prompt), 0) + coalesce(j.baseline_length, 0) + coalesce(j.candidate_length, 0)) as asked
        from judgments j left join prompts p on p.run_id = j.run_id and p.position = j.position
        where j.run_id = ${runId} and j.cost_usd is null and j.attempts > 0 group by j.judge
        union all
        select r.role || ' ' || r.checkpoint, count(*), sum(coalesce(length(r.response), 0)),
          sum(coalesce(length(p.prompt), 0))
        from responses r left join prompts p on p.run_id = r.run_id and p.position = r.position
        where r.run_id = ${runId} and r.cost_usd is null and r.latency_ms is not null
        group by r.role, r.checkpoint`.execute(db);
      return rows;
    },

    /** What each judge, checkpoint and suite has cost. Null where any price is unknown. */
    async costs(runId: string): Promise<Cost[]> {
      const { rows } = await sql<Cost>`
        select 'judge' as kind, judge as name, suite, count(*) as records, sum(attempts) as calls,
          case when sum(case when cost_usd is null and attempts > 0 then 1 else 0 end) > 0 then null else sum(cost_usd) end
            as cost_usd,
          sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, avg(latency_ms) as latency_ms
        from judgments where run_id = ${runId} group by judge, suite
        union all
        select 'checkpoint', checkpoint, suite, count(*), sum(case when latency_ms is not null then 1 else 0 end),
          case when sum(case when cost_usd is null then 1 else 0 end) > 0 then null else sum(cost_usd) end,
          sum(input_tokens), sum(output_tokens), avg(latency_ms)
        from responses where run_id = ${runId} group by checkpoint, suite`.execute(db);
      return rows;
    },
  };
}

const SPENT = [
  'calls',
  'retried',
  'judged',
  'failed',
  'responses',
  'unpriced',
  'input_tokens',
  'output_tokens',
] as const;

/** As PostgreSQL has added up (migration 0008). */
async function kept(db: Kysely<Database>, runId: string): Promise<Spent> {
  const sums = SPENT.map((column) => sql`coalesce(sum(${sql.ref(column)}), 0) as ${sql.ref(column)}`);
  const { rows } = await sql<Spent>`
    select case when coalesce(sum(priced), 0) > 0 then sum(cost_usd) end as cost_usd, ${sql.join(sums)}
    from run_totals where run_id = ${runId}`.execute(db);
  return rows[0]!;
}

async function counted(db: Kysely<Database>, runId: string): Promise<Spent> {
  const [judgments, responses] = await Promise.all([
    db
      .selectFrom('judgments')
      .select([
        sql<number | null>`sum(cost_usd)`.as('cost_usd'),
        sql<number>`coalesce(sum(case when cost_usd is null and attempts > 0 then 1 else 0 end), 0)`.as('unpriced'),
        sql<number>`coalesce(sum(attempts), 0)`.as('calls'),
        sql<number>`coalesce(sum(case when attempts > 1 then attempts - 1 else 0 end), 0)`.as('retried'),
        sql<number>`coalesce(sum(case when state = 'judged' then 1 else 0 end), 0)`.as('judged'),
        sql<number>`coalesce(sum(case when state = 'failed' then 1 else 0 end), 0)`.as('failed'),
        sql<number>`coalesce(sum(input_tokens), 0)`.as('input_tokens'),
        sql<number>`coalesce(sum(output_tokens), 0)`.as('output_tokens'),
      ])
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('responses')
      .select([
        sql<number | null>`sum(cost_usd)`.as('cost_usd'),
        sql<number>`coalesce(sum(case when cost_usd is null and latency_ms is not null then 1 else 0 end), 0)`.as(
          'unpriced',
        ),
        sql<number>`coalesce(sum(case when latency_ms is not null then 1 else 0 end), 0)`.as('calls'),
        sql<number>`coalesce(sum(case when state = 'answered' then 1 else 0 end), 0)`.as('responses'),
        sql<number>`coalesce(sum(input_tokens), 0)`.as('input_tokens'),
        sql<number>`coalesce(sum(output_tokens), 0)`.as('output_tokens'),
      ])
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow(),
  ]);
  const known = [judgments.cost_usd, responses.cost_usd].filter((c) => c !== null);
  return {
    cost_usd: known.length === 0 ? null : known.reduce((a, b) => a + b, 0),
    unpriced: judgments.unpriced + responses.unpriced,
    calls: judgments.calls + responses.calls,
    retried: judgments.retried,
    judged: judgments.judged,
    failed: judgments.failed,
    responses: responses.responses,
    input_tokens: judgments.input_tokens + responses.input_tokens,
    output_tokens: judgments.output_tokens + responses.output_tokens,
  };
}

/** Sums over records, in characters. */
export interface UnpricedTexts {
  /** Role and name, such as `judge opus`. */
  who: string;
  records: number;
  asked: number;
  answered: number;
}
