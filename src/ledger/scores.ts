// Scores of a run by prompt: what runs are compared by. The same prompts and judges that make its win rate.
import { deciding } from '../jury-rule.js';
import type { Domain, Run, Tally } from '../records.js';
import type { Store } from '../store/index.js';
import type { TallyFilter } from '../store/tallies.js';
import { judgesOf } from '../judges.js';

/** Of prompts in two runs the same one has the same hash. */
export interface PromptScore extends Pick<Tally, 'prompt_hash' | 'suite' | 'domain' | 'category' | 'prompt_id'> {
  /** What the judges that decide say together by the run's rule, over orders and repeats; 0..1 from the candidate's side. */
  score: number;
  /** The same in each domain that it stands in: one text may be a prompt of several. */
  in_domain: Partial<Record<Domain, number>>;
}

/** Score of a prompt, in a domain where one is named; undefined where it does not stand in it. */
export const scoreIn = (prompt: PromptScore | undefined, domain: Domain | undefined): number | undefined =>
  domain === undefined ? prompt?.score : prompt?.in_domain[domain];

/** By prompt hash; prompts whose judgments all failed have none. */
export type PromptScores = ReadonlyMap<string, PromptScore>;

export type ScoreFilter = Pick<TallyFilter, 'suite' | 'domain'>;

/** The scores that the win rate of a run is the mean of. */
export async function promptScores(store: Store, run: Run, { suite, domain }: ScoreFilter = {}): Promise<PromptScores> {
  const tallies = await store.tallies(run.id, { suite, domain });
  const sums = new Map<string, Omit<PromptScore, 'score' | 'in_domain'> & { whole: Sum; parts: Map<Domain, Sum> }>();
  for (const tally of deciding(run, tallies, judgesOf(run))) {
    const { prompt_hash, suite, domain, category, prompt_id } = tally;
    const own = sums.get(prompt_hash) ?? {
      ...{ prompt_hash, suite, domain, category, prompt_id },
      whole: { sum: 0, n: 0 },
      parts: new Map<Domain, Sum>(),
    };
    const part = (domain === null ? undefined : own.parts.get(domain)) ?? { sum: 0, n: 0 };
    for (const score of tally.scores) {
      if (score === null) continue;
      for (const one of [own.whole, part]) {
        one.sum += score;
        one.n++;
      }
    }
    if (part.n > 0 && domain !== null) own.parts.set(domain, part);
    if (own.whole.n > 0) sums.set(prompt_hash, own);
  }
  const mean = ({ sum, n }: Sum): number => sum / n;
  return new Map(
    [...sums].map(([hash, { whole, parts, ...prompt }]) => {
      const in_domain = Object.fromEntries([...parts].map(([domain, part]) => [domain, mean(part)]));
      return [hash, { ...prompt, score: mean(whole), in_domain }];
    }),
  );
}

interface Sum {
  sum: number;
  n: number;
}
