import { describe, expect, it } from 'vitest';
import { sequentialRow } from '../../bench/sequential.js';
import type { Domain, Tally } from '../../src/records.js';
import { looks, type StoppingRule } from '../../src/stats/index.js';
import { tableOf } from '../../src/tally/table.js';

const none = { wins: 0, losses: 0, ties: 0, failed: 0, score: 0 };

/** A prompt judged in both orders with one winner; `half`: only one order is there yet. */
function tallyOf(i: number, win: boolean, domain: Domain = 'in-domain', half = false, judge = 'judge'): Tally {
  const counts = { ...none, wins: Number(win), losses: Number(!win), score: Number(win) };
  return {
    suite: domain, domain, category: null, prompt_id: `p${i}`, prompt_hash: `${domain}${i}`, judge,
    outcomes: win ? 'w' : 'l', scores: [Number(win)], pairs: half ? 0 : 1, baseline_first: counts,
    candidate_first: half ? none : counts, order_unknown: none, failures: {}, length_difference: 0, lengths: 0,
    baseline_length: 0, candidate_length: 0, unequal: 0, longer_wins: 0, quotes: 0, quote_mismatches: 0, rated: 0,
    score_contradictions: 0, criteria: {},
  }; // prettier-ignore
}

const rule = (margins: StoppingRule['margins'] = { 'in-domain': 0.1 }, minimum = 10): StoppingRule => ({
  method: 'universal-mixture',
  alpha: 0.05,
  minimum,
  margins,
});
const panel = { panel: ['judge'], due: () => 2 };
const prompts = (wins: number, losses: number, domain?: Domain) =>
  Array.from({ length: wins + losses }, (_, i) => tallyOf(i, i < wins, domain));

/** The same as a table. */
const asked = (...of: Parameters<typeof prompts>) => tableOf(prompts(...of));

describe('looks at a run that goes on', () => {
  it('decide by E and not by the interval for a fixed number: 10 of 13 is not enough, 15 of 16 is', () => {
    expect(looks(asked(10, 3), rule(), panel)[0]).toMatchObject({ n: 13, verdict: 'undecided' });
    expect(looks(asked(15, 1), rule(), panel)[0]).toMatchObject({ n: 16, verdict: 'better' });
    expect(looks(asked(1, 15), rule(), panel)[0]).toMatchObject({ verdict: 'worse' });
  });

  it('ask more of each domain where there are several', () => {
    const both = rule({ 'in-domain': 0.1, 'out-of-domain': 0.1 });
    expect(looks(asked(8, 0), rule(undefined, 5), panel)[0]!.verdict).toBe('better');
    expect(looks(asked(8, 0), { ...both, minimum: 5 }, panel)[0]!.verdict).toBe('undecided');
    expect(looks(asked(8, 0), both, panel)[1]).toMatchObject({ domain: 'out-of-domain', n: 0, win_rate: null });
  });

  it('decide nothing below the minimum', () => {
    expect(looks(asked(9, 0), rule(), panel)[0]!.verdict).toBe('undecided');
    expect(looks(asked(10, 0), rule(), panel)[0]!.verdict).toBe('better');
  });

  it('call a domain equivalent once the sequence lies inside the margin', () => {
    expect(looks(asked(500, 500), rule(), panel)[0]!.verdict).toBe('equivalent');
    expect(looks(asked(500, 500), rule({ 'in-domain': 0.02 }), panel)[0]!.verdict).toBe('undecided');
  });

  it('count a text that stands in two suites of a domain as one prompt, with the mean of its scores', () => {
    const elsewhere = prompts(8, 0).map((tally) => ({ ...tally, suite: 'another' }));
    const [look] = looks(tableOf([...prompts(8, 0), ...elsewhere]), rule(undefined, 5), panel);
    expect(look).toEqual(looks(asked(8, 0), rule(undefined, 5), panel)[0]);
    const lost = prompts(0, 8).map((tally) => ({ ...tally, suite: 'another' }));
    expect(looks(tableOf([...prompts(8, 0), ...lost]), rule(), panel)[0]).toMatchObject({ n: 8, win_rate: 0.5 });
    const domains = rule({ 'in-domain': 0.1, 'out-of-domain': 0.1 });
    const outside = prompts(0, 8).map((tally): Tally => ({ ...tally, suite: 'another', domain: 'out-of-domain' }));
    expect(looks(tableOf([...prompts(8, 0), ...outside]), domains, panel)).toMatchObject([
      { n: 8, win_rate: 1 },
      { n: 8, win_rate: 0 },
    ]);
  });

  it('leave out prompts that lack an order or a judge', () => {
    const half = [...prompts(12, 0), tallyOf(99, false, 'in-domain', true)];
    expect(looks(tableOf(half), rule(), panel)[0]!.n).toBe(12);
    const two = { panel: ['judge', 'other'], due: () => 2 };
    expect(looks(tableOf(half), rule(), two)[0]!.n).toBe(0);
    const joined = [...half, ...prompts(12, 0).map((tally) => ({ ...tally, judge: 'other' }))];
    expect(looks(tableOf(joined), rule(), two)[0]!.n).toBe(12);
  });
});

describe('stopping when decided, simulated with a look after every prompt', () => {
  it('decides wrongly in fewer than 5 of 100 runs at one half', () => {
    expect(sequentialRow(0.5, 400, 10_000).decided).toBeLessThan(0.05);
  });

  it.each([
    [0.65, 400, 100],
    [0.7, 200, 54],
    [0.77, 200, 29],
  ])('at %f needs as many prompts as the method says', (theta, cap, expected) => {
    const { mean_prompts } = sequentialRow(theta, cap, 10_000);
    expect(Math.abs(mean_prompts / expected - 1)).toBeLessThan(0.1);
  });
});
