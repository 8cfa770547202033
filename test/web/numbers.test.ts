import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  count,
  counted,
  duration,
  excerpt,
  headline,
  moment,
  money,
  percent,
  points,
  pValue,
  range,
  rateOf,
} from '../../src/web/numbers.js';
import type { Estimate } from '../../src/summary.js';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('percent', () => {
  it('has no decimals below 100 prompts and one from there on', () => {
    expect(plain(percent(0.6249, 99))).toBe('62 %');
    expect(plain(percent(0.6249, 100))).toBe('62.5 %');
  });
  it('says certainty only where there is certainty', () => {
    expect(plain(percent(1, 1000))).toBe('100.0 %');
    expect(plain(percent(0.9999, 1000))).toBe('> 99.9 %');
    expect(plain(percent(0.999))).toBe('> 99 %');
    expect(plain(percent(0.001))).toBe('< 1 %');
    expect(plain(percent(0))).toBe('0 %');
  });
  it('never shows 0 or 100 for a share between them', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), fc.nat(500), (share, n) => {
        expect(plain(percent(share, n))).not.toMatch(/^(?:0(?:\.0)?|100(?:\.0)?) %$/);
      }),
    );
  });
});

describe('a win rate', () => {
  const estimate = (n_prompts: number, win_rate: number | null) =>
    ({ n_prompts, win_rate, wins: 5, losses: 2, ties: 0, order_dependent: 1 }) as Estimate;
  it('of fewer than ten prompts is its counts, or left unsaid where none stand', () => {
    expect(plain(headline(estimate(9, 0.6249)))).toBe('5 of 8');
    expect(plain(headline(estimate(10, 0.6249)))).toBe('62 %');
    expect(plain(rateOf(0.6249, 9))).toBe('too few');
    expect(plain(rateOf(0.6249, 10))).toBe('62 %');
    expect(plain(headline(estimate(1000, 0.9999)))).toBe('> 99.9 %');
    expect([headline(estimate(9, null)), rateOf(null, 0)]).toEqual(['–', '–']);
  });
});

it('an interval reads as 60–81', () => {
  expect(range(0.6, 0.812, 40)).toBe('60–81');
  expect(range(0.6, 0.812, 200)).toBe('60.0–81.2');
});

it('a p value is never shown as zero', () => {
  expect([0.0312, 0.0004, null].map(pValue)).toEqual(['0.031', '< 0.001', '–']);
});

it('a difference reads in points, one of them in the singular', () => {
  expect(plain(points(0.09))).toBe('9 points');
  expect(plain(points(0.01))).toBe('1 point');
  expect(plain(points(0.004))).toBe('0.4 points');
});

it('counts set thousands apart and agree with their noun', () => {
  expect(count(1_234_567)).toBe('1,234,567');
  expect(plain(counted(1, 'prompt'))).toBe('1 prompt');
  expect(plain(counted(1200, 'prompt'))).toBe('1,200 prompts');
});

it('money has two significant digits, and an unknown price is no zero', () => {
  expect([0.00412, 0.041, 0.412, 4.1, 41.4, 1234].map(money)).toEqual([
    '$0.0041',
    '$0.041',
    '$0.41',
    '$4.10',
    '$41',
    '$1,200',
  ]);
  expect(money(0)).toBe('$0');
  expect(money(9.96)).toBe('$10');
  expect(money(null)).toBe('price unknown');
});

it('a duration is told in its largest unit', () => {
  expect([400, 20_000, 180_000, 7_200_000, 4 * 86_400_000].map((ms) => plain(duration(ms)))).toEqual([
    '400 ms',
    '20 s',
    '3 min',
    '2 h',
    '4 days',
  ]);
});

it('a moment is day and time, and what is no time stays as it is', () => {
  expect(moment('2026-11-21T10:30:00Z')).toMatch(/^2026-11-2\d \d\d:\d\d$/);
  expect(moment('soon')).toBe('soon');
});

describe('excerpt', () => {
  it('ends at a word and says that there is more', () => {
    expect(excerpt('one two three four five', 14)).toBe('one two three…');
    expect(excerpt('one\n\n two', 12)).toBe('one two');
  });
  it('is one line, never longer than asked, and never cuts a character in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 2, max: 50 }), (text, length) => {
        const cut = excerpt(text, length);
        expect(cut.length).toBeLessThanOrEqual(length + 1);
        expect(cut).not.toMatch(/[\n\r]/);
        expect(() => encodeURIComponent(cut)).not.toThrow();
      }),
    );
  });
});
