// /api/runs/{id}/judgments and /api/judgments/{id}: the evidence under every number.
//
// An item of the list is the line of judged.jsonl (`Judgment` in records.ts) with
//   outcomes: { "<judge>": "win"|"loss"|"tie"|"order-dependent"|"failed" }   of this comparison, all judges of it
//   findings: ["CODE", …]                                                    of the last audit
//   excerpted: boolean      true when `excerpt=N` cut prompt, responses, reply or rationale to N code points
// GET /api/judgments/{id} is `Evidence` of src/answers.ts.
import * as z from 'zod';
import type { Evidence, Sibling } from '../answers.js';
import { CODES } from '../audit/index.js';
import { DoubleblindError } from '../errors.js';
import { evidenceOf } from '../evidence.js';
import { codePoints } from '../hash.js';
import { DOMAINS, type Judgment, judgmentSchema, messageSchema, ORDERS, OUTCOMES, ROLES, WINNERS } from '../records.js';
import { SORTS } from '../store/judgments.js';
import type { Store } from '../store/index.js';
import { flag, pageOf, pageQuery } from './pages.js';
import { problems } from './problem.js';
import { idParams, runOf } from './runs.js';
import type { App } from './server.js';

const word = z.string().min(1).max(500).optional();

/** Filters of a list of judgments, the same names as in the address of the page. */
const judgmentFilter = {
  suite: word,
  domain: z.enum(DOMAINS).optional(),
  category: word,
  prompt_id: word,
  repeat: z.coerce.number().int().min(0).optional(),
  judge: word,
  order: z.enum(ORDERS).optional(),
  winner: z.enum(WINNERS).optional(),
  outcome: z
    .enum(OUTCOMES)
    .optional()
    .describe(
      'of a judge on a comparison over its orders, as estimates count it: without retests, without people unless `judge` ' +
        'names one, without canaries unless `canary=true`',
    ),
  state: z.enum(['judged', 'failed']).optional(),
  disagreement: flag.optional().describe('true: judges of one comparison name different winners'),
  finding: z.enum(CODES).optional().describe('code of a finding of the last audit'),
  canary: flag.optional().describe('true: planted comparisons alone; false: none of them; they enter no win rate'),
  q: word.describe('words in prompt, responses or reply'),
};

const listedSchema = judgmentSchema
  .extend({
    outcomes: z.record(z.string(), z.enum(OUTCOMES)),
    findings: z.array(z.string()),
    excerpted: z.boolean(),
  })
  .meta({ id: 'JudgmentItem' });

const siblings = z.array(
  judgmentSchema.omit({ prompt: true, baseline_response: true, candidate_response: true }),
) as unknown as z.ZodType<Sibling[]>;

const evidenceSchema = z
  .object({
    judgment: judgmentSchema as unknown as z.ZodType<Judgment>,
    prompt: z
      .object({
        prompt: z.string(),
        messages: z.array(messageSchema).nullable(),
        system: z.string().nullable(),
        reference: z.string().nullable(),
      })
      .nullable(),
    messages: z.array(messageSchema).nullable(),
    reason: z.string().nullable(),
    presentation_matches: z.boolean().nullable(),
    slots: z.object({ A: z.enum(ROLES), B: z.enum(ROLES) }).nullable(),
    trace: z.array(
      z.object({
        step: z.enum(['order', 'presentation', 'reply', 'winner', 'quote']),
        says: z.string(),
        holds: z.boolean().nullable(),
      }),
    ),
    differences: z.array(z.object({ field: z.keyof(judgmentSchema), recorded: z.unknown(), derived: z.unknown() })),
    other_orders: siblings,
    other_judges: siblings,
    people: siblings,
    retests: siblings,
    findings: z.array(
      z.object({ code: z.string(), severity: z.enum(['error', 'warning', 'note']), message: z.string() }),
    ),
  })
  .meta({ id: 'Evidence' }) satisfies z.ZodType<Evidence>;

export function judgmentRoutes(app: App, { store }: { store: Store }): void {
  const tags = ['judgments'];

  app.get(
    '/api/runs/:id/judgments',
    {
      schema: {
        tags,
        summary: 'Judgments of a run, filtered, a page at a time',
        params: idParams,
        querystring: z.strictObject({
          ...pageQuery,
          ...judgmentFilter,
          sort: z.enum(SORTS).default('position'),
          excerpt: z.coerce.number().int().min(1).max(100_000).optional().describe('longest text, in code points'),
        }),
        response: { 200: pageOf(listedSchema), ...problems(404) },
      },
    },
    async ({ params, query: { limit, cursor, sort, excerpt, ...filter } }) => {
      const run = await runOf(store, params.id);
      const page = await store.judgments(run.id, filter, { limit, cursor, sort });
      const marks = await store.marks(
        run.id,
        page.items.map((judgment) => judgment.id),
      );
      return {
        items: page.items.map((judgment) => ({ ...excerptOf(judgment, excerpt), ...marks.get(judgment.id)! })),
        next_cursor: page.next_cursor,
      };
    },
  );

  app.get(
    '/api/judgments/:id',
    {
      schema: {
        tags,
        summary: 'One judgment with its evidence',
        description:
          'The exact messages, the order, the reply, how the verdict was read and mapped, other orders, other judges, people, findings.',
        params: idParams,
        response: { 200: evidenceSchema, ...problems(404) },
      },
    },
    async ({ params }) => {
      const evidence = await evidenceOf(store, params.id);
      if (evidence === null) throw new DoubleblindError('JUDGMENT_UNKNOWN', `there is no judgment "${params.id}".`);
      return evidence;
    },
  );
}

const LONG_TEXTS = ['prompt', 'baseline_response', 'candidate_response', 'reply', 'rationale'] as const;

function excerptOf(judgment: Judgment, limit: number | undefined): Judgment & { excerpted: boolean } {
  const item = { ...judgment, excerpted: false };
  if (limit === undefined) return item;
  for (const field of LONG_TEXTS) {
    const text = item[field];
    if (text === null || text.length <= limit || codePoints(text) <= limit) continue;
    // A pair of surrogates is never cut in two.
    const end = text.charCodeAt(limit - 1) >>> 10 === 0x36 ? limit - 1 : limit;
    item[field] = text.slice(0, end);
    item.excerpted = true;
  }
  return item;
}
