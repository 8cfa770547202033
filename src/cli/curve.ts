// The curve of a sweep in the terminal: one forest row a step and domain, the losses beside, the sentence first.
import { percent, range, whole } from '../figures.js';
import type { Curve, SweepCurve } from '../answers.js';
import { axis, row } from './forest.js';
import { columns, paint, plain } from './terminal.js';

/** The lines of a sweep: a sentence and a picture for the overall rate and each domain. */
export function curveLines(sweep: SweepCurve, width = columns()): string[] {
  const { steps, curves, warnings, name, baseline } = sweep;
  const metrics = [...new Set(steps.flatMap((step) => Object.keys(step.metrics)))]
    .filter((metric) => metric !== 'loss' && metric !== 'eval_loss')
    .slice(0, 4);
  return [
    `${paint.bold(plain(name))}  ${paint.dim(`${steps.length} steps against ${plain(baseline)}`)}`,
    ...curves.flatMap((curve) => ['', ...picture(curve, sweep, width)]),
    '',
    ...(metrics.length === 0
      ? []
      : steps.map(({ step, metrics: own }) =>
          plain(
            `  ${whole(step).padStart(7)}  ${metrics.map((metric) => `${metric} ${own[metric]?.toPrecision(4) ?? '–'}`).join('   ')}`,
          ),
        )),
    ...warnings.map(({ message }) => `  ${paint.yellow('!')} ${plain(message)}`),
  ];
}

function picture(curve: Curve, { steps, level }: SweepCurve, width: number): string[] {
  const label = curve.group.domain ?? 'overall';
  const axisWidth = Math.max(21, Math.min(41, width - 52));
  const n = curve.n_prompts;
  if (curve.reason !== null) return [`  ${paint.bold(label)}  ${curve.sentence}`];
  const loss = (value: number | null): string => (value === null ? '' : value.toFixed(3)).padStart(7);
  return [
    `  ${paint.bold(label)}  ${curve.sentence}`,
    paint.dim(`     step  ${axis(axisWidth)}  win rate  pointwise   loss    eval`),
    ...curve.points.map(({ step, win_rate, low, high, pointwise }, k) => {
      const mark = step === curve.step_to_keep ? '›' : ' ';
      const interval = { low, high, level, method: 'simultaneous' };
      const figures = `${percent(win_rate, n).padStart(6)}    ${range(pointwise, n).padEnd(9)}`;
      const shown = row({ win_rate, interval, size: n < 10 ? 'too-few' : 'ok' }, axisWidth);
      return `${mark} ${whole(step).padStart(7)}  ${shown}  ${figures}${loss(steps[k]!.loss)} ${loss(steps[k]!.eval_loss)}`;
    }),
    paint.dim(
      `  (${whole(n)} prompts; the line holds for all steps at once at ${percent(level)} %; › the earliest step within the band of the best)`,
    ),
  ];
}
