// The curve of a sweep in the report: win rate over training steps, in-domain and out-of-domain in one picture, each
// with the band that holds for all steps at once; the losses below, and every number as a table.
import { percent, range, whole } from '../figures.js';
import type { Curve, SweepCurve } from '../answers.js';
import { type Html, html } from './html.js';

const WIDTH = 640;
const HEIGHT = 240;
const LEFT = 36;
const BOTTOM = 28;

/** Sentences, picture and table of a sweep; null for a run that belongs to none, or whose sweep has one step. */
export function curve(sweep: SweepCurve | null): Html | null {
  if (sweep === null || sweep.steps.length < 2) return null;
  const shown = sweep.curves.filter(({ points }) => points.length > 1);
  return html`<h2>Over training steps</h2>
    ${sweep.curves.map(({ group, sentence }) => html`<p><b>${group.domain ?? 'Overall'}.</b> ${sentence}</p>`)}
    ${shown.length === 0 ? null : html`${picture(shown, sweep)}${table(shown, sweep)}`}`;
}

function picture(curves: Curve[], { steps }: SweepCurve): Html {
  const [first, last] = [steps[0]!.step, steps.at(-1)!.step];
  const x = (step: number) => LEFT + ((step - first) / Math.max(1, last - first)) * (WIDTH - LEFT - 12);
  const y = (rate: number) => 8 + (1 - rate) * (HEIGHT - BOTTOM - 8);
  const path = (points: (readonly [number, number])[]) =>
    points.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(' ');
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${curves.map(({ sentence }) => sentence).join(' ')}">
      ${[0, 25, 50, 75, 100].map(
        (n) =>
          html`<line
              class="${n === 50 ? 'half' : 'grid'}"
              x1="${LEFT}"
              x2="${WIDTH - 12}"
              y1="${y(n / 100)}"
              y2="${y(n / 100)}"
            /><text x="${LEFT - 6}" y="${y(n / 100) + 4}" text-anchor="end">${n}</text>`,
      )}
      ${steps.map(({ step }) => html`<text x="${x(step)}" y="${HEIGHT - 8}" text-anchor="middle">${whole(step)}</text>`)}
      ${curves.map(({ points }, k) => {
        const low = points.map(({ step, low: v }) => [x(step), y(v)] as const);
        const high = points.map(({ step, high: v }) => [x(step), y(v)] as const).reverse();
        const line = points.map(({ step, win_rate }) => [x(step), y(win_rate)] as const);
        return html`<g class="curve c${k}"
          ><polygon points="${path([...low, ...high])}" /><polyline points="${path(line)}" />${line.map(
            ([a, b]) => html`<circle cx="${a.toFixed(1)}" cy="${b.toFixed(1)}" r="3" />`,
          )}</g
        >`;
      })}
    </svg>
    <figcaption>
      ${curves.map(({ group }, k) => html`<span class="curve c${k}">${['solid', 'dashed', 'dotted', 'long dashes'][k] ?? 'thin'}: ${group.domain ?? 'overall'}</span> `)}
      · win rate in percent over steps; the shaded band holds for all steps at once
    </figcaption>
  </figure>`;
}

function table(curves: Curve[], { steps }: SweepCurve): Html {
  const loss = (value: number | null) => (value === null ? '–' : value.toFixed(3));
  return html`<table>
    <caption>
      Win rate with its simultaneous band; › marks the earliest step within the band of the best
    </caption>
    <thead>
      <tr>
        <th>step</th>
        ${curves.map(({ group }) => html`<th>${group.domain ?? 'overall'}</th>`)}
        <th>loss</th>
        <th>eval loss</th>
      </tr>
    </thead>
    <tbody>
      ${steps.map(
        ({ step, loss: train, eval_loss }) =>
          html`<tr>
            <th>${whole(step)}</th>
            ${curves.map(({ points, step_to_keep, n_prompts }) => {
              const point = points.find((p) => p.step === step);
              return html`<td>
                ${point === undefined ? '–' : `${step === step_to_keep ? '› ' : ''}${percent(point.win_rate, n_prompts)} (${range(point, n_prompts)})`}
              </td>`;
            })}
            <td>${loss(train)}</td>
            <td>${loss(eval_loss)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
