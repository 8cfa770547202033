import { expect, it } from 'vitest';
import { coefficient, signed, spans } from '../src/figures.js';

it('a difference has its sign, none where it rounds to nothing, and a dash where it is not known', () => {
  expect([0.421, -0.1, 0, -0.004, 0.004, null].map(signed)).toEqual(['+0.42', '−0.10', '0.00', '0.00', '0.00', '–']);
});

it('a coefficient has a minus as tables have it, and none where it rounds to nothing', () => {
  expect([0.512, -0.08, -0.001, 1].map(coefficient)).toEqual(['0.51', '−0.08', '0.00', '1.00']);
});

it('numbers are told as spans, in order, and no more of them than are wanted', () => {
  expect(spans([12, 10, 11, 1, 3, 3])).toBe('1, 3, 10–12');
  expect(spans(Array.from({ length: 100_000 }, (_, i) => i + 1))).toBe('1–100000');
  expect(spans([1, 3, 5], 2)).toBe('1, 3, …');
  expect(spans([])).toBe('');
});
