// Judging in batches, chosen by whoever posts the run: the same as `run --batch`, carried out by the service.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Run } from '../../src/records.js';
import { cliPath } from '../cli.js';
import type { BatchOptions } from '../server/batches.js';
import { startServer, type TestServer } from '../server/index.js';
import { type Carried, openCarried, postedFile } from './carried.js';
import { type Served, serveIn } from './served.js';

const PROMPTS = 5;
const DUE = 2 * PROMPTS;
const PRICE = { input_usd_per_mtok: 1000, output_usd_per_mtok: 1000 };
const prices = { base: PRICE, tuned: PRICE, judge: PRICE };
const BATCHES = { batch: 'true' };
const ONE_BY_ONE = { batch: 'false' };
const LONG = 1_000_000;

let carried: Carried;
const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = async (batch: Partial<BatchOptions> = {}, more: Parameters<typeof openCarried>[1] = {}) =>
  (carried = await openCarried({ batch }, { pause, ...more }));
const madeAt = ({ batches }: TestServer) => batches.batches;
const judgingCalls = ({ requests }: TestServer) => requests.filter(({ body }) => body['model'] === 'judge').length;
const fileOf = (judge: object = {}, more: object = {}) => {
  const { openai } = carried.server;
  const judges = [{ name: 'judge', provider: 'openai', model: 'judge', base_url: openai, ...judge }];
  return postedFile(openai, PROMPTS, { judges, prices, ...more });
};
const started = async (file: object, query: Record<string, string> = {}): Promise<string> => {
  const answer = await carried.post(file, query);
  expect(answer.statusCode, answer.body).toBe(202);
  return answer.json<Run>().id;
};

describe('a run that is posted with batch=true', () => {
  afterEach(() => carried.close());

  it.each(['openai', 'anthropic'] as const)(
    'is judged in batches at %s, for half the money of the same run posted without it, which makes none',
    async (provider) => {
      const spent: number[] = [];
      for (const query of [{}, BATCHES]) {
        await open({ polls: 2 });
        const { server, store, ends } = carried;
        const id = await started(fileOf({ provider, base_url: server[provider] }), query);
        await ends(id);
        expect(await store.counts(id)).toEqual({ judged: DUE, failed: 0 });
        const inBatches = query === BATCHES;
        expect(madeAt(server).map(({ items }) => items.length)).toEqual(inBatches ? [DUE] : []);
        expect(judgingCalls(server)).toBe(inBatches ? 0 : DUE);
        expect((await store.run(id))!.environment['batch']).toBe(inBatches ? true : undefined);
        const judge = (await store.costs(id)).find(({ kind }) => kind === 'judge');
        spent.push(Number(judge!.cost_usd));
        if (!inBatches) await carried.close();
      }
      expect(spent[0]).toBeGreaterThan(0);
      expect(spent[1]).toBeCloseTo(spent[0]! / 2, 10);
    },
  );

  it('asks those of its judges live that have no batch service', async () => {
    const { server, store, ends } = await open();
    const { judges } = fileOf() as { judges: object[] };
    const id = await started(fileOf({}, { judges: [...judges, { name: 'rules', provider: 'offline' }] }), BATCHES);
    await ends(id);
    expect(await store.counts(id)).toEqual({ judged: 2 * DUE, failed: 0 });
    expect(madeAt(server).map(({ items }) => items.length)).toEqual([DUE]);
  });

  it.each([
    ['rules', { provider: 'offline', model: undefined, base_url: undefined }],
    ['a machine that is paid by the hour', { usd_per_hour: 1 }],
    ['a model without chat', { api: 'completions' }],
  ])('and judged by nothing but %s is refused in one line, and nothing is made or asked', async (_what, judge) => {
    const { server, store, post } = await open();
    const answer = await post(fileOf(judge), BATCHES);
    const { status, code, detail } = answer.json<{ status: number; code: string; detail: string }>();
    expect([status, code]).toEqual([400, 'USAGE']);
    expect(detail).toMatch(/^no judge of this run has a batch service:.*\.$/);
    expect((await store.runs()).items).toEqual([]);
    expect(server.counts.requests).toBe(0);
    // Without the choice there is nothing wrong with it.
    expect((await post(fileOf(judge))).statusCode).toBe(202);
  });

  it('is refused by a service that hands its runs to workers, which take it one by one', async () => {
    let handed = 0;
    const carryOut = () => {
      handed++;
      return Promise.reject(new Error('no workers here'));
    };
    const told: unknown[] = [];
    const { store, post, ends } = await open({}, { carryOut, onError: (error) => void told.push(error) });
    const answer = await post(fileOf(), BATCHES);
    expect(answer.json()).toMatchObject({
      ...{ status: 400, code: 'USAGE' },
      detail: 'a run in batches is carried out by one process, not by workers.',
    });
    expect((await store.runs()).items).toEqual([]);
    await ends(await started(fileOf(), ONE_BY_ONE), 'stopped');
    expect(handed).toBe(1);
    expect(told).toHaveLength(1);
  });

  it('again is the same run; with the other choice while it is under way it is refused, and taken once it is cancelled', async () => {
    const { server, post, app, ends } = await open({ polls: LONG });
    const id = await started(fileOf(), BATCHES);
    await expect.poll(() => madeAt(server).length).toBe(1);
    expect(await started(fileOf(), BATCHES)).toBe(id);
    expect(await started(fileOf())).toBe(id);
    const other = await post(fileOf(), ONE_BY_ONE);
    expect(other.json()).toMatchObject({
      ...{ status: 409, code: 'RUN_ACTIVE' },
      ...{ detail: `run ${id} is under way in batches.`, hint: 'Cancel it first.' },
    });
    await app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` });
    await ends(id, 'cancelled');
    expect(await started(fileOf(), ONE_BY_ONE)).toBe(id);
    await ends(id);
    expect(madeAt(server).map(({ cancelled }) => cancelled)).toEqual([true]);
    expect(judgingCalls(server)).toBe(DUE);
  });
});

describe('a service in the middle of a run in batches', () => {
  let folder: string;
  let models: TestServer;
  let service: Served;
  const restart = async () => {
    const env = { DOUBLEBLIND_BATCH_PAUSE: '0.01' };
    service = await serveIn({ main: await cliPath(), cwd: folder, endpoint: models.openai, env });
  };
  const send = (path: string, body: object = {}) =>
    fetch(service.address + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const statusOf = async (id: string) =>
    ((await (await fetch(`${service.address}/api/runs/${id}`)).json()) as Run).status;
  const begun = async (): Promise<string> => {
    const answer = await send('/api/runs?batch=true', postedFile(models.openai, PROMPTS));
    expect(answer.status).toBe(202);
    await expect.poll(() => madeAt(models)[0]?.polled ?? 0).toBeGreaterThan(1);
    return ((await answer.json()) as Run).id;
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doubleblind-batch-'));
    models = await startServer({ batch: { polls: LONG } });
    await restart();
  });
  afterEach(async () => {
    service.child.kill('SIGKILL');
    await models.close();
    rmSync(folder, { recursive: true });
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    '%s leaves the batch open at the provider; the next service finds it again and reads it, with nothing handed in twice',
    async (signal) => {
      const id = await begun();
      expect(await service.end(signal)).toBe(signal === 'SIGTERM' ? 0 : signal);
      const looks = madeAt(models)[0]!.polled;
      expect(madeAt(models).map(({ cancelled }) => cancelled)).toEqual([false]);

      await restart();
      await expect.poll(() => madeAt(models)[0]!.polled).toBeGreaterThan(looks);
      expect(await statusOf(id)).toBe('running');
      models.batches.options.polls = 1;
      await expect.poll(() => statusOf(id)).toBe('done');
      expect(madeAt(models).map(({ items, cancelled }) => [items.length, cancelled])).toEqual([[DUE, false]]);
      expect(judgingCalls(models)).toBe(0);
    },
  );

  it('that is told to cancel the run cancels its batch at the provider', async () => {
    const id = await begun();
    expect((await send(`/api/runs/${id}/cancel`)).status).toBe(202);
    await expect.poll(() => statusOf(id)).toBe('cancelled');
    expect(madeAt(models).map(({ cancelled }) => cancelled)).toEqual([true]);
  });
});
