import { describe, expect, it } from 'vitest';
import { summarize } from '../../src/stats/index.js';
import type { Look, Warning } from '../../src/summary.js';
import { goneOn, saidOf, sequenceOf, type Trail, unfinished, withoutCoverage } from '../../src/web/sequence.js';
import { verdicts } from '../stats/judged.js';

const look = (changes: Partial<Look> = {}): Look => ({
  domain: 'in-domain',
  n: 40,
  win_rate: 0.62,
  log_e: 1,
  low: 0.45,
  high: 0.77,
  verdict: 'undecided',
  ...changes,
});
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('what may be said of a run at any time', () => {
  it('is the confidence sequence with its verdict, and never that of a fixed number of prompts', () => {
    const better = look({ win_rate: 0.94, low: 0.71, high: 1, verdict: 'better' });
    const open = look({ domain: 'out-of-domain' });
    expect(plain(saidOf([better, open]))).toBe(
      'Better in-domain (94 %, 71–100); out-of-domain not decided (62 %, 45–77).',
    );
    expect(saidOf([look({ verdict: 'worse', win_rate: null })])).toBe('Worse in-domain.');
  });
  it('is nothing before a prompt is wholly judged, or where no domain is known', () => {
    expect(saidOf([look({ n: 0, win_rate: null })])).toBe('No prompt is wholly judged yet.');
    expect(saidOf([])).toBe('Nothing is decided.');
  });
  it('stands in the warning of a run under way or stopped early, and in no other', () => {
    const warning = (code: string): Warning => ({ code, message: '…', sequence: [look()] });
    expect(sequenceOf([warning('FEW_PROMPTS'), warning('NOT_FINAL')])).toEqual([look()]);
    expect(sequenceOf([warning('STOPPED_EARLY')])).toEqual([look()]);
    expect(sequenceOf([warning('FEW_PROMPTS')])).toBeNull();
    expect(sequenceOf([{ code: 'NOT_FINAL', message: 'without numbers' }])).toBeNull();
  });
});

it('a summary of a run under way has counts and rates, and no interval or p that only holds at its end', () => {
  const whole = summarize({ tallies: verdicts(30, 2, 8) });
  expect(whole.estimates[0]!.interval).not.toBeNull();
  const { estimates, judges } = unfinished(whole);
  expect(judges.map(({ coverage }) => coverage.value)).toEqual([1]);
  expect(withoutCoverage(whole).judges.map(({ coverage }) => coverage.value)).toEqual([null]);
  for (const [i, e] of estimates.entries()) {
    expect([e.interval, e.bootstrap, e.bca, e.exact, e.bounds, e.p_value, e.p_adjusted]).toEqual(Array(7).fill(null));
    expect(e.length_controlled).toHaveProperty('reason');
    expect([e.win_rate, e.wins]).toEqual([whole.estimates[i]!.win_rate, whole.estimates[i]!.wins]);
  }
});

it('a sequence moves on with every prompt, stands still without one, and begins anew when it runs backwards', () => {
  const ns = (trail: Trail) => trail.get('in-domain')?.map(({ n }) => n);
  let trail: Trail = new Map();
  for (const n of [10, 12, 12, 20]) trail = goneOn(trail, [look({ n })]);
  expect(ns(trail)).toEqual([10, 12, 20]);
  expect(ns(goneOn(trail, [look({ n: 3 })]))).toEqual([3]);
});
