// Fisher's exact test of a 2 × 2 table (Fisher 1935), two-sided: the chance of all tables with the same margins that
// are no likelier than the one observed.

/** Two-sided p of `[[a, b], [c, d]]`, 0 to 1; 1 when a margin is empty. Counts are whole and not negative. */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const [row, column, total] = [a + b, a + c, a + b + c + d];
  const low = Math.max(0, column - (total - row));
  const high = Math.min(row, column);
  // Chances relative to the first table, by their ratio from one table to the next, in logarithms.
  const logs = [0];
  for (let x = low; x < high; x++) {
    const up = Math.log((row - x) * (column - x));
    const down = Math.log((x + 1) * (total - row - column + x + 1));
    logs.push(logs.at(-1)! + up - down);
  }
  const largest = logs.reduce((most, value) => Math.max(most, value));
  const observed = logs[a - low]! + 1e-7;
  let all = 0;
  let extreme = 0;
  for (const log of logs) {
    const chance = Math.exp(log - largest);
    all += chance;
    if (log <= observed) extreme += chance;
  }
  return Math.min(1, extreme / all);
}
