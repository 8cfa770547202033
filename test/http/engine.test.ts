// Runs that come over HTTP, carried out against a real server that speaks the providers' protocol.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Engine, openEngine } from '../../src/http/engine.js';
import { openMetrics } from '../../src/http/metrics.js';
import { openModels } from '../../src/models/index.js';
import type { Run } from '../../src/records.js';
import { openStore, type Store } from '../../src/store/index.js';
import { startServer, type TestServer } from '../server/index.js';
import { freshDatabase } from '../stores.js';
import { postedFile } from './carried.js';
import { service, type Service } from './seeded.js';
import { Gate } from './served.js';

let server: TestServer;
let store: Store;
let exports: string;
let engine: Engine;
let s: Service;
let metrics: ReturnType<typeof openMetrics>;
const errors: unknown[] = [];

function engineOn(address: string): Engine {
  return openEngine({
    store,
    metrics,
    endpoints: [{ base_url: address, headers_env: {} }],
    exports,
    openModels: ({ prices, concurrency }) => openModels({ env: {}, prices, concurrency }),
    environment: () => Promise.resolve({ node: 'test' }),
    clock: () => Date.now(),
    onWarning: () => undefined,
    onError: (error) => errors.push(error),
  });
}

async function open(options: Parameters<typeof startServer>[0] = {}): Promise<void> {
  server = await startServer({ quality: { base: 0.3, tuned: 0.7 }, ...options });
  store = await openStore(await freshDatabase());
  exports = mkdtempSync(join(tmpdir(), 'doubleblind-exports-'));
  metrics = openMetrics(() => engine.waiting());
  engine = engineOn(server.openai);
  s = await service({ store, engine, metrics });
}

beforeEach(() => {
  errors.length = 0;
});
afterEach(async () => {
  await engine.stop();
  await s.close();
  await server.close();
  rmSync(exports, { recursive: true });
  expect(errors).toEqual([]);
});

const runFile = (prompts = 5, more: object = {}) => postedFile(server.openai, prompts, more);

const post = (body: object) => s.app.inject({ method: 'POST', url: '/api/runs', payload: body });
const ends = async (id: string, status: Run['status'] = 'done'): Promise<Run> =>
  vi.waitFor(
    async () => {
      const run = (await store.run(id))!;
      expect(run.status).toBe(status);
      expect(engine.progress(id)).toBeNull();
      return run;
    },
    { timeout: 60_000, interval: 10 },
  );

describe('POST /api/runs', () => {
  it('starts a run that is carried out, exported and answered with numbers', async () => {
    await open();
    const answer = await post(runFile());
    expect(answer.statusCode).toBe(202);
    const { id } = answer.json<Run>();
    expect(answer.headers['location']).toBe(`/api/runs/${id}`);
    const run = await ends(id);
    expect(await store.counts(id)).toEqual({ judged: 10, failed: 0 });
    expect(existsSync(join(run.exports!, 'summary.json'))).toBe(true);
    const numbers = (await s.app.inject({ url: `/api/runs/${id}/win-rates` })).json<{
      estimates: { win_rate: number; coverage: number }[];
    }>();
    expect(numbers.estimates[0]).toMatchObject({ win_rate: 1, coverage: 1 });
    const item = (await s.app.inject({ url: '/api/runs' })).json<{ items: { decision: object; progress: object }[] }>();
    expect(item.items[0]).toMatchObject({ progress: { judged: 10, failed: 0, due: 10 }, decision: { domains: {} } });
  });

  it('the same configuration twice, even at once, is the same run, and nothing is asked twice', async () => {
    await open();
    const ids = (await Promise.all([post(runFile()), post(runFile())])).map((answer) => answer.json<Run>().id);
    expect(new Set(ids).size).toBe(1);
    await ends(ids[0]!);
    const asked = server.counts.requests;
    expect((await post(runFile(5, { name: 'another name' }))).json<Run>().id).toBe(ids[0]);
    expect(server.counts.requests).toBe(asked);
    expect((await post(runFile(5, { seed: 4 }))).json<Run>().id).not.toBe(ids[0]);
  });

  it('counts what models did in the metrics', async () => {
    await open();
    const { id } = (await post(runFile())).json<Run>();
    await ends(id);
    const text = (await s.app.inject({ url: '/metrics' })).body;
    expect(text).toMatch(/doubleblind_records_total\{kind="judgment",by="judge",state="judged",failure=""\} 10/);
    expect(text).toMatch(/doubleblind_calls_total\{kind="judgment",by="judge"\} 10/);
    expect(text).toMatch(/doubleblind_tokens_total\{kind="response",by="tuned",direction="output"\} \d+/);
    expect(text).toMatch(/doubleblind_queue_depth 0/);
    expect(text).toMatch(
      /doubleblind_http_request_duration_seconds_count\{method="POST",route="\/api\/runs",status="202"\} 1/,
    );
  });

  it('an endpoint that is down stops the run with its reason, and resume finishes it', async () => {
    let down = true;
    await open({ rule: () => (down ? { status: 401, body: { error: { message: 'key refused' } } } : null) });
    const { id } = (await post(runFile())).json<Run>();
    const stopped = await ends(id, 'stopped');
    expect(stopped.reason).not.toBeNull();
    down = false;
    const answer = await s.app.inject({ method: 'POST', url: `/api/runs/${id}/resume` });
    expect(answer.statusCode).toBe(202);
    await ends(id);
    expect(await store.counts(id)).toEqual({ judged: 10, failed: 0 });
  });
});

describe('a run under way', () => {
  it('that two ask to go on at once is carried out once, and is cancelled as one', async () => {
    let down = true;
    const gate = new Gate();
    await open({
      hold: gate.pass,
      rule: () => (down ? { status: 401, body: { error: { message: 'key refused' } } } : null),
    });
    const { id } = (await post(runFile())).json<Run>();
    await ends(id, 'stopped');
    down = false;
    const before = server.counts.requests;
    const answers = await Promise.all(
      [1, 2].map(() => s.app.inject({ method: 'POST', url: `/api/runs/${id}/resume` })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202]);
    gate.open(10);
    await vi.waitFor(() => expect(engine.progress(id)!.responses).toBe(10), { timeout: 60_000, interval: 5 });
    await s.app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` });
    gate.open(1000);
    await ends(id, 'cancelled');
    await s.app.inject({ method: 'POST', url: `/api/runs/${id}/resume` });
    await ends(id);
    expect(server.counts.requests - before).toBe(10 + 10);
  });

  it('that stands in line is deleted, and nothing is asked for it', async () => {
    const gate = new Gate();
    await open({ hold: gate.pass });
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) ids.push((await post(runFile(4, { seed }))).json<Run>().id);
    expect((await s.app.inject({ method: 'DELETE', url: `/api/runs/${ids[2]!}` })).statusCode).toBe(204);
    gate.open(1000);
    await ends(ids[0]!);
    await ends(ids[1]!);
    expect(await store.run(ids[2]!)).toBeNull();
    expect(server.counts.requests).toBe(2 * (8 + 8));
  });

  it('shows how far it is, and is cancelled with what was judged kept', async () => {
    const gate = new Gate();
    await open({ hold: gate.pass });
    const { id } = (await post(runFile(50))).json<Run>();
    gate.open(100 + 8);
    await vi.waitFor(() => expect(engine.progress(id)!.done).toBeGreaterThan(3), { timeout: 60_000, interval: 5 });
    const { progress } = (await s.app.inject({ url: `/api/runs/${id}` })).json<{
      progress: { judged: number; due: number };
    }>();
    expect(progress.due).toBe(100);
    expect(engine.waiting()).toBeGreaterThan(0);
    expect((await s.app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` })).statusCode).toBe(202);
    gate.open(4);
    const cancelled = await ends(id, 'cancelled');
    expect(cancelled.reason).toBe('cancelled by a person');
    const { judged } = await store.counts(id);
    expect(judged).toBeGreaterThan(3);
    expect(judged).toBeLessThan(100);
    const again = await s.app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` });
    expect(again.json()).toMatchObject({ status: 409, code: 'RUN_INACTIVE' });
  });

  it('that still stands in line is cancelled at once, and nothing is asked for it', async () => {
    const gate = new Gate();
    await open({ hold: gate.pass });
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) ids.push((await post(runFile(20, { seed }))).json<Run>().id);
    const answer = await s.app.inject({ method: 'POST', url: `/api/runs/${ids[2]!}/cancel` });
    expect(answer.json()).toMatchObject({ status: 'cancelled' });
    await ends(ids[2]!, 'cancelled');
    await expect.poll(async () => (await store.run(ids[0]!))!.status).toBe('running');
    const stopped = engine.stop();
    gate.open(1000);
    await stopped;
    expect(await store.counts(ids[2]!)).toEqual({ judged: 0, failed: 0 });
    expect(await store.run(ids[2]!)).toMatchObject({ status: 'cancelled', started_at: null });
    expect(await store.run(ids[0]!)).toMatchObject({ status: 'queued' });
  });

  it('is picked up by the next service when this one stops, without a judgment lost or made twice', async () => {
    const gate = new Gate();
    await open({ hold: gate.pass });
    const { id } = (await post(runFile(30))).json<Run>();
    gate.open(60 + 8);
    await vi.waitFor(() => expect(engine.progress(id)!.done).toBeGreaterThan(3), { timeout: 60_000, interval: 5 });
    const stopped = engine.stop();
    // Told at once, while calls are still under way: here nothing lets them end before.
    await expect(engine.resume(id)).rejects.toMatchObject({ code: 'NOT_AVAILABLE' });
    gate.open(1000);
    await stopped;
    expect(await store.run(id)).toMatchObject({ status: 'queued' });
    const kept = (await store.counts(id)).judged;
    expect(kept).toBeGreaterThan(3);
    expect((await post(runFile(31))).json()).toMatchObject({ status: 503, code: 'NOT_AVAILABLE' });

    engine = engineOn(server.openai);
    expect(await engine.recover()).toEqual([id]);
    await ends(id);
    expect(await store.counts(id)).toEqual({ judged: 60, failed: 0 });
    const judged = server.requests.filter(({ body }) => body['model'] === 'judge' && body['messages'] !== undefined);
    expect(judged.filter(({ status }) => status === 200).length).toBe(60);
  });

  it('that was to go on when the service stopped is not begun by it', async () => {
    const gate = new Gate();
    await open({ hold: gate.pass });
    const { id } = (await post(runFile(5))).json<Run>();
    await expect.poll(() => server.counts.under_way).toBe(4);
    await s.app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` });
    // It waits for the end of what was cancelled, and the service stops first.
    const again = expect(engine.resume(id)).rejects.toMatchObject({ code: 'NOT_AVAILABLE' });
    const stopped = engine.stop();
    gate.open(1000);
    await Promise.all([again, stopped]);
    expect(await store.run(id)).toMatchObject({ status: 'cancelled' });
    expect(server.counts.requests).toBe(4);
  });

  it('of the command line is left to its process, also when the service starts', async () => {
    await open();
    const { id } = (await post(runFile(2))).json<Run>();
    await ends(id);
    await store.updateRun(id, { status: 'running' });
    await store.hold(id, 'elsewhere:1:1', 'now', () => false);
    expect(await engine.recover()).toEqual([]);
    for (const action of ['resume', 'cancel']) {
      const answer = await s.app.inject({ method: 'POST', url: `/api/runs/${id}/${action}` });
      expect(answer.json()).toMatchObject({ status: 409, code: 'RUN_HELD' });
    }
    const workers = (await s.app.inject({ url: '/api/workers' })).json<{ items: object[] }>();
    const nothing = { endpoints: null, judged: null, per_minute: null, beat_at: null, silent_ms: null };
    expect(workers.items).toEqual([{ run_id: id, holder: 'elsewhere:1:1', since: 'now', ...nothing }]);
    await store.updateRun(id, { status: 'done' });
  });
});
