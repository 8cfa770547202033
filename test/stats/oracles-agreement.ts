// Oracle methods of the groups agreement, bias and human.
import {
  allocateLabels,
  bootstrapStatistic,
  cohenKappa,
  congerKappa,
  crossTable,
  decisiveRate,
  fleissKappa,
  gwet,
  icc,
  kappaStandardError,
  krippendorffAlpha,
  lightKappa,
  METRICS,
  positionBias,
  ppi,
  repetitionStability,
  roganGladen,
  scottPi,
  selfPreference,
  unitCounts,
  type Weights,
} from '../../src/stats/index.js';
import { zOf } from '../../src/stats/distributions.js';
import { ratingsOf } from '../../src/stats/units.js';
import { asLoHi } from './oracles-intervals.js';
import type { Oracle } from './oracles.js';

type Ratings = (number | null)[][];

/** All values rated, ascending. */
const categoriesOf = (ratings: Ratings): number[] =>
  [...new Set(ratings.flat().filter((rating) => rating !== null))].sort((a, b) => a - b);

/** Rows of units to rows of raters and back. */
const turned = (rows: Ratings): Ratings => (rows[0] ?? []).map((_, j) => rows.map((row) => row[j] ?? null));

function judgeAgreement(ratings: Ratings, categories: number[] = categoriesOf(ratings)) {
  const units = unitCounts(ratings, categories);
  const complete = units.filter((unit) => ratingsOf(unit) === ratings.length);
  const { observed, gwet: ac1, reason } = gwet(units, categories);
  const kappas: Record<string, number | null> = {};
  ratings.forEach((a, i) => {
    ratings.forEach((b, j) => {
      if (i >= j) return;
      const table = crossTable(a, b, categories);
      kappas[`cohen_${i + 1}${j + 1}`] = cohenKappa(table).kappa;
      kappas[`cohen_${i + 1}${j + 1}_quadratic`] = cohenKappa(table, 'quadratic').kappa;
      kappas[`cohen_${i + 1}${j + 1}_linear`] = cohenKappa(table, 'linear').kappa;
    });
  });
  const alpha = krippendorffAlpha(units, categories);
  const fleiss = fleissKappa(units, ratings.length).kappa;
  return {
    ...kappas,
    ...Object.fromEntries(METRICS.map((m) => [`alpha_${m}`, krippendorffAlpha(units, categories, m).alpha])),
    fleiss_complete_cases: fleiss,
    n_complete: complete.length,
    percent_agreement: observed,
    gwet_ac1: ac1,
    cohen_kappa: kappas['cohen_12'] ?? null,
    fleiss_kappa: fleiss,
    krippendorff_alpha: alpha.alpha,
    reason: alpha.reason ?? reason,
  };
}

function alphaBootstrap(input: { ratings_by_judge: Ratings; level?: number; B?: number }) {
  const values = categoriesOf(input.ratings_by_judge);
  const patterns = new Map<string, { unit: number[]; count: number }>();
  for (const unit of unitCounts(input.ratings_by_judge, values)) {
    const known = patterns.get(unit.join());
    if (known) known.count++;
    else patterns.set(unit.join(), { unit, count: 1 });
  }
  const list = [...patterns.values()];
  const alpha = (times: ArrayLike<number>): number | null =>
    krippendorffAlpha(
      list.flatMap(({ unit }, k) => new Array<number[]>(times[k]!).fill(unit)),
      values,
    ).alpha;
  const counts = list.map(({ count }) => count);
  const result = bootstrapStatistic(counts, alpha, { level: input.level ?? 0.95, resamples: input.B ?? 2000 });
  return { alpha: alpha(counts), percentile: result && [result.low, result.high], se: result?.se ?? null };
}

export const agreementOracles: Record<string, Oracle> = {
  cohen_kappa: ({ rater1, rater2, weights, categories }) => {
    const names: Record<string, Weights> = { equal: 'linear', squared: 'quadratic', unweighted: 'none' };
    const known = names[weights as string] ?? (weights as Weights | undefined) ?? 'none';
    const result = cohenKappa(crossTable(rater1, rater2, categories ?? categoriesOf([rater1, rater2])), known);
    return { ...result, agreement: result.observed };
  },
  cohen_kappa_table: ({ table, level }) => {
    const { kappa, observed } = cohenKappa(table);
    const se = kappaStandardError(table);
    const half = se === null ? null : zOf(level ?? 0.95) * se;
    const known = kappa !== null && half !== null;
    return { kappa, se, agreement: observed, lo: known ? kappa - half : null, hi: known ? kappa + half : null };
  },
  agreement_2x2: ({ table }) => {
    const units = (table as number[][]).flatMap((row, i) =>
      row.flatMap((count, j) => new Array<number[]>(count).fill(row.map((_, k) => Number(k === i) + Number(k === j)))),
    );
    const values = (table as number[][]).map((_, k) => k);
    const both = gwet(units, values);
    return {
      agreement: both.observed,
      cohen_kappa: cohenKappa(table).kappa,
      scott_pi: scottPi(table),
      krippendorff_alpha: krippendorffAlpha(units, values).alpha,
      gwet_ac1: both.gwet,
      brennan_prediger: both.brennan_prediger,
    };
  },
  fleiss_kappa: ({ ratings, categories }) =>
    fleissKappa(unitCounts(turned(ratings), categories ?? categoriesOf(ratings)), ratings[0]?.length ?? 0),
  fleiss_kappa_counts: ({ counts }) => fleissKappa(counts),
  light_kappa: ({ ratings }) => ({ kappa: lightKappa(turned(ratings), categoriesOf(ratings)) }),
  krippendorff_alpha: ({ ratings_by_rater }) => {
    const values = categoriesOf(ratings_by_rater);
    const units = unitCounts(ratings_by_rater as Ratings, values);
    return {
      ...Object.fromEntries(METRICS.map((metric) => [metric, krippendorffAlpha(units, values, metric).alpha])),
      reason: krippendorffAlpha(units, values).reason,
    };
  },
  gwet_ac1_ac2: (input) => {
    const ratings = input.ratings_by_rater as Ratings;
    const values = (input.categories as number[] | undefined) ?? categoriesOf(ratings);
    const units = unitCounts(ratings, values);
    const plain = gwet(units, values);
    return {
      percent_agreement: plain.observed,
      ac1: plain.gwet,
      ac1_se: plain.gwet_se,
      ac2_quadratic: gwet(units, values, 'quadratic').gwet,
      ac2_linear: gwet(units, values, 'linear').gwet,
      fleiss_missing: plain.fleiss,
      conger: congerKappa(ratings, units, values),
      brennan_prediger: plain.brennan_prediger,
      reason: plain.reason,
    };
  },
  judge_agreement: ({ ratings_by_judge, categories }) => judgeAgreement(ratings_by_judge, categories),
  judge_agreement_edge: ({ ratings_by_judge, categories }) => judgeAgreement(ratings_by_judge, categories),
  krippendorff_alpha_bootstrap: alphaBootstrap,
  icc: ({ ratings }) => icc(ratings),

  position_bias: ({ counts }) => {
    const none = {
      consistent_candidate: 0,
      consistent_baseline: 0,
      consistent_tie: 0,
      first_both: 0,
      second_both: 0,
      win_tie: 0,
      tie_loss: 0,
    };
    return positionBias({ ...none, ...counts });
  },
  first_position_rate: ({ first_wins, second_wins, level }) => {
    const result = decisiveRate(first_wins, second_wins, level);
    return result
      ? { ...result, ...asLoHi(result) }
      : { rate: null, two_sided: first_wins + second_wins === 0 ? 1 : null, lo: null, hi: null };
  },
  repetition_stability: ({ repeats }) => repetitionStability(repeats),
  longer_answer_rate: ({ longer_wins, shorter_wins }) => {
    const result = decisiveRate(longer_wins, shorter_wins);
    return result ? { ...result, ...asLoHi(result) } : { rate: null, two_sided: 1, lo: null, hi: null };
  },
  self_preference: (input) => {
    const { effect, two_sided } = selfPreference(input.own_family_judge_scores, input.other_judges_mean_scores);
    return { effect, signflip_two_sided: two_sided };
  },

  ppi_mean: ({ human, judge_on_human, judge_only, lam, level }) => {
    const result = ppi(human, judge_on_human, judge_only, {
      lambda: lam ?? null,
      level: level ?? 0.95,
      asymptotic: true,
    });
    if (result === null) return { lam: null, estimate: null, se: null, lo: null, hi: null };
    return { ...result, lam: result.lambda, ...asLoHi(result) };
  },
  rogan_gladen: ({ p, level, ...input }) => {
    const result = roganGladen({ rate: p, ...input }, level);
    return { ...result, ...asLoHi(result) };
  },
  calibration_allocation: ({ m, p, specificity_pilot, sensitivity_pilot, m_pilot }) =>
    allocateLabels(m, p, { specificity: specificity_pilot, sensitivity: sensitivity_pilot, labels: m_pilot }),
};
