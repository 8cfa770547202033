import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  agreementOf,
  cohenKappa,
  dawidSkene,
  effectiveJudges,
  familyOverlap,
  gwet,
  krippendorffAlpha,
  majorityVote,
  modelFamily,
  oneWayIcc,
  positionBias,
  repetitionStability,
  unitCounts,
  weightedVote,
} from '../../src/stats/index.js';
import { tableOf } from '../../src/tally/table.js';
import type { Tally } from '../../src/records.js';
import { tallyOf } from './judged.js';

/** Tallies of judges over prompts, a string of letters each. */
const judged = (letters: Record<string, string>): Tally[] =>
  Object.entries(letters).flatMap(([judge, outcomes]) =>
    [...outcomes].map((letter, i) =>
      tallyOf(`p${i}`, letter, { judge, ...(letter === 'o' ? { scores: [0.5], pairs: 1 } : {}) }),
    ),
  );
const agreement = (letters: Record<string, string>) =>
  agreementOf(tableOf(judged(letters)), Object.keys(letters).sort());

describe('agreement of judges', () => {
  test('is counted over comparisons both judged; order-dependent is a tie, failed and missing are left out', () => {
    const { pairs } = agreement({ a: 'wwltofw-', b: 'wlltowfw' });
    expect(pairs[0]).toMatchObject({ judges: ['a', 'b'], n: 5, observed: 4 / 5, reason: null });
  });

  test('near unanimity is high agreement, kappa near 0 and AC1 near 1', () => {
    const a = 'w'.repeat(118) + 'w'.repeat(5) + 'l'.repeat(2);
    const b = 'w'.repeat(118) + 'l'.repeat(5) + 'w'.repeat(2);
    const [pair] = agreement({ a, b }).pairs;
    expect(pair!.observed).toBeCloseTo(0.944, 9);
    expect(pair!.cohen_kappa).toBeCloseTo(-0.0233918, 6);
    expect(pair!.gwet_ac1).toBeGreaterThan(0.94);
  });

  test('no variation leaves kappa and alpha undefined, not 1 and not 0', () => {
    const { pairs, krippendorff_alpha, fleiss_kappa } = agreement({ a: 'wwww', b: 'wwww' });
    expect(pairs[0]).toMatchObject({ observed: 1, cohen_kappa: null });
    expect(pairs[0]!.reason).toContain('undefined');
    expect(krippendorff_alpha).toMatchObject({ value: null, low: null, high: null });
    expect(fleiss_kappa.value).toBeNull();
  });

  test('no common comparison is a null with its reason', () => {
    const { pairs, krippendorff_alpha, unanimous } = agreement({ a: 'w-', b: '-w' });
    expect(pairs[0]).toMatchObject({
      n: 0,
      observed: null,
      interval: null,
      reason: 'no comparison was judged by both',
    });
    expect(krippendorff_alpha.value).toBeNull();
    expect(unanimous).toEqual({ n: 0, share: null });
  });

  test('three judges: unanimous share, and how many votes they are worth', () => {
    const same = agreement({ a: 'wlwltwlw', b: 'wlwltwlw', c: 'wlwltwlw' });
    expect(same.unanimous).toEqual({ n: 8, share: 1 });
    expect(same.effective_judges).toBeCloseTo(1, 9);
    const apart = agreement({ a: 'wwllwwll', b: 'wlwlwlwl', c: 'wllwlwwl' });
    expect(apart.effective_judges).toBeGreaterThan(2.5);
  });

  test('the interval resamples prompts: copied comparisons of a prompt do not narrow it', () => {
    const once = judged({ a: 'wwllwwllwt', b: 'wlllwwlwwt' });
    const copied = once.map((t) => ({
      ...t,
      outcomes: t.outcomes.repeat(4),
      scores: [...t.scores, ...t.scores, ...t.scores, ...t.scores],
    }));
    const of = (tallies: Tally[]) => agreementOf(tableOf(tallies), ['a', 'b']);
    expect(of(copied).pairs[0]!.n).toBe(40);
    expect(of(copied).pairs[0]!.interval).toEqual(of(once).pairs[0]!.interval);
  });
});

describe('coefficients, for any table', () => {
  const table = fc.array(fc.array(fc.nat({ max: 9 }), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 });

  test('kappa is symmetric, at most 1, and alpha is near it from above', () => {
    fc.assert(
      fc.property(table, (counts) => {
        const turned = counts[0]!.map((_, j) => counts.map((row) => row[j]!));
        const { kappa, n } = cohenKappa(counts);
        if (kappa === null) return;
        expect(cohenKappa(turned).kappa).toBeCloseTo(kappa, 9);
        expect(kappa).toBeLessThanOrEqual(1 + 1e-12);
        const units = counts.flatMap((row, i) =>
          row.flatMap((count, j) =>
            new Array<number[]>(count).fill([0, 1, 2].map((k) => Number(k === i) + Number(k === j))),
          ),
        );
        const { alpha } = krippendorffAlpha(units, [0, 1, 2]);
        if (alpha !== null) expect(Math.abs(alpha - kappa)).toBeLessThan(1.5 / Math.sqrt(n) + 0.3);
        expect(gwet(units, [0, 1, 2]).gwet!).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  test('missing ratings are left out and not counted as disagreement', () => {
    const all = unitCounts<number>(
      [
        [2, 0, 1, null],
        [2, 0, null, 1],
      ],
      [0, 1, 2],
    );
    expect(krippendorffAlpha(all, [0, 1, 2]).alpha).toBe(1);
  });

  test('one-way ICC is 1 when groups differ and members do not, 0 when only members do', () => {
    const group = (...scores: number[]) => ({
      n: scores.length,
      sum: scores.reduce((s, x) => s + x, 0),
      squares: scores.reduce((s, x) => s + x * x, 0),
    });
    expect(oneWayIcc([group(1, 1, 1), group(0, 0), group(0.5, 0.5)])).toBeCloseTo(1, 9);
    expect(oneWayIcc([group(1, 0), group(0, 1), group(1, 0)])).toBe(0);
    expect(oneWayIcc([group(1), group(0)])).toBeNull();
    expect(effectiveJudges(3, 0.6)).toBeCloseTo(1.3636, 4);
  });
});

describe('bias and juries', () => {
  test('an always-first judge has primacy 1 and consistency 0', () => {
    const none = {
      consistent_candidate: 0,
      consistent_baseline: 0,
      consistent_tie: 0,
      second_both: 0,
      win_tie: 0,
      tie_loss: 0,
    };
    const bias = positionBias({ ...none, first_both: 12 });
    expect(bias).toMatchObject({ consistency: 0, primacy_rate: 1, primacy_share_of_flips: 1, win_rate: 0.5 });
    expect(bias.flip_test_two_sided).toBeLessThan(0.001);
    expect(positionBias({ ...none, first_both: 0 })).toMatchObject({ n: 0, consistency: null, win_rate: null });
  });

  test.each([
    ['Qwen/Qwen2.5-0.5B-Instruct', 'qwen'],
    ['claude-opus-4-1', 'anthropic'],
    ['gpt-4o-2024-11-20', 'openai'],
    ['o3-mini', 'openai'],
    ['gemini-2.5-flash-lite', 'google'],
    ['meta-llama/Llama-3.2-1B', 'meta'],
    ['brie-v2', null],
    ['robot-o3x', null],
  ])('%s is of the family %s', (model, family) => expect(modelFamily(model)).toBe(family));

  test('two names that tell no family do not share one', () => {
    expect(familyOverlap('brie', { baseline: 'camembert', candidate: null })).toEqual([]);
    expect(familyOverlap('gpt-4o', { baseline: 'gpt-3.5-turbo', candidate: 'qwen2' })).toEqual(['baseline']);
  });

  test('repeated answers: nulls are left out, single answers say nothing', () => {
    expect(repetitionStability([['w', null, 'w'], ['w']])).toEqual({
      pairwise_agreement: 1,
      fully_stable: 1,
      majority_flip_rate: 0,
    });
    expect(repetitionStability([['w'], []]).pairwise_agreement).toBeNull();
  });

  test('a weight for a judge that is never wrong is refused', () => {
    expect(weightedVote([0.9, 1], ['win', 'loss'])).toBeNull();
    expect(majorityVote(['win', 'win', 'loss', 'loss'])).toBe('tie');
  });

  test('Dawid-Skene finds the contrary judge among three', () => {
    const truth = Array.from({ length: 120 }, (_, i) => (i % 3 === 0 ? 'loss' : 'win'));
    const turned = (v: string): string => (v === 'win' ? 'loss' : 'win');
    const responses = truth.map((v, i) => [
      [i % 10 === 0 ? turned(v) : v],
      [i % 7 === 1 ? turned(v) : v],
      [i % 5 === 2 ? v : turned(v)],
    ]);
    const fit = dawidSkene(responses, ['win', 'loss'])!;
    expect(fit.enough).toBe(true);
    expect(fit.confusion[0]![0]![0]).toBeGreaterThan(0.85);
    expect(fit.confusion[2]![0]![0]).toBeLessThan(0.25);
    expect(dawidSkene([[[], []]], ['win', 'loss'])).toBeNull();
    expect(dawidSkene(responses.slice(0, 9), ['win', 'loss'])!.enough).toBe(false);
  });
});
