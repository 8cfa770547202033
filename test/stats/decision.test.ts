import { describe, expect, test } from 'vitest';
import { explain, summarize, varianceOfScores, verdictOf } from '../../src/stats/index.js';
import { repeatsSentence } from '../../src/words.js';
import { tableOf } from '../../src/tally/table.js';
import type { Tally } from '../../src/records.js';
import { tallyOf, verdicts } from './judged.js';

const decide = (tallies: Tally[], margins = {}) => summarize({ tallies, margins }).decision;
const inside = (w: number, t: number, l: number) => verdicts(w, t, l, { suite: 'in', domain: 'in-domain' });
const outside = (w: number, t: number, l: number, suite = 'out', from = 1000) =>
  verdicts(w, t, l, { suite, domain: 'out-of-domain' }, from);

describe('the sentence', () => {
  test('large numbers have marks for thousands', () => {
    expect(decide(inside(13, 0, 12)).sentence).toContain('; 4,879 more prompts would settle a difference');
  });

  test('after a stop says what the confidence sequence bears, as the interval for a fixed number of prompts holds no more', () => {
    const tallies = inside(390, 0, 320);
    const look = { domain: 'in-domain' as const, n: 710, win_rate: 0.549, log_e: 1.5, verdict: 'equivalent' as const };
    const told = (low: number, high: number) =>
      summarize({ tallies, margins: { 'in-domain': 0.1 }, looks: [{ ...look, low, high }] }).decision;
    expect(decide(tallies, { 'in-domain': 0.1 }).sentence).toMatch(/^Better in-domain/);
    expect(told(0.48, 0.595).sentence).toMatch(/^Equivalent in-domain within 10 points \(54\.9 %, 48\.0–59\.5\)/);
    expect(told(0.48, 0.62).domains['in-domain']).toMatchObject({ verdict: 'undecided' });
    expect(told(0.505, 0.6).domains['in-domain']).toMatchObject({ verdict: 'better' });
  });

  test('a margin is told as it was set', () => {
    const { sentence } = decide([...inside(500, 0, 500), ...outside(500, 0, 500)], {
      'in-domain': 0.045,
      'out-of-domain': 0.034,
    });
    expect(sentence).toMatch(/^Equivalent in-domain within 4\.5 points .*no loss beyond 3\.4 points/);
  });

  test('what would settle it is never fewer prompts than the exact test needs if all are won', () => {
    const more = (n: number, level: number) =>
      summarize({ tallies: inside(n, 0, 0), level }).decision.domains['in-domain'].more_prompts_needed;
    expect([more(2, 0.95), more(3, 0.95), more(5, 0.95), more(6, 0.95)]).toEqual([4, 3, 1, 0]);
    expect([more(8, 0.999), more(10, 0.999), more(11, 0.999)]).toEqual([3, 1, 0]);
    const detects = (n: number) => summarize({ tallies: inside(n, 0, 0) }).estimates[0]!.minimum_detectable_effect;
    expect(detects(5)).toBeNull();
    expect(detects(6)).not.toBeNull();
  });

  test('better in-domain, a loss out of domain not excluded, with what would settle it', () => {
    const { sentence, domains } = decide([...inside(72, 0, 28), ...outside(23, 0, 27)]);
    expect(sentence).toBe(
      'Better in-domain (72.0 %, 62.5–79.9). Out of domain a loss of up to 18 points is not excluded; 141 more prompts would settle a margin of 10.',
    );
    expect(domains['out-of-domain']).toMatchObject({
      verdict: 'undecided',
      non_inferior: false,
      margin: 0.1,
      more_prompts_needed: 141,
    });
    expect(domains['out-of-domain'].largest_loss_not_excluded).toBeCloseTo(0.5 - 0.3297, 3);
    expect(domains['multi-domain'].verdict).toBe('not tested');
  });

  test('a domain without a suite reads not tested', () => {
    expect(decide(inside(72, 0, 28)).sentence).toContain('Out of domain not tested.');
    expect(decide(outside(30, 0, 30)).sentence).toMatch(/^In-domain not tested\./);
    expect(decide(inside(72, 0, 28)).domains['out-of-domain']).toMatchObject({
      verdict: 'not tested',
      non_inferior: false,
      largest_loss_not_excluded: null,
      more_prompts_needed: null,
    });
  });

  test('undecided never reads as no difference', () => {
    for (const tallies of [
      inside(28, 0, 29),
      inside(1, 0, 0),
      inside(5, 3, 5),
      [...inside(10, 0, 3), ...outside(5, 5, 5)],
    ]) {
      const { sentence, domains } = decide(tallies);
      expect(domains['in-domain'].verdict).toBe('undecided');
      expect(sentence).toContain('undecided');
      expect(sentence).not.toMatch(/no difference|equal|same/i);
    }
  });

  test('below ten prompts it gives counts and no rate', () => {
    const { sentence } = decide(inside(4, 1, 2));
    expect(sentence).toContain('In-domain undecided (4 wins, 2 losses, 1 tie on 7 prompts, too few for a rate)');
    expect(sentence).not.toMatch(/0\.\d\d/);
  });

  test('no loss beyond the margin needs the lower limit above it; a stored margin changes the answer', () => {
    const tallies = [...inside(72, 0, 28), ...outside(150, 300, 150)];
    expect(decide(tallies).sentence).toContain('Out of domain no loss beyond 5 points (50.0 %, 47.2–52.8).');
    expect(decide(tallies, { 'out-of-domain': 0.01 }).domains['out-of-domain']).toMatchObject({
      non_inferior: false,
      margin: 0.01,
    });
  });

  test('every suite of the domain must hold: one small suite keeps the claim open, and is named', () => {
    const large = outside(150, 300, 150, 'chat');
    const small = outside(4, 2, 6, 'math', 5000);
    const { sentence, domains } = decide([...inside(72, 0, 28), ...large, ...small]);
    expect(domains['out-of-domain'].non_inferior).toBe(false);
    expect(sentence).toContain('is not excluded on math');
    expect(decide([...inside(72, 0, 28), ...large]).domains['out-of-domain'].non_inferior).toBe(true);
  });

  test('a shown loss on one suite is said even when the domain as a whole looks fine', () => {
    const { sentence } = decide([
      ...inside(72, 0, 28),
      ...outside(300, 0, 100, 'chat'),
      ...outside(5, 0, 35, 'math', 9000),
    ]);
    expect(sentence).toContain('a loss is shown on math');
  });

  test('rows without a domain are decided over all, and said to be without', () => {
    const { sentence, domains } = decide(verdicts(72, 0, 28, { domain: null }));
    expect(sentence).toBe('No row states a domain. Better overall (72.0 %, 62.5–79.9).');
    expect(domains['in-domain'].verdict).toBe('not tested');
  });

  test('a suite of which everything failed is not untested, and nothing is claimed of it', () => {
    const failed = Array.from({ length: 12 }, (_, i) =>
      tallyOf(`f${i}`, 'f', { domain: 'out-of-domain', suite: 'out' }),
    );
    const { domains, sentence } = decide([...inside(72, 0, 28), ...failed]);
    expect(domains['out-of-domain']).toMatchObject({ verdict: 'undecided', non_inferior: false });
    expect(sentence).toContain('Out of domain nothing is judged yet.');
  });
});

describe('the verdict', () => {
  const base = { inner: { low: 0.45, high: 0.6 }, alpha: 0.05, margin: 0.05 };

  test('better needs both the interval and the exact p: 36 of 57 is undecided', () => {
    const interval = { low: 0.502, high: 0.745 };
    expect(verdictOf({ ...base, interval, p: 0.063 }).verdict).toBe('undecided');
    expect(verdictOf({ ...base, interval, p: 0.049 }).verdict).toBe('better');
    expect(verdictOf({ ...base, interval: { low: 0.49, high: 0.7 }, p: 0.01 }).verdict).toBe('undecided');
  });

  test('equivalent needs the inner interval inside the margin on both sides', () => {
    const interval = { low: 0.44, high: 0.56 };
    expect(verdictOf({ ...base, interval, inner: { low: 0.46, high: 0.54 }, p: 1 }).verdict).toBe('equivalent');
    expect(verdictOf({ ...base, interval, inner: { low: 0.46, high: 0.56 }, p: 1 }).verdict).toBe('undecided');
  });
});

describe('where the spread comes from', () => {
  test('prompts that always go one way leave nothing to repeats: more prompts help', () => {
    const tallies = Array.from({ length: 20 }, (_, i) => tallyOf(`p${i}`, i % 2 === 0 ? 'www' : 'lll'));
    const variance = varianceOfScores(tableOf(tallies));
    expect(variance.prompts).toBeCloseTo(1, 9);
    expect(variance.responses).toBe(0);
    expect(variance.win_rate_by_repeat).toEqual([0.5, 0.5, 0.5]);
    expect(repeatsSentence(variance)).toContain('more prompts help more');
  });

  test('answers that flip from repeat to repeat are the spread: repeats help too', () => {
    const tallies = Array.from({ length: 20 }, (_, i) => tallyOf(`p${i}`, i % 2 === 0 ? 'wlwl' : 'lwlw'));
    const variance = varianceOfScores(tableOf(tallies));
    expect(variance.prompts).toBe(0);
    expect(variance.responses).toBeCloseTo(1, 9);
    expect(repeatsSentence(variance)).toContain('more repeats help nearly as much');
  });

  test('what cannot be told is null with the reason, and one repeat has no sentence', () => {
    const variance = varianceOfScores(tableOf(verdicts(6, 0, 6)));
    expect(variance).toMatchObject({ responses: null, orders: null, judges: null });
    expect(variance.reason).toContain('one response a prompt');
    expect(repeatsSentence(variance)).toBeNull();
  });

  test('a judge that follows the slot shows as spread between orders', () => {
    const tallies = Array.from({ length: 20 }, (_, i) => tallyOf(`p${i}`, 'o', { scores: [0.5], pairs: 1 }));
    expect(varianceOfScores(tableOf(tallies))).toMatchObject({ orders: 1, prompts: 0 });
  });
});

describe('stats --explain', () => {
  test('fills the formulas with the numbers of the row', () => {
    const tallies = verdicts(10, 0, 3);
    const lines = explain(summarize({ tallies }).estimates[0]!, tallies).join('\n');
    expect(lines).toContain('prompt scores: 0 × 3, 1 × 10');
    expect(lines).toContain('= 10 / 13 = 0.7692');
    expect(lines).toContain('Tango 1998');
    expect(lines).toContain('0.4974–0.9182');
    expect(lines).toContain('0.09229');
    expect(lines).not.toMatch(/NaN|undefined|null/);
  });

  test('picks the judges that make the row, and shows a pooled rate as one', () => {
    const tallies = [
      ...verdicts(10, 0, 3),
      ...verdicts(0, 0, 13, { judge: 'human:ada' }),
      tallyOf('p0', 'll', { judge: 'b' }),
    ];
    const of = (options: { pooled?: boolean }) =>
      explain(summarize({ tallies, ...options }).estimates[0]!, tallies, options).join('\n');
    expect(of({})).toContain('prompt scores: 0 × 3, 0.3333 × 1, 1 × 9');
    expect(of({ pooled: true })).toContain('pooled = sum of scores / scores = 10 / 15');
  });

  test('a row without a rate says why and stops', () => {
    const tallies = [tallyOf('a', 'f')];
    const lines = explain(summarize({ tallies }).estimates[0]!, tallies);
    expect(lines[1]).toContain('win rate: none');
  });
});
