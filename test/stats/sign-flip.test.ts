import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded } from '../../src/random.js';
import { adjust, exactBinomial, mcnemar, pairedT, signFlip, signTest } from '../../src/stats/index.js';

/** All 2^n sign patterns, one after the other. */
function byEnumeration(differences: number[]): number {
  const observed = Math.abs(differences.reduce((sum, d) => sum + d, 0));
  let tail = 0;
  for (let signs = 0; signs < 2 ** differences.length; signs++) {
    const sum = differences.reduce((s, d, i) => s + (signs & (1 << i) ? d : -d), 0);
    if (sum >= observed - 1e-9) tail++;
  }
  return Math.min(1, (2 * tail) / 2 ** differences.length);
}

describe('the sign-flip test', () => {
  test('counts all sign patterns, whatever the differences', () => {
    const quarter = fc.integer({ min: -8, max: 8 }).map((k) => k / 8);
    const graded = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((k) => (k / 1_000_000) * Math.SQRT2);
    fc.assert(
      fc.property(fc.array(quarter, { maxLength: 11 }), (d) => {
        expect(signFlip(d)).toBeCloseTo(byEnumeration(d), 10);
      }),
    );
    fc.assert(
      fc.property(fc.array(graded, { maxLength: 9 }), (d) => {
        expect(signFlip(d)).toBeCloseTo(byEnumeration(d), 9);
      }),
    );
  });

  test('is the exact sign test on single verdicts, ties or not', () => {
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.nat({ max: 40 }), fc.nat({ max: 9 }), (w, l, t) => {
        const d = [
          ...new Array<number>(w).fill(0.5),
          ...new Array<number>(l).fill(-0.5),
          ...new Array<number>(t).fill(0),
        ];
        expect(signFlip(d)).toBeCloseTo(signTest(w, l).two_sided, 10);
      }),
    );
  });

  test('by inversion at many prompts it gives what the sum of binomials gives', () => {
    const d = [...new Array<number>(5100).fill(0.5), ...new Array<number>(4900).fill(-0.5)];
    expect(signFlip(d)).toBeCloseTo(exactBinomial(5100, 10_000).two_sided, 9);
  });

  test('many graded differences follow the normal law, and certainty ends where doubles end', () => {
    const random = seeded(2);
    const d = Array.from({ length: 3000 }, () => random() - 0.495);
    const spread = Math.sqrt(d.reduce((sum, x) => sum + x * x, 0));
    const z = d.reduce((sum, x) => sum + x, 0) / spread;
    const { two_sided } = pairedT(d)!;
    expect(Math.abs(z)).toBeLessThan(3);
    expect(Math.abs(signFlip(d) - two_sided)).toBeLessThan(0.01);
    expect(signFlip(new Array<number>(30_000).fill(0.5))).toBeGreaterThan(0);
  });

  test('nothing, and nothing that differs, is p = 1', () => {
    expect(signFlip([])).toBe(1);
    expect(signFlip([0, 0])).toBe(1);
    expect(signFlip([0.5, 0.5], 0.5)).toBe(1);
  });
});

describe('tests beside it', () => {
  test('the two-sided binomial p adds every outcome no likelier, also off one half', () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.nat(), fc.constantFrom(0.1, 0.3, 0.5, 0.77), (n, seed, p) => {
        const k = seed % (n + 1);
        const pmf = Array.from({ length: n + 1 }, (_, x) => choose(n, x) * p ** x * (1 - p) ** (n - x));
        const expected = pmf.filter((q) => q <= pmf[k]! * (1 + 1e-7)).reduce((sum, q) => sum + q, 0);
        expect(exactBinomial(k, n, p).two_sided).toBeCloseTo(Math.min(1, expected), 9);
      }),
    );
  });

  test('McNemar does not care which of the two is first', () => {
    const [here, there] = [mcnemar(4, 12), mcnemar(12, 4)];
    expect(here.mid_p).toBeCloseTo(there.mid_p, 12);
    expect(here.exact).toBe(there.exact);
  });

  test('adjusted p are never below the raw ones, keep their order, and Holm is never below Benjamini-Hochberg', () => {
    const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    fc.assert(
      fc.property(ps, (p) => {
        const [holm, bh] = [adjust(p, 'holm'), adjust(p, 'benjamini-hochberg')];
        p.forEach((raw, i) => {
          expect(bh[i]!).toBeGreaterThanOrEqual(raw - 1e-15);
          expect(holm[i]!).toBeGreaterThanOrEqual(bh[i]! - 1e-12);
          p.forEach((other, j) => {
            if (raw <= other) expect(holm[i]!).toBeLessThanOrEqual(holm[j]! + 1e-15);
          });
        });
      }),
    );
  });
});
