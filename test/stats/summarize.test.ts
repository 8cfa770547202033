import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Domain, Due, Judgment, Order, Tally, Winner } from '../../src/records.js';
import { summarize, tally, type SummarizeInput } from '../../src/stats/index.js';
import type { Estimate, Group, Summary } from '../../src/summary.js';
import { judgment, tallyOf, verdicts } from './judged.js';

const ORDERS: Order[] = ['baseline-first', 'candidate-first'];
const WINNERS: (Winner | null)[] = ['candidate', 'baseline', 'tie', null];

/** Any judged file: prompts asked of some judges, in one or both orders, once or twice, with failures and gaps. */
const anyJudgments = fc
  .array(
    fc.record({
      prompt: fc.integer({ min: 0, max: 9 }),
      text: fc.integer({ min: 0, max: 7 }),
      judge: fc.constantFrom('opus', 'gpt-4o', 'human:ada'),
      repeat: fc.integer({ min: 0, max: 2 }),
      orders: fc.constantFrom([0], [1], [0, 1]),
      winners: fc.tuple(fc.constantFrom(...WINNERS), fc.constantFrom(...WINNERS)),
      lengths: fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 })),
    }),
    { maxLength: 60 },
  )
  .map((rows) => {
    const seen = new Map<string, Judgment>();
    for (const row of rows) {
      for (const at of row.orders) {
        const key = [row.prompt, row.judge, row.repeat, at].join();
        seen.set(
          key,
          judgment({
            prompt_id: `p${row.prompt}`,
            prompt: `text ${row.prompt % 8}`,
            suite: row.prompt % 2 === 0 ? 'even' : 'odd',
            domain: (['in-domain', 'out-of-domain'] as Domain[])[row.prompt % 2]!,
            category: row.prompt % 3 === 0 ? null : `c${row.prompt % 3}`,
            judge: row.judge,
            repeat: row.repeat,
            order: ORDERS[at]!,
            winner: row.winners[at]!,
            baseline_response: 'b'.repeat(row.prompt + 3),
            candidate_response: 'c'.repeat((row.prompt * 7) % 11),
          }),
        );
      }
    }
    return [...seen.values()];
  });

const of = (judgments: Judgment[], options: Partial<SummarizeInput> = {}): Summary =>
  summarize({ ...tally(judgments), ...options });
const find = (summary: Summary, group: Group): Estimate =>
  summary.estimates.find((e) => JSON.stringify(e.group) === JSON.stringify(group))!;

const OTHER: Record<string, Winner> = { candidate: 'baseline', baseline: 'candidate', tie: 'tie' };
const swapped = (j: Judgment): Judgment =>
  judgment({
    ...(j as object),
    prompt_id: j.prompt_id,
    winner: j.winner === null ? null : OTHER[j.winner]!,
    score: j.score === null ? null : 1 - j.score,
    order: j.order === 'baseline-first' ? 'candidate-first' : 'baseline-first',
    baseline_response: j.candidate_response,
    candidate_response: j.baseline_response,
  } as never);

function numbersIn(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, `${path}.${key}`));
}

const near = (a: number | null | undefined, b: number | null | undefined): void => {
  if (typeof a !== 'number' || typeof b !== 'number') expect(a).toBe(b);
  else expect(Math.abs(a - b)).toBeLessThan(1e-9);
};

describe('for any judgments', () => {
  test('swapping baseline and candidate turns w into 1 − w and mirrors every interval', () => {
    fc.assert(
      fc.property(anyJudgments, fc.constantFrom(0.95, 0.75), fc.boolean(), (judgments, level, pooled) => {
        const here = of(judgments, { level, pooled });
        const there = of(judgments.map(swapped), { level, pooled });
        for (const estimate of here.estimates) {
          const group = { ...estimate.group };
          if (group.order) group.order = group.order === 'baseline-first' ? 'candidate-first' : 'baseline-first';
          const other = find(there, group);
          near(estimate.win_rate, other.win_rate === null ? null : 1 - other.win_rate);
          near(estimate.p_value, other.p_value);
          expect([estimate.wins, estimate.losses, estimate.size]).toEqual([other.losses, other.wins, other.size]);
          for (const name of ['interval', 'bootstrap', 'bca', 'exact', 'bounds'] as const) {
            const [a, b] = [estimate[name], other[name]];
            expect(a === null).toBe(b === null);
            if (a === null || b === null) continue;
            near(a.low, 1 - b.high);
            near(a.high, 1 - b.low);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test('the order of rows changes nothing', () => {
    fc.assert(
      fc.property(anyJudgments, fc.infiniteStream(fc.nat()), (judgments, random) => {
        const shuffled = judgments
          .map((j) => ({ j, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ j }) => j);
        expect(of(shuffled)).toEqual(of(judgments));
      }),
      { numRuns: 25 },
    );
  });

  test('the same prompts again change no win rate, no bootstrap and no effective-n interval', () => {
    fc.assert(
      fc.property(anyJudgments, (judgments) => {
        const again = judgments.map((j) => ({ ...j, prompt_id: `${j.prompt_id} again` }) as Judgment);
        const once = of(judgments, { method: 'wilson-effective-n' });
        const twice = of([...judgments, ...again], { method: 'wilson-effective-n' });
        expect(twice.estimates.length).toBe(once.estimates.length);
        for (const estimate of once.estimates) {
          const other = find(twice, estimate.group);
          near(estimate.win_rate, other.win_rate);
          near(estimate.p_value, other.p_value);
          for (const name of ['interval', 'bootstrap', 'bca'] as const) {
            near(estimate[name]?.low, other[name]?.low);
            near(estimate[name]?.high, other[name]?.high);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test('one more failed judgment never narrows a bound', () => {
    fc.assert(
      fc.property(anyJudgments, fc.integer({ min: 0, max: 12 }), (judgments, prompt) => {
        const failed = judgment({
          prompt_id: `p${prompt}`,
          prompt: `text ${prompt % 8}`,
          suite: prompt % 2 === 0 ? 'even' : 'odd',
          judge: 'gpt-4o',
          repeat: 9,
          winner: null,
        });
        const before = of(judgments).estimates[0]!.bounds;
        const after = of([...judgments, failed]).estimates[0]!.bounds;
        // The failed one may bring in the first judge that is a model, and with it other rows.
        if (before === null || !judgments.some((j) => !j.judge.startsWith('human:'))) return;
        expect(after!.low).toBeLessThanOrEqual(before.low + 1e-12);
        expect(after!.high).toBeGreaterThanOrEqual(before.high - 1e-12);
      }),
      { numRuns: 40 },
    );
  });

  test('every interval lies in [0, 1] and holds the estimate, and no number is NaN or infinite', () => {
    fc.assert(
      fc.property(anyJudgments, fc.boolean(), fc.boolean(), (judgments, pooled, excludeOrderDependent) => {
        const summary = of(judgments, { pooled, excludeOrderDependent });
        for (const [path, value] of numbersIn(summary)) {
          if (!Number.isFinite(value)) throw new Error(`${path} is ${value}`);
        }
        for (const estimate of summary.estimates) {
          expect(estimate.win_rate === null).toBe(estimate.reason !== null);
          for (const name of ['interval', 'bootstrap', 'bca', 'exact'] as const) {
            const range = estimate[name];
            if (range === null) continue;
            expect(range.low).toBeGreaterThanOrEqual(0);
            expect(range.high).toBeLessThanOrEqual(1);
            expect(range.low).toBeLessThanOrEqual(estimate.win_rate! + 1e-9);
            expect(range.high).toBeGreaterThanOrEqual(estimate.win_rate! - 1e-9);
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('one estimate', () => {
  test('a method that the data do not allow is said, and one that they allow is not', () => {
    const both = (['baseline-first', 'candidate-first'] as const).flatMap((order) =>
      verdicts(12, 0, 8).map((one) => ({ ...one, order })),
    );
    const codes = (tallies: Tally[], method?: 'tango') =>
      summarize({ tallies, method }).warnings.map(({ code }) => code);
    expect(codes(verdicts(12, 0, 8), 'tango')).not.toContain('METHOD_NOT_USED');
    expect(codes(both, 'tango')).toContain('METHOD_NOT_USED');
    expect(codes(both)).not.toContain('METHOD_NOT_USED');
  });

  test('10 of 13: the numbers of the seed file, by Tango, exact bootstrap and sign-flip', () => {
    const estimate = summarize({ tallies: verdicts(10, 0, 3) }).estimates[0]!;
    expect(estimate).toMatchObject({
      n_prompts: 13,
      n_comparisons: 13,
      n_judgments: 13,
      wins: 10,
      losses: 3,
      size: 'too-few',
      reason: null,
    });
    expect(estimate.interval).toMatchObject({ method: 'tango', level: 0.95 });
    near(estimate.interval!.low, 0.49743624053272495);
    near(estimate.p_value, 0.09228515625);
    expect(estimate.bootstrap).toMatchObject({ resamples: 'exact', degenerate: false, method: 'percentile-by-prompt' });
    near(estimate.bootstrap!.low, 7 / 13);
    near(estimate.exact!.low, 0.461868460765959);
  });

  test('57 rows on 25 prompts weigh prompts, and the pooled rate is what tables print', () => {
    // 25 prompts; the first 16 judged three times and won, the last 9 once and lost.
    const tallies = [
      ...Array.from({ length: 16 }, (_, i) => tallyOf(`w${i}`, 'www')),
      ...Array.from({ length: 9 }, (_, i) => tallyOf(`l${i}`, 'l')),
    ];
    const estimate = summarize({ tallies }).estimates[0]!;
    expect(estimate).toMatchObject({ n_prompts: 25, n_comparisons: 57, wins: 48, losses: 9 });
    near(estimate.win_rate, 16 / 25);
    near(estimate.win_rate_pooled, 48 / 57);
    near(estimate.standard_error, Math.sqrt(((48 / 57) * (9 / 57)) / 56));
    expect(estimate.interval!.method).toBe('wilson-effective-n');
    expect(estimate.exact).toBeNull();
    near(summarize({ tallies, pooled: true }).estimates[0]!.win_rate, 48 / 57);
  });

  test('the bounds of a pooled rate are of the pooled rate, and hold it', () => {
    const tallies = [tallyOf('many', 'wwwwwwwwf'), tallyOf('one', 'l')];
    const [pooled] = summarize({ tallies, pooled: true }).estimates;
    near(pooled!.win_rate, 8 / 9);
    expect(pooled!.bounds).toEqual({ low: 8 / 10, high: 9 / 10 });
    expect(summarize({ tallies }).estimates[0]!.bounds).toEqual({ low: 8 / 9 / 2, high: 1 / 2 });
  });

  test('pooled over prompts with equally many scores is the estimate by prompt; one score fewer makes it another', () => {
    const tallies = ['www', 'wwl', 'wtl', 'lll', 'wll'].flatMap((scores, k) =>
      Array.from({ length: 6 + k }, (_, i) => tallyOf(`${scores}${i}`, scores)),
    );
    expect(summarize({ tallies, pooled: true }).estimates).toEqual(summarize({ tallies }).estimates);
    expect(summarize({ tallies }).estimates[0]!.bootstrap!.resamples).toBe('exact');
    const uneven = [...tallies, tallyOf('one', 'ww')];
    expect(summarize({ tallies: uneven, pooled: true }).estimates[0]!.bootstrap!.resamples).toBe(10_000);
  });

  test('failures apart: 10–1 judged and 46 failed is .91 with bounds from .18 to .98', () => {
    const tallies = [...verdicts(10, 0, 1), ...Array.from({ length: 46 }, (_, i) => tallyOf(`f${i}`, 'f'))];
    const summary = summarize({ tallies });
    const estimate = summary.estimates[0]!;
    near(estimate.win_rate, 10 / 11);
    near(estimate.bounds!.low, 10 / 57);
    near(estimate.bounds!.high, 56 / 57);
    near(estimate.coverage, 11 / 57);
    expect(estimate.failed).toBe(46);
    expect(summary.warnings.map(({ code }) => code)).toContain('MANY_FAILED');
  });

  test('a failure is told as an outcome of a judge, of as many as there are', () => {
    const rows = ['a', 'b'].flatMap((judge) =>
      Array.from({ length: 600 }, (_, i) => tallyOf(`p${i}`, judge === 'a' && i < 100 ? 'f' : 'w', { judge })),
    );
    expect(summarize({ tallies: rows }).warnings.find(({ code }) => code === 'MANY_FAILED')!.message).toBe(
      '100 of 1,200 outcomes, one for each judge and comparison, are missing because a judgment failed.',
    );
  });

  test('nothing judged is a null with its reason, in every shape of nothing', () => {
    const none = summarize({ tallies: [] });
    expect(none.estimates).toHaveLength(1);
    expect(none.estimates[0]).toMatchObject({ win_rate: null, reason: 'nothing judged yet', interval: null });
    const failed = summarize({ tallies: [tallyOf('a', 'f')] }).estimates[0]!;
    expect(failed).toMatchObject({ win_rate: null, failed: 1, bounds: { low: 0, high: 1 } });
    expect(failed.reason).toContain('failed');
  });

  test('order-dependent comparisons score one half, and none at all when they are excluded', () => {
    const turned = tallyOf('a', 'o', { scores: [0.5], pairs: 1 });
    expect(summarize({ tallies: [turned] }).estimates[0]).toMatchObject({ win_rate: 0.5, order_dependent: 1 });
    const without = summarize({ tallies: [turned, tallyOf('b', 'w')], excludeOrderDependent: true }).estimates[0]!;
    expect(without).toMatchObject({ win_rate: 1, n_prompts: 1, order_dependent: 1 });
  });

  test('graded scores are averaged as they are, their error is s/√n', () => {
    const grades = [0.2, 0.9, 0.45, 0.7];
    const tallies = grades.map((score, i) => tallyOf(`g${i}`, score > 0.5 ? 'w' : 'l', { scores: [score] }));
    const estimate = summarize({ tallies }).estimates[0]!;
    near(estimate.win_rate, 0.5625);
    near(estimate.standard_error, Math.sqrt(0.276875 / 3 / 4));
    expect(estimate.interval!.method).toBe('wilson-effective-n');
  });
});

describe('who decides', () => {
  const human = verdicts(0, 0, 12, { judge: 'human:ada' });
  const model = verdicts(12, 0, 0, { judge: 'opus' });

  test('a human beside a model has an estimate of its own and no share in the overall one', () => {
    const { estimates } = summarize({ tallies: [...human, ...model] });
    expect(estimates[0]!.win_rate).toBe(1);
    expect(estimates.find(({ group }) => group.judge === 'human:ada' && !group.suite)!.win_rate).toBe(0);
    expect(summarize({ tallies: human }).estimates[0]!.win_rate).toBe(0);
  });

  test('so has a reference judge, and a judge that saw a share of the prompts', () => {
    const extra = verdicts(0, 0, 12, { judge: 'key' });
    expect(summarize({ tallies: [...extra, ...model] }).estimates[0]!.win_rate).toBe(0.5);
    expect(summarize({ tallies: [...extra, ...model], referenceJudges: ['key'] }).estimates[0]!.win_rate).toBe(1);
    expect(summarize({ tallies: [...extra, ...model], informing: ['key'] }).estimates[0]!.win_rate).toBe(1);
    expect(summarize({ tallies: [...extra, ...model], informing: ['key'] }).agreement.pairs).toHaveLength(1);
  });

  test('a reference judge, asked in one order on purpose, is not measured for following a slot; others are', () => {
    const judged = Array.from({ length: 12 }, (_, i) =>
      judgment({ prompt_id: `p${i}`, judge: 'key', winner: 'candidate' }),
    );
    const { tallies } = tally(judged, { promptHash: ({ prompt_id }) => prompt_id });
    const rateOf = (referenceJudges: string[]) => summarize({ tallies, referenceJudges }).judges[0]!.first_slot_rate;
    expect(rateOf(['key'])).toEqual({ value: null, reason: 'compares with references, whichever text is first' });
    expect(rateOf([])).toMatchObject({ value: 0, n: 12 });
  });

  test('--judges keeps those alone', () => {
    const { estimates, judges } = summarize({ tallies: [...human, ...model], judges: ['human:ada'] });
    expect(estimates[0]!.win_rate).toBe(0);
    expect(judges.map(({ judge }) => judge)).toEqual(['human:ada']);
  });
});

describe('groups and families', () => {
  const tallies = [
    ...verdicts(28, 0, 12, { suite: 'a', category: 'x' }),
    ...verdicts(20, 0, 20, { suite: 'b', domain: 'out-of-domain', category: 'y' }, 40),
    ...verdicts(3, 0, 0, { suite: 'c', domain: 'multi-domain' }, 80),
  ];

  test('the usual groups stand after the overall one', () => {
    const names = summarize({ tallies }).estimates.map(({ group }) => Object.keys(group).join('*'));
    expect([...new Set(names)]).toEqual([
      '',
      'domain',
      'suite',
      'category',
      'judge',
      'order',
      'suite*judge',
      'category*judge',
    ]);
    expect(summarize({ tallies, by: [['judge', 'order']] }).estimates.map(({ group }) => group)).toEqual([
      {},
      { judge: 'opus', order: 'baseline-first' },
    ]);
  });

  test('suites are one Holm family without those that could never reach alpha; categories are explored', () => {
    const { estimates } = summarize({ tallies });
    const suite = (name: string) => estimates.find(({ group }) => group.suite === name && !group.judge)!;
    expect(suite('c')).toMatchObject({ p_adjusted: null, adjustment: null });
    near(suite('a').p_adjusted, 2 * suite('a').p_value!);
    expect(suite('a').adjustment).toBe('holm');
    expect(estimates.find(({ group }) => group.category === 'x')!.adjustment).toBe('benjamini-hochberg');
    expect(estimates[0]!.adjustment).toBeNull();
  });

  test('coverage counts against the plan of the group', () => {
    const due = (suite: string, domain: Domain, judgments: number): Due => ({
      suite,
      domain,
      category: null,
      judge: 'opus',
      order: 'baseline-first',
      judgments,
    });
    const { estimates, judges } = summarize({
      tallies,
      due: [due('a', 'in-domain', 50), due('b', 'out-of-domain', 40), due('c', 'multi-domain', 10)],
    });
    near(estimates[0]!.coverage, 0.83);
    near(estimates.find(({ group }) => group.domain === 'in-domain')!.coverage, 0.8);
    expect(judges[0]!.coverage).toEqual({ value: 0.83, low: 0.83, high: 0.83, n: 100 });
  });

  test('coverage counts what a judge was to judge that nothing is there of yet', () => {
    const due = ['opus', 'sonnet'].map((judge): Due => ({
      ...{ suite: 'a', domain: 'in-domain', category: null, order: 'baseline-first' },
      ...{ judge, judgments: 100 },
    }));
    const coverage = (options: Partial<SummarizeInput> = {}) =>
      summarize({ tallies, due, ...options }).estimates[0]!.coverage;
    near(coverage(), 0.415);
    // Neither is one of those who decide, nor is whoever is not asked about.
    near(coverage({ informing: ['sonnet'] }), 0.83);
    near(coverage({ referenceJudges: ['sonnet'] }), 0.83);
    near(coverage({ judges: ['opus'] }), 0.83);
  });
});

describe('judge health', () => {
  test('an always-A judge asked in both orders gives win rate 0.5, first-slot rate 1 and consistency 0', () => {
    const rows = Array.from({ length: 20 }, (_, i) =>
      ORDERS.map((order) =>
        judgment({ prompt_id: `p${i}`, order, winner: order === 'baseline-first' ? 'baseline' : 'candidate' }),
      ),
    ).flat();
    const { estimates, judges, warnings } = of(rows);
    expect(estimates[0]).toMatchObject({ win_rate: 0.5, order_dependent: 20, ties: 0 });
    expect(judges[0]!.first_slot_rate).toMatchObject({ value: 1, n: 40 });
    expect(judges[0]!.position_consistency).toMatchObject({ value: 0, n: 20 });
    expect(judges[0]!.order_dependent_rate).toMatchObject({ value: 1, n: 20 });
    expect(warnings.map(({ code }) => code)).toContain('ORDER_DECIDES');
  });

  test('asked in one order the same judge cannot be seen by consistency: null with its reason', () => {
    const rows = Array.from({ length: 20 }, (_, i) => judgment({ prompt_id: `p${i}`, winner: 'baseline' }));
    const health = of(rows).judges[0]!;
    expect(health.position_consistency).toEqual({ value: null, reason: 'no comparison was judged in both orders' });
    expect(health.first_slot_rate.value).toBe(1);
  });

  test('a rate of one chance a prompt has the Wilson interval; repeats of one prompt do not narrow it', () => {
    const once = summarize({ tallies: verdicts(10, 0, 3) }).judges[0]!.first_slot_rate;
    near(once.low, 1 - 0.9182047128150144);
    const often = summarize({
      tallies: [...'w'.repeat(10), ...'l'.repeat(3)].map((letter, i) => tallyOf(`p${i}`, letter.repeat(5))),
    }).judges[0]!.first_slot_rate;
    near(often.low, once.low);
    expect(often.n).toBe(65);
  });

  test('retests, canaries, families and failures are shown by judge', () => {
    const { judges, warnings } = summarize({
      tallies: [tallyOf('a', 'wf')],
      retests: [
        { judge: 'opus', prompt_hash: 'a', n: 2, same: 1 },
        { judge: 'other', prompt_hash: 'a', n: 9, same: 0 },
      ],
      canaries: [{ judge: 'opus', kind: 'identical', n: 4, passed: 3 }],
      families: { judges: { opus: 'claude-opus-4-1' }, baseline: 'Qwen/Qwen2.5', candidate: 'claude-tuned' },
    });
    expect(judges[0]).toMatchObject({
      repeat_consistency: { value: 0.5, n: 2 },
      canaries: [{ kind: 'identical', n: 4, passed: 3 }],
      family_overlap: ['candidate'],
      failed: { unreadable: 1 },
    });
    expect(warnings.map(({ code }) => code)).toContain('SAME_FAMILY');
  });

  test('criteria tell what a judge values', () => {
    const tallies = [
      tallyOf('a', 'w', { criteria: { depth: { n: 1, difference: 2, decisive: 1, agrees: 1 } } }),
      tallyOf('b', 'l', { criteria: { depth: { n: 1, difference: 1, decisive: 1, agrees: 0 } } }),
    ];
    const [depth] = summarize({ tallies }).criteria;
    expect(depth).toMatchObject({
      judge: 'opus',
      criterion: 'depth',
      n: 2,
      mean_difference: 1.5,
      agrees_with_verdict: 0.5,
    });
    expect(depth!.low!).toBeLessThan(1.5);
  });
});
