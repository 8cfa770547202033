// The sweep a run belongs to: win rate over training steps, domains together in one picture, losses and imported metrics
// below on the same steps; the sentence on which step to keep first.
import { useMemo } from 'react';
import type { Curve, SweepCurve } from '../answers.js';
import { NumbersBelow } from './numbers-below.js';
import { Loading, Wrong } from './notice.js';
import { count, percent, range, rateOf } from './numbers.js';
import { Picture } from './picture.js';
import { useAnswer } from './server.js';
import { CURVE_HEIGHT, DASHES, drawCurve, drawValues, VALUES_HEIGHT, type Value } from './sweep-picture.js';
import { SweepTable } from './sweep-table.js';
import { Warnings } from './warnings.js';

interface Props {
  runId: string;
  /** Tables are asked for. */
  table: boolean;
}

export function Sweep({ runId, table }: Props) {
  const { value, problem, again } = useAnswer<SweepCurve>(`/api/runs/${encodeURIComponent(runId)}/curve`);
  return (
    <section aria-labelledby="sweep">
      <h2 id="sweep">Over training steps</h2>
      {value !== null ? (
        <Steps runId={runId} sweep={value} table={table} />
      ) : problem === null ? (
        <Loading what="the sweep" />
      ) : (
        <Wrong problem={problem} again={again} />
      )}
    </section>
  );
}

/** Domains where they are told apart, else the whole. */
function shownOf(curves: Curve[]): Curve[] {
  const drawn = curves.filter(({ points }) => points.length > 0);
  const domains = drawn.filter(({ group }) => group.domain !== undefined);
  return domains.length > 0 ? domains : drawn;
}

const curveName = ({ group }: Curve): string => group.domain ?? 'all prompts';

function Steps({ runId, sweep, table }: Props & { sweep: SweepCurve }) {
  const { curves, steps, losses, warnings, level } = sweep;
  const shown = useMemo(() => shownOf(curves), [curves]);
  // Every picture has the same steps below each other, the log of the training included.
  const extent = useMemo((): [number, number] => {
    const all = [...steps, ...losses].map(({ step }) => step);
    return [Math.min(...all), Math.max(...all)];
  }, [steps, losses]);
  const draw = useMemo(() => (width: number) => drawCurve(shown, extent, width), [shown, extent]);
  const metrics = useMemo(() => metricsOf(sweep), [sweep]);
  return (
    <>
      <ul className="sentences">
        {curves.map((curve) => (
          <li key={curveName(curve)}>
            <span className="quiet">{curveName(curve)}</span> {curve.sentence}
          </li>
        ))}
      </ul>
      <Warnings warnings={warnings} />
      {shown.length > 0 && (
        <figure>
          <figcaption className="legend">
            {shown.map((curve, k) => (
              <span key={curveName(curve)}>
                <svg width="36" height="12" aria-hidden="true">
                  <path d="M0 6H36" strokeDasharray={DASHES[k]} />
                </svg>{' '}
                {curveName(curve)} <span className="quiet">{count(curve.n_prompts)} prompts</span>
              </span>
            ))}
            <span className="quiet">
              shaded: holds for all steps at once at {percent(level)}; lines up and down: one step by itself
            </span>
          </figcaption>
          <Picture
            draw={draw}
            height={CURVE_HEIGHT}
            words={`Win rate of the candidate over training steps, 0 to 100, even at 50. ${shown.map(wordsOf).join(' ')}`}
          />
        </figure>
      )}
      <div className="multiples">
        {metrics.map(({ name, series }) => (
          <Values key={name} name={name} series={series} extent={extent} />
        ))}
      </div>
      <NumbersBelow name="Win rates, losses and metrics by step" shown={table}>
        <SweepTable here={runId} sweep={sweep} metrics={namesOf(sweep)} />
      </NumbersBelow>
    </>
  );
}

function wordsOf(curve: Curve): string {
  const points = curve.points.map(
    ({ step, win_rate, low, high }) =>
      `step ${step} ${rateOf(win_rate, curve.n_prompts)}, ${range(low, high, curve.n_prompts)}`,
  );
  return `${curveName(curve)}: ${points.join('; ')}.`;
}

const LOSSES = ['loss', 'eval_loss'];

/** Imported metrics of any step, losses apart. */
const namesOf = ({ steps }: SweepCurve): string[] =>
  [...new Set(steps.flatMap(({ metrics }) => Object.keys(metrics)))].filter((name) => !LOSSES.includes(name)).sort();

interface Multiple {
  name: string;
  series: Value[][];
}

/** Losses first, training and validation in one picture, then each metric. */
function metricsOf(sweep: SweepCurve): Multiple[] {
  const { steps, losses } = sweep;
  // The whole log where there is one, else what is known at the steps judged.
  const log = losses.length > 0 ? losses : steps;
  const series = (points: readonly { step: number; value: number | null | undefined }[]): Value[] =>
    points.flatMap(({ step, value }) => (typeof value === 'number' ? [{ step, value }] : []));
  const both = [
    series(log.map(({ step, loss }) => ({ step, value: loss }))),
    series(log.map(({ step, eval_loss }) => ({ step, value: eval_loss }))),
  ];
  return [
    ...(both.some((one) => one.length > 0) ? [{ name: 'training loss, dashed: validation loss', series: both }] : []),
    ...namesOf(sweep).map((name) => ({
      name,
      series: [series(steps.map(({ step, metrics }) => ({ step, value: metrics[name] })))],
    })),
  ];
}

function Values({ name, series, extent }: Multiple & { extent: [number, number] }) {
  const draw = useMemo(() => (width: number) => drawValues(series, extent, width), [series, extent]);
  const words = series
    .filter((one) => one.length > 0)
    .map(
      (one) =>
        `${one[0]!.value.toPrecision(3)} at step ${one[0]!.step}, ${one.at(-1)!.value.toPrecision(3)} at step ${one.at(-1)!.step}`,
    );
  return (
    <figure>
      <figcaption className="quiet">{name}</figcaption>
      <Picture draw={draw} height={VALUES_HEIGHT} words={`${name}: ${words.join('; ')}.`} />
    </figure>
  );
}
