// Judging through batch services, over real HTTP: the same records as live, at half the price, whatever comes in between.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { auditFile, auditRun } from '../../src/audit/index.js';
import { CalledOff } from '../../src/errors.js';
import type { Launched, LaunchOptions } from '../../src/launch.js';
import type { Judgment } from '../../src/records.js';
import type { Progress, World } from '../../src/run-world.js';
import type { Batch, BatchOptions } from '../server/batches.js';
import type { ServerOptions } from '../server/index.js';
import { type Journey, openJourney, suiteOf } from './world.js';

const open: Journey[] = [];
afterEach(async () => {
  for (const journey of open.splice(0)) await journey.close();
});

const PRICE = { input_usd_per_mtok: 1000, output_usd_per_mtok: 1000 };
const prices = { 'base-model': PRICE, 'tuned-model': PRICE, 'judge-model': PRICE };
const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

type Provider = 'openai' | 'anthropic';

async function journeyOf(batch: Partial<BatchOptions> = {}, options: ServerOptions = {}): Promise<Journey> {
  const journey = await openJourney({ ...options, batch });
  open.push(journey);
  return journey;
}

/** A run file whose judge is at a provider. */
function fileOf(journey: Journey, provider: Provider, changes: object = {}): Promise<string> {
  const judges = [
    { name: 'judge', provider, base_url: journey.server[provider], model: 'judge-model', max_tokens: 300 },
  ];
  return journey.runFile({ judges, prices, ...changes });
}

const batched = (journey: Journey, file: string, options: Partial<LaunchOptions> = {}, world: Partial<World> = {}) =>
  journey.run(file, { batch: true, ...options }, { pause, ...world });

async function judgedIn({ folder }: Pick<Launched, 'folder'>): Promise<Judgment[]> {
  const text = await readFile(join(folder, 'judged.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Judgment);
}

/** A record without what differs between two runs of the same. */
const timeless = (j: Judgment) => ({ ...j, run_id: '', id: '', judged_at: '', latency_ms: null });
/** Requests in all batches of the server. */
const handedIn = ({ server }: Journey) => server.batches.batches.reduce((n, { items }) => n + items.length, 0);
const judgingCalls = ({ server }: Journey) =>
  server.requests.filter(({ body }) => body['model'] === 'judge-model').length;

describe.each(['openai', 'anthropic'] as const)('a run in batches at %s', (provider) => {
  it('has the records of a live run, canaries and retests included, each at half the price, and asks nobody live', async () => {
    const changes = { canaries: true, retest: 0.3, suites: [suiteOf(20)] };
    const live = await journeyOf();
    const expected = await judgedIn(await live.run(await fileOf(live, provider, changes)));
    const journey = await journeyOf({ polls: 3 });
    const ended = await batched(journey, await fileOf(journey, provider, changes));
    expect(ended).toMatchObject({ status: 'done', missing: 0, failed: 0, error: null });
    const records = await judgedIn(ended);
    const half = (j: Judgment) => ({ ...timeless(j), cost_usd: j.cost_usd! / 2 });
    expect(records.map(timeless)).toEqual(expected.map(half));
    expect(records.filter(({ canary }) => canary !== null).length).toBeGreaterThan(0);
    expect(records.filter(({ replicate }) => replicate > 0).length).toBeGreaterThan(0);
    expect(judgingCalls(journey)).toBe(0);
    expect(handedIn(journey)).toBe(records.length);
    const found = [await auditRun(journey.store, ended.run), await auditFile([ended.folder])];
    for (const { findings } of found) expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('tells a batch whose creation was not confirmed from another judge’s of the same size', async () => {
    const journey = await journeyOf({ lose: 1, polls: 3 });
    const judge = { provider, base_url: journey.server[provider] };
    const judges = ['first', 'second'].map((name) => ({ name, model: `${name}-model`, ...judge }));
    const ended = await batched(journey, await journey.runFile({ judges, suites: [suiteOf(5)] }));
    expect(ended).toMatchObject({ status: 'done', judged: 20, missing: 0 });
    expect(journey.server.batches.batches).toHaveLength(2);
    for (const { judge: name, judge_model_served } of await judgedIn(ended))
      expect(judge_model_served).toBe(`${name}-model`);
  });

  it('ends once it is decided, and cancels what is open', async () => {
    const journey = await journeyOf({}, { quality: { 'tuned-model': 0.9, 'base-model': 0.1 } });
    const judges = ['judge', 'second'].map((name) => ({
      ...{ name, provider, base_url: journey.server[provider], model: `${name}-model` },
    }));
    const changes = { judges, prices: {}, suites: [suiteOf(40)] };
    const { server } = journey;
    // The second judge's batch never ends by itself.
    const never = ({ items }: Batch) => items[0]!.body['model'] === 'second-model';
    server.batches.options.on = (_, batch) => void (batch !== null && never(batch) && (batch.polled = -9));
    const half = { ...changes, judges: [judges[0]!, { ...judges[1]!, share: 0.5 }], stop: 'when-decided' };
    const ended = await batched(journey, await journey.runFile(half));
    expect(ended).toMatchObject({ status: 'stopped', judged: 80, error: null });
    expect(ended.run.reason).toMatch(/^decided after 40 of 40 prompts: in-domain better$/);
    expect(server.batches.batches.map((batch) => [never(batch), batch.cancelled])).toEqual(
      expect.arrayContaining([
        [false, false],
        [true, true],
      ]),
    );
  });

  it('is not handed to workers, who know nothing of batches', async () => {
    const journey = await journeyOf();
    const file = await fileOf(journey, provider);
    const carryOut = () => expect.fail('handed to workers');
    await expect(batched(journey, file, { carryOut })).rejects.toMatchObject({ code: 'USAGE' });
    expect(journey.server.counts.requests).toBe(0);
  });

  it('ends every unit judged or with its true reason under faults; attempts and money agree with the service', async () => {
    const journey = await journeyOf({ unreadable: 0.25, errored: 0.15, expired: 0.15 });
    const ended = await batched(journey, await fileOf(journey, provider, { suites: [suiteOf(60)] }));
    expect(ended).toMatchObject({ status: 'done', missing: 0 });
    const records = await judgedIn(ended);
    expect(records).toHaveLength(120);
    for (const record of records) expect([null, 'unreadable']).toContain(record.failure);
    expect(records.reduce((n, { attempts }) => n + attempts, 0)).toBe(handedIn(journey));
    expect(handedIn(journey)).toBeGreaterThan(160);
    const live = await journeyOf();
    const calm = await judgedIn(await live.run(await fileOf(live, provider, { suites: [suiteOf(60)] })));
    const winners = (all: Judgment[]) => new Map(all.map((j) => [`${j.prompt_id} ${j.order}`, j.winner]));
    const expected = winners(calm);
    for (const [key, winner] of winners(records)) if (winner !== null) expect(winner).toBe(expected.get(key));
    expect(await journey.store.waitingItems(ended.run.id, 'judge')).toEqual([]);
    expect(await journey.store.openBatches(ended.run.id)).toEqual([]);
  });

  it('gives up a judgment that is never readable after three replies, and one that never comes after seven batches', async () => {
    const mumbling = await journeyOf({ unreadable: 1 });
    const first = await batched(mumbling, await fileOf(mumbling, provider, { suites: [suiteOf(3)] }));
    for (const j of await judgedIn(first)) expect(j).toMatchObject({ failure: 'unreadable', attempts: 3 });
    expect(handedIn(mumbling)).toBe(18);
    // Asked again, they are counted once on the way, too.
    expect(await mumbling.resume(first.run.id, { batch: true }, { pause })).toMatchObject({ failed: 6, judged: 0 });
    expect(handedIn(mumbling)).toBe(36);
    const silent = await journeyOf({ expired: 1 });
    const second = await batched(silent, await fileOf(silent, provider, { suites: [suiteOf(3)] }));
    for (const j of await judgedIn(second))
      expect(j).toMatchObject({ failure: 'unreachable', attempts: 7, reply: null, cost_usd: 0 });
    expect(second).toMatchObject({ status: 'done', failed: 6, missing: 0 });
    expect(silent.server.batches.batches).toHaveLength(7);
  });

  it('records at once what can never be answered', async () => {
    const error = { status: 400, type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens' };
    const journey = await journeyOf({ errored: 1, error });
    const ended = await batched(journey, await fileOf(journey, provider, { suites: [suiteOf(2)] }));
    for (const j of await judgedIn(ended)) expect(j).toMatchObject({ failure: 'too-long', attempts: 1 });
    expect(journey.server.batches.batches).toHaveLength(1);
  });

  it('says in one line that no batch can be made; its work stays due, other judges go on, and resume finishes', async () => {
    const refuses = { status: 403, message: 'batches are not enabled for this account' };
    const journey = await journeyOf({ refuses });
    const judges = [
      { name: 'judge', provider, base_url: journey.server[provider], model: 'judge-model' },
      { name: 'rules', provider: 'offline' },
    ];
    const ended = await batched(journey, await journey.runFile({ judges, suites: [suiteOf(5)] }));
    expect(ended.error?.code).toBe('ENDPOINT_DOWN');
    expect(ended.error?.line).toMatch(/^judge: no batch can be made: .*batches are not enabled for this account/);
    expect(ended).toMatchObject({ status: 'stopped', judged: 10, missing: 10 });
    expect(journey.warnings.filter(({ code }) => code === 'ENDPOINT_DOWN')).toHaveLength(1);
    journey.server.batches.options.refuses = null;
    expect(await batched(journey, await journey.runFile({ judges, suites: [suiteOf(5)] }))).toMatchObject({
      ...{ status: 'done', judged: 20, missing: 0 },
    });
    expect(handedIn(journey)).toBe(10);
  });

  it('looks for a batch whose creation was not confirmed, and does not pay for it twice', async () => {
    const journey = await journeyOf({ lose: 1, polls: 2 });
    const ended = await batched(journey, await fileOf(journey, provider));
    expect(ended).toMatchObject({ status: 'done', judged: 24, missing: 0 });
    expect(journey.server.batches.batches).toHaveLength(1);
  });

  it('asks on where a web page comes in place of what became of a batch, and does not pay for it twice', async () => {
    const pages = ['created', 'look'];
    const page = (step: string) => (pages[0] === step ? `<h1>Log in before you ${pages.shift()}</h1>` : null);
    const journey = await journeyOf({ page });
    expect(await batched(journey, await fileOf(journey, provider))).toMatchObject({ status: 'done', judged: 24 });
    expect(pages).toEqual([]);
    expect(journey.server.batches.batches).toHaveLength(1);
  });

  it('reads results again that broke off in the middle, and counts none twice', async () => {
    let breaks = 2;
    const journey = await journeyOf({
      cut: () => (breaks-- > 0 ? { lines: 5, then: () => Promise.resolve() } : null),
    });
    const ended = await batched(journey, await fileOf(journey, provider));
    expect(ended).toMatchObject({ status: 'done', judged: 24, missing: 0 });
    expect(handedIn(journey)).toBe(24);
    const { cost_usd } = await journey.store.spent(ended.run.id);
    const records = await judgedIn(ended);
    expect(records.every(({ attempts }) => attempts === 1)).toBe(true);
    expect(cost_usd).toBeGreaterThan(0);
  });

  it('stops with one line where results cannot be read, keeps what could be, and pays for none twice', async () => {
    let broken = true;
    const spoil = (lines: string[]) =>
      broken ? [...lines.slice(0, 4), lines[4]!.slice(0, 50), ...lines.slice(5)] : lines;
    const journey = await journeyOf({ spoil });
    const file = await fileOf(journey, provider);
    const ended = await batched(journey, file);
    expect(ended).toMatchObject({ status: 'stopped', judged: 4, failed: 0, missing: 20 });
    expect(ended.error?.line).toMatch(/^judge: batch batch_1 cannot be read: the results broke off: /);
    broken = false;
    expect(await batched(journey, file)).toMatchObject({ status: 'done', judged: 24, missing: 0 });
    expect(handedIn(journey)).toBe(24);
  });

  it('has a reason also for a judgment that no batch says anything of', async () => {
    const journey = await journeyOf({ spoil: () => ['{"custom_id": null}'] });
    const ended = await batched(journey, await fileOf(journey, provider, { suites: [suiteOf(2)] }));
    expect(ended).toMatchObject({ status: 'done', failed: 4, missing: 0 });
    for (const j of await judgedIn(ended)) expect(j).toMatchObject({ state: 'failed', failure: 'unreachable' });
  });

  it('never spends more than its budget: it hands in what surely fits, reads, and hands in more', async () => {
    const journey = await journeyOf({ unreadable: 0.2 });
    const file = await fileOf(journey, provider, { suites: [suiteOf(60)] });
    const stopped = await batched(journey, file, { budget_usd: 30 });
    expect(stopped.error?.code).toBe('BUDGET_REACHED');
    const spent = await journey.store.spent(stopped.run.id);
    expect(spent.cost_usd).toBeLessThanOrEqual(30);
    expect(spent.cost_usd).toBeGreaterThan(25);
    expect(journey.server.batches.batches.length).toBeGreaterThan(1);
    const finished = await batched(journey, file, { budget_usd: 1000 });
    expect(finished).toMatchObject({ status: 'done', missing: 0, run: { id: stopped.run.id } });
    const records = await judgedIn(finished);
    expect(records.reduce((n, { attempts }) => n + attempts, 0)).toBe(handedIn(journey));
  });

  it('that is cancelled cancels at the service, keeps what was judged, and can be gone on with', async () => {
    const stop = new AbortController();
    let looks = 0;
    const journey = await journeyOf({
      polls: 5,
      on: (step) => void (step === 'look' && ++looks === 3 && stop.abort(new CalledOff('by a person'))),
    });
    const file = await fileOf(journey, provider);
    const ended = await batched(journey, file, {}, { signal: stop.signal });
    expect(ended).toMatchObject({ status: 'stopped', reason: 'by a person', judged: 0, missing: 24 });
    expect(journey.server.batches.batches.map(({ cancelled }) => cancelled)).toEqual([true]);
    expect(await journey.store.openBatches(ended.run.id)).toEqual([]);
    expect(await journey.store.waitingItems(ended.run.id, 'judge')).toEqual([]);
    const again = await journey.run(file, {}, { pause });
    expect(again).toMatchObject({ status: 'done', judged: 24, missing: 0, run: { id: ended.run.id } });
    expect(journey.server.batches.batches).toHaveLength(2);
    expect(judgingCalls(journey)).toBe(0);
  });

  it('that is stopped from outside leaves its batch open, and finds it again without being told to use batches', async () => {
    const stop = new AbortController();
    const journey = await journeyOf({
      polls: 3,
      on: (step) => void (step === 'look' && stop.abort(new Error('SIGTERM'))),
    });
    const file = await fileOf(journey, provider);
    const ended = await batched(journey, file, {}, { signal: stop.signal });
    expect(ended).toMatchObject({ status: 'stopped', judged: 0 });
    expect(await journey.store.openBatches(ended.run.id)).toHaveLength(1);
    const again = await journey.run(file, {}, { pause });
    expect(again).toMatchObject({ status: 'done', judged: 24, missing: 0 });
    expect(journey.server.batches.batches).toHaveLength(1);
    expect(journey.server.batches.batches[0]!.cancelled).toBe(false);
  });

  it('is left within a moment by SIGTERM, and called off by Ctrl-C, also while the service does not answer', async () => {
    for (const reason of [new Error('SIGTERM'), new CalledOff('stopped by a person')]) {
      const stop = new AbortController();
      let looks = 0;
      const hang = (): Promise<void> => {
        setTimeout(() => stop.abort(reason), 50);
        return new Promise(() => undefined);
      };
      const journey = await journeyOf({
        polls: 9,
        on: (step) => (step === 'look' && looks++ === 0 ? hang() : undefined),
      });
      const started = performance.now();
      const stopped = await batched(journey, await fileOf(journey, provider), {}, { signal: stop.signal });
      // The service never answers that look; the SDKs alone would wait for ten minutes.
      expect(performance.now() - started).toBeLessThan(20_000);
      expect(stopped).toMatchObject({ status: 'stopped', judged: 0, missing: 24 });
      const cancelled = reason instanceof CalledOff;
      expect(journey.server.batches.batches.map((batch) => batch.cancelled)).toEqual([cancelled]);
      expect(await journey.store.openBatches(stopped.run.id)).toHaveLength(cancelled ? 0 : 1);
    }
  });

  it('that was cancelled at the service by somebody else says so, and asks nothing again by itself', async () => {
    const journey = await journeyOf({
      polls: 5,
      on: (_, batch) => void (batch !== null && batch.polled === 2 && (batch.cancelled = true)),
    });
    const ended = await batched(journey, await fileOf(journey, provider));
    expect(ended.error?.line).toMatch(/judge: batch batch_1 was cancelled at the service/);
    expect(ended).toMatchObject({ status: 'stopped', missing: 24 });
    expect(journey.server.batches.batches).toHaveLength(1);
  });

  it('goes on live where batches are no longer wanted: what is open is cancelled, and nothing is asked twice', async () => {
    const stop = new AbortController();
    const journey = await journeyOf({
      polls: 9,
      on: (step) => void (step === 'look' && stop.abort(new Error('SIGTERM'))),
    });
    const file = await fileOf(journey, provider);
    await batched(journey, file, {}, { signal: stop.signal });
    const ended = await journey.run(file, { batch: false }, { pause });
    expect(ended).toMatchObject({ status: 'done', judged: 24, missing: 0 });
    expect(journey.server.batches.batches.map(({ cancelled }) => cancelled)).toEqual([true]);
    expect(judgingCalls(journey)).toBe(24);
  });

  it('goes on live only when it is known what became of a batch whose id was lost', async () => {
    const stop = new AbortController();
    const journey = await journeyOf({
      lose: 1,
      polls: 4,
      on: (step) => void (step === 'created' && stop.abort(new Error('SIGTERM'))),
    });
    const file = await fileOf(journey, provider);
    const { run } = await batched(journey, file, {}, { signal: stop.signal });
    expect(await journey.store.openBatches(run.id)).toMatchObject([{ provider_id: null }]);
    const ended = await journey.resume(run.id, { batch: false }, { pause });
    expect(ended).toMatchObject({ status: 'done', judged: 24, missing: 0 });
    const told = journey.warnings.filter(({ code }) => code === 'BATCH_UNCLEAR');
    if (provider === 'anthropic') {
      expect(told.map(({ message }) => message)).toEqual([expect.stringMatching(/^judge: batch_1 may be a batch/)]);
      expect(judgingCalls(journey)).toBe(0);
      expect(handedIn(journey)).toBe(24);
    } else {
      expect(told).toEqual([]);
      expect(journey.server.batches.batches.map(({ cancelled }) => cancelled)).toEqual([true]);
    }
  });

  it('is left at once, as it is, when it is stopped while it waits for such a batch', async () => {
    const stop = new AbortController();
    const again = new AbortController();
    const journey = await journeyOf({
      lose: 1,
      polls: 1000,
      on: (step) => void (step === 'created' && stop.abort(new Error('SIGTERM'))),
    });
    const { run } = await batched(journey, await fileOf(journey, provider), {}, { signal: stop.signal });
    let pauses = 0;
    const soon = (signal: AbortSignal): Promise<void> => {
      if (++pauses === 3) again.abort(new Error('SIGTERM'));
      return signal.aborted ? Promise.resolve() : pause();
    };
    // OpenAI's carry a name and are known at once.
    if (provider === 'openai') return;
    const ended = await journey.resume(run.id, { batch: false }, { pause: soon, signal: again.signal });
    expect(ended).toMatchObject({ status: 'stopped', judged: 0 });
    expect(await journey.store.openBatches(run.id)).toMatchObject([{ provider_id: null }]);
    expect(judgingCalls(journey)).toBe(0);
  });

  it('takes what the cache holds and hands in the rest', async () => {
    const journey = await journeyOf();
    const file = await fileOf(journey, provider);
    await batched(journey, file, { limit: 4 });
    const again = await batched(journey, file, { again: true });
    expect(again).toMatchObject({ status: 'done', judged: 24 });
    expect(handedIn(journey)).toBe(24);
    const cost = (await judgedIn(again)).filter(({ cost_usd }) => cost_usd === 0);
    expect(cost).toHaveLength(8);
  });

  it('tells how many batches are open and how much of them is answered', async () => {
    const seen: Progress['batches'][] = [];
    const journey = await journeyOf({ polls: 2 });
    await batched(
      journey,
      await fileOf(journey, provider),
      {},
      { onProgress: (p) => void seen.push(p.batches ?? null) },
    );
    expect(seen).toContainEqual({ open: 1, done: 0, total: 24 });
    expect(seen).toContainEqual({ open: 1, done: 24, total: 24 });
    expect(seen.at(-1)).toBeNull();
  });
});

describe('a batch that OpenAI refuses after a look at it', () => {
  it('is one clear line, and its judgments stay due', async () => {
    const journey = await journeyOf({ fails: { code: 'invalid_json_line', message: 'line 3 is no JSON' } });
    const ended = await batched(journey, await fileOf(journey, 'openai'));
    expect(ended.error?.line).toMatch(/^judge: batch batch_1 failed: line 3 is no JSON/);
    expect(ended).toMatchObject({ status: 'stopped', missing: 24 });
    expect(journey.server.batches.batches).toHaveLength(1);
  });

  it('for too many tokens in line is handed in again in smaller portions, one after another', async () => {
    const crowded = { code: 'token_limit_exceeded', message: 'Enqueued token limit reached for judge-model.' };
    const journey: Journey = await journeyOf({
      on: (step) => {
        if (step !== 'look') return;
        const { batches, options } = journey.server.batches;
        options.fails = batches.at(-1)!.items.length > 7 ? crowded : null;
      },
    });
    const ended = await batched(journey, await fileOf(journey, 'openai'));
    expect(ended).toMatchObject({ status: 'done', judged: 24, missing: 0, error: null });
    expect(journey.server.batches.batches.map(({ items }) => items.length)).toEqual([24, 12, 6, 6, 6, 6]);
  });
});
