// Section 5 of the contract as a schema, for the description of the API; its types stand in src/summary.ts. Answers are
// sent as they were serialised and not run through it.
import * as z from 'zod';
import { CANARIES, DOMAINS, FAILURES, ROLES } from '../records.js';
import type { Agreement, JudgeHealth, Summary } from '../summary.js';

const number = z.number();
const maybe = z.number().nullable();
const text = z.string();
const reason = z.string().nullable();

const groupSchema = z.partialRecord(z.enum(['domain', 'suite', 'category', 'judge', 'order']), z.string());
export const rateSchema = z.object({
  value: maybe,
  low: number.exactOptional(),
  high: number.exactOptional(),
  n: number.exactOptional(),
  reason: text.exactOptional(),
});
const range = z.object({ low: number, high: number });
export const intervalSchema = range.extend({ level: number, method: text });

const estimateSchema = z
  .object({
    group: groupSchema,
    n_prompts: number,
    n_effective: maybe,
    n_comparisons: number,
    n_judgments: number,
    wins: number,
    losses: number,
    ties: number,
    order_dependent: number,
    failed: number,
    coverage: maybe,
    win_rate: maybe,
    reason,
    win_rate_pooled: maybe,
    standard_error: maybe,
    decisive_rate: maybe,
    interval: intervalSchema.nullable(),
    bootstrap: intervalSchema
      .extend({ resamples: z.union([z.literal('exact'), number]), seed: number, degenerate: z.boolean() })
      .nullable(),
    bca: range.nullable(),
    exact: range.extend({ method: z.literal('clopper-pearson') }).nullable(),
    bounds: range.nullable(),
    p_value: maybe,
    p_adjusted: maybe,
    test: z.literal('sign-flip'),
    adjustment: z.enum(['holm', 'benjamini-hochberg']).nullable(),
    size: z.enum(['ok', 'wide', 'too-few']),
    minimum_detectable_effect: maybe,
    length_controlled: z.union([
      z.object({ win_rate: number, low: number, high: number, slope: number }),
      z.object({ reason: text }),
    ]),
  })
  .meta({ id: 'Estimate' });

export const agreementSchema = z
  .object({
    pairs: z.array(
      z.object({
        judges: z.tuple([text, text]),
        n: number,
        observed: maybe,
        expected: maybe,
        cohen_kappa: maybe,
        gwet_ac1: maybe,
        interval: intervalSchema.nullable(),
        reason,
      }),
    ),
    krippendorff_alpha: z.object({ value: maybe, low: maybe, high: maybe, reason: text.exactOptional() }),
    fleiss_kappa: z.object({ value: maybe, reason: text.exactOptional() }),
    unanimous: z.object({ n: number, share: maybe }),
    effective_judges: maybe,
  })
  .meta({ id: 'Agreement' }) satisfies z.ZodType<Agreement>;

export const judgeHealthSchema = z
  .object({
    judge: text,
    first_slot_rate: rateSchema,
    position_consistency: rateSchema,
    order_dependent_rate: rateSchema,
    repeat_consistency: rateSchema,
    longer_wins_rate: rateSchema,
    failed: z.partialRecord(z.enum(FAILURES), number),
    coverage: rateSchema,
    canaries: z.array(z.object({ kind: z.enum(CANARIES), n: number, passed: number })),
    quote_mismatch_rate: rateSchema,
    score_contradictions: rateSchema,
    family_overlap: z.array(z.enum(ROLES)),
    accuracy: z.array(
      rateSchema.extend({
        group: text,
        certification: z.object({ run: text, consistency: rateSchema, cost_per_correct_usd: maybe }).exactOptional(),
      }),
    ),
  })
  .meta({ id: 'JudgeHealth' }) satisfies z.ZodType<JudgeHealth>;

const domainDecisionSchema = z.object({
  verdict: z.enum(['better', 'worse', 'equivalent', 'undecided', 'not tested']),
  non_inferior: z.boolean(),
  margin: number,
  largest_loss_not_excluded: maybe,
  more_prompts_needed: maybe,
});

export const summarySchema = z
  .object({
    run: z.record(z.string(), z.unknown()).nullable(),
    estimates: z.array(estimateSchema),
    agreement: agreementSchema,
    judges: z.array(judgeHealthSchema),
    decision: z.object({ domains: z.record(z.enum(DOMAINS), domainDecisionSchema), sentence: text }),
    variance: z.object({
      prompts: maybe,
      responses: maybe,
      orders: maybe,
      judges: maybe,
      win_rate_by_repeat: z.array(maybe),
      reason,
    }),
    criteria: z.array(
      z.object({
        judge: text,
        criterion: text,
        n: number,
        mean_difference: maybe,
        low: maybe,
        high: maybe,
        agrees_with_verdict: maybe,
      }),
    ),
    warnings: z.array(z.looseObject({ code: text, message: text })),
  })
  .meta({ id: 'Summary' }) satisfies z.ZodType<Summary>;
