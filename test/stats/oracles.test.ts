import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answer, differences, lineOf, type OracleCase } from './oracles.js';

const read = (file: string): OracleCase[] => JSON.parse(readFileSync(file, 'utf8')) as OracleCase[];
const GOLDEN = 'test/golden/stats.json';
const SHARED = '../shared/data/gold/stats-oracles.json';
// One of several methods for the same question is enough (README-stats.md of the cases).
const MAY_BE_MISSING = new Set(['elo_sequential', 'hedged_betting_martingale']);

describe('answers of established software (test/golden/stats.json)', () => {
  test.each(read(GOLDEN).map((c) => [c.id, c] as const))('%s', (_, c) => {
    expect(differences(answer(c), c.expected, c.tolerance)).toEqual([]);
  });
});

if (!existsSync(SHARED)) console.log(`skipped: ${SHARED} is not there`);
describe.skipIf(!existsSync(SHARED))('all cases beside the project', () => {
  const cases = existsSync(SHARED) ? read(SHARED) : [];
  test.each(cases.map((c) => [c.id, c] as const))('%s', (_, c) => {
    const got = answer(c);
    if (MAY_BE_MISSING.has(c.method)) expect(got).toBe('not offered');
    else expect(differences(got, c.expected, c.tolerance)).toEqual([]);
  });
});

describe('the comparison itself', () => {
  test('a number outside its tolerance, a missing key and a number for null are seen', () => {
    expect(differences({ a: 1.1 }, { a: 1 }, 0.05)).toHaveLength(1);
    expect(differences({ a: 1.1 }, { a: 1 }, { rel: 0.2 })).toEqual([]);
    expect(differences({}, { a: 1 }, 1)).toHaveLength(1);
    expect(differences({ a: 0 }, { a: null }, 1)).toHaveLength(1);
    expect(differences({ a: [1, 2] }, { a: [1] }, 1)).toHaveLength(1);
    expect(differences({ a: 1, b: 1.5 }, { a: 1, b: 1 }, { keys: { b: 1 } })).toEqual([]);
    expect(differences({ a: 1.001, b: 1.5 }, { a: 1, b: 1 }, { keys: { b: 1 } })).toHaveLength(1);
  });

  test('a method that does not exist is not offered', () => {
    expect(answer({ method: 'augury', input: {}, expected: {} })).toBe('not offered');
    expect(answer({ method: 'constructor', input: {}, expected: {} })).toBe('not offered');
  });

  test('a bootstrap of nothing is null and not NaN', () => {
    const expected = { micro: null, micro_percentile: null, macro: null, macro_percentile: null };
    expect(answer({ method: 'bootstrap_cluster_ratio', input: { prompts: [] }, expected })).toEqual(expected);
  });

  test('a case that cannot be computed has a line of its own, and NaN is never written as null', () => {
    const oracle = (method: string, input: Record<string, unknown>): OracleCase => ({
      id: 'x', group: 'g', method, input, expected: {}, tolerance: 0,
    }); // prettier-ignore
    expect(lineOf(oracle('win_rate', {}))).toMatch(/^\{"id":"x","got":"cannot be computed: .+"\}$/);
    expect(lineOf(oracle('elo_from_log_strength', { log_strength: [Number.NaN, 0] }))).toContain('"NaN"');
  });
});
