// The marks of the criteria: a point with its interval around 0, candidate to the right, baseline to the left.
import * as Plot from '@observablehq/plot';
import type { CriterionSummary } from '../summary.js';

const ROW = 32;
const AXIS = 24;

/** Height in pixels. */
export const criteriaHeight = (rows: number): number => rows * ROW + AXIS;

/** How far from 0 the marks reach: one axis for all judges. */
export const reachOf = (criteria: readonly CriterionSummary[]): number =>
  Math.max(
    0.1,
    ...criteria.flatMap(({ mean_difference, low, high }) => [mean_difference, low, high].map((x) => Math.abs(x ?? 0))),
  );

export function drawCriteria(criteria: readonly CriterionSummary[], reach: number, width: number): Element {
  const marks = criteria.flatMap(({ criterion, mean_difference: at, low, high }) => {
    if (at === null) return [];
    const [from, to] = [low ?? at, high ?? at];
    const told = low !== null && high !== null && (from > 0 || to < 0);
    const colour = !told ? 'var(--ink)' : from > 0 ? 'var(--candidate)' : 'var(--baseline)';
    return [{ criterion, at, from, to, colour }];
  });
  // Names stand above their rows where the page is narrow.
  const left = Math.min(180, Math.max(80, width * 0.3));
  const line = { y: 'criterion', stroke: 'colour', strokeWidth: 1.75 };
  return Plot.plot({
    width,
    height: criteriaHeight(criteria.length),
    marginTop: AXIS,
    marginBottom: 0,
    marginLeft: left,
    marginRight: 14,
    className: 'plot',
    x: { domain: [-reach, reach], nice: true, axis: null },
    y: { type: 'band', domain: criteria.map(({ criterion }) => criterion), padding: 0, axis: null },
    color: { type: 'identity' },
    marks: [
      Plot.gridX({ ticks: 5, stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.ruleX([0], { stroke: 'var(--quiet)' }),
      Plot.axisX({
        anchor: 'top',
        ticks: 5,
        tickSize: 0,
        label: null,
        fill: 'var(--quiet)',
        tickFormat: (x: number) => (x === 0 ? '0' : x > 0 ? `+${x}` : `−${-x}`),
      }),
      Plot.axisY({ tickSize: 0, label: null, fill: 'var(--ink)', textOverflow: 'ellipsis', lineWidth: left / 13 }),
      Plot.ruleY(marks, { ...line, x1: 'from', x2: 'to' }),
      Plot.tickX(marks, { ...line, x: 'from', inset: 11 }),
      Plot.tickX(marks, { ...line, x: 'to', inset: 11 }),
      Plot.dot(marks, { ...line, x: 'at', r: 4, fill: 'colour' }),
    ],
  });
}
