import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compare, significance } from '../../src/ledger/compare.js';
import { type Bench, IN, ids, openBench, OUT, suiteOf } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

describe('compare', () => {
  it('says first what the numbers rest on, and that it is the same', async () => {
    const runs = [await bench.match('a', ids('in', 10)), await bench.match('b', IN)];
    const { comparable, matters } = await compare(bench.store, runs);
    expect(comparable).toBe(true);
    expect(matters.map(({ what, same }) => [what, same])).toEqual([
      ['judges', true],
      ['template', true],
      ['suites', true],
      ['baseline', true],
      ['baseline responses', true],
    ]);
  });

  it('sees another judge, another suite, and a baseline that answered otherwise under the same name', async () => {
    const first = await bench.match('a', IN);
    const judged = await bench.match('b', IN, { judges: [{ name: 'key', provider: 'reference', extract: 'exact' }] });
    const suited = await bench.match('c', IN, { suites: [suiteOf(IN, 'in-domain')] });
    await bench.answers('base2.jsonl', ids('in', 6));
    const answered = await bench.match('d', IN, {
      baseline: { name: 'base', provider: 'recorded', file: 'base2.jsonl' },
    });
    const differ = async (other: typeof first) =>
      (await compare(bench.store, [first, other])).matters.filter(({ same }) => same === false).map(({ what }) => what);
    expect(await differ(suited)).toEqual(['suites']);
    expect(await differ(answered)).toEqual(['baseline responses']);
    const { configuration } = await compare(bench.store, [first, judged]);
    expect(configuration).toContainEqual({ key: 'judges.key.extract', values: ['number', 'exact'] });
  });

  it('tests on shared prompts with known answers, overall and by domain, and lists prompts without a partner', async () => {
    const first = await bench.match('a', ids('in', 5));
    const second = await bench.match('b', ids('in', 13), {
      suites: [suiteOf(IN, 'in-domain'), suiteOf(OUT.slice(0, 10), 'out-of-domain')],
    });
    const { tests, unmatched, metrics } = await compare(bench.store, [first, second]);
    const [overall, inside, outside] = tests[0]!.groups;
    expect(overall!.n_prompts).toBe(30);
    // Eight prompts move from a tie to a win: each adds ½.
    expect(inside).toMatchObject({ n_prompts: 20, first: 0.5, second: 0.7 });
    expect(inside!.difference).toBeCloseTo(0.2, 12);
    expect(inside!.permutation).toEqual({ p_value: 2 / 2 ** 8, p_adjusted: 2 * (2 / 2 ** 8) });
    expect(outside!.permutation).toEqual({ p_value: 1, p_adjusted: 1 });
    expect(outside!.paired_t).toEqual({ reason: 'no prompt differs from another' });
    expect(unmatched).toEqual([
      { run: 0, suite: 'out-of-domain', prompt_id: 'out-10' },
      { run: 0, suite: 'out-of-domain', prompt_id: 'out-11' },
    ]);
    expect(metrics[0]!.values.map((value) => value!.n_prompts)).toEqual([32, 30]);
  });

  it('tests a text of two domains in each of them, with the scores it has there', async () => {
    const suites = [suiteOf(IN, 'in-domain'), suiteOf(IN.slice(0, 8), 'out-of-domain', 'again')];
    const runs = [await bench.match('a', ids('in', 5), { suites }), await bench.match('b', ids('in', 13), { suites })];
    const { tests, metrics } = await compare(bench.store, runs);
    const groups = tests[0]!.groups.map(({ group, n_prompts, first, second }) => [group, n_prompts, [first, second]]);
    const rates = (name?: string) =>
      metrics.find(({ group }) => group.suite === undefined && group.domain === name)!.values.map((v) => v!.win_rate);
    expect(groups).toEqual([
      [{}, 20, rates()],
      [{ domain: 'in-domain' }, 20, rates('in-domain')],
      [{ domain: 'out-of-domain' }, 8, rates('out-of-domain')],
    ]);
  });

  it('groups runs by a tag and averages them by prompt', async () => {
    const tagged = (name: string, right: string[], method: string) => bench.match(name, right, { tags: { method } });
    const runs = [
      await tagged('a', ids('in', 5), 'sft'),
      await tagged('b', ids('in', 7), 'sft'),
      await tagged('c', IN, 'dpo'),
    ];
    const { sides, tests } = await compare(bench.store, runs, { tag: 'method' });
    expect(sides).toEqual([
      { name: 'method=sft', runs: [runs[0]!.id, runs[1]!.id] },
      { name: 'method=dpo', runs: [runs[2]!.id] },
    ]);
    expect(tests).toHaveLength(1);
    expect(tests[0]!.groups[1]!.first).toBeCloseTo((0.5 + 0.55) / 2, 12);
    await expect(compare(bench.store, runs, { tag: 'colour' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('significance', () => {
  it('turns its sign when the runs are turned, and keeps its p', async () => {
    const a = await bench.match('a', ids('in', 5));
    const b = await bench.match('b', ids('in', 13));
    const there = (await significance(bench.store, [a, b])).groups[1]!;
    const back = (await significance(bench.store, [b, a])).groups[1]!;
    expect(back.difference).toBeCloseTo(-there.difference!, 12);
    expect(back.permutation).toEqual(there.permutation);
    expect(there.bootstrap).toMatchObject({ resamples: 'exact' });
    expect((there.bootstrap as { low: number }).low).toBeCloseTo(-(back.bootstrap as { high: number }).high, 12);
  });

  it('has reasons and no numbers for runs that share no prompt', async () => {
    const a = await bench.match('a', IN, { suites: [suiteOf(IN, 'in-domain')] });
    const b = await bench.match('b', IN, { suites: [suiteOf(OUT, 'out-of-domain')] });
    const [overall] = (await significance(bench.store, [a, b])).groups;
    expect(overall).toMatchObject({
      n_prompts: 0,
      difference: null,
      permutation: { reason: expect.any(String) as string },
    });
  });
});
