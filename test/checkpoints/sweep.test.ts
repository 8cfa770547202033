import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expandCandidates } from '../../src/checkpoints/sweep.js';
import { tree } from './tree.js';

const runs = () =>
  tree({
    'runs/x/checkpoint-1000/a': '',
    'runs/x/checkpoint-290/a': '',
    'runs/x/checkpoint-30/a': '',
    'runs/x/logs/a': '',
    'runs/x/checkpoint-5': 'a file',
  });

describe('folders', () => {
  test('checkpoints come in order of number, with name, model and folder', async () => {
    const root = runs();
    const { candidates, unanswered } = await expandCandidates(
      { folders: 'runs/x/checkpoint-*', model: 'brie-{{step}}' },
      root,
    );
    expect(candidates).toEqual(
      [30, 290, 1000].map((step) => ({
        name: `x-checkpoint-${step}`,
        step,
        checkpoint: join(root, `runs/x/checkpoint-${step}`),
        model: `brie-${step}`,
      })),
    );
    expect(unanswered).toEqual([]);
  });

  test('a folder whose model is not served is listed and the others go on', async () => {
    const plan = await expandCandidates(
      { folders: './runs/x/checkpoint-*', model: 'brie-{{ step }}', name: 'b{{step}}' },
      runs(),
      new Set(['brie-290', 'brie-1000']),
    );
    expect(plan.candidates.map(({ name }) => name)).toEqual(['b290', 'b1000']);
    expect(plan.unanswered).toMatchObject([{ step: 30, why: 'no model "brie-30" is served' }]);
  });

  test('folders are paired with their file of responses, and one without is listed', async () => {
    const root = tree({
      'r/checkpoint-10/a': '',
      'r/checkpoint-9/a': '',
      'r/checkpoint-best/a': '',
      'out/9.jsonl': '',
      'out/11.jsonl': '',
    });
    const plan = await expandCandidates({ folders: 'r/checkpoint-*', file: 'out/{{step}}.jsonl' }, root);
    expect(plan.candidates).toEqual([
      { name: 'r-checkpoint-9', step: 9, checkpoint: join(root, 'r/checkpoint-9'), file: join(root, 'out/9.jsonl') },
    ]);
    expect(plan.unanswered.map(({ step, why }) => [step, why])).toEqual([
      [10, 'no out/10.jsonl'],
      [null, 'no step in its name'],
    ]);
  });

  test('a folder of 2,000 checkpoints is a sweep of 2,000 candidates', async () => {
    const root = tree({});
    for (let step = 1; step <= 2000; step++) mkdirSync(join(root, `checkpoint-${step}`));
    const { candidates } = await expandCandidates({ folders: `${root}/checkpoint-*`, model: 'm-{{step}}' });
    expect(candidates.map(({ step }) => step)).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
  });

  test('the step is the number in the folder that has it, also above the last part', async () => {
    const root = tree({ 'r/step_20/hf/a': '', 'r/step_3/hf/a': '', 'r/step_final/hf/a': '' });
    const { candidates } = await expandCandidates({ folders: 'r/step_{{step}}/hf', model: '{{name}}-{{step}}' }, root);
    expect(candidates.map(({ step, model }) => [step, model])).toEqual([
      [3, 'hf-3'],
      [20, 'hf-20'],
    ]);
  });
});

describe('files', () => {
  test('each file is a candidate, named by its step', async () => {
    const root = tree({ 'out/200.jsonl': '', 'out/30.jsonl': '', 'out/final.jsonl': '', 'out/30.jsonl.bak': '' });
    const { candidates } = await expandCandidates({ file: 'out/{{step}}.jsonl', name: 'brie-{{step}}' }, root);
    expect(candidates).toEqual(
      [30, 200].map((step) => ({ name: `brie-${step}`, step, file: join(root, `out/${step}.jsonl`) })),
    );
  });
});

describe('mistakes', () => {
  test.each([
    [{ file: 'out/responses.jsonl' }, 'INVALID_VALUE', 'write {{step}}'],
    [{ folders: 'runs/x/*', model: 'm-{{stp}}' }, 'INVALID_VALUE', 'no placeholder {{stp}}'],
    [{ folders: 'runs/y/checkpoint-*' }, 'FILE_MISSING', 'nothing matches "runs/y/checkpoint-*"'],
    [{}, 'INVALID_VALUE', 'needs `folders` or `file`'],
  ])('%j is told in one line', async (sweep, code, message) => {
    await expect(expandCandidates(sweep, runs())).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
