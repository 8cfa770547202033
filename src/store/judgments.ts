// Judgments as they are read: one by one, filtered in pages, as a stream in the order of exports.
import { type Selectable, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { Judgment, Order, Outcome, Winner } from '../records.js';
import { holdsWords, invalidCursor, type Page } from './pages.js';
import type { Connection, JudgmentsTable } from './schema.js';

export interface JudgmentFilter {
  suite?: string | undefined;
  domain?: string | undefined;
  category?: string | undefined;
  prompt_id?: string | undefined;
  repeat?: number | undefined;
  judge?: string | undefined;
  order?: Order | undefined;
  winner?: Winner | undefined;
  outcome?: Outcome | undefined;
  state?: 'judged' | 'failed' | undefined;
  /** Judges of one comparison name different winners. */
  disagreement?: boolean | undefined;
  /** Code of a finding of the last audit. */
  finding?: string | undefined;
  /** Words anywhere in prompt, responses or reply. */
  q?: string | undefined;
  canary?: boolean | undefined;
}

/** What a judgment is about and how it ended, without texts, prices and reasons. */
export type JudgmentOutline = Pick<Judgment, (typeof OUTLINE)[number]>;
const OUTLINE = [
  ...(['id', 'suite', 'domain', 'category', 'prompt_id', 'repeat', 'replicate', 'canary'] as const),
  ...(['judge', 'order', 'score', 'winner', 'failure'] as const),
] as const;

export const SORTS = ['position', 'newest'] as const;

export function judgmentQueries({ db, engine }: Connection) {
  const joined = () =>
    db
      .selectFrom('judgments as j')
      .innerJoin('runs as run', 'run.id', 'j.run_id')
      .leftJoin('prompts as p', (t) => t.onRef('p.run_id', '=', 'j.run_id').onRef('p.position', '=', 'j.position'))
      .leftJoin('responses as b', (t) =>
        t
          .onRef('b.run_id', '=', 'j.run_id')
          .onRef('b.position', '=', 'j.position')
          .onRef('b.repeat', '=', 'j.repeat')
          .on('b.role', '=', 'baseline'),
      )
      .leftJoin('responses as c', (t) =>
        t
          .onRef('c.run_id', '=', 'j.run_id')
          .onRef('c.position', '=', 'j.position')
          .onRef('c.repeat', '=', 'j.repeat')
          .on('c.role', '=', 'candidate'),
      )
      .selectAll('j')
      .select((e) => [
        'run.baseline as baseline',
        'run.candidate as candidate',
        'p.prompt as prompt',
        e.fn.coalesce('j.baseline_text', 'b.response').as('baseline_response'),
        e.fn.coalesce('j.candidate_text', 'c.response').as('candidate_response'),
        'b.stop_reason as baseline_stop_reason',
        'c.stop_reason as candidate_stop_reason',
      ]);
  type JoinedRow = Awaited<ReturnType<ReturnType<typeof joined>['execute']>>[number];

  const filtered = (runId: string, filter: JudgmentFilter) => {
    let query = joined().where('j.run_id', '=', runId);
    for (const column of [
      'suite',
      'domain',
      'category',
      'prompt_id',
      'repeat',
      'judge',
      'order',
      'winner',
      'state',
    ] as const) {
      const value = filter[column];
      if (value !== undefined) query = query.where(`j.${column}`, '=', value as never);
    }
    if (filter.canary !== undefined) query = query.where('j.canary', filter.canary ? '!=' : '=', '');
    if (filter.outcome !== undefined) {
      query = query.where(outcomeIs(filter.outcome));
      // What a count of outcomes leads to: retests stand in no such count, nor do people and canaries unless they are
      // asked for.
      query = query.where('j.replicate', '=', 0);
      if (filter.judge === undefined) query = query.where('j.judge', 'not like', 'human:%');
      if (filter.canary === undefined) query = query.where('j.canary', '=', '');
    }
    if (filter.disagreement !== undefined) query = query.where(disagrees(filter.disagreement));
    if (filter.finding !== undefined) {
      const code = filter.finding;
      query = query.where((e) =>
        e.exists(
          e
            .selectFrom('findings as f')
            .select('f.code')
            .whereRef('f.run_id', '=', 'j.run_id')
            .whereRef('f.judgment_id', '=', 'j.id')
            .where('f.code', '=', code),
        ),
      );
    }
    if (filter.q !== undefined && filter.q !== '') {
      const texts = ['p.prompt', 'b.response', 'c.response', 'j.reply', 'j.prompt_id'];
      query = query.where(holdsWords(engine, texts, filter.q));
    }
    return query;
  };

  return {
    async judgment(id: string): Promise<Judgment | null> {
      const row = await joined().where('j.id', '=', id).executeTakeFirst();
      return row === undefined ? null : lineOf(row);
    },

    /** Judgments in the order of exports (or newest first), filtered, a page at a time. `limit` 1..1000. */
    async judgments(
      runId: string,
      filter: JudgmentFilter = {},
      {
        limit = 100,
        cursor,
        sort = 'position',
      }: { limit?: number; cursor?: string | undefined; sort?: (typeof SORTS)[number] } = {},
    ): Promise<Page<Judgment>> {
      let query = filtered(runId, filter).limit(limit + 1);
      if (sort === 'newest') {
        query = query.orderBy('j.seq', 'desc');
        if (cursor !== undefined) query = query.where('j.seq', '<', seqOf(cursor));
      } else {
        query = inOrder(query);
        if (cursor !== undefined) query = query.where(after(keyFrom(cursor)));
      }
      const rows = await query.execute();
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const next =
        last === undefined
          ? null
          : sort === 'newest'
            ? String(last.seq)
            : Buffer.from(JSON.stringify(keyOf(last))).toString('base64url');
      return { items: rows.slice(0, limit).map(lineOf), next_cursor: next };
    },

    /** All judgments of a run in the order of exports, a page at a time: memory stays flat. */
    async *allJudgments(runId: string, filter: JudgmentFilter = {}): AsyncIterable<Judgment> {
      for await (const row of inPages(filtered(runId, filter))) yield lineOf(row);
    },

    /** The same without what is long. */
    async *judgmentOutlines(runId: string): AsyncIterable<JudgmentOutline> {
      const query = db
        .selectFrom('judgments as j')
        .select([...OUTLINE.map((column) => `j.${column}` as const), 'j.position', 'j.seq'])
        .where('j.run_id', '=', runId);
      for await (const row of inPages(query)) {
        yield { ...row, canary: row.canary === '' ? null : row.canary } as JudgmentOutline;
      }
    },

    /** Judgments that arrived after an event id, oldest first, at most `limit`. */
    async judgmentsSince(runId: string, seq: number, limit = 100): Promise<{ seq: number; judgment: Judgment }[]> {
      const rows = await joined()
        .where('j.run_id', '=', runId)
        .where('j.seq', '>', seq)
        .orderBy('j.seq')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ seq: row.seq, judgment: lineOf(row) }));
    },

    /** Event id of the last judgment that arrived, 0 when there is none. */
    async lastSeq(runId: string): Promise<number> {
      const row = await db
        .selectFrom('judgments')
        .select((e) => e.fn.max('seq').as('seq'))
        .where('run_id', '=', runId)
        .executeTakeFirst();
      return row?.seq ?? 0;
    },

    /** Every judgment of one comparison: all judges, orders, retests and canaries, in the order of exports. */
    async judgmentsOf(runId: string, position: number, repeat: number): Promise<Judgment[]> {
      const rows = await inOrder(joined())
        .where('j.run_id', '=', runId)
        .where('j.position', '=', position)
        .where('j.repeat', '=', repeat)
        .execute();
      return rows.map(lineOf);
    },
  };

  /** Rows of a query in the order of exports, a page at a time. */
  async function* inPages<DB, TB extends keyof DB, Row extends KeyColumns>(
    query: SelectQueryBuilder<DB, TB, Row>,
  ): AsyncIterable<Row> {
    for (let key: Key | null = null; ;) {
      const page = inOrder(query).limit(PAGE);
      const rows: Row[] = await (key === null ? page : page.where(after(key))).execute();
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      key = keyOf(last);
    }
  }

  function inOrder<DB, TB extends keyof DB, Row>(query: SelectQueryBuilder<DB, TB, Row>) {
    return query.orderBy(sql`j.position, j.repeat, j.judge, coalesce(j."order", ''), j.replicate, j.canary, j.seq`);
  }

  function after(key: Key) {
    // `order` may be null (imported files that state none); compare it as an empty word on both engines.
    return sql<SqlBool>`(j.position, j.repeat, j.judge, coalesce(j."order", ''), j.replicate, j.canary, j.seq)
      > (${key.position}, ${key.repeat}, ${key.judge}, ${key.order}, ${key.replicate}, ${key.canary}, ${key.seq})`;
  }

  function lineOf(row: JoinedRow): Judgment {
    const parsed = (json: string | null) => (json === null ? null : (JSON.parse(json) as Record<string, number>));
    return {
      schema: 'doubleblind/judgment@1',
      id: row.id,
      run_id: row.run_id,
      suite: row.suite,
      domain: row.domain,
      category: row.category,
      prompt_id: row.prompt_id,
      prompt: row.prompt,
      repeat: row.repeat,
      replicate: row.replicate,
      canary: row.canary === '' ? null : row.canary,
      baseline: row.baseline,
      candidate: row.candidate,
      baseline_response: row.baseline_response,
      candidate_response: row.candidate_response,
      baseline_stop_reason: row.baseline_stop_reason,
      candidate_stop_reason: row.candidate_stop_reason,
      presentation_notes: JSON.parse(row.presentation_notes) as string[],
      judge: row.judge,
      judge_provider: row.judge_provider,
      judge_model: row.judge_model,
      judge_model_served: row.judge_model_served,
      template: row.template,
      order: row.order,
      presentation_sha256: row.presentation_sha256,
      reply: row.reply,
      stop_reason: row.stop_reason,
      state: row.state,
      failure: row.failure,
      verdict: row.verdict,
      winner: row.winner,
      score: row.score,
      baseline_scores: parsed(row.baseline_scores),
      candidate_scores: parsed(row.candidate_scores),
      rationale: row.rationale,
      quote: row.quote,
      quote_found_in: row.quote_found_in,
      input_tokens: row.input_tokens,
      output_tokens: row.output_tokens,
      cached_tokens: row.cached_tokens,
      cost_usd: row.cost_usd,
      latency_ms: row.latency_ms,
      attempts: row.attempts,
      judged_at: row.judged_at,
    } as Judgment;
  }

  /** The comparison's outcome over its orders, as a condition on one of its judgments. */
  function outcomeIs(outcome: Outcome) {
    const siblings = sql`select 1 from judgments s where s.run_id = j.run_id and s.position = j.position
      and s.repeat = j.repeat and s.judge = j.judge and s.canary = j.canary and s.replicate = j.replicate`;
    if (outcome === 'failed') return sql<SqlBool>`exists (${siblings} and s.state = 'failed')`;
    const whole = sql`not exists (${siblings} and s.state = 'failed')`;
    if (outcome === 'order-dependent') return sql<SqlBool>`${whole} and exists (${siblings} and s.winner <> j.winner)`;
    const winner = outcome === 'win' ? 'candidate' : outcome === 'loss' ? 'baseline' : 'tie';
    return sql<SqlBool>`j.winner = ${winner} and ${whole} and not exists (${siblings} and s.winner <> j.winner)`;
  }

  /** Another judge named another winner for the same comparison and order. */
  function disagrees(wanted: boolean) {
    const other = sql`exists (select 1 from judgments s where s.run_id = j.run_id and s.position = j.position
      and s.repeat = j.repeat and s.judge <> j.judge and s.canary = '' and s.replicate = 0
      and s."order" = j."order" and s.winner <> j.winner)`;
    return wanted ? sql<SqlBool>`j.canary = '' and ${other}` : sql<SqlBool>`not ${other}`;
  }

  function keyOf(row: KeyColumns): Key {
    return {
      position: row.position,
      repeat: row.repeat,
      judge: row.judge,
      order: row.order ?? '',
      replicate: row.replicate,
      canary: row.canary,
      seq: row.seq,
    };
  }
}

const PAGE = 1000;

/** @throws INVALID_VALUE for a cursor that no page gave. */
function keyFrom(cursor: string): Key {
  try {
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Partial<Key> | null;
    const [numbers, words] = [
      ['position', 'repeat', 'replicate', 'seq'] as const,
      ['judge', 'order', 'canary'] as const,
    ];
    if (numbers.every((n) => Number.isSafeInteger(key?.[n])) && words.every((w) => typeof key?.[w] === 'string'))
      return key as Key;
  } catch {
    // Told below.
  }
  throw invalidCursor();
}

function seqOf(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw invalidCursor();
  return Number(cursor);
}

type KeyColumns = Pick<
  Selectable<JudgmentsTable>,
  'position' | 'repeat' | 'judge' | 'order' | 'replicate' | 'canary' | 'seq'
>;

interface Key {
  position: number;
  repeat: number;
  judge: string;
  order: string;
  replicate: number;
  canary: string;
  seq: number;
}
