// /api/leaderboard, /api/compare, /api/workers: across runs.
//   leaderboard  `Leaderboard` of src/answers.ts: { items, next_cursor: null, boards, left_out }
//   compare      `Comparison` of src/answers.ts
//   workers      { items: [Worker], next_cursor: null }: processes (host:pid…) that carry a run out by themselves (run_id),
//                and workers that share runs (run_id null): what they take, how much they did and how fast, their last
//                beat and how long ago that was
import * as z from 'zod';
import type { Leaderboard } from '../answers.js';
import { compare } from '../ledger/compare.js';
import { leaderboard } from '../ledger/leaderboard.js';
import { workers } from '../queue/workers.js';
import { DOMAINS } from '../records.js';
import type { Store } from '../store/index.js';
import { flag, pageOf } from './pages.js';
import { problems } from './problem.js';
import { runOf } from './runs.js';
import type { App } from './server.js';
import { intervalSchema, rateSchema } from './summary-schema.js';

const text = z.string();
const texts = z.array(text);
const maybe = z.number().nullable();

const earlySchema = z.object({
  code: z.enum(['STOPPED_EARLY', 'NOT_FINAL']),
  message: text,
  sequence: z.array(
    z.object({
      domain: z.enum(DOMAINS),
      n: z.number(),
      win_rate: maybe,
      log_e: z.number(),
      low: z.number(),
      high: z.number(),
      verdict: z.enum(['better', 'worse', 'equivalent', 'undecided']),
    }),
  ),
});

const leaderboardSchema = pageOf(
  z.object({
    board: z.number(),
    rank: maybe,
    checkpoint: text,
    baseline: text,
    run_id: text,
    runs: z.number(),
    purpose: text,
    win_rate: rateSchema,
    interval: intervalSchema.nullable(),
    n_prompts: z.number(),
    strength: z
      .object({
        log_strength: z.number(),
        low: z.number(),
        high: z.number(),
        ranks: z.tuple([z.number(), z.number()]),
      })
      .nullable(),
    p_against_first: maybe,
    early: earlySchema.nullable().describe('looked at before its planned end: what holds where the interval does not'),
  }),
).extend({
  next_cursor: z.null(),
  boards: z.array(
    z.object({
      board: z.number(),
      by: z.enum(['win rate', 'Bradley-Terry', 'nothing']),
      suites: texts,
      judges: texts,
      offline_judges: texts.describe('those of its judges that are rules and no models'),
      templates: texts,
      baselines: texts,
      why: texts,
    }),
  ),
  left_out: z.array(z.object({ run_id: text, why: text })),
}) satisfies z.ZodType<Leaderboard>;

const list = z.array(z.unknown());
const comparisonSchema = z.object({
  runs: list,
  comparable: z.boolean(),
  matters: list,
  configuration: list,
  metrics: list,
  tests: list,
  sides: list,
  unmatched: list,
  early: z.array(earlySchema.extend({ run: text })),
});

const workerSchema = z.object({
  run_id: text.nullable(),
  holder: text,
  since: text,
  endpoints: texts.nullable().describe('the checkpoints and judges it takes; null for all'),
  judged: maybe.describe('judgments and responses since it started'),
  per_minute: maybe,
  beat_at: text.nullable(),
  silent_ms: maybe.describe('how long nothing was heard of it'),
});

export function ledgerRoutes(app: App, { store }: { store: Store }): void {
  const tags = ['ledger'];

  app.get(
    '/api/leaderboard',
    {
      schema: {
        tags,
        summary: 'Candidates across runs',
        querystring: z.strictObject({
          suite: z.string().optional(),
          domain: z.string().optional(),
          purpose: z.string().optional(),
          tag: z.string().optional(),
          all: flag.optional().describe('true: unfinished and test runs too'),
        }),
        response: { 200: leaderboardSchema, ...problems() },
      },
    },
    async ({ query }) => leaderboard(store, query),
  );

  app.get(
    '/api/compare',
    {
      schema: {
        tags,
        summary: 'Runs side by side',
        querystring: z.strictObject({
          runs: z.string().min(1).max(2000).describe('ids, separated by commas'),
          tag: z.string().optional().describe('runs with the same value of this tag are one side'),
          suite: z.string().optional(),
          seed: z.coerce.number().int().optional(),
        }),
        response: { 200: comparisonSchema, ...problems(404) },
      },
    },
    async ({ query: { runs, ...options } }) => {
      const named = await Promise.all(runs.split(',').map((id) => runOf(store, id.trim())));
      return compare(store, named, options);
    },
  );

  app.get(
    '/api/workers',
    {
      schema: {
        tags,
        summary: 'Who works: which process carries out which run, and the workers that share runs',
        response: { 200: pageOf(workerSchema), ...problems() },
      },
    },
    async () => {
      const [holders, sharing] = await Promise.all([store.holders(), workers(store.db as never)]);
      const alone = { endpoints: null, judged: null, per_minute: null, beat_at: null, silent_ms: null };
      return {
        items: [
          ...holders.map((holder) => ({ ...holder, ...alone })),
          ...sharing.map(({ host, pid, started_at, id: _, ...facts }) => ({
            ...{ run_id: null, holder: `${host}:${pid}`, since: started_at },
            ...facts,
            silent_ms: Math.max(0, Date.now() - Date.parse(facts.beat_at)),
          })),
        ],
        next_cursor: null,
      };
    },
  );
}
