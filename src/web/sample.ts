// A row of the samples: one judge on one comparison, with its judgments in every order that the filters leave.
import type { Outcome } from '../records.js';
import type { JudgmentItem } from '../answers.js';

export interface Sample {
  key: string;
  /** Of the judge over all orders, also where the filters leave only one of them. */
  outcome: Outcome;
  /** Of the other judges on the same comparison. */
  others: [judge: string, outcome: Outcome][];
  /** In the order of the list: usually baseline first, then candidate first. */
  judgments: [JudgmentItem, ...JudgmentItem[]];
}

/** The judgments of one judge on one comparison as one sample, in the order of the list. */
export function samplesOf(judgments: readonly JudgmentItem[]): Sample[] {
  // By key, not by neighbour: a retest stands between the two orders.
  const byKey = new Map<string, Sample>();
  for (const judgment of judgments) {
    const key = keyOf(judgment);
    const known = byKey.get(key);
    if (known !== undefined) known.judgments.push(judgment);
    else {
      const others = Object.entries(judgment.outcomes).filter(([judge]) => judge !== judgment.judge);
      byKey.set(key, { key, outcome: 'failed', others, judgments: [judgment] });
    }
  }
  const samples = [...byKey.values()];
  for (const sample of samples) {
    const [first] = sample.judgments;
    // A planted case or a retest has no part in the comparison's outcome.
    const own = first.canary === null && first.replicate === 0 ? first.outcomes[first.judge] : undefined;
    sample.outcome = own ?? outcomeOf(sample.judgments);
  }
  return samples;
}

/** The outcome of judgments in several orders: `failed` if one is, `order-dependent` if the winner changes. */
export function outcomeOf(judgments: readonly Pick<JudgmentItem, 'state' | 'winner'>[]): Outcome {
  const [first] = judgments;
  if (first === undefined || judgments.some((j) => j.state === 'failed')) return 'failed';
  if (judgments.some((j) => j.winner !== first.winner)) return 'order-dependent';
  return first.winner === 'candidate' ? 'win' : first.winner === 'baseline' ? 'loss' : 'tie';
}

const keyOf = (j: JudgmentItem): string =>
  JSON.stringify([j.suite, j.prompt_id, j.repeat, j.judge, j.replicate, j.canary ?? '']);
