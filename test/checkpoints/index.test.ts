import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { READERS, readTree } from '../../src/checkpoints/index.js';
import { adapter, codes, safetensors, trainerState, tree } from './tree.js';

const SAMPLES: Record<string, string> = {
  metrics: 'evals/brie/checkpoint-290/metrics.csv',
  'run-list': 'runs.csv',
  'result-tree': 'results',
  'run-tree': 'trees',
  trainer: 'runs',
};

const all = () =>
  tree({
    'runs.csv': 'name,state,learning_rate\na,finished,1e-5\n',
    'results/Results/ablation_study/org/m/Copa_zo_original_1_7/20260101_120000/experiment_config.yaml':
      'model: org/m\n',
    'trees/sft_2026-01-16_m_a100_20steps/training_run/config.yaml': 'max_steps: 20\n',
    'runs/brie/checkpoint-100/trainer_state.json': trainerState(100, 290),
    'runs/brie/checkpoint-100/adapter_config.json': adapter,
    'runs/brie/checkpoint-290/trainer_state.json': {
      ...trainerState(290, 290),
      log_history: [
        { step: 290, eval_acc: 0.5, eval_loss: 2, eval_runtime: 3 },
        { step: 290, train_loss: 9, train_runtime: 1 },
      ],
    },
    'runs/brie/checkpoint-290/adapter_config.json': adapter,
    'runs/brie/checkpoint-290/adapter_model.safetensors': safetensors([1]),
    'runs/test-cheddar/checkpoint-9/trainer_state.json': trainerState(9, 20),
    'runs/loop': { link: 'loop' },
    'notes/README.md': '',
    'evals/brie/checkpoint-290/metrics.csv': 'q_idx,pass@1\n0,1\n1,0\n',
    'evals/cheddar/all-metrics.csv': 'pass@1\n0.5\n',
  });

test('each sample is read by its own reader of the list, and no folder reader takes the sample of another', async () => {
  const root = all();
  expect(READERS.map(({ format }) => format).sort()).toEqual(Object.keys(SAMPLES).sort());
  for (const [format, path] of Object.entries(SAMPLES)) expect((await readTree(join(root, path))).format).toBe(format);
  for (const reader of READERS.filter(({ reads }) => reads === 'folder'))
    for (const format of ['result-tree', 'run-tree', 'trainer'])
      expect([reader.format, format, await reader.fits(join(root, SAMPLES[format]!))]).toEqual([
        reader.format,
        format,
        reader.format === format,
      ]);
});

test('a file of metrics is placed by the folders above it, and says so where they do not name the step', async () => {
  const root = all();
  expect((await readTree(`${root}/evals/brie/checkpoint-290/metrics.csv`)).metrics).toMatchObject([
    { checkpoint: 'brie', step: 290, metric: 'pass@1', value: 0.5, n: 2 },
  ]);
  const { metrics, findings } = await readTree(`${root}/evals/cheddar/all-metrics.csv`);
  expect(metrics).toMatchObject([{ checkpoint: 'cheddar', step: null, value: 0.5 }]);
  expect(codes(findings)).toEqual(['STEP_UNKNOWN']);
});

test('Trainer folders are runs with the last checkpoint, their curve and their validation metrics', async () => {
  const root = all();
  const { runs, metrics, findings, left_out } = await readTree(`${root}/runs`);
  expect(runs).toMatchObject([
    {
      name: 'brie',
      state: 'finished',
      test: false,
      steps_configured: 290,
      steps_run: 290,
      losses: [{ step: 290, loss: null, eval_loss: 2 }],
      checkpoints: [{ name: 'checkpoint-290', step: 290 }],
    },
    { name: 'test-cheddar', state: 'unfinished', test: true, steps_run: 9 },
  ]);
  expect(metrics.map(({ checkpoint, step, metric, value }) => [checkpoint, step, metric, value])).toEqual([
    ['brie', 290, 'eval_acc', 0.5],
    ['brie', 290, 'eval_loss', 2],
  ]);
  expect(codes(findings)).toEqual(['LINK_LOOP', 'UNFINISHED']);
  expect(left_out).toEqual([{ what: 'intermediate checkpoints', n: 1 }]);
  const more = await readTree(`${root}/runs`, { intermediate: true });
  expect(more.runs[0]!.checkpoints.map(({ step }) => step)).toEqual([100, 290]);
});

test('a folder of 2,000 checkpoints is one run, and only the last checkpoint is opened', async () => {
  const root = tree({ 'brie/checkpoint-2000/trainer_state.json': trainerState(2000, 2000) });
  for (let step = 1; step < 2000; step++) mkdirSync(join(root, `brie/checkpoint-${step}`));
  // A state that would be noticed if it were read.
  const opened = tree({
    'brie/checkpoint-1/trainer_state.json': '{',
    'brie/checkpoint-2/trainer_state.json': trainerState(2, 2),
  });
  expect((await readTree(opened)).findings).toEqual([]);
  const { runs, left_out } = await readTree(root);
  expect(runs).toMatchObject([{ name: 'brie', steps_run: 2000, checkpoints: [{ step: 2000 }] }]);
  expect(left_out).toEqual([{ what: 'intermediate checkpoints', n: 1999 }]);
});

test('a folder that may not be opened is a line, and its neighbours are read', async () => {
  const root = tree({
    'a/checkpoint-1/trainer_state.json': trainerState(1, 1),
    'b/checkpoint-1/x': '',
    'c/checkpoint-1/trainer_state.json': trainerState(1, 1),
  });
  chmodSync(root, 0o755);
  chmodSync(`${root}/b`, 0);
  const superuser = process.geteuid?.() === 0;
  if (superuser) process.seteuid!(65534);
  try {
    const { runs, findings } = await readTree(root);
    expect(runs.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(findings).toMatchObject([
      { code: 'UNREADABLE', file: `${root}/b`, message: 'cannot be read: permission denied' },
    ]);
  } finally {
    if (superuser) process.seteuid!(0);
    chmodSync(`${root}/b`, 0o755);
  }
});

test('what no reader knows, and what is not there, is told in one line', async () => {
  const root = all();
  await expect(readTree(`${root}/notes`)).rejects.toMatchObject({ code: 'FILE_UNKNOWN_FORMAT' });
  await expect(readTree(`${root}/notes/README.md`)).rejects.toMatchObject({ code: 'FILE_UNKNOWN_FORMAT' });
  await expect(readTree(`${root}/runs/loop`)).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: 'cannot be read: ELOOP',
  });
  await expect(readTree(`${root}/none`)).rejects.toMatchObject({ code: 'FILE_MISSING' });
});
