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

  test('and from 2,000 prompts on with more than 256 patterns: the same interval as of one prompt fewer, which are drawn', () => {
    const many = manyPatterns(2000, 2);
    const pattern = (p: number) => many.slice(4 * p, 4 * p + 4).map(({ outcomes }) => outcomes);
    const distinct = new Set(Array.from({ length: 2000 }, (_, p) => pattern(p).join(' ')));
    expect(distinct.size).toBeGreaterThan(256);
    expect(distinct.size).toBeLessThan(4096);
    const [drawn, limit] = [of(many.slice(4)), of(many)];
    const width = drawn.high! - drawn.low!;
    expect(Math.abs(limit.low! - drawn.low!)).toBeLessThan(width / 10);
    expect(Math.abs(limit.high! - drawn.high!)).toBeLessThan(width / 10);
  });

  test('does not depend on the order of prompts, and the same prompts under other ids change nothing', () => {
    expect(of([...tallies].reverse())).toEqual(of(tallies));
    const again = tallies.map((tally) => ({ ...tally, judge: tally.judge.toUpperCase() }));
    const named = agreementOf(tableOf(again), ['A', 'B', 'C', 'D']).krippendorff_alpha;
    expect(named).toEqual(of(tallies));
  });
});
