// Does a judge agree with itself when asked the same again? The noise floor under every agreement between judges.

export interface Stability {
  /** Mean over items of the share of agreeing pairs of repeats. */
  pairwise_agreement: number | null;
  /** Share of items whose repeats are all equal. */
  fully_stable: number | null;
  /** Mean over items of one minus the share of the commonest answer. */
  majority_flip_rate: number | null;
}

/** Stability over items with two or more answers, null answers left out; nulls when there is none. */
export function repetitionStability<T>(repeats: (T | null)[][]): Stability {
  let [items, pairs, stable, flips] = [0, 0, 0, 0];
  for (const answers of repeats) {
    const counts = new Map<T, number>();
    for (const answer of answers) if (answer !== null) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const sizes = [...counts.values()];
    const m = sizes.reduce((sum, x) => sum + x, 0);
    if (m < 2) continue;
    items++;
    pairs += sizes.reduce((sum, x) => sum + x * (x - 1), 0) / (m * (m - 1));
    if (sizes.length === 1) stable++;
    flips += 1 - Math.max(...sizes) / m;
  }
  const share = (part: number): number | null => (items === 0 ? null : part / items);
  return { pairwise_agreement: share(pairs), fully_stable: share(stable), majority_flip_rate: share(flips) };
}
