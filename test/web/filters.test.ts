import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FILTERS,
  type Filters,
  judgmentPath,
  judgmentsPath,
  readFilters,
  samplesPath,
  writeFilters,
} from '../../src/web/filters.js';

const anyFilters = fc
  .dictionary(fc.constantFrom(...FILTERS), fc.string({ unit: 'grapheme', minLength: 1 }))
  .map((filters): Filters => ({ ...filters }));

describe('filters in the address', () => {
  it('come back as they were written, whatever words they hold', () => {
    fc.assert(
      fc.property(anyFilters, (filters) => {
        expect(readFilters(writeFilters(filters))).toEqual(filters);
      }),
    );
  });
  it('are written in one order, so that the same choice is the same address', () => {
    expect(writeFilters({ judge: 'opus', suite: 'in-domain' })).toBe(
      writeFilters({ suite: 'in-domain', judge: 'opus' }),
    );
  });
  it('leave out what is empty and what is no filter', () => {
    expect(writeFilters({ judge: '' })).toBe('');
    expect(readFilters('?judge=&limit=5&cursor=x&outcome=win')).toEqual({ outcome: 'win' });
  });
});

it('addresses of the page keep ids and filters apart', () => {
  expect(samplesPath('a/b', { category: 'x & y' })).toBe('/runs/a%2Fb/samples?category=x+%26+y');
  expect(judgmentPath('j1', { outcome: 'order-dependent' })).toBe('/judgments/j1?outcome=order-dependent');
});

it('planted cases are listed only where they are asked for', () => {
  expect(judgmentsPath('r')).toBe('/api/runs/r/judgments?canary=false&limit=200&excerpt=400');
  expect(judgmentsPath('r', { canary: 'true' })).toContain('canary=true');
});
