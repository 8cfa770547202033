// The prompt scores of one group: what an interval, a test and a decision are computed from.
import type { Interval } from '../summary.js';
import { countScores, countsOf, varianceOf, type Counts } from './counts.js';
import { numbersOf, type Columns, type Numbers } from './columns.js';
import { signFlip } from './sign-flip.js';
import { tango } from './tango.js';
import { effectiveN, shrunk, type EffectiveN } from './wilson.js';

/** Numbers of a group with the sums of its scores and of their squares, in the order of its rows. */
export type Totals = Numbers & Record<'sum' | 'squares', number>;

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

/** Scratch arrays reused from group to group: sums of the group's prompts, in order of first appearance. */
export class Scratch {
  readonly sum: Float64Array;
  readonly scored: Int32Array;
  readonly failed: Int32Array;
  readonly length: Float64Array;
  readonly lengths: Int32Array;
  /** By prompt: its place, which holds where the stamp is the group's. */
  private readonly place: Int32Array;
  private readonly stamp: Int32Array;
  private current = 0;
  /** Prompts of the group: the first `n` places are its own. */
  n = 0;
  /** Sum of all its scores, and of their squares. */
  total = 0;
  squares = 0;

  constructor(prompts: number) {
    this.sum = new Float64Array(prompts);
    this.scored = new Int32Array(prompts);
    this.failed = new Int32Array(prompts);
    this.length = new Float64Array(prompts);
    this.lengths = new Int32Array(prompts);
    this.place = new Int32Array(prompts);
    this.stamp = new Int32Array(prompts);
  }

  fill(columns: Columns, rows: Int32Array): void {
    const { place, stamp, sum, scored, failed, length, lengths } = this;
    // Taken out of the walk: columns of whole tallies and of orders are two kinds of object.
    const { prompt, sum: sums, squares: ofSquares, scored: numbers, failed: failures } = columns;
    const { length: differences, lengths: known } = columns;
    const current = ++this.current;
    let n = 0;
    let total = 0;
    let squares = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const text = prompt[row]!;
      total += sums[row]!;
      squares += ofSquares[row]!;
      if (stamp[text] !== current) {
        stamp[text] = current;
        place[text] = n;
        sum[n] = sums[row]!;
        scored[n] = numbers[row]!;
        failed[n] = failures[row]!;
        length[n] = differences[row]!;
        lengths[n] = known[row]!;
        n++;
      } else {
        const at = place[text]!;
        sum[at]! += sums[row]!;
        scored[at]! += numbers[row]!;
        failed[at]! += failures[row]!;
        length[at]! += differences[row]!;
        lengths[at]! += known[row]!;
      }
    }
    this.n = n;
    this.total = total;
    this.squares = squares;
  }
}

/**
 * The sample of a group; `pooled` weighs prompts by their number of scores and keeps them whole. Where all have equally
 * many it is the same sample.
 */
export function sampleOf(
  columns: Columns,
  rows: Int32Array,
  scratch: Scratch,
  pooled = false,
  numbers = numbersOf(columns, rows),
): Sample {
  scratch.fill(columns, rows);
  const { n: size, total, squares } = scratch;
  const totals = { ...numbers, sum: total, squares };
  const means = new Means(size);
  // Two orders of a comparison are two verdicts.
  const single = addMeans(means, scratch) && totals.pairs === 0;
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
    bounds: boundsOf(scratch),
    lengths: lengthsOf(scratch),
  };
  return pooled && rate !== null && !single ? pooledSample(sample, scratch) : sample;
}

/** Adds the mean score of each prompt; whether each is one plain verdict. */
function addMeans(means: Means, { n, sum, scored }: Scratch): boolean {
  let single = true;
  for (let at = 0; at < n; at++) {
    const scores = scored[at]!;
    if (scores === 0) continue;
    const total = sum[at]!;
    means.add(total, scores);
    if (scores > 1 || (total !== 0 && total !== 0.5 && total !== 1)) single = false;
  }
  return single;
}

function boundsOf({ n, sum, scored, failed }: Scratch): Sample['bounds'] {
  let low = 0;
  let high = 0;
  let asked = 0;
  for (let at = 0; at < n; at++) {
    const comparisons = scored[at]! + failed[at]!;
    if (comparisons === 0) continue;
    asked++;
    low += sum[at]! / comparisons;
    high += (sum[at]! + failed[at]!) / comparisons;
  }
  return asked === 0 ? null : { low: low / asked, high: high / asked };
}

/** The same of a pooled rate, in which a prompt weighs by its comparisons. */
function pooledBoundsOf({ n, sum, scored, failed }: Scratch): Sample['bounds'] {
  let [total, failures, asked] = [0, 0, 0];
  for (let at = 0; at < n; at++) {
    total += sum[at]!;
    failures += failed[at]!;
    asked += scored[at]! + failed[at]!;
  }
  return asked === 0 ? null : { low: total / asked, high: (total + failures) / asked };
}

function lengthsOf({ n, sum, scored, length, lengths }: Scratch): Sample['lengths'] {
  const scores = new Float64Array(n);
  const differences = new Float64Array(n);
  let known = 0;
  for (let at = 0; at < n; at++) {
    if (scored[at] === 0 || lengths[at]! <= 0) continue;
    scores[known] = sum[at]! / scored[at]!;
    differences[known++] = length[at]! / lengths[at]!;
  }
  return { scores: scores.subarray(0, known), differences: differences.subarray(0, known) };
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

function verdictsOf({ values, counts }: Counts): Sample['verdicts'] {
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
  // By number of scores, then by sum: a key of both would be a text, which costs more than all else here.
  const patterns = new Map<number, Map<number, { sum: number; scored: number; count: number }>>();
  for (let at = 0; at < scratch.n; at++) {
    const sum = scratch.sum[at]!;
    const scored = scratch.scored[at]!;
    if (scored === 0) continue;
    let alike = patterns.get(scored);
    if (alike === undefined) patterns.set(scored, (alike = new Map()));
    const known = alike.get(sum);
    if (known) known.count++;
    else alike.set(sum, { sum, scored, count: 1 });
  }
  // Of prompts with equally many scores it is their mean, of which more is known exactly.
  if (patterns.size === 1) return sample;
  const list = [...patterns.values()].flatMap((alike) => [...alike.values()]).sort(bySize);
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
    bounds: pooledBoundsOf(scratch),
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
): (Interval & { method: IntervalMethod }) | null {
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
