import { describe, expect, it } from 'vitest';
import type { JudgmentItem } from '../../src/answers.js';
import { outcomeOf, samplesOf } from '../../src/web/sample.js';

const item = (rest: Partial<JudgmentItem>): JudgmentItem =>
  ({
    id: JSON.stringify(rest),
    suite: 's',
    prompt_id: 'p1',
    repeat: 0,
    replicate: 0,
    canary: null,
    judge: 'opus',
    state: 'judged',
    winner: 'candidate',
    outcomes: {},
    ...rest,
  }) as JudgmentItem;

describe('the outcome over the orders', () => {
  it('is a win only where every order says so', () => {
    expect(outcomeOf([item({}), item({})])).toBe('win');
    expect(outcomeOf([item({}), item({ winner: 'baseline' })])).toBe('order-dependent');
    expect(outcomeOf([item({}), item({ winner: 'tie' })])).toBe('order-dependent');
  });
  it('is failed as soon as one order failed, and where there is none', () => {
    expect(outcomeOf([item({}), item({ state: 'failed', winner: null })])).toBe('failed');
    expect(outcomeOf([])).toBe('failed');
  });
});

describe('samples', () => {
  it('are one row for each judge on each comparison, in the order of the list', () => {
    const rows = samplesOf([
      item({ order: 'baseline-first' }),
      item({ order: 'candidate-first' }),
      item({ judge: 'gpt' }),
      item({ prompt_id: 'p2' }),
      item({ prompt_id: 'p2', repeat: 1 }),
    ]);
    expect(rows.map((row) => row.judgments.length)).toEqual([2, 1, 1, 1]);
  });
  it('have the outcome over all orders also where a filter leaves one of them', () => {
    const [row] = samplesOf([item({ outcomes: { opus: 'order-dependent', gpt: 'win' } })]);
    expect(row?.outcome).toBe('order-dependent');
    expect(row?.others).toEqual([['gpt', 'win']]);
  });
  it('keep a planted case and a retest apart from the comparison, with an outcome of their own', () => {
    const outcomes = { opus: 'loss' as const };
    const rows = samplesOf([
      item({ outcomes }),
      item({ outcomes, canary: 'padded' }),
      item({ outcomes, replicate: 1 }),
    ]);
    expect(rows.map((row) => row.outcome)).toEqual(['loss', 'win', 'win']);
  });
  it('are one row also where a retest or a planted case stands between the orders', () => {
    const [first, second] = ['baseline-first', 'candidate-first'] as const;
    const rows = samplesOf([
      item({ order: first }),
      item({ order: first, replicate: 1 }),
      item({ order: first, canary: 'padded' }),
      item({ order: second }),
      item({ order: second, canary: 'padded' }),
    ]);
    expect(rows.map((row) => row.judgments.length)).toEqual([2, 1, 2]);
    expect(new Set(rows.map((row) => row.key)).size).toBe(3);
  });
});
