// What would the win rate be at equal length? Fractional logistic regression (Papke & Wooldridge 1996) of the prompt
// score on x = tanh(Δlength/sd), the idea of AlpacaEval 2 (Dubois et al. 2024, arXiv 2404.04475). Show it beside the raw
// rate, never alone: length may be part of what is better.
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { tQuantile } from './distributions.js';
import { refitLimits } from './length-interval.js';

/** Prompts from which the linear approximation of the refit is as good as the refit (limits within 0.7 points). */
const LINEAR = 200;

export interface LengthControl {
  /** Sample standard deviation (n − 1) of the length differences, in the unit of the lengths. */
  sd: number;
  intercept: number;
  /** Change of the log-odds of a win per unit of x: the length bias itself. */
  slope: number;
  win_rate: number;
  raw_win_rate: number;
  /** Null below three prompts. */
  interval: { low: number; high: number; slope_low: number; slope_high: number } | null;
  reason: 'no_length_variation' | null;
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Length-controlled win rate logistic(a) of scores in [0, 1] and length differences (candidate − baseline): maximises
 * the log-likelihood − (ridge/2) b², `a` unpenalised. Intervals: prompts resampled and fitted again (BCa); from 200
 * prompts on its linear approximation, prompt-robust (sandwich) with t quantile, n − 2, on the log-odds scale. Without
 * length variation the slope is 0 and the rate raw, said by `reason`. Null without prompts, or where no finite fit exists
 * (all wins, or separated data with ridge 0).
 */
export function lengthControl(
  scores: ArrayLike<number>,
  lengthDifferences: ArrayLike<number>,
  options: { ridge?: number; level?: number; seed?: number } = {},
): LengthControl | null {
  return lengthControlOf(scores, lengthShifts(lengthDifferences), options);
}

/** The same, of shifts that are known already. */
export function lengthControlOf(
  scores: ArrayLike<number>,
  { sd, x }: LengthShifts,
  { ridge = 1, level = 0.95, seed = 0 }: { ridge?: number; level?: number; seed?: number } = {},
): LengthControl | null {
  const n = scores.length;
  if (n === 0) return null;
  const raw = mean(scores as number[]);
  const constant = sd === 0;
  if (raw === 0 || raw === 1) return null;
  const penalty = constant ? 1 : ridge;
  const fit = newton(scores, x, penalty, Math.log(raw / (1 - raw)));
  if (fit === null) return null;
  const { a, b } = fit;
  const influence = influenceOf(scores, x, fit);
  const limits =
    n < 3
      ? null
      : n < LINEAR
        ? refitLimits({ scores, x, ridge: penalty, intercept: a, slope: b, influence }, { level, seed })
        : { intercept: linear(a, influence.intercept, level), slope: linear(b, influence.slope, level) };
  return {
    sd,
    intercept: a,
    slope: constant ? 0 : b,
    win_rate: logistic(a),
    raw_win_rate: raw,
    interval: limits && {
      low: logistic(limits.intercept.low),
      high: logistic(limits.intercept.high),
      slope_low: constant ? 0 : limits.slope.low,
      slope_high: constant ? 0 : limits.slope.high,
    },
    reason: constant ? 'no_length_variation' : null,
  };
}

/** Each prompt's influence on (a, b): the inverse information times its score contribution. */
function influenceOf(
  scores: ArrayLike<number>,
  x: Float64Array,
  { a, b, information: h }: { a: number; b: number; information: Information },
): { intercept: Float64Array; slope: Float64Array } {
  const det = h.aa * h.bb - h.ab * h.ab;
  const intercept = new Float64Array(scores.length);
  const slope = new Float64Array(scores.length);
  for (let i = 0; i < scores.length; i++) {
    const rest = scores[i]! - logistic(a + b * x[i]!);
    intercept[i] = (rest * (h.bb - h.ab * x[i]!)) / det;
    slope[i] = (rest * (h.aa * x[i]! - h.ab)) / det;
  }
  return { intercept, slope };
}

function linear(value: number, influence: Float64Array, level: number): { low: number; high: number } {
  const df = influence.length - 2;
  let variance = 0;
  for (const u of influence) variance += u * u;
  const half = tQuantile((1 + level) / 2, df) * Math.sqrt((variance * influence.length) / df);
  return { low: value - half, high: value + half };
}

/** Length differences on the scale of the fit. */
export interface LengthShifts {
  /** Sample standard deviation of the differences, 0 below two. */
  sd: number;
  /** tanh(Δlength/sd); 0 everywhere without variation. */
  x: Float64Array;
}

export function lengthShifts(lengthDifferences: ArrayLike<number>): LengthShifts {
  const sd = lengthDifferences.length < 2 ? 0 : sampleStandardDeviation(lengthDifferences as number[]);
  const x = new Float64Array(lengthDifferences.length);
  if (sd > 0) for (let i = 0; i < x.length; i++) x[i] = Math.tanh(lengthDifferences[i]! / sd);
  return { sd, x };
}

interface Information {
  aa: number;
  ab: number;
  bb: number;
}

/** Newton's method on the penalised log-likelihood, steps halved where it would fall; null where it has no maximum. */
function newton(
  y: ArrayLike<number>,
  x: ArrayLike<number>,
  ridge: number,
  start: number,
): { a: number; b: number; information: Information } | null {
  let best = { a: start, b: 0 };
  let step = { a: 0, b: 0 };
  let top = -Infinity;
  for (let round = 0; round < 200; round++) {
    const a = best.a + step.a;
    const b = best.b + step.b;
    const at = evaluate(y, x, a, b, ridge);
    if (at.value < top - 1e-9 * Math.abs(top)) {
      step = { a: step.a / 2, b: step.b / 2 };
      continue;
    }
    const { information: h, ga, gb } = at;
    const det = h.aa * h.bb - h.ab * h.ab;
    if (!(det > 1e-10 * h.aa * h.bb) || Math.abs(a) > 40 || Math.abs(b) > 400) return null;
    best = { a, b };
    top = at.value;
    step = { a: (h.bb * ga - h.ab * gb) / det, b: (h.aa * gb - h.ab * ga) / det };
    if (Math.abs(step.a) + Math.abs(step.b) < 1e-9) return { ...best, information: h };
  }
  return null;
}

/** Value, gradient and information of the penalised log-likelihood in one pass. */
function evaluate(y: ArrayLike<number>, x: ArrayLike<number>, a: number, b: number, ridge: number) {
  let value = (-ridge / 2) * b * b;
  let ga = 0;
  let gb = -ridge * b;
  let aa = 0;
  let ab = 0;
  let bb = ridge;
  let product = 1;
  for (let i = 0; i < y.length; i++) {
    const eta = a + b * x[i]!;
    const small = Math.exp(-Math.abs(eta));
    const p = eta >= 0 ? 1 / (1 + small) : small / (1 + small);
    const rest = y[i]! - p;
    const w = p * (1 - p);
    value += y[i]! * eta - Math.max(0, eta);
    // One logarithm for many terms 1 + exp(−|eta|), each at most 2.
    product *= 1 + small;
    if (i % 512 === 511) {
      value -= Math.log(product);
      product = 1;
    }
    ga += rest;
    gb += rest * x[i]!;
    aa += w;
    ab += w * x[i]!;
    bb += w * x[i]! * x[i]!;
  }
  return { value: value - Math.log(product), ga, gb, information: { aa, ab, bb } };
}

/**
 * Why the length-controlled rate cannot be told, or null when it can: both signs of x in at least 10 % of prompts each
 * and |x| < 0.3 in at least 20 %, else the fit extrapolates (STATISTICS, measured on AlpacaEval).
 */
export function notEstimable(
  lengthDifferences: ArrayLike<number>,
  { sd, x } = lengthShifts(lengthDifferences),
): string | null {
  const n = x.length;
  if (n < 10) return `lengths are known for ${n} prompts; 10 are the least`;
  if (sd === 0) return 'the length difference is the same on every prompt';
  let [longer, shorter, near] = [0, 0, 0];
  for (const value of x) {
    if (value > 0) longer++;
    else if (value < 0) shorter++;
    if (Math.abs(value) < 0.3) near++;
  }
  const percent = (count: number): number => Math.round(100 * (count / n));
  if (Math.min(longer, shorter) / n < 0.1) {
    const side = longer < shorter ? 'longer' : 'shorter';
    return `not estimable: the candidate is ${side} on ${percent(Math.min(longer, shorter))} % of prompts (10 % needed)`;
  }
  if (near / n < 0.2) return `not estimable: lengths are close on ${percent(near)} % of prompts (20 % needed)`;
  return null;
}

/**
 * AlpacaEval's own fit, for comparison with it: rows doubled with weights y and 1 − y, no free intercept, and an L1
 * penalty (|a| + |b|)/C on both coefficients; by coordinate descent on the quadratic approximation. Null without prompts.
 */
export function lengthControlL1(
  scores: number[],
  lengthDifferences: number[],
  C: number,
): { intercept: number; slope: number; win_rate: number } | null {
  const n = scores.length;
  if (n === 0) return null;
  const sd = n < 2 ? 0 : sampleStandardDeviation(lengthDifferences);
  const features = [new Array<number>(n).fill(1), lengthDifferences.map((d) => (sd === 0 ? 0 : Math.tanh(d / sd)))];
  const theta = [0, 0];
  for (let round = 0; round < 10_000; round++) {
    let change = 0;
    features.forEach((x, c) => {
      let [gradient, curvature] = [0, 0];
      for (let i = 0; i < n; i++) {
        const p = logistic(theta[0]! + theta[1]! * features[1]![i]!);
        gradient += (p - scores[i]!) * x[i]!;
        curvature += p * (1 - p) * x[i]! ** 2;
      }
      if (curvature < 1e-12) return;
      const target = theta[c]! - gradient / curvature;
      const shrink = 1 / C / curvature;
      const next = Math.sign(target) * Math.max(0, Math.abs(target) - shrink);
      change = Math.max(change, Math.abs(next - theta[c]!));
      theta[c] = next;
    });
    if (change < 1e-10) break;
  }
  return { intercept: theta[0]!, slope: theta[1]!, win_rate: logistic(theta[0]!) };
}
