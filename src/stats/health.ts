// Can a judge be trusted? Its rates over tallies, each with an interval that keeps prompts whole.
import type { CanaryTally, Due, Failure, Retest, Role } from '../records.js';
import type { CriterionSummary, JudgeHealth, Rate } from '../summary.js';
import { type CriterionColumns, nothingIn, type TallyTable, together } from '../tally/table.js';
import { clusteredRate, clusterSums, rateOf, type ClusterSums } from './cluster.js';
import type { Columns } from './columns.js';
import { tQuantile } from './distributions.js';
import { oncePerTable } from './once.js';
import { allColumns, rowsOfJudges } from './samples.js';
import { familyOverlap } from './self-preference.js';

/** Model names by judge, and of the two checkpoints; null where a name is not known. */
export interface Families {
  judges: Record<string, string | null>;
  baseline: string | null;
  candidate: string | null;
}

export interface HealthInput {
  judge: string;
  /** Whether it is a rule that compares with references: asked in one order on purpose, it follows no slot. */
  reference: boolean;
  counts: HealthCounts;
  retests: Retest[];
  canaries: CanaryTally[];
  due: Due[] | null;
  families: Families | null;
  accuracy: JudgeHealth['accuracy'];
  level: number;
}

/** Judge health of one judge; a rate without a chance is null with the reason. */
export function healthOf({
  judge,
  reference,
  counts,
  retests,
  canaries,
  due,
  families,
  accuracy,
  level,
}: HealthInput): JudgeHealth {
  const rate = (sums: ClusterSums | null, reason: string): Rate =>
    asRate(sums === null ? null : rateOf(sums, level), reason);
  const notPaired = 'no comparison was judged in both orders';
  return {
    judge,
    first_slot_rate: reference
      ? { value: null, reason: 'compares with references, whichever text is first' }
      : rate(counts.first_slot, 'no decisive judgment with a known order'),
    position_consistency: rate(counts.consistent, notPaired),
    order_dependent_rate: rate(counts.order_dependent, notPaired),
    repeat_consistency: retestRate(retests, level),
    longer_wins_rate: rate(counts.longer_wins, 'no decisive judgment of texts that differ in length'),
    failed: { ...counts.failed },
    coverage: due === null ? rate(counts.judged, 'nothing was asked') : coverageOf(counts, due),
    canaries: canaries.map(({ kind, n, passed }) => ({ kind, n, passed })),
    quote_mismatch_rate: rate(counts.quote_mismatches, 'no judgment quotes the text it chose'),
    score_contradictions: rate(counts.score_contradictions, 'no decisive judgment with scores'),
    family_overlap: overlapOf(judge, families),
    accuracy,
  };
}

/** By row of the table: how often something came about, of how many chances. */
interface Chances {
  events: Int32Array;
  of: Int32Array;
}

const RATES = [
  'first_slot',
  'consistent',
  'order_dependent',
  'longer_wins',
  'judged',
  'quote_mismatches',
  'score_contradictions',
] as const;
type HealthRate = (typeof RATES)[number];

/** What a judge's rates are made from, whatever their level. */
export interface HealthCounts extends Record<HealthRate, ClusterSums | null> {
  /** Rows of the judge. */
  rows: Int32Array;
  /** Judgments that are judged. */
  n: number;
  failed: Partial<Record<Failure, number>>;
}

/** Of each judge of a table, in their order. */
export const healthCounts = oncePerTable((table): HealthCounts[] => {
  const chances = chancesIn(allColumns(table, false));
  const scratch = { happened: new Float64Array(table.prompts), chances: new Float64Array(table.prompts) };
  return table.judges.map((judge) => {
    const rows = rowsOfJudges(table, [judge]);
    const failed = [...table.failures].map(([reason, column]) => [reason, added(column, rows)] as const);
    return {
      ...(Object.fromEntries(RATES.map((name) => [name, sumsOver(table, rows, chances[name], scratch)])) as Record<
        HealthRate,
        ClusterSums | null
      >),
      rows,
      n: added(chances.judged.events, rows),
      failed: Object.fromEntries(failed.filter(([, n]) => n > 0)),
    };
  });
});

/** The columns are those of all tallies of a table. */
function chancesIn({ table, order_dependent, judged, failed_judgments: failed }: Columns): Record<HealthRate, Chances> {
  const { rows, counts: c } = table;
  const first = together(rows, [c.baseline_first_losses, c.candidate_first_wins]);
  const decisive = together(rows, [first, c.baseline_first_wins, c.candidate_first_losses]);
  const asked = together(rows, [judged, failed]);
  // Order-dependent comparisons among those judged in both orders.
  const differing = new Int32Array(rows);
  const consistent = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    differing[row] = Math.min(order_dependent[row]!, c.pairs[row]!);
    consistent[row] = c.pairs[row]! - differing[row]!;
  }
  return {
    first_slot: { events: first, of: decisive },
    consistent: { events: consistent, of: c.pairs },
    order_dependent: { events: differing, of: c.pairs },
    longer_wins: { events: c.longer_wins, of: c.unequal },
    judged: { events: judged, of: asked },
    quote_mismatches: { events: c.quote_mismatches, of: c.quotes },
    score_contradictions: { events: c.score_contradictions, of: c.rated },
  };
}

function added(column: Int32Array, rows: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += column[rows[i]!]!;
  return sum;
}

function sumsOver(
  { prompt }: TallyTable,
  rows: Int32Array,
  { events, of }: Chances,
  { happened, chances }: { happened: Float64Array; chances: Float64Array },
): ClusterSums | null {
  if (nothingIn(of)) return null;
  happened.fill(0);
  chances.fill(0);
  let any = false;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const n = of[row]!;
    if (n === 0) continue;
    any = true;
    const at = prompt[row]!;
    happened[at]! += events[row]!;
    chances[at]! += n;
  }
  return any ? clusterSums(happened, chances) : null;
}

function asRate(rate: ReturnType<typeof clusteredRate>, reason: string): Rate {
  return rate === null ? { value: null, reason } : { value: rate.mean, low: rate.low, high: rate.high, n: rate.n };
}

function retestRate(retests: Retest[], level: number): Rate {
  const prompts = new Map<string, { same: number; n: number }>();
  for (const { prompt_hash, same, n } of retests) {
    const known = prompts.get(prompt_hash) ?? { same: 0, n: 0 };
    prompts.set(prompt_hash, { same: known.same + same, n: known.n + n });
  }
  const rows = [...prompts.values()];
  const rate = clusteredRate(
    rows.map(({ same }) => same),
    rows.map(({ n }) => n),
    level,
  );
  return asRate(rate, 'no comparison was judged again in the same order');
}

function coverageOf({ n: judged }: HealthCounts, due: Due[]): Rate {
  const n = due.reduce((sum, row) => sum + row.judgments, 0);
  if (n === 0) return { value: null, reason: 'nothing is due' };
  // A share of a plan is a count and not a sample: nothing is uncertain about it.
  const value = Math.min(1, judged / n);
  return { value, low: value, high: value, n };
}

function overlapOf(judge: string, families: Families | null): Role[] {
  if (families === null) return [];
  const { baseline, candidate } = families;
  return familyOverlap(families.judges[judge] ?? judge, { baseline, candidate });
}

/**
 * How a judge scored each criterion: mean of (candidate − baseline) over judgments with its t interval over prompts
 * (linearised), and the share of decisive judgments whose difference has the sign of the verdict.
 */
export function criteriaOf(table: TallyTable, rows: Int32Array, judge: string, level: number): CriterionSummary[] {
  const criteria = [...table.criteria]
    .map(([criterion, columns]) => ({ criterion, columns, first: rows.findIndex((row) => columns.n[row]! > 0) }))
    .filter(({ first }) => first >= 0)
    .sort((a, b) => a.first - b.first)
    .map(({ criterion, columns }) => [criterion, summed(table, rows, columns)] as const);
  return criteria.map(([criterion, c]) => {
    const n = c.n.reduce((sum, x) => sum + x, 0);
    const mean = n === 0 ? null : c.difference.reduce((sum, x) => sum + x, 0) / n;
    const half = mean === null ? null : halfWidth(c, mean, n, level);
    return {
      judge,
      criterion,
      n,
      mean_difference: mean,
      low: mean === null || half === null ? null : mean - half,
      high: mean === null || half === null ? null : mean + half,
      agrees_with_verdict: c.decisive === 0 ? null : c.agrees / c.decisive,
    };
  });
}

function summed({ prompt, prompts }: TallyTable, rows: Int32Array, own: CriterionColumns): Criterion {
  const c = { n: new Float64Array(prompts), difference: new Float64Array(prompts), decisive: 0, agrees: 0 };
  for (const row of rows) {
    const at = prompt[row]!;
    c.n[at]! += own.n[row]!;
    c.difference[at]! += own.difference[row]!;
    c.decisive += own.decisive[row]!;
    c.agrees += own.agrees[row]!;
  }
  return c;
}

/** Sums by prompt, and over all. */
interface Criterion {
  n: Float64Array;
  difference: Float64Array;
  decisive: number;
  agrees: number;
}

function halfWidth(c: Criterion, mean: number, n: number, level: number): number | null {
  let size = 0;
  let squares = 0;
  for (let i = 0; i < c.n.length; i++) {
    if (c.n[i] === 0) continue;
    size++;
    squares += (c.difference[i]! - mean * c.n[i]!) ** 2;
  }
  if (size < 2) return null;
  const se = Math.sqrt((squares * size) / (size - 1)) / n;
  return tQuantile((1 + level) / 2, size - 1) * se;
}
