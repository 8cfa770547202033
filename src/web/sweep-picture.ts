// The marks of a sweep: a curve with its band for each domain, told apart by dashes and signs and not by colour; below it
// losses and metrics on the same steps.
import * as Plot from '@observablehq/plot';
import type { Curve } from '../answers.js';

export const CURVE_HEIGHT = 280;
export const VALUES_HEIGHT = 120;
/** One for each curve, in their order. */
export const DASHES = ['', '6 4', '2 3', '10 3'];
const SYMBOLS = ['circle', 'square', 'triangle', 'diamond'] as const;

const FRAME = { marginLeft: 44, marginRight: 16, className: 'plot' };

const stepAxis = (extent: [number, number], steps?: number[]) => [
  Plot.axisX({
    ...(steps === undefined ? { ticks: 4 } : { ticks: steps }),
    tickFormat: (step: number) => step.toLocaleString('en-US'),
    tickSize: 0,
    label: null,
    fill: 'var(--quiet)',
  }),
];

const xOf = ([from, to]: [number, number]) => ({
  domain: from === to ? [from - 1, to + 1] : [from, to],
  label: null,
  inset: 12,
});

export function drawCurve(curves: readonly Curve[], extent: [number, number], width: number): Element {
  const steps = curves[0]?.points.map(({ step }) => step) ?? [];
  // Signs of one step stand beside each other, so that intervals do not cover one another.
  const apart = (k: number) => (k - (curves.length - 1) / 2) * 7;
  const marks = curves.flatMap((curve, k) => {
    const points = curve.points.map(({ step, win_rate, low, high, pointwise }) => ({
      step,
      rate: win_rate * 100,
      low: low * 100,
      high: high * 100,
      from: (pointwise?.low ?? win_rate) * 100,
      to: (pointwise?.high ?? win_rate) * 100,
      colour: low > 0.5 ? 'var(--candidate)' : high < 0.5 ? 'var(--baseline)' : 'var(--ink)',
    }));
    const sign = { x: 'step', dx: apart(k), stroke: 'colour' };
    return [
      Plot.areaY(points, { x: 'step', y1: 'low', y2: 'high', fill: 'var(--ink)', fillOpacity: 0.08 }),
      Plot.lineY(points, {
        x: 'step',
        y: 'rate',
        stroke: 'var(--ink)',
        strokeWidth: 1.5,
        strokeDasharray: DASHES[k] ?? '',
      }),
      Plot.ruleX(points, { ...sign, y1: 'from', y2: 'to', strokeWidth: 1.5 }),
      Plot.dot(points, { ...sign, y: 'rate', r: 4.5, fill: 'colour', symbol: SYMBOLS[k] ?? 'cross' }),
    ];
  });
  return Plot.plot({
    ...FRAME,
    width,
    height: CURVE_HEIGHT,
    marginTop: 8,
    marginBottom: 24,
    x: xOf(extent),
    y: { domain: [0, 100], axis: null },
    color: { type: 'identity' },
    marks: [
      Plot.gridY([0, 25, 75, 100], { stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.ruleY([50], { stroke: 'var(--quiet)' }),
      Plot.axisY([0, 25, 50, 75, 100], { tickSize: 0, label: null, fill: 'var(--quiet)' }),
      stepAxis(extent, thinned(steps, width)),
      marks,
    ],
  });
}

/** Steps that have room for their names on the axis. */
function thinned(steps: number[], width: number): number[] {
  const every = Math.ceil(steps.length / Math.max(2, Math.floor(width / 70)));
  return steps.filter((_, k) => k % every === 0);
}

export interface Value {
  step: number;
  value: number;
}

/** The first series solid, the second dashed. */
export function drawValues(series: readonly Value[][], extent: [number, number], width: number): Element {
  return Plot.plot({
    ...FRAME,
    width,
    height: VALUES_HEIGHT,
    marginTop: 8,
    marginBottom: 24,
    x: xOf(extent),
    y: { nice: true, axis: null },
    marks: [
      Plot.gridY({ ticks: 3, stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.axisY({ ticks: 3, tickSize: 0, label: null, fill: 'var(--quiet)' }),
      stepAxis(extent),
      series.map((one, k) => [
        Plot.lineY(one, {
          x: 'step',
          y: 'value',
          stroke: 'var(--ink)',
          strokeWidth: 1.5,
          strokeDasharray: DASHES[k] ?? '',
        }),
        one.length < 40 ? Plot.dot(one, { x: 'step', y: 'value', r: 2.5, fill: 'var(--ink)' }) : null,
      ]),
    ],
  });
}
