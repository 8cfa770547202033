import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaderboard } from '../../src/ledger/leaderboard.js';
import { metricBoard } from '../../src/ledger/metric-board.js';
import { type Bench, IN, ids, openBench, suiteOf } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const ranked = (board: Awaited<ReturnType<typeof leaderboard>>) =>
  board.items.map((row) => [row.board, row.rank, row.checkpoint]);

describe('leaderboard', () => {
  it('ranks candidates against one baseline by win rate, the newest of a configuration once', async () => {
    await bench.match('good', IN);
    await bench.match('poor', ids('in', 2));
    await bench.run({ candidate: { name: 'good', provider: 'recorded', file: 'good.jsonl' } }, { again: true });
    const board = await leaderboard(bench.store);
    expect(ranked(board)).toEqual([
      [1, 1, 'good'],
      [1, 2, 'poor'],
    ]);
    expect(board.items[0]).toMatchObject({ runs: 2, n_prompts: 32, p_against_first: null, strength: null });
    expect(board.items[1]!.p_against_first).toBeLessThan(0.001);
    expect(board.boards[0]).toMatchObject({ by: 'win rate', baselines: ['base'], why: [] });
  });

  it('keeps runs of other suites on a board of their own and says why; named together they are refused', async () => {
    const runs = [await bench.match('a', IN), await bench.match('b', IN, { suites: [suiteOf(IN, 'in-domain')] })];
    const board = await leaderboard(bench.store);
    expect(board.boards).toHaveLength(2);
    expect(board.boards[1]!.why.join()).toContain('suites differ');
    await expect(leaderboard(bench.store, { runs })).rejects.toMatchObject({ code: 'NOT_COMPARABLE' });
    expect((await leaderboard(bench.store, { suite: 'in-domain' })).boards).toHaveLength(1);
  });

  it('refuses a domain that is none and a suite that no run has, naming the nearest', async () => {
    await bench.match('a', IN, { suites: [suiteOf(IN, 'in-domain')] });
    const code = 'INVALID_VALUE';
    const asked = (query: Parameters<typeof leaderboard>[1]) => leaderboard(bench.store, query);
    await expect(asked({ suite: 'in-domian' })).rejects.toMatchObject({
      code,
      place: { hint: expect.stringContaining('"in-domain"') as string },
    });
    await expect(asked({ suite: 'nope' })).rejects.toMatchObject({ code, place: { hint: 'Known: in-domain.' } });
    await expect(asked({ domain: 'multi-doman' })).rejects.toMatchObject({
      code,
      place: { hint: expect.stringContaining('"multi-domain"') as string },
    });
    expect((await asked({ suite: 'in-domain' })).items).toHaveLength(1);
    expect((await asked({ domain: 'multi-domain' })).items).toEqual([]);
  });

  it('does not rank a majority with a mean of the same judges', async () => {
    const judges = [
      { name: 'key', provider: 'reference', extract: 'number' },
      { name: 'words', provider: 'reference', extract: 'exact' },
    ];
    const runs = [
      await bench.match('a', IN, { judges }),
      await bench.match('b', ids('in', 9), { judges }),
      await bench.match('c', ids('in', 2), { judges, jury: 'majority' }),
    ];
    const { boards } = await leaderboard(bench.store);
    expect(boards.map(({ why }) => why.join())).toEqual([
      '',
      expect.stringMatching(/judges differ.*majority/) as string,
    ]);
    await expect(leaderboard(bench.store, { runs })).rejects.toMatchObject({ code: 'NOT_COMPARABLE' });
    expect((await leaderboard(bench.store, { runs: runs.slice(0, 2) })).boards).toHaveLength(1);
  });

  it('does not rank candidates whose baselines never met', async () => {
    await bench.answers('other.jsonl', ids('in', 5));
    const runs = [
      await bench.match('a', IN),
      await bench.match('b', IN, { baseline: { name: 'other', provider: 'recorded', file: 'other.jsonl' } }),
    ];
    expect((await leaderboard(bench.store)).boards.map(({ why }) => why.join())).toEqual([
      '',
      expect.stringContaining('baseline differ') as string,
    ]);
    await expect(leaderboard(bench.store, { runs })).rejects.toMatchObject({ code: 'NOT_COMPARABLE' });
  });

  it('uses Bradley-Terry where candidates met each other', async () => {
    await bench.match('a', [...ids('in', 12, 2), ...ids('out', 6)]);
    await bench.match('b', [...ids('in', 15, 4), ...ids('out', 2)], {
      baseline: { name: 'a', provider: 'recorded', file: 'a.jsonl' },
    });
    const board = await leaderboard(bench.store);
    expect(board.boards[0]).toMatchObject({ by: 'Bradley-Terry', baselines: ['a', 'base'] });
    for (const { strength } of board.items) expect(strength!.low).toBeLessThanOrEqual(strength!.log_strength);
    const [first, second] = board.items;
    expect(first!.strength!.log_strength).toBeGreaterThan(second!.strength!.log_strength);
  });

  it('leaves out unfinished runs and tests by name, each with its reason, unless all are wanted', async () => {
    await bench.match('a', IN);
    await bench.match('b_test', IN);
    const stopped = await bench.match('c', IN);
    await bench.store.updateRun(stopped.id, { status: 'stopped' });
    const board = await leaderboard(bench.store);
    expect(board.items.map(({ checkpoint }) => checkpoint)).toEqual(['a']);
    expect(board.left_out.map(({ why }) => why).sort()).toEqual(['a test by its name', 'not finished (stopped)']);
    expect((await leaderboard(bench.store, { all: true })).items).toHaveLength(3);
  });

  it('tells one name with two digests apart', async () => {
    const runs = [await bench.match('a', IN), await bench.match('b', IN, { seed: 2 })];
    for (const [i, run] of runs.entries())
      await bench.store.updateRun(run.id, {
        candidate: 'same',
        identities: { ...run.identities, candidate: { digest: `${i}`.repeat(64) } },
      });
    const board = await leaderboard(bench.store);
    expect(board.items.map(({ checkpoint }) => checkpoint).sort()).toEqual(['same@00000000', 'same@11111111']);
  });
});

describe('a leaderboard of an imported metric', () => {
  const metric = (checkpoint: string, metric: string, value: number, sampling: object | null = null) => ({
    ...{ checkpoint, step: 0, metric, value, source: 'x.csv', n: 1 },
    sampling: sampling as never,
  });

  it('takes one name for a benchmark that was measured under two, and ranks losses from the smallest', async () => {
    await bench.store.keepMetrics(
      [metric('base', 'pretrain_eval_mmlu', 0.4), metric('tuned', 'eval_mmlu', 0.6)],
      'now',
    );
    const names = new Map([
      ['pretrain_eval_mmlu', 'mmlu'],
      ['eval_mmlu', 'mmlu'],
    ]);
    expect((await metricBoard(bench.store, 'mmlu', names)).map(({ checkpoint }) => checkpoint)).toEqual([
      'tuned',
      'base',
    ]);
    await bench.store.keepMetrics([metric('base', 'eval_loss', 2), metric('tuned', 'eval_loss', 1)], 'now');
    expect((await metricBoard(bench.store, 'eval_loss')).map(({ checkpoint }) => checkpoint)).toEqual([
      'tuned',
      'base',
    ]);
  });

  it('refuses values that were sampled differently, and names the nearest metric', async () => {
    const greedy = { temperature: 0, top_p: 1, samples: 1 };
    await bench.store.keepMetrics(
      [metric('a', 'pass@1', 0.4, greedy), metric('b', 'pass@1', 0.5, { ...greedy, temperature: 1 })],
      'now',
    );
    await expect(metricBoard(bench.store, 'pass@1')).rejects.toMatchObject({ code: 'NOT_COMPARABLE' });
    await expect(metricBoard(bench.store, 'pass@2')).rejects.toMatchObject({
      place: { hint: 'Did you mean "pass@1"?' },
    });
  });

  it('keeps one value for a measurement that is read twice', async () => {
    expect(await bench.store.keepMetrics([metric('a', 'm', 0.4)], 'now')).toBe(1);
    expect(await bench.store.keepMetrics([metric('a', 'm', 0.5)], 'later')).toBe(0);
    expect(await bench.store.metrics()).toMatchObject([{ value: 0.5 }]);
  });
});
