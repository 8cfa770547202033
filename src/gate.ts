// May this run pass? Its numbers against the conditions of its run file or of flags, each with the reason in words.
// "Undecided" is no pass: it fails `better` and `not-worse` and says how many prompts would settle it.
import { claimsOf, type Claim, type ClaimOn, type Gate } from './gate-rule.js';
import { coefficient, counted, marginPoints, percent, pointsUp, range } from './figures.js';
import { DOMAINS, type Domain, type Run, type Suite } from './records.js';
import { defaultMargin, toDecide, toExclude, widened } from './stats/index.js';
import { earlyOf } from './stopping.js';
import type { Estimate, Look, Summary } from './summary.js';
import { betweenModels } from './words.js';

interface Condition {
  /** What it is asked of: a domain, suite or category, or the judging as a whole. */
  subject: string;
  /** `better`, `not-worse`, `not-shown-worse`, or the name of a limit. */
  claim: Claim | 'min_coverage' | 'max_order_dependent' | 'min_agreement' | 'canaries' | 'finished';
  /** Margin of `not-worse`, 0..1; null elsewhere. */
  margin: number | null;
  passed: boolean;
  /** What was found and what was asked for, each 0..1; null where it is not one number. */
  observed: number | null;
  required: number | null;
  /** Further prompts that would settle it; null when that is not the trouble. */
  more_prompts_needed: number | null;
  reason: string;
}

export interface GateResult {
  run: string;
  passed: boolean;
  conditions: Condition[];
  /** What a reader of a pass must know as well, such as an offline judge. */
  warnings: string[];
}

/**
 * The conditions of a gate, each held against the summary of the run; passed when all are.
 * @param suites of the run: a claim of no loss on a domain must hold on each of its suites
 */
export function gate(
  run: Pick<Run, 'id' | 'status'>,
  summary: Summary,
  rule: Gate,
  suites: readonly Pick<Suite, 'name' | 'domain'>[],
): GateResult {
  const conditions = [
    ...(run.status === 'queued' || run.status === 'running' ? [unfinished(run)] : []),
    ...claimsOf(rule).map((claim) => claimed(claim, suites, summary)),
    ...limited(summary, rule),
  ];
  return {
    run: run.id,
    passed: conditions.every(({ passed }) => passed),
    conditions,
    warnings: summary.warnings.map(({ message }) => message),
  };
}

function unfinished({ status }: Pick<Run, 'status'>): Condition {
  return {
    ...judgingOf('finished', null, null),
    passed: false,
    reason: `The run is ${status}: what it holds so far decides nothing.`,
  };
}

const judgingOf = (claim: Condition['claim'], observed: number | null, required: number | null) => ({
  subject: 'judging',
  claim,
  margin: null,
  observed,
  required,
  more_prompts_needed: null,
});

/** The estimates a claim is held against: a domain and each of its suites, or the one of a suite or category. */
function estimatesOf(
  name: string,
  suites: readonly Pick<Suite, 'name' | 'domain'>[],
  { estimates }: Summary,
): Estimate[] {
  const by = (key: 'domain' | 'suite' | 'category', value: string) =>
    estimates.filter(({ group }) => Object.keys(group).join() === key && group[key] === value);
  if (!DOMAINS.includes(name as Domain)) {
    const suite = by('suite', name);
    return suite.length > 0 ? suite : by('category', name);
  }
  const own = suites.filter(({ domain }) => domain === name);
  return [...by('domain', name), ...(own.length > 1 ? own.flatMap((suite) => by('suite', suite.name)) : [])];
}

function claimed(
  { name, claim, margin: asked }: ClaimOn,
  suites: readonly Pick<Suite, 'name' | 'domain'>[],
  summary: Summary,
): Condition {
  const looks = earlyOf(summary)?.sequence ?? [];
  const all = estimatesOf(name, suites, summary).map((e) => afterLooks(e, looks));
  const [whole] = all;
  const margin = claim === 'not-worse' ? (asked ?? marginOf(name, whole, summary)) : null;
  const about = { subject: name, claim, margin, observed: null, required: null, more_prompts_needed: null };
  if (whole === undefined) return { ...about, passed: false, reason: `Nothing named ${name} was judged.` };
  const judged = (suite: string) => summary.estimates.some(({ group }) => group.suite === suite);
  const untouched = suites.find((suite) => suite.domain === name && !judged(suite.name));
  if (untouched !== undefined) return { ...about, passed: false, reason: `Nothing of ${untouched.name} was judged.` };
  const silent = all.find(({ interval }) => interval === null);
  if (silent !== undefined) {
    const reason = `${nameOf(silent)} has no win rate: ${silent.reason ?? 'nothing judged'}.`;
    return { ...about, passed: false, reason };
  }
  // A claim of no loss must hold on each suite of a domain, so the one with the lowest limit speaks.
  const spoken = claim === 'better' ? whole : all.reduce((a, b) => (b.interval!.low < a.interval!.low ? b : a));
  const shownWorse = all.find((e) => e.interval!.high < 0.5 && significant(e));
  const told = {
    better: better(whole),
    'not-worse': notWorse(spoken, margin!),
    'not-shown-worse': notShownWorse(shownWorse, spoken),
  };
  return { ...about, observed: spoken.win_rate, ...told[claim] };
}

/** Of a run that was looked at before its planned end a domain is held to its confidence sequence: no other limit holds. */
function afterLooks(estimate: Estimate, looks: readonly Look[]): Estimate {
  const { group, interval } = estimate;
  const look = looks.find(({ domain }) => domain === group.domain && Object.keys(group).length === 1);
  return look === undefined || interval === null ? estimate : { ...estimate, interval: widened(interval, look) };
}

const nameOf = ({ group }: Estimate): string => Object.values(group).join(' × ');
const figures = (e: Estimate): string => `${percent(e.win_rate, e.n_prompts)} %, ${range(e.interval, e.n_prompts)}`;
const significant = ({ p_value, interval }: Estimate): boolean => p_value !== null && p_value <= 1 - interval!.level;

/** The margin that stands with the run for a domain; the usual one for a suite or category. */
function marginOf(name: string, estimate: Estimate | undefined, { decision }: Summary): number {
  return decision.domains[name as Domain]?.margin ?? defaultMargin(estimate?.n_prompts ?? 0);
}

type Told = Pick<Condition, 'passed' | 'required' | 'more_prompts_needed' | 'reason'>;

/** What the number of further prompts follows from. */
const sized = (e: Estimate) => ({
  n: e.n_prompts,
  n_effective: e.n_effective,
  rate: e.win_rate,
  evidence: { interval: e.interval!, alpha: 1 - e.interval!.level },
});

function better(e: Estimate): Told {
  const passed = e.interval!.low > 0.5 && significant(e);
  const worse = e.interval!.high < 0.5 && significant(e);
  const more = passed || worse ? null : toDecide(sized(e), 'undecided');
  const reason = passed
    ? `Better (${figures(e)}).`
    : worse
      ? `Worse (${figures(e)}).`
      : `Undecided (${figures(e)})${settles(more, 'a difference of this size')}.`;
  return { passed, required: 0.5, more_prompts_needed: more, reason };
}

function notWorse(e: Estimate, margin: number): Told {
  const passed = e.interval!.low > 0.5 - margin;
  const worse = e.interval!.high < 0.5 && significant(e);
  const more = passed || worse ? null : toExclude(sized(e), margin);
  const where = `${nameOf(e)} ${figures(e)}`;
  const reason = passed
    ? `No loss beyond ${marginPoints(margin)} (${where}).`
    : worse
      ? `Worse (${where}).`
      : `A loss of up to ${pointsUp(0.5 - e.interval!.low)} is not excluded (${where})${settles(more, `a margin of ${marginPoints(margin)}`)}.`;
  return { passed, required: 0.5 - margin, more_prompts_needed: more, reason };
}

function notShownWorse(worse: Estimate | undefined, e: Estimate): Told {
  return {
    passed: worse === undefined,
    required: null,
    more_prompts_needed: null,
    reason:
      worse === undefined
        ? `No loss is shown (${nameOf(e)} ${figures(e)}), which is not the same as none.`
        : `Worse on ${nameOf(worse)} (${figures(worse)}).`,
  };
}

function settles(more: number | null, what: string): string {
  return more === null ? '' : `; ${counted(more, 'more prompt')} would settle ${what}`;
}

function limited({ estimates, agreement, judges }: Summary, rule: Gate): Condition[] {
  const conditions: Condition[] = [];
  const limit = (
    claim: Condition['claim'],
    observed: number | null,
    required: number | null,
    passed: boolean,
    reason: string,
  ) => conditions.push({ ...judgingOf(claim, observed, required), passed, reason });

  if (rule.min_coverage !== undefined) {
    const coverage = estimates[0]?.coverage ?? null;
    const said = coverage === null ? 'Nothing was due.' : `${percent(coverage)} % of what is due is judged`;
    limit(
      'min_coverage',
      coverage,
      rule.min_coverage,
      coverage !== null && coverage >= rule.min_coverage,
      coverage === null ? said : `${said}, at least ${percent(rule.min_coverage)} % is asked for.`,
    );
  }
  if (rule.max_order_dependent !== undefined) {
    const measured = judges.filter(({ order_dependent_rate }) => order_dependent_rate.value !== null);
    const worst = measured.sort((a, b) => b.order_dependent_rate.value! - a.order_dependent_rate.value!)[0];
    const rate = worst?.order_dependent_rate.value ?? null;
    limit(
      'max_order_dependent',
      rate,
      rule.max_order_dependent,
      rate !== null && rate <= rule.max_order_dependent,
      worst === undefined
        ? 'No comparison was judged in both orders, so that it cannot be told.'
        : `${worst.judge} changes its winner with the order in ${percent(rate)} % of comparisons, at most ${percent(rule.max_order_dependent)} % is allowed.`,
    );
  }
  if (rule.min_agreement !== undefined) {
    const known = betweenModels(agreement.pairs).filter(({ observed }) => observed !== null);
    const least = known.sort((a, b) => a.observed! - b.observed!)[0];
    const share = least?.observed ?? null;
    limit(
      'min_agreement',
      share,
      rule.min_agreement,
      share !== null && share >= rule.min_agreement,
      least === undefined
        ? 'No two judges judged the same comparison, so that there is no agreement to measure.'
        : `${least.judges.join(' and ')} agree on ${percent(share)} %${least.gwet_ac1 === null ? '' : ` (AC1 ${coefficient(least.gwet_ac1)})`}, at least ${percent(rule.min_agreement)} % is asked for.`,
    );
  }
  if (rule.canaries === true) {
    const asked = judges.flatMap(({ judge, canaries }) => canaries.map((one) => ({ judge, ...one })));
    const missed = asked.filter(({ n, passed }) => passed < n);
    limit(
      'canaries',
      null,
      null,
      asked.length > 0 && missed.length === 0,
      asked.length === 0
        ? 'No planted case was judged.'
        : missed.length === 0
          ? `All ${counted(asked.length, 'planted case')} were judged as they must be.`
          : `Not judged as they must be: ${missed.map(({ judge, kind }) => `${kind} by ${judge}`).join(', ')}.`,
    );
  }
  return conditions;
}
