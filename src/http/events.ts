// /api/runs/{id}/events: what happens to a run, as server-sent events. Read from the store, so that a run carried out
// by another process is told as well.
//
//   event: progress   data: { status, judged, failed, due, responses, responses_due, spent_usd, retried, under_way,
//                             batches: { open, done, total, judges: [{ judge, since, open, done, total }] } or null,
//                             per_second, left_ms }   on connecting and on every change; null where unknown
//   event: judgment   id: <sequence>   data: { id, suite, domain, category, prompt_id, repeat, replicate, canary, judge,
//                             order, state, failure, verdict, winner, score, judged_at }
//   event: end        data: { status, reason }             the run is finished; the stream closes after it
// `Last-Event-ID: N` (or ?after=N) tells every judgment that arrived after N, 0 for all; without it, those from now on.
// A stream that is asked to go on after its end answers 204, so that an EventSource stops asking.
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import type { Judgment, Run } from '../records.js';
import type { Store } from '../store/index.js';
import { FINISHED } from '../win-rates.js';
import type { Engine } from './engine.js';
import { problems } from './problem.js';
import { idParams, progressNow, runOf } from './runs.js';
import type { App } from './server.js';

interface EventRoutes {
  store: Store;
  engine: Engine;
  /** Milliseconds between two looks at the store. */
  interval: number;
}

interface RunEvent {
  id?: string;
  event: 'progress' | 'judgment' | 'end';
  data: object;
}

export function eventRoutes(app: App, routes: EventRoutes): void {
  const { store } = routes;
  const closing = new AbortController();
  app.addHook('preClose', (done) => {
    closing.abort();
    done();
  });

  app.get(
    '/api/runs/:id/events',
    {
      sse: 'manual',
      // A stream without a body would never end.
      exposeHeadRoute: false,
      schema: {
        tags: ['runs'],
        summary: 'Server-sent events: progress, judgments as they land, end',
        params: idParams,
        querystring: z.strictObject({ after: z.coerce.number().int().min(0).optional() }),
        headers: z.object({ 'last-event-id': z.coerce.number().int().min(0).optional() }),
        response: {
          200: {
            description: 'Events `progress`, `judgment`, `end`',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          204: z.undefined().describe('The run is finished and everything after the event id was told'),
          ...problems(404),
        },
      },
    },
    async ({ params, headers, query }, reply) => {
      const run = await runOf(store, params.id);
      const last = await store.lastSeq(run.id);
      const since = headers['last-event-id'] ?? query.after;
      if (FINISHED.includes(run.status) && headers['last-event-id'] !== undefined && last <= headers['last-event-id']) {
        return reply.code(204).send(undefined);
      }
      const gone = new AbortController();
      reply.sse.onClose(() => gone.abort());
      await reply.sse.send(runEvents(routes, run, since ?? last, AbortSignal.any([gone.signal, closing.signal])));
    },
  );
}

async function* runEvents(
  routes: EventRoutes,
  first: Run,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  const { store, interval } = routes;
  const pace = new Pace();
  let run: Run | null = first;
  let seq = since;
  let told = '';
  while (run !== null && !signal.aborted) {
    const progress = JSON.stringify(await progressData(routes, run, pace));
    if (progress !== told) yield { event: 'progress', data: JSON.parse((told = progress)) as object };
    for (let more = true; more && !signal.aborted;) {
      const page = await store.judgmentsSince(run.id, seq, PAGE);
      for (const { seq: id, judgment } of page)
        yield { id: String((seq = id)), event: 'judgment', data: brief(judgment) };
      more = page.length === PAGE;
    }
    if (FINISHED.includes(run.status)) {
      yield { event: 'end', data: { status: run.status, reason: run.reason } };
      return;
    }
    await pause(interval, undefined, { signal }).catch(() => undefined);
    // The status is read before the judgments, so that none that came before the end stays untold.
    run = await store.run(run.id);
  }
}

const PAGE = 100;

async function progressData(routes: EventRoutes, run: Run, pace: Pace): Promise<object> {
  const counts = await progressNow(routes, run);
  const live = routes.engine.progress(run.id);
  return {
    status: run.status,
    ...counts,
    responses: live?.responses ?? null,
    responses_due: live?.responses_due ?? run.planned.responses,
    spent_usd: live === null || live.unpriced > 0 ? null : live.spent_usd,
    retried: live?.retried ?? null,
    under_way: live?.under_way ?? null,
    batches: await routes.store.batchCounts(run.id),
    ...pace.of(counts.judged + counts.failed, counts.due),
  };
}

/** How fast judgments come, since the stream was opened. */
class Pace {
  private begin: { at: number; done: number } | null = null;

  of(done: number, due: number): { per_second: number | null; left_ms: number | null } {
    const now = performance.now();
    this.begin ??= { at: now, done };
    const came = done - this.begin.done;
    if (came === 0) return { per_second: null, left_ms: null };
    const perSecond = (came / (now - this.begin.at)) * 1000;
    return {
      per_second: Math.round(perSecond * 10) / 10,
      left_ms: Math.round(((due - done) / perSecond) * 1000),
    };
  }
}

/** What an event says of a judgment: no texts, which may be long; they are one request away. */
function brief({ id, suite, domain, category, prompt_id, repeat, replicate, canary, ...rest }: Judgment): object {
  const { judge, order, state, failure, verdict, winner, score, judged_at } = rest;
  return {
    ...{ id, suite, domain, category, prompt_id, repeat, replicate, canary },
    ...{ judge, order, state, failure, verdict, winner, score, judged_at },
  };
}
