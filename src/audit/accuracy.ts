// How often the judge is right where the right answer is known: a comparison counts as right when its games, +1 right,
// −1 wrong, 0 draw or none, sum to more than 0 (JudgeBench, Tan et al. 2024, arXiv 2410.12784).
import type { Row, Standing } from '../formats/index.js';
import { wilson } from '../stats/index.js';
import type { JudgeHealth } from '../summary.js';
import { entry, keyOf } from './check.js';

export interface Accuracy {
  judge: string;
  /** A group of the benchmark; null for all together. */
  group: string | null;
  right: number;
  wrong: number;
  tie: number;
  n: number;
  /** right / n, 0 to 1: games without a verdict stay in the denominator. */
  value: number;
}

export class Accuracies {
  private readonly comparisons = new Map<string, { judge: string; group: string; sum: number }>();

  add({ truth, derived, judgment }: Row, standing: Standing): void {
    if (truth === null || standing === 'known') return;
    const { suite, prompt_id, repeat, judge } = judgment;
    const key = keyOf(suite, prompt_id, repeat, judge);
    const comparison = entry(this.comparisons, key, () => ({ judge, group: truth.group, sum: 0 }));
    const { winner } = derived;
    if (winner !== null && winner !== 'tie') comparison.sum += winner === truth.winner ? 1 : -1;
  }

  /** Overall first, then by group, for each judge; empty where no right answer is known. */
  get result(): Accuracy[] {
    const cells = new Map<string, Accuracy>();
    for (const { judge, group, sum } of this.comparisons.values())
      for (const name of [null, group]) {
        const cell = entry(cells, JSON.stringify([judge, name]), () => ({
          judge,
          group: name,
          right: 0,
          wrong: 0,
          tie: 0,
          n: 0,
          value: 0,
        }));
        cell[sum > 0 ? 'right' : sum < 0 ? 'wrong' : 'tie']++;
        cell.n++;
        cell.value = cell.right / cell.n;
      }
    return [...cells.values()].sort((a, b) => Number(a.group !== null) - Number(b.group !== null));
  }
  /** The same as judge health shows it, by judge: `all` first, then by group where there are several. */
  get byJudge(): Record<string, JudgeHealth['accuracy']> {
    const groups = new Set([...this.comparisons.values()].map(({ group }) => group));
    const health: Record<string, JudgeHealth['accuracy']> = {};
    for (const { judge, group, right, n, value } of this.result) {
      if (group !== null && groups.size < 2) continue;
      (health[judge] ??= []).push({ group: group ?? 'all', value, ...wilson(right, n)!, n });
    }
    return health;
  }
}
