// The marks of a confidence sequence: the win rate over prompts judged with the band that narrows around it, a line at 50,
// dotted lines at the margin.
import * as Plot from '@observablehq/plot';
import type { Look } from '../summary.js';

export const MOVING_HEIGHT = 140;

export function drawMoving(looks: readonly Look[], margin: number | undefined, width: number): Element {
  const points = looks.flatMap(({ n, win_rate, low, high }) =>
    win_rate === null ? [] : [{ n, rate: win_rate * 100, low: low * 100, high: high * 100 }],
  );
  const last = points.at(-1);
  const margins = margin === undefined ? [] : [50 - margin * 100, 50 + margin * 100];
  return Plot.plot({
    width,
    height: MOVING_HEIGHT,
    marginTop: 8,
    marginBottom: 24,
    marginLeft: 32,
    marginRight: 14,
    className: 'plot',
    x: { domain: [0, Math.max(20, (last?.n ?? 0) * 1.25)], label: null },
    y: { domain: [0, 100], axis: null },
    marks: [
      Plot.gridY([0, 25, 75, 100], { stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.ruleY([50], { stroke: 'var(--quiet)' }),
      Plot.ruleY(margins, { stroke: 'var(--quiet)', strokeDasharray: '1 4' }),
      Plot.axisY([0, 25, 50, 75, 100], { tickSize: 0, label: null, fill: 'var(--quiet)' }),
      Plot.axisX({
        ticks: 6,
        tickFormat: 'd',
        tickSize: 0,
        label: null,
        fill: 'var(--quiet)',
      }),
      Plot.areaY(points, { x: 'n', y1: 'low', y2: 'high', fill: 'var(--ink)', fillOpacity: 0.1 }),
      Plot.lineY(points, { x: 'n', y: 'rate', stroke: 'var(--ink)', strokeWidth: 1.5 }),
      Plot.ruleX(last === undefined ? [] : [last], {
        x: 'n',
        y1: 'low',
        y2: 'high',
        stroke: 'var(--ink)',
        strokeWidth: 1.75,
      }),
      Plot.dot(last === undefined ? [] : [last], { x: 'n', y: 'rate', r: 4, fill: 'var(--ink)' }),
    ],
  });
}
