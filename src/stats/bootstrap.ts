// Bootstrap of the mean prompt score, prompts drawn whole (Efron 1979; by cluster: Davison & Hinkley 1997, 3.8).
// Prompt scores lie on a lattice, so the bootstrap distribution is an n-fold convolution that is computed exactly;
// only scores off every lattice fall back to seeded Monte Carlo. BCa (Efron 1987) takes z0 from the mid rank.
import { centralSum, meanOf, type Counts } from './counts.js';
import { normalQuantile } from './distributions.js';
import { latticeOf, latticeQuantile, latticeSum, NEGLIGIBLE, windowOf, type Lattice } from './lattice.js';
import { acceleration, bcaShares, midRank, percentileInterval, resampleStatistic, sortedQuantile } from './resample.js';

export interface Bootstrap {
  estimate: number;
  /** Standard deviation of the bootstrap distribution in closed form, √Σ(x−m)²/n. */
  se: number;
  percentile: [number, number];
  /** Null when the distribution is degenerate or the mid rank is 0 or 1. */
  bca: { low: number; high: number; z0: number; a: number } | null;
  /** `exact`, or the number of Monte Carlo resamples. */
  resamples: 'exact' | number;
  /** All prompts score the same: every resample equals the sample, and neither limit says anything. */
  degenerate: boolean;
}

/** Work (frequencies × distinct values) up to which the exact distribution is computed: a few milliseconds. */
const EXACT_WORK = 1_000_000;
/** Distinct values off the lattice beyond which they are gathered on a grid before they are resampled. */
const GRID = 8;

/**
 * Bootstrap interval of the mean of counted scores, any range. Null without scores. The result does not depend on the
 * order of the scores, and mirrored scores give mirrored limits.
 */
export function bootstrapMean(
  counts: Counts,
  options: { level?: number; resamples?: number; seed?: number } = {},
): Bootstrap | null {
  const { level = 0.95, resamples = 10_000, seed = 0 } = options;
  const estimate = meanOf(counts);
  if (estimate === null) return null;
  const se = Math.sqrt(centralSum(counts, 2)) / counts.n;
  if (counts.values.length === 1) {
    return { estimate, se: 0, percentile: [estimate, estimate], bca: null, resamples: 'exact', degenerate: true };
  }
  // Both limits are read on one orientation, so that a swap of baseline and candidate mirrors them to the last digit.
  const mirror = isUpper(counts);
  const [low, high] = [counts.values[0]!, counts.values[counts.values.length - 1]!];
  const turned: Counts = mirror
    ? { n: counts.n, values: counts.values.map((v) => low + high - v).reverse(), counts: counts.counts.toReversed() }
    : counts;
  const distribution = exactly(turned) ?? byResampling(turned, resamples, seed);
  const back = ([a, b]: [number, number]): [number, number] => (mirror ? [low + high - b, low + high - a] : [a, b]);
  const percentile = back([distribution.quantile((1 - level) / 2), distribution.quantile((1 + level) / 2)]);
  const a = acceleration(centralSum(turned, 2), centralSum(turned, 3));
  const share = distribution.midRank;
  let bca: Bootstrap['bca'] = null;
  if (share > 0 && share < 1) {
    const z0 = normalQuantile(share);
    const [p, q] = bcaShares(z0, a, level);
    const [from, to] = back([distribution.quantile(p), distribution.quantile(q)]);
    bca = { low: from, high: to, z0: mirror ? -z0 : z0, a: mirror ? -a : a };
  }
  return { estimate, se, percentile, bca, resamples: distribution.resamples, degenerate: false };
}

interface MeanDistribution {
  quantile(p: number): number;
  midRank: number;
  resamples: 'exact' | number;
}

/** Whether the scores lean to the upper end; of two mirror images exactly one does, unless they are equal. */
function isUpper({ values, counts }: Counts): boolean {
  const last = values.length - 1;
  const middle = (values[0]! + values[last]!) / 2;
  let lean = 0;
  for (let k = 0; k <= last; k++) lean += (values[k]! - middle) * counts[k]!;
  if (Math.abs(lean) > 1e-9) return lean > 0;
  for (let k = 0; k <= last; k++) {
    const difference = counts[k]! - counts[last - k]! || middle - values[k]! - (values[last - k]! - middle);
    if (Math.abs(difference) > 1e-9) return difference > 0;
  }
  return false;
}

function exactly(counts: Counts): MeanDistribution | null {
  const lattice = latticeOf(counts.values);
  if (lattice === null) return null;
  const { n } = counts;
  const { steps, step } = lattice;
  const reach = steps[steps.length - 1]!;
  const total = steps.reduce((sum, s, k) => sum + s * counts.counts[k]!, 0);
  const window = windowOf({
    mean: total,
    variance: centralSum(counts, 2) / (step * step),
    reach,
    min: 0,
    max: n * reach,
  });
  if (((window.high - window.low) / 2) * steps.length > EXACT_WORK) return null;
  const sum = latticeSum(window, characteristic(counts, lattice, window.high - window.low + 1));
  const base = counts.values[0]!;
  return {
    quantile: (p) => base + (latticeQuantile(sum, p) * step) / n,
    midRank: (sum.cdf(total) + sum.cdf(total - 1)) / 2,
    resamples: 'exact',
  };
}

/**
 * Characteristic function of the sum of n draws with replacement: the n-th power of that of one draw. Its modulus grows
 * by at most the mean distance of a draw from any point, per radian: where it is small, what follows need not be computed.
 */
function characteristic({ counts, n }: Counts, { steps }: Lattice, size: number) {
  const cos = new Float64Array(size).fill(NaN);
  const sin = new Float64Array(size);
  const mean = steps.reduce((sum, step, k) => sum + step * counts[k]!, 0) / n;
  const distance = steps.reduce((sum, step, k) => sum + Math.abs(step - mean) * counts[k]!, 0) / n;
  const least = Math.exp(-NEGLIGIBLE / n) * (1 - 1e-9);
  return (j: number) => {
    let re = 0;
    let im = 0;
    for (let k = 0; k < steps.length; k++) {
      const turn = (j * steps[k]!) % size;
      if (Number.isNaN(cos[turn]!)) {
        cos[turn] = Math.cos((2 * Math.PI * turn) / size);
        sin[turn] = Math.sin((2 * Math.PI * turn) / size);
      }
      re += counts[k]! * cos[turn]!;
      im += counts[k]! * sin[turn]!;
    }
    const square = (re * re + im * im) / (n * n);
    const skip = Math.floor(((least - Math.sqrt(square)) / distance / (2 * Math.PI)) * size) - 1;
    return { log: (n / 2) * Math.log(square), angle: n * Math.atan2(im, re), skip: Math.max(0, skip) };
  };
}

function byResampling(counts: Counts, resamples: number, seed: number): MeanDistribution {
  const { values, counts: weights } = counts.n > 100 && counts.values.length > GRID + 1 ? gathered(counts) : counts;
  const { sorted } = resampleStatistic(
    weights,
    (drawn) => {
      let sum = 0;
      for (let k = 0; k < drawn.length; k++) sum += drawn[k]! * values[k]!;
      return sum / counts.n;
    },
    { resamples, seed },
  );
  return {
    quantile: (p) => sortedQuantile(sorted, p)!,
    midRank: midRank(sorted, meanOf(counts)!),
    resamples,
  };
}

/**
 * Many distinct scores on nine grid points, each score shared between its two neighbours so that the mean stays, then
 * stretched about the mean so that the variance stays too: what is left differs in the third moment, whose share in a
 * limit is far below the Monte Carlo error. It keeps the cost flat in n.
 */
function gathered(counts: Counts): { values: number[]; counts: number[] } {
  const low = counts.values[0]!;
  const step = (counts.values[counts.values.length - 1]! - low) / GRID;
  const weights = new Array<number>(GRID + 1).fill(0);
  for (let k = 0; k < counts.values.length; k++) {
    const at = (counts.values[k]! - low) / step;
    const cell = Math.min(GRID - 1, Math.floor(at));
    weights[cell]! += counts.counts[k]! * (cell + 1 - at);
    weights[cell + 1]! += counts.counts[k]! * (at - cell);
  }
  const mean = meanOf(counts)!;
  let spread = 0;
  for (let g = 0; g <= GRID; g++) spread += weights[g]! * (low + g * step - mean) ** 2;
  const stretch = Math.sqrt(centralSum(counts, 2) / spread);
  return { values: weights.map((_, g) => mean + (low + g * step - mean) * stretch), counts: weights };
}

/** Percentile interval of resampled patterns for any statistic; null of nothing and when it is undefined throughout. */
export function bootstrapStatistic(
  counts: ArrayLike<number>,
  statistic: (counts: Float64Array) => number | null,
  options: { level?: number; resamples?: number; seed?: number } = {},
): { low: number; high: number; se: number; undefined: number; sorted: Float64Array } | null {
  const { level = 0.95, resamples = 2000, seed = 0 } = options;
  if (counts.length === 0) return null;
  const resampled = resampleStatistic(counts, statistic, { resamples, seed });
  const interval = percentileInterval(resampled.sorted, level);
  if (interval === null) return null;
  const { sorted } = resampled;
  const mean = sorted.reduce((sum, x) => sum + x, 0) / sorted.length;
  const spread = sorted.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const se = sorted.length < 2 ? 0 : Math.sqrt(spread / (sorted.length - 1));
  return { low: interval[0], high: interval[1], se, undefined: resampled.undefined, sorted };
}
