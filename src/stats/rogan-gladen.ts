// True win rate from a judge of known sensitivity and specificity (Rogan & Gladen 1978; interval and allocation of
// labels: Lee et al. 2025, arXiv 2511.21140). Binary only: ties are dropped before.
import { zOf } from './distributions.js';

export interface Calibration {
  /** Share of judged wins among `n` prompts. */
  rate: number;
  n: number;
  /** P(judge says loss | true loss), from m0 labelled losses. */
  specificity: number;
  m0: number;
  /** P(judge says win | true win), from m1 labelled wins. */
  sensitivity: number;
  m1: number;
}

/**
 * θ = (p + q0 − 1)/(q0 + q1 − 1), clipped to [0, 1]; interval with added counts (z²/2 to the test, one to each calibration cell).
 * Null with a reason when q0 + q1 ≤ 1: such a judge carries no information.
 */
export function roganGladen(
  { rate, n, specificity, m0, sensitivity, m1 }: Calibration,
  level = 0.95,
):
  | { estimate: number; low: number; high: number; reason: null }
  | { estimate: null; low: null; high: null; reason: 'judge_not_better_than_chance' } {
  const power = specificity + sensitivity - 1;
  if (power <= 1e-12) return { estimate: null, low: null, high: null, reason: 'judge_not_better_than_chance' };
  const clip = (x: number): number => Math.min(1, Math.max(0, x));
  const z = zOf(level);
  const size = n + z * z;
  const p = (n * rate + (z * z) / 2) / size;
  const q0 = (m0 * specificity + 1) / (m0 + 2);
  const q1 = (m1 * sensitivity + 1) / (m1 + 2);
  const scale = q0 + q1 - 1;
  // Clipped at the end only: the reference program centres and weighs by the value before.
  const theta = (p + q0 - 1) / scale;
  const noise0 = (q0 * (1 - q0)) / (m0 + 2);
  const noise1 = (q1 * (1 - q1)) / (m1 + 2);
  const shift = 2 * z * z * (theta * noise1 - (1 - theta) * noise0);
  const se = Math.sqrt((p * (1 - p)) / size + (1 - theta) ** 2 * noise0 + theta ** 2 * noise1) / scale;
  const estimate = clip((rate + specificity - 1) / power);
  // Centred on other counts than the estimate, a short interval of a low level may miss it.
  return {
    estimate,
    low: Math.min(estimate, clip(theta + shift - z * se)),
    high: Math.max(estimate, clip(theta + shift + z * se)),
    reason: null,
  };
}

/**
 * How to split m labels between true losses (m0) and true wins (m1) for the shortest interval, from a pilot with
 * `pilot` labels a side: m1 = m/(1 + (1/p − 1)√κ), κ = (1 − q0)/(1 − q1) with one added to each pilot cell.
 */
export function allocateLabels(
  m: number,
  rate: number,
  pilot: { specificity: number; sensitivity: number; labels: number },
): { m0: number; m1: number } {
  const added = (q: number): number => (pilot.labels * q + 1) / (pilot.labels + 2);
  const kappa = (1 - added(pilot.specificity)) / (1 - added(pilot.sensitivity));
  const share = rate <= 0 ? 0 : 1 / (1 + (1 / rate - 1) * Math.sqrt(kappa));
  const least = Math.min(pilot.labels, Math.floor(m / 2));
  const m1 = Math.min(m - least, Math.max(least, Math.round(m * share)));
  return { m0: m - m1, m1 };
}
