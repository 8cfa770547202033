// Is one candidate better than another? Their scores on the prompts both were judged on, prompt by prompt: exact sign-flip
// permutation test, paired t, bootstrap of the difference. The first is the one that is claimed with.
import type { PairedTest, Unmatched } from '../answers.js';
import { type Domain, DOMAINS } from '../records.js';
import { adjust, bootstrapMean, countScores, pairedT, signFlip } from '../stats/index.js';
import type { Group } from '../summary.js';
import { scoreIn, type PromptScore, type PromptScores } from './scores.js';

/** Overall first, then each domain that both runs were judged on; the domains' p values are adjusted by Holm. */
export function pairedTests(
  first: PromptScores,
  second: PromptScores,
  { level = 0.95, seed = 0 }: { level?: number; seed?: number } = {},
): PairedTest[] {
  const shared = [...first.values()].filter(({ prompt_hash }) => second.has(prompt_hash));
  const test = (group: Group, prompts: PromptScore[]): PairedTest => testOf(group, prompts, second, { level, seed });
  const both = ({ prompt_hash }: PromptScore, domain: Domain): boolean =>
    [first, second].every((scores) => scoreIn(scores.get(prompt_hash), domain) !== undefined);
  const domains = DOMAINS.map((domain) => ({ domain, prompts: shared.filter((one) => both(one, domain)) }))
    .filter(({ prompts }) => prompts.length > 0)
    .map(({ domain, prompts }) => test({ domain }, prompts));
  const p = domains.map(({ permutation }) => ('p_value' in permutation ? permutation.p_value : 1));
  const adjusted = adjust(p, 'holm');
  domains.forEach((one, i) => {
    if ('p_value' in one.permutation) one.permutation.p_adjusted = adjusted[i]!;
  });
  return [test({}, shared), ...domains];
}

function testOf(
  group: Group,
  prompts: PromptScore[],
  second: PromptScores,
  { level, seed }: { level: number; seed: number },
): PairedTest {
  const n_prompts = prompts.length;
  const reason = 'the runs share no judged prompt';
  if (n_prompts === 0) {
    const none = { reason };
    const nothing = { first: null, second: null, difference: null };
    return { group, n_prompts, ...nothing, permutation: none, paired_t: none, bootstrap: none };
  }
  const domain = group.domain as Domain | undefined;
  const own = prompts.map((prompt) => scoreIn(prompt, domain)!);
  const others = prompts.map(({ prompt_hash }) => scoreIn(second.get(prompt_hash), domain)!);
  const differences = own.map((score, i) => others[i]! - score);
  const t = pairedT(differences);
  const bootstrap = bootstrapMean(countScores(differences), { level, seed })!;
  const [low, high] = bootstrap.percentile;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / n_prompts;
  return {
    group,
    n_prompts,
    first: mean(own),
    second: mean(others),
    difference: bootstrap.estimate,
    permutation: { p_value: signFlip(differences), p_adjusted: null },
    paired_t:
      t === null
        ? { reason: n_prompts < 2 ? 'one prompt has no spread' : 'no prompt differs from another' }
        : { t: t.t, df: t.df, p_value: t.two_sided },
    bootstrap: { low, high, level, resamples: bootstrap.resamples, seed, degenerate: bootstrap.degenerate },
  };
}

/** Prompts that not all of the runs were judged on, each with the runs that have it. */
export function unmatchedPrompts(runs: readonly PromptScores[]): Unmatched[] {
  return runs.flatMap((scores, run) =>
    [...scores.values()]
      .filter(({ prompt_hash }) => !runs.every((other) => other.has(prompt_hash)))
      .map(({ suite, prompt_id }) => ({ run, suite, prompt_id })),
  );
}
