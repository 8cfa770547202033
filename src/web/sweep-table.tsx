// A sweep as a table: one row a step, every rate a link to the judgments of that step's run.
import type { Curve, SweepCurve } from '../answers.js';
import { Link } from './address.js';
import { samplesPath } from './filters.js';
import { count, range, rateOf } from './numbers.js';

interface Props {
  /** The run whose page this is. */
  here: string;
  sweep: SweepCurve;
  metrics: string[];
}

export function SweepTable({ here, sweep: { steps, curves }, metrics }: Props) {
  return (
    <table className="numbers">
      <caption className="small">
        Rates on the prompts that every step was judged on, with the band that holds for all steps at once and, below,
        the interval of the step’s own run. › the earliest step within the band of the best.
      </caption>
      <thead>
        <tr>
          <th scope="col">step</th>
          {curves.map((curve) => (
            <th key={curve.group.domain ?? ''} scope="col">
              {curve.group.domain ?? 'all prompts'}
            </th>
          ))}
          <th scope="col">loss</th>
          <th scope="col">validation loss</th>
          {metrics.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {steps.map((one) => (
          <tr key={one.step} aria-current={one.run_id === here ? 'true' : undefined}>
            <th scope="row">
              <Link href={`/runs/${encodeURIComponent(one.run_id)}`}>{count(one.step)}</Link>
              {one.run_id === here && <span className="quiet"> this run</span>}
            </th>
            {curves.map((curve) => (
              <RateCell key={curve.group.domain ?? ''} curve={curve} step={one.step} />
            ))}
            <td>{one.loss === null ? '–' : one.loss.toFixed(3)}</td>
            <td>{one.eval_loss === null ? '–' : one.eval_loss.toFixed(3)}</td>
            {metrics.map((name) => (
              <td key={name}>{one.metrics[name]?.toPrecision(4) ?? '–'}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RateCell({ curve: { group, points, n_prompts, step_to_keep }, step }: { curve: Curve; step: number }) {
  const point = points.find((one) => one.step === step);
  if (point === undefined) return <td>–</td>;
  const { run_id, win_rate, low, high, pointwise } = point;
  return (
    <td>
      {step === step_to_keep && '› '}
      <Link href={samplesPath(run_id, group.domain === undefined ? {} : { domain: group.domain })}>
        <b>{rateOf(win_rate, n_prompts)}</b> {range(low, high, n_prompts)}
      </Link>
      <br />
      <span className="small">{pointwise === null ? '–' : range(pointwise.low, pointwise.high, n_prompts)}</span>
    </td>
  );
}
