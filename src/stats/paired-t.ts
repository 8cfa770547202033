// One-sample Student t on prompt scores or paired differences, and the one-sided forms built from it: two one-sided
// tests of equivalence (Schuirmann 1987) and non-inferiority. Fine from 30 prompts; below, the sign-flip test.
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { tTail, tTwoSided } from './distributions.js';

/** t of the mean against `null_` with df = n − 1 and two-sided p; null when n < 2 or nothing varies. */
export function pairedT(differences: number[], null_ = 0): { t: number; df: number; two_sided: number } | null {
  const t = statistic(differences, null_);
  return t === null ? null : { t, df: differences.length - 1, two_sided: tTwoSided(t, differences.length - 1) };
}

function statistic(values: number[], null_: number): number | null {
  const n = values.length;
  if (n < 2) return null;
  const sd = sampleStandardDeviation(values);
  // Equal values leave rounding of 1e-17 in the deviation; a t of 1e16 would be read as evidence.
  return sd < 1e-12 ? null : (mean(values) - null_) / (sd / Math.sqrt(n));
}

/** Equivalence of the mean with the range (low, high): p is the larger of the two one-sided p. Null as above. */
export function equivalenceT(
  scores: number[],
  low: number,
  high: number,
): { p: number; p_lower: number; p_upper: number } | null {
  const above = statistic(scores, low);
  const below = statistic(scores, high);
  if (above === null || below === null) return null;
  const lower = tTail(above, scores.length - 1);
  const upper = tTail(-below, scores.length - 1);
  return { p: Math.max(lower, upper), p_lower: lower, p_upper: upper };
}

/** One-sided p that the mean exceeds 0.5 − margin (non-inferiority). Null when n < 2 or nothing varies. */
export function nonInferiorityT(scores: number[], margin: number): number | null {
  const t = statistic(scores, 0.5 - margin);
  return t === null ? null : tTail(t, scores.length - 1);
}
