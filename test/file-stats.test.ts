// Statistics of files that hold more than one run.
import { describe, expect, it } from 'vitest';
import { statsOfFiles } from '../src/file-stats.js';
import { ORDERS, type Winner } from '../src/records.js';
import { fileOf, lines } from './formats/files.js';
import { judgment } from './stats/judged.js';

/** The lines of a run in which a judge names one winner, in both orders, on four prompts. */
const runOf = (run_id: string, candidate: string, judge: string, winner: Winner) =>
  [0, 1, 2, 3].flatMap((i) =>
    ORDERS.map((order) => ({
      ...judgment({ prompt_id: `p${i}`, judge, order, winner }),
      ...{ run_id, candidate, id: `${run_id}${candidate}${judge}${i}${order}` },
    })),
  );
const [one, other] = ['20260101_000000-aaaa', '20260102_000000-bbbb'];
const statsOf = async (...files: object[][]) => {
  const paths = files.map((rows, i) => fileOf(`${i}.jsonl`, lines(...rows)));
  return (await statsOfFiles(paths, {}, {})).summary;
};

describe('stats of several runs', () => {
  it.each([
    ['two checkpoints', runOf(other, 'second', 'j', 'baseline')],
    ['two runs of one checkpoint', runOf(other, 'first', 'j', 'baseline')],
  ])('keep their comparisons apart: %s', async (_, rows) => {
    const first = runOf(one, 'first', 'j', 'candidate');
    for (const files of [[first, rows], [[...first, ...rows]], [[...first.slice(0, 3), ...rows, ...first.slice(3)]]]) {
      const { estimates, judges } = await statsOf(...files);
      expect(estimates[0]).toMatchObject({ n_prompts: 4, n_comparisons: 8, wins: 4, losses: 4, order_dependent: 0 });
      expect(judges[0]!.position_consistency).toMatchObject({ value: 1, n: 8 });
    }
  });

  it('match judges of one checkpoint over runs, and within each checkpoint', async () => {
    const first = [...runOf(one, 'first', 'a', 'candidate'), ...runOf(other, 'first', 'b', 'candidate')];
    expect((await statsOf(first)).agreement.pairs[0]).toMatchObject({ n: 4, observed: 1 });
    const second = [...runOf(one, 'second', 'b', 'baseline'), ...runOf(one, 'second', 'a', 'baseline')];
    expect((await statsOf([...first, ...second])).agreement.pairs[0]).toMatchObject({ n: 8, observed: 1 });
  });

  it('say that several candidates share one rate, and nothing where there is one', async () => {
    const first = runOf(one, 'first', 'j', 'candidate');
    const same = await statsOf(first, runOf(other, 'first', 'j', 'candidate'));
    expect(same.warnings.map(({ code }) => code)).toEqual(['FEW_PROMPTS']);
    const { warnings } = await statsOf(first, runOf(other, 'second', 'j', 'candidate'));
    expect(warnings.map(({ code }) => code).sort()).toEqual(['FEW_PROMPTS', 'SEVERAL_CHECKPOINTS']);
    expect(warnings.find(({ code }) => code === 'SEVERAL_CHECKPOINTS')!.message).toMatch(
      /^2 pairs of checkpoints are counted together \(first vs .+; second vs .+\);/,
    );
  });

  it('of votes over many models are votes each', async () => {
    const votes = ['x', 'y', 'z'].map((model_b, i) => ({
      ...{ prompt: 'q', judge: 'j', model_a: 'base', model_b, winner: i === 1 ? 'model_a' : 'model_b' },
    }));
    expect((await statsOf(votes)).estimates[0]).toMatchObject({ n_comparisons: 3, wins: 2, losses: 1 });
  });
});
