import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fisherExact } from '../../src/audit/fisher.js';

describe("Fisher's exact test", () => {
  it.each([
    [24, 8, 5, 19, 0.00010900727899192396],
    [10, 18, 16, 10, 0.10118073383060472],
    [3, 0, 0, 7, 0.008333333333333333],
    [8, 2, 1, 5, 0.034965034965034975],
    [12, 5, 7, 9, 0.16632006577356484],
    [400, 100, 90, 410, 2.0824817084863385e-91],
    [0, 0, 3, 4, 1],
  ])('of %i %i %i %i is %f (scipy 1.17.1)', (a, b, c, d, p) => {
    expect(fisherExact(a, b, c, d)).toBeCloseTo(p, 12);
    expect(fisherExact(a, b, c, d) / p).toBeCloseTo(1, 8);
  });

  it('is the same whichever way the table is turned, and lies in (0, 1]', () => {
    const cell = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(cell, cell, cell, cell, (a, b, c, d) => {
        const p = fisherExact(a, b, c, d);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        for (const turned of [fisherExact(b, a, d, c), fisherExact(c, d, a, b), fisherExact(a, c, b, d)])
          expect(turned).toBeCloseTo(p, 10);
      }),
    );
  });
});
