// Gwet's AC1 (2008) and AC2, agreement that keeps its sense when nearly all verdicts fall on one side, with the other
// chance corrections for the same observed agreement (formulas for missing ratings as in R irrCAC).
import { ratingsOf, type UnitCounts } from './units.js';
import type { Weights } from './kappa.js';

export interface ChanceCorrected {
  /** Weighted share of agreeing pairs, averaged over units with two or more ratings. */
  observed: number | null;
  /** Gwet: AC1 for weights `none`, AC2 otherwise; with its standard error over units. */
  gwet: number | null;
  gwet_se: number | null;
  /** Fleiss' kappa generalised to missing ratings; null where nothing varies. */
  fleiss: number | null;
  brennan_prediger: number | null;
  reason: 'no_pairable_units' | 'one_category' | null;
}

/** Agreement weights of the category values: 1 on the diagonal, falling with the distance. */
function agreementWeights(values: number[], weights: Weights): number[][] {
  const range = Math.max(...values) - Math.min(...values);
  return values.map((a) =>
    values.map((b) => {
      if (weights === 'none' || range === 0) return a === b ? 1 : 0;
      const away = Math.abs(a - b) / range;
      return weights === 'linear' ? 1 - away : 1 - away * away;
    }),
  );
}

/** AC1/AC2 and relatives of counts by unit over `values` (the full list of categories, at least two for a chance). */
export function gwet(units: UnitCounts, values: number[], weights: Weights = 'none'): ChanceCorrected {
  const w = agreementWeights(values, weights);
  const q = values.length;
  const rated = units.filter((unit) => ratingsOf(unit) > 0);
  const n = rated.length;
  const paired = rated.filter((unit) => ratingsOf(unit) > 1).length;
  const none = { observed: null, gwet: null, gwet_se: null, fleiss: null, brennan_prediger: null };
  if (paired === 0) return { ...none, reason: 'no_pairable_units' };
  const agreementOf = (unit: number[]): number => {
    const m = ratingsOf(unit);
    if (m < 2) return 0;
    let sum = 0;
    unit.forEach((count, k) => {
      if (count > 0) sum += count * (unit.reduce((s, other, l) => s + w[k]![l]! * other, 0) - 1);
    });
    return sum / (m * (m - 1));
  };
  const observed = rated.reduce((sum, unit) => sum + agreementOf(unit), 0) / paired;
  if (q < 2) return { ...none, observed, reason: 'one_category' };
  const shares = values.map((_, k) => rated.reduce((sum, unit) => sum + unit[k]! / ratingsOf(unit), 0) / n);
  const total = w.flat().reduce((sum, x) => sum + x, 0);
  const scale = total / (q * (q - 1));
  const chance = scale * shares.reduce((sum, p) => sum + p * (1 - p), 0);
  const pooled = shares.reduce((sum, p, k) => sum + shares.reduce((s, r, l) => s + w[k]![l]! * p * r, 0), 0);
  const corrected = (expected: number): number | null =>
    1 - expected < 1e-15 ? null : (observed - expected) / (1 - expected);
  const value = corrected(chance)!;
  let squares = 0;
  for (const unit of rated) {
    const m = ratingsOf(unit);
    const own = ((n / paired) * (agreementOf(unit) - (m > 1 ? chance : 0))) / (1 - chance);
    const expected = (scale * unit.reduce((sum, count, k) => sum + count * (1 - shares[k]!), 0)) / m;
    squares += (own - (2 * (1 - value) * (expected - chance)) / (1 - chance) - value) ** 2;
  }
  return {
    observed,
    gwet: value,
    gwet_se: n < 2 ? null : Math.sqrt(squares / (n * (n - 1))),
    fleiss: corrected(pooled),
    brennan_prediger: corrected(total / (q * q)),
    reason: null,
  };
}

/** Conger's kappa (1980): like Fleiss, with chance from each judge's own shares. Ratings by judge; null if undefined. */
export function congerKappa(byJudge: (number | null)[][], units: UnitCounts, values: number[]): number | null {
  const { observed } = gwet(units, values);
  const shares = byJudge
    .map((ratings) => ratings.filter((rating) => rating !== null))
    .filter((ratings) => ratings.length > 0)
    .map((ratings) => values.map((v) => ratings.filter((rating) => rating === v).length / ratings.length));
  const r = shares.length;
  if (observed === null || r < 2) return null;
  let expected = 0;
  values.forEach((_, k) => {
    const mean = shares.reduce((sum, share) => sum + share[k]!, 0) / r;
    const spread = (shares.reduce((sum, share) => sum + share[k]! ** 2, 0) - r * mean * mean) / (r - 1);
    expected += mean * mean - spread / r;
  });
  return 1 - expected < 1e-15 ? null : (observed - expected) / (1 - expected);
}
