// Win rate from few human labels and many judge verdicts: prediction-powered inference, PPI++ (Angelopoulos, Duchi &
// Zrnic 2023, arXiv 2311.01453; for judged win rates Boyeau et al. 2024, arXiv 2403.07008).
import { mean, sampleCovariance, sampleVariance } from 'simple-statistics';
import { tQuantile, zOf } from './distributions.js';

export interface Ppi {
  /** How much the judge is used: 0 humans alone, 1 fully. */
  lambda: number;
  estimate: number;
  se: number;
  low: number;
  high: number;
}

/**
 * θ = λ mean_N(f) + mean_n(Y − λ f), with var = λ² var_N(f)/N + var_n(Y − λ f)/n and the t quantile of n − 1. `human` (Y)
 * and `judgeOnHuman` (f) are of the same prompts, a random subset; `judgeOnly` of the others; scores in [0, 1].
 * λ defaults to its variance-optimal value clipped to [0, 1]. `asymptotic` divides by n and takes the normal quantile,
 * as the reference program does. The estimate is not clipped, the interval is. Null below two labels or without others.
 */
export function ppi(
  human: number[],
  judgeOnHuman: number[],
  judgeOnly: number[],
  options: { lambda?: number | null; level?: number; asymptotic?: boolean } = {},
): Ppi | null {
  const { level = 0.95, asymptotic = false } = options;
  const [n, N] = [human.length, judgeOnly.length];
  if (n < 2 || N < 2 || judgeOnHuman.length !== n) return null;
  const lambda = options.lambda ?? bestLambda(human, judgeOnHuman, judgeOnly);
  const rest = human.map((y, i) => y - lambda * judgeOnHuman[i]!);
  const estimate = lambda * mean(judgeOnly) + mean(rest);
  const spread = (values: number[]): number =>
    sampleVariance(values) * (asymptotic ? (values.length - 1) / values.length : 1);
  const se = Math.sqrt((lambda ** 2 * spread(judgeOnly)) / N + spread(rest) / n);
  const half = (asymptotic ? zOf(level) : tQuantile((1 + level) / 2, n - 1)) * se;
  const clip = (x: number): number => Math.min(1, Math.max(0, x));
  return { lambda, estimate, se, low: clip(estimate - half), high: clip(estimate + half) };
}

function bestLambda(human: number[], judgeOnHuman: number[], judgeOnly: number[]): number {
  const variance = sampleVariance([...judgeOnHuman, ...judgeOnly]);
  if (variance < 1e-15) return 0;
  const optimal = sampleCovariance(human, judgeOnHuman) / ((1 + human.length / judgeOnly.length) * variance);
  return Math.min(1, Math.max(0, optimal));
}
