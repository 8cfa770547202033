import { describe, expect, test } from 'vitest';
import { seeded } from '../../src/random.js';
import { agreementOf } from '../../src/stats/index.js';
import { tableOf } from '../../src/tally/table.js';
import { tallyOf } from './judged.js';

/** Prompts of `repeats` comparisons each, whose four judges follow a hidden outcome three times in four. */
function manyPatterns(prompts: number, repeats: number) {
  const random = seeded(5);
  const letter = () => 'wlt'[Math.floor(random() * 3)]!;
  return Array.from({ length: prompts }, (_, p) => {
    const hidden = Array.from({ length: repeats }, letter);
    return ['a', 'b', 'c', 'd'].map((judge) =>
      tallyOf(`p${p}`, hidden.map((truth) => (random() < 0.75 ? truth : letter())).join(''), { judge }),
    );
  }).flat();
}

describe('agreement of a run in which nearly every prompt is unlike the others', () => {
  const tallies = manyPatterns(6000, 4);
  const of = (some: typeof tallies) => agreementOf(tableOf(some), ['a', 'b', 'c', 'd']).krippendorff_alpha;

  test('has the interval of alpha that resampled prompts give, from the normal limit', () => {
    // Below 4,096 patterns prompts are drawn; the same prompts twice over are drawn as the first half is, √2 narrower.
    const [half, whole] = [of(tallies.slice(0, 4 * 3000)), of(tallies)];
    const width = ({ low, high }: typeof half) => high! - low!;
    expect(whole.value).toBeCloseTo(half.value!, 1);
    expect(whole.low!).toBeLessThan(whole.value!);
    expect(whole.high!).toBeGreaterThan(whole.value!);
    expect(width(half) / width(whole) / Math.SQRT2).toBeGreaterThan(0.9);
    expect(width(half) / width(whole) / Math.SQRT2).toBeLessThan(1.1);
  });

  test('and of so many prompts that a limit is nearer than resamples: few patterns then, the same interval', () => {
    // 10,000 prompts of some 1,200 patterns: drawn when one prompt fewer, from the limit as they are.
    const many = manyPatterns(10_000, 1);
    const two = (some: typeof tallies) => agreementOf(tableOf(some), ['a', 'b', 'c', 'd']).krippendorff_alpha;
    const [drawn, limit] = [two(many.slice(4)), two(many)];
    expect(limit.low! - drawn.low!).not.toBe(0);
    expect(Math.abs(limit.low! - drawn.low!)).toBeLessThan(0.0015);
    expect(Math.abs(limit.high! - drawn.high!)).toBeLessThan(0.0015);
  });

  test('does not depend on the order of prompts, and the same prompts under other ids change nothing', () => {
    expect(of([...tallies].reverse())).toEqual(of(tallies));
    const again = tallies.map((tally) => ({ ...tally, judge: tally.judge.toUpperCase() }));
    const named = agreementOf(tableOf(again), ['A', 'B', 'C', 'D']).krippendorff_alpha;
    expect(named).toEqual(of(tallies));
  });
});
