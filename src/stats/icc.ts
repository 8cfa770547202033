// Intraclass correlations (Shrout & Fleiss 1979), and the one-way form for groups of unequal size that tells how much
// several judgments of one prompt repeat each other.

export interface Icc {
  icc11: number | null;
  icc21: number | null;
  icc31: number | null;
  icc1k: number | null;
  icc2k: number | null;
  icc3k: number | null;
}

/** All six forms of a complete table, rows units and columns judges; null where the table is too small or constant. */
export function icc(ratings: number[][]): Icc {
  const n = ratings.length;
  const k = ratings[0]?.length ?? 0;
  const none = { icc11: null, icc21: null, icc31: null, icc1k: null, icc2k: null, icc3k: null };
  if (n < 2 || k < 2) return none;
  const grand = ratings.flat().reduce((sum, x) => sum + x, 0) / (n * k);
  const rowMeans = ratings.map((row) => row.reduce((sum, x) => sum + x, 0) / k);
  const columnMeans = ratings[0]!.map((_, j) => ratings.reduce((sum, row) => sum + row[j]!, 0) / n);
  const between = k * rowMeans.reduce((sum, m) => sum + (m - grand) ** 2, 0);
  const judges = n * columnMeans.reduce((sum, m) => sum + (m - grand) ** 2, 0);
  const total = ratings.flat().reduce((sum, x) => sum + (x - grand) ** 2, 0);
  if (total < 1e-15) return none;
  const msb = between / (n - 1);
  const msw = (total - between) / (n * (k - 1));
  const msj = judges / (k - 1);
  const mse = Math.max(0, total - between - judges) / ((n - 1) * (k - 1));
  const ratio = (up: number, down: number): number | null => (Math.abs(down) < 1e-15 ? null : up / down);
  return {
    icc11: ratio(msb - msw, msb + (k - 1) * msw),
    icc21: ratio(msb - mse, msb + (k - 1) * mse + (k * (msj - mse)) / n),
    icc31: ratio(msb - mse, msb + (k - 1) * mse),
    icc1k: ratio(msb - msw, msb),
    icc2k: ratio(msb - mse, msb + (msj - mse) / n),
    icc3k: ratio(msb - mse, msb),
  };
}

/**
 * One-way ICC of groups of unequal size from their sums (`times`: how many such groups there are), clipped to [0, 1]; groups
 * of one count towards the mean only. Null without a group of two, or when nothing varies.
 */
export function oneWayIcc(
  groups: Iterable<{ n: number; sum: number; squares: number; times?: number }>,
): number | null {
  let [g, n, sum, squares, within, sizes] = [0, 0, 0, 0, 0, 0];
  for (const { times = 1, ...group } of groups) {
    if (group.n === 0) continue;
    g += times;
    n += times * group.n;
    sum += times * group.sum;
    squares += times * group.squares;
    within += times * (group.squares - group.sum ** 2 / group.n);
    sizes += times * group.n ** 2;
  }
  if (g < 2 || n === g) return null;
  const total = squares - sum ** 2 / n;
  if (total < 1e-12) return null;
  const msw = Math.max(0, within) / (n - g);
  const msb = (total - within) / (g - 1);
  const size = (n - sizes / n) / (g - 1);
  return Math.min(1, Math.max(0, (msb - msw) / (msb + (size - 1) * msw)));
}
