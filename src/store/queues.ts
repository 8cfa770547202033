// Who is to review which comparison, the votes as they were given, and what judges said of the same comparisons.
import { type Kysely, sql } from 'kysely';
import type { Domain, Order, Winner } from '../records.js';
import type { Database, ReviewItemsTable, VotesTable } from './schema.js';

export type ReviewItem = Omit<ReviewItemsTable, 'order'> & { order: Order };
export type KeptVote = Omit<VotesTable, 'seq' | 'winner' | 'via'> & { winner: Winner; via: 'page' | 'file' };

/** A comparison that can be shown to people, by its place in the run. */
export interface ReviewablePlace {
  position: number;
  repeat: number;
  suite: string;
  prompt_id: string;
  prompt_hash: string;
}

/** One judgment, of a model or a person, of a comparison that a person has judged. */
export interface LabelledRow extends ReviewablePlace {
  id: string;
  domain: Domain | null;
  category: string | null;
  judge: string;
  order: Order | null;
  winner: Winner | null;
  baseline_length: number | null;
  candidate_length: number | null;
}

const BATCH = 200;

export function queueQueries(db: Kysely<Database>) {
  const done = sql<number>`case when exists (select 1 from judgments h where h.run_id = i.run_id
    and h.position = i.position and h.repeat = i.repeat and h.judge = 'human:' || i.reviewer
    and h.canary = '' and h.replicate = 0) then 1 else 0 end`;

  return {
    /** Adds items. One that is there keeps its token and order; drawn by chance now, it joins the random stratum. */
    async addReviewItems(items: readonly ReviewItem[]): Promise<void> {
      for (let i = 0; i < items.length; i += BATCH) {
        await db
          .insertInto('review_items')
          .values(items.slice(i, i + BATCH))
          .onConflict((c) =>
            c
              .columns(['run_id', 'position', 'repeat', 'reviewer'])
              .doUpdateSet((e) => ({ stratum: e.ref('excluded.stratum'), place: e.ref('excluded.place') }))
              .where((e) => e(e.ref('excluded.stratum'), '=', 'random'))
              .where('review_items.stratum', '<>', 'random'),
          )
          .execute();
      }
    },

    /** The items of a run in the order people meet them; `done` once the person has voted. */
    async reviewItems(runId: string, reviewer?: string): Promise<(ReviewItem & { done: boolean })[]> {
      const own = reviewer === undefined ? sql`` : sql` and i.reviewer = ${reviewer}`;
      const { rows } = await sql<ReviewItem & { done: number }>`select i.*, ${done} as done from review_items i
        where i.run_id = ${runId}${own} order by i.reviewer, i.place, i.stratum, i.token`.execute(db);
      return rows.map((row) => ({ ...row, done: row.done === 1 }));
    },

    /** A person's next item, and how far the queue is; null where this person has no queue. */
    async queueOf(
      runId: string,
      reviewer: string,
    ): Promise<{ next: ReviewItem | null; done: number; total: number } | null> {
      const own = sql`from review_items i where i.run_id = ${runId} and i.reviewer = ${reviewer}`;
      const counts = await sql<{ total: number; done: number | null }>`
        select count(*) as total, sum(${done}) as done ${own}`.execute(db);
      const { total, done: voted } = counts.rows[0]!;
      if (total === 0) return null;
      const { rows } = await sql<ReviewItem>`select i.* ${own} and ${done} = 0
        order by i.place, i.stratum, i.token limit 1`.execute(db);
      return { next: rows[0] ?? null, done: voted ?? 0, total };
    },

    /** Comparisons whose two responses and prompt are there, in the order of the run. */
    async reviewablePlaces(runId: string): Promise<ReviewablePlace[]> {
      const { rows } = await sql<ReviewablePlace>`
        select b.position, b.repeat, p.suite, p.prompt_id, p.prompt_hash
        from responses b
        join responses c on c.run_id = b.run_id and c.position = b.position and c.repeat = b.repeat
          and c.role = 'candidate' and c.state = 'answered'
        join prompts p on p.run_id = b.run_id and p.position = b.position
        where b.run_id = ${runId} and b.role = 'baseline' and b.state = 'answered' and p.prompt is not null
        order by b.position, b.repeat`.execute(db);
      return rows;
    },

    async addVote(vote: KeptVote): Promise<void> {
      await db.insertInto('votes').values(vote).execute();
    },

    /** Every vote of a run, the oldest first. */
    async votes(runId: string): Promise<KeptVote[]> {
      const rows = await db.selectFrom('votes').selectAll().where('run_id', '=', runId).orderBy('seq').execute();
      return rows.map(({ seq: _, ...vote }) => vote as KeptVote);
    },

    /** Puts another verdict in place of a person's judgment; what it was stands in the votes. */
    async changeJudgment(
      id: string,
      to: { verdict: 'A' | 'B' | 'tie'; winner: Winner; score: number; judged_at: string },
    ): Promise<void> {
      await db.updateTable('judgments').set(to).where('id', '=', id).where('judge_provider', '=', 'human').execute();
    },

    /** All judgments, canaries and retests left out, of comparisons that at least one person has judged. */
    async labelledRows(runId: string): Promise<LabelledRow[]> {
      const { rows } = await sql<LabelledRow>`
        select j.id, j.position, j.repeat, j.suite, j.prompt_id, p.prompt_hash, j.domain, j.category, j.judge, j."order",
          j.winner, j.baseline_length, j.candidate_length
        from judgments j join prompts p on p.run_id = j.run_id and p.position = j.position
        where j.run_id = ${runId} and j.canary = '' and j.replicate = 0
          and exists (select 1 from judgments h where h.run_id = j.run_id and h.position = j.position
            and h.repeat = j.repeat and h.judge like 'human:%' and h.canary = '' and h.replicate = 0)
        order by j.position, j.repeat, j.judge, j."order"`.execute(db);
      return rows;
    },
  };
}
