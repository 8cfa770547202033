// /metrics: what the service does, as Prometheus text. Runs report every answer of a model here; HTTP reports itself.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import * as z from 'zod';
import type { Judgment, Response } from '../records.js';
import { problems } from './problem.js';
import type { App } from './server.js';

export type Metrics = ReturnType<typeof openMetrics>;

/** @param waiting judgments that are due in runs of this service */
export function openMetrics(waiting: () => number) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const records = new Counter({
    name: 'doubleblind_records_total',
    help: 'Judgments and responses kept, by state and reason of failure',
    labelNames: ['kind', 'by', 'state', 'failure'],
    registers,
  });
  const calls = new Counter({
    name: 'doubleblind_calls_total',
    help: 'Calls of models, retries included',
    labelNames: ['kind', 'by'],
    registers,
  });
  const tokens = new Counter({
    name: 'doubleblind_tokens_total',
    help: 'Tokens as counted by the endpoints',
    labelNames: ['kind', 'by', 'direction'],
    registers,
  });
  const cost = new Counter({
    name: 'doubleblind_cost_usd_total',
    help: 'Money spent where the price is known',
    labelNames: ['kind', 'by'],
    registers,
  });
  const latency = new Histogram({
    name: 'doubleblind_latency_seconds',
    help: 'Time to an answer of a model',
    labelNames: ['kind', 'by'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    registers,
  });
  const http = new Histogram({
    name: 'doubleblind_http_request_duration_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  new Gauge({
    name: 'doubleblind_queue_depth',
    help: 'Judgments that are due in runs of this service',
    registers,
    collect() {
      this.set(waiting());
    },
  });

  const record = (kind: 'judgment' | 'response', by: string, of: Judgment | Response, attempts: number): void => {
    records.inc({ kind, by, state: of.state, failure: of.failure ?? '' });
    if (attempts > 0) calls.inc({ kind, by }, attempts);
    if (of.input_tokens !== null) tokens.inc({ kind, by, direction: 'input' }, of.input_tokens);
    if (of.output_tokens !== null) tokens.inc({ kind, by, direction: 'output' }, of.output_tokens);
    if (of.cost_usd !== null) cost.inc({ kind, by }, of.cost_usd);
    if (of.latency_ms !== null) latency.observe({ kind, by }, of.latency_ms / 1000);
  };
  return {
    registry,
    http,
    judgment: (judgment: Judgment) => record('judgment', judgment.judge, judgment, judgment.attempts),
    response: (response: Response) =>
      record('response', response.checkpoint, response, response.latency_ms === null ? 0 : 1),
  };
}

export function metricRoutes(app: App, { metrics }: { metrics: Metrics }): void {
  app.addHook('onResponse', (request, reply, done) => {
    // The pattern of the route and not the address, which may hold anything.
    const route = request.routeOptions.url ?? 'unknown';
    metrics.http.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['service'],
        summary: 'Prometheus text',
        response: {
          200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } },
          ...problems(),
        },
      },
    },
    async (_request, reply) =>
      reply.type(metrics.registry.contentType).send((await metrics.registry.metrics()) as never),
  );
}
