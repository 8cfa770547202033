// Oracle methods of the groups winrate, interval and bootstrap.
import {
  agrestiCoull,
  betaPosterior,
  bonettPrice,
  bootstrapMean,
  bootstrapStatistic,
  clopperPearson,
  clusterStandardError,
  countScores,
  countsOf,
  effectiveN,
  jeffreys,
  missingBounds,
  orderBalanced,
  pairScore,
  probabilityBetter,
  stratifiedMean,
  tango,
  tangoDifference,
  tInterval,
  wilson,
  winRate,
  winRateByPrompt,
  type Bootstrap,
  type Counts,
} from '../../src/stats/index.js';
import { acceleration, bcaShares, midRank, sortedQuantile } from '../../src/stats/resample.js';
import { normalQuantile } from '../../src/stats/distributions.js';
import type { Oracle } from './oracles.js';

/** `{low, high}` of the product as the `{lo, hi}` of the cases; nulls where it has none. */
export function asLoHi(interval: { low: number | null; high: number | null } | null): {
  lo: number | null;
  hi: number | null;
} {
  return { lo: interval?.low ?? null, hi: interval?.high ?? null };
}

const asBootstrap = (result: Bootstrap | null) =>
  result && {
    estimate: result.estimate,
    se: result.se,
    percentile: result.percentile,
    bca: result.bca && [result.bca.low, result.bca.high],
    bca_z0: result.bca && result.bca.z0,
    bca_a: result.bca && result.bca.a,
    degenerate: result.degenerate,
  };

type Judged = (number | null)[];
const present = (scores: Judged): number[] => scores.filter((score) => score !== null);
const promptMeans = (prompts: Judged[]): number[] => winRateByPrompt(prompts).prompt_means;

function countsFrom(input: Record<string, unknown>): Counts {
  const list = input['differences'] ?? input['scores'] ?? input['prompt_scores'] ?? input['values'];
  if (Array.isArray(list)) return countScores(present(list as Judged));
  if (Array.isArray(input['prompts'])) return countScores(promptMeans(input['prompts'] as Judged[]));
  const { wins, ties, losses } = input as Record<string, number>;
  return countsOf([
    [1, wins ?? 0],
    [0.5, ties ?? 0],
    [0, losses ?? 0],
  ]);
}

const optionsOf = (input: Record<string, unknown>) => ({
  level: (input['level'] as number | undefined) ?? 0.95,
  resamples: (input['B'] as number | undefined) ?? 10_000,
  seed: (input['seed'] as number | undefined) ?? 0,
});

/** BCa of any statistic of single values, jackknife acceleration. */
function bootstrapVariance(input: { data: number[]; divisor?: string; level?: number; B?: number }) {
  const { data } = input;
  const { level, resamples, seed } = optionsOf(input);
  const divisor = input.divisor === 'n-1' || input.divisor === 'n - 1' ? 1 : 0;
  const counts = countScores(data);
  const variance = (weights: ArrayLike<number>): number | null => {
    let [n, sum, squares] = [0, 0, 0];
    counts.values.forEach((value, k) => {
      n += weights[k]!;
      sum += weights[k]! * value;
      squares += weights[k]! * value * value;
    });
    return n - divisor <= 0 ? null : Math.max(0, squares - (sum * sum) / n) / (n - divisor);
  };
  const estimate = variance(counts.counts);
  const result = bootstrapStatistic(counts.counts, variance, { level, resamples, seed });
  if (estimate === null || result === null) return { estimate, se: null, percentile: null, bca: null };
  if (counts.values.length < 2) {
    return { estimate, se: 0, percentile: [estimate, estimate], bca: null, degenerate: true };
  }
  const without = counts.values.map((_, k) => variance(counts.counts.map((c, l) => c - (k === l ? 1 : 0)))!);
  const centre = without.reduce((sum, x, k) => sum + x * counts.counts[k]!, 0) / counts.n;
  const power = (p: number): number => without.reduce((sum, x, k) => sum + (centre - x) ** p * counts.counts[k]!, 0);
  const [from, to] = bcaShares(
    normalQuantile(midRank(result.sorted, estimate)),
    acceleration(power(2), power(3)),
    level,
  );
  return {
    estimate,
    se: result.se,
    percentile: [result.low, result.high],
    bca: [sortedQuantile(result.sorted, from), sortedQuantile(result.sorted, to)],
  };
}

function clusterRatio(input: { prompts: Judged[] }) {
  const options = optionsOf(input as unknown as Record<string, unknown>);
  const prompts = input.prompts.map(present).filter((scores) => scores.length > 0);
  const { macro, micro } = winRateByPrompt(prompts);
  const sums = prompts.map((scores) => scores.reduce((sum, x) => sum + x, 0));
  const ratio = bootstrapStatistic(
    prompts.map(() => 1),
    (drawn) => {
      let [sum, n] = [0, 0];
      drawn.forEach((times, i) => {
        sum += times * sums[i]!;
        n += times * prompts[i]!.length;
      });
      return sum / n;
    },
    options,
  );
  return {
    micro,
    macro,
    micro_percentile: ratio && [ratio.low, ratio.high],
    macro_percentile: bootstrapMean(countScores(promptMeans(prompts)), options)?.percentile ?? null,
  };
}

function ignoringClusters(input: { prompts: Judged[] }) {
  const options = optionsOf(input as unknown as Record<string, unknown>);
  const rows = bootstrapMean(countScores(present(input.prompts.flat())), options);
  const prompts = bootstrapMean(countScores(promptMeans(input.prompts)), options);
  const width = (result: Bootstrap | null): number => (result ? result.percentile[1] - result.percentile[0] : 0);
  return {
    percentile: rows?.percentile ?? null,
    width_ratio: width(rows) === 0 ? null : width(prompts) / width(rows),
  };
}

export const intervalOracles: Record<string, Oracle> = {
  win_rate: ({ verdicts }) => winRate(verdicts),
  win_rate_by_prompt: ({ prompts }) => winRateByPrompt(prompts),
  position_pair_score: ({ pairs }) => ({ scores: pairs.map(pairScore) }),
  missing_bounds: ({ unparsed, failed, ...counts }) => {
    const bounds = missingBounds({ ...counts, failed: unparsed ?? failed ?? 0 });
    return { ...bounds, ...asLoHi(bounds) };
  },
  order_balanced_win_rate: (input) => orderBalanced(input.candidate_first, input.candidate_second),
  wilson: ({ successes, n, level }) => asLoHi(wilson(successes, n, level)),
  clopper_pearson: ({ successes, n, level }) => asLoHi(clopperPearson(successes, n, level)),
  jeffreys: ({ successes, n, level }) => asLoHi(jeffreys(successes, n, level)),
  agresti_coull: ({ successes, n, level }) => asLoHi(agrestiCoull(successes, n, level)),
  beta_posterior: ({ successes, n, prior, level }) => {
    const posterior = betaPosterior(successes, n, prior, level);
    return { ...asLoHi(posterior), mean: posterior.mean, prob_gt_half: posterior.above_half };
  },
  tango_score: (input) => asLoHi(tango(input, input.level)),
  tango_paired_difference: ({ b, c, n, level }) => {
    // The cases follow R PropCIs, whose difference is (c − b)/n.
    const difference = tangoDifference(c, b, n, level);
    return { estimate: difference?.estimate ?? null, ...asLoHi(difference) };
  },
  bonett_price: (input) => asLoHi(bonettPrice(input, input.level)),
  wilson_effective_n: (input) => {
    const result = effectiveN(countsFrom(input), input.level, input.prior_prompts);
    if (result === null) return { mean: null, phi: null, phi_shrunk: null, n_eff: null, lo: null, hi: null };
    return { ...result, n_eff: result.n_effective, ...asLoHi(result) };
  },
  t_interval_prompt_means: ({ prompts, level }) => {
    const result = tInterval(promptMeans(prompts), level);
    return { ...result, ...asLoHi(result) };
  },
  cluster_standard_error: ({ prompts }) => {
    const result = clusterStandardError(prompts.map(present));
    return {
      mean: result.mean,
      se_clustered: result.clustered,
      se_clustered_corrected: result.corrected,
      se_naive: result.naive,
    };
  },
  stratified_mean: ({ suites }) => {
    const result = stratifiedMean(Object.values(suites as Record<string, Judged[]>).map((s) => present(s as never)));
    return { ...result, pooled_stratified_se: result.pooled_se };
  },
  prob_candidate_better: ({ wins, losses, prior }) => ({ prob: probabilityBetter(wins, losses, prior) }),
  bootstrap_mean: (input) => {
    const result = asBootstrap(bootstrapMean(countsFrom(input), optionsOf(input)));
    return result ?? { estimate: null, se: null, percentile: null, bca: null, bca_z0: null, bca_a: null };
  },
  bootstrap_mean_ignoring_clusters: ignoringClusters,
  bootstrap_variance: bootstrapVariance,
  bootstrap_cluster_ratio: clusterRatio,
};
