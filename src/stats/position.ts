// Does a judge favour the text printed first? From comparisons judged in both orders (position consistency and
// preference fairness of Shi et al. 2024, arXiv 2406.07791), or from single orders drawn at random.
import { exactBinomial } from './sign-test.js';
import { wilson } from './wilson.js';

/** Comparisons judged in both orders, by what the two orders said. */
export interface OrderPairs {
  consistent_candidate: number;
  consistent_baseline: number;
  consistent_tie: number;
  /** The first slot won in both orders. */
  first_both: number;
  second_both: number;
  /** A win in one order and a tie in the other; a tie and a loss. */
  win_tie: number;
  tie_loss: number;
}

export interface PositionBias {
  n: number;
  /** Share with the same winner in both orders, ties included. */
  consistency: number | null;
  primacy_rate: number | null;
  recency_rate: number | null;
  /** Of comparisons where the same slot won twice, how many went to the first; with its exact two-sided p. */
  primacy_share_of_flips: number | null;
  flip_test_two_sided: number | null;
  win_rate: number | null;
}

/** Position bias over comparisons judged in both orders; inconsistent ones count one half in the win rate. */
export function positionBias(pairs: OrderPairs): PositionBias {
  const same = pairs.consistent_candidate + pairs.consistent_baseline + pairs.consistent_tie;
  const flips = pairs.first_both + pairs.second_both;
  const n = same + flips + pairs.win_tie + pairs.tie_loss;
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  const score =
    pairs.consistent_candidate + (pairs.consistent_tie + flips) / 2 + 0.75 * pairs.win_tie + 0.25 * pairs.tie_loss;
  return {
    n,
    consistency: share(same, n),
    primacy_rate: share(pairs.first_both, n),
    recency_rate: share(pairs.second_both, n),
    primacy_share_of_flips: share(pairs.first_both, flips),
    flip_test_two_sided: flips === 0 ? null : exactBinomial(pairs.first_both, flips).two_sided,
    win_rate: share(score, n),
  };
}

/** Share of decisive verdicts that went to one side, Wilson interval, and exact p against one half; null if none is. */
export function decisiveRate(
  wins: number,
  losses: number,
  level = 0.95,
): { rate: number; low: number; high: number; two_sided: number } | null {
  const interval = wilson(wins, wins + losses, level);
  if (interval === null) return null;
  return { rate: wins / (wins + losses), ...interval, two_sided: exactBinomial(wins, wins + losses).two_sided };
}
