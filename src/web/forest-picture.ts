// The marks of the forest plot: a point with its interval on an axis from 0 to 100, a line at 50.
import * as Plot from '@observablehq/plot';
import type { Estimate } from '../summary.js';

// The same heights stand in styles/forest.css, where the words beside the marks get theirs.
const ROW = 44;
const NARROW_ROW = 84;
const AXIS = 24;

/** Height in pixels: on a narrow page the words stand above the marks, so that a row is taller. */
export const forestHeight = (rows: number, narrow: boolean): number => rows * (narrow ? NARROW_ROW : ROW) + AXIS;

/** Blue or orange only where the interval leaves 50 out; grey where there are too few prompts. */
function colourOf(e: Estimate): string {
  if (e.size === 'too-few' || e.interval === null) return 'var(--faint)';
  if (e.interval.low > 0.5) return 'var(--candidate)';
  return e.interval.high < 0.5 ? 'var(--baseline)' : 'var(--ink)';
}

export function drawForest(rows: readonly Estimate[], width: number, narrow: boolean): Element {
  const marks = rows.flatMap((e, row) => {
    if (e.win_rate === null) return [];
    const { low, high } = e.interval ?? { low: e.win_rate, high: e.win_rate };
    const colour = colourOf(e);
    const fill = e.size === 'too-few' ? 'var(--paper)' : colour;
    return [{ row, rate: e.win_rate * 100, low: low * 100, high: high * 100, colour, fill }];
  });
  const line = { y: 'row', stroke: 'colour', strokeWidth: 1.75, dy: narrow ? 24 : 0 };
  const end = { ...line, inset: narrow ? 36 : 16 };
  return Plot.plot({
    width,
    height: forestHeight(rows.length, narrow),
    marginTop: AXIS,
    marginBottom: 0,
    marginLeft: 14,
    marginRight: 14,
    className: 'plot',
    x: { domain: [0, 100], axis: null },
    y: { type: 'band', domain: rows.map((_, row) => row), padding: 0, axis: null },
    color: { type: 'identity' },
    marks: [
      Plot.gridX([0, 25, 75, 100], { stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.ruleX([50], { stroke: 'var(--quiet)' }),
      Plot.axisX([0, 25, 50, 75, 100], { anchor: 'top', tickSize: 0, label: null, fill: 'var(--quiet)' }),
      Plot.ruleY(marks, { ...line, x1: 'low', x2: 'high' }),
      Plot.tickX(marks, { ...end, x: 'low' }),
      Plot.tickX(marks, { ...end, x: 'high' }),
      Plot.dot(marks, { ...line, x: 'rate', r: 5, fill: 'fill' }),
    ],
  });
}
