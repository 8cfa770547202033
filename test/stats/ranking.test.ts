import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  againstReference,
  averageWinRate,
  bootstrapBradleyTerry,
  bradleyTerry,
  davidson,
  pairings,
  points,
  type Comparison,
} from '../../src/stats/index.js';

const met = (text: string): Comparison[] =>
  text.split(' ').map((game) => {
    const [a, sign, b] = [game[0]!, game[1]!, game[2]!];
    return { a, b, score: sign === '>' ? 1 : sign === '<' ? 0 : 0.5 };
  });

const connected = fc
  .array(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom(0, 0.5, 1)),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((games) => [
    ...met('a>b b>c c>d d>a'),
    ...games.map(([a, b, score]) => ({ a, b, score })).filter(({ a, b }) => a !== b),
  ]);

describe('Bradley-Terry', () => {
  test('with two items is the logit of the win rate', () => {
    const { log_strength: b, names } = bradleyTerry(pairings(met('x>y x>y x>y x=y y>x')));
    expect(names).toEqual(['x', 'y']);
    expect(b![0]! - b![1]!).toBeCloseTo(Math.log(3.5 / 1.5), 9);
  });

  test('at the maximum everyone wins as often as predicted', () => {
    fc.assert(
      fc.property(connected, (games) => {
        const table = pairings(games);
        const { log_strength: b, status } = bradleyTerry(table);
        expect(status).toBe('ok');
        const size = table.names.length;
        for (let i = 0; i < size; i++) {
          let surplus = 0;
          for (let j = 0; j < size; j++) {
            const won = table.wins[i * size + j]! + table.ties[i * size + j]! / 2;
            const lost = table.wins[j * size + i]! + table.ties[i * size + j]! / 2;
            surplus += won - (won + lost) / (1 + Math.exp(b![j]! - b![i]!));
          }
          expect(Math.abs(surplus)).toBeLessThan(1e-7);
        }
      }),
    );
  });

  test('turning every game round turns the strengths round, the order of games does not matter', () => {
    fc.assert(
      fc.property(connected, (games) => {
        const { log_strength: b } = bradleyTerry(pairings(games));
        const turned = bradleyTerry(pairings(games.map(({ a, b, score }) => ({ a, b, score: 1 - score }))));
        const other = bradleyTerry(pairings(games.toReversed()));
        b!.forEach((value, i) => {
          expect(turned.log_strength![i]!).toBeCloseTo(-value, 6);
          expect(other.log_strength![i]!).toBeCloseTo(value, 9);
        });
      }),
      { numRuns: 30 },
    );
  });

  test('an unbeaten item has no number but a place above all; with a ridge it has one, and says so', () => {
    const table = pairings(met('a>b a>c b>c c>b'));
    const plain = bradleyTerry(table);
    expect(plain).toMatchObject({ status: 'unbeaten-or-winless', log_strength: null, tiers: [['a'], ['b', 'c']] });
    const ridged = bradleyTerry(table, { ridge: 0.5 });
    expect(ridged.ridge).toBe(0.5);
    expect(ridged.log_strength![0]!).toBeGreaterThan(ridged.log_strength![1]!);
    expect(againstReference(table, 'a')).toBeNull();
  });

  test('groups that never met have no common scale, also not with a ridge', () => {
    const table = pairings(met('a>b b>a c=d d>c'));
    expect(bradleyTerry(table, { ridge: 1 })).toMatchObject({
      status: 'disconnected',
      log_strength: null,
      components: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    });
    expect(bradleyTerry(pairings([]))).toMatchObject({ status: 'empty', log_strength: null });
  });

  test('resampled prompts give ranks as sets; the share of resamples that needed a ridge is said', () => {
    const games = Array.from({ length: 40 }, (_, i) => [
      { a: 'best', b: 'mid', score: i % 4 === 0 ? 0 : 1, prompt: `p${i}` },
      { a: 'mid', b: 'low', score: i % 3 === 0 ? 0 : 1, prompt: `p${i}` },
      { a: 'best', b: 'low', score: i % 8 === 0 ? 0 : 1, prompt: `p${i}` },
    ]).flat();
    const result = bootstrapBradleyTerry(games, { resamples: 400, seed: 4 })!;
    expect(result.items.map(({ name }) => name)).toEqual(['best', 'mid', 'low']);
    expect(result.items[0]!.best).toBeGreaterThan(0.95);
    for (const { low, high, log_strength } of result.items) {
      expect(low).toBeLessThan(log_strength);
      expect(high).toBeGreaterThan(log_strength);
    }
    expect(result.ridged).toBeLessThan(0.05);
    expect(bootstrapBradleyTerry(games, { resamples: 400, seed: 4 })).toEqual(result);
    const few = bootstrapBradleyTerry(met('x>y x>y y>x'), { resamples: 300 })!;
    expect(few.ridged).toBeGreaterThan(0.2);
  });
});

describe('Davidson', () => {
  test('predicts as many ties as there are, and strengths of geometric mean 1', () => {
    fc.assert(
      fc.property(connected, (games) => {
        const table = pairings([...games, ...met('a=b')]);
        const { strength, nu, status } = davidson(table);
        expect(status).toBe('ok');
        const size = table.names.length;
        const s = table.names.map((name) => strength![name]!);
        expect(s.reduce((sum, x) => sum + Math.log(x), 0)).toBeCloseTo(0, 8);
        let [ties, expected] = [0, 0];
        for (let i = 0; i < size; i++) {
          for (let j = i + 1; j < size; j++) {
            const n = table.wins[i * size + j]! + table.wins[j * size + i]! + table.ties[i * size + j]!;
            const tied = nu! * Math.sqrt(s[i]! * s[j]!);
            ties += table.ties[i * size + j]!;
            expected += (n * tied) / (s[i]! + s[j]! + tied);
          }
        }
        expect(Math.abs(ties - expected)).toBeLessThan(1e-6);
      }),
      { numRuns: 50 },
    );
  });

  test('without ties it is Bradley-Terry; what has no estimate says which state it is in', () => {
    const table = pairings(met('x>y x>y x>y y>x'));
    expect(davidson(table).nu).toBe(0);
    expect(Math.log(davidson(table).strength!['x']! / davidson(table).strength!['y']!)).toBeCloseTo(Math.log(3), 8);
    expect(davidson(pairings(met('x=y'))).status).toBe('all-ties');
    expect(davidson(pairings(met('x>y'))).status).toBe('unbeaten-or-winless');
    expect(davidson(pairings(met('x=y z=w'))).status).toBe('disconnected');
  });
});

test('tables beside it: points, and the mean win rate over opponents met', () => {
  const table = pairings(met('a>b a=b a>c c>b'));
  expect(points(table)).toEqual({ a: 2.5, b: 0.5, c: 1 });
  expect(averageWinRate(table)).toEqual({ a: (0.75 + 1) / 2, b: 0.25 / 2, c: 0.5 });
});

test('more than 64 items keep their games apart', () => {
  const games = Array.from({ length: 150 }, (_, i) => ({ a: `m${i}`, b: `m${(i + 1) % 150}`, score: 1 }));
  const table = pairings(games);
  expect(table.names).toHaveLength(150);
  expect(table.wins.reduce((sum, w) => sum + w, 0)).toBe(150);
  expect(points(table)).toMatchObject({ m0: 1, m149: 1 });
});
