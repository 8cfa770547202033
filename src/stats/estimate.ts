// One group's row of the summary: counts, win rate, intervals, bounds, test, size, and the length-controlled rate.
import type { Estimate, Group } from '../summary.js';
import { bootstrapMean, bootstrapStatistic } from './bootstrap.js';
import { clopperPearson } from './clopper-pearson.js';
import type { Columns } from './columns.js';
import { comparisonsOf } from './groups.js';
import { lengthControlOf, lengthShifts, notEstimable } from './length-control.js';
import { detectableEffect } from './power.js';
import { bySize, effectiveOf, intervalOf, pOf, type IntervalMethod, type Sample, type Totals } from './sample.js';

export interface EstimateOptions {
  level: number;
  seed: number;
  method: 'auto' | IntervalMethod;
  /** Judgments due in the group, or null where no plan is known. */
  due: number | null;
}

/** The estimate of a group from its rows and their sample. `p_adjusted` and `adjustment` are filled by the family later. */
export function estimateOf(
  group: Group,
  columns: Columns,
  rows: Int32Array,
  sample: Sample,
  options: EstimateOptions,
): Estimate {
  const { level, seed, method } = options;
  const { rate, totals: total } = sample;
  const interval = intervalOf(sample, level, method);
  const effective = effectiveOf(sample, level)?.n_effective ?? null;
  const asked = total.judged + total.failed_judgments;
  return {
    group,
    n_prompts: sample.n,
    n_effective: effective,
    n_comparisons: comparisonsOf(columns, rows),
    n_judgments: total.judged,
    wins: total.wins,
    losses: total.losses,
    ties: total.ties,
    order_dependent: total.order_dependent,
    failed: total.failed,
    coverage: coverageOf(total.judged, asked, options.due),
    win_rate: rate,
    reason: rate !== null ? null : reasonOf(total, asked),
    win_rate_pooled: total.scored === 0 ? null : total.sum / total.scored,
    standard_error: standardError(total),
    decisive_rate: total.wins + total.losses === 0 ? null : total.wins / (total.wins + total.losses),
    interval,
    ...bootstrapOf(sample, level, seed),
    exact: exactOf(sample, level),
    bounds: sample.bounds,
    p_value: rate === null ? null : pOf(sample),
    p_adjusted: null,
    test: 'sign-flip',
    adjustment: null,
    size: sizeOf(effective, interval),
    minimum_detectable_effect: effective === null ? null : detectableEffect(sample.n, effective, { alpha: 1 - level }),
    length_controlled: lengthControlled(sample, level, seed),
  };
}

/** Judged share of what is due, or of what was asked where no plan is known; null of nothing. */
export function coverageOf(judged: number, asked: number, due: number | null): number | null {
  const all = due ?? asked;
  return all === 0 ? null : Math.min(1, judged / all);
}

function reasonOf(total: Totals, asked: number): string {
  if (asked === 0) return 'nothing judged yet';
  if (total.order_dependent > 0) return 'every judged comparison is order-dependent, and those are excluded';
  return `no comparison has a score: ${total.failed} of ${total.failed} failed`;
}

/** Standard deviation (n − 1) of the scores over √n, rows taken as they are: what most published tables print. */
function standardError({ sum, squares, scored }: Totals): number | null {
  if (scored < 2) return null;
  return Math.sqrt(Math.max(0, squares - (sum * sum) / scored) / (scored - 1) / scored);
}

function bootstrapOf(sample: Sample, level: number, seed: number): Pick<Estimate, 'bootstrap' | 'bca'> {
  const common = { level, method: 'percentile-by-prompt', seed };
  if (sample.rate === null) return { bootstrap: null, bca: null };
  if (sample.patterns !== null) {
    const { low, high } = ratioInterval(sample.patterns, level, seed);
    return { bootstrap: { low, high, ...common, resamples: 10_000, degenerate: low === high }, bca: null };
  }
  const { percentile, bca, resamples, degenerate } = bootstrapMean(sample.counts, { level, seed })!;
  const clip = (x: number): number => Math.min(1, Math.max(0, x));
  return {
    bootstrap: { low: clip(percentile[0]), high: clip(percentile[1]), ...common, resamples, degenerate },
    bca: bca === null ? null : { low: clip(bca.low), high: clip(bca.high) },
  };
}

type Patterns = NonNullable<Sample['patterns']>;

/** Percentile interval of the pooled rate Σsum/Σscored: numerator and denominator are resampled together. */
function ratioInterval(patterns: Patterns, level: number, seed: number): { low: number; high: number } {
  const mirrored = patterns.map((p) => ({ ...p, sum: p.scored - p.sum })).sort(bySize);
  // Of two mirror images one is drawn from, so that a swap of baseline and candidate mirrors the limits.
  const turn =
    patterns.some((p, k) => p.sum !== mirrored[k]!.sum) && JSON.stringify(mirrored) < JSON.stringify(patterns);
  const drawnFrom = turn ? mirrored : patterns;
  const { low, high } = bootstrapStatistic(
    drawnFrom.map(({ count }) => count),
    (drawn) => {
      let sum = 0;
      let scored = 0;
      for (let k = 0; k < drawn.length; k++) {
        sum += drawn[k]! * drawnFrom[k]!.sum;
        scored += drawn[k]! * drawnFrom[k]!.scored;
      }
      return sum / scored;
    },
    { level, resamples: 10_000, seed },
  )!;
  return turn ? { low: 1 - high, high: 1 - low } : { low, high };
}

function exactOf({ verdicts, rate, n }: Sample, level: number): Estimate['exact'] {
  if (verdicts === null || rate === null) return null;
  const interval = clopperPearson(verdicts.wins + verdicts.ties / 2, n, level);
  return interval === null ? null : { ...interval, method: 'clopper-pearson' };
}

/** NCHS standards for proportions (Parker et al. 2017): too few below effective n 30 or at width 0.30; wide from 0.20. */
function sizeOf(effective: number | null, interval: { low: number; high: number } | null): Estimate['size'] {
  if (effective === null || interval === null) return 'too-few';
  const width = interval.high - interval.low;
  if (effective < 30 || width >= 0.3) return 'too-few';
  return width >= 0.2 ? 'wide' : 'ok';
}

function lengthControlled({ lengths, n }: Sample, level: number, seed: number): Estimate['length_controlled'] {
  const { scores, differences } = lengths;
  if (n === 0) return { reason: 'no scored prompt' };
  if (scores.length === 0) return { reason: 'the lengths of the responses are not known' };
  const shifts = lengthShifts(differences);
  const reason = notEstimable(differences, shifts);
  if (reason !== null) return { reason };
  const fit = lengthControlOf(scores, shifts, { level, seed });
  if (fit === null || fit.interval === null)
    return { reason: 'not estimable: the fit has no finite solution, as when every prompt has the same winner' };
  return { win_rate: fit.win_rate, low: fit.interval.low, high: fit.interval.high, slope: fit.slope };
}
