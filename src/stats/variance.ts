// Where the spread of a judgment's score comes from: prompts, a checkpoint's answers to the same prompt (repeats), orders
// or judges. Moment estimates of nested components (Searle, Casella & McCulloch 1992), each stage less what lies below.
import type { Variance } from '../summary.js';
import { rowsWhere } from '../tally/rows.js';
import { LETTER, type TallyTable } from '../tally/table.js';

/** Shares of the variance of one judgment's score, negative components as 0; null with a reason where one judge, order or repeat cannot tell. */
export function varianceOfScores(table: TallyTable, rows = rowsWhere(table, () => true)): Variance {
  const comparisons = comparisonsOf(table, rows);
  const orders = orderVariance(table, rows);
  const ordersPerScore = orders.scored === 0 ? 1 : (orders.scored + orders.pairs) / orders.scored;
  const noise = (orders.variance ?? 0) / ordersPerScore;
  const judges = comparisons.within;
  const judgePart = judges.variance === null ? null : Math.max(0, judges.variance - noise);
  const below = (judges.variance ?? noise) / judges.size;
  const { repeats, means } = comparisons;
  const responsePart = repeats.variance === null ? null : Math.max(0, repeats.variance - below);
  const between = spreadOf(means);
  const promptPart =
    between.variance === null ? null : Math.max(0, between.variance - (repeats.variance ?? below) / repeats.size);
  const parts = { prompts: promptPart, responses: responsePart, orders: orders.variance, judges: judgePart };
  const total = Object.values(parts).reduce<number>((sum, part) => sum + (part ?? 0), 0);
  const share = (part: number | null): number | null => (part === null || total < 1e-15 ? null : part / total);
  return {
    prompts: share(parts.prompts),
    responses: share(parts.responses),
    orders: share(parts.orders),
    judges: share(parts.judges),
    win_rate_by_repeat: byRepeat(table, rows),
    reason: reasonOf(parts, total),
  };
}

function reasonOf(
  parts: Record<'prompts' | 'responses' | 'orders' | 'judges', number | null>,
  total: number,
): string | null {
  const missing = [
    parts.prompts === null && 'fewer than two prompts are scored',
    parts.responses === null &&
      'one response a prompt, so the spread between responses is part of that between prompts',
    parts.orders === null && 'no comparison was judged in both orders',
    parts.judges === null && 'no comparison was scored by two judges',
  ].filter((text) => text !== false);
  if (parts.prompts !== null && total < 1e-15) missing.unshift('every score is the same');
  return missing.length === 0 ? null : missing.join('; ');
}

/** Variance inside groups, and the harmonic mean of their sizes. */
interface Within {
  variance: number | null;
  size: number;
}

/** Variance between judges inside a comparison, between comparisons inside a prompt, and the mean score of each prompt. */
function comparisonsOf(
  { item, prompt, prompts, start, scores }: TallyTable,
  rows: Int32Array,
): { within: Within; repeats: Within; means: Float64Array } {
  const judges = new Spread();
  // Means of comparisons, in order of appearance; `before` chains those of one prompt.
  let capacity = 0;
  for (let i = 0; i < rows.length; i++) capacity += start[rows[i]! + 1]! - start[rows[i]!]!;
  const mean = new Float64Array(capacity);
  const of = new Int32Array(capacity);
  const sizes = new Int32Array(prompts + 1);
  let n = 0;
  // Scores of one comparison, by judge.
  const group = new Float64Array(rows.length);
  for (let from = 0; from < rows.length;) {
    const first = rows[from]!;
    let to = from;
    let repeats = 0;
    for (; to < rows.length && item[rows[to]!] === item[first]; to++)
      repeats = Math.max(repeats, start[rows[to]! + 1]! - start[rows[to]!]!);
    for (let r = 0; r < repeats; r++) {
      let size = 0;
      for (let t = from; t < to; t++) {
        const row = rows[t]!;
        const cell = start[row]! + r;
        if (cell >= start[row + 1]!) continue;
        const score = scores[cell]!;
        if (!Number.isNaN(score)) group[size++] = score;
      }
      if (size === 0) continue;
      mean[n] = judges.add(group, 0, size);
      of[n++] = prompt[first]!;
      sizes[prompt[first]! + 1]!++;
    }
    from = to;
  }
  // Comparisons by prompt, each prompt's in order of appearance.
  for (let p = 0; p < prompts; p++) sizes[p + 1]! += sizes[p]!;
  const next = sizes.slice();
  const sorted = new Float64Array(n);
  for (let i = 0; i < n; i++) sorted[next[of[i]!]!++] = mean[i]!;
  const repeats = new Spread();
  const means = new Float64Array(prompts);
  let scored = 0;
  for (let p = 0; p < prompts; p++) {
    if (sizes[p + 1]! > sizes[p]!) means[scored++] = repeats.add(sorted, sizes[p]!, sizes[p + 1]!);
  }
  return { within: judges.result(), repeats: repeats.result(), means: means.subarray(0, scored) };
}

/** Pooled variance inside groups of two or more, and the harmonic mean of all group sizes. */
class Spread {
  private squares = 0;
  private df = 0;
  private inverse = 0;
  private groups = 0;

  /** Takes a group of one or more and gives its mean. */
  add(values: Float64Array, from: number, to: number): number {
    let sum = 0;
    for (let i = from; i < to; i++) sum += values[i]!;
    const mean = sum / (to - from);
    this.groups++;
    this.inverse += 1 / (to - from);
    this.df += to - from - 1;
    let squares = this.squares;
    for (let i = from; i < to; i++) squares += (values[i]! - mean) ** 2;
    this.squares = squares;
    return mean;
  }

  result(): Within {
    const { squares, df, inverse, groups } = this;
    return { variance: df === 0 ? null : squares / df, size: groups === 0 ? 1 : groups / inverse };
  }
}

function spreadOf(values: Float64Array): Within {
  const spread = new Spread();
  if (values.length > 0) spread.add(values, 0, values.length);
  return spread.result();
}

/**
 * Variance between the two orders of a comparison: a win and a loss (score ½) differ by 1, a win and a tie (¾ or ¼) by ½,
 * the same winner twice by nothing.
 */
function orderVariance(
  { counts, start, letters, scores }: TallyTable,
  rows: Int32Array,
): { variance: number | null; pairs: number; scored: number } {
  let [pairs, scored, differing, even] = [0, 0, 0, 0];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    pairs += counts.pairs[row]!;
    for (let cell = start[row]!; cell < start[row + 1]!; cell++) {
      const score = scores[cell]!;
      const known = Number(!Number.isNaN(score));
      const differs = known & Number(letters[cell] === LETTER.o);
      scored += known;
      differing += differs;
      even += differs & Number(score === 0.5);
    }
  }
  const sum = even / 2 + (differing - even) / 8;
  return { variance: pairs === 0 ? null : sum / pairs, pairs, scored };
}

/** Mean over prompts of the mean score at each repeat, from repeat 0. */
function byRepeat({ prompt, prompts, start, scores }: TallyTable, rows: Int32Array): (number | null)[] {
  // Each prompt has as many places as its longest row, one behind the other: all repeats are added up in one walk.
  const places = new Int32Array(prompts + 1);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const at = prompt[row]! + 1;
    places[at] = Math.max(places[at]!, start[row + 1]! - start[row]!);
  }
  const repeats = places.reduce((most, n) => Math.max(most, n), 0);
  for (let p = 0; p < prompts; p++) places[p + 1]! += places[p]!;
  const sums = new Float64Array(places[prompts]!);
  const counts = new Int32Array(places[prompts]!);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    let at = places[prompt[row]!]!;
    for (let cell = start[row]!; cell < start[row + 1]!; cell++, at++) {
      const score = scores[cell]!;
      if (Number.isNaN(score)) continue;
      sums[at]! += score;
      counts[at]!++;
    }
  }
  const totals = new Float64Array(repeats);
  const judged = new Int32Array(repeats);
  for (let p = 0; p < prompts; p++) {
    for (let at = places[p]!, r = 0; at < places[p + 1]!; at++, r++) {
      if (counts[at] === 0) continue;
      judged[r]!++;
      totals[r]! += sums[at]! / counts[at]!;
    }
  }
  return Array.from(totals, (total, r) => (judged[r] === 0 ? null : total / judged[r]!));
}
