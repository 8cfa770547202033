// Exact sign-flip permutation test of paired differences (Fisher 1935; Good 2005): the default test. Under the null
// each prompt's difference is as likely to have either sign. For single verdicts it is the exact sign test.
import { countScores, mapCounts, meanOf, varianceOf, type Counts } from './counts.js';
import { latticeOf, latticeSum, NEGLIGIBLE, windowOf } from './lattice.js';

/** Additions up to which dynamic programming is used: under a millisecond. Beyond, the same law by inversion. */
const DYNAMIC_WORK = 200_000;

/**
 * Two-sided p, twice the smaller tail and at most 1, of differences from `null_`. 1 when nothing differs or there is
 * nothing. Differences off every lattice: all sign patterns up to 16, else rounded to 1/4096 of the largest. Beyond 200,000 additions the chance of both
 * signs comes from the characteristic function, and p ends at 1e-13, where doubles end.
 */
export function signFlip(differences: Counts | number[], null_ = 0): number {
  const counts = Array.isArray(differences) ? countScores(differences) : differences;
  const centred = mapCounts(counts, (value) => value - null_);
  const sizes = mapCounts(centred, Math.abs);
  const moving = sizes.values.map((size, k) => ({ size, count: sizes.counts[k]! })).filter(({ size }) => size > 1e-12);
  if (moving.length === 0) return 1;
  const lattice = latticeOf([0, ...moving.map(({ size }) => size)]);
  if (lattice === null && counts.n <= 16) return Math.min(1, 2 * enumeratedTail(centred));
  const step = lattice?.step ?? fineStep(centred, moving);
  let signed = 0;
  for (let k = 0; k < centred.values.length; k++) {
    const value = centred.values[k]!;
    // Half a step is rounded away from zero on both sides, as the sizes are.
    signed += Math.sign(value) * Math.round(Math.abs(value) / step) * centred.counts[k]!;
  }
  const terms = rounded(moving, step);
  const reach = terms.reduce((sum, { size, count }) => sum + size * count, 0);
  const n = terms.reduce((sum, { count }) => sum + count, 0);
  const observed = Math.abs(signed);
  const tail =
    n * reach <= DYNAMIC_WORK
      ? dynamicTail(terms, reach, observed)
      : invertedTail(terms, reach, observed, lattice === null && n > SMOOTH);
  return Math.min(1, 2 * tail);
}

/** P(sum ≥ observed) over all sign patterns, for a few differences that share no lattice. */
function enumeratedTail({ values, counts }: Counts): number {
  const differences = values.flatMap((value, k) => new Array<number>(counts[k]!).fill(value));
  const observed = Math.abs(differences.reduce((sum, d) => sum + d, 0));
  let sums = [0];
  for (const d of differences) sums = sums.flatMap((sum) => [sum - d, sum + d]);
  return sums.filter((sum) => sum >= observed - 1e-9).length / sums.length;
}

/** Many differences off every lattice: the law is smooth, and a fine grid costs nothing; few: as fine as is cheap. */
const SMOOTH = 200;

function fineStep(centred: Counts, moving: { size: number }[]): number {
  const largest = moving[moving.length - 1]!.size;
  if (centred.n > SMOOTH) return largest / 4096;
  const spread = Math.sqrt((varianceOf(centred) ?? 0) + (meanOf(centred) ?? 0) ** 2);
  return Math.max(largest / 4096, (18 * spread * Math.sqrt(centred.n)) / 32_768);
}

/** Sizes in whole steps, equal ones together, ascending. */
function rounded(moving: { size: number; count: number }[], step: number): { size: number; count: number }[] {
  const terms: { size: number; count: number }[] = [];
  for (const { size, count } of moving) {
    const steps = Math.round(size / step);
    const last = terms[terms.length - 1];
    if (steps === 0) continue;
    if (last?.size === steps) last.count += count;
    else terms.push({ size: steps, count });
  }
  return terms;
}

/** P(sum ≥ observed) by adding one difference after the other. */
function dynamicTail(terms: { size: number; count: number }[], reach: number, observed: number): number {
  // chance[i] belongs to the sum of the differences with a positive sign, i; the signed sum is 2i − reach.
  let chance = new Float64Array(reach + 1);
  let next = new Float64Array(reach + 1);
  chance[0] = 1;
  let top = 0;
  for (const { size, count } of terms) {
    for (let c = 0; c < count; c++) {
      for (let i = 0; i <= top + size; i++) {
        next[i] = ((i <= top ? chance[i]! : 0) + (i >= size ? chance[i - size]! : 0)) / 2;
      }
      top += size;
      [chance, next] = [next, chance];
    }
  }
  let tail = 0;
  for (let i = reach; 2 * i - reach >= observed; i--) tail += chance[i]!;
  return tail;
}

function invertedTail(
  terms: { size: number; count: number }[],
  reach: number,
  observed: number,
  smooth: boolean,
): number {
  const variance = terms.reduce((sum, { size, count }) => sum + size * size * count, 0);
  const largest = terms[terms.length - 1]!.size;
  const window = windowOf({ mean: 0, variance, reach: largest, min: -reach, max: reach });
  if (observed > window.high) return 1e-13;
  let faded = false;
  const sum = latticeSum(window, (j, size) => {
    let log = faded ? -Infinity : 0;
    let turned = 0;
    let skip = 0;
    for (const term of terms) {
      if (log < -60) break;
      const cos = Math.cos((2 * Math.PI * ((j * term.size) % size)) / size);
      const own = term.count * Math.log(Math.abs(cos));
      log += own;
      // A cosine moves by at most its frequency per radian: one that is negligible by itself stays so for a while.
      if (own < -NEGLIGIBLE && !smooth) {
        const room = Math.exp(-NEGLIGIBLE / term.count) * (1 - 1e-9) - Math.abs(cos);
        skip = Math.max(skip, Math.floor((room / term.size / (2 * Math.PI)) * size) - 1);
      }
      if (cos < 0 && term.count % 2 === 1) turned ^= 1;
    }
    // A smooth law has only low frequencies: what returns beyond them is the grid's own.
    if (smooth && log < -60) faded = true;
    return { log, angle: turned * Math.PI, skip };
  });
  // By symmetry the lower tail, which the inversion adds up from the small end.
  return Math.max(sum.cdf(-observed), 1e-13);
}
