// Wins, losses, ties, failures and the win rate over rows: once as recorded, once as derived; with the figures on order.
import type { Row, Standing } from '../formats/index.js';
import type { AuditCounts, AuditReport } from '../answers.js';
import { scoreOf } from '../judging/outcome.js';
import type { Winner } from '../records.js';
import { type Position, Positions } from './position.js';

class Counts {
  private wins = 0;
  private losses = 0;
  private ties = 0;
  private failed = 0;
  private score = 0;

  add(winner: Winner | null, score: number | null): void {
    if (winner === null || score === null) {
      this.failed++;
      return;
    }
    if (winner === 'tie') this.ties++;
    else if (winner === 'candidate') this.wins++;
    else this.losses++;
    this.score += score;
  }

  /** Takes back a failure that a later attempt made good. */
  retried(): void {
    this.failed--;
  }

  get isEmpty(): boolean {
    return this.wins + this.losses + this.ties + this.failed === 0;
  }

  /** `win_rate` is the mean score over rows with a winner (graded where the file grades), null without any. */
  get result(): AuditCounts {
    const { wins, losses, ties, failed, score } = this;
    const judged = wins + losses + ties;
    return { wins, losses, ties, failed, win_rate: judged === 0 ? null : score / judged };
  }
}

/** What is recorded and what is derived of some judges. */
class Side {
  readonly recorded = new Counts();
  readonly derived = new Counts();
}

/** The figures of one file, or of all together. */
export class Figures {
  private rows = 0;
  /** Of judges that are models, and of people and references, whose rates stand beside those. */
  private readonly sides = { models: new Side(), others: new Side() };
  private readonly positions = new Positions();

  /** Counts each judgment once; canaries and repeated judgments stay outside of win rates. */
  add(row: Row, standing: Standing): void {
    this.rows++;
    const { judgment, recorded_winner: stated } = row;
    if (standing === 'known' || judgment.canary !== null || judgment.replicate > 0) return;
    this.positions.add(row);
    const isOther = judgment.judge.startsWith('human:') || judgment.judge_provider === 'reference';
    const { recorded, derived } = isOther ? this.sides.others : this.sides.models;
    if (standing === 'retried') for (const counts of [recorded, derived]) counts.retried();
    const { winner } = row.derived;
    const score = winner === null ? null : derivedScore(row, winner);
    derived.add(winner, score);
    // A file that states a verdict and no winner records what follows from it.
    if (stated === null) recorded.add(winner, score);
    else recorded.add(stated === 'unknown' ? null : stated, row.recorded_score);
  }

  get result(): Pick<AuditReport, 'rows' | 'judged' | 'recorded' | 'derived' | 'order_recovered'> & {
    position: Position;
  } {
    const { models, others } = this.sides;
    const { recorded, derived } = models.derived.isEmpty && models.recorded.isEmpty ? others : models;
    const { wins, losses, ties } = derived.result;
    return {
      rows: this.rows,
      judged: wins + losses + ties,
      recorded: recorded.result,
      derived: derived.result,
      order_recovered: this.positions.orderRecovered,
      position: this.positions.position,
    };
  }
}

/** The derived score: the grade, where the winner is the graded one. */
function derivedScore({ judgment }: Row, winner: Winner): number {
  return judgment.winner === winner && judgment.score !== null ? judgment.score : scoreOf(winner);
}
