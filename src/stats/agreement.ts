// Do the judges agree? On outcomes of comparisons that both judged (order-dependent counts as a tie, failed ones are
// left out): observed agreement with an interval by prompt, Cohen and Gwet by pair, Krippendorff and Fleiss over all.
import type { Agreement, AgreementPair } from '../summary.js';
import { LETTER, type TallyTable } from '../tally/table.js';
import { bootstrapMean, bootstrapStatistic } from './bootstrap.js';
import { countsOf } from './counts.js';
import { fleissOfCounts } from './fleiss.js';
import { oneWayIcc } from './icc.js';
import { effectiveJudges } from './jury.js';
import { cohenKappa, type Kappa } from './kappa.js';
import { addCoincidences, alphaOf } from './krippendorff.js';
import { bootstrapTotals, Moments } from './normal-limit.js';
import { oncePerTable } from './once.js';

const RESAMPLES = 2000;
const CATEGORIES = [0, 1, 2];
const REASONS = {
  no_pairable_units: 'no comparison was judged by both',
  no_variation: 'both name the same outcome every time, so agreement beyond chance is undefined',
} as const;

/** Outcomes of comparisons by judge as categories, loss 0, tie 1, win 2, −1 where there is none; `width` judges a row. */
interface Outcomes {
  prompt: Int32Array;
  cells: Int8Array;
  width: number;
  prompts: number;
}

/**
 * Agreement among all judges by pair, and over the `panel` (the judges that make the win rate) as a whole. Resamples
 * prompts, 2,000 times with the seed; costs grow with the number of distinct patterns of a prompt, not with prompts.
 */
export function agreementOf(table: TallyTable, panel: string[], { level = 0.95, seed = 0 } = {}): Agreement {
  const { pairs, resampling, counts } = ratingsOf(table, panel);
  return {
    pairs: pairs.map((pair) => pairOf(pair, level, seed)),
    krippendorff_alpha: alphaOfPrompts(resampling, { level, resamples: RESAMPLES, seed }),
    fleiss_kappa: fleissOf(counts, panel.length),
    unanimous: unanimousOf(counts, panel.length),
    effective_judges: effectiveOf(counts, panel.length),
  };
}

/** What agreement is made from, whatever its level. */
const ratingsOf = oncePerTable((table, panel: readonly string[]) => {
  const { judges } = table;
  const outcomes = outcomesOf(table);
  const pairs: Pair[] = [];
  for (let a = 0; a < judges.length; a++) {
    for (let b = a + 1; b < judges.length; b++) pairs.push(pairIn(outcomes, judges, a, b));
  }
  const places = panel.map((judge) => judges.indexOf(judge));
  const codes = codesOf(outcomes, places);
  const patterns = patternsOf(outcomes, codes, places.length);
  const counts: Weighted =
    patterns?.flatMap(({ units, count }) => units.map((unit) => ({ unit, count }))) ?? unitsOf(codes, places.length);
  const resampling = patterns === null ? inTheLimit(outcomes, codes, places.length) : byPattern(patterns);
  return { pairs, resampling, counts };
});

function outcomesOf({ rows, judge, judges, item, prompt, prompts, start, letters }: TallyTable): Outcomes {
  const width = judges.length;
  let units = 0;
  // Rows of one item stand together: its comparisons are as many as its longest row has.
  for (let from = 0; from < rows; from = endOf(from)) units += repeatsOf(from, endOf(from));
  const promptOf = new Int32Array(units);
  const cells = new Int8Array(units * width).fill(-1);
  let first = 0;
  for (let from = 0; from < rows;) {
    const to = endOf(from);
    const repeats = repeatsOf(from, to);
    promptOf.fill(prompt[from]!, first, first + repeats);
    for (let row = from; row < to; row++) {
      let at = first * width + judge[row]!;
      for (let cell = start[row]!; cell < start[row + 1]!; cell++, at += width) cells[at] = CATEGORY[letters[cell]!]!;
    }
    first += repeats;
    from = to;
  }
  return { prompt: promptOf, cells, width, prompts };

  function endOf(from: number): number {
    let to = from + 1;
    while (to < rows && item[to] === item[from]) to++;
    return to;
  }

  function repeatsOf(from: number, to: number): number {
    let repeats = 0;
    for (let row = from; row < to; row++) repeats = Math.max(repeats, start[row + 1]! - start[row]!);
    return repeats;
  }
}

/** Category by letter. */
const CATEGORY = new Int8Array(128).fill(-1);
CATEGORY[LETTER.w] = 2;
CATEGORY[LETTER.l] = 0;
CATEGORY[LETTER.t] = CATEGORY[LETTER.o] = 1;

/** By pair of categories, −1 for none among them, 4i + j + 5: whether both judged, and whether they agree. */
const BOTH = new Int32Array(16);
const SAME = new Int32Array(16);
for (const i of CATEGORIES) {
  for (const j of CATEGORIES) BOTH[4 * i + j + 5] = 1;
  SAME[5 * i + 5] = 1;
}

/** Two judges: how often they named each pair of outcomes, and prompts by how many of their comparisons agree. */
interface Pair {
  judges: [string, string];
  table: number[][];
  shares: Share[];
}

function pairIn({ prompt, cells, width, prompts }: Outcomes, judges: string[], a: number, b: number): Pair {
  const seen = new Int32Array(16);
  const same = new Int32Array(prompts);
  const both = new Int32Array(prompts);
  // Comparisons of one prompt stand together nearly always: what they come to is added once the next one begins.
  for (let u = 0; u < prompt.length;) {
    const at = prompt[u]!;
    let n = 0;
    let alike = 0;
    for (; u < prompt.length && prompt[u] === at; u++) {
      // Without a branch: what judges said cannot be foreseen by a processor either.
      const pair = 4 * cells[u * width + a]! + cells[u * width + b]! + 5;
      seen[pair]!++;
      n += BOTH[pair]!;
      alike += SAME[pair]!;
    }
    both[at]! += n;
    same[at]! += alike;
  }
  const table = CATEGORIES.map((i) => CATEGORIES.map((j) => seen[4 * i + j + 5]!));
  return { judges: [judges[a]!, judges[b]!], table, shares: sharesOf(same, both) };
}

function pairOf({ judges, table, shares }: Pair, level: number, seed: number): AgreementPair {
  const kappa = cohenKappa(table);
  return {
    judges,
    n: kappa.n,
    observed: kappa.observed,
    expected: kappa.expected,
    cohen_kappa: kappa.kappa,
    gwet_ac1: ac1Of(table, kappa),
    interval: sharesInterval(shares, level, seed),
    reason: kappa.reason === null ? null : REASONS[kappa.reason],
  };
}

/** Gwet's AC1 of two judges who rated every unit: chance is Σ π(1 − π)/(q − 1) from the mean shares of both. */
function ac1Of(table: number[][], { n, observed }: Kappa): number | null {
  if (observed === null) return null;
  const chance = CATEGORIES.reduce((sum, k) => {
    const row = table[k]!.reduce((s, x) => s + x, 0);
    const column = table.reduce((s, r) => s + r[k]!, 0);
    const share = (row + column) / (2 * n);
    return sum + (share * (1 - share)) / (CATEGORIES.length - 1);
  }, 0);
  return (observed - chance) / (1 - chance);
}

/** Prompts of which `same` of `n` comparisons agree. */
interface Share {
  same: number;
  n: number;
  count: number;
}

function sharesOf(same: Int32Array, both: Int32Array): Share[] {
  const shares = new Map<number, Share>();
  for (let p = 0; p < both.length; p++) {
    if (both[p] === 0) continue;
    const key = same[p]! * 2 ** 21 + both[p]!;
    const known = shares.get(key);
    if (known) known.count++;
    else shares.set(key, { same: same[p]!, n: both[p]!, count: 1 });
  }
  return [...shares.values()];
}

/** Interval of Σsame/Σn over prompts. */
function sharesInterval(list: Share[], level: number, seed: number): AgreementPair['interval'] {
  const method = 'percentile-by-prompt';
  if (list.length === 0) return null;
  if (list.every(({ n }) => n === list[0]!.n)) {
    // Equally many comparisons a prompt: the observed agreement is a mean, whose bootstrap is exact.
    const counts = countsOf(list.map(({ same, n, count }) => [same / n, count]));
    const { percentile } = bootstrapMean(counts, { level, seed })!;
    return { low: percentile[0], high: percentile[1], level, method };
  }
  const statistic = (drawn: Float64Array): number => {
    let [same, n] = [0, 0];
    for (let k = 0; k < drawn.length; k++) {
      same += drawn[k]! * list[k]!.same;
      n += drawn[k]! * list[k]!.n;
    }
    return same / n;
  };
  const options = { level, resamples: RESAMPLES, seed };
  const { low, high } = bootstrapStatistic(
    list.map(({ count }) => count),
    statistic,
    options,
  )!;
  return { low, high, level, method };
}

/** Ratings of one comparison: how many judges say loss, tie, win. */
type Unit = [number, number, number];

/** Prompts whose comparisons were rated alike, one after another. */
interface Pattern {
  units: Unit[];
  count: number;
}

/** How some judges rated each comparison, as one number: `unitAt` gives the ratings back. */
function codesOf({ prompt, cells, width }: Outcomes, places: number[]): Int32Array {
  const base = places.length + 1;
  // By category + 1; none adds nothing.
  const worth = Int32Array.of(0, base * base, base, 1);
  const codes = new Int32Array(prompt.length);
  for (const place of places) {
    for (let u = 0, cell = place; u < prompt.length; u++, cell += width) {
      codes[u]! += worth[cells[cell]! + 1]!;
    }
  }
  return codes;
}

function unitAt(code: number, judges: number): Unit {
  const base = judges + 1;
  return [Math.floor(code / base ** 2), Math.floor(code / base) % base, code % base];
}

/** Distinct patterns up to which whole prompts are resampled: the cost of a resample grows with them. */
const MOST_PATTERNS = 4096;
/** The same of so many prompts that their normal limit is nearer than 2,000 resamples are. */
const [MANY_PROMPTS, MOST_OF_MANY] = [2000, 256];

/** Patterns with how many prompts have them, or null when there are more than `MOST_PATTERNS`. */
function patternsOf({ prompt, prompts }: Outcomes, codes: Int32Array, judges: number): Pattern[] | null {
  const most = prompts < MANY_PROMPTS ? MOST_PATTERNS : MOST_OF_MANY;
  // Each unit leads from the pattern before it to the next one.
  const next = new Map<number, number>();
  const before: number[] = [0];
  const last: number[] = [0];
  // Where no way leads on from a pattern a prompt will have ended: so many patterns there are at least.
  const passed = new Set<number>([0]);
  const at = new Int32Array(prompts);
  const units = (judges + 1) ** 3;
  for (let u = 0; u < codes.length; u++) {
    const from = at[prompt[u]!]!;
    const key = from * units + codes[u]!;
    let to = next.get(key);
    if (to === undefined) {
      next.set(key, (to = before.length));
      before.push(from);
      last.push(codes[u]!);
      passed.add(from);
      if (before.length - passed.size > most || before.length > 4 * MOST_PATTERNS) return null;
    }
    at[prompt[u]!] = to;
  }
  const counts = new Map<number, number>();
  for (const pattern of at) if (pattern > 0) counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
  if (counts.size > most) return null;
  return [...counts].map(([pattern, count]) => {
    const own: Unit[] = [];
    for (let step = pattern; step > 0; step = before[step]!) own.unshift(unitAt(last[step]!, judges));
    return { units: own, count };
  });
}

function unitsOf(codes: Int32Array, judges: number): Weighted {
  const counts = new Float64Array((judges + 1) ** 3);
  for (let u = 0; u < codes.length; u++) counts[codes[u]!]!++;
  return [...counts].flatMap((count, code) => (count > 0 && code > 0 ? [{ unit: unitAt(code, judges), count }] : []));
}

interface Resampling {
  level: number;
  resamples: number;
  seed: number;
}

/** Places of the upper triangle in a coincidence matrix, which is symmetric. */
const UPPER = [0, 1, 2, 4, 5, 8];

/** Krippendorff's alpha over all comparisons, and its interval by prompt. */
function alphaOfPrompts(resampling: Resampled, options: Resampling): Agreement['krippendorff_alpha'] {
  const { alpha: value, reason } = alphaOf(resampling.total, CATEGORIES);
  if (value === null) {
    const text =
      reason === 'no_variation'
        ? 'every judge names the same outcome every time, so agreement beyond chance is undefined'
        : 'no comparison was judged by two judges';
    return { value, low: null, high: null, reason: text };
  }
  const interval = resampling.interval(options);
  return { value, low: interval?.low ?? null, high: interval?.high ?? null };
}

/** Coincidences of all comparisons, and the interval of alpha when prompts are drawn again. */
interface Resampled {
  total: Float64Array;
  interval(options: Resampling): { low: number; high: number } | null;
}

function byPattern(patterns: Pattern[]): Resampled {
  const coincidences = patterns.map(({ units }) => {
    const own = new Float64Array(9);
    for (const unit of units) addCoincidences(own, unit);
    return own;
  });
  const counts = patterns.map(({ count }) => count);
  const added = (drawn: ArrayLike<number>, into: Float64Array): Float64Array => {
    into.fill(0);
    for (let k = 0; k < coincidences.length; k++) {
      if (drawn[k] === 0) continue;
      for (let c = 0; c < 9; c++) into[c]! += drawn[k]! * coincidences[k]![c]!;
    }
    return into;
  };
  const scratch = new Float64Array(9);
  return {
    total: added(counts, new Float64Array(9)),
    interval: (options) =>
      bootstrapStatistic(counts, (drawn) => alphaOf(added(drawn, scratch), CATEGORIES).alpha, options),
  };
}

function inTheLimit({ prompt, prompts }: Outcomes, codes: Int32Array, judges: number): Resampled {
  const size = UPPER.length;
  const own = new Float64Array(prompts * size);
  const rated = new Uint8Array(prompts);
  const one = new Float64Array(9);
  const known: (Float64Array | undefined)[] = new Array((judges + 1) ** 3);
  for (let u = 0; u < codes.length; u++) {
    let coincidences = known[codes[u]!];
    if (coincidences === undefined) {
      addCoincidences(one.fill(0), unitAt(codes[u]!, judges));
      known[codes[u]!] = coincidences = Float64Array.from(UPPER, (at) => one[at]!);
    }
    rated[prompt[u]!] = 1;
    const at = prompt[u]! * size;
    for (let c = 0; c < size; c++) own[at + c]! += coincidences[c]!;
  }
  const moments = new Moments(size);
  for (let p = 0; p < prompts; p++) if (rated[p] === 1) moments.add(own, p * size);
  const whole = (totals: Float64Array): Float64Array => {
    UPPER.forEach((at, c) => (one[at] = one[3 * (at % 3) + Math.floor(at / 3)] = totals[c]!));
    return one;
  };
  return {
    total: whole(moments.sums).slice(),
    interval: (options) => bootstrapTotals(moments, (totals) => alphaOf(whole(totals), CATEGORIES).alpha, options),
  };
}

type Weighted = { unit: number[]; count: number }[];

function fleissOf(counts: Weighted, judges: number): Agreement['fleiss_kappa'] {
  if (judges < 2) return { value: null, reason: 'fewer than two judges' };
  const { kappa, reason } = fleissOfCounts(counts, judges);
  if (kappa !== null) return { value: kappa };
  return {
    value: null,
    reason:
      reason === 'no_variation' ? 'every judge names the same outcome every time' : 'no comparison was judged by all',
  };
}

function unanimousOf(counts: Weighted, judges: number): Agreement['unanimous'] {
  let [n, same] = [0, 0];
  for (const { unit, count } of counts) {
    if (judges < 2 || unit[0]! + unit[1]! + unit[2]! !== judges) continue;
    n += count;
    if (unit.includes(judges)) same += count;
  }
  return { n, share: n === 0 ? null : same / n };
}

/** Judges' worth of independent votes, from the correlation of their scores on one comparison (one-way ICC). */
function effectiveOf(counts: Weighted, judges: number): number | null {
  if (judges < 2) return judges === 1 ? 1 : null;
  const groups = counts.map(({ unit, count }) => ({
    n: unit[0]! + unit[1]! + unit[2]!,
    sum: unit[1]! / 2 + unit[2]!,
    squares: unit[1]! / 4 + unit[2]!,
    times: count,
  }));
  const correlation = oneWayIcc(groups);
  return correlation === null ? null : effectiveJudges(judges, correlation);
}
