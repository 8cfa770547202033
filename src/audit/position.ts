// How the winner goes with the order: how often the text printed first wins, how often both orders agree, and where a
// file that states no order got one from.
import type { OrderSource, Row } from '../formats/index.js';
import { entry, keyOf } from './check.js';
import type { Winner } from '../records.js';

export interface Position {
  /** Of judgments with a winner and an order: those won by the text printed first. `rate` 0 to 1, null for none. */
  first_slot: { wins: number; decided: number; rate: number | null };
  /** Of comparisons judged in both orders, ties included: those with the same winner. */
  consistency: { same: number; n: number; rate: number | null };
}

/** Rows by the order that was recovered, per source; null where every order is stated or unknown. */
export type RecoveredOrders = Partial<Record<OrderSource, { baseline_first: number; candidate_first: number }>> &
  Record<string, unknown>;

export class Positions {
  private firstWins = 0;
  private decided = 0;
  private same = 0;
  private both = 0;
  private readonly waiting = new Map<string, Winner>();
  private readonly recovered = new Map<OrderSource, { baseline_first: number; candidate_first: number }>();
  private unknown = 0;

  add(row: Row): void {
    const { judgment, derived, order_source: source } = row;
    const { order } = judgment;
    if (order === null) {
      this.unknown++;
      return;
    }
    if (source !== null && source !== 'stated' && source !== 'format') {
      const orders = entry(this.recovered, source, () => ({ baseline_first: 0, candidate_first: 0 }));
      orders[order === 'baseline-first' ? 'baseline_first' : 'candidate_first']++;
    }
    const { winner } = derived;
    if (winner === null) return;
    if (winner !== 'tie') {
      this.decided++;
      if ((winner === 'baseline') === (order === 'baseline-first')) this.firstWins++;
    }
    if (row.paired) this.pair(row, winner);
  }

  /** Position figures of all rows seen. */
  get position(): Position {
    const { firstWins, decided, same, both } = this;
    return {
      first_slot: { wins: firstWins, decided, rate: decided === 0 ? null : firstWins / decided },
      consistency: { same, n: both, rate: both === 0 ? null : same / both },
    };
  }

  /** Where recovered orders come from, and the first-slot rate under them; null where none was recovered. */
  get orderRecovered(): RecoveredOrders | null {
    if (this.recovered.size === 0) return null;
    return { ...Object.fromEntries(this.recovered), unknown: this.unknown, first_slot: this.position.first_slot };
  }

  private pair({ judgment, file }: Row, winner: Winner): void {
    const { suite, baseline, candidate, prompt_id, repeat, judge } = judgment;
    const key = keyOf(file, suite, baseline, candidate, prompt_id, repeat, judge);
    const other = this.waiting.get(key);
    if (other === undefined) {
      this.waiting.set(key, winner);
      return;
    }
    this.waiting.delete(key);
    this.both++;
    if (other === winner) this.same++;
  }
}
