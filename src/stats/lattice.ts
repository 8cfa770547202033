// Exact distribution of a sum of independent numbers on a lattice, by inverting its characteristic function
// (Davies 1973, Biometrika 60; Hong 2013, Comput. Stat. Data Anal. 59: "DFT-CF"). No random numbers, and the cost
// grows with the spread of the sum, not with the number of terms.

/** Values as whole steps above the smallest: value = values[0] + step · steps[k]. */
export interface Lattice {
  step: number;
  steps: number[];
}

/** The coarsest lattice that holds all values (ascending, distinct), or null when there is none finer than range/10000. */
export function latticeOf(values: number[]): Lattice | null {
  const base = values[0] ?? 0;
  const range = (values[values.length - 1] ?? 0) - base;
  if (range === 0) return { step: 0, steps: values.map(() => 0) };
  let step = 0;
  for (const value of values) {
    let rest = value - base;
    // Euclid's algorithm on floating point: remainders below the rounding of the scores count as zero.
    while (rest > 1e-9) [step, rest] = step > 1e-9 ? [rest, step % rest] : [rest, 0];
    if (step > 0 && step < range / 10_000) return null;
  }
  const size = Math.round(range / step);
  const exact = range / size;
  const steps = values.map((value) => Math.round((value - base) / exact));
  const fits = values.every((value, k) => Math.abs(value - base - steps[k]! * exact) < 1e-9);
  return fits ? { step: exact, steps } : null;
}

/** One term of the characteristic function: logarithm of its modulus, and its angle in radians. */
export interface Term {
  log: number;
  angle: number;
  /** How many terms behind a negligible one are certain to be so, too. */
  skip?: number;
}

export interface LatticeSum {
  /** First and last whole number the sum takes with a chance above 1e-17. */
  low: number;
  high: number;
  /** P(sum ≤ k) to about 1e-14, for whole k. */
  cdf(k: number): number;
}

// exp(−42) = 6e-19: what lies outside the window, and terms below it, cannot be seen in a double.
export const NEGLIGIBLE = 42;

/**
 * Window outside which a sum lies with a chance below 1e-17, by Bernstein's inequality: `mean` and `variance` of the
 * sum, `reach` the largest deviation of one term, `min` and `max` what the sum can be at all.
 */
export function windowOf(sum: { mean: number; variance: number; reach: number; min: number; max: number }): {
  low: number;
  high: number;
} {
  const linear = (sum.reach * NEGLIGIBLE) / 3;
  const width = linear + Math.sqrt(linear * linear + 2 * NEGLIGIBLE * sum.variance);
  return {
    low: Math.max(sum.min, Math.floor(sum.mean - width)),
    high: Math.min(sum.max, Math.ceil(sum.mean + width)),
  };
}

/**
 * Distribution of a whole-number sum inside a window. `term(j, size)` is the characteristic function of the sum at
 * the angle 2πj/size.
 */
export function latticeSum(
  { low, high }: { low: number; high: number },
  term: (j: number, size: number) => Term,
): LatticeSum {
  const size = high - low + 1;
  const index: number[] = [];
  const weight: number[] = [];
  const angle: number[] = [];
  for (let j = 1; 2 * j <= size; j++) {
    const { log, angle: turned, skip = 0 } = term(j, size);
    if (log < -NEGLIGIBLE) {
      j += skip;
      continue;
    }
    const both = 2 * j === size ? 1 : 2;
    index.push(j);
    weight.push((both * Math.exp(log)) / (size * Math.sin((Math.PI * j) / size)));
    // Whole-number products are reduced before they meet π, so the phase stays exact for a million terms.
    angle.push(turned - (2 * Math.PI * ((j * low) % size)) / size);
  }
  const cdf = (k: number): number => {
    if (k < low) return 0;
    if (k >= high) return 1;
    const i = k - low;
    let sum = (i + 1) / size;
    for (let t = 0; t < index.length; t++) {
      const j = index[t]!;
      const half = (Math.PI * ((j * i) % (2 * size))) / size;
      const rise = (Math.PI * ((j * (i + 1)) % (2 * size))) / size;
      sum += weight[t]! * Math.cos(angle[t]! - half) * Math.sin(rise);
    }
    return Math.min(1, Math.max(0, sum));
  };
  return { low, high, cdf };
}

/** The smallest whole number whose cumulative share reaches `p` (quantile of type 1). */
export function latticeQuantile(sum: LatticeSum, p: number): number {
  let [low, high] = [sum.low, sum.high];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    // 1e-12 above the rounding of the inversion, so that a share that is exactly p counts as reached.
    if (sum.cdf(middle) >= p - 1e-12) high = middle;
    else low = middle + 1;
  }
  return low;
}
