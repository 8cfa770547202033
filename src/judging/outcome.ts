// How did one judge decide one comparison, over all its orders? Win, loss and tie are said only where every order
// agrees; where the winner changed with the order, that is an outcome of its own and not a tie.
import type { Outcome, Winner } from '../records.js';

/** Score of a winner, from the candidate's side: 1, 0.5 for a tie, 0. */
export function scoreOf(winner: Winner): number {
  return winner === 'candidate' ? 1 : winner === 'baseline' ? 0 : 0.5;
}

const OUTCOME_OF = { candidate: 'win', baseline: 'loss', tie: 'tie' } as const;

/**
 * Outcome and score (0..1, mean over the orders) of a comparison, from its judgments, one per order. `failed`, with a
 * null score, as soon as one of them failed; null while fewer than `due` are there and none of them failed.
 */
export function outcomeOf(
  judgments: readonly { winner: Winner | null; score: number | null }[],
  due: number,
): { outcome: Outcome; score: number | null } | null {
  const judged = judgments.flatMap(({ winner, score }) =>
    winner === null || score === null ? [] : [{ winner, score }],
  );
  if (judged.length < judgments.length) return { outcome: 'failed', score: null };
  const [first] = judged;
  if (first === undefined || judged.length < due) return null;
  const same = judged.every(({ winner }) => winner === first.winner);
  const score = judged.reduce((sum, one) => sum + one.score, 0) / judged.length;
  return { outcome: same ? OUTCOME_OF[first.winner] : 'order-dependent', score };
}
