import { expect, it } from 'vitest';
import type { Curve, SweepCurve } from '../../src/answers.js';
import { curve } from '../../src/report/curve.js';

const points = [100, 200].map((step, k) => ({
  step,
  run_id: `r${step}`,
  win_rate: 0.5 + k / 4,
  pointwise: null,
  low: 0.3,
  high: 0.9,
}));
const one = (domain: 'in-domain' | undefined, sentence: string): Curve => ({
  group: domain === undefined ? {} : { domain },
  n_prompts: 40,
  points,
  critical: 2.4,
  best_step: 200,
  step_to_keep: 100,
  slope_per_1000_steps: null,
  sentence,
  reason: null,
});
const SWEEP: SweepCurve = {
  sweep: 's',
  name: 's',
  baseline: 'b',
  level: 0.95,
  steps: [100, 200].map((step) => ({
    step,
    run_id: `r${step}`,
    candidate: `c${step}`,
    status: 'done',
    loss: 1.25,
    eval_loss: null,
    metrics: {},
  })) as never,
  curves: [one(undefined, 'Step 200 <is> best.'), one('in-domain', 'No telling.')],
  losses: [],
  warnings: [],
};

it('draws every curve with its band, says it in a sentence, and gives the same numbers as a table', () => {
  const { markup } = curve(SWEEP)!;
  expect(markup.match(/<polyline/g)).toHaveLength(2);
  expect(markup.match(/<polygon/g)).toHaveLength(2);
  expect(markup).toContain('Step 200 &lt;is&gt; best.');
  expect(markup.replace(/\s+/g, ' ')).toContain('› 50 (30–90)');
  expect(markup).toContain('1.250');
});

it('a run of no sweep, or of one with a single step, has no curve', () => {
  expect(curve(null)).toBeNull();
  expect(curve({ ...SWEEP, steps: SWEEP.steps.slice(0, 1) })).toBeNull();
});
