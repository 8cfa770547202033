// Scores by distinct value: prompt scores take few values, so every method that needs only the distribution works on
// these counts and costs the same for fifty prompts as for a million. Order of arrival cannot matter here.

/** Distinct `values` in ascending order, how often each occurs, and the total `n`. */
export interface Counts {
  values: number[];
  counts: number[];
  n: number;
}

/** Counts of any numbers; values closer than 1e-12 are one. */
export function countScores(scores: ArrayLike<number>): Counts {
  const values: number[] = [];
  const counts: number[] = [];
  let last = -1;
  for (const value of new Float64Array(scores).sort()) {
    if (last >= 0 && value - values[last]! < 1e-12) counts[last]!++;
    else {
      values.push(value);
      counts.push(1);
      last++;
    }
  }
  return { values, counts, n: scores.length };
}

/** Counts from values that are already distinct, e.g. `[[1, wins], [0.5, ties], [0, losses]]`; zero counts are dropped. */
export function countsOf(pairs: [value: number, count: number][]): Counts {
  const present = pairs.filter(([, count]) => count > 0);
  return merged(
    present,
    present.reduce((sum, [, count]) => sum + count, 0),
  );
}

function merged(pairs: [number, number][], n: number): Counts {
  pairs.sort((a, b) => a[0] - b[0]);
  const values: number[] = [];
  const counts: number[] = [];
  for (const [value, count] of pairs) {
    const last = values.length - 1;
    if (last >= 0 && value - values[last]! < 1e-12) counts[last]! += count;
    else {
      values.push(value);
      counts.push(count);
    }
  }
  return { values, counts, n };
}

/** The same counts with every value mapped; used to centre (v − 0.5) or to mirror (1 − v). */
export function mapCounts(counts: Counts, map: (value: number) => number): Counts {
  return merged(
    counts.values.map((value, k) => [map(value), counts.counts[k]!]),
    counts.n,
  );
}

/** Mean, or null when there is nothing. */
export function meanOf({ values, counts, n }: Counts): number | null {
  if (n === 0) return null;
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]! * counts[k]!;
  return sum / n;
}

/** Sum over all of (value − mean)^power; 0 when there is nothing. */
export function centralSum(counts: Counts, power: 2 | 3): number {
  const mean = meanOf(counts) ?? 0;
  let sum = 0;
  for (let k = 0; k < counts.values.length; k++) sum += (counts.values[k]! - mean) ** power * counts.counts[k]!;
  return counts.values.length < 2 ? 0 : sum;
}

/** Sample variance with n − 1, or null below two scores. */
export function varianceOf(counts: Counts): number | null {
  return counts.n < 2 ? null : centralSum(counts, 2) / (counts.n - 1);
}
