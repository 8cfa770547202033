// p values of a family of tests: Holm 1979 for the confirmatory family (no assumption about dependence), Benjamini &
// Hochberg 1995 for exploring; Hochberg 1988, Benjamini & Yekutieli 2001 and Bonferroni beside them.

export type Adjustment = 'holm' | 'benjamini-hochberg' | 'hochberg' | 'benjamini-yekutieli' | 'bonferroni';

/** Adjusted p in the order given, each in [0, 1] and never below the raw one; reject where it is at most alpha. */
export function adjust(p: number[], method: Adjustment): number[] {
  const n = p.length;
  const ascending = p.map((_, i) => i).sort((a, b) => p[a]! - p[b]!);
  const adjusted = new Array<number>(n).fill(1);
  if (method === 'bonferroni') return p.map((value) => Math.min(1, n * value));
  if (method === 'holm') {
    let largest = 0;
    ascending.forEach((at, rank) => {
      largest = Math.max(largest, Math.min(1, (n - rank) * p[at]!));
      adjusted[at] = largest;
    });
    return adjusted;
  }
  const harmonic = ascending.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0);
  const factor = (rank: number): number => {
    if (method === 'hochberg') return n - rank;
    return (n / (rank + 1)) * (method === 'benjamini-yekutieli' ? harmonic : 1);
  };
  let smallest = 1;
  for (let rank = n - 1; rank >= 0; rank--) {
    const at = ascending[rank]!;
    smallest = Math.min(smallest, factor(rank) * p[at]!);
    adjusted[at] = smallest;
  }
  return adjusted;
}
