import { expect, it } from 'vitest';
import { coefficient, signed } from '../src/figures.js';

it('a difference has its sign, none where it rounds to nothing, and a dash where it is not known', () => {
  expect([0.421, -0.1, 0, -0.004, 0.004, null].map(signed)).toEqual(['+0.42', '−0.10', '0.00', '0.00', '0.00', '–']);
});

it('a coefficient has a minus as tables have it, and none where it rounds to nothing', () => {
  expect([0.512, -0.08, -0.001, 1].map(coefficient)).toEqual(['0.51', '−0.08', '0.00', '1.00']);
});
