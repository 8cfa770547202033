// Which step to keep, in one sentence: "The second epoch was needed" or "cannot be told apart from step 200".
import { percent } from '../figures.js';

const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];

/** @param best, keep places among the steps */
export function stepSentence(
  steps: readonly { step: number; epoch: number | null }[],
  means: readonly number[],
  best: number,
  keep: number,
): string {
  const rate = (k: number): string => `step ${steps[k]!.step} (${percent(means[k]!)} %)`;
  if (steps.length === 1) return `Only ${rate(0)} was judged.`;
  const needed = epochNeeded(steps, keep);
  if (keep === best) {
    const why =
      best === 0 ? 'It is the first: no later step has a higher rate.' : 'No earlier step is within its band.';
    return [`The best is ${rate(best)}.`, needed ?? why].join(' ');
  }
  return [`The best, ${rate(best)}, cannot be told apart from ${rate(keep)}.`, needed].filter(Boolean).join(' ');
}

/** Said only where an earlier epoch was judged and none of its steps is within the band. */
function epochNeeded(steps: readonly { epoch: number | null }[], keep: number): string | null {
  const epochOf = (k: number): number | null => {
    const { epoch } = steps[k]!;
    // Step 290 of 290 ends at epoch 1.9977 or 2.0034: the last batch is rarely whole.
    return epoch === null ? null : Math.max(1, Math.ceil(epoch - 0.01));
  };
  const needed = epochOf(keep);
  if (needed === null || needed < 2 || !steps.some((_, k) => k < keep && (epochOf(k) ?? needed) < needed)) return null;
  const ordinal = ORDINALS[needed] ?? `${needed}th`;
  return `The ${ordinal} epoch was needed: no step before it is within the band.`;
}
