import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { curveLines } from '../../src/cli/curve.js';
import { stepSentence } from '../../src/ledger/curve-sentence.js';
import { sweepCurve } from '../../src/ledger/curve.js';
import { historyOf } from '../../src/ledger/history.js';
import { importTree } from '../../src/ledger/training.js';
import { launch } from '../../src/launch.js';
import { readRunFile } from '../../src/config.js';
import { openModels } from '../../src/models/index.js';
import { openJourney, suiteOf as liveSuite } from '../journeys/world.js';
import { type Bench, IN, OUT, ids, openBench } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

/** Steps 100, 200, 290: right on 5, 19 and 20 of 20 in-domain, and on 6, 5 and 0 of 12 out of domain. */
async function sweep(changes: object = {}) {
  await bench.answers('out/100.jsonl', [...ids('in', 5), ...ids('out', 6)]);
  await bench.answers('out/200.jsonl', [...ids('in', 19), ...ids('out', 5)]);
  await bench.answers('out/290.jsonl', [...IN]);
  return bench.run({
    candidates: { provider: 'recorded', file: 'out/{{step}}.jsonl', name: 'brie-{{step}}' },
    ...changes,
  });
}

describe('the curve of a sweep', () => {
  it('has the win rate of every step by domain, in the order of the steps', async () => {
    const runs = await sweep();
    expect(runs).toHaveLength(3);
    const curve = (await sweepCurve(bench.store, runs[0]!.run.sweep!))!;
    expect(curve.steps.map(({ step }) => step)).toEqual([100, 200, 290]);
    const [overall, inside, outside] = curve.curves;
    expect(overall!.n_prompts).toBe(32);
    // Baseline and candidate both right or both wrong is a tie: 5 right of 20 on both sides is one half.
    expect(inside!.points.map(({ win_rate }) => win_rate)).toEqual([0.5, (6 * 0.5 + 14) / 20, (5 * 0.5 + 15) / 20]);
    expect(outside!.points.map(({ win_rate }) => win_rate)).toEqual([0.5, (5 * 0.5 + 6 * 0.5) / 12, (6 * 0.5) / 12]);
    for (const { win_rate, low, high } of inside!.points) expect(low <= win_rate && win_rate <= high).toBe(true);
  });

  it('names the earliest step within the band of the best, and not an earlier one outside of it', async () => {
    const [first] = await sweep();
    const { curves } = (await sweepCurve(bench.store, first!.run.sweep!))!;
    expect(curves[1]).toMatchObject({ best_step: 290, step_to_keep: 200 });
    expect(curves[1]!.sentence).toContain('cannot be told apart from step 200');
    expect(curves[2]).toMatchObject({ group: { domain: 'out-of-domain' }, best_step: 100, step_to_keep: 100 });
  });

  it('is of the prompts that every step was judged on, and says what it leaves out', async () => {
    await bench.answers('out/100.jsonl', [], [...IN.slice(3), ...OUT]);
    await bench.answers('out/200.jsonl', [...IN]);
    const [run] = await bench.run(
      { candidates: { provider: 'recorded', file: 'out/{{step}}.jsonl' } },
      { allowMissing: true },
    );
    const curve = (await sweepCurve(bench.store, run!.run.sweep!))!;
    expect(curve.curves[1]!.n_prompts).toBe(17);
    // Step 200 is right on 20 of 20 in-domain by its own run, 17 of which the curve is of.
    const { points } = curve.curves[1]!;
    expect(points[1]!.pointwise).toMatchObject({ method: 'wilson-effective-n', level: 0.95 });
    for (const { win_rate, pointwise } of points)
      expect(pointwise!.low <= win_rate && win_rate <= pointwise!.high).toBe(true);
    expect(curve.warnings).toContainEqual({
      code: 'PROMPTS_MISSING',
      message: '29 of 32 prompts are judged at every step; the curve is of these',
    });
  });

  it('has losses of the training and imported metrics of checkpoint and step beside it', async () => {
    for (const step of [100, 200]) {
      await bench.write(`runs/brie/checkpoint-${step}/adapter_config.json`, {
        base_model_name_or_path: 'org/base',
        r: 16,
      });
      await bench.write(`runs/brie/checkpoint-${step}/trainer_state.json`, {
        global_step: step,
        epoch: step / 145,
        log_history: [
          { step: 100, epoch: 0.69, loss: 2.5 },
          { step: 100, epoch: 0.69, eval_loss: 2.7 },
          ...(step === 200 ? [{ step: 200, epoch: 1.38, loss: 2.1 }] : []),
        ],
      });
      await bench.write(`runs/brie/checkpoint-${step}/metrics.csv`, `question_idx,pass@1\n1,${step / 400}\n`);
      await bench.answers(`out/${step}.jsonl`, step === 200 ? IN : []);
      await importTree(bench.store, `${bench.folder}/runs/brie/checkpoint-${step}/metrics.csv`, '2026-01-01T00:00:00Z');
    }
    const [run] = await bench.run({
      candidates: { provider: 'recorded', folders: 'runs/brie/checkpoint-*', file: 'out/{{step}}.jsonl' },
    });
    const curve = (await sweepCurve(bench.store, run!.run.sweep!))!;
    expect(curve.steps).toMatchObject([
      { step: 100, loss: 2.5, eval_loss: 2.7, metrics: { 'pass@1': 0.25 } },
      { step: 200, loss: 2.1, eval_loss: 2.7, metrics: { 'pass@1': 0.5 } },
    ]);
    expect(curve.losses.map(({ step }) => step)).toEqual([100, 200]);
    expect(curve.curves[1]!.sentence).toContain('The second epoch was needed');
    const text = curveLines(curve, 100).join('\n');
    expect(text).toContain('2.700');
    expect(text).toContain('pass@1 0.5');

    const files = Object.fromEntries((await historyOf(bench.store, run!.run)).map(({ path, text }) => [path, text]));
    const lines = files['history.jsonl']!.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ step }) => step)).toEqual([100, 200]);
    expect(lines[1]).toMatchObject({ 'train/loss': 2.1, 'pass@1': 0.5, 'win_rate/in-domain': 0.875 });
    expect(Object.keys(files)).toEqual(['history.jsonl', 'summary.json', 'config.yaml']);
  });

  it('gives a run that was made by itself to the sweep that names it later', async () => {
    await bench.answers('out/100.jsonl', IN);
    await bench.run({ candidate: { name: 'brie-100', provider: 'recorded', file: 'out/100.jsonl' } });
    const runs = await sweep({});
    expect((await bench.store.runs({ sweep: runs[0]!.run.sweep! })).items).toHaveLength(3);
  });
});

describe('the sentence of a curve', () => {
  const at = (...points: [number, number | null][]) => points.map(([step, epoch]) => ({ step, epoch }));

  it('says that the second epoch was needed only where a step of the first was judged', () => {
    const steps = at([100, 0.69], [200, 1.38], [290, 2]);
    expect(stepSentence(steps, [0.5, 0.6, 0.7], 2, 1)).toBe(
      'The best, step 290 (70 %), cannot be told apart from step 200 (60 %). The second epoch was needed: no step before it is within the band.',
    );
    expect(stepSentence(at([200, 1.38], [290, 2]), [0.6, 0.7], 1, 1)).not.toContain('epoch');
    expect(stepSentence(steps, [0.5, 0.6, 0.7], 2, 0)).toBe(
      'The best, step 290 (70 %), cannot be told apart from step 100 (50 %).',
    );
  });
});

it('a first step that is the best proves nothing of the later ones, and is not said to', () => {
  const steps = [100, 200].map((step) => ({ step, epoch: null }));
  expect(stepSentence(steps, [0.61, 0.6], 0, 0)).toBe(
    'The best is step 100 (61 %). It is the first: no later step has a higher rate.',
  );
});

describe('the baseline of a sweep', () => {
  it('answers once for all candidates, and again for a candidate by itself', async () => {
    const journey = await openJourney();
    const asked = () => journey.server.requests.filter(({ body }) => body['model'] === 'base-model').length;
    const openai = { provider: 'openai', base_url: journey.server.openai };
    const candidates = [100, 200, 290].map((step) => ({
      name: `brie-${step}`,
      model: `brie-${step}`,
      step,
      ...openai,
    }));
    const options = { exports: `${journey.folder}/exports`, environment: {} };
    const carryOut = async (changes: object) => {
      const models = openModels({ env: {}, concurrency: 4 });
      const runs = [];
      for (const config of await readRunFile(await journey.runFile(changes))) {
        const world = { store: journey.store, models, clock: () => Date.now(), signal: new AbortController().signal };
        runs.push(await launch(config, world, options));
      }
      await models.close();
      return runs;
    };
    try {
      const suites = [liveSuite(6)];
      const runs = await carryOut({ suites, candidate: undefined, candidates });
      expect(runs.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
      expect(asked()).toBe(6);
      const texts = await Promise.all(runs.map(({ run }) => journey.store.baselineTexts(run.id)));
      expect(texts[1]).toEqual(texts[0]);
      expect(texts[2]).toEqual(texts[0]);
      const curve = (await sweepCurve(journey.store, runs[0]!.run.sweep!))!;
      expect(curve.steps.map(({ step }) => step)).toEqual([100, 200, 290]);
      await carryOut({ suites });
      expect(asked()).toBe(12);
    } finally {
      await journey.close();
    }
  });
});
