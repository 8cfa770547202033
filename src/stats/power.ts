// How many prompts a question needs, and what a number of prompts can detect: normal approximation with the variance
// θ(1−θ) − τ/4 of one verdict (τ the tie rate), the exact binomial power, and Kish's design effect for several judges.
import { binomialTail, normalCdf, normalQuantile, tQuantile } from './distributions.js';
import { exactBinomial } from './sign-test.js';

export interface Plan {
  /** Two-sided error rate; for non-inferiority one half of it is spent on the one side. Default 0.05. */
  alpha?: number;
  /** Default 0.8. */
  power?: number;
  /** Share of ties, 0..1. Default 0. */
  ties?: number;
}

/** Standard deviation of one verdict's score at a win rate; ties cannot be more than 2·min(θ, 1 − θ). */
function deviation(rate: number, ties: number): number {
  return Math.sqrt(Math.max(0, rate * (1 - rate) - Math.min(ties, 2 * Math.min(rate, 1 - rate)) / 4));
}

/** Prompts below which nothing can be shown: were all won, the sign-flip test's 2^(1 − n) would still lie above alpha. */
export function leastPrompts(alpha: number): number {
  return Math.ceil(1 - Math.log2(alpha) - 1e-9);
}

/** Prompts (a real number; round up) to tell `rate` from 0.5. Null when rate is 0.5. */
export function sampleSize(rate: number, { alpha = 0.05, power = 0.8, ties = 0 }: Plan = {}): number | null {
  const effect = Math.abs(rate - 0.5);
  if (effect < 1e-12) return null;
  const z = normalQuantile(1 - alpha / 2) * deviation(0.5, ties) + normalQuantile(power) * deviation(rate, ties);
  return (z / effect) ** 2;
}

/** The smallest distance from 0.5 that n prompts (may be an effective, fractional n) detect, up to 0.5; null if none. */
export function minimumDetectableEffect(n: number, plan: Plan = {}): number | null {
  const enough = (effect: number): boolean => sampleSize(0.5 + effect, plan)! <= n;
  if (!(n > 0) || !enough(0.5)) return null;
  let [low, high] = [1e-9, 0.5];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The same of prompts as they are worth; null of fewer than can show anything, whatever they are worth. */
export const detectableEffect = (prompts: number, worth: number, plan: Plan & { alpha: number }): number | null =>
  prompts < leastPrompts(plan.alpha) ? null : minimumDetectableEffect(worth, plan);

/** Power of the two-sided exact sign test without ties, and the fewest wins that reach it (null when none does). */
export function exactPower(n: number, rate: number, alpha = 0.05): { power: number; critical_wins: number | null } {
  let critical = Math.floor(n / 2) + 1;
  while (critical <= n && exactBinomial(critical, n).two_sided > alpha) critical++;
  if (critical > n) return { power: 0, critical_wins: null };
  return { power: binomialTail(critical, n, rate) + binomialTail(critical, n, 1 - rate), critical_wins: critical };
}

/** Prompts (a real number) to show that the win rate is above 0.5 − margin if it truly is `rate`. Null if it is not. */
export function sampleSizeNonInferiority(
  margin: number,
  { rate = 0.5, alpha = 0.05, power = 0.8, ties = 0 }: Plan & { rate?: number } = {},
): number | null {
  const effect = rate - (0.5 - margin);
  if (effect < 1e-12) return null;
  const limit = deviation(0.5 - margin, ties);
  const z = normalQuantile(1 - alpha / 2) * limit + normalQuantile(power) * deviation(rate, ties);
  return (z / effect) ** 2;
}

/** Pairs (a real number) for a two-sided paired t test of a standardised effect; power by the noncentral t. Null for 0. */
export function sampleSizePairedT(effect: number, { alpha = 0.05, power = 0.8 }: Plan = {}): number | null {
  if (Math.abs(effect) < 1e-12) return null;
  let [low, high] = [2, 4];
  while (powerPairedT(high, effect, alpha) < power) high *= 2;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (powerPairedT(middle, effect, alpha) < power) low = middle;
    else high = middle;
  }
  return high;
}

/** P(|T| > critical) for a noncentral t, integrating the normal over the chi distribution of the standard deviation. */
function powerPairedT(n: number, effect: number, alpha: number): number {
  const df = n - 1;
  const critical = tQuantile(1 - alpha / 2, df);
  const shift = Math.abs(effect) * Math.sqrt(n);
  // s/σ has density ∝ s^(df−1) exp(−df s²/2); Simpson's rule over its bulk, normalised by the same rule.
  const from = Math.max(1e-9, 1 - 9 / Math.sqrt(2 * df));
  const to = 1 + 9 / Math.sqrt(2 * df);
  const points = 400;
  let [mass, sum] = [0, 0];
  for (let i = 0; i <= points; i++) {
    const s = from + ((to - from) * i) / points;
    const weight =
      (i === 0 || i === points ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp((df - 1) * Math.log(s) - (df * (s * s - 1)) / 2);
    mass += weight;
    sum += weight * (normalCdf(shift - critical * s) + normalCdf(-shift - critical * s));
  }
  return sum / mass;
}

/** Prompts by the arcsine transform (Cohen's h), and its power at n; nulls when rate equals `null_`. */
export function sampleSizeArcsine(rate: number, null_ = 0.5, { alpha = 0.05, power = 0.8 }: Plan = {}): number | null {
  const h = Math.abs(2 * Math.asin(Math.sqrt(rate)) - 2 * Math.asin(Math.sqrt(null_)));
  if (h < 1e-12) return null;
  let [low, high] = [0, 1];
  while (powerArcsine(high, rate, null_, alpha) < power) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (powerArcsine(middle, rate, null_, alpha) < power) low = middle;
    else high = middle;
  }
  return high;
}

/** Power of n prompts by the arcsine transform, both tails. */
export function powerArcsine(n: number, rate: number, null_ = 0.5, alpha = 0.05): number {
  const shift = Math.abs(2 * Math.asin(Math.sqrt(rate)) - 2 * Math.asin(Math.sqrt(null_))) * Math.sqrt(n);
  const z = normalQuantile(1 - alpha / 2);
  return normalCdf(shift - z) + normalCdf(-shift - z);
}

/** Kish 1965: deff = 1 + (k − 1) icc for k judgments a prompt; what n prompts and k judges are worth. */
export function designEffect(
  judges: number,
  icc: number,
  nPrompts: number,
): { deff: number; n_eff: number; effective_judges: number } {
  const deff = 1 + (judges - 1) * icc;
  return { deff, n_eff: (nPrompts * judges) / deff, effective_judges: judges / deff };
}
