// Interval with guaranteed coverage (Clopper & Pearson 1934), wider than the score intervals: for audits.
import { betaQuantile } from './distributions.js';

/** Clopper-Pearson interval of `successes` out of `n`, half successes (ties) allowed; inside [0, 1]. Null for n = 0. */
export function clopperPearson(successes: number, n: number, level = 0.95): { low: number; high: number } | null {
  if (!(n > 0)) return null;
  const tail = (1 - level) / 2;
  return {
    low: successes <= 0 ? 0 : betaQuantile(tail, successes, n - successes + 1),
    high: successes >= n ? 1 : betaQuantile(1 - tail, successes + 1, n - successes),
  };
}
