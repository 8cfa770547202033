// Batches from outside: signals on the command line, cancelling and progress over HTTP, the estimate before.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Engine, openEngine } from '../../src/http/engine.js';
import { openModels } from '../../src/models/index.js';
import { cli } from '../cli.js';
import { service } from '../http/seeded.js';
import type { BatchOptions } from '../server/batches.js';
import { type Journey, openJourney, suiteOf } from './world.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const PRICE = { input_usd_per_mtok: 10, output_usd_per_mtok: 10 };
const prices = { 'base-model': PRICE, 'tuned-model': PRICE, 'judge-model': PRICE };
const env = { DOUBLEBLIND_BATCH_PAUSE: '0.01' };

async function journeyOf(batch: Partial<BatchOptions>): Promise<{ journey: Journey; file: string }> {
  const journey = await openJourney({ batch });
  open.push(journey);
  return { journey, file: await journey.runFile({ suites: [suiteOf(6)], prices }) };
}
const runOf = async ({ store }: Journey) => (await store.runs()).items[0]!;

describe('a signal on the command line', () => {
  for (const [signal, code, cancelled] of [
    ['SIGINT', 130, true],
    ['SIGTERM', 3, false],
  ] as const) {
    it(`${signal} ${cancelled ? 'cancels what is open at the provider' : 'leaves what is open at the provider'}, exits with ${code}, and the run goes on later`, async () => {
      let stop: () => void = () => undefined;
      const once = () => {
        stop();
        stop = () => undefined;
      };
      const { journey, file } = await journeyOf({ polls: 4, on: (step) => void (step === 'look' && once()) });
      const at = { cwd: journey.folder, env };
      const ended = await cli(['run', file, '--batch'], {
        ...at,
        onStart: (child) => (stop = () => child.kill(signal)),
      });
      expect(ended.end, ended.stderr).toBe(code);
      expect(ended.stderr).not.toMatch(/^\s+at /m);
      const { batches } = journey.server.batches;
      expect(batches.map((batch) => batch.cancelled)).toEqual([cancelled]);
      const again = await cli(['resume', (await runOf(journey)).id], at);
      expect(again.end, again.stderr).toBe(0);
      expect(batches).toHaveLength(cancelled ? 2 : 1);
      expect((await journey.store.spent((await runOf(journey)).id)).judged).toBe(12);
    }, 120_000);
  }

  it('nonsense in the environment is one line before anything is asked', async () => {
    const { journey, file } = await journeyOf({});
    const at = { cwd: journey.folder, env: { DOUBLEBLIND_BATCH_PAUSE: 'soon' } };
    const { end, stderr } = await cli(['run', file, '--batch'], at);
    expect(end).toBe(2);
    expect(stderr).toMatch(/^error: DOUBLEBLIND_BATCH_PAUSE is "soon"\. Give seconds, such as 30\.$/m);
    expect(journey.server.counts.requests).toBe(0);
  });
});

describe('before anything is spent', () => {
  it.each([[], ['--dry-run']])(
    'batches that no judge has a service for are refused in one line, beside a judge that has one they are not',
    async (...more: string[]) => {
      const { journey } = await journeyOf({});
      const rules = { name: 'rules', provider: 'offline' };
      const at = { cwd: journey.folder, env };
      const file = await journey.runFile({ suites: [suiteOf(6)], judges: [rules] });
      const { end, stderr } = await cli(['run', file, '--batch', ...more], at);
      expect(end).toBe(2);
      expect(stderr.trim()).toMatch(/^error: no judge of this run has a batch service:.*$/);
      expect((await journey.store.runs()).items).toEqual([]);
      const openai = { name: 'judge', model: 'judge-model', provider: 'openai', base_url: journey.server.openai };
      const both = await journey.runFile({ suites: [suiteOf(6)], judges: [rules, openai] });
      expect((await cli(['run', both, '--batch', ...more], at)).end).toBe(0);
    },
  );

  it('batches cost half of what the judge costs live, and responses the same', async () => {
    const { journey, file } = await journeyOf({});
    const told = async (...more: string[]) => {
      const { stdout } = await cli(['run', file, '--dry-run', '--json', ...more], { cwd: journey.folder });
      return (JSON.parse(stdout) as { asked: { role: string; cost_usd: number }[] }).asked;
    };
    const [live, half] = [await told(), await told('--batch')];
    for (const [i, { role, cost_usd }] of live.entries())
      expect(half[i]!.cost_usd).toBeCloseTo(role === 'judge' ? cost_usd / 2 : cost_usd, 12);
    expect(journey.server.counts.requests + journey.server.batches.batches.length).toBe(0);
  });
});

describe('a run in batches over HTTP', () => {
  async function served(
    batch: Partial<BatchOptions>,
  ): Promise<{ journey: Journey; engine: Engine; id: string; app: Awaited<ReturnType<typeof service>>['app'] }> {
    const stop = new AbortController();
    let left = false;
    const { journey, file } = await journeyOf({
      ...batch,
      on: (step, one) => {
        if (left) return batch.on?.(step, one);
        if (step === 'look') stop.abort(new Error('stopped from outside'));
      },
    });
    const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
    const { run } = await journey.run(file, { batch: true }, { pause, signal: stop.signal });
    left = true;
    const exports = join(journey.folder, 'served');
    await mkdir(exports);
    const engine = openEngine({
      store: journey.store,
      endpoints: [],
      exports,
      openModels: ({ concurrency }) => openModels({ env: {}, prices, concurrency }),
      environment: () => Promise.resolve({}),
      clock: () => Date.now(),
      pause,
      onWarning: () => undefined,
      onError: (error) => expect.fail(String(error)),
    });
    const { app } = await service({ store: journey.store, engine });
    open.push({ close: () => app.close() }, { close: () => engine.stop() });
    return { journey, engine, id: run.id, app };
  }

  it('that was stopped tells what is open over its events; cancelling it cancels that and keeps the rest', async () => {
    const { journey, engine, id, app } = await served({ polls: 50 });
    const { body } = await app.inject({ url: `/api/runs/${id}/events` });
    expect(body).toContain('"batches":{"open":1,"done":0,"total":12,"judges":[{"judge":"judge","since":"20');
    // Deleted, it would lose the ids of what is paid for.
    const deleted = await app.inject({ method: 'DELETE', url: `/api/runs/${id}` });
    expect(deleted.json()).toMatchObject({ status: 409, code: 'RUN_ACTIVE' });
    const { end, stderr } = await cli(['delete', id], { cwd: journey.folder });
    expect(end).toBe(2);
    expect(stderr).toMatch(/^error: run \S+ has 12 judgments in open batches at a provider\. `resume` collects/m);
    const answer = await app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` });
    expect(answer.statusCode).toBe(202);
    await vi.waitFor(async () => {
      expect(engine.progress(id)).toBeNull();
      expect((await journey.store.run(id))!.status).toBe('cancelled');
    }, 120_000);
    expect(journey.server.batches.batches.map(({ cancelled }) => cancelled)).toEqual([true]);
    expect(await journey.store.batchCounts(id)).toBeNull();
    const late = await app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` });
    expect(late.statusCode).toBe(409);
  }, 120_000);

  it('is gone on with in batches, and cancelled while they are open', async () => {
    let look: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => (look = resolve));
    const { journey, engine, id, app } = await served({ polls: 1_000_000, on: () => look() });
    expect((await app.inject({ method: 'POST', url: `/api/runs/${id}/resume` })).statusCode).toBe(202);
    await looked;
    expect((await app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` })).statusCode).toBe(202);
    await vi.waitFor(async () => {
      expect(engine.progress(id)).toBeNull();
      expect((await journey.store.run(id))!.status).toBe('cancelled');
    }, 120_000);
    expect(journey.server.batches.batches.map(({ cancelled }) => cancelled)).toEqual([true]);
  }, 120_000);

  it('is found again and finished after the service was stopped, with nothing handed in twice', async () => {
    const { journey, engine, id, app } = await served({ polls: 3 });
    expect((await app.inject({ method: 'POST', url: `/api/runs/${id}/resume` })).statusCode).toBe(202);
    await vi.waitFor(async () => {
      expect(engine.progress(id)).toBeNull();
      expect((await journey.store.run(id))!.status).toBe('done');
    }, 120_000);
    expect(journey.server.batches.batches).toHaveLength(1);
    expect((await journey.store.spent(id)).judged).toBe(12);
  }, 120_000);
});
