// What the numbers of a run rest on: the prompts it put, the judges as they were served, the texts of its baseline; and
// how two runs of one plan agree, judgment by judgment.
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';

/** A judge as it answered: the name in the run, the model asked for, the one that answered, the template. */
export interface ServedJudge {
  judge: string;
  judge_model: string | null;
  judge_model_served: string | null;
  template: string | null;
}

export interface PlacedHash {
  suite: string;
  domain: string | null;
  category: string | null;
  prompt_id: string;
  prompt_hash: string;
}

/** Judgments that both runs have, by judge; `same_presentation` counts those where the judge saw the same messages. */
export interface Repeated {
  judge: string;
  judgments: number;
  same_winner: number;
  both_judged: number;
  same_presentation: number;
  same_winner_of_same_presentation: number;
}

export function provenanceQueries(db: Kysely<Database>) {
  return {
    /** The judges of a run as they were served; people are judges too. */
    async servedJudges(runId: string): Promise<ServedJudge[]> {
      return db
        .selectFrom('judgments')
        .select(['judge', 'judge_model', 'judge_model_served', 'template'])
        .distinct()
        .where('run_id', '=', runId)
        .where('canary', '=', '')
        .orderBy('judge')
        .orderBy('judge_model_served')
        .orderBy('template')
        .execute();
    },

    /** Prompts of a run by the hash of their text. */
    async promptHashes(runId: string): Promise<PlacedHash[]> {
      return db
        .selectFrom('prompts')
        .select(['suite', 'domain', 'category', 'prompt_id', 'prompt_hash'])
        .where('run_id', '=', runId)
        .orderBy('position')
        .execute();
    },

    /** Answered baseline responses of a run by prompt. */
    async baselineTexts(runId: string): Promise<{ prompt_hash: string; repeat: number; response: string | null }[]> {
      return db
        .selectFrom('responses as r')
        .innerJoin('prompts as p', (j) => j.onRef('p.run_id', '=', 'r.run_id').onRef('p.position', '=', 'r.position'))
        .select(['p.prompt_hash', 'r.repeat', 'r.response'])
        .where('r.run_id', '=', runId)
        .where('r.role', '=', 'baseline')
        .where('r.state', '=', 'answered')
        .orderBy('r.position')
        .orderBy('r.repeat')
        .execute();
    },

    /** How far the judgments of two runs of one plan agree, by judge; canaries left out. */
    async repeated(first: string, second: string): Promise<Repeated[]> {
      const both = sql`a.state = 'judged' and b.state = 'judged'`;
      const same = sql`${both} and a.winner = b.winner`;
      const seen = sql`a.presentation_sha256 = b.presentation_sha256`;
      const n = (condition: ReturnType<typeof sql>) => sql`sum(case when ${condition} then 1 else 0 end)`;
      const { rows } = await sql<Repeated>`
        select a.judge, count(*) as judgments, ${n(same)} as same_winner, ${n(both)} as both_judged,
          ${n(sql`${both} and ${seen}`)} as same_presentation,
          ${n(sql`${same} and ${seen}`)} as same_winner_of_same_presentation
        from judgments a join judgments b on b.run_id = ${second} and b.position = a.position and b.repeat = a.repeat
          and b.judge = a.judge and b."order" = a."order" and b.replicate = a.replicate and b.canary = a.canary
        where a.run_id = ${first} and a.canary = '' group by a.judge order by a.judge`.execute(db);
      return rows;
    },

    /** Runs by purpose, origin and status, and rows of every table. */
    async totals(): Promise<{
      runs: { purpose: string; origin: string; status: string; n: number }[];
      rows: Record<string, number>;
    }> {
      const runs = await db
        .selectFrom('runs')
        .select((e) => ['purpose', 'origin', 'status', e.fn.countAll<number>().as('n')])
        .groupBy(['purpose', 'origin', 'status'])
        .orderBy('purpose')
        .execute();
      const rows: Record<string, number> = {};
      for (const table of TABLES) {
        const { n } = await db
          .selectFrom(table)
          .select((e) => e.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow();
        rows[table] = n;
      }
      return { runs, rows };
    },
  };
}

const TABLES = ['runs', 'prompts', 'responses', 'judgments', 'findings', 'checkpoints', 'metrics', 'cache'] as const;
