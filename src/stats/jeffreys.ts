// Beta intervals of a proportion: Jeffreys (Brown, Cai & DasGupta 2001) and any other beta prior, e.g. the uniform one
// of Bowyer, Aitchison & Ivanova 2025 (arXiv 2503.01747), and the posterior statement "the candidate is better".
import { betaQuantile, betaTail } from './distributions.js';

/**
 * Jeffreys interval of `successes` out of `n`: equal-tailed Beta(x + ½, n − x + ½), with the ends 0 and 1 where there is
 * no success or no failure. Null for n = 0.
 */
export function jeffreys(successes: number, n: number, level = 0.95): { low: number; high: number } | null {
  if (!(n > 0)) return null;
  const { low, high } = betaPosterior(successes, n, [0.5, 0.5], level);
  return { low: successes <= 0 ? 0 : low, high: successes >= n ? 1 : high };
}

/** Equal-tailed posterior interval, mean, and P(rate > ½) under a Beta(prior) prior; defined for n = 0 too. */
export function betaPosterior(
  successes: number,
  n: number,
  [a, b]: [number, number] = [1, 1],
  level = 0.95,
): { low: number; high: number; mean: number; above_half: number } {
  const [alpha, beta] = [successes + a, n - successes + b];
  return {
    low: betaQuantile((1 - level) / 2, alpha, beta),
    high: betaQuantile((1 + level) / 2, alpha, beta),
    mean: alpha / (alpha + beta),
    above_half: betaTail(0.5, alpha, beta),
  };
}

/**
 * P(p_win > p_loss) after W wins and L losses under a Dirichlet prior (win, tie, loss), in (0, 1); ties do not enter.
 * A one-sided Bayesian statement: not the complement of a two-sided p value.
 */
export function probabilityBetter(
  wins: number,
  losses: number,
  prior: [number, number, number] = [0.5, 0.5, 0.5],
): number {
  return betaTail(0.5, wins + prior[0], losses + prior[2]);
}
