import { describe, expect, test } from 'vitest';
import type { CheckpointFinding } from '../../src/checkpoints/findings.js';
import { isResult, readMetricsCsv, readNameMap, renameMetrics } from '../../src/checkpoints/metrics.js';
import { tree } from './tree.js';

const read = async (
  csv: string,
  origin = { checkpoint: 'brie', step: 50 as number | null, dataset: 'math' as string | null },
) => {
  const findings: CheckpointFinding[] = [];
  const metrics = await readMetricsCsv(`${tree({ 'metrics.csv': csv })}/metrics.csv`, origin, findings);
  return { metrics, findings };
};
const short = (metrics: { checkpoint: string; step: number | null; metric: string; value: number; n: number }[]) =>
  metrics.map(({ checkpoint, step, metric, value, n }) => [checkpoint, step, metric, value, n]);

describe('metrics.csv', () => {
  test('one row a question: each column is its mean, columns that name a row are not', async () => {
    const { metrics, findings } = await read(
      'q_idx,question_id,pass@1,correct,comment\n0,7,1,True,x\n1,8,0,False,y\n2,9,0,True,z\n5,9,1,True,\n',
    );
    expect(short(metrics)).toEqual([
      ['brie', 50, 'math/pass@1', 0.5, 4],
      ['brie', 50, 'math/correct', 0.75, 4],
    ]);
    expect(findings).toEqual([]);
  });

  test('one row a step, and rows of several checkpoints, are groups of their own', async () => {
    const { metrics } = await read('checkpoint,step,acc\na,10,0.1\na,20,0.2\nb,10,0.4\na,10,0.3\n', {
      checkpoint: 'brie',
      step: null,
      dataset: null,
    });
    expect(short(metrics)).toEqual([
      ['a', 10, 'acc', 0.2, 2],
      ['a', 20, 'acc', 0.2, 1],
      ['b', 10, 'acc', 0.4, 1],
    ]);
  });

  test('a file with the columns metric and value is taken as it stands', async () => {
    const { metrics } = await read('metric,value,step\npass@1,0.5,10\npass@8,0.75,10\n', {
      checkpoint: 'brie',
      step: null,
      dataset: null,
    });
    expect(short(metrics)).toEqual([
      ['brie', 10, 'pass@1', 0.5, 1],
      ['brie', 10, 'pass@8', 0.75, 1],
    ]);
  });

  test('NaN and inf are left out of the mean and said; an empty cell is only left out', async () => {
    const { metrics, findings } = await read('pass@1\n1\nnan\n-inf\n""\n0\n');
    expect(short(metrics)).toEqual([['brie', 50, 'math/pass@1', 0.5, 2]]);
    expect(findings).toMatchObject([
      { code: 'METRIC_NOT_A_NUMBER', message: expect.stringContaining('pass@1 is no number in 2 of') },
    ]);
  });

  test('a column of nothing but NaN is no metric', async () => {
    expect((await read('pass@1\nnan\n')).metrics).toEqual([]);
  });

  test('broken CSV is one line', async () => {
    await expect(read('a,b\n1,"2\n')).rejects.toMatchObject({ code: 'CSV_SYNTAX' });
  });
});

describe('names', () => {
  const map = (yaml: string) => readNameMap(`${tree({ 'metrics.yaml': yaml })}/metrics.yaml`);

  test('benchmarks called differently before and after training come under one name; others keep theirs', async () => {
    const names = await map('mmlu: [pretrain_eval_mmlu_acc_raw, eval_mmlu_acc]\ngsm8k/pass@1: pass@1\n');
    const metric = (name: string) => ({
      checkpoint: 'a',
      step: 0,
      metric: name,
      value: 1,
      source: 'x',
      n: 1,
      sampling: null,
    });
    const renamed = renameMetrics(['pretrain_eval_mmlu_acc_raw', 'eval_mmlu_acc', 'pass@1', 'bleu'].map(metric), names);
    expect(renamed.map(({ metric: name }) => name)).toEqual(['mmlu', 'mmlu', 'gsm8k/pass@1', 'bleu']);
  });

  test.each([
    ['a: [x, y]\nb: x\n', 'INVALID_VALUE'],
    ['- a\n- b\n', 'INVALID_VALUE'],
    ['a: [x\n', 'YAML_SYNTAX'],
  ])('%j is refused', async (yaml, code) => {
    await expect(map(yaml)).rejects.toMatchObject({ code });
  });
});

test('results of a tracker are told from settings', () => {
  expect(
    ['eval_loss', 'eval/acc', 'pretrain_eval_mmlu_acc_raw', 'loss', 'train_loss', 'test/f1', 'pass@8'].filter(
      (name) => !isResult(name),
    ),
  ).toEqual([]);
  expect(
    ['eval_steps', 'eval_batch_size', 'learning_rate', 'train_batch_size', 'lossy', 'accumulate'].filter(isResult),
  ).toEqual([]);
});
