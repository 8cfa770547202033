import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { compare } from '../../src/ledger/compare.js';
import { leaderboard } from '../../src/ledger/leaderboard.js';
import type { Judgment, Run } from '../../src/records.js';
import type { StoppingRule } from '../../src/stats/index.js';
import type { Look } from '../../src/summary.js';
import { winRates } from '../../src/win-rates.js';
import { type Journey, openJourney, suiteOf } from './world.js';

let journey: Journey;
afterEach(() => journey.close());

const PROMPTS = 320;
const better = { quality: { 'tuned-model': 0.62, 'base-model': 0.5 } };

async function judged(run: Run): Promise<Judgment[]> {
  const all: Judgment[] = [];
  for await (const judgment of journey.store.allJudgments(run.id)) all.push(judgment);
  return all;
}

it('stops once decided, leaves no comparison half judged, says what holds, and goes on when asked for more', async () => {
  journey = await openJourney(better);
  const seen: Look[][] = [];
  const file = await journey.runFile({ suites: [suiteOf(PROMPTS)], stop: 'when-decided' });
  const stopped = await journey.run(file, { onLook: (looks) => seen.push(looks) });
  expect(stopped).toMatchObject({ status: 'stopped', error: null });
  expect(stopped.reason).toMatch(/^decided after \d+ of 320 prompts: in-domain better$/);
  expect(stopped.missing).toBeGreaterThan(0);
  const first = await judged(stopped.run);
  const orders = new Map<string, Set<string | null>>();
  for (const { prompt_id, order } of first) orders.set(prompt_id, (orders.get(prompt_id) ?? new Set()).add(order));
  expect([...orders.values()].every((own) => own.size === 2)).toBe(true);
  expect(orders.size).toBeLessThan(PROMPTS);
  expect(seen.at(-1)![0]).toMatchObject({ domain: 'in-domain', verdict: 'better' });

  const warning = stopped.summary.warnings.find(({ code }) => code === 'STOPPED_EARLY')!;
  expect(warning.message).toContain('leans away from one half');
  const [look] = warning['sequence'] as Look[];
  expect(look!.low).toBeGreaterThan(0.5);
  // Wider than the interval for a fixed number of prompts: the price of looking.
  const { interval } = stopped.summary.estimates[0]!;
  expect(look!.high - look!.low).toBeGreaterThan(interval!.high - interval!.low);
  expect(readFileSync(join(stopped.folder, 'report.html'), 'utf8')).toContain('leans away from one half');
  expect(stopped.run.decision_rule).toMatchObject({
    stopping: { method: 'universal-mixture', minimum: 10 },
    decided: { looks: [{ domain: 'in-domain', verdict: 'better' }] },
  });

  const board = await leaderboard(journey.store, { domain: 'in-domain' });
  expect(board.left_out).toEqual([]);
  expect(board.items).toMatchObject([{ rank: 1, early: { code: 'STOPPED_EARLY', sequence: [look] } }]);
  expect(board.items[0]!.early!.message).toContain('leans away from one half');
  const other = await journey.run(await journey.runFile({ suites: [suiteOf(PROMPTS)], seed: 8 }));
  const compared = await compare(journey.store, [stopped.run, other.run]);
  expect(compared.early.map(({ run, code }) => [run, code])).toEqual([[stopped.run.id, 'STOPPED_EARLY']]);
  const ranks = (await leaderboard(journey.store)).items.map(({ run_id, early }) => [run_id, early !== null]);
  expect(new Map(ranks as [string, boolean][])).toEqual(
    new Map([
      [stopped.run.id, true],
      [other.run.id, false],
    ]),
  );

  // The same words again ask nobody anything.
  const same = await journey.runFile({ suites: [suiteOf(PROMPTS)], stop: 'when-decided' });
  const requests = journey.server.requests.length;
  const again = await journey.run(same);
  expect(again.status).toBe('stopped');
  expect(journey.server.requests.length).toBe(requests);
  expect(await judged(again.run)).toHaveLength(first.length);

  const whole = await journey.resume(stopped.run.id);
  expect(whole).toMatchObject({ status: 'done', missing: 0 });
  expect(whole.summary.warnings.map(({ code }) => code)).not.toContain('STOPPED_EARLY');
  expect(new Set((await judged(whole.run)).map(({ id }) => id)).size).toBe(PROMPTS * 2);
  expect(existsSync(join(whole.folder, 'summary.json'))).toBe(true);
  const finished = (await leaderboard(journey.store)).items.find(({ run_id }) => run_id === whole.run.id);
  expect(finished!.early).toBeNull();
});

it('the rule of a stop that came later has the level and margins the run was started with', async () => {
  journey = await openJourney(better);
  const suites = [suiteOf(6)];
  await journey.run(await journey.runFile({ suites, margin: { 'in-domain': 0.02 } }), { limit: 2 });
  const changed = { suites, margin: { 'in-domain': 0.4 }, level: 0.8, stop: 'when-decided' };
  const { run } = await journey.run(await journey.runFile(changed));
  expect(run.decision_rule).toMatchObject({ margin: { 'in-domain': 0.02 }, level: 0.95, stop: null });
  const { alpha, margins } = run.decision_rule['stopping'] as StoppingRule;
  expect(alpha).toBeCloseTo(0.05);
  expect(margins).toEqual({ 'in-domain': 0.02 });
});

it('a run that stopped without being decided stays out of the leaderboard, and is said to', async () => {
  journey = await openJourney(better);
  const stopped = await journey.run(await journey.runFile({ suites: [suiteOf(PROMPTS)], stop: 'when-decided' }));
  const { decided: _, ...undecided } = stopped.run.decision_rule;
  await journey.store.updateRun(stopped.run.id, { decision_rule: undecided });
  const { items, left_out } = await leaderboard(journey.store);
  expect(items).toEqual([]);
  expect(left_out).toMatchObject([{ why: 'not finished (stopped)' }]);
});

it('a difference that is not there is judged to the end, and nothing is said to be decided', async () => {
  journey = await openJourney({ quality: { 'tuned-model': 0.5, 'base-model': 0.5 } });
  const ended = await journey.run(await journey.runFile({ suites: [suiteOf(70)], stop: 'when-decided' }));
  expect(ended).toMatchObject({ status: 'done', missing: 0 });
  expect(ended.run.decision_rule).not.toHaveProperty('decided');
  expect(ended.summary.warnings.map(({ code }) => code)).not.toContain('STOPPED_EARLY');
});

it('a domain that is not decided keeps the whole run going', async () => {
  journey = await openJourney(better);
  const suites = [suiteOf(150), { ...(suiteOf(5, 'out-of-domain') as object) }];
  const ended = await journey.run(await journey.runFile({ suites, stop: 'when-decided' }));
  expect(ended).toMatchObject({ status: 'done', missing: 0 });
});

it('numbers of a run under way are said not to be final, with the sequence that may be looked at', async () => {
  journey = await openJourney(better);
  const ended = await journey.run(await journey.runFile({ suites: [suiteOf(40)] }));
  const live = await winRates(journey.store, { ...ended.run, status: 'running' });
  expect(live.warnings[0]).toMatchObject({ code: 'NOT_FINAL', sequence: [{ domain: 'in-domain', n: 40 }] });
  expect(live.decision.sentence).toMatch(/^Not final/);
  expect(ended.summary.decision.sentence).not.toMatch(/^Not final/);
});
