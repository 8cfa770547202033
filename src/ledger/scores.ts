// Scores of a run by prompt: what runs are compared by. The same prompts and judges that make its win rate.
import { deciding } from '../jury-rule.js';
import type { Run, Tally } from '../records.js';
import type { Store } from '../store/index.js';
import type { TallyFilter } from '../store/tallies.js';
import { judgesOf } from '../judges.js';

/** Of prompts in two runs the same one has the same hash. */
export interface PromptScore extends Pick<Tally, 'prompt_hash' | 'suite' | 'domain' | 'category' | 'prompt_id'> {
  /** What the judges that decide say together by the run's rule, over orders and repeats; 0..1 from the candidate's side. */
  score: number;
}

/** By prompt hash; prompts whose judgments all failed have none. */
export type PromptScores = ReadonlyMap<string, PromptScore>;

export type ScoreFilter = Pick<TallyFilter, 'suite' | 'domain'>;

/** The scores that the win rate of a run is the mean of. */
export async function promptScores(store: Store, run: Run, { suite, domain }: ScoreFilter = {}): Promise<PromptScores> {
  const tallies = await store.tallies(run.id, { suite, domain });
  const sums = new Map<string, PromptScore & { n: number }>();
  for (const tally of deciding(run, tallies, judgesOf(run))) {
    const { prompt_hash, suite, domain, category, prompt_id } = tally;
    const sum = sums.get(prompt_hash) ?? { prompt_hash, suite, domain, category, prompt_id, score: 0, n: 0 };
    for (const score of tally.scores) {
      if (score === null) continue;
      sum.score += score;
      sum.n++;
    }
    if (sum.n > 0) sums.set(prompt_hash, sum);
  }
  return new Map([...sums].map(([hash, { n, ...sum }]) => [hash, { ...sum, score: sum.score / n }]));
}
