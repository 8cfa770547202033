// Fleiss' kappa (1971) for any number of judges over units that all of them rated.
import { ratingsOf, type UnitCounts } from './units.js';

export interface Fleiss {
  n: number;
  kappa: number | null;
  /** kappa over its standard error under no agreement beyond chance. */
  z: number | null;
  reason: 'no_complete_units' | 'no_variation' | null;
}

/** Fleiss' kappa over the units with `judges` ratings (default: the most any unit has, at least 2); others are dropped. */
export function fleissKappa(units: UnitCounts, judges = Math.max(0, ...units.map(ratingsOf))): Fleiss {
  return fleissOfCounts(
    units.map((unit) => ({ unit, count: 1 })),
    judges,
  );
}

/** The same of units with how many there are of each. */
export function fleissOfCounts(units: { unit: number[]; count: number }[], judges: number): Fleiss {
  const complete = units.filter(({ unit }) => ratingsOf(unit) === judges);
  const n = judges < 2 ? 0 : complete.reduce((sum, { count }) => sum + count, 0);
  if (n === 0) return { n, kappa: null, z: null, reason: 'no_complete_units' };
  const sum = (of: (unit: number[]) => number) => complete.reduce((s, { unit, count }) => s + count * of(unit), 0);
  const shares = complete[0]!.unit.map((_, k) => sum((unit) => unit[k]!) / (n * judges));
  const pairs = sum((unit) => unit.reduce((s, x) => s + x * (x - 1), 0));
  const observed = pairs / (n * judges * (judges - 1));
  const expected = shares.reduce((sum, p) => sum + p * p, 0);
  const spread = 1 - expected;
  if (spread < 1e-15) return { n, kappa: null, z: null, reason: 'no_variation' };
  const kappa = (observed - expected) / spread;
  const skew = shares.reduce((sum, p) => sum + p * (1 - p) * (1 - 2 * p), 0);
  const variance = (2 * (spread ** 2 - skew)) / (spread ** 2 * n * judges * (judges - 1));
  return { n, kappa, z: variance > 0 ? kappa / Math.sqrt(variance) : null, reason: null };
}
