// May judging stop now? A test that stays valid however often one looks: the universal mixture e-process (Cover 1991;
// Orabona & Jun, arXiv 2110.14099; Ryu & Bhatt, arXiv 2207.12382) and the confidence sequence it gives. Under the null
// E is a martingale from 1, so P(ever ≥ 1/α) ≤ α (Ville 1939); it depends on the set of scores, not on their order.
import { countScores, meanOf, type Counts } from './counts.js';
import { logBeta } from './distributions.js';

/**
 * log E of prompt scores in [0, 1] against the mean `null_` in (0, 1): the logarithm of the average over λ uniform on
 * (−1/(1−m), 1/m) of Π(1 + λ(x − m)). 0 without scores. Wins and losses: closed form, B(w+1, l+1)/(m^w (1−m)^l).
 */
export function logEValue(scores: Counts | number[], null_ = 0.5): number {
  const counts = Array.isArray(scores) ? countScores(scores) : scores;
  const moving = counts.values
    .map((value, k) => ({ shift: value - null_, value, count: counts.counts[k]! }))
    .filter(({ shift }) => Math.abs(shift) > 1e-15);
  if (moving.length === 0) return 0;
  if (moving.every(({ value }) => value === 0 || value === 1)) {
    const wins = moving.find(({ value }) => value === 1)?.count ?? 0;
    const losses = moving.find(({ value }) => value === 0)?.count ?? 0;
    return logBeta(wins + 1, losses + 1) - wins * Math.log(null_) - losses * Math.log1p(-null_);
  }
  const logWealth = (lambda: number): number => {
    let log = 0;
    for (const { shift, count } of moving) log += count * Math.log(Math.max(0, 1 + lambda * shift));
    return log;
  };
  const [from, to] = [-1 / (1 - null_), 1 / null_];
  return logIntegral(logWealth, from, to) - Math.log(to - from);
}

// Gauss-Legendre on [−1, 1], 8 nodes (positive half).
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];
const PANELS = 40;

/** log of the integral of exp(f) for concave f: the bulk is found by bisection, then cut into panels. */
function logIntegral(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 80; step++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (f(a) < f(b)) low = a;
    else high = b;
  }
  const mode = (low + high) / 2;
  const top = f(mode);
  const edge = (end: number): number => {
    if (f(end) > top - 50) return end;
    let [inside, outside] = [mode, end];
    for (let step = 0; step < 60; step++) {
      const middle = (inside + outside) / 2;
      if (f(middle) > top - 50) inside = middle;
      else outside = middle;
    }
    return outside;
  };
  const [left, right] = [edge(from), edge(to)];
  const half = (right - left) / PANELS / 2;
  let sum = 0;
  for (let panel = 0; panel < PANELS; panel++) {
    const centre = left + (2 * panel + 1) * half;
    for (let i = 0; i < NODES.length; i++) {
      sum +=
        WEIGHTS[i]! * (Math.exp(f(centre - half * NODES[i]!) - top) + Math.exp(f(centre + half * NODES[i]!) - top));
    }
  }
  return top + Math.log(sum * half);
}

/** All means in [0, 1] not rejected at any time at level 1 − alpha: {m : E(m) < 1/alpha}. The whole range of nothing. */
export function confidenceSequence(scores: Counts | number[], alpha = 0.05): { low: number; high: number } {
  const counts = Array.isArray(scores) ? countScores(scores) : scores;
  const mean = meanOf(counts);
  if (mean === null) return { low: 0, high: 1 };
  const bound = -Math.log(alpha);
  const inside = (m: number): boolean => logEValue(counts, m) < bound;
  const search = (end: number): number => {
    // At the ends of the range E is infinite unless every score lies there, and then the end belongs to the set.
    let [kept, out] = [Math.min(1 - 1e-12, Math.max(1e-12, mean)), end];
    if (Math.abs(mean - end) < 1e-12) return end;
    for (let step = 0; step < 50; step++) {
      const middle = (kept + out) / 2;
      if (inside(middle)) kept = middle;
      else out = middle;
    }
    return kept;
  };
  return { low: search(0), high: search(1) };
}

/**
 * log E after each score, and the 1-based number of scores at which E first reaches 1/alpha; null when it never does.
 * Several questions at once: give alpha/k.
 */
export function sequentialStop(
  scores: number[],
  { alpha = 0.05, null_ = 0.5 } = {},
): { stop_at: number | null; log_e_path: number[] } {
  const path = scores.map((_, t) => logEValue(scores.slice(0, t + 1), null_));
  const reached = path.findIndex((log) => log >= -Math.log(alpha));
  return { stop_at: reached < 0 ? null : reached + 1, log_e_path: path };
}
