import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WINNERS, type Winner } from '../../src/records.js';
import { outcomeOf, scoreOf } from '../../src/judging/outcome.js';

const judged = (winner: Winner, score = scoreOf(winner)) => ({ winner, score });
const failed = { winner: null, score: null };

test('a winner scores from the side of the candidate', () => {
  expect(['candidate', 'tie', 'baseline'].map((winner) => scoreOf(winner as Winner))).toEqual([1, 0.5, 0]);
});

describe('outcome over both orders', () => {
  test.each([
    ['candidate', 'candidate', 'win', 1],
    ['baseline', 'baseline', 'loss', 0],
    ['tie', 'tie', 'tie', 0.5],
    ['candidate', 'baseline', 'order-dependent', 0.5],
    ['candidate', 'tie', 'order-dependent', 0.75],
    ['tie', 'baseline', 'order-dependent', 0.25],
  ] as const)('%s and %s is %s, %d', (one, other, outcome, score) => {
    expect(outcomeOf([judged(one), judged(other)], 2)).toEqual({ outcome, score });
    expect(outcomeOf([judged(other), judged(one)], 2)).toEqual({ outcome, score });
  });

  test('one failed order fails the comparison: never half a result', () => {
    expect(outcomeOf([judged('candidate'), failed], 2)).toEqual({ outcome: 'failed', score: null });
    expect(outcomeOf([failed, judged('candidate')], 2)).toEqual({ outcome: 'failed', score: null });
    expect(outcomeOf([failed], 2)).toEqual({ outcome: 'failed', score: null });
    expect(outcomeOf([failed], 1)).toEqual({ outcome: 'failed', score: null });
  });

  test('an order that is still due leaves it open', () => {
    expect(outcomeOf([judged('candidate')], 2)).toBe(null);
    expect(outcomeOf([], 1)).toBe(null);
    expect(outcomeOf([], 0)).toBe(null);
  });

  test('one order alone is the outcome where one is due', () => {
    expect(outcomeOf([judged('tie')], 1)).toEqual({ outcome: 'tie', score: 0.5 });
  });

  test('a graded preference keeps its grade', () => {
    expect(outcomeOf([judged('candidate', 0.9), judged('candidate', 0.6)], 2)).toEqual({ outcome: 'win', score: 0.75 });
    expect(outcomeOf([{ winner: null, score: 0.5 }], 1)).toEqual({ outcome: 'failed', score: null });
    expect(outcomeOf([{ winner: 'candidate', score: null }], 1)).toEqual({ outcome: 'failed', score: null });
  });

  test('swapping the roles turns score p into 1 − p and a win into a loss', () => {
    const swap = { baseline: 'candidate', candidate: 'baseline', tie: 'tie' } as const;
    const turned: Record<string, string> = { win: 'loss', loss: 'win' };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...WINNERS), { minLength: 1, maxLength: 4 }), (winners) => {
        const here = outcomeOf(
          winners.map((winner) => judged(winner)),
          winners.length,
        )!;
        const there = outcomeOf(
          winners.map((winner) => judged(swap[winner])),
          winners.length,
        )!;
        expect(there.score).toBeCloseTo(1 - here.score!, 12);
        expect(there.outcome).toBe(turned[here.outcome] ?? here.outcome);
      }),
    );
  });
});
