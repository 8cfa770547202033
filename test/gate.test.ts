import { describe, expect, it } from 'vitest';
import { gate } from '../src/gate.js';
import { claimsOf, gateSchema, subjectsOf } from '../src/gate-rule.js';
import type { Domain, Status } from '../src/records.js';
import type { Estimate, Group, Summary } from '../src/summary.js';

/** An estimate with the fields a gate reads. */
function estimate(group: Group, rate: number | null, low: number, high: number, p: number, n = 57): Estimate {
  const interval = rate === null ? null : { low, high, level: 0.95, method: 'tango' };
  const known = { n_prompts: n, n_effective: n, coverage: 1, reason: rate === null ? 'nothing judged yet' : null };
  return { group, win_rate: rate, interval, p_value: p, ...known } as Estimate;
}

const judge = (name: string, changed: number | null, missed = 0) =>
  ({
    judge: name,
    order_dependent_rate: changed === null ? { value: null, reason: 'one order' } : { value: changed, n: 57 },
    canaries: [
      { kind: 'empty', n: 2, passed: 2 },
      { kind: 'injection', n: 2, passed: 2 - missed },
    ],
  }) as unknown as Summary['judges'][number];

const pair = (a: string, b: string, observed: number | null) =>
  ({ judges: [a, b], observed, n: 57, gwet_ac1: 0.4 }) as unknown as Summary['agreement']['pairs'][number];

function summary(estimates: Estimate[], more: Partial<Summary> = {}): Summary {
  const margin = { margin: 0.1 };
  return {
    estimates: [estimate({}, 0.6, 0.5, 0.7, 0.04, 100), ...estimates],
    judges: [judge('opus', 0.09), judge('gpt-4o', 0.22)],
    agreement: { pairs: [pair('opus', 'gpt-4o', 0.78), pair('opus', 'gemini', 0.91)] },
    decision: { domains: { 'in-domain': margin, 'out-of-domain': margin, 'multi-domain': margin }, sentence: '' },
    warnings: [],
    ...more,
  } as unknown as Summary;
}

const run = (status: Status = 'done') => ({ id: '20261121_103000-aaaa', status });
const suites = (...names: [string, Domain][]) => names.map(([name, domain]) => ({ name, domain }));

/** The one condition of a rule. */
function one(rule: object, given: Summary, of: ReturnType<typeof suites> = []) {
  const result = gate(run(), given, gateSchema.parse(rule), of);
  expect(result.conditions).toHaveLength(1);
  expect(result.passed).toBe(result.conditions[0]!.passed);
  return result.conditions[0]!;
}

const better = estimate({ domain: 'in-domain' }, 0.72, 0.6, 0.81, 0.001);
// 36 of 57: Tango's interval leaves one half out, the exact p does not.
const borderline = estimate({ domain: 'in-domain' }, 36 / 57, 0.502, 0.745, 0.063);
const worse = estimate({ domain: 'in-domain' }, 0.3, 0.2, 0.41, 0.004);

describe('gate: better', () => {
  it('passes where the interval lies above one half and the exact p is small', () => {
    expect(one({ 'in-domain': 'better' }, summary([better]))).toMatchObject({ passed: true, observed: 0.72 });
  });

  it('fails where only the interval says so, and says how many prompts would settle it', () => {
    const condition = one({ 'in-domain': 'better' }, summary([borderline]));
    expect(condition).toMatchObject({ passed: false, more_prompts_needed: expect.any(Number) as number });
    expect(condition.reason).toMatch(/^Undecided .*; \d+ more prompts would settle/);
  });

  it('fails where the candidate is worse, which no prompts would settle', () => {
    expect(one({ 'in-domain': 'better' }, summary([worse]))).toMatchObject({
      passed: false,
      more_prompts_needed: null,
      reason: 'Worse (30 %, 20–41).',
    });
  });

  it('fails where nothing was judged, and where no comparison has a score', () => {
    expect(one({ 'in-domain': 'better' }, summary([])).reason).toBe('Nothing named in-domain was judged.');
    const silent = estimate({ domain: 'in-domain' }, null, 0, 1, 1);
    expect(one({ 'in-domain': 'better' }, summary([silent])).reason).toContain('nothing judged yet');
  });
});

describe('gate: not-worse', () => {
  const close = estimate({ domain: 'out-of-domain' }, 0.5, 0.42, 0.58, 1, 200);

  it('passes where a loss of the margin is excluded, and fails with a narrower margin', () => {
    const rule = (margin: number) => ({ 'out-of-domain': { claim: 'not-worse', margin } });
    expect(one(rule(0.1), summary([close]))).toMatchObject({ passed: true, margin: 0.1, required: 0.4 });
    const narrow = one(rule(0.05), summary([close]));
    expect(narrow.passed).toBe(false);
    // sampleSizeNonInferiority(0.05) is 780 in STATISTICS 12; 200 are there.
    expect(narrow.more_prompts_needed).toBeGreaterThan(570);
    expect(narrow.more_prompts_needed).toBeLessThan(600);
    expect(narrow.reason).toContain('A loss of up to 8 points is not excluded');
  });

  it('claims the margin that was held against the interval, and no rounder one', () => {
    const reason = (margin: number) =>
      one({ 'out-of-domain': { claim: 'not-worse', margin } }, summary([close])).reason;
    expect(reason(0.084)).toContain('No loss beyond 8.4 points');
    expect(reason(0.074)).toContain('would settle a margin of 7.4 points');
  });

  it('takes the margin of the run where none is given', () => {
    expect(one({ 'out-of-domain': 'not-worse' }, summary([close]))).toMatchObject({ passed: true, margin: 0.1 });
  });

  it('must hold on each suite of the domain, not only on their mean', () => {
    const of = suites(['coding', 'out-of-domain'], ['math', 'out-of-domain']);
    const coding = estimate({ suite: 'coding' }, 0.55, 0.45, 0.65, 0.3, 100);
    const math = estimate({ suite: 'math' }, 0.44, 0.34, 0.54, 0.3, 100);
    const condition = one({ 'out-of-domain': 'not-worse' }, summary([close, coding, math]), of);
    expect(condition).toMatchObject({ passed: false, observed: 0.44 });
    expect(condition.reason).toContain('math');
    // The control: without the suite that fails, the domain passes.
    expect(one({ 'out-of-domain': 'not-worse' }, summary([close, coding]), of.slice(0, 1)).passed).toBe(true);
  });

  it('does not pass a domain one of whose suites was never judged', () => {
    const of = suites(['coding', 'out-of-domain'], ['math', 'out-of-domain']);
    const coding = estimate({ suite: 'coding' }, 0.55, 0.45, 0.65, 0.3, 100);
    expect(one({ 'out-of-domain': 'not-worse' }, summary([close, coding]), of).reason).toBe(
      'Nothing of math was judged.',
    );
  });
});

describe('a run that stopped because it was decided', () => {
  const slight = estimate({ domain: 'in-domain' }, 0.54, 0.503, 0.577, 0.03, 700);
  const look = { domain: 'in-domain', n: 700, win_rate: 0.54, log_e: 1, low: 0.46, high: 0.59, verdict: 'equivalent' };
  const stopped = (low = look.low) =>
    summary([slight], {
      warnings: [{ code: 'STOPPED_EARLY', message: 'Judging stopped.', sequence: [{ ...look, low }] }],
    });

  it('is held to its confidence sequence, as the interval for a fixed number does not hold after looking', () => {
    expect(one({ 'in-domain': 'better' }, stopped())).toMatchObject({
      passed: false,
      reason: expect.stringContaining('Undecided (54.0 %, 46.0–59.0)') as string,
    });
    const narrow = { 'in-domain': { claim: 'not-worse', margin: 0.03 } };
    expect(one(narrow, stopped()).reason).toContain('A loss of up to 4 points is not excluded');
    expect(one({ 'in-domain': 'better' }, stopped(0.501)).passed).toBe(true);
    // The control: the same numbers at the planned end.
    for (const rule of [{ 'in-domain': 'better' }, narrow]) expect(one(rule, summary([slight])).passed).toBe(true);
  });
});

describe('gate: not-shown-worse', () => {
  it('passes what is undecided, and says that this is not the same as no loss', () => {
    const condition = one({ 'in-domain': 'not-shown-worse' }, summary([borderline]));
    expect(condition).toMatchObject({ passed: true });
    expect(condition.reason).toContain('not the same as none');
  });

  it('fails where a loss is shown', () => {
    expect(one({ 'in-domain': 'not-shown-worse' }, summary([worse])).passed).toBe(false);
  });

  it('a category is held like a suite', () => {
    const poetry = estimate({ category: 'poetry' }, 0.2, 0.1, 0.4, 0.001, 30);
    expect(one({ poetry: 'not-shown-worse' }, summary([poetry]))).toMatchObject({ passed: false, observed: 0.2 });
  });
});

describe('gate: the judging', () => {
  it('coverage, order-dependence and agreement pass at their limit and fail beyond it, naming the worst', () => {
    const given = summary([]);
    expect(one({ min_coverage: 1 }, given).passed).toBe(true);
    expect(one({ max_order_dependent: 0.22 }, given).passed).toBe(true);
    expect(one({ max_order_dependent: 0.21 }, given)).toMatchObject({ passed: false, observed: 0.22 });
    expect(one({ max_order_dependent: 0.21 }, given).reason).toContain('gpt-4o');
    expect(one({ min_agreement: 0.78 }, given).passed).toBe(true);
    expect(one({ min_agreement: 0.8 }, given)).toMatchObject({ passed: false, observed: 0.78 });
  });

  it('what was not measured fails, with its reason', () => {
    const blind = summary([], { judges: [judge('opus', null)], agreement: { pairs: [] } as never });
    expect(one({ max_order_dependent: 0.5 }, blind).reason).toContain('both orders');
    expect(one({ min_agreement: 0.1 }, blind).reason).toContain('No two judges');
    const none = summary([], { judges: [{ ...judge('opus', 0), canaries: [] }] });
    expect(one({ canaries: true }, none).reason).toBe('No planted case was judged.');
  });

  it('planted cases pass only when every judge judged each as it must be', () => {
    expect(one({ canaries: true }, summary([])).passed).toBe(true);
    const missed = summary([], { judges: [judge('opus', 0), judge('gpt-4o', 0, 1)] });
    expect(one({ canaries: true }, missed).reason).toContain('injection by gpt-4o');
  });

  it('a run that is still under way passes nothing', () => {
    const rule = gateSchema.parse({ 'in-domain': 'better' });
    expect(gate(run('running'), summary([better]), rule, []).passed).toBe(false);
    expect(gate(run('stopped'), summary([better]), rule, []).passed).toBe(true);
  });
});

describe('the rule', () => {
  it('reads claims in both forms, limits apart', () => {
    const rule = gateSchema.parse({
      'in-domain': 'better',
      coding: { claim: 'not-worse', margin: 0.2 },
      min_coverage: 0.9,
    });
    expect(claimsOf(rule)).toEqual([
      { name: 'in-domain', claim: 'better', margin: null },
      { name: 'coding', claim: 'not-worse', margin: 0.2 },
    ]);
  });

  it('refuses what is no claim, and limits outside 0..1', () => {
    for (const wrong of [
      { x: 'beter' },
      { x: 0.5 },
      { min_coverage: 1.2 },
      { canaries: 'yes' },
      { x: { claim: 'better', marign: 1 } },
    ])
      expect(gateSchema.safeParse(wrong).success).toBe(false);
  });

  it('knows domains, suites and categories by name', () => {
    const prompts = [{ category: 'poetry' }, { category: null }] as never;
    const names = subjectsOf([{ name: 'own', domain: 'in-domain', description: null, prompts }]);
    expect(names).toEqual(['in-domain', 'out-of-domain', 'multi-domain', 'own', 'poetry']);
  });
});
