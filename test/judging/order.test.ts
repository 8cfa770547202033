import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ORDERS } from '../../src/records.js';
import { ordersOf, type Coordinates } from '../../src/judging/order.js';

const at = (changes: Partial<Coordinates> = {}): Coordinates => ({
  seed: 7,
  suite: 'in-domain',
  category: 'poems',
  prompt_id: 'p1',
  repeat: 0,
  judge: 'opus',
  position: 0,
  ...changes,
});
const stratum = (n: number, changes: Partial<Coordinates> = {}) =>
  Array.from(
    { length: n },
    (_, position) => ordersOf('balanced', at({ ...changes, position, prompt_id: `p${position}` }))[0]!,
  );
const baselineFirst = (orders: string[]) => orders.filter((order) => order === 'baseline-first').length;

test('both is both orders, the others are one', () => {
  expect(ordersOf('both', at())).toEqual(['baseline-first', 'candidate-first']);
  for (const mode of ['balanced', 'random'] as const) {
    const orders = ordersOf(mode, at());
    expect(orders).toHaveLength(1);
    expect(ORDERS).toContain(orders[0]);
  }
});

describe('balanced', () => {
  test('every stratum, and every beginning of one, has half of each order, or one more of either', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.string(),
        fc.option(fc.string()),
        fc.nat({ max: 41 }),
        (seed, suite, category, n) => {
          const first = baselineFirst(stratum(n, { seed, suite, category }));
          expect(Math.abs(first - (n - first))).toBeLessThanOrEqual(n % 2);
        },
      ),
    );
  });

  test('each block of two is drawn on its own, so the orders do not simply alternate', () => {
    const orders = stratum(200);
    const opening = orders.filter((_, i) => i % 2 === 0);
    // Binomial(100, 0.5) leaves 25..75 once in four million draws.
    expect(baselineFirst(opening)).toBeGreaterThan(25);
    expect(baselineFirst(opening)).toBeLessThan(75);
  });

  test.each(['seed', 'suite', 'category', 'judge'] as const)('another %s is another draw', (coordinate) => {
    const others = { seed: 8, suite: 'x', category: null, judge: 'x' };
    expect(stratum(64, { [coordinate]: others[coordinate] })).not.toEqual(stratum(64));
  });
});

describe('random', () => {
  const draws = (changes: (i: number) => Partial<Coordinates>) =>
    Array.from({ length: 64 }, (_, i) => ordersOf('random', at(changes(i)))[0]!);

  test.each([
    ['seed', (i: number) => ({ seed: i })],
    ['suite', (i: number) => ({ suite: `s${i}` })],
    ['prompt', (i: number) => ({ prompt_id: `p${i}` })],
    ['repeat', (i: number) => ({ repeat: i })],
    ['judge', (i: number) => ({ judge: `j${i}` })],
  ])('is drawn anew for each %s', (_, changes) => {
    // Binomial(64, 0.5) leaves 10..54 once in a hundred million draws.
    expect(baselineFirst(draws(changes))).toBeGreaterThan(10);
    expect(baselineFirst(draws(changes))).toBeLessThan(54);
  });

  test('does not depend on the place in the stratum', () => {
    expect(new Set(draws((i) => ({ position: i }))).size).toBe(1);
  });
});

test('these draws are the ones that published runs rest on', () => {
  const first = (mode: 'balanced' | 'random') =>
    Array.from({ length: 8 }, (_, i) => ordersOf(mode, at({ prompt_id: `p${i}`, position: i }))[0]![0]).join('');
  expect({ balanced: first('balanced'), random: first('random') }).toMatchInlineSnapshot(`
    {
      "balanced": "cbbccbcb",
      "random": "bbbcbbcb",
    }
  `);
});
