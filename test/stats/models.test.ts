import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded } from '../../src/random.js';
import {
  confidenceSequence,
  lengthControl,
  linearSlope,
  logEValue,
  notEstimable,
  pageTrend,
  ppi,
  roganGladen,
  sequentialStop,
  simultaneousBand,
  slopeInterval,
  stepToKeep,
} from '../../src/stats/index.js';

describe('length control', () => {
  const random = seeded(3);
  const differences = Array.from({ length: 400 }, () => Math.round(600 * (random() - 0.35)));
  const biased = differences.map((d) => (random() < 1 / (1 + Math.exp(-d / 150)) ? 1 : 0));

  test('a judge that only likes length has raw above one half and controlled at one half', () => {
    const fit = lengthControl(biased, differences)!;
    expect(fit.raw_win_rate).toBeGreaterThan(0.58);
    expect(fit.interval!.low).toBeLessThan(0.5);
    expect(fit.interval!.high).toBeGreaterThan(0.5);
    expect(fit.interval!.slope_low).toBeGreaterThan(1);
  });

  test('length that does not matter changes nothing: the slope holds 0', () => {
    const fair = differences.map(() => (random() < 0.7 ? 1 : 0));
    const fit = lengthControl(fair, differences)!;
    expect(Math.abs(fit.win_rate - fit.raw_win_rate)).toBeLessThan(0.03);
    expect(fit.interval!.slope_low).toBeLessThan(0);
    expect(fit.interval!.slope_high).toBeGreaterThan(0);
  });

  test('swapping the two turns the rate round and keeps the slope', () => {
    const here = lengthControl(biased, differences)!;
    const there = lengthControl(
      biased.map((s) => 1 - s),
      differences.map((d) => -d),
    )!;
    expect(there.win_rate).toBeCloseTo(1 - here.win_rate, 8);
    expect(there.interval!.low).toBeCloseTo(1 - here.interval!.high, 8);
    expect(there.slope).toBeCloseTo(here.slope, 8);
  });

  describe('its interval below 200 prompts', () => {
    // The data of the oracle length/ridge_1.0; limits from 200,000 refits with numpy (BCa, acceleration by influence).
    const scores = [1, 0, 0.5, 1, 1, 0, 1, 0.5, 0, 1, 1, 0, 1, 1, 0.5, 0, 1, 0, 1, 1];
    const lengths = [
      120, -300, 15, 400, 250, -60, 800, 20, -500, 90, 310, 150, -40, 600, 5, -220, 700, 330, -10, 210,
    ]; // prettier-ignore

    test('is that of prompts resampled and fitted again by another program', () => {
      for (const seed of [0, 1, 2]) {
        const { low, high } = lengthControl(scores, lengths, { seed })!.interval!;
        expect(Math.abs(low - 0.3563)).toBeLessThan(0.02);
        expect(Math.abs(high - 0.7397)).toBeLessThan(0.02);
      }
    });

    test('comes out the same for the same seed, and mirrored to the digit for swapped checkpoints', () => {
      const here = lengthControl(scores, lengths, { seed: 5 })!;
      expect(lengthControl(scores, lengths, { seed: 5 })).toEqual(here);
      expect(lengthControl(scores, lengths, { seed: 6 })!.interval).not.toEqual(here.interval);
      const there = lengthControl(
        scores.map((s) => 1 - s),
        lengths.map((d) => -d),
        { seed: 5 },
      )!;
      expect(there.interval!.low).toBeCloseTo(1 - here.interval!.high, 9);
      expect(there.interval!.slope_high).toBeCloseTo(here.interval!.slope_high, 9);
    });

    test('joins the linear one at 200 prompts without a jump', () => {
      const at = (n: number) => lengthControl(biased.slice(0, n), differences.slice(0, n))!.interval!;
      const [refit, linear] = [at(199), at(200)];
      expect(Math.abs(refit.low - linear.low)).toBeLessThan(0.02);
      expect(Math.abs(refit.high - linear.high)).toBeLessThan(0.02);
    });

    test('stays in [0, 1] around the rate where most resamples have one winner', () => {
      const few = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0];
      const fit = lengthControl(few, few.map((_, i) => (i % 3) - 1))!; // prettier-ignore
      expect(fit.interval!.high).toBe(1);
      expect(fit.interval!.low).toBeLessThan(fit.win_rate);
      expect(fit.interval!.low).toBeGreaterThan(0.3);
    });
  });

  test('separated data have no finite fit without a ridge, and one with it', () => {
    const scores = [1, 1, 1, 1, 0, 0, 0, 0];
    const lengths = [10, 20, 30, 40, -10, -20, -30, -40];
    expect(lengthControl(scores, lengths, { ridge: 0 })).toBeNull();
    expect(lengthControl(scores, lengths)!.slope).toBeGreaterThan(0);
    expect(lengthControl([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(lengthControl([], [])).toBeNull();
  });

  test('it is not estimable where the candidate is nearly always longer, or lengths never come near', () => {
    expect(notEstimable(differences.map((d) => d ** 3))).toBeNull();
    expect(notEstimable(Array.from({ length: 100 }, (_, i) => (i < 95 ? 50 + i : -5)))).toContain('shorter on 5 %');
    expect(notEstimable(Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 500 : -500)))).toContain('close on 0 %');
    expect(notEstimable([5, 5, 5, 5, 5, 5, 5, 5, 5, 5])).toContain('same on every prompt');
    expect(notEstimable([1, -1])).toContain('2 prompts');
  });
});

describe('stopping early', () => {
  const scores = fc.array(fc.constantFrom(0, 0.25, 0.5, 0.75, 1), { maxLength: 25 });

  test('the e-value does not depend on the order, and mirrored scores have the same', () => {
    fc.assert(
      fc.property(scores, (xs) => {
        const log = logEValue(xs);
        expect(logEValue(xs.toReversed())).toBe(log);
        expect(logEValue(xs.map((x) => 1 - x))).toBeCloseTo(log, 8);
      }),
    );
  });

  test('is a martingale: under a fair coin the mean of E stays 1', () => {
    // All 2^10 sequences of wins and losses, equally likely.
    let sum = 0;
    for (let bits = 0; bits < 1024; bits++) {
      const xs = Array.from({ length: 10 }, (_, i) => (bits >> i) & 1);
      sum += Math.exp(logEValue(xs)) / 1024;
    }
    expect(sum).toBeCloseTo(1, 9);
    // The same for scores of both orders, weighed by two fair orders: 1/4, 1/2, 1/4.
    let graded = 0;
    for (let code = 0; code < 3 ** 7; code++) {
      const xs = Array.from({ length: 7 }, (_, i) => (Math.floor(code / 3 ** i) % 3) / 2);
      const chance = xs.reduce((p, x) => p * (x === 0.5 ? 0.5 : 0.25), 1);
      graded += chance * Math.exp(logEValue(xs, 0.5));
    }
    expect(graded).toBeCloseTo(1, 9);
  });

  test('the confidence sequence holds the mean, and is wider than an interval that may be looked at once', () => {
    fc.assert(
      fc.property(scores, (xs) => {
        const { low, high } = confidenceSequence(xs);
        const mean = xs.reduce<number>((s, x) => s + x, 0) / Math.max(1, xs.length);
        expect(low).toBeLessThanOrEqual(mean + 1e-9);
        expect(high).toBeGreaterThanOrEqual(mean - 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  test('a clear effect stops, a fair one does not; many scores stay finite', () => {
    expect(sequentialStop(new Array<number>(12).fill(1)).stop_at).toBe(8);
    expect(sequentialStop([1, 0, 1, 0, 0.5, 0.5]).stop_at).toBeNull();
    const many = Array.from({ length: 4000 }, (_, i) => (i % 3 === 0 ? 0.25 : 0.75));
    expect(logEValue(many)).toBeGreaterThan(20);
    const { low, high } = confidenceSequence(many);
    expect(high - low).toBeLessThan(0.1);
    expect(low).toBeGreaterThan(0.5);
  });
});

describe('human labels', () => {
  test('a judge that agrees with the humans narrows the interval, one that guesses does no harm', () => {
    const random = seeded(8);
    const truth = Array.from({ length: 360 }, () => (random() < 0.62 ? 1 : 0));
    const good = truth.map((y) => (random() < 0.92 ? y : 1 - y));
    const noise = truth.map(() => (random() < 0.5 ? 1 : 0));
    const of = (judge: number[]) => ppi(truth.slice(0, 60), judge.slice(0, 60), judge.slice(60))!;
    const alone = ppi(truth.slice(0, 60), good.slice(0, 60), good.slice(60), { lambda: 0 })!;
    expect(of(good).high - of(good).low).toBeLessThan(0.75 * (alone.high - alone.low));
    expect(of(noise).lambda).toBeLessThan(0.3);
    expect(of(noise).high - of(noise).low).toBeLessThan(1.05 * (alone.high - alone.low));
    expect(ppi([1], [1], [1, 0])).toBeNull();
  });
});

describe('corrected intervals', () => {
  test('stay in 0 to 1 and in order where the correction leads beyond', () => {
    const human = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 0.5 : 1));
    const judge = human.map((y) => y - 0.25);
    expect(ppi(human, judge, new Array<number>(200).fill(1))).toMatchObject({ estimate: 1.25, low: 1, high: 1 });
    const mirrored = human.map((y) => 1 - y);
    expect(
      ppi(
        mirrored,
        mirrored.map((y) => y + 0.25),
        new Array<number>(200).fill(0),
      ),
    ).toMatchObject({ low: 0, high: 0 });
  });

  test('hold their estimate at any level', () => {
    const given = { rate: 0.1, n: 100, specificity: 1, m0: 5, sensitivity: 0.6, m1: 5 };
    for (const level of [0.5, 0.8, 0.95, 0.999]) {
      const { estimate, low, high } = roganGladen(given, level);
      expect(low! <= estimate! && estimate! <= high!).toBe(true);
    }
  });
});

describe('a curve over training steps', () => {
  const random = seeded(6);
  const rates = [0.4, 0.5, 0.62, 0.66, 0.6];
  const rows = Array.from({ length: 80 }, () => {
    const level = random();
    return rates.map((rate) => (0.6 * level + 0.4 * random() < rate ? 1 : 0));
  });

  test('the simultaneous band is wider than pointwise and narrower than Bonferroni', () => {
    const band = simultaneousBand(rows)!;
    expect(band.critical).toBeGreaterThan(2);
    expect(band.critical).toBeLessThan(2.62);
    expect(simultaneousBand(rows)).toEqual(band);
    expect(simultaneousBand([[1, 0]])).toBeNull();
  });

  test('a step that won every prompt has a band all the same: three of three cannot be told from two of three', () => {
    const band = simultaneousBand([
      [1, 1],
      [1, 1],
      [0, 1],
    ])!;
    expect(band.high[1]).toBe(1);
    // Wilson for 3 of 3 at 97.5 %, one half of alpha for each of two steps: 3/(3 + 2.2414²).
    expect(band.low[1]).toBeCloseTo(3 / (3 + 2.241402728 ** 2), 6);
    expect(stepToKeep(band)).toBe(0);
    const ties = simultaneousBand([[0.5], [0.5], [0.5]])!;
    expect(ties.low[0]).toBeLessThan(0.5);
    expect(ties.high[0]).toBeGreaterThan(0.5);
  });

  test('the slope is tested on prompts that are shared, the line is only described', () => {
    const steps = [0, 100, 200, 300, 400];
    const slope = slopeInterval(steps, rows)!;
    const line = linearSlope(
      steps,
      rows[0]!.map((_, k) => rows.reduce((s, row) => s + row[k]!, 0) / rows.length),
    )!;
    expect(slope.slope).toBeCloseTo(line.slope, 12);
    expect(slope.low).toBeLessThan(slope.slope);
    expect(slope.high).toBeGreaterThan(slope.slope);
    expect(linearSlope([1, 1, 1], [0, 1, 0])).toBeNull();
    expect(linearSlope([1, 2, 3], [0.5, 0.5, 0.5])).toEqual({ slope: 0, intercept: 0.5, r: null, p: null });
  });

  test('the step to keep is the earliest that the best cannot be told from', () => {
    expect(stepToKeep({ means: [0.3, 0.6, 0.7, 0.65], low: [0.2, 0.5, 0.58, 0.5], high: [0.4, 0.7, 0.8, 0.75] })).toBe(
      1,
    );
    expect(stepToKeep({ means: [], low: [], high: [] })).toBeNull();
  });

  test('Page: rising blocks are a trend, falling ones are none; exact and normal agree where both apply', () => {
    const rising = Array.from({ length: 20 }, (_, i) => [0.1, 0.2 + (i % 3) / 10, 0.3, 0.4]);
    expect(pageTrend(rising)!.p).toBeLessThan(1e-4);
    expect(pageTrend(rising.map((row) => row.toReversed()))!.p).toBeGreaterThan(0.99);
    const block = [0.1, 0.3, 0.2, 0.4];
    const exact = pageTrend([
      ...Array.from({ length: 30 }, () => block),
      ...Array.from({ length: 30 }, () => block.toReversed()),
    ])!;
    const normal = pageTrend([
      ...Array.from({ length: 40 }, () => block),
      ...Array.from({ length: 40 }, () => block.toReversed()),
    ])!;
    expect([exact.method, normal.method]).toEqual(['exact', 'normal']);
    expect(Math.abs(exact.p - normal.p)).toBeLessThan(0.02);
    expect(pageTrend([])).toBeNull();
  });
});
