// Bootstrap of a statistic of totals when whole prompts are drawn and nearly every prompt is unlike the others: resampled
// totals are then sums of thousands of independent vectors, and are drawn from their normal limit with the covariance
// that resampling has (Bickel & Freedman 1981). The cost does not depend on the number of prompts.
import { seeded } from '../random.js';
import { normalQuantile } from './distributions.js';
import { percentileInterval } from './resample.js';

/** Sums and sums of products of vectors that come one a prompt. */
export class Moments {
  n = 0;
  readonly sums: Float64Array;
  private readonly products: Float64Array;

  constructor(private readonly size: number) {
    this.sums = new Float64Array(size);
    this.products = new Float64Array(size * size);
  }

  add(vectors: Float64Array, from: number): void {
    const { size, sums, products } = this;
    this.n++;
    for (let i = 0; i < size; i++) {
      const x = vectors[from + i]!;
      sums[i]! += x;
      if (x !== 0) for (let j = 0; j <= i; j++) products[i * size + j]! += x * vectors[from + j]!;
    }
  }

  /** Lower triangle L with L Lᵀ the covariance of resampled totals, n · Σ(x − m)(x − m)ᵀ/n. */
  get root(): Float64Array {
    const { n, size, sums, products } = this;
    const root = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let rest = products[i * size + j]! - (sums[i]! * sums[j]!) / n;
        for (let k = 0; k < j; k++) rest -= root[i * size + k]! * root[j * size + k]!;
        const scale = products[j * size + j]!;
        if (i === j) root[i * size + i] = rest > 1e-9 * scale ? Math.sqrt(rest) : 0;
        // A direction in which nothing varies has no share in what comes after.
        else root[i * size + j] = root[j * size + j] === 0 ? 0 : rest / root[j * size + j]!;
      }
    }
    return root;
  }
}

/** Percentile interval of a statistic of the totals over `resamples` draws; null when it is undefined throughout. */
export function bootstrapTotals(
  moments: Moments,
  statistic: (totals: Float64Array) => number | null,
  { level, resamples, seed }: { level: number; resamples: number; seed: number },
): { low: number; high: number } | null {
  const { sums, root } = moments;
  const size = sums.length;
  const random = seeded(seed);
  const [normal, totals] = [new Float64Array(size), new Float64Array(size)];
  const values = new Float64Array(resamples);
  let defined = 0;
  for (let b = 0; b < resamples; b++) {
    // 32-bit uniforms, moved off 0.
    for (let i = 0; i < size; i++) normal[i] = normalQuantile(random() + 2 ** -33);
    for (let i = 0; i < size; i++) {
      let total = sums[i]!;
      for (let j = 0; j <= i; j++) total += root[i * size + j]! * normal[j]!;
      totals[i] = total;
    }
    const value = statistic(totals);
    if (value !== null) values[defined++] = value;
  }
  const interval = percentileInterval(values.subarray(0, defined).sort(), level);
  return interval === null ? null : { low: interval[0], high: interval[1] };
}
