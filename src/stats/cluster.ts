// Errors of means when judgments come in prompts: t interval on prompt means, cluster-robust standard error (Liang &
// Zeger 1986; Miller 2024, arXiv 2411.00640), strata, and rates of counts that come several to a prompt.
import { mean, sampleStandardDeviation, sampleVariance } from 'simple-statistics';
import { tQuantile } from './distributions.js';
import { shrunk, type EffectiveN } from './wilson.js';

export interface TInterval {
  mean: number | null;
  se: number | null;
  df: number | null;
  low: number | null;
  high: number | null;
}

/** Mean of values with its Student t interval, df = n − 1; not clipped. Nulls beyond the mean below two values. */
export function tInterval(values: number[], level = 0.95): TInterval {
  const n = values.length;
  if (n < 2) return { mean: values[0] ?? null, se: null, df: null, low: null, high: null };
  const m = mean(values);
  const se = sampleStandardDeviation(values) / Math.sqrt(n);
  const half = tQuantile((1 + level) / 2, n - 1) * se;
  return { mean: m, se, df: n - 1, low: m - half, high: m + half };
}

/**
 * Standard errors of the pooled mean over judgments: clustered by prompt √Σ(Σ(s−m))²/N, the same times
 * √(G/(G−1)) for G prompts, and the naive one that takes rows for independent. Null where not defined.
 */
export function clusterStandardError(prompts: number[][]): {
  mean: number | null;
  clustered: number | null;
  corrected: number | null;
  naive: number | null;
} {
  const judged = prompts.filter((scores) => scores.length > 0);
  const all = judged.flat();
  if (all.length === 0) return { mean: null, clustered: null, corrected: null, naive: null };
  const m = mean(all);
  const squares = judged.reduce((sum, scores) => sum + scores.reduce((s, x) => s + x - m, 0) ** 2, 0);
  const clustered = Math.sqrt(squares) / all.length;
  const groups = judged.length;
  return {
    mean: m,
    clustered,
    corrected: groups < 2 ? null : clustered * Math.sqrt(groups / (groups - 1)),
    naive: all.length < 2 ? null : sampleStandardDeviation(all) / Math.sqrt(all.length),
  };
}

/**
 * Overall mean across suites of prompt scores: `pooled` weighs prompts equally, `macro` suites equally; each with
 * the standard error of a sample drawn inside every suite, SE² = Σ w² s²/n (null where a suite has one prompt).
 */
export function stratifiedMean(suites: number[][]): {
  pooled: number | null;
  macro: number | null;
  macro_se: number | null;
  pooled_se: number | null;
} {
  const strata = suites.filter((scores) => scores.length > 0);
  const total = strata.reduce((sum, scores) => sum + scores.length, 0);
  if (total === 0) return { pooled: null, macro: null, macro_se: null, pooled_se: null };
  const single = strata.some((scores) => scores.length < 2);
  const error = (weight: (n: number) => number): number | null =>
    single
      ? null
      : Math.sqrt(strata.reduce((sum, s) => sum + (weight(s.length) ** 2 * sampleVariance(s)) / s.length, 0));
  return {
    pooled: mean(strata.flat()),
    macro: mean(strata.map((scores) => mean(scores))),
    macro_se: error(() => 1 / strata.length),
    pooled_se: error((n) => n / total),
  };
}

/** What a rate over prompts is made from, whatever its level. */
export interface ClusterSums {
  /** Prompts with a chance. */
  prompts: number;
  rate: number;
  n: number;
  /** Σ(events − rate · chances)² over prompts. */
  squares: number;
}

/** Sums of events and chances by prompt; null when there was no chance. */
export function clusterSums(events: ArrayLike<number>, chances: ArrayLike<number>): ClusterSums | null {
  let prompts = 0;
  let total = 0;
  let n = 0;
  for (let i = 0; i < chances.length; i++) {
    if (chances[i] === 0) continue;
    prompts++;
    total += events[i]!;
    n += chances[i]!;
  }
  if (prompts === 0) return null;
  const rate = total / n;
  let squares = 0;
  for (let i = 0; i < chances.length; i++) squares += (events[i]! - rate * chances[i]!) ** 2;
  return { prompts, rate, n, squares };
}

/**
 * Rate Σevents/Σchances of things that come several to a prompt (both arrays by prompt), e.g. order-dependent comparisons
 * among those judged in both orders, with an interval that keeps prompts whole: effective-n Wilson on the linearised
 * prompt contributions. With one chance per prompt it is exactly Wilson. Null when there was no chance.
 */
export function clusteredRate(
  events: ArrayLike<number>,
  chances: ArrayLike<number>,
  level = 0.95,
): (EffectiveN & { n: number }) | null {
  const sums = clusterSums(events, chances);
  return sums === null ? null : rateOf(sums, level);
}

/** The same from sums that are known already. */
export function rateOf({ prompts, rate, n, squares }: ClusterSums, level = 0.95): EffectiveN & { n: number } {
  // Scaled to the variance of one prompt's contribution to the rate.
  const variance = prompts < 2 ? null : ((prompts / n) ** 2 * squares) / (prompts - 1);
  return { ...shrunk(rate, variance, prompts, level), n };
}
