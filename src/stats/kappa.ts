// Agreement of two judges beyond chance: Cohen's kappa (1960), weighted (1968), with the asymptotic error of Fleiss,
// Cohen & Everitt 1969; Scott's pi, and Light's mean over pairs. Undefined, not 0 or 1, where both never vary.

export type Weights = 'none' | 'linear' | 'quadratic';

/** Disagreement of categories i and j as a number ≥ 0. */
function distance(i: number, j: number, weights: Weights): number {
  if (weights === 'none') return i === j ? 0 : 1;
  return weights === 'linear' ? Math.abs(i - j) : (i - j) ** 2;
}

/** Contingency table of two raters over the units both rated; `categories` in their order, other ratings are dropped. */
export function crossTable<T>(first: (T | null)[], second: (T | null)[], categories: T[]): number[][] {
  const table = categories.map(() => categories.map(() => 0));
  const place = new Map(categories.map((category, i) => [category, i]));
  for (let u = 0; u < Math.min(first.length, second.length); u++) {
    const i = place.get(first[u] as T);
    const j = place.get(second[u] as T);
    if (i !== undefined && j !== undefined) table[i]![j]! += 1;
  }
  return table;
}

export interface Kappa {
  n: number;
  /** Share of units on which both agree. */
  observed: number | null;
  /** The same if both chose independently with their own shares. */
  expected: number | null;
  kappa: number | null;
  reason: 'no_pairable_units' | 'no_variation' | null;
}

/** Cohen's kappa of a contingency table (rows judge 1, columns judge 2); `observed` and `expected` are unweighted. */
export function cohenKappa(table: number[][], weights: Weights = 'none'): Kappa {
  const n = table.flat().reduce((sum, x) => sum + x, 0);
  if (n === 0) return { n, observed: null, expected: null, kappa: null, reason: 'no_pairable_units' };
  const { rows, columns } = margins(table, n);
  let [observed, expected, disagree, byChance] = [0, 0, 0, 0];
  for (let i = 0; i < table.length; i++) {
    observed += table[i]![i]! / n;
    expected += rows[i]! * columns[i]!;
    for (let j = 0; j < table.length; j++) {
      disagree += (distance(i, j, weights) * table[i]![j]!) / n;
      byChance += distance(i, j, weights) * rows[i]! * columns[j]!;
    }
  }
  if (byChance < 1e-15) return { n, observed, expected, kappa: null, reason: 'no_variation' };
  return { n, observed, expected, kappa: 1 - disagree / byChance, reason: null };
}

function margins(table: number[][], n: number): { rows: number[]; columns: number[] } {
  return {
    rows: table.map((row) => row.reduce((sum, x) => sum + x, 0) / n),
    columns: table.map((_, j) => table.reduce((sum, row) => sum + row[j]!, 0) / n),
  };
}

/** Asymptotic standard error of unweighted kappa, or null where kappa is undefined. */
export function kappaStandardError(table: number[][]): number | null {
  const { n, kappa, expected } = cohenKappa(table);
  if (kappa === null || expected === null) return null;
  const { rows, columns } = margins(table, n);
  let [onDiagonal, off] = [0, 0];
  table.forEach((row, i) => {
    row.forEach((count, j) => {
      const p = count / n;
      if (i === j) onDiagonal += p * (1 - (rows[i]! + columns[i]!) * (1 - kappa)) ** 2;
      else off += p * (columns[i]! + rows[j]!) ** 2;
    });
  });
  const variance = onDiagonal + (1 - kappa) ** 2 * off - (kappa - expected * (1 - kappa)) ** 2;
  return Math.sqrt(Math.max(0, variance) / n) / (1 - expected);
}

/** Scott's pi: chance from the pooled shares of both judges. Null without units or variation. */
export function scottPi(table: number[][]): number | null {
  const { n, observed } = cohenKappa(table);
  if (observed === null) return null;
  const { rows, columns } = margins(table, n);
  const expected = rows.reduce((sum, p, k) => sum + ((p + columns[k]!) / 2) ** 2, 0);
  return 1 - expected < 1e-15 ? null : (observed - expected) / (1 - expected);
}

/** Light's kappa: the mean of the defined pairwise Cohen kappas; ratings by judge, null missing. Null when none is. */
export function lightKappa<T>(byJudge: (T | null)[][], categories: T[]): number | null {
  const kappas: number[] = [];
  for (let a = 0; a < byJudge.length; a++) {
    for (let b = a + 1; b < byJudge.length; b++) {
      const { kappa } = cohenKappa(crossTable(byJudge[a]!, byJudge[b]!, categories));
      if (kappa !== null) kappas.push(kappa);
    }
  }
  return kappas.length === 0 ? null : kappas.reduce((sum, k) => sum + k, 0) / kappas.length;
}
