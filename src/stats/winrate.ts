// The win rate itself: (wins + ties/2) / judged, over single verdicts, over prompts, over both orders, and its bounds
// when some judgments failed (Horowitz & Manski 2000). Scores are from the candidate's side: win 1, tie ½, loss 0.
import { mean } from 'simple-statistics';

export type Verdict = 'win' | 'tie' | 'loss';
export const SCORE: Record<Verdict, number> = { win: 1, tie: 0.5, loss: 0 };

export interface WinRate {
  n: number;
  wins: number;
  ties: number;
  losses: number;
  unparsed: number;
  unparsed_rate: number | null;
  win_rate: number | null;
  decisive_win_rate: number | null;
  tie_rate: number | null;
}

/** Win rate of the candidate over verdicts, 0 to 1, a tie counts one half; null verdicts are counted apart. */
export function winRate(verdicts: Iterable<Verdict | null>): WinRate {
  let [wins, ties, losses, unparsed] = [0, 0, 0, 0];
  for (const verdict of verdicts) {
    if (verdict === null) unparsed++;
    else if (verdict === 'win') wins++;
    else if (verdict === 'tie') ties++;
    else losses++;
  }
  const n = wins + ties + losses;
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  return {
    n,
    wins,
    ties,
    losses,
    unparsed,
    unparsed_rate: share(unparsed, n + unparsed),
    win_rate: share(wins + ties / 2, n),
    decisive_win_rate: share(wins, wins + losses),
    tie_rate: share(ties, n),
  };
}

export interface WinRateByPrompt {
  /** Mean over prompts of the prompt's mean score: the default, each prompt weighs the same. Null without prompts. */
  macro: number | null;
  /** Mean over all judgments: weighs prompts by how often they were judged. */
  micro: number | null;
  n_prompts: number;
  n_prompts_dropped: number;
  n_judgments: number;
  n_missing: number;
  prompt_means: number[];
}

/** Win rate from judgments by prompt, scores in [0, 1], null for a failed one; prompts with none are dropped. */
export function winRateByPrompt(prompts: (number | null)[][]): WinRateByPrompt {
  const means: number[] = [];
  let total = 0;
  let judged = 0;
  let missing = 0;
  for (const scores of prompts) {
    let sum = 0;
    let n = 0;
    for (const score of scores) {
      if (score === null) missing++;
      else {
        sum += score;
        n++;
      }
    }
    total += sum;
    judged += n;
    if (n > 0) means.push(sum / n);
  }
  return {
    macro: means.length === 0 ? null : mean(means),
    micro: judged === 0 ? null : total / judged,
    n_prompts: means.length,
    n_prompts_dropped: prompts.length - means.length,
    n_judgments: judged,
    n_missing: missing,
    prompt_means: means,
  };
}

/** Score of a comparison judged in both orders: the mean of the two; null when either is missing. */
export function pairScore([first, second]: [Verdict | null, Verdict | null]): number | null {
  return first === null || second === null ? null : (SCORE[first] + SCORE[second]) / 2;
}

/** Win rate, and what it would be if every failed judgment had been a loss or a win; nulls where nothing was asked. */
export function missingBounds(counts: { wins: number; ties: number; losses: number; failed: number }): {
  win_rate: number | null;
  low: number | null;
  high: number | null;
} {
  const { wins, ties, losses, failed } = counts;
  const n = wins + ties + losses;
  const score = wins + ties / 2;
  const asked = n + failed;
  return {
    win_rate: n === 0 ? null : score / n,
    low: asked === 0 ? null : score / asked,
    high: asked === 0 ? null : (score + failed) / asked,
  };
}

export interface OrderVerdicts {
  wins: number;
  ties: number;
  losses: number;
}

/**
 * Win rate when each comparison is judged in one order: the mean of the two order-specific rates, which removes an
 * additive position effect also where the orders are unequally many. Null where an order was not judged.
 */
export function orderBalanced(
  candidateFirst: OrderVerdicts,
  candidateSecond: OrderVerdicts,
): { pooled: number | null; balanced: number | null; position_effect: number | null } {
  const rate = (...orders: OrderVerdicts[]): number | null => {
    const n = orders.reduce((sum, o) => sum + o.wins + o.ties + o.losses, 0);
    return n === 0 ? null : orders.reduce((sum, o) => sum + o.wins + o.ties / 2, 0) / n;
  };
  const first = rate(candidateFirst);
  const second = rate(candidateSecond);
  const both = first !== null && second !== null;
  return {
    pooled: rate(candidateFirst, candidateSecond),
    balanced: both ? (first + second) / 2 : null,
    position_effect: both ? first - second : null,
  };
}
