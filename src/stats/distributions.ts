// The distribution functions every interval and test rests on: quantiles and tails from @stdlib (relative accuracy
// 1e-10 or better), never a printed table.
import betainc from '@stdlib/math-base-special-betainc';
import erfc from '@stdlib/math-base-special-erfc';
import gammaln from '@stdlib/math-base-special-gammaln';
import stdlibBetaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import stdlibNormalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import stdlibTQuantile from '@stdlib/stats-base-dists-t-quantile';

/** Standard normal quantile of `p` in (0, 1); ±Infinity at 0 and 1. */
export function normalQuantile(p: number): number {
  return stdlibNormalQuantile(p, 0, 1);
}

/** Two-sided standard normal multiplier of a confidence level in (0, 1): 1.96 for 0.95. */
export function zOf(level: number): number {
  return normalQuantile((1 + level) / 2);
}

/** P(Z ≤ x) for a standard normal Z. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** Student t quantile of `p` in (0, 1) with `df` > 0 degrees of freedom. */
export function tQuantile(p: number, df: number): number {
  return stdlibTQuantile(p, df);
}

/** P(T ≥ t) for Student's t with `df` > 0 degrees of freedom. */
export function tTail(t: number, df: number): number {
  const half = betainc(df / (df + t * t), df / 2, 0.5) / 2;
  return t >= 0 ? half : 1 - half;
}

/** Two-sided p of a t statistic. */
export function tTwoSided(t: number, df: number): number {
  return betainc(df / (df + t * t), df / 2, 0.5);
}

/** Quantile of Beta(a, b), a and b > 0; in [0, 1]. */
export function betaQuantile(p: number, a: number, b: number): number {
  return stdlibBetaQuantile(p, a, b);
}

/** P(X > x) for X from Beta(a, b). */
export function betaTail(x: number, a: number, b: number): number {
  return betainc(x, a, b, true, true);
}

/** Natural logarithm of the beta function B(a, b), a and b > 0. */
export function logBeta(a: number, b: number): number {
  return gammaln(a) + gammaln(b) - gammaln(a + b);
}

/** P(X = k) for X binomial with n trials and success probability p in [0, 1]. */
export function binomialPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === n ? 1 : 0;
  const logChoose = k === 0 || k === n ? 0 : -Math.log(n + 1) - logBeta(k + 1, n - k + 1);
  return Math.exp(logChoose + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** P(X ≥ k) for X binomial with n trials and success probability p in [0, 1]. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return betainc(p, k, n - k + 1);
}
