import { expect, it } from 'vitest';
import { signed } from '../src/figures.js';

it('a difference has its sign, none where it rounds to nothing, and a dash where it is not known', () => {
  expect([0.421, -0.1, 0, -0.004, 0.004, null].map(signed)).toEqual(['+0.42', '−0.10', '0.00', '0.00', '0.00', '–']);
});
