// What stands beside judgments in a list: outcomes of their comparisons, codes of findings, and counts.
import { type Kysely, sql } from 'kysely';
import type { FindingCount, JudgmentItem } from '../answers.js';
import type { Finding } from '../records.js';
import type { Database } from './schema.js';

export type Marks = Pick<JudgmentItem, 'outcomes' | 'findings'>;

export function markQueries(db: Kysely<Database>) {
  return {
    /** Marks of judgments of one run, by judgment id. */
    async marks(runId: string, ids: string[]): Promise<Map<string, Marks>> {
      const marks = new Map<string, Marks>(ids.map((id) => [id, { outcomes: {}, findings: [] }]));
      if (ids.length === 0) return marks;
      const { rows } = await sql<{ id: string; judge: string; failed: number; winners: number; winner: string | null }>`
        select j.id, s.judge, sum(case when s.state = 'failed' then 1 else 0 end) as failed,
          count(distinct s.winner) as winners, min(s.winner) as winner
        from judgments j join judgments s on s.run_id = j.run_id and s.position = j.position and s.repeat = j.repeat
          and s.canary = j.canary and s.replicate = j.replicate
        where j.id in (${sql.join(ids)}) group by j.id, s.judge order by s.judge`.execute(db);
      for (const { id, judge, failed, winners, winner } of rows) {
        marks.get(id)!.outcomes[judge] =
          failed > 0
            ? 'failed'
            : winners > 1
              ? 'order-dependent'
              : winner === 'tie'
                ? 'tie'
                : winner === 'candidate'
                  ? 'win'
                  : 'loss';
      }
      const found = await db
        .selectFrom('findings')
        .select(['judgment_id', 'code'])
        .distinct()
        .where('run_id', '=', runId)
        .where('judgment_id', 'in', ids)
        .orderBy('code')
        .execute();
      for (const { judgment_id, code } of found) marks.get(judgment_id!)?.findings.push(code);
      return marks;
    },

    /** Judgments that are judged and that failed; what people judged is in no plan and not counted. */
    async counts(runId: string): Promise<{ judged: number; failed: number }> {
      const rows = await db
        .selectFrom('judgments')
        .select((e) => ['state', e.fn.countAll<number>().as('n')])
        .where('run_id', '=', runId)
        .where('judge', 'not like', 'human:%')
        .groupBy('state')
        .execute();
      const of = (state: string) => rows.find((row) => row.state === state)?.n ?? 0;
      return { judged: of('judged'), failed: of('failed') };
    },

    /** How many findings of the last audit there are, by code. */
    async findingCounts(runId: string): Promise<FindingCount[]> {
      return db
        .selectFrom('findings')
        .select((e) => ['code', 'severity', e.fn.countAll<number>().as('n')])
        .where('run_id', '=', runId)
        .groupBy(['code', 'severity'])
        .orderBy('code')
        .$narrowType<{ severity: Finding['severity'] }>()
        .execute();
    },
  };
}
