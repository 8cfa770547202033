// Every number of a run: what the store counted, handed to the one `summarize`. Serves `stats`, summary.json, the
// report, the gate and HTTP, so that they cannot differ.
import type { Glance, Progress, RunDecision } from './answers.js';
import { configOf } from './configuration.js';
import { DoubleblindError, suggest } from './errors.js';
import { judgesOf } from './judges.js';
import { canaryPasses } from './judging/canaries.js';
import { hashOf, sha256 } from './hash.js';
import { juryOf } from './jury-rule.js';
import { knownAnswers } from './known-answers.js';
import { limitOf, planOf } from './plan.js';
import { CANARIES, type CanaryTally, type Domain, type Due, type Run, type Status, type Tally } from './records.js';
import { type Grouping, type SummarizeInput, summarize } from './stats/index.js';
import type { ResponseFault } from './response-checks.js';
import { earlyOf, sequenceWarnings } from './stopping.js';
import { type CanaryRow, type RunCounts, rowsIn, type TallyFilter } from './store/tallies.js';
import type { Store } from './store/index.js';
import type { DomainDecision, Summary, Warning } from './summary.js';
import { pick } from './tally/rows.js';
import { Tallies, type TallyTable } from './tally/table.js';

/** Runs nobody carries out: their numbers stand until something is added. */
export const FINISHED: readonly Status[] = ['done', 'stopped', 'cancelled'];

/** How intervals are made; `auto` takes the one that suits the data. */
export const METHODS = ['auto', 'tango', 'wilson-effective-n'] as const satisfies NonNullable<
  SummarizeInput['method']
>[];

const FIELDS = ['domain', 'suite', 'category', 'judge', 'order'] as const satisfies Grouping;

/**
 * Groupings from their written form: `domain,suite*judge` is by domain, and by suite crossed with judge.
 * @throws INVALID_VALUE naming the nearest field
 */
export function parseBy(text: string): Grouping[] {
  return text.split(',').map((grouping) =>
    grouping.split('*').map((word) => {
      const field = FIELDS.find((name) => name === word.trim());
      if (field !== undefined) return field;
      const near = suggest(word.trim(), FIELDS);
      const hint = near === null ? `Group by ${FIELDS.join(', ')}.` : `Did you mean "${near}"?`;
      throw new DoubleblindError('INVALID_VALUE', `results cannot be grouped by "${word.trim()}".`, { hint });
    }),
  );
}

/** How a summary is asked for; nothing given: every group of the contract, at the level the run was started with. */
export type WinRateOptions = TallyFilter &
  Partial<Pick<SummarizeInput, 'by' | 'level' | 'method' | 'seed' | 'judges' | 'excludeOrderDependent' | 'pooled'>>;

/** Section 5 of the contract for a stored run; `run` is the record without its configuration. */
export async function winRates(store: Store, run: Run, options: WinRateOptions = {}): Promise<Summary> {
  return answered(store, run, await store.counted(run.id), options);
}

/** Summaries by the tallies they were made from, which are the same object as long as the same tallies stand in the database. */
const made = new WeakMap<TallyTable, Map<string, Summary>>();
const MADE_OF_A_TABLE = 16;

/** The summary of what the store counted; who asks again before anything has changed is given the same one. */
async function answered(store: Store, run: Run, counts: RunCounts, options: WinRateOptions = {}): Promise<Summary> {
  const { suite, domain, category, ...asked } = options;
  const filter = { suite, domain, category };
  const references = judgesOf(run).referenceJudges ?? [];
  const [due, replies] = await Promise.all([dueOf(store, run, counts), store.replies(run.id, references)]);
  const { table, retests } = counts;
  const canaries = canaryTallies(counts.canaries);
  const known = made.get(table) ?? new Map<string, Summary>();
  made.set(table, known);
  const key = sha256(JSON.stringify([run, filter, asked, due, replies, retests, canaries]));
  let summary = known.get(key);
  if (summary === undefined) {
    const whole = Object.values(filter).every((value) => value === undefined);
    const tallies = Tallies.of(whole ? table : pick(table, rowsIn(table, filter)));
    const accuracy = references.length === 0 ? {} : knownAnswers(references, replies, tallies.all);
    const matching = due.filter((one) => matches(one, filter));
    summary = summaryOf(run, { tallies, retests, canaries, due: matching, accuracy }, asked);
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size + 1 - MADE_OF_A_TABLE)))
      known.delete(oldest);
    known.set(key, summary);
  }
  return summary;
}

type Counts = Pick<SummarizeInput, 'retests' | 'canaries' | 'due' | 'accuracy'> & { tallies: Tally[] | Tallies };

/** The summary of a run from what was counted of it, in the store or in its files. */
export function summaryOf(run: Run, counted: Counts, asked: Omit<WinRateOptions, keyof TallyFilter> = {}): Summary {
  const { config: _c, decision_rule, environment: _e, identities: _i, ...facts } = run;
  const rule = decision_rule as { level?: number; margin?: SummarizeInput['margins'] };
  const judges = judgesOf(run);
  const tallies = counted.tallies instanceof Tallies ? counted.tallies : Tallies.of(counted.tallies);
  // Who asks for single judges asks for them and not for their jury; and a mean needs no votes one by one.
  const ruled = asked.judges === undefined && (run.config['jury'] ?? 'mean') !== 'mean';
  const jury: ReturnType<typeof juryOf> = ruled ? juryOf(run, tallies.all, judges) : { warnings: [] };
  const early = sequenceWarnings(run, tallies);
  const summary = summarize({
    ...counted,
    tallies: tallies.table,
    run: facts,
    margins: rule.margin,
    ...judges,
    accuracy: withCertified(run, counted.accuracy),
    jury: jury.jury,
    // Looks are at the judges that decide, and say nothing of single ones.
    looks: asked.judges === undefined ? earlyOf({ warnings: early })?.sequence : undefined,
    warnings: [...responseWarnings(run), ...early, ...(judges.warnings ?? []), ...jury.warnings],
    ...asked,
    // Also where nothing is asked by the name of it, as flags that were not given are.
    seed: asked.seed ?? (run.config['seed'] as number | undefined) ?? 0,
    level: asked.level ?? rule.level,
  });
  if (run.status === 'running')
    summary.decision.sentence = `Not final, the run is under way: ${summary.decision.sentence}`;
  return summary;
}

/** What was odd about the responses, as the last look at them had it (looks.ts). */
const responseWarnings = ({ identities }: Run): Warning[] =>
  ((identities['responses'] ?? []) as ResponseFault[]).map((fault) => ({ ...fault }));

/** What is known of the judges: by this run's reference judge, then by their certification as the run's record has it. */
function withCertified(run: Run, known: SummarizeInput['accuracy'] = {}): SummarizeInput['accuracy'] {
  const certified = (run.identities['certified'] ?? {}) as NonNullable<SummarizeInput['accuracy']>;
  const judges = new Set([...Object.keys(known), ...Object.keys(certified)]);
  return Object.fromEntries(
    [...judges].map((judge) => [judge, [...(known[judge] ?? []), ...(certified[judge] ?? [])]]),
  );
}

/**
 * The summary of a run and its text; of a finished run both are kept in the store, so that they are computed once.
 * A judgment that comes while they are computed keeps them from being kept.
 */
export async function concluded(store: Store, run: Run): Promise<{ summary: Summary; text: string }> {
  const kept = await store.keptSummary(run.id);
  if (kept !== null) return { summary: JSON.parse(kept) as Summary, text: kept };
  const counts = await store.counted(run.id);
  const summary = await answered(store, run, counts);
  const text = JSON.stringify(summary);
  if (FINISHED.includes(run.status)) {
    const glance = JSON.stringify(glanceOf(run, counts, summary));
    await store.keepSummary(run.id, { summary: text, glance, version: counts.version });
  }
  return { summary, text };
}

/** Judgments there are, beside those that are due: what stands beyond the plan was due too. */
export const progressOf = ({ planned }: Pick<Run, 'planned'>, { judged, failed }: Omit<Progress, 'due'>): Progress => ({
  judged,
  failed,
  due: Math.max(planned.judgments, judged + failed),
});

/** What lists show of a run, from its counts and summary. */
export function glanceOf(
  run: Pick<Run, 'planned'>,
  counts: Omit<Progress, 'due'>,
  summary: Pick<Summary, 'decision' | 'estimates'>,
): Glance {
  return { progress: progressOf(run, counts), decision: decisionOf(summary) };
}

function decisionOf({ decision, estimates }: Pick<Summary, 'decision' | 'estimates'>): RunDecision {
  const domains: RunDecision['domains'] = {};
  for (const [domain, { verdict }] of Object.entries(decision.domains) as [Domain, DomainDecision][]) {
    const estimate = estimates.find(({ group }) => group.domain === domain && Object.keys(group).length === 1);
    domains[domain] = {
      verdict,
      win_rate: estimate?.win_rate ?? null,
      low: estimate?.interval?.low ?? null,
      high: estimate?.interval?.high ?? null,
      n_prompts: estimate?.n_prompts ?? 0,
    };
  }
  return { sentence: decision.sentence, domains };
}

/** What the plan asks for, by stratum; of an imported run, what is there. */
async function dueOf(store: Store, run: Run, { stored, judged, failed }: RunCounts): Promise<Due[]> {
  const own = stored.filter((stratum) => !stratum.judge.startsWith('human:'));
  // A whole plan need not be made again to know that it is carried out.
  if (run.origin === 'import' || judged + failed >= run.planned.judgments) return own;
  const plan = hashOf([run.configuration, limitOf(run) ?? null]);
  const kept = await store.keptDue(run.id, plan);
  if (kept !== null) return kept;
  const due = planOf(configOf(run, await store.suites(run.id)), limitOf(run)).due();
  await store.keepDue(run.id, plan, due);
  return due;
}

/** How often each judge did what it must on each kind of canary; a comparison counts once both orders are there. */
export function canaryTallies(rows: CanaryRow[]): CanaryTally[] {
  const comparisons = new Map<string, CanaryRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.judge, row.kind, row.suite, row.prompt_id, row.repeat]);
    const known = comparisons.get(key);
    if (known === undefined) comparisons.set(key, [row]);
    else known.push(row);
  }
  const tallies = new Map<string, CanaryTally>();
  for (const judgments of comparisons.values()) {
    const { judge, kind } = judgments[0]!;
    const passed = canaryPasses(kind, judgments);
    if (passed === null) continue;
    const key = JSON.stringify([judge, kind]);
    const tally = tallies.get(key) ?? { judge, kind, n: 0, passed: 0 };
    tally.n++;
    if (passed) tally.passed++;
    tallies.set(key, tally);
  }
  // In one order, however the rows came.
  return [...tallies.values()].sort(
    (a, b) => a.judge.localeCompare(b.judge, 'en') || CANARIES.indexOf(a.kind) - CANARIES.indexOf(b.kind),
  );
}

function matches(due: Due, filter: TallyFilter): boolean {
  return (['suite', 'domain', 'category'] as const).every(
    (key) => filter[key] === undefined || due[key] === filter[key],
  );
}
