import { describe, expect, test } from 'vitest';
import { parseResultName, readResultTree } from '../../src/checkpoints/result-tree.js';
import { codes, tree } from './tree.js';

const config = (data: string, own = '') => `timestamp: '20260101_120000'
experiment_purpose: hyperparameter_tuning
model: org/Llama-3.2-1B
task: Copa
method: zo
data: { ${data} }
hyperparameters: { learning_rate: [1e-6, 1e-7], batch_size: 16, steps: 20000, seed: 0 }
${own}`;
const ran = (lr: string) => `training_info: { env_vars: { LR: '${lr}', STEPS: '20000' } }\n`;
const AT = 'Results/hyperparameter_tuning/org/Llama-3.2-1B';

describe('result names', () => {
  test.each([
    ['Copa_zo_copa_mezo_v1_1_7', { task: 'Copa', method: 'zo', data_type: 'copa_mezo_v1', learning_rate: 1e-7 }],
    [
      'ArcC_Cloze_fo_lora_original_5_06',
      { task: 'ArcC_Cloze', method: 'fo_lora', data_type: 'original', learning_rate: 5e-6 },
    ],
    ['CB_fo_full_temp07_1e-6', { task: 'CB', method: 'fo_full', data_type: 'temp07', learning_rate: 1e-6 }],
  ])('%s', (name, parts) => {
    expect(parseResultName(name)).toEqual(parts);
  });

  test.each(['Copa_zo_1_7', 'Copa_adam_original_1_7', 'zo_original_1_7', 'Copa_zo_original'])(
    '%s is refused',
    (name) => {
      expect(parseResultName(name)).toHaveProperty('problem');
    },
  );
});

describe('result trees', () => {
  test('purpose, model, method and rate are read, and the data is traced to why it was made', async () => {
    const root = tree({
      [`${AT}/Copa_zo_copa_v1_1_7/20260101_120000/experiment_config.yaml`]: config(
        'path: Data_v2/synthetic/temperature_study/copa_v1/Copa',
        ran('1e-07'),
      ),
      'Data_v2/synthetic/temperature_study/copa_v1/experiment_metadata.json': {
        experiment_purpose: 'prompt_engineering',
        generation: { model: 'gpt-4o' },
      },
    });
    const { runs, findings } = await readResultTree(`${root}/Results`);
    expect(findings).toEqual([]);
    expect(runs).toMatchObject([
      {
        name: 'Copa_zo_copa_v1_1_7',
        kind: 'training',
        started_at: '20260101_120000',
        purpose: 'hyperparameter_tuning',
        base_model: 'org/Llama-3.2-1B',
        task: 'Copa',
        method: 'zo',
        data_path: 'Data_v2/synthetic/temperature_study/copa_v1/Copa',
        data_purpose: 'prompt_engineering',
        steps_configured: 20000,
        steps_run: null,
        config: { learning_rate: 1e-7, batch_size: 16, seed: 0 },
      },
    ]);
  });

  test('original data needs no trail; without a trail the folder speaks, with a note; older files have a type only', async () => {
    const root = tree({
      [`${AT}/Copa_zo_original_1_7/20260101_120000/experiment_config.yaml`]: config(
        'path: Data_v2/original/Copa',
        ran('1e-07'),
      ),
      [`${AT}/Copa_zo_v1_1_6/20260101_120000/experiment_config.yaml`]: config(
        'path: Data_v2/synthetic/ablation/v1/Copa',
        ran('1e-06'),
      ),
      [`${AT}/Copa_zo_synthetic_mezo_gpt4o_v1_1_6/20260101_120000/experiment_config.yaml`]: config(
        'type: synthetic_mezo_gpt4o_v1',
        ran('1e-06'),
      ),
    });
    const { runs, findings } = await readResultTree(root);
    expect(runs.map((run) => [run.data_purpose, run.data_path, run.config['data_type']])).toEqual([
      ['original', 'Data_v2/original/Copa', 'original'],
      [null, null, 'synthetic_mezo_gpt4o_v1'],
      ['ablation', 'Data_v2/synthetic/ablation/v1/Copa', 'v1'],
    ]);
    expect(codes(findings)).toEqual(['DATA_LINEAGE_ENDS']);
  });

  test('folders and configuration that disagree are said; a rate without its decimal point is no disagreement', async () => {
    const root = tree({
      'Results/scaling_study/org/Other/Copa_fo_lora_original_25_06/20260101_120000/experiment_config.yaml': config(
        'path: Data_v2/original/Copa',
        ran('2.5e-06'),
      ),
    });
    const { findings } = await readResultTree(root);
    expect(findings.map(({ message }) => message)).toEqual([
      'the folder says purpose scaling_study, experiment_config.yaml says hyperparameter_tuning',
      'the folder says model org/Other, experiment_config.yaml says org/Llama-3.2-1B',
      'the folder says method fo_lora, experiment_config.yaml says zo',
    ]);
    const other = tree({
      [`${AT}/Copa_zo_original_5_6/20260101_120000/experiment_config.yaml`]: config(
        'path: Data_v2/original/Copa',
        ran('2.5e-06'),
      ),
    });
    expect((await readResultTree(other)).findings.map(({ message }) => message)).toEqual([
      'the folder says learning rate 0.000005, experiment_config.yaml says 0.0000025',
    ]);
  });

  test('a result without, or with a broken configuration is a line and is still read from its folders', async () => {
    const root = tree({
      [`${AT}/Copa_zo_original_1_7/20260101_120000/train.out`]: '',
      [`${AT}/Copa_zo_original_1_6/20260101_120000/experiment_config.yaml`]: 'model: [org/Llama',
      [`${AT}/Copa_sgd_original_1_5/first try/experiment_config.yaml`]: config('path: Data_v2/original/Copa'),
      'Results_v2/scaling_study/Llama-3.2-1B/Copa_zo_original_1_7/20260102_000000/experiment_config.yaml': config(
        'path: Data_v2/original/Copa',
        ran('1e-07'),
      ).replace('hyperparameter_tuning', 'scaling_study'),
    });
    const { runs, findings } = await readResultTree(root);
    expect(runs).toHaveLength(4);
    expect(runs.find((run) => run.path.includes('1_6'))).toMatchObject({
      purpose: 'hyperparameter_tuning',
      base_model: 'org/Llama-3.2-1B',
      method: 'zo',
      config: { learning_rate: 1e-6 },
    });
    expect(codes(findings)).toEqual(['CONFIG_MISSING', 'HALF_WRITTEN', 'NAME_INVALID', 'NAME_INVALID']);
  });
});
