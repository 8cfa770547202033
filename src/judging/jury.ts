// What do several judges say together about one comparison? Mean of their scores, majority of their outcomes, or a mean
// weighted by how well each agreed with people (log-odds weights: Nitzan & Paroush 1982, the optimal weights of
// independent voters).
import type { Outcome } from '../records.js';

export const JURY_RULES = ['mean', 'majority', 'weighted'] as const;
export type JuryRule = (typeof JURY_RULES)[number];

export interface Vote {
  judge: string;
  outcome: Outcome;
  /** 0..1 from the candidate's side; null when failed. */
  score: number | null;
}

/** The jury's score in 0..1, or null with a reason; `judges` is how many votes it rests on. */
export type JuryScore = { score: number; judges: number } | { score: null; judges: 0; reason: string };

/**
 * The jury's score of a comparison; failed votes are left out.
 * - `mean`: mean of the judges' scores.
 * - `majority`: 1 or 0 when more than half of the votes are a win or a loss, else 0.5. An order-dependent vote counts as
 *   a vote for neither.
 * - `weighted`: mean of the scores by weight; a judge without a weight, or with none above zero, has no say.
 */
export function juryScore(
  rule: JuryRule,
  votes: readonly Vote[],
  weights: Readonly<Record<string, number>> = {},
): JuryScore {
  const cast = votes.flatMap(({ judge, outcome, score }) => {
    const weight = rule === 'weighted' ? Math.max(0, Object.hasOwn(weights, judge) ? weights[judge]! : 0) : 1;
    return score === null || weight === 0 ? [] : [{ outcome, score, weight }];
  });
  if (cast.length === 0) {
    const reason = votes.some(({ score }) => score !== null) ? 'no judge has a weight' : 'no judge has a verdict';
    return { score: null, judges: 0, reason };
  }
  if (rule === 'majority') {
    const share = (wanted: Outcome): number => cast.filter(({ outcome }) => outcome === wanted).length / cast.length;
    return { score: share('win') > 0.5 ? 1 : share('loss') > 0.5 ? 0 : 0.5, judges: cast.length };
  }
  const total = cast.reduce((sum, { weight }) => sum + weight, 0);
  return { score: cast.reduce((sum, { weight, score }) => sum + (weight / total) * score, 0), judges: cast.length };
}

/**
 * Weight of each judge: the log-odds of its agreement with people, zero for a judge no better than chance. One
 * agreement and one disagreement are added to each, so that ten of ten is not certainty.
 */
export function juryWeights(
  calibration: Readonly<Record<string, { agreed: number; n: number }>>,
): Record<string, number> {
  const weight = ({ agreed, n }: { agreed: number; n: number }): number =>
    Math.max(0, Math.log((agreed + 1) / (n - agreed + 1)));
  return Object.fromEntries(Object.entries(calibration).map(([judge, counts]) => [judge, weight(counts)]));
}
