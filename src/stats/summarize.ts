// From tallies to the summary: the one place where `stats`, summary.json, the report, the gate and HTTP get numbers.
import { DOMAINS, type CanaryTally, type Domain, type Due, type Retest, type Tally } from '../records.js';
import type { Estimate, Group, JudgeHealth, Look, Summary, Warning } from '../summary.js';
import { pick, rowsWhere } from '../tally/rows.js';
import { tableOf, type TallyTable } from '../tally/table.js';
import { adjust } from './adjust.js';
import { agreementOf } from './agreement.js';
import { decide, defaultMargin, type DomainEvidence, type Tested } from './decision.js';
import type { Columns } from './columns.js';
import { coverageOf, estimateOf } from './estimate.js';
import { everyRow, grouped, GROUPINGS, type Grouping, type GroupRows } from './groups.js';
import { widened } from './looks.js';
import { panelOf, type PanelOptions } from './panel.js';
import { leastPrompts } from './power.js';
import { criteriaOf, healthCounts, healthOf, type Families } from './health.js';
import { oncePerTable } from './once.js';
import { effectiveOf, intervalOf, pOf, type IntervalMethod, type Sample } from './sample.js';
import { rowsOfJudges, samplesOf, samplesOfJury, type Samples } from './samples.js';
import { varianceOfScores } from './variance.js';
import { warningsOf } from './warnings.js';

export interface SummarizeInput extends PanelOptions {
  tallies: readonly Tally[] | TallyTable;
  /** The plan; coverage counts against the rows present without one. */
  due?: Due[] | undefined;
  retests?: Retest[] | undefined;
  canaries?: CanaryTally[] | undefined;
  run?: Record<string, unknown> | null | undefined;
  /** Of every bootstrap that draws. Default 0. */
  seed?: number | undefined;
  /** Confidence level of all intervals. Default 0.95. */
  level?: number | undefined;
  /** Set before the run; default 0.05, below 400 prompts 0.10. */
  margins?: Partial<Record<Domain, number>> | undefined;
  /** Groupings instead of the usual ones; the overall estimate always comes first. */
  by?: Grouping[] | undefined;
  method?: 'auto' | IntervalMethod | undefined;
  excludeOrderDependent?: boolean | undefined;
  /** Weigh prompts by how often they were judged; prompts still stay whole in intervals and tests. */
  pooled?: boolean | undefined;
  /** Only these judges. */
  judges?: string[] | undefined;
  /** By judge: accuracy against known answers, by group. */
  accuracy?: Record<string, JudgeHealth['accuracy']> | undefined;
  families?: Families | undefined;
  /** The deciding judges as one, where they do not decide by their mean: a tally a prompt, in place of their own. */
  jury?: Tally[] | undefined;
  /** Of a run that was looked at before its planned end: what its decisions must hold in as well. */
  looks?: readonly Look[] | undefined;
  /** Said by whoever read or ran it; they come first. */
  warnings?: Warning[] | undefined;
}

/**
 * Every statistic of the tallies. The order of rows changes nothing; nothing is NaN; a null stands with its reason. Pure:
 * the same input gives the same summary.
 */
export function summarize(input: SummarizeInput): Summary {
  const { level = 0.95, seed = 0, method = 'auto', pooled = false, excludeOrderDependent = false } = input;
  const whole = 'rows' in input.tallies ? input.tallies : tableOf(input.tallies);
  const wanted = input.judges;
  const table =
    wanted === undefined
      ? whole
      : pick(
          whole,
          rowsWhere(whole, (row) => wanted.includes(whole.judges[whole.judge[row]!]!)),
        );
  const { judges } = table;
  const panel = panelOf(judges, input);
  // Also judges that nothing is there of yet: what they were to judge is due all the same.
  const planned = (input.due ?? []).map(({ judge }) => judge).filter((judge) => wanted?.includes(judge) ?? true);
  const everyone = [...new Set([...judges, ...planned])];
  const deciding = [...new Set([...panel, ...panelOf(everyone, input)])];
  const samples =
    input.jury === undefined
      ? samplesOf(table, panel, excludeOrderDependent, pooled)
      : samplesOfJury(table, panel, input.jury, excludeOrderDependent, pooled);
  const made = new Map<Sample, Estimate>();
  const estimates: Estimate[] = [];
  for (const grouping of [[], ...(input.by ?? GROUPINGS)] as Grouping[]) {
    const perJudge = grouping.includes('judge');
    const columns = samples[perJudge ? 'every' : 'main'](grouping.includes('order'));
    for (const { group, rows, numbers } of grouped(columns, grouping)) {
      const due = dueIn(input.due, group, perJudge ? everyone : deciding);
      const sample = samples.of(columns, rows, numbers);
      const known = made.get(sample) ?? estimateOf(group, columns, rows, sample, { level, seed, method, due });
      made.set(sample, known);
      // What is due differs where a group was planned and nothing of it is there yet.
      const coverage = due === null ? known.coverage : coverageOf(known.n_judgments, 0, due);
      estimates.push({ ...known, group, coverage });
    }
  }
  adjustFamilies(estimates, 1 - level);
  const health = healthCounts(table);
  const summary: Summary = {
    run: input.run ?? null,
    estimates,
    agreement: agreementOf(table, panel, { level, seed }),
    judges: judges.map((judge, at) =>
      healthOf({
        judge,
        reference: input.referenceJudges?.includes(judge) === true,
        counts: health[at]!,
        retests: (input.retests ?? []).filter((row) => row.judge === judge),
        canaries: (input.canaries ?? []).filter((row) => row.judge === judge),
        due: input.due?.filter((row) => row.judge === judge) ?? null,
        families: input.families ?? null,
        accuracy: input.accuracy?.[judge] ?? [],
        level,
      }),
    ),
    decision: decisionOf(samples.main(false), samples, { ...input, level, method, pooled }),
    variance: varianceOf(table, panel),
    criteria: judges.flatMap((judge, at) => criteriaOf(table, health[at]!.rows, judge, level)),
    warnings: [],
  };
  summary.warnings = [...(input.warnings ?? []), ...warningsOf(summary, table, method)];
  return summary;
}

const varianceOf = oncePerTable((table, panel: readonly string[]) =>
  varianceOfScores(table, rowsOfJudges(table, panel)),
);

/** Judgments due in a group for these judges; null where no plan is known. */
function dueIn(due: Due[] | undefined, group: Group, judges: string[]): number | null {
  if (due === undefined) return null;
  let sum = 0;
  for (const row of due) {
    const inside = Object.entries(group).every(([field, value]) => row[field as keyof Group] === value);
    if (inside && judges.includes(row.judge)) sum += row.judgments;
  }
  return sum;
}

/**
 * Holm inside the confirmatory families (domains; suites), Benjamini-Hochberg for the exploring ones (categories,
 * judges and crossings). One question asked once, the overall one, needs none. Groups of too few prompts to ever reach
 * alpha stay outside their family (Tarone 1990), with p_adjusted null.
 */
function adjustFamilies(estimates: Estimate[], alpha: number): void {
  const families = new Map<string, Estimate[]>();
  for (const estimate of estimates) {
    const fields = Object.keys(estimate.group).join('*');
    if (fields === '' || fields === 'order' || estimate.p_value === null) continue;
    if (estimate.n_prompts < leastPrompts(alpha)) continue;
    const family = families.get(fields);
    if (family) family.push(estimate);
    else families.set(fields, [estimate]);
  }
  for (const [fields, family] of families) {
    const adjustment = fields === 'domain' || fields === 'suite' ? 'holm' : 'benjamini-hochberg';
    const adjusted = adjust(
      family.map(({ p_value }) => p_value!),
      adjustment,
    );
    family.forEach((estimate, i) => {
      estimate.p_adjusted = adjusted[i]!;
      estimate.adjustment = adjustment;
    });
  }
}

type DecisionInput = SummarizeInput & { level: number; method: 'auto' | IntervalMethod; pooled: boolean };

function decisionOf(columns: Columns, samples: Samples, input: DecisionInput): Summary['decision'] {
  const tested = (name: string, rows: Int32Array, margin: number | null): Tested & { margin: number } => {
    const sample = samples.of(columns, rows);
    const used = margin ?? defaultMargin(sample.n);
    const { wins, losses, ties, order_dependent } = sample.totals;
    return {
      name,
      n: sample.n,
      n_effective: effectiveOf(sample, input.level)?.n_effective ?? null,
      rate: sample.rate,
      wins,
      losses,
      ties: ties + order_dependent,
      evidence: evidenceOf(sample, used, input),
      margin: used,
    };
  };
  const whole = (name: string, rows: Int32Array, margin: number | null, suites: GroupRows[]): DomainEvidence => {
    const all = tested(name, rows, margin);
    const look = input.looks?.find(({ domain }) => domain === name);
    if (all.evidence !== null && look !== undefined) {
      const { interval, inner } = all.evidence;
      all.evidence = { ...all.evidence, interval: widened(interval, look), inner: widened(inner, look) };
    }
    const parts = suites.length < 2 ? [] : suites.map(({ group, rows: own }) => tested(group.suite!, own, all.margin));
    return { ...all, suites: parts };
  };
  const byDomain = new Map(grouped(columns, ['domain']).map(({ group, rows }) => [group.domain, rows]));
  const suites = grouped(columns, ['domain', 'suite']);
  const domains = Object.fromEntries(
    DOMAINS.map((domain) => {
      const rows = byDomain.get(domain) ?? new Int32Array();
      const planned = input.due?.some((row) => row.domain === domain) ?? false;
      if (rows.length === 0 && !planned) return [domain, null];
      const own = suites.filter(({ group }) => group.domain === domain);
      return [domain, whole(domain, rows, input.margins?.[domain] ?? null, own)];
    }),
  ) as Record<Domain, DomainEvidence | null>;
  const every = everyRow(columns);
  return decide(domains, every.length === 0 ? null : whole('overall', every, null, grouped(columns, ['suite'])));
}

function evidenceOf(sample: Sample, margin: number, { level, method }: DecisionInput): Tested['evidence'] {
  const interval = intervalOf(sample, level, method);
  const inner = intervalOf(sample, Math.max(0, 2 * level - 1), method);
  if (interval === null || inner === null) return null;
  return { interval, inner, p: pOf(sample), alpha: 1 - level, margin };
}
