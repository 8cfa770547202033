// Bootstrap resamples as counts: drawing n prompts with replacement from K distinct patterns is one multinomial draw,
// so a resample costs K binomials and not n draws (Efron 1979; binomials by Hörmann 1993, "BTRS", and by inversion).
import { normalCdf, normalQuantile } from './distributions.js';
import { seeded, type Random } from '../random.js';

/** A binomial draw: successes in n trials with probability p in [0, 1]. */
export function binomialDraw(n: number, p: number, random: Random): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomialDraw(n, 1 - p, random);
  return n * p < 10 ? byInversion(n, p, random) : byRejection(n, p, random);
}

function byInversion(n: number, p: number, random: Random): number {
  const odds = p / (1 - p);
  let u = random();
  let chance = (1 - p) ** n;
  let k = 0;
  while (u > chance && k < n) {
    u -= chance;
    k++;
    chance *= (odds * (n - k + 1)) / k;
  }
  return k;
}

function byRejection(n: number, p: number, random: Random): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const accept = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const odds = p / (1 - p);
  const mode = Math.floor((n + 1) * p);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (us >= 0.07 && v <= accept) return k;
    if (!(k >= 0 && k <= n)) continue;
    const bound =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
      (stirling(mode) + stirling(n - mode) - stirling(k) - stirling(n - k));
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

/** log k! minus its Stirling approximation at k + 1. */
function stirling(k: number): number {
  const x = k + 1;
  return (1 / 12 - (1 / 360 - 1 / 1260 / (x * x)) / (x * x)) / x;
}

/** A function that fills `out` with the pattern counts of one resample; `counts` are those of the sample. */
export function resampler(counts: ArrayLike<number>, random: Random): (out: Float64Array) => void {
  const size = counts.length;
  let n = 0;
  for (let k = 0; k < size; k++) n += counts[k]!;
  // Scores shared between grid points have fractional counts whose sum is whole but for rounding.
  n = Math.round(n);
  // Below about six prompts a pattern, drawing prompts one by one is the cheaper way.
  if (6 * size < n) {
    return (out) => {
      let left = n;
      let mass = n;
      for (let k = 0; k < size; k++) {
        const count = k === size - 1 ? left : binomialDraw(left, counts[k]! / mass, random);
        out[k] = count;
        left -= count;
        mass -= counts[k]!;
      }
    };
  }
  const owner = new Uint32Array(n);
  for (let k = 0, i = 0; k < size; k++) for (let c = 0; c < counts[k]!; c++) owner[i++] = k;
  return (out) => {
    out.fill(0);
    for (let i = 0; i < n; i++) out[owner[Math.floor(random() * n)]!]! += 1;
  };
}

export interface Resampled {
  /** Statistic of each resample where it is defined, ascending. */
  sorted: Float64Array;
  /** Resamples whose statistic is undefined. */
  undefined: number;
}

/** The bootstrap distribution of any statistic of pattern counts; `statistic` gives null where it is undefined. */
export function resampleStatistic(
  counts: ArrayLike<number>,
  statistic: (counts: Float64Array) => number | null,
  { resamples, seed }: { resamples: number; seed: number },
): Resampled {
  const draw = resampler(counts, seeded(seed));
  const out = new Float64Array(counts.length);
  const values = new Float64Array(resamples);
  let defined = 0;
  for (let b = 0; b < resamples; b++) {
    draw(out);
    const value = statistic(out);
    if (value !== null) values[defined++] = value;
  }
  return { sorted: values.subarray(0, defined).sort(), undefined: resamples - defined };
}

/** Quantile of type 1: the smallest of the sorted values whose cumulative share reaches p; null of nothing. */
export function sortedQuantile(sorted: ArrayLike<number>, p: number): number | null {
  const rank = Math.ceil(p * sorted.length - 1e-9) - 1;
  return sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.max(0, rank))]!;
}

/** Percentile interval of sorted resampled values, or null when there are none. */
export function percentileInterval(sorted: ArrayLike<number>, level: number): [number, number] | null {
  const low = sortedQuantile(sorted, (1 - level) / 2);
  const high = sortedQuantile(sorted, (1 + level) / 2);
  return low === null || high === null ? null : [low, high];
}

/** Share of resamples below the estimate with half of those equal to it: the mid rank that BCa needs on a lattice. */
export function midRank(sorted: Float64Array, estimate: number): number {
  let below = 0;
  let equal = 0;
  for (const value of sorted) {
    if (Math.abs(value - estimate) <= 1e-12 * Math.max(1, Math.abs(estimate))) equal++;
    else if (value < estimate) below++;
  }
  return sorted.length === 0 ? 0.5 : (below + equal / 2) / sorted.length;
}

/** The two cumulative shares at which a BCa interval is read (Efron 1987): bias z0 and acceleration a. */
export function bcaShares(z0: number, a: number, level: number): [number, number] {
  const at = (p: number): number => {
    const z = z0 + normalQuantile(p);
    return normalCdf(z0 + z / (1 - a * z));
  };
  return [at((1 - level) / 2), at((1 + level) / 2)];
}

/** Acceleration from deviations of the leave-one-out statistics: Σu³ / (6 (Σu²)^1.5), given the two sums. */
export function acceleration(sumSquares: number, sumCubes: number): number {
  return sumSquares === 0 ? 0 : sumCubes / (6 * sumSquares ** 1.5);
}
