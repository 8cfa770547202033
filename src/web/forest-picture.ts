// The marks of the forest plot: a point with its interval on an axis from 0 to 100, a line at 50.
import * as Plot from '@observablehq/plot';
import type { Estimate } from '../summary.js';

// The same heights stand in styles/forest.css, where the words beside the marks get theirs.
const ROW = 44;
const NARROW_ROW = 112;
/** Where the marks stand in a narrow row, from its top: below the words, above the counts. */
const NARROW_MARKS = 66;
const AXIS = 24;

/** Height in pixels: on a narrow page words and counts stand above and below the marks, so that a row is taller. */
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
  const [height, middle, reach] = narrow ? [NARROW_ROW, NARROW_MARKS, 14] : [ROW, ROW / 2, ROW / 2];
  const line = { y: 'row', stroke: 'colour', strokeWidth: 1.75, dy: middle - height / 2 };
  const end = { ...line, inset: height / 2 - 6 };
  // Of each row by itself, so that no line runs through the words above and below the marks.
  const scale = rows.flatMap((_, row) =>
    [0, 25, 50, 75, 100].map((x) => ({ x, row, colour: x === 50 ? 'var(--quiet)' : 'var(--line)' })),
  );
  const grid = { y: 'row', stroke: 'colour', insetTop: middle - reach, insetBottom: height - middle - reach };
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
      Plot.tickX(scale, { ...grid, x: 'x' }),
      Plot.axisX([0, 25, 50, 75, 100], { anchor: 'top', tickSize: 0, label: null, fill: 'var(--quiet)' }),
      Plot.ruleY(marks, { ...line, x1: 'low', x2: 'high' }),
      Plot.tickX(marks, { ...end, x: 'low' }),
      Plot.tickX(marks, { ...end, x: 'high' }),
      Plot.dot(marks, { ...line, x: 'rate', r: 5, fill: 'fill' }),
    ],
  });
}
