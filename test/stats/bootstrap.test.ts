import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded } from '../../src/random.js';
import { bootstrapMean, countScores, countsOf } from '../../src/stats/index.js';
import { latticeOf } from '../../src/stats/lattice.js';
import { binomialDraw, resampler, resampleStatistic, sortedQuantile } from '../../src/stats/resample.js';

/** Bootstrap distribution of the mean by adding one draw after the other: the slow way, for a control. */
function byConvolution(scores: number[], q: number): { value: number; share: number }[] {
  let chance = [1];
  for (let i = 0; i < scores.length; i++) {
    const next = new Array<number>(chance.length + q).fill(0);
    chance.forEach((p, at) => scores.forEach((s) => (next[at + Math.round(s * q)]! += p / scores.length)));
    chance = next;
  }
  return chance.map((share, at) => ({ value: at / q / scores.length, share }));
}

const quantile = (distribution: { value: number; share: number }[], p: number): number => {
  let sum = 0;
  for (const { value, share } of distribution) if ((sum += share) >= p - 1e-12) return value;
  return NaN;
};

describe('the exact bootstrap', () => {
  test('is the n-fold convolution, for any scores on a lattice and any level', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(scores, fc.constantFrom(0.8, 0.9, 0.95), (steps, level) => {
        const values = steps.map((s) => s / 12);
        const result = bootstrapMean(countScores(values), { level })!;
        expect(result.resamples).toBe('exact');
        if (result.degenerate) return;
        const slow = byConvolution(values, 12);
        expect(result.percentile[0]).toBeCloseTo(quantile(slow, (1 - level) / 2), 9);
        expect(result.percentile[1]).toBeCloseTo(quantile(slow, (1 + level) / 2), 9);
      }),
      { numRuns: 50 },
    );
  });

  test('agrees with resampling at a million prompts, and costs no draws', () => {
    const counts = countsOf([
      [1, 500_000],
      [0.5, 200_000],
      [0, 300_000],
    ]);
    const exact = bootstrapMean(counts)!;
    expect(exact.resamples).toBe('exact');
    const { sorted } = resampleStatistic(counts.counts, (d) => (d[1]! / 2 + d[2]!) / counts.n, {
      resamples: 4000,
      seed: 3,
    });
    expect(Math.abs(sortedQuantile(sorted, 0.025)! - exact.percentile[0])).toBeLessThan(exact.se / 10);
    expect(Math.abs(sortedQuantile(sorted, 0.975)! - exact.percentile[1])).toBeLessThan(exact.se / 10);
  });

  test('one value only is degenerate and says so; nothing is null', () => {
    expect(bootstrapMean(countScores([0.5, 0.5]))).toMatchObject({ degenerate: true, bca: null, se: 0 });
    expect(bootstrapMean(countScores([]))).toBeNull();
  });
});

describe('scores off every lattice', () => {
  const random = seeded(5);
  const scores = Array.from({ length: 800 }, () => random() ** 2);

  test('are drawn with the seed: the same seed the same limits, another seed others', () => {
    const counts = countScores(scores);
    const [a, again, b] = [7, 7, 8].map((seed) => bootstrapMean(counts, { seed })!);
    expect(a!.resamples).toBe(10_000);
    expect(a).toEqual(again);
    expect(a!.percentile).not.toEqual(b!.percentile);
  });

  test('gathered on a grid they keep mean and spread: limits within the noise of plain resampling', () => {
    const plain = seeded(9);
    const means = Array.from({ length: 4000 }, () => {
      let sum = 0;
      for (let i = 0; i < scores.length; i++) sum += scores[Math.floor(plain() * scores.length)]!;
      return sum / scores.length;
    }).sort((x, y) => x - y);
    const { percentile, se } = bootstrapMean(countScores(scores))!;
    expect(Math.abs(percentile[0] - sortedQuantile(means, 0.025)!)).toBeLessThan(se / 8);
    expect(Math.abs(percentile[1] - sortedQuantile(means, 0.975)!)).toBeLessThan(se / 8);
  });

  test('mirrored scores give mirrored limits, drawn or not', () => {
    const here = bootstrapMean(countScores(scores))!;
    const there = bootstrapMean(countScores(scores.map((s) => 1 - s)))!;
    expect(there.percentile[0]).toBeCloseTo(1 - here.percentile[1], 9);
    expect(there.bca!.high).toBeCloseTo(1 - here.bca!.low, 9);
  });
});

describe('what it stands on', () => {
  test('the lattice of prompt scores is found, that of arbitrary numbers is not', () => {
    expect(latticeOf([0, 0.25, 1])!.steps).toEqual([0, 1, 4]);
    expect(latticeOf([0, 1 / 3, 0.5, 1])!.steps).toEqual([0, 2, 3, 6]);
    expect(latticeOf([0.5])).toEqual({ step: 0, steps: [0] });
    expect(latticeOf([0, Math.SQRT1_2, 1])).toBeNull();
  });

  test.each([
    [20, 0.1],
    [40, 0.6],
    [1000, 0.03],
    [100_000, 0.37],
  ])('binomial draws of n = %d, p = %d have the right mean and variance', (n, p) => {
    const random = seeded(11);
    const draws = Array.from({ length: 20_000 }, () => binomialDraw(n, p, random));
    const mean = draws.reduce((sum, k) => sum + k, 0) / draws.length;
    const variance = draws.reduce((sum, k) => sum + (k - mean) ** 2, 0) / draws.length;
    const sd = Math.sqrt(n * p * (1 - p));
    expect(Math.abs(mean - n * p)).toBeLessThan((4 * sd) / Math.sqrt(draws.length));
    expect(Math.abs(variance / sd ** 2 - 1)).toBeLessThan(0.05);
    expect(draws.every((k) => k >= 0 && k <= n && Number.isInteger(k))).toBe(true);
  });

  test('a resample always holds n prompts, by draws or by binomials', () => {
    for (const counts of [
      [1, 1, 1, 2],
      [50, 7, 3],
    ]) {
      const out = new Float64Array(counts.length);
      const n = counts.reduce((sum, c) => sum + c, 0);
      const draw = resampler(counts, seeded(1));
      for (let b = 0; b < 200; b++) {
        draw(out);
        expect(out.reduce((sum, c) => sum + c, 0)).toBe(n);
      }
    }
  });
});
