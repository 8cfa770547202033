// /api/runs/{id}/win-rates, /agreement, /judges: section 5 of the contract. A finished run is answered from its kept
// text: nothing is computed, parsed or serialised again.
//
// win-rates and agreement are `Summary` and `Agreement` of src/summary.ts; judges is { items: JudgeHealth[], next_cursor: null }.
import * as z from 'zod';
import { sha256 } from '../hash.js';
import { DOMAINS } from '../records.js';
import type { Store } from '../store/index.js';
import type { Summary } from '../summary.js';
import { concluded, METHODS, parseBy, winRates } from '../win-rates.js';
import { flag, pageOf } from './pages.js';
import { problems } from './problem.js';
import { idParams, runOf } from './runs.js';
import type { App } from './server.js';
import { agreementSchema, judgeHealthSchema, summarySchema } from './summary-schema.js';

const filters = {
  suite: z.string().optional(),
  domain: z.enum(DOMAINS).optional(),
  category: z.string().optional(),
};
const query = z.strictObject({
  by: z.string().max(500).optional().describe('`domain,suite*judge`: comma for separate groupings, `*` for crossed'),
  level: z.coerce.number().gt(0.5).lt(1).optional(),
  method: z.enum(METHODS).optional(),
  seed: z.coerce.number().int().optional(),
  judges: z.string().max(2000).optional().describe('names, separated by commas'),
  exclude_order_dependent: flag.optional(),
  pooled: flag.optional(),
  ...filters,
});

export function winRateRoutes(app: App, { store }: { store: Store }): void {
  const tags = ['numbers'];
  const bodies = new KeptBodies(store);

  app.get(
    '/api/runs/:id/win-rates',
    {
      schema: {
        tags,
        summary: 'Win rates with intervals, agreement, judge health and the decision',
        params: idParams,
        querystring: query,
        response: { 200: summarySchema, ...problems(404) },
      },
    },
    async ({ params, query, raw }, reply) => {
      const asked = raw.url?.includes('?') === true;
      const kept = asked ? null : await bodies.of(params.id);
      if (kept !== null) {
        return reply
          .header('etag', kept.etag)
          .type('application/json; charset=utf-8')
          .send(kept.body as never);
      }
      const run = await runOf(store, params.id);
      void reply.type('application/json; charset=utf-8');
      if (!asked) return reply.send((await concluded(store, run)).text as never);
      const { by, judges, exclude_order_dependent, ...rest } = query;
      const summary = await winRates(store, run, {
        ...rest,
        by: by === undefined ? undefined : parseBy(by),
        judges: judges?.split(','),
        excludeOrderDependent: exclude_order_dependent,
      });
      return reply.send(JSON.stringify(summary) as never);
    },
  );

  app.get(
    '/api/runs/:id/agreement',
    {
      schema: {
        tags,
        summary: 'How far judges agree',
        params: idParams,
        response: { 200: agreementSchema, ...problems(404) },
      },
    },
    async ({ params }) => (await summaryOf(params.id)).agreement,
  );

  app.get(
    '/api/runs/:id/judges',
    {
      schema: {
        tags,
        summary: 'How far each judge can be trusted',
        params: idParams,
        response: {
          200: pageOf(judgeHealthSchema),
          ...problems(404),
        },
      },
    },
    async ({ params }) => ({ items: (await summaryOf(params.id)).judges, next_cursor: null }),
  );

  async function summaryOf(id: string): Promise<Summary> {
    const run = await runOf(store, id);
    return (await concluded(store, run)).summary;
  }
}

/** The bodies of finished runs as they were sent last: one that is still the same is not read or encoded again. */
class KeptBodies {
  private readonly bodies = new Map<string, { body: Buffer; etag: string }>();

  constructor(private readonly store: Store) {}

  /** Null when no summary of the run is kept. */
  async of(id: string): Promise<{ body: Buffer; etag: string } | null> {
    const tag = await this.store.keptTag(id);
    if (tag === null) return null;
    const etag = `"${tag}"`;
    const known = this.bodies.get(id);
    if (known?.etag === etag) return known;
    const text = await this.store.keptSummary(id);
    // Between the two questions it may have been forgotten or replaced; then it is computed or sent by its next asker.
    if (text === null || sha256(text).slice(0, tag.length) !== tag) return null;
    if (known === undefined && this.bodies.size >= KEPT) this.bodies.delete(this.bodies.keys().next().value!);
    const answer = { body: Buffer.from(text), etag };
    this.bodies.set(id, answer);
    return answer;
  }
}

/** Bodies that are held at once. */
const KEPT = 64;
