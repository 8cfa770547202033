// Oracle methods of the groups test, power, decision, sequential and curve.
import {
  adjust,
  confidenceSequence,
  countsOf,
  designEffect,
  equivalenceT,
  exactBinomial,
  exactPower,
  linearSlope,
  logEValue,
  mcnemar,
  minimumDetectableEffect,
  nonInferiorityT,
  pageTrend,
  pairedT,
  powerArcsine,
  sampleSize,
  sampleSizeArcsine,
  sampleSizeNonInferiority,
  sampleSizePairedT,
  sequentialStop,
  signFlip,
  signTest,
  simultaneousBand,
  tango,
  verdictOf,
  type Adjustment,
} from '../../src/stats/index.js';
import { asLoHi } from './oracles-intervals.js';
import type { Oracle } from './oracles.js';

const ADJUSTMENTS: Record<string, Adjustment> = {
  holm: 'holm',
  bh: 'benjamini-hochberg',
  fdr_bh: 'benjamini-hochberg',
  BH: 'benjamini-hochberg',
  benjamini_hochberg: 'benjamini-hochberg',
  by: 'benjamini-yekutieli',
  BY: 'benjamini-yekutieli',
  fdr_by: 'benjamini-yekutieli',
  hochberg: 'hochberg',
  bonferroni: 'bonferroni',
};

const ceilOf = (n: number | null) => ({ n, n_ceil: n === null ? null : Math.ceil(n - 1e-9) });
const planOf = (input: Record<string, number>) => ({
  alpha: input['alpha'] ?? 0.05,
  power: input['power'] ?? 0.8,
  ties: input['tie_rate'] ?? 0,
});
const winsAndLosses = (wins: number, losses: number) =>
  countsOf([
    [1, wins],
    [0, losses],
  ]);

function verdict(input: { wins: number; ties: number; losses: number; margin: number; alpha?: number }) {
  const { wins, ties, losses, margin, alpha = 0.05 } = input;
  const interval = tango({ wins, ties, losses }, 1 - alpha);
  const inner = tango({ wins, ties, losses }, 1 - 2 * alpha);
  if (interval === null || inner === null) {
    return { ci95: null, ci90: null, p_exact: null, verdict: 'undecided', non_inferior: null, within_margin: null };
  }
  const p = signTest(wins, losses).two_sided;
  return {
    ci95: [interval.low, interval.high],
    ci90: [inner.low, inner.high],
    p_exact: p,
    ...verdictOf({ interval, inner, p, alpha, margin }),
  };
}

export const testOracles: Record<string, Oracle> = {
  exact_binomial: (input) => exactBinomial(input.successes, input.n, input.null),
  sign_test: ({ wins, losses }) => signTest(wins, losses),
  sign_flip_permutation: ({ values, null: null_ }) => ({
    two_sided: signFlip(
      values.filter((v: number | null) => v !== null),
      null_,
    ),
  }),
  paired_t: ({ differences }) => {
    const result = pairedT(differences);
    if (result !== null) return result;
    const same = differences.length > 1;
    return {
      t: null,
      df: same ? differences.length - 1 : null,
      two_sided: null,
      reason: same ? 'zero_variance' : 'too_few',
    };
  },
  mcnemar: ({ b, c }) => mcnemar(b, c),
  p_adjust: ({ p, method, alpha }) => {
    const known = ADJUSTMENTS[method] ?? ADJUSTMENTS[String(method).toLowerCase()];
    if (known === undefined) return 'not offered';
    const adjusted = adjust(p, known);
    return { adjusted, rejected: adjusted.filter((value) => value <= (alpha ?? 0.05)).length };
  },
  sample_size_win_rate: (input) => ceilOf(sampleSize(input.win_rate, planOf(input))),
  minimum_detectable_effect: (input) => ({ delta: minimumDetectableEffect(input.n, planOf(input)) }),
  exact_binomial_power: ({ n, win_rate, alpha }) => exactPower(n, win_rate, alpha),
  sample_size_paired_t: (input) => ceilOf(sampleSizePairedT(input.effect_size, planOf(input))),
  sample_size_arcsine: (input, keys) => {
    const plan = planOf(input);
    const powers = keys
      .filter((key) => /^power_at_\d+$/.test(key))
      .map((key) => [key, powerArcsine(Number(key.slice(9)), input.win_rate, input.null, plan.alpha)]);
    return { ...ceilOf(sampleSizeArcsine(input.win_rate, input.null, plan)), ...Object.fromEntries(powers) };
  },
  sample_size_noninferiority: (input) =>
    ceilOf(
      sampleSizeNonInferiority(input.margin, {
        rate: input.true_win_rate ?? 0.5,
        ties: input.tie_rate ?? 0,
        alpha: 2 * (input.alpha_one_sided ?? 0.025),
        power: input.power ?? 0.8,
      }),
    ),
  design_effect: ({ judges, icc, n_prompts }) => designEffect(judges, icc, n_prompts),

  verdict,
  tost_t: ({ scores, low, high }) => equivalenceT(scores, low, high) ?? { p: null, p_lower: null, p_upper: null },
  noninferiority_t: ({ scores, margin }) => ({ p: nonInferiorityT(scores, margin) }),

  e_value_beta_mixture: (input) => {
    const log = logEValue(winsAndLosses(input.wins, input.losses), input.null);
    return { log_e: log, always_valid_p_now: Math.min(1, Math.exp(-log)), reject_05: log >= Math.log(20) };
  },
  confidence_sequence_beta_mixture: ({ wins, losses, alpha }) =>
    asLoHi(confidenceSequence(winsAndLosses(wins, losses), alpha)),
  e_value_universal_mixture: (input) => ({ log_e: logEValue(input.scores, input.null) }),
  confidence_sequence_universal: ({ scores, alpha }) => asLoHi(confidenceSequence(scores, alpha)),
  sequential_stop: ({ scores, alpha, null: null_ }) => sequentialStop(scores, { alpha, null_ }),

  page_trend: (input) => pageTrend(input.scores_by_suite_then_step) ?? { L: null, p: null },
  linear_slope: ({ steps, win_rates }) =>
    linearSlope(steps, win_rates) ?? { slope: null, intercept: null, r: null, p: null },
  simultaneous_band: ({ scores_by_prompt, level, B }) => {
    const band = simultaneousBand(scores_by_prompt, { level, resamples: B });
    return band === null
      ? { means: null, se: null, critical: null, lo: null, hi: null }
      : { ...band, lo: band.low, hi: band.high };
  },
};
