// What people have yet to judge: comparisons whose two responses are there and that a reviewer has not voted on.
import { type Kysely, sql } from 'kysely';
import type { Domain } from '../records.js';
import type { Database } from './schema.js';

/** A comparison to be shown to a person, by its place in the run. */
export interface Reviewable {
  position: number;
  repeat: number;
  suite: string;
  domain: Domain | null;
  category: string | null;
  prompt_id: string;
  prompt: string;
  baseline_response: string;
  candidate_response: string;
}

export function reviewQueries(db: Kysely<Database>) {
  const both = sql`
    from responses b
    join responses c on c.run_id = b.run_id and c.position = b.position and c.repeat = b.repeat
      and c.role = 'candidate' and c.state = 'answered'
    join prompts p on p.run_id = b.run_id and p.position = b.position
    where b.role = 'baseline' and b.state = 'answered' and p.prompt is not null`;
  const columns = sql`select b.position, b.repeat, p.suite, p.domain, p.category, p.prompt_id, p.prompt,
    b.response as baseline_response,
    c.response as candidate_response`;

  return {
    /** The first comparison at or after a place that a judge has not judged, or null. */
    async nextUnjudged(runId: string, judge: string, from: number): Promise<Reviewable | null> {
      const { rows } = await sql<Reviewable>`${columns} ${both} and b.run_id = ${runId} and b.position >= ${from}
        and not exists (select 1 from judgments h where h.run_id = b.run_id and h.position = b.position
          and h.repeat = b.repeat and h.judge = ${judge} and h.canary = '' and h.replicate = 0)
        order by b.position, b.repeat limit 1`.execute(db);
      return rows[0] ?? null;
    },

    /** A comparison by its place, or null when a response of it is not there. */
    async reviewable(runId: string, position: number, repeat: number): Promise<Reviewable | null> {
      const { rows } = await sql<Reviewable>`${columns} ${both} and b.run_id = ${runId} and b.position = ${position}
        and b.repeat = ${repeat}`.execute(db);
      return rows[0] ?? null;
    },

    /** How many comparisons a judge has judged, of how many whose two responses are there, and the last place. */
    async reviewProgress(runId: string, judge: string): Promise<{ done: number; total: number; last: number }> {
      const { rows } = await sql<{ total: number; last: number | null }>`
        select count(*) as total, max(b.position) as last ${both} and b.run_id = ${runId}`.execute(db);
      const done = await sql<{ n: number }>`select count(*) as n from judgments
        where run_id = ${runId} and judge = ${judge} and canary = '' and replicate = 0`.execute(db);
      return { done: done.rows[0]!.n, total: rows[0]!.total, last: rows[0]!.last ?? 0 };
    },
  };
}
