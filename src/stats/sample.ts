// The prompt scores of one group: what an interval, a test and a decision are computed from.
import { countScores, countsOf, varianceOf, type Counts } from './counts.js';
import { totalsOf, type Columns, type Totals } from './columns.js';
import { signFlip } from './sign-flip.js';
import { tango } from './tango.js';
import { effectiveN, shrunk, type EffectiveN } from './wilson.js';

export interface Sample {
  /** What all its rows come to. */
  totals: Totals;
  /** Prompts with a score, their mean scores counted; for a pooled sample their linearised contributions. */
  counts: Counts;
  n: number;
  /** The rate the sample estimates, null without a score. */
  rate: number | null;
  /** Sum over prompts of the deviation from ½, by prompt and counted: what the sign-flip test flips. */
  deviations: Counts;
  /** Its p, once somebody has asked: it costs more than all else where prompts have many different numbers of scores. */
  p: number | null;
  /** Set where each prompt has one verdict, so that exact and Tango intervals apply. */
  verdicts: { wins: number; ties: number; losses: number } | null;
  /** Distinct (score sum, number) of prompts with how many prompts have them; for pooled samples only. */
  patterns: { sum: number; scored: number; count: number }[] | null;
  /** Rate if every failed outcome had been a loss, and a win. Null where nothing was asked. */
  bounds: { low: number; high: number } | null;
  /** By scored prompt with known lengths: its mean score and mean length difference. */
  lengths: { scores: Float64Array; differences: Float64Array };
}

/** Scratch arrays over all prompts, reused from group to group; a prompt counts once its stamp is the group's. */
export class Scratch {
  readonly sum: Float64Array;
  readonly scored: Int32Array;
  readonly failed: Int32Array;
  readonly length: Float64Array;
  readonly lengths: Int32Array;
  private readonly stamp: Int32Array;
  private current = 0;
  /** Prompts of the group in order of first appearance: the first `n` of these. */
  readonly touched: Int32Array;
  n = 0;

  constructor(prompts: number) {
    this.sum = new Float64Array(prompts);
    this.scored = new Int32Array(prompts);
    this.failed = new Int32Array(prompts);
    this.length = new Float64Array(prompts);
    this.lengths = new Int32Array(prompts);
    this.stamp = new Int32Array(prompts);
    this.touched = new Int32Array(prompts);
  }

  fill(columns: Columns, rows: Int32Array): void {
    const { stamp, touched } = this;
    const { prompt, sum, scored, failed, length, lengths } = columns;
    const current = ++this.current;
    let n = 0;
    // Rows of one prompt stand together nearly always: its sums go to their places once the next one begins.
    for (let i = 0; i < rows.length;) {
      const at = prompt[rows[i]!]!;
      const again = stamp[at] === current;
      if (!again) {
        stamp[at] = current;
        touched[n++] = at;
      }
      let s = again ? this.sum[at]! : 0;
      let k = again ? this.scored[at]! : 0;
      let f = again ? this.failed[at]! : 0;
      let d = again ? this.length[at]! : 0;
      let l = again ? this.lengths[at]! : 0;
      for (; i < rows.length && prompt[rows[i]!] === at; i++) {
        const row = rows[i]!;
        s += sum[row]!;
        k += scored[row]!;
        f += failed[row]!;
        d += length[row]!;
        l += lengths[row]!;
      }
      this.sum[at] = s;
      this.scored[at] = k;
      this.failed[at] = f;
      this.length[at] = d;
      this.lengths[at] = l;
    }
    this.n = n;
  }
}

/** The sample of a group; `pooled` weighs prompts by their number of scores and keeps them whole. */
export function sampleOf(
  columns: Columns,
  rows: Int32Array,
  scratch: Scratch,
  pooled = false,
  totals = totalsOf(columns, rows),
): Sample {
  scratch.fill(columns, rows);
  const { touched, n: size } = scratch;
  const means = new Means(size);
  const scores = new Float64Array(size);
  const differences = new Float64Array(size);
  let known = 0;
  let low = 0;
  let high = 0;
  let asked = 0;
  // Two orders of a comparison are two verdicts.
  let single = totals.pairs === 0;
  for (let i = 0; i < size; i++) {
    const at = touched[i]!;
    const sum = scratch.sum[at]!;
    const scored = scratch.scored[at]!;
    const failed = scratch.failed[at]!;
    if (scored + failed === 0) continue;
    asked++;
    low += sum / (scored + failed);
    high += (sum + failed) / (scored + failed);
    if (scored === 0) continue;
    const mean = sum / scored;
    means.add(sum, scored);
    if (scored > 1 || (mean !== 0 && mean !== 0.5 && mean !== 1)) single = false;
    if (scratch.lengths[at]! > 0) {
      scores[known] = mean;
      differences[known++] = scratch.length[at]! / scratch.lengths[at]!;
    }
  }
  const bounds = asked === 0 ? null : { low: low / asked, high: high / asked };
  const counts = means.counted();
  const rate = rateOf(counts);
  const verdicts = single ? verdictsOf(counts) : null;
  const sample: Sample = {
    totals,
    counts,
    n: counts.n,
    rate,
    deviations: { ...counts, values: counts.values.map((v) => v - 0.5) },
    p: null,
    verdicts,
    patterns: null,
    bounds,
    lengths: { scores: scores.subarray(0, known), differences: differences.subarray(0, known) },
  };
  return pooled && rate !== null && !single ? pooledSample(sample, scratch) : sample;
}

/** Scores of a prompt up to which its sum of quarters is counted in a table of all such sums. */
const MOST = 32;

/** Mean scores, counted. Sums of whole quarters, which nearly all are, meet in a small table and need no sorting. */
class Means {
  private readonly table = new Int32Array((MOST + 1) * (4 * MOST + 1));
  private readonly other: Float64Array;
  private others = 0;

  constructor(most: number) {
    this.other = new Float64Array(most);
  }

  add(sum: number, scored: number): void {
    const quarters = 4 * sum;
    if (scored <= MOST && quarters >= 0 && quarters <= 4 * scored && quarters === Math.floor(quarters))
      this.table[scored * (4 * MOST + 1) + quarters]!++;
    else this.other[this.others++] = sum / scored;
  }

  counted(): Counts {
    const rest = countScores(this.other.subarray(0, this.others));
    const pairs = rest.values.map((value, k): [number, number] => [value, rest.counts[k]!]);
    for (let scored = 1; scored <= MOST; scored++) {
      for (let quarters = 0; quarters <= 4 * scored; quarters++) {
        const count = this.table[scored * (4 * MOST + 1) + quarters]!;
        if (count > 0) pairs.push([quarters / 4 / scored, count]);
      }
    }
    return countsOf(pairs);
  }
}

function verdictsOf({ values, counts }: Counts): { wins: number; ties: number; losses: number } {
  const of = (score: number): number => counts[values.indexOf(score)] ?? 0;
  return { wins: of(1), ties: of(0.5), losses: of(0) };
}

function rateOf({ values, counts, n }: Counts): number | null {
  if (n === 0) return null;
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]! * counts[k]!;
  return Math.min(1, Math.max(0, sum / n));
}

/** Order of patterns, by number and then sum of scores. */
export const bySize = (a: { sum: number; scored: number }, b: { sum: number; scored: number }): number =>
  a.scored - b.scored || a.sum - b.sum;

function pooledSample(sample: Sample, scratch: Scratch): Sample {
  const patterns = new Map<string, { sum: number; scored: number; count: number }>();
  for (let i = 0; i < scratch.n; i++) {
    const at = scratch.touched[i]!;
    const [sum, scored] = [scratch.sum[at]!, scratch.scored[at]!];
    if (scored === 0) continue;
    const key = `${sum}/${scored}`;
    const known = patterns.get(key);
    if (known) known.count++;
    else patterns.set(key, { sum, scored, count: 1 });
  }
  const list = [...patterns.values()].sort(bySize);
  const total = list.reduce((sum, p) => sum + p.count * p.scored, 0);
  const rate = list.reduce((sum, p) => sum + p.count * p.sum, 0) / total;
  const counted = (value: (p: { sum: number; scored: number }) => number): Counts =>
    countsOf(list.map((p) => [value(p), p.count]));
  return {
    ...sample,
    rate,
    counts: counted((p) => rate + (sample.n / total) * (p.sum - rate * p.scored)),
    deviations: counted((p) => p.sum - p.scored / 2),
    verdicts: null,
    patterns: list,
  };
}

/** Two-sided p of a win rate of ½, by the sign-flip test. */
export function pOf(sample: Sample): number {
  return (sample.p ??= signFlip(sample.deviations));
}

export type IntervalMethod = 'tango' | 'wilson-effective-n';

/** Effective-n Wilson of a sample, or null without a score. */
export function effectiveOf(sample: Sample, level: number): EffectiveN | null {
  if (sample.rate === null) return null;
  if (sample.patterns !== null) return shrunk(sample.rate, varianceOf(sample.counts), sample.n, level);
  return effectiveN(sample.counts, level);
}

/**
 * The interval shown: Tango where each prompt has one verdict (`auto`, `tango`), else effective-n Wilson. In [0, 1],
 * holding the rate. Null without a score.
 */
export function intervalOf(
  sample: Sample,
  level: number,
  method: 'auto' | IntervalMethod = 'auto',
): { low: number; high: number; level: number; method: IntervalMethod } | null {
  const { rate, verdicts } = sample;
  if (rate === null) return null;
  const byTango = verdicts !== null && method !== 'wilson-effective-n';
  const { low, high } = byTango ? tango(verdicts, level)! : effectiveOf(sample, level)!;
  return {
    low: Math.min(rate, Math.max(0, low)),
    high: Math.max(rate, Math.min(1, high)),
    level,
    method: byTango ? 'tango' : 'wilson-effective-n',
  };
}
