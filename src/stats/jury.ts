// Several judges as one: plurality, median, weights from known accuracies (Nitzan & Paroush 1982), and what a panel of
// correlated judges is worth (Kish 1965). The default of `summarize` is none of these but the mean score.
import { median } from 'simple-statistics';
import { binomialPmf, binomialTail } from './distributions.js';
import { SCORE, type Verdict } from './winrate.js';

/** The commonest of the votes, `tie` where two lead together; null votes are left out, null when there is none. */
export function majorityVote(votes: (Verdict | null)[]): Verdict | null {
  const counts = new Map<Verdict, number>();
  for (const vote of votes) if (vote !== null) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  if (counts.size === 0) return null;
  const most = Math.max(...counts.values());
  const leaders = [...counts].filter(([, count]) => count === most);
  return leaders.length === 1 ? leaders[0]![0] : 'tie';
}

/** Median score of the votes, 0 to 1; of an even number the mean of the middle two. Null when there is no vote. */
export function medianVote(votes: (Verdict | null)[]): number | null {
  const scores = votes.filter((vote) => vote !== null).map((vote) => SCORE[vote]);
  return scores.length === 0 ? null : median(scores);
}

/**
 * Log-odds weights log(p/(1 − p)) of judges with known accuracy in (0, 1), the weighted margin of their votes (wins
 * positive, ties nothing) and its sign as a verdict. Only for accuracies from human labels and independent errors;
 * null for an accuracy of 0 or 1, which would outvote every panel.
 */
export function weightedVote(
  accuracies: number[],
  votes: (Verdict | null)[],
): { weights: number[]; margin: number; decision: Verdict } | null {
  if (accuracies.some((p) => !(p > 0 && p < 1))) return null;
  const weights = accuracies.map((p) => Math.log(p / (1 - p)));
  const margin = weights.reduce((sum, w, i) => sum + (votes[i] ? w * (2 * SCORE[votes[i]] - 1) : 0), 0);
  return { weights, margin, decision: Math.abs(margin) < 1e-12 ? 'tie' : margin > 0 ? 'win' : 'loss' };
}

/** Chance that the majority of k independent judges of one accuracy is right; an even split counts one half. */
export function majorityAccuracy(accuracy: number, judges: number): number {
  const half = judges / 2;
  const more = binomialTail(Math.floor(half) + 1, judges, accuracy);
  return Number.isInteger(half) ? more + binomialPmf(half, judges, accuracy) / 2 : more;
}

/** How many independent judges k judges with correlation `icc` (0..1) are worth: k / (1 + (k − 1) icc). */
export function effectiveJudges(judges: number, icc: number): number {
  return judges / (1 + (judges - 1) * icc);
}
