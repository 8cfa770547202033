import { afterEach, describe, expect, it } from 'vitest';
import { openModels } from '../../src/models/index.js';
import { cli } from '../cli.js';
import { fastClock } from '../models/clock.js';
import type { ServerOptions } from '../server/index.js';
import { type Journey, openJourney, suiteOf } from './world.js';

let journey: Journey;
afterEach(() => journey.close());

/** Every token costs the same, so that a call costs what the server says it used. */
const PRICE = { input_usd_per_mtok: 1000, output_usd_per_mtok: 1000 };
const prices = { 'base-model': PRICE, 'tuned-model': PRICE, 'judge-model': PRICE };
const CONCURRENCY = 4;

/** What the server's answers cost, from its own log, and the dearest of them. */
function billed({ server }: Journey): { total: number; dearest: number } {
  const costs = server.requests
    .filter(({ status }) => status === 200)
    .map(({ tokens }) => (tokens!.input + tokens!.output) / 1000);
  return { total: costs.reduce((a, b) => a + b, 0), dearest: Math.max(...costs) };
}

describe('a budget', () => {
  it('is not crossed by more than a call is may cost, over responses, judgments, retries and canaries; the run goes on with a larger one', async () => {
    journey = await openJourney({ faults: { unreadable: 0.2, '500': 0.1 }, latency_ms: 2 });
    const file = await journey.runFile({ suites: [suiteOf(30)], prices, canaries: true, concurrency: CONCURRENCY });
    const budget_usd = 10;
    const quick = () => ({ models: openModels({ env: {}, concurrency: CONCURRENCY, prices, clock: fastClock(100) }) });
    const stopped = await journey.run(file, { budget_usd }, quick());
    expect(stopped.error?.code).toBe('BUDGET_REACHED');
    expect(stopped.run).toMatchObject({ status: 'stopped', reason: expect.stringContaining('the budget of $10') });
    expect(stopped.missing).toBeGreaterThan(0);
    const { total, dearest } = billed(journey);
    expect(total).toBeGreaterThan(budget_usd - 2 * dearest);
    expect(total).toBeLessThan(budget_usd + dearest);
    const { cost_usd } = await journey.store.spent(stopped.run.id);
    expect(cost_usd).toBeCloseTo(total, 8);

    const same = await journey.run(file, { budget_usd }, quick());
    expect(same.error?.code).toBe('BUDGET_REACHED');
    // What a call costs is not known again before one has come back.
    expect(billed(journey).total).toBeLessThan(Math.max(total, budget_usd) + dearest);

    const finished = await journey.run(file, { budget_usd: 1000 }, quick());
    expect(finished).toMatchObject({ status: 'done', missing: 0, error: null, run: { id: stopped.run.id } });
    const all = await journey.store.spent(stopped.run.id);
    expect(all.cost_usd).toBeCloseTo(billed(journey).total, 8);
  });

  it('smaller than what all calls under way cost lets out as many as fit, however much a first call may cost', async () => {
    const dear = { input_usd_per_mtok: 1000, output_usd_per_mtok: 1000 };
    journey = await openJourney({ latency_ms: 20 });
    const file = await journey.runFile({ suites: [suiteOf(30)], prices: { ...prices, 'judge-model': dear } });
    // 16 calls may be under way, of which each is feared to cost a dollar and more at first, and costs a few cents.
    const { error, run } = await journey.run(file, { budget_usd: 1 });
    const { total, dearest } = billed(journey);
    expect(error?.message).toBe(`the budget of $1 is reached ($${total.toFixed(2)} spent).`);
    expect(total).toBeLessThan(1 + dearest);
    expect(total).toBeGreaterThan(1 - dearest);
    expect((await journey.store.spent(run.id)).cost_usd).toBeCloseTo(total, 8);
  });

  it('from the command line ends with exit code 3 and one line, and resume takes a larger one', async () => {
    journey = await openJourney();
    const file = await journey.runFile({ suites: [suiteOf(12)], prices, budget_usd: 4 });
    const at = { cwd: journey.folder };
    const stopped = await cli(['run', file], at);
    expect(stopped.end).toBe(3);
    expect(stopped.stderr).toMatch(/^error: the budget of \$4 is reached .* go on with a larger --budget-usd\.$/m);
    const [run] = (await journey.store.runs()).items;
    expect((await cli(['resume', run!.id], at)).end).toBe(3);
    expect((await cli(['resume', run!.id, '--budget-usd', '100'], at)).end).toBe(0);
  });

  it('stays with its run until another one is given, and says so', async () => {
    journey = await openJourney();
    const file = await journey.runFile({ suites: [suiteOf(12)], prices });
    const stopped = await journey.run(file, { budget_usd: 4 });
    expect(stopped.error?.code).toBe('BUDGET_REACHED');
    const requests = journey.server.requests.length;
    for (const again of [() => journey.run(file), () => journey.resume(stopped.run.id)])
      expect((await again()).error?.message).toContain('the budget of $4 is reached');
    expect(journey.server.requests.length - requests).toBeLessThan(4);
    expect(journey.warnings.map(({ code }) => code)).toEqual(['BUDGET_KEPT']);
    expect((await journey.run(file, { budget_usd: 5 })).error?.message).toContain('the budget of $5 is reached');
    expect((await journey.resume(stopped.run.id)).error?.message).toContain('the budget of $5 is reached');
    expect(await journey.run(file, { budget_usd: 1000 })).toMatchObject({ status: 'done', error: null });
  });

  it('is refused before anything is asked where a price is unknown', async () => {
    journey = await openJourney();
    const file = await journey.runFile({ budget_usd: 4 });
    const { end, stderr } = await cli(['run', file], { cwd: journey.folder });
    expect(end).toBe(2);
    expect(stderr).toMatch(/^error: .*price of the baseline "base" \(base-model\) is unknown/m);
    expect(journey.server.counts.requests).toBe(0);
    expect((await journey.store.runs()).items).toHaveLength(0);
  });

  it('without a price the cost is unknown, never 0', async () => {
    journey = await openJourney();
    const { run } = await journey.run(await journey.runFile());
    const { cost_usd, unpriced } = await journey.store.spent(run.id);
    expect({ cost_usd, unpriced }).toEqual({ cost_usd: null, unpriced: 48 });
  });

  it.each(['live', 'batch'])('is kept by the texts where replies do not say what they used (%s)', async (how) => {
    journey = await openJourney({ uncounted: true });
    const file = await journey.runFile({ suites: [suiteOf(30)], prices, concurrency: CONCURRENCY });
    const asked = { batch: how === 'batch' };
    const world = { pause: () => new Promise<void>((resolve) => setImmediate(resolve)) };
    const stopped = await journey.run(file, { ...asked, budget_usd: 10 }, world);
    expect(stopped.error?.message).toMatch(/reached \(\$0\.00 spent, about \$\d+\.\d\d on answers that do not say/);
    const warnings = journey.warnings.filter(({ code }) => code === 'USAGE_UNKNOWN');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.message).toMatch(/^answers of (base|tuned) do not say how many tokens they used/);
    const { judged, responses } = await journey.store.spent(stopped.run.id);
    expect(responses + judged).toBeGreaterThan(15);
    expect(stopped.missing).toBeGreaterThan(0);
    expect(await journey.store.spent(stopped.run.id)).toMatchObject({ cost_usd: null, unpriced: responses + judged });

    const requests = journey.server.requests.length;
    const same = await journey.run(file, { ...asked, budget_usd: 9 }, world);
    expect(same.error?.code).toBe('BUDGET_REACHED');
    expect(journey.server.requests.length - requests).toBeLessThan(5);
    const finished = await journey.run(file, { ...asked, budget_usd: 1000 }, world);
    expect(finished).toMatchObject({ status: 'done', missing: 0, error: null });
  });

  it('a call that is refused costs nothing where the price is known, and leaves no bill unknown', async () => {
    const rule: ServerOptions['rule'] = ({ n }) =>
      n % 5 === 4 ? { status: 400, body: { error: { message: 'the prompt is too long' } } } : null;
    journey = await openJourney({ rule });
    const { run, failed } = await journey.run(await journey.runFile({ prices }));
    expect(failed).toBeGreaterThan(0);
    const { items } = await journey.store.judgments(run.id, { state: 'failed' }, { limit: 100 });
    expect(new Set(items.map(({ failure, cost_usd }) => `${failure} ${cost_usd}`))).toEqual(new Set(['too-long 0']));
    const costs = await journey.store.costs(run.id);
    expect(costs.map(({ cost_usd }) => cost_usd)).not.toContain(null);
    const spent = await journey.store.spent(run.id);
    expect(spent.unpriced).toBe(0);
    expect(spent.cost_usd).toBeCloseTo(billed(journey).total, 8);
    await journey.close();

    journey = await openJourney({ rule });
    const unknown = await journey.run(await journey.runFile());
    const some = await journey.store.judgments(unknown.run.id, { state: 'failed' }, { limit: 100 });
    expect(new Set(some.items.map(({ cost_usd }) => cost_usd))).toEqual(new Set([null]));
  });

  it('counts a machine by the hour while it is busy', async () => {
    journey = await openJourney({ latency_ms: 20 });
    const rented = { usd_per_hour: 3600, provider: 'openai', base_url: journey.server.openai, model: 'judge-model' };
    const file = await journey.runFile({
      prices: { 'base-model': FREE, 'tuned-model': FREE },
      judges: [{ name: 'judge', ...rented }],
    });
    const { run } = await journey.run(file);
    const { cost_usd } = await journey.store.spent(run.id);
    const { first_ms, last_ms } = journey.server.counts;
    expect(cost_usd).toBeGreaterThan(0.02);
    expect(cost_usd).toBeLessThan((last_ms - first_ms + 1000) / 1000);
  });
});

const FREE = { input_usd_per_mtok: 0, output_usd_per_mtok: 0 };
