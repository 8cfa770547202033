// Does the score rise with the step? Page's trend test (1963, JASA 58) over blocks (prompts or suites): ranks inside a
// block, one-sided, exact where it is cheap and normal beyond.
import { normalCdf } from './distributions.js';

/**
 * L = Σ_step step · (sum of ranks), ties with mid ranks, and its one-sided p for a rise. Rows are blocks, columns
 * increasing steps. Exact up to 9 steps and 60 blocks. Null below two steps or without blocks.
 */
export function pageTrend(scoresByBlock: number[][]): { L: number; p: number; method: 'exact' | 'normal' } | null {
  const n = scoresByBlock.length;
  const k = scoresByBlock[0]?.length ?? 0;
  if (n === 0 || k < 2) return null;
  let L = 0;
  for (const row of scoresByBlock) midRanks(row).forEach((rank, step) => (L += rank * (step + 1)));
  if (k <= 9 && n <= 60) return { L, p: exactTail(L, n, k), method: 'exact' };
  const mean = (n * k * (k + 1) ** 2) / 4;
  const variance = (n * k ** 2 * (k + 1) ** 2 * (k - 1)) / 144;
  return { L, p: normalCdf((mean - L) / Math.sqrt(variance)), method: 'normal' };
}

function midRanks(row: number[]): number[] {
  return row.map((value) => {
    const below = row.filter((other) => other < value).length;
    const equal = row.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

function exactTail(L: number, n: number, k: number): number {
  const one = blockDistribution(k);
  let all = [1];
  for (let block = 0; block < n; block++) {
    const next = new Array<number>(all.length + one.length - 1).fill(0);
    all.forEach((p, i) => {
      if (p > 0) for (let j = 0; j < one.length; j++) next[i + j]! += p * one[j]!;
    });
    all = next;
  }
  let tail = 0;
  for (let value = all.length - 1; value >= L - 1e-9; value--) tail += all[value]!;
  return Math.min(1, tail);
}

/** Chance of each value of Σ step · rank under a random order of k ranks, by dynamic programming over the ranks used. */
function blockDistribution(k: number): number[] {
  const most = (k * (k + 1) * (2 * k + 1)) / 6;
  let states = new Map<number, Float64Array>([
    [0, Float64Array.from({ length: most + 1 }, (_, v) => (v === 0 ? 1 : 0))],
  ]);
  for (let step = 1; step <= k; step++) {
    const next = new Map<number, Float64Array>();
    for (const [used, chances] of states) {
      for (let rank = 1; rank <= k; rank++) {
        if (used & (1 << rank)) continue;
        const key = used | (1 << rank);
        const into = next.get(key) ?? new Float64Array(most + 1);
        next.set(key, into);
        for (let v = 0; v + step * rank <= most; v++) into[v + step * rank]! += chances[v]! / (k - step + 1);
      }
    }
    states = next;
  }
  return [...[...states.values()][0]!];
}
