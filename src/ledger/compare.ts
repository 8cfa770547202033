// Runs side by side: first whether they may be compared, then what was configured differently, then numbers, then a
// paired test on the prompts they share.
import type { ComparedMetric, Comparison, Early, Matter, PairedTest, Unmatched } from '../answers.js';
import { DoubleblindError, suggest } from '../errors.js';
import { type Domain, DOMAINS, type Run } from '../records.js';
import { earlyOf } from '../stopping.js';
import type { Store } from '../store/index.js';
import type { Estimate, Summary } from '../summary.js';
import { offlineJudges } from '../judges.js';
import { concluded } from '../win-rates.js';
import { baselineResponses, type Basis, basisOf, mattersOf } from './basis.js';
import { settingsOf } from './settings.js';
import { pairedTests, unmatchedPrompts } from './paired.js';
import { promptScores, scoreIn, type PromptScore, type PromptScores } from './scores.js';

export interface CompareOptions {
  /** Runs with the same value of this tag are one side, their scores averaged by prompt. */
  tag?: string | undefined;
  suite?: string | undefined;
  seed?: number | undefined;
}

/**
 * Two or more runs side by side.
 * @throws USAGE for fewer than two runs, one named twice, or a tag with fewer than two values; INVALID_VALUE for a suite
 * that none of them has
 */
export async function compare(store: Store, runs: readonly Run[], options: CompareOptions = {}): Promise<Comparison> {
  if (runs.length < 2)
    throw new DoubleblindError('USAGE', 'two runs or more are needed to compare.', { hint: 'See `doubleblind list`.' });
  const { suite, seed = 0 } = options;
  const bases = await basesOf(store, runs, suite);
  const matters = [...mattersOf(bases), await baselineResponses(store, runs)];
  const scores = await Promise.all(runs.map((run) => promptScores(store, run, { suite })));
  const summaries = await summariesOf(store, runs);
  const sides = sidesOf(runs, options.tag);
  const sideScores = sides.map((side) => averaged(side.runs.map((id) => scores[runs.findIndex((r) => r.id === id)]!)));
  return {
    runs: runs.map(({ id, name, purpose, baseline, candidate, status, tags, created_at, config, identities }) => ({
      ...{ id, name, purpose, baseline, candidate, status, tags, created_at },
      offline_judges: offlineJudges({ config, identities }),
    })),
    comparable: matters.every(({ what, same }) => what === 'baseline responses' || same !== false),
    matters,
    configuration: differing(runs),
    metrics: metricsOf(summaries, suite),
    tests: sides.slice(1).map((side, i) => ({
      first: sides[0]!.name,
      second: side.name,
      groups: pairedTests(sideScores[0]!, sideScores[i + 1]!, { seed }),
    })),
    sides,
    unmatched: unmatchedPrompts(scores),
    early: earlyIn(runs, summaries),
  };
}

const summariesOf = (store: Store, runs: readonly Run[]): Promise<Summary[]> =>
  Promise.all(runs.map(async (run) => (await concluded(store, run)).summary));

function earlyIn(runs: readonly Run[], summaries: readonly Summary[]): Comparison['early'] {
  return runs.flatMap(({ id }, i) => {
    const early = earlyOf(summaries[i]!);
    return early === null ? [] : [{ run: id, ...early }];
  });
}

/** @throws USAGE for a run named twice; INVALID_VALUE for a suite that none of the runs has */
async function basesOf(store: Store, runs: readonly Run[], suite: string | undefined): Promise<Basis[]> {
  const twice = runs.find(({ id }, i) => runs.findIndex((other) => other.id === id) < i);
  if (twice !== undefined) throw new DoubleblindError('USAGE', `run ${twice.id} is named twice.`);
  const bases = await Promise.all(runs.map((run) => basisOf(store, run, { suite })));
  if (suite !== undefined && bases.every(({ suites }) => Object.keys(suites).length === 0)) {
    const names = await Promise.all(runs.map((run) => store.promptHashes(run.id)));
    const known = [...new Set(names.flat().map((prompt) => prompt.suite))].sort();
    const near = suggest(suite, known);
    const hint = near === null ? `They have ${known.join(', ') || 'none'}.` : `Did you mean "${near}"?`;
    throw new DoubleblindError('INVALID_VALUE', `none of the runs has a suite "${suite}".`, { hint });
  }
  return bases;
}

function sidesOf(runs: readonly Run[], tag: string | undefined): Comparison['sides'] {
  if (tag === undefined) return runs.map(({ id }) => ({ name: id, runs: [id] }));
  const sides = new Map<string, string[]>();
  for (const run of runs) {
    const value = run.tags[tag];
    if (value !== undefined) sides.set(value, [...(sides.get(value) ?? []), run.id]);
  }
  if (sides.size < 2) {
    const found = sides.size === 0 ? 'no run has it' : `all have "${[...sides.keys()][0]}"`;
    throw new DoubleblindError('USAGE', `the tag "${tag}" does not part these runs: ${found}.`);
  }
  return [...sides].map(([value, ids]) => ({ name: `${tag}=${value}`, runs: ids }));
}

/** Mean score by prompt over runs; prompts that only some of them judged are left out. */
function averaged(runs: readonly PromptScores[]): PromptScores {
  const [first, ...others] = runs;
  if (others.length === 0) return first!;
  const mean = (prompt: PromptScore): PromptScore => {
    const all = [prompt, ...others.map((other) => other.get(prompt.prompt_hash)!)];
    const over = (domain?: Domain): number | undefined => {
      const scores = all.flatMap((one) => scoreIn(one, domain) ?? []);
      return scores.length < all.length ? undefined : scores.reduce((sum, score) => sum + score, 0) / all.length;
    };
    const in_domain = Object.fromEntries(
      DOMAINS.flatMap((domain) => (over(domain) === undefined ? [] : [[domain, over(domain)!]])),
    );
    return { ...prompt, score: over()!, in_domain };
  };
  const shared = [...first!.values()].filter(({ prompt_hash }) => others.every((other) => other.has(prompt_hash)));
  return new Map(shared.map((prompt) => [prompt.prompt_hash, mean(prompt)]));
}

function differing(runs: readonly Run[]): Comparison['configuration'] {
  const settings = runs.map(settingsOf);
  const keys = [...new Set(settings.flatMap((one) => [...one.keys()]))];
  return keys
    .map((key) => ({ key, values: settings.map((one) => one.get(key) ?? null) }))
    .filter(({ values }) => values.some((value) => JSON.stringify(value) !== JSON.stringify(values[0])));
}

function metricsOf(summaries: readonly Summary[], suite?: string): ComparedMetric[] {
  const estimates = summaries.map((one) => one.estimates);
  const shown = ({ group }: Estimate): boolean => {
    const keys = Object.keys(group).join();
    return suite === undefined ? ['', 'domain', 'suite'].includes(keys) : keys === 'suite' && group.suite === suite;
  };
  const groups = new Map(
    estimates
      .flat()
      .filter(shown)
      .map(({ group }) => [JSON.stringify(group), group]),
  );
  return [...groups].map(([key, group]) => ({
    metric: 'win_rate' as const,
    group,
    values: estimates.map((own) => {
      const found = own.find((one) => JSON.stringify(one.group) === key);
      if (found === undefined) return null;
      const { win_rate, interval, n_prompts, size } = found;
      return { win_rate, interval, n_prompts, size };
    }),
  }));
}

export interface Significance {
  runs: [string, string];
  candidates: [string, string];
  matters: Matter[];
  comparable: boolean;
  groups: PairedTest[];
  unmatched: Unmatched[];
  early: ({ run: string } & Early)[];
}

/**
 * Whether the second run's candidate is better than the first's, on the prompts both were judged on.
 * @throws USAGE for one run named twice; INVALID_VALUE for a suite that neither has
 */
export async function significance(
  store: Store,
  runs: readonly [Run, Run],
  { suite, seed = 0 }: Pick<CompareOptions, 'suite' | 'seed'> = {},
): Promise<Significance> {
  const bases = await basesOf(store, runs, suite);
  const [first, second] = await Promise.all(runs.map((run) => promptScores(store, run, { suite })));
  const matters = [...mattersOf(bases), await baselineResponses(store, runs)];
  return {
    runs: [runs[0].id, runs[1].id],
    candidates: [runs[0].candidate, runs[1].candidate],
    matters,
    comparable: matters.every(({ what, same }) => what === 'baseline responses' || same !== false),
    groups: pairedTests(first!, second!, { seed }),
    unmatched: unmatchedPrompts([first!, second!]),
    early: earlyIn(runs, await summariesOf(store, runs)),
  };
}
