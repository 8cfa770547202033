import fc from 'fast-check';
import { stringify } from 'csv-stringify/sync';
import { describe, expect, test } from 'vitest';
import { readRunList } from '../../src/checkpoints/run-list.js';
import { isTestName, summarizeTraining } from '../../src/checkpoints/training.js';
import { tree } from './tree.js';

// 341 runs: 321 with a history, 18 with a configuration only, 2 with neither; 255 finished, 54 running, 25 crashed,
// 7 failed; 335 called a test; a rate in 339, epochs in 206, a number of steps in 4.
const ROWS = Array.from({ length: 341 }, (_, i) => {
  const training = i < 321;
  const configured = i < 339;
  return {
    run_id: `r${i}`,
    run_name: i < 335 ? `2601${i}_test_match_60M` : `2601${i}_finetune_60M`,
    state: i < 255 ? 'finished' : i < 309 ? 'running' : i < 334 ? 'crashed' : 'failed',
    history_length: training ? 100 + i : 0,
    learning_rate: configured ? 5e-5 : '',
    num_train_epochs: i < 206 ? 2 : '',
    warmup_ratio: i < 206 ? 0 : '',
    max_train_steps: [0, 1, 330, 338].includes(i) ? 150 : '',
    eval_loss: i < 298 ? 2.5 : '',
  };
});
const shuffled = (rows: typeof ROWS) => rows.map((row, i) => rows[(i * 200 + 7) % rows.length] ?? row);

const read = async (file: string, content: string) => readRunList(`${tree({ [file]: content })}/${file}`);

describe('341 runs of a tracker', () => {
  const unwrapped = ROWS.map(({ run_id, run_name, state, history_length, eval_loss, ...config }) => ({
    id: run_id,
    displayName: run_name,
    state,
    historyLineCount: history_length,
    config: Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key, { value: value === '' ? null : value }]),
    ),
    summary: eval_loss === '' ? { _runtime: 0 } : { eval_loss },
  }));
  const forms: [string, string][] = [
    ['runs.csv', stringify(shuffled(ROWS), { header: true })],
    ['runs.json', JSON.stringify(shuffled(ROWS))],
    [
      'runs.jsonl',
      shuffled(ROWS)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    ],
    ['nested.json', JSON.stringify({ runs: unwrapped })],
  ];

  test.each(forms)('%s: classification, ends, coverage and steps come out exactly', async (file, content) => {
    const { runs, metrics, findings } = await read(file, content);
    expect(findings).toEqual([]);
    const summary = summarizeTraining(runs);
    expect(summary.kinds).toEqual({ training: 321, 'training (configuration only)': 18, 'evaluation only': 2 });
    expect(summary.states).toEqual({
      finished: 255,
      unfinished: 0,
      failed: 7,
      crashed: 25,
      killed: 0,
      running: 54,
      unknown: 0,
    });
    expect([summary.runs, summary.test, summary.production]).toEqual([341, 335, 6]);
    expect(summary.coverage).toEqual([
      { field: 'learning_rate', n: 339, share: 339 / 341 },
      { field: 'num_train_epochs', n: 206, share: 206 / 341 },
      { field: 'warmup_ratio', n: 206, share: 206 / 341 },
      { field: 'max_train_steps', n: 4, share: 4 / 341 },
    ]);
    expect(summary.steps).toEqual({
      configured: { n: 4, mean: 150, median: 150, min: 150, max: 150 },
      run: { n: 341, mean: (321 * 100 + (320 * 321) / 2) / 341, median: 250, min: 0, max: 420 },
      reached: 0,
      short: 4,
    });
    expect(metrics).toHaveLength(298);
    expect(metrics.every(({ metric, value }) => metric === 'eval_loss' && value === 2.5)).toBe(true);
  });

  test('the order of rows changes nothing', async () => {
    const all = await read('a.json', JSON.stringify(ROWS));
    const other = await read('b.json', JSON.stringify([...ROWS].reverse()));
    expect(summarizeTraining(other.runs)).toEqual(summarizeTraining(all.runs));
  });
});

describe('single runs', () => {
  const one = async (row: object) => (await read('runs.json', JSON.stringify([row]))).runs[0]!;

  test('a name that says evaluation counts for more than history and inherited configuration, unless it also says training', async () => {
    const row = { state: 'finished', history_length: 12, learning_rate: 1e-5 };
    expect((await one({ ...row, name: 'brie-eval-mmlu' })).kind).toBe('evaluation only');
    expect((await one({ ...row, name: 'brie-finetune-with-eval' })).kind).toBe('training');
    expect((await one({ ...row, name: 'brie' })).kind).toBe('training');
  });

  test('a learning rate of zero and steps of minus one configure no training', async () => {
    expect((await one({ name: 'x', history_length: 0, learning_rate: 0, max_steps: -1 })).kind).toBe('evaluation only');
    expect((await one({ name: 'x', history_length: 0, learning_rate: 0, max_steps: 5 })).kind).toBe(
      'training (configuration only)',
    );
  });

  test('steps run are read from the last logged step, and stand beside the steps configured', async () => {
    const wandb = {
      name: 'x',
      state: 'crashed',
      historyLineCount: 30,
      config: { max_steps: 500, batch: 8 },
      summary: { 'train/global_step': 290, eval_loss: 2.7 },
    };
    expect(await one(wandb)).toMatchObject({
      steps_configured: 500,
      steps_run: 290,
      config: { max_steps: 500, batch: 8 },
      state: 'crashed',
    });
    const logged = {
      name: 'x',
      history: [
        { _step: 10, loss: 3 },
        { _step: 20, loss: 2 },
      ],
    };
    expect(await one(logged)).toMatchObject({
      steps_run: 20,
      kind: 'training',
      losses: [
        { step: 10, loss: 3 },
        { step: 20, loss: 2 },
      ],
    });
  });

  test('an MLflow export is read by its prefixes', async () => {
    const csv =
      'run_id,status,params.learning_rate,params.base_model,metrics.eval_acc,tags.mlflow.runName\nabc,FINISHED,1e-4,org/base,0.5,brie\n';
    const { runs, metrics } = await read('mlflow.csv', csv);
    expect(runs).toMatchObject([
      {
        name: 'brie',
        state: 'finished',
        base_model: 'org/base',
        config: { learning_rate: '1e-4', base_model: 'org/base' },
      },
    ]);
    expect(metrics).toMatchObject([{ checkpoint: 'brie', metric: 'eval_acc', value: 0.5 }]);
  });

  test('NaN as Python writes it, absent values in all their spellings, and a state nobody knows', async () => {
    const { runs, findings } = await read(
      'runs.json',
      '[{"name": "x", "state": "melted", "lr": NaN, "seed": "None", "note_field": "nan", "dim": 0}]',
    );
    expect(runs[0]!.config).toEqual({ lr: null, seed: null, note_field: null, dim: 0 });
    expect(runs[0]!.state).toBe('unknown');
    expect(findings).toMatchObject([
      { severity: 'note', message: 'x: the state "melted" is not one that trackers write' },
    ]);
    expect(summarizeTraining(runs).coverage.filter(({ n }) => n > 0)).toEqual([{ field: 'dim', n: 1, share: 1 }]);
  });

  test('setting up an evaluation is configuration, its result is not', async () => {
    const { runs, metrics } = await read(
      'runs.csv',
      'name,eval_steps,eval_batch_size,eval_loss,test/acc\nx,50,8,2.5,0.25\n',
    );
    expect(runs[0]!.config).toEqual({ eval_steps: '50', eval_batch_size: '8' });
    expect(metrics.map(({ metric }) => metric)).toEqual(['eval_loss', 'test/acc']);
  });
});

describe('lists that cannot be read', () => {
  test.each([
    ['half.json', '[{"name": "x"}, {"name": ', 'JSON_SYNTAX'],
    ['half.jsonl', '{"name": "x"}\n{"name": ', 'JSON_SYNTAX'],
    ['open.csv', 'name,state\nx,"fin\n', 'CSV_SYNTAX'],
    ['none.json', '[]', 'FILE_UNKNOWN_FORMAT'],
    ['none.csv', 'name,state\n', 'FILE_UNKNOWN_FORMAT'],
  ])('%s is one line with its code', async (file, content, code) => {
    await expect(read(file, content)).rejects.toMatchObject({ code });
  });

  test('the line of the fault is named', async () => {
    await expect(read('half.jsonl', '{"name": "x"}\n\n{"name": ')).rejects.toMatchObject({ place: { line: 3 } });
  });
});

test('a test is called so as a word of its own', () => {
  expect(['test_match', '260101_test-60M', 'my-debug-run', 'smoke', 'dry_run_2', 'Tests3'].every(isTestName)).toBe(
    true,
  );
  expect(['latest', 'contest_60M', 'greatest-hits', 'testament', 'attestation', 'production'].some(isTestName)).toBe(
    false,
  );
});

test('kinds, states and test with production each sum to the number of runs, for any list', async () => {
  const row = fc.record({
    name: fc.constantFrom('a', 'eval_b', 'train_eval', 'test_c'),
    state: fc.constantFrom('finished', 'failed', 'crashed', 'odd', null),
    history_length: fc.constantFrom(0, 3, null),
    learning_rate: fc.constantFrom(0, 1e-5, null),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
      const summary = summarizeTraining((await read('runs.json', JSON.stringify(rows))).runs);
      const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
      expect([sum(summary.kinds), sum(summary.states), summary.test + summary.production]).toEqual([
        rows.length,
        rows.length,
        rows.length,
      ]);
    }),
    { numRuns: 30 },
  );
});
