// Krippendorff's alpha (2011, 2018): agreement of any number of judges with missing ratings, 1 − Do/De on the
// coincidence matrix. Undefined without variation; R's irr calls that 1, which it is not.
import { ratingsOf, type UnitCounts } from './units.js';

export const METRICS = ['nominal', 'ordinal', 'interval', 'ratio'] as const;
export type Metric = (typeof METRICS)[number];

export interface Alpha {
  alpha: number | null;
  reason: 'no_pairable_units' | 'no_variation' | null;
}

/** Coincidences a unit adds, row by row: pairs of its ratings with weight 1/(m − 1); a unit with one rating adds none. */
export function addCoincidences(into: Float64Array, unit: number[], weight = 1): void {
  const m = ratingsOf(unit);
  if (m < 2) return;
  const size = unit.length;
  for (let i = 0; i < size; i++) {
    if (unit[i] === 0) continue;
    for (let j = 0; j < size; j++) {
      into[i * size + j]! += (weight * unit[i]! * (unit[j]! - (i === j ? 1 : 0))) / (m - 1);
    }
  }
}

/** Alpha of a coincidence matrix over categories with the given values (ascending; used by all metrics but nominal). */
export function alphaOf(coincidences: Float64Array, values: number[], metric: Metric = 'nominal'): Alpha {
  const size = values.length;
  const totals = values.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += coincidences[i * size + j]!;
    return sum;
  });
  const n = totals.reduce((sum, x) => sum + x, 0);
  if (n < 2) return { alpha: null, reason: 'no_pairable_units' };
  const difference = differences(totals, values, metric);
  let [observed, expected] = [0, 0];
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      observed += coincidences[i * size + j]! * difference(i, j);
      expected += totals[i]! * totals[j]! * difference(i, j);
    }
  }
  if (expected < 1e-12) return { alpha: null, reason: 'no_variation' };
  return { alpha: 1 - ((n - 1) * observed) / expected, reason: null };
}

function differences(totals: number[], values: number[], metric: Metric): (i: number, j: number) => number {
  if (metric === 'nominal') return (i, j) => (i === j ? 0 : 1);
  if (metric === 'interval') return (i, j) => (values[i]! - values[j]!) ** 2;
  if (metric === 'ratio') {
    return (i, j) => (i === j ? 0 : ((values[i]! - values[j]!) / (values[i]! + values[j]!)) ** 2);
  }
  return (i, j) => {
    const [from, to] = i < j ? [i, j] : [j, i];
    let between = 0;
    for (let k = from; k <= to; k++) between += totals[k]!;
    return (between - (totals[from]! + totals[to]!) / 2) ** 2;
  };
}

/** Krippendorff's alpha of counts by unit, at most 1, null with a reason where undefined. */
export function krippendorffAlpha(units: UnitCounts, values: number[], metric: Metric = 'nominal'): Alpha {
  const coincidences = new Float64Array(values.length ** 2);
  for (const unit of units) addCoincidences(coincidences, unit);
  return alphaOf(coincidences, values, metric);
}
