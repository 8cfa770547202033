// /api/runs: the list of runs, one run, start, cancel, resume, delete.
//
// An item of the list is `RunItem`, one run is `RunDetail`, both of src/answers.ts.
import * as z from 'zod';
import type { Glance, OpenBatches, Progress, RunDecision, RunDetail, RunItem } from '../answers.js';
import { DoubleblindError } from '../errors.js';
import { DOMAINS, ORDERS, type Run, STATUSES } from '../records.js';
import { runSchema } from '../run-document.js';
import type { Store } from '../store/index.js';
import { progressOf } from '../win-rates.js';
import { offlineJudges } from '../judges.js';
import type { Engine } from './engine.js';
import { flag, pageOf, pageQuery } from './pages.js';
import { problems, RequestRefused } from './problem.js';
import type { App } from './server.js';

const text = z.string();
const count = z.number().int();

const progressSchema = z.object({ judged: count, failed: count, due: count });
const decisionSchema = z.object({
  sentence: text,
  domains: z.partialRecord(
    z.enum(DOMAINS),
    z.object({
      verdict: z.enum(['better', 'worse', 'equivalent', 'undecided', 'not tested']),
      win_rate: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      n_prompts: count,
    }),
  ),
}) satisfies z.ZodType<RunDecision>;

export const runItemSchema = runSchema
  .omit({ config: true, decision_rule: true, environment: true, identities: true })
  .extend({
    progress: progressSchema,
    decision: decisionSchema.nullable(),
    offline_judges: z.array(text).describe('names of its judges that are rules and no models'),
  }) satisfies z.ZodType<RunItem>;

const startedSchema = runItemSchema.extend({
  runs: z.array(text).describe('ids of all runs that the run file describes; more than one with `candidates`'),
});

const batchCounts = { open: count, done: count, total: count };
const openBatchesSchema = z.object({
  ...batchCounts,
  judges: z.array(z.object({ judge: text, since: text, ...batchCounts })),
}) satisfies z.ZodType<OpenBatches>;

const runDetailSchema = runSchema.extend({
  progress: progressSchema,
  decision: decisionSchema.nullable(),
  spent: z.object({
    cost_usd: z.number().nullable(),
    unpriced: count,
    calls: count,
    retried: count,
    judged: count,
    failed: count,
    responses: count,
    input_tokens: count,
    output_tokens: count,
  }),
  costs: z.array(
    z.object({
      kind: z.enum(['judge', 'checkpoint']),
      name: text,
      suite: text,
      records: count,
      calls: count,
      cost_usd: z.number().nullable(),
      input_tokens: count.nullable(),
      output_tokens: count.nullable(),
      latency_ms: z.number().nullable(),
    }),
  ),
  strata: z.array(
    z.object({
      suite: text,
      domain: z.enum(DOMAINS).nullable(),
      category: text.nullable(),
      judge: text,
      order: z.enum(ORDERS).nullable(),
      judgments: count,
    }),
  ),
  findings: z.array(z.object({ code: text, severity: z.enum(['error', 'warning', 'note']), n: count })),
  holder: text.nullable(),
  batches: openBatchesSchema.nullable().describe('open at providers; null when none is'),
}) satisfies z.ZodType<RunDetail>;

export const idParams = z.object({ id: z.string().min(1).max(200) });

/** The run a request names. @throws RUN_UNKNOWN */
export async function runOf(store: Store, id: string): Promise<Run> {
  const run = await store.run(id);
  if (run === null) throw new DoubleblindError('RUN_UNKNOWN', `there is no run "${id}".`);
  return run;
}

/** Judgments done and due; asked of the engine while the run goes on here, else counted. */
export async function progressNow({ store, engine }: RunRoutes, run: Run): Promise<Progress> {
  const live = engine.progress(run.id);
  const counts = live === null ? await store.counts(run.id) : { judged: live.done - live.failed, failed: live.failed };
  return progressOf(run, counts);
}

/** A run as lists show it; `glance` is what was kept of it, if anything. */
export async function itemOf(routes: RunRoutes, run: Run, glance?: string): Promise<RunItem> {
  const seen =
    glance === undefined
      ? { progress: await progressNow(routes, run), decision: null }
      : (JSON.parse(glance) as Glance);
  return { ...run, ...seen, offline_judges: offlineJudges(run) };
}

interface RunRoutes {
  store: Store;
  engine: Engine;
}

export function runRoutes(app: App, routes: RunRoutes): void {
  const { store, engine } = routes;
  const tags = ['runs'];
  const shown = async (run: Run): Promise<RunItem> => itemOf(routes, run, (await store.glances([run.id])).get(run.id));

  app.get(
    '/api/runs',
    {
      schema: {
        tags,
        summary: 'Runs, newest first',
        querystring: z.strictObject({
          ...pageQuery,
          purpose: text.optional(),
          candidate: text.optional(),
          baseline: text.optional(),
          status: z.enum(STATUSES).optional(),
          sweep: text.optional(),
          tag: text.optional().describe('`key` or `key=value`'),
          q: text.max(200).optional().describe('words in id, name, candidate or baseline'),
        }),
        response: { 200: pageOf(runItemSchema), ...problems() },
      },
    },
    async ({ query: { limit, cursor, ...filter } }) => {
      const page = await store.runs(filter, limit, cursor);
      const glances = await store.glances(page.items.map((run) => run.id));
      const items = await Promise.all(page.items.map((run) => itemOf(routes, run, glances.get(run.id))));
      return { items, next_cursor: page.next_cursor };
    },
  );

  app.post(
    '/api/runs',
    {
      bodyLimit: RUN_FILE_LIMIT,
      config: { rateLimit: { max: 60, timeWindow: '1 minute' } },
      schema: {
        tags,
        summary: 'Start a run from the content of a run file',
        description:
          'Suites and templates by bundled name or inline; no path. The same configuration twice is the same run. ' +
          '`candidates` start one run each, one after the other, and the baseline is asked once.',
        querystring: z.strictObject({
          batch: flag
            .optional()
            .describe(
              "true: judge through the providers' batch services, at half price; remembered by the run. false: one by one",
            ),
        }),
        body: z.record(z.string(), z.unknown()),
        response: { 202: startedSchema, ...problems(409, 413, 415, 502, 503) },
      },
    },
    async ({ body, query }, reply) => {
      const runs = await engine.start(body, query.batch);
      return reply
        .code(202)
        .header('location', `/api/runs/${encodeURIComponent(runs[0].id)}`)
        .send({ ...(await shown(runs[0])), runs: runs.map(({ id }) => id) });
    },
  );

  app.get(
    '/api/runs/:id',
    {
      schema: {
        tags,
        summary: 'One run with its configuration, cost and strata',
        params: idParams,
        response: { 200: runDetailSchema, ...problems(404) },
      },
    },
    async ({ params }) => {
      const run = await runOf(store, params.id);
      const [item, spent, costs, strata, findings, holder, batches] = await Promise.all([
        shown(run),
        store.spent(run.id),
        store.costs(run.id),
        store.stored(run.id),
        store.findingCounts(run.id),
        store.holder(run.id),
        store.batchCounts(run.id),
      ]);
      const { progress, decision } = item;
      return { ...run, progress, decision, spent, costs, strata, findings, holder, batches };
    },
  );

  app.delete(
    '/api/runs/:id',
    {
      schema: {
        tags,
        summary: 'Delete a run with its responses and judgments',
        params: idParams,
        response: { 204: z.undefined().describe('Deleted'), ...problems(404, 409) },
      },
    },
    async ({ params }, reply) => {
      const run = await runOf(store, params.id);
      if (ACTIVE.includes(run.status) && (await store.holder(run.id)) !== null) {
        throw new RequestRefused('RUN_ACTIVE', `run ${run.id} is being carried out.`, 'Cancel it first.');
      }
      // Their ids would be lost, and with them what is paid for.
      if ((await store.batchCounts(run.id)) !== null) {
        throw new RequestRefused('RUN_ACTIVE', `run ${run.id} has open batches at a provider.`, 'Cancel it first.');
      }
      if (run.status === 'queued') await engine.cancel(run.id);
      await store.deleteRun(run.id);
      return reply.code(204).send(undefined);
    },
  );

  for (const action of ['cancel', 'resume'] as const) {
    app.post(
      `/api/runs/:id/${action}`,
      {
        schema: {
          tags,
          summary: action === 'cancel' ? 'Stop a run; calls under way finish' : 'Go on with an unfinished run',
          params: idParams,
          response: { 202: runItemSchema, ...problems(404, 409, 503) },
        },
      },
      async ({ params }, reply) => {
        await runOf(store, params.id);
        return reply.code(202).send(await shown(await engine[action](params.id)));
      },
    );
  }
}

const ACTIVE: readonly Run['status'][] = ['queued', 'running'];
/** Bytes of a posted run file: inline suites may hold thousands of prompts. */
const RUN_FILE_LIMIT = 16 * 1024 * 1024;
