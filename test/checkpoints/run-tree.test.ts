import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseRunName } from '../../src/checkpoints/run-name.js';
import { readRunTree } from '../../src/checkpoints/run-tree.js';
import { codes, tree } from './tree.js';

const NAME = 'rl_gsm8k_2026-01-15_tinyllama-1.1b_h100_200steps';

const run = (name = NAME) => ({
  [`${name}/training_run/config.yaml`]: 'backbone: org/tinyllama\nmax_steps: 200\nlr: 1e-6\n',
  [`${name}/training_run/logs/train_log.jsonl`]:
    '{"step": 1, "loss": 0.9}\n{"step": 2, "loss": 0.7}\n{"step": 200, "loss": 0.5, "eval_loss": 0.6}\n',
  [`${name}/training_run/training_state/step_50/model.safetensors`]: 'w',
  [`${name}/training_run/training_state/step_100/model.safetensors`]: 'w',
  [`${name}/training_run/training_state/step_final/model.safetensors`]: 'w',
  [`${name}/training_run/training_state/step_latest`]: { link: 'step_final' },
  [`${name}/training_run/training_state/.ipynb_checkpoints/step_7/x`]: '',
  [`${name}/eval_results/run_2026-01-16_10-00-00_gsm8k/tinyllama_gsm8k/step_50_gsm8k/temp0.7_p1.0_r8/metrics.csv`]:
    'q_idx,pass@1,pass@8,pass_rate\n0,1,1,0.75\n1,0,1,0.125\n2,0,0,0.0\n',
  [`${name}/eval_results/run_2026-01-16_10-00-00_gsm8k/tinyllama_gsm8k/step_50_gsm8k/temp0.7_p1.0_r8/records.jsonl.gz`]:
    gzipSync('{"q_idx":0}\n{"q_idx":1}\n{"q_idx":2}\n'),
  [`${name}/eval_results/run_2026-01-16_10-00-00_gsm8k/tinyllama_gsm8k/step_final_gsm8k/temp0.7_p1.0_r8/metrics.csv`]:
    'q_idx,pass@1\n0,1\n1,1\n',
  [`${name}/base_eval/temp0.7_p1.0_r8/metrics.csv`]: 'q_idx,pass@1\n0,0\n1,1\n2,0\n3,0\n',
  [`${name}/base_eval/temp0.7_p1.0_r8/run_meta.json`]: { eval_dataset: 'gsm8k' },
  [`${name}/eval_results/.ipynb_checkpoints/metrics.csv`]: 'q_idx,pass@1\n0,1\n',
});

describe('run names', () => {
  test('the parts are read, with underscores in experiment and model', () => {
    expect(parseRunName(NAME)).toEqual({
      experiment: 'rl_gsm8k',
      date: '2026-01-15',
      model: 'tinyllama-1.1b',
      hardware: 'h100',
      steps: 200,
    });
    expect(parseRunName('a_2026-12-31_qwen_2.5_0.5b_4xa100_1steps')).toMatchObject({
      model: 'qwen_2.5_0.5b',
      hardware: '4xa100',
      steps: 1,
    });
  });

  test.each([
    ['rl_2026-01-15_llama_h100', 'does not end in _<N>steps'],
    ['rl_20260115_llama_h100_20steps', 'has no date YYYY-MM-DD'],
    ['rl_2026-02-30_llama_h100_20steps', '2026-02-30 is no day of the calendar'],
    ['2026-01-15_llama_h100_20steps', 'names no experiment'],
    ['rl_2026-01-15_h100_20steps', 'lacks model or hardware'],
    ['rl_2026-01-15_llama_h100_0steps', '0 steps'],
  ])('%s is refused with the rule that it breaks', (name, problem) => {
    expect(parseRunName(name)).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  test('a name that was put together comes apart into the same parts', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,6}$/);
    const words = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('_'));
    const day = fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
    fc.assert(
      fc.property(
        words,
        day,
        words,
        word,
        fc.integer({ min: 1, max: 1e6 }),
        (experiment, date, model, hardware, steps) => {
          expect(parseRunName(`${experiment}_${date}_${model}_${hardware}_${steps}steps`)).toEqual({
            experiment,
            date,
            model,
            hardware,
            steps,
          });
        },
      ),
    );
  });
});

describe('run trees', () => {
  test('training, losses, last checkpoint and the metrics of each step are read', async () => {
    const root = tree(run());
    const { runs, metrics, findings, left_out, records } = await readRunTree(root);
    expect(findings).toEqual([]);
    expect(runs).toMatchObject([
      {
        name: NAME,
        kind: 'training',
        state: 'finished',
        test: false,
        base_model: 'org/tinyllama',
        steps_configured: 200,
        steps_run: 200,
        config: { backbone: 'org/tinyllama', max_steps: 200, lr: 1e-6 },
        checkpoints: [{ name: 'step_final' }],
      },
    ]);
    expect(runs[0]!.losses.map(({ step, loss, eval_loss }) => [step, loss, eval_loss])).toEqual([
      [1, 0.9, null],
      [2, 0.7, null],
      [200, 0.5, 0.6],
    ]);
    const sampling = { temperature: 0.7, top_p: 1, samples: 8 };
    expect(metrics.map(({ step, metric, value, n }) => [step, metric, value, n])).toEqual([
      [50, 'gsm8k/pass@1', 1 / 3, 3],
      [50, 'gsm8k/pass@8', 2 / 3, 3],
      [50, 'gsm8k/pass_rate', 0.875 / 3, 3],
      [200, 'gsm8k/pass@1', 1, 2],
      [0, 'gsm8k/pass@1', 0.25, 4],
    ]);
    expect(metrics.every((metric) => metric.checkpoint === NAME)).toBe(true);
    expect(metrics[0]!.sampling).toEqual(sampling);
    expect(left_out).toEqual([
      { what: 'intermediate checkpoints', n: 2 },
      { what: 'record files', n: 1 },
    ]);
    expect(records).toEqual([]);
  });

  test('intermediate checkpoints and record files come when they are asked for', async () => {
    const { runs, records, left_out } = await readRunTree(tree(run()), { intermediate: true, records: true });
    expect(runs[0]!.checkpoints.map(({ name }) => name)).toEqual(['step_50', 'step_100', 'step_final']);
    expect(records).toMatchObject([{ rows: 3 }]);
    expect(left_out).toEqual([]);
  });

  test('the root may be the run itself, and several runs are several', async () => {
    const root = tree({ ...run(), ...run('sft_2026-01-16_tinyllama_a100_200steps') });
    expect((await readRunTree(`${root}/${NAME}`)).runs.map(({ name }) => name)).toEqual([NAME]);
    expect((await readRunTree(root)).runs).toHaveLength(2);
  });

  test('a broken file, name or link is a line, and the rest is read', async () => {
    const bad = 'debug_2026-13-45_tinyllama_h100_300steps';
    const root = tree({
      ...run(),
      [`${bad}/training_run/config.yaml`]: 'max_steps: 250\n',
      [`${bad}/training_run/logs/train_log.jsonl`]:
        '{"step": 10, "loss": 1}\n{"step": 15, "loss": NaN}\n{"step": 20, "lo',
      [`${bad}/training_run/training_state/step_latest`]: { link: 'step_latest' },
      [`${bad}/eval_results/step_10_math/metrics.csv`]: 'q_idx,pass@1\n0,"1\n',
      [`${bad}/eval_results/step_20_math/metrics.csv`]: 'q_idx,pass@1\n0,1\n1,nan\n',
      [`evaluated_2026-01-15_tinyllama_h100_10steps/base_eval/temp1.0_p1.0_r1/metrics.csv`]: 'q_idx,pass@1\n0,1\n',
    });
    const { runs, metrics, findings } = await readRunTree(root);
    expect(runs.map(({ kind, state, test: isTest }) => [kind, state, isTest])).toEqual([
      ['training', 'unfinished', true],
      ['evaluation only', 'unknown', false],
      ['training', 'finished', false],
    ]);
    expect(runs[0]).toMatchObject({ steps_configured: 250, steps_run: 15, losses: [{ loss: 1 }, { loss: null }] });
    expect(codes(findings)).toEqual([
      'HALF_WRITTEN',
      'LINK_LOOP',
      'LOSS_NOT_A_NUMBER',
      'METRIC_NOT_A_NUMBER',
      'NAME_INVALID',
      'UNREADABLE',
    ]);
    expect(metrics.filter(({ checkpoint }) => checkpoint === bad)).toMatchObject([
      { step: 20, metric: 'math/pass@1', value: 1, n: 1 },
    ]);
  });

  test('a run that was only configured is told from one that trained, and steps that disagree are said', async () => {
    const { runs, findings } = await readRunTree(
      tree({ 'sft_2026-01-16_m_a100_200steps/training_run/config.yaml': 'max_steps: 100\n' }),
    );
    expect(runs).toMatchObject([
      { kind: 'training (configuration only)', state: 'unknown', steps_configured: 100, steps_run: null },
    ]);
    expect(findings).toMatchObject([
      { code: 'CONFIG_DISAGREES', message: 'the name says 200 steps, config.yaml says 100' },
    ]);
  });
});
