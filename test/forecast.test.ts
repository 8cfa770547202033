import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkBudget } from '../src/budget.js';
import { resolveRun, type RunConfig } from '../src/config.js';
import { runFileSchema } from '../src/run-file.js';
import { forecast, type ForecastOptions } from '../src/forecast.js';
import { launch } from '../src/launch.js';
import { contentOf } from '../src/content.js';
import type { Model, Models } from '../src/models/index.js';
import { openStore, type Store } from '../src/store/index.js';

const PRICES: Record<string, number> = { 'judge-a': 4, 'judge-b': 4, base: 1, tuned: 1 };

/** Models that answer by themselves, priced by token; `asked` counts the calls that went out. */
function scripted(prices = PRICES): { models: Models; asked: Map<string, number> } {
  const asked = new Map<string, number>();
  const model = (name: string): Model => ({
    ask: async (ask) => {
      await ask.admit?.({ usd: 0, known: true });
      asked.set(name, (asked.get(name) ?? 0) + 1);
      const judge = ask.reply_schema !== undefined && Object.keys(ask.reply_schema).length > 0;
      const text = judge
        ? JSON.stringify({ rationale: 'so', quote: '', verdict: 'tie' })
        : `${name} says: ${asked.get(name)}`;
      return {
        ...{ text, stop_reason: 'end' as const, model_served: name, cached_tokens: 0, latency_ms: 5, attempts: 1 },
        ...{ input_tokens: judge ? 700 : 30, output_tokens: judge ? 50 : 20, cost_usd: 0.001 },
      };
    },
  });
  const models = {
    model: (spec: { model?: string }) => model(spec.model!),
    price: ({ model: name = '', usd_per_hour }: { model?: string; usd_per_hour?: number }) => {
      const usd = prices[name];
      return Promise.resolve({
        cost: () => null,
        estimate: (input: number, output: number) => (usd === undefined ? null : ((input + output) * usd) / 1e6),
        per_hour: usd === undefined ? (usd_per_hour ?? null) : null,
      });
    },
    ...{ endpoints: () => [], capacity: () => 4, learned: () => [], close: () => Promise.resolve() },
    redact: (text: string) => text,
    reach: () => Promise.resolve({ address: 'http://nowhere', served_models: null, doubt: null, key_variable: null }),
  };
  return { models: models as unknown as Models, asked };
}

const prompts = (verb: string, n: number) =>
  Array.from({ length: n }, (_, i) => ({ id: `p${i}`, prompt: `${verb} ${i} in ${'many '.repeat(20)}words.` }));

async function config(judges: string[], more: object = {}): Promise<RunConfig> {
  const file = runFileSchema.parse({
    purpose: 'baseline_comparison',
    suites: [
      { name: 'own', domain: 'in-domain', prompts: prompts('Say', 6) },
      { name: 'coding', domain: 'out-of-domain', prompts: prompts('Code', 11) },
    ],
    baseline: { name: 'base', provider: 'openai', model: 'base' },
    candidate: { name: 'tuned', provider: 'openai', model: 'tuned' },
    sampling: { max_tokens: 100 },
    judges: judges.map((model) => ({ name: model, provider: 'openai', model })),
    ...more,
  });
  const [resolved] = await resolveRun(file, { dir: '.' });
  return resolved!;
}

let store: Store;
let folder: string;
beforeEach(async () => {
  store = await openStore('sqlite::memory:');
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-forecast-'));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function told(of: RunConfig, more: Partial<ForecastOptions> = {}, { models } = scripted()) {
  const options = { cache: true, batch: false, content: await contentOf(of), ...more };
  return forecast(of, { store, models }, options);
}

async function run(of: RunConfig, more: object = {}) {
  const { models, asked } = scripted();
  const world = { store, models, clock: () => Date.UTC(2026, 10, 21), signal: new AbortController().signal };
  await launch(of, world, { exports: folder, environment: {}, ...more });
  return asked;
}

const calls = ({ asked }: Awaited<ReturnType<typeof told>>) =>
  Object.fromEntries(asked.map((one) => [one.name, one.calls]));

describe('a forecast', () => {
  it('says exactly the calls that the run then makes', async () => {
    const of = await config(['judge-a', 'judge-b']);
    const before = await told(of);
    expect(calls(before)).toEqual(Object.fromEntries(await run(of)));
    expect(before).toMatchObject({ prompts: 17, run: null });
  });

  it('asks nothing again that is stored', async () => {
    const of = await config(['judge-a']);
    await run(of);
    const after = await told(of);
    expect(Object.values(calls(after))).toEqual([0, 0, 0]);
    expect(after).toMatchObject({ cost_usd: 0, price_unknown: [] });
    expect(after.run).not.toBeNull();
  });

  it('of a second run of the same configuration finds nothing of the first but what the cache holds', async () => {
    const of = await config(['judge-a']);
    const asked = Object.fromEntries(await run(of));
    const again = await told(of, { again: true, cache: false });
    expect(again.run).toBeNull();
    expect(calls(again)).toEqual(asked);
    expect(again.cost_usd).not.toBe(0);
    const cached = await told(of, { again: true });
    expect(calls(cached)).toMatchObject(Object.fromEntries(await run(of, { again: true })));
  });

  it('counts what the cache holds as free, and with --no-cache does not', async () => {
    await run(await config(['judge-a']));
    const more = await config(['judge-a', 'judge-b']);
    const cached = await told(more);
    expect(calls(cached)).toMatchObject({ base: 0, tuned: 0, 'judge-a': 0 });
    expect(calls(cached)['judge-b']).toBeGreaterThan(30);
    expect(calls(await told(more, { cache: false }))['judge-a']).toBe(calls(cached)['judge-b']);
    // The control: the run makes the same use of the cache.
    expect(Object.fromEntries(await run(more))).toEqual({ 'judge-b': calls(cached)['judge-b'] });
  });

  it('takes tokens from earlier runs of the same models, and from characters where there are none', async () => {
    const of = await config(['judge-a']);
    const first = await told(of);
    expect(first.asked.map((one) => one.tokens_from)).toEqual(['characters', 'characters', 'characters']);
    expect(first.asked[0]).toMatchObject({ output_tokens: 1700 });
    await run(of);
    const second = await told(await config(['judge-a'], { seed: 1 }), { cache: false });
    const judge = second.asked[2]!;
    expect(judge).toMatchObject({
      tokens_from: 'earlier runs',
      input_tokens: judge.calls * 700,
      output_tokens: judge.calls * 50,
    });
  });

  it('never takes an unknown price for nothing', async () => {
    const unknown = scripted({ base: 1, tuned: 1 });
    const of = await told(await config(['judge-a']), {}, unknown);
    expect(of).toMatchObject({ cost_usd: null, price_unknown: ['judge-a'] });
    expect(of.known_usd).toBeGreaterThan(0);
    expect((await told(await config(['judge-a']), { budget_usd: 1 }, unknown)).budget).toEqual({
      ...{ budget_usd: 1, spent_usd: 0, open: 17 },
      prompts: null,
    });
  });

  it('takes nothing by the hour for nothing, and another price by the hour for unknown until a call was timed', async () => {
    const unpriced = scripted({ 'judge-a': 4 });
    const hourly = (usd_per_hour: number) => ({
      baseline: { name: 'base', provider: 'openai', model: 'base', usd_per_hour },
      candidate: { name: 'tuned', provider: 'openai', model: 'tuned', usd_per_hour },
    });
    const own = await told(await config(['judge-a'], hourly(0)), {}, unpriced);
    expect(own).toMatchObject({ price_unknown: [], asked: [{ cost_usd: 0 }, { cost_usd: 0 }, {}] });
    expect(own.cost_usd).toBe(own.asked[2]!.cost_usd);
    const rented = await told(await config(['judge-a'], hourly(2)), {}, unpriced);
    expect(rented).toMatchObject({ cost_usd: null, price_unknown: ['base', 'tuned'] });
  });

  it('says how many prompts a budget pays for, and batches cost half', async () => {
    const of = await config(['judge-a']);
    const { cost_usd, asked } = await told(of);
    expect((await told(of, { budget_usd: cost_usd! })).budget!.prompts).toBe(17);
    expect((await told(of, { budget_usd: cost_usd! / 2 })).budget!.prompts).toBe(8);
    const batch = await told(of, { batch: true });
    expect(batch.asked[2]!.cost_usd).toBeCloseTo(asked[2]!.cost_usd! / 2, 12);
    expect(batch.asked[0]!.cost_usd).toBe(asked[0]!.cost_usd);
  });

  it('takes from the budget what the run that goes on has spent of it', async () => {
    const of = await config(['judge-a'], { canaries: false });
    await run(of, { limit: 3 });
    const { budget, cost_usd } = await told(of, { budget_usd: 1 });
    // 6 prompts: 12 responses and 12 judgments at $0.001.
    expect(budget).toEqual({ budget_usd: 1, spent_usd: 0.024, open: 11, prompts: 11 });
    expect((await told(of, { budget_usd: 0.024 + cost_usd! / 2 })).budget).toMatchObject({ open: 11, prompts: 5 });
    expect((await told(of, { budget_usd: 0.02 })).budget).toMatchObject({ open: 11, prompts: 0 });
  });

  it('of a large run that goes on sees what is done of it, though that comes first in the order', async () => {
    const suites = [{ name: 'own', domain: 'in-domain', prompts: prompts('Say', 1000) }];
    const of = await config([], { suites, judges: [{ name: 'rule', provider: 'offline' }], canaries: false });
    await run(of, { budget_usd: 2 });
    const { run: id, estimated_from, asked } = await told(of, { cache: false });
    const { responses } = await store.spent(id!);
    expect(estimated_from).toBe(400);
    expect(responses).toBeGreaterThan(800);
    expect(Math.abs(asked[0]!.calls + asked[1]!.calls - (2000 - responses))).toBeLessThan(60);
  });

  it('says what each domain can detect, with its margin, and nothing of a domain that is not asked', async () => {
    const { detects } = await told(await config(['judge-a'], { margin: { 'out-of-domain': 0.15 } }));
    expect(detects['in-domain']).toMatchObject({ prompts: 6, margin: 0.1, prompts_for_margin: 191 });
    // 82 prompts for a margin of 0.15: the methods notes.
    expect(detects['out-of-domain']).toMatchObject({ prompts: 11, margin: 0.15, prompts_for_margin: 82 });
    expect(detects['multi-domain']).toBeUndefined();
  });

  it('of a limited run counts the limited prompts only', async () => {
    const limited = await told(await config(['judge-a']), { limit: 2 });
    expect(limited).toMatchObject({ prompts: 4 });
    expect(calls(limited)).toMatchObject({ base: 4, tuned: 4 });
  });
});

describe('a budget with an unknown price', () => {
  it('is refused, naming who; a price of the run file or by the hour is a price, and rules cost nothing', async () => {
    const { models } = scripted({ base: 1, tuned: 1 });
    await expect(checkBudget(await config(['judge-a']), models)).rejects.toMatchObject({ code: 'PRICE_UNKNOWN' });
    await expect(checkBudget(await config(['judge-a']), scripted().models)).resolves.toBeUndefined();
    const rule = { judges: [{ provider: 'offline', model: 'plain' }] };
    await expect(checkBudget(await config([], rule), models)).resolves.toBeUndefined();
    const hourly = { judges: [{ provider: 'openai', model: 'local', usd_per_hour: 0 }] };
    await expect(checkBudget(await config([], hourly), models)).resolves.toBeUndefined();
  });

  it('stops a run before anything is made or asked', async () => {
    const of = await config(['judge-c'], { budget_usd: 1 });
    await expect(run(of, { budget_usd: 1 })).rejects.toMatchObject({ code: 'PRICE_UNKNOWN' });
    expect((await store.runs()).items).toEqual([]);
  });
});
