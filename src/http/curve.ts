// GET /api/runs/{id}/curve: win rate over the training steps of the sweep a run belongs to, `SweepCurve` of src/answers.ts.
import * as z from 'zod';
import type { SweepCurve } from '../answers.js';
import { sweepCurve } from '../ledger/curve.js';
import { STATUSES } from '../records.js';
import type { Store } from '../store/index.js';
import { problems } from './problem.js';
import { idParams, runOf } from './runs.js';
import type { App } from './server.js';
import { intervalSchema } from './summary-schema.js';

const number = z.number();
const maybe = z.number().nullable();
const text = z.string();

const curveSchema = z
  .object({
    sweep: text,
    name: text,
    baseline: text,
    level: number,
    steps: z.array(
      z.object({
        step: number,
        epoch: maybe,
        run_id: text,
        candidate: text,
        status: z.enum(STATUSES),
        digest: text.nullable(),
        loss: maybe,
        eval_loss: maybe,
        metrics: z.record(text, number),
      }),
    ),
    curves: z.array(
      z.object({
        group: z.partialRecord(z.enum(['domain', 'suite', 'category', 'judge', 'order']), text),
        n_prompts: number,
        points: z.array(
          z.object({
            step: number,
            run_id: text,
            win_rate: number,
            pointwise: intervalSchema.nullable(),
            low: number,
            high: number,
          }),
        ),
        critical: maybe,
        best_step: maybe,
        step_to_keep: maybe,
        slope_per_1000_steps: z.object({ slope: number, low: number, high: number }).nullable(),
        sentence: text,
        reason: text.nullable(),
      }),
    ),
    losses: z.array(z.object({ step: number, epoch: maybe, loss: maybe, eval_loss: maybe })),
    warnings: z.array(z.object({ code: text, message: text })),
  })
  .meta({ id: 'SweepCurve' }) satisfies z.ZodType<SweepCurve>;

export function curveRoutes(app: App, { store }: { store: Store }): void {
  app.get(
    '/api/runs/:id/curve',
    {
      schema: {
        tags: ['ledger'],
        summary: 'Win rate over the training steps of the sweep a run belongs to',
        params: idParams,
        response: { 200: curveSchema, 204: z.undefined().describe('The run belongs to no sweep'), ...problems(404) },
      },
    },
    async ({ params }, reply) => {
      const { sweep } = await runOf(store, params.id);
      const curve = sweep === null ? null : await sweepCurve(store, sweep);
      return curve === null ? reply.code(204).send(undefined) : curve;
    },
  );
}
