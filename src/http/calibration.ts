// GET /api/runs/{id}/calibration: the judges of a run against people, as `calibrate --json` prints it.
import * as z from 'zod';
import { calibrate } from '../calibration.js';
import { DOMAINS, OUTCOMES } from '../records.js';
import type { Store } from '../store/index.js';
import type { Calibration } from '../summary.js';
import { problems } from './problem.js';
import { idParams, runOf } from './runs.js';
import type { App } from './server.js';
import { rateSchema } from './summary-schema.js';

const n = z.number().int();
const label = z.enum(['win', 'loss', 'tie']);
const corrected = z.union([
  z.looseObject({
    win_rate: z.number(),
    low: z.number(),
    high: z.number(),
    level: z.number(),
    method: z.string(),
    reason: z.null(),
  }),
  z.looseObject({ win_rate: z.null(), reason: z.string() }),
]);
const baseline = z.object({
  agreement: rateSchema,
  gain: z.number().nullable(),
  p_value: z.number().nullable(),
  beaten: z.boolean(),
});

const calibrationSchema = z
  .object({
    run: z.string(),
    labels: z.object({
      votes: n,
      people: z.array(z.string()),
      comparisons: n,
      random_prompts: n,
      changed_after_reveal: n,
    }),
    basis: z.enum(['random', 'all']),
    people: z.object({
      agreement: rateSchema,
      pairs: z.array(z.object({ people: z.tuple([z.string(), z.string()]), agreement: rateSchema })),
    }),
    judges: z.array(
      z.object({
        judge: z.string(),
        n,
        failed: n,
        agreement: rateSchema,
        cohen_kappa: z.number().nullable(),
        confusion: z.record(label, z.record(z.enum(OUTCOMES), n)),
        baselines: z.object({ longer: baseline, first: baseline }),
        by: z.array(
          z.object({
            group: z.union([
              z.object({ category: z.string() }),
              z.object({ length: z.enum(['candidate shorter', 'similar', 'candidate longer']) }),
            ]),
            agreement: rateSchema,
          }),
        ),
        sentence: z.string(),
        corrected: z.array(
          z.object({
            group: z.object({ domain: z.enum(DOMAINS).exactOptional() }),
            n,
            labels: n,
            raw: corrected,
            people: corrected,
            ppi: corrected,
            sensitivity_specificity: corrected,
          }),
        ),
      }),
    ),
    disagreements: z.array(
      z.object({
        suite: z.string(),
        prompt_id: z.string(),
        repeat: n,
        category: z.string().nullable(),
        judge: z.string(),
        outcome: z.enum(OUTCOMES),
        person: z.string(),
        label,
        judgment_id: z.string(),
      }),
    ),
    warnings: z.array(z.looseObject({ code: z.string(), message: z.string() })),
  })
  .meta({ id: 'Calibration' }) satisfies z.ZodType<Calibration>;

export function calibrationRoutes(app: App, { store }: { store: Store }): void {
  app.get(
    '/api/runs/:id/calibration',
    {
      schema: {
        tags: ['review'],
        summary: 'Judges against people: agreement, baselines, corrected win rates',
        params: idParams,
        response: { 200: calibrationSchema, ...problems(404) },
      },
    },
    async ({ params }) => calibrate(store, await runOf(store, params.id)),
  );
}
