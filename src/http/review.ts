// /api/runs/{id}/review: people judge blind. GET next gives `BlindPair`, POST answers a vote with `Reveal`, both of
// src/answers.ts. Until the vote is stored nothing but these fields leaves the service: the schema strips the rest.
import * as z from 'zod';
import type { BlindPair, Reveal } from '../answers.js';
import { ROLES, FAILURES, ORDERS, VERDICTS, WINNERS } from '../records.js';
import { REVIEWER } from '../review-queue.js';
import { Reviews } from '../review.js';
import type { Store } from '../store/index.js';
import { problems } from './problem.js';
import { idParams, runOf } from './runs.js';
import type { App } from './server.js';

const progressSchema = z.object({ done: z.number().int(), total: z.number().int() });

const blindSchema = z
  .object({
    token: z.string(),
    prompt: z.string(),
    response_a: z.string(),
    response_b: z.string(),
    progress: progressSchema,
  })
  .meta({ id: 'BlindPair' }) satisfies z.ZodType<BlindPair>;

const revealSchema = z
  .object({
    judgment_id: z.string(),
    verdict: z.enum(VERDICTS),
    winner: z.enum(WINNERS),
    a: z.enum(ROLES),
    b: z.enum(ROLES),
    baseline: z.string(),
    candidate: z.string(),
    suite: z.string(),
    category: z.string().nullable(),
    prompt_id: z.string(),
    repeat: z.number().int(),
    judges: z.array(
      z.object({
        id: z.string(),
        judge: z.string(),
        order: z.enum(ORDERS).nullable(),
        state: z.enum(['judged', 'failed']),
        failure: z.enum(FAILURES).nullable(),
        winner: z.enum(WINNERS).nullable(),
        rationale: z.string().nullable(),
      }),
    ),
    progress: progressSchema,
  })
  .meta({ id: 'Reveal' }) satisfies z.ZodType<Reveal>;

const reviewer = z.string().trim().regex(REVIEWER, 'a name of letters, digits, blanks and . _ @ -, at most 64');

export function reviewRoutes(app: App, { store }: { store: Store }): void {
  const reviews = new Reviews(store, () => new Date().toISOString());
  const tags = ['review'];

  app.get(
    '/api/runs/:id/review/next',
    {
      schema: {
        tags,
        summary: 'The next comparison for a person, blind',
        params: idParams,
        querystring: z.strictObject({ reviewer }),
        response: { 200: blindSchema, 204: z.undefined().describe('None is left for this reviewer'), ...problems(404) },
      },
    },
    async ({ params, query }, reply) => {
      const pair = await reviews.next(await runOf(store, params.id), query.reviewer);
      void reply.header('cache-control', 'no-store');
      return pair === null ? reply.code(204).send(undefined) : pair;
    },
  );

  app.post(
    '/api/runs/:id/review',
    {
      schema: {
        tags,
        summary: 'A vote; the answer tells what was which',
        params: idParams,
        body: z.strictObject({
          token: z.string().min(1).max(4000),
          verdict: z.enum(VERDICTS),
          change: z
            .boolean()
            .default(false)
            .describe('Puts this vote in place of an earlier one, which stays in the history'),
        }),
        response: { 200: revealSchema, ...problems(404, 409, 413, 415) },
      },
    },
    async ({ params, body }) => reviews.vote(await runOf(store, params.id), body.token, body.verdict, body.change),
  );
}
