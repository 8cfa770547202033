import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JURY_RULES, juryScore, juryWeights, type Vote } from '../../src/judging/jury.js';

const vote = (judge: string, outcome: Vote['outcome'], score: number | null): Vote => ({ judge, outcome, score });
const win = (judge: string) => vote(judge, 'win', 1);
const loss = (judge: string) => vote(judge, 'loss', 0);
const tie = (judge: string) => vote(judge, 'tie', 0.5);
const flip = (judge: string, score = 0.5) => vote(judge, 'order-dependent', score);
const failed = (judge: string) => vote(judge, 'failed', null);

describe('mean of judges', () => {
  test('is the mean of their scores, failed votes left out', () => {
    expect(juryScore('mean', [win('a'), win('b'), flip('c', 0.25)])).toEqual({ score: 0.75, judges: 3 });
    expect(juryScore('mean', [win('a'), failed('b'), loss('c')])).toEqual({ score: 0.5, judges: 2 });
  });

  test('takes no notice of weights', () => {
    expect(juryScore('mean', [win('a'), loss('b')], { a: 9, b: 0 })).toEqual({ score: 0.5, judges: 2 });
  });
});

describe('majority', () => {
  test.each([
    ['two wins of three', [win('a'), win('b'), loss('c')], 1],
    ['two losses of three', [loss('a'), tie('b'), loss('c')], 0],
    ['one win of two', [win('a'), loss('b')], 0.5],
    ['a win and a tie', [win('a'), tie('b')], 0.5],
    ['a win among order-dependent votes, whatever their points', [win('a'), flip('b', 0.75), flip('c', 0.75)], 0.5],
    ['ties', [tie('a'), tie('b'), win('c')], 0.5],
  ])('%s', (_, votes, score) => {
    expect(juryScore('majority', votes)).toEqual({ score, judges: votes.length });
  });

  test('counts the votes that were cast', () => {
    expect(juryScore('majority', [win('a'), failed('b'), failed('c')])).toEqual({ score: 1, judges: 1 });
  });
});

describe('weights from calibration', () => {
  test('are log-odds of agreement, smoothed, and never below zero', () => {
    const weights = juryWeights({
      good: { agreed: 89, n: 99 },
      coin: { agreed: 5, n: 10 },
      contrary: { agreed: 1, n: 10 },
      unseen: { agreed: 0, n: 0 },
      perfect: { agreed: 10, n: 10 },
    });
    expect(weights.good).toBeCloseTo(Math.log(90 / 11), 12);
    expect(weights.perfect).toBeCloseTo(Math.log(11), 12);
    expect([weights.coin, weights.contrary, weights.unseen]).toEqual([0, 0, 0]);
  });

  test('weigh the mean; a judge without a weight has no say', () => {
    const votes = [win('a'), loss('b'), win('c'), failed('d')];
    expect(juryScore('weighted', votes, { a: 1, b: 3, d: 5 })).toEqual({ score: 0.25, judges: 2 });
    expect(juryScore('weighted', votes, { a: 1, b: 3, c: -4 })).toEqual({ score: 0.25, judges: 2 });
    expect(juryScore('weighted', [win('constructor')], {})).toMatchObject({ score: null });
  });
});

test('no votes give no score, with the reason', () => {
  for (const rule of JURY_RULES) {
    const reason = 'no judge has a verdict';
    expect(juryScore(rule, [])).toEqual({ score: null, judges: 0, reason });
    expect(juryScore(rule, [failed('a')], { a: 1 })).toEqual({ score: null, judges: 0, reason });
  }
  expect(juryScore('weighted', [win('a'), failed('b')], { b: 1 })).toEqual({
    score: null,
    judges: 0,
    reason: 'no judge has a weight',
  });
});

test('a jury of one says what its judge says, and the order of judges changes nothing', () => {
  const anyVote = fc.constantFrom(win, loss, tie, (judge: string) => flip(judge), failed);
  fc.assert(
    fc.property(fc.constantFrom(...JURY_RULES), fc.array(anyVote, { minLength: 1, maxLength: 7 }), (rule, makers) => {
      const votes = makers.map((make, i) => make(`j${i}`));
      const weights = Object.fromEntries(votes.map(({ judge }, i) => [judge, i + 1]));
      const { score } = juryScore(rule, votes, weights);
      const turned = juryScore(rule, votes.toReversed(), weights).score;
      if (score === null) expect(turned).toBe(null);
      else expect(turned).toBeCloseTo(score, 12);
      expect(juryScore(rule, votes.slice(0, 1), weights).score).toBe(votes[0]!.score);
    }),
  );
});
