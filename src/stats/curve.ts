// Win rate over training steps, same prompts at every step: a band that holds for all steps at once (sup-t, Montiel Olea
// & Plagborg-Moller 2019), the slope with prompts resampled, and the step to pick without the winner's curse.
import { linearRegression, mean, sampleCorrelation, sampleStandardDeviation } from 'simple-statistics';
import { seeded } from '../random.js';
import { bootstrapStatistic } from './bootstrap.js';
import { tTwoSided } from './distributions.js';
import { resampler, sortedQuantile } from './resample.js';
import { effectiveN } from './wilson.js';

export interface Band {
  means: number[];
  /** Standard errors s/√n with n − 1. */
  se: number[];
  /** Multiplier common to all steps; the pointwise one is 1.96. */
  critical: number;
  low: number[];
  high: number[];
}

/**
 * Simultaneous band over steps from scores by prompt and step (every prompt at every step): means ± critical · se, not
 * clipped, critical the quantile of max |m* − m|/se over prompt resamples. Resamples of a step without variation say
 * nothing: it does not enter them, and its band is the effective-n Wilson interval at its share of alpha (Bonferroni).
 * Null below two prompts.
 */
export function simultaneousBand(
  scoresByPrompt: number[][],
  { level = 0.95, resamples = 10_000, seed = 0 } = {},
): Band | null {
  const n = scoresByPrompt.length;
  const steps = scoresByPrompt[0]?.length ?? 0;
  if (n < 2 || steps === 0) return null;
  const columns = Array.from({ length: steps }, (_, k) => scoresByPrompt.map((row) => row[k]!));
  const means = columns.map((column) => mean(column));
  const se = columns.map((column) => sampleStandardDeviation(column) / Math.sqrt(n));
  const { rows, counts } = distinctRows(scoresByPrompt);
  const draw = resampler(counts, seeded(seed));
  const drawn = new Float64Array(rows.length);
  const largest = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    draw(drawn);
    for (let k = 0; k < steps; k++) {
      if (se[k]! < 1e-12) continue;
      let sum = 0;
      for (let r = 0; r < rows.length; r++) sum += drawn[r]! * rows[r]![k]!;
      largest[b] = Math.max(largest[b]!, Math.abs(sum / n - means[k]!) / se[k]!);
    }
  }
  const critical = sortedQuantile(largest.sort(), level)!;
  const band = columns.map((column, k) => {
    if (se[k]! < 1e-12) return effectiveN(column, 1 - (1 - level) / steps)!;
    return { low: means[k]! - critical * se[k]!, high: means[k]! + critical * se[k]! };
  });
  return { means, se, critical, low: band.map(({ low }) => low), high: band.map(({ high }) => high) };
}

function distinctRows(rows: number[][]): { rows: number[][]; counts: number[] } {
  const seen = new Map<string, { row: number[]; count: number }>();
  for (const row of rows) {
    const key = row.join(' ');
    const known = seen.get(key);
    if (known) known.count++;
    else seen.set(key, { row, count: 1 });
  }
  const distinct = [...seen.values()];
  return { rows: distinct.map(({ row }) => row), counts: distinct.map(({ count }) => count) };
}

/**
 * Least-squares line through win rates by step. Descriptive: the points share prompts, so `p` is not valid as a test;
 * `slopeInterval` is. Null below three steps or where steps do not differ; r and p null where rates do not.
 */
export function linearSlope(
  steps: number[],
  rates: number[],
): { slope: number; intercept: number; r: number | null; p: number | null } | null {
  if (steps.length < 3 || sampleStandardDeviation(steps) === 0) return null;
  const { m, b } = linearRegression(steps.map((step, i) => [step, rates[i]!]));
  if (sampleStandardDeviation(rates) < 1e-12) return { slope: 0, intercept: b, r: null, p: null };
  const r = Math.min(1, Math.max(-1, sampleCorrelation(steps, rates)));
  const df = steps.length - 2;
  const t = Math.abs(r) === 1 ? null : r * Math.sqrt(df / (1 - r * r));
  return { slope: m, intercept: b, r, p: t === null ? 0 : tTwoSided(t, df) };
}

/** Slope of the mean scores over steps with its percentile interval from resampled prompts; null as `linearSlope`. */
export function slopeInterval(
  steps: number[],
  scoresByPrompt: number[][],
  { level = 0.95, resamples = 2000, seed = 0 } = {},
): { slope: number; low: number; high: number } | null {
  const centre = steps.length === 0 ? 0 : mean(steps);
  const spread = steps.reduce((sum, step) => sum + (step - centre) ** 2, 0);
  if (steps.length < 2 || spread === 0 || scoresByPrompt.length === 0) return null;
  // The slope of the means is the mean of the prompts' slopes, so a resample only averages n numbers.
  const own = scoresByPrompt.map((row) => row.reduce((sum, y, k) => sum + ((steps[k]! - centre) * y) / spread, 0));
  const { rows, counts } = distinctRows(own.map((slope) => [slope]));
  const statistic = (drawn: Float64Array): number =>
    rows.reduce((sum, [slope], k) => sum + drawn[k]! * slope!, 0) / own.length;
  const interval = bootstrapStatistic(counts, statistic, { level, resamples, seed })!;
  return { slope: mean(own), low: interval.low, high: interval.high };
}

/**
 * Index of the step to keep: the earliest whose band reaches the lower limit of the best one's (one-error rule). Its
 * win rate on the same prompts is biased up: confirm on held-out prompts.
 */
export function stepToKeep({ means, low, high }: Pick<Band, 'means' | 'low' | 'high'>): number | null {
  if (means.length === 0) return null;
  const best = means.indexOf(Math.max(...means));
  return means.findIndex((m, k) => high[k]! >= low[best]! && m >= low[best]!);
}
