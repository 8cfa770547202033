// Better, worse, equivalent or undecided, and what else may be said (superiority in-domain, non-inferiority elsewhere;
// equivalence by two one-sided tests, Schuirmann 1987; every suite must hold, Berger 1982). "Undecided" is never worded
// as "no difference", and a domain without a suite is "not tested".
import { inPoints, percent, range, whole } from '../figures.js';
import type { Domain } from '../records.js';
import type { Decision, DomainDecision } from '../summary.js';
import { leastPrompts, sampleSize, sampleSizeNonInferiority } from './power.js';

export type Verdict = 'better' | 'worse' | 'equivalent' | 'undecided';

export interface Evidence {
  /** Interval at 1 − alpha. */
  interval: { low: number; high: number };
  /** Interval at 1 − 2 alpha, for equivalence. */
  inner: { low: number; high: number };
  p: number;
  alpha: number;
  margin: number;
}

/**
 * `better`: the interval lies above ½ and the exact p is at most alpha (both: either alone is too often wrong at small
 * n); `worse` the mirror; `equivalent`: the inner interval lies inside ½ ± margin; else `undecided`. Non-inferior: lower
 * limit above ½ − margin. `within_margin`: a verdict of any kind that is also inside the margin.
 */
export function verdictOf({ interval, inner, p, alpha, margin }: Evidence): {
  verdict: Verdict;
  non_inferior: boolean;
  within_margin: boolean;
} {
  const within = inner.low > 0.5 - margin && inner.high < 0.5 + margin;
  const verdict =
    interval.low > 0.5 && p <= alpha
      ? 'better'
      : interval.high < 0.5 && p <= alpha
        ? 'worse'
        : within
          ? 'equivalent'
          : 'undecided';
  return { verdict, non_inferior: interval.low > 0.5 - margin, within_margin: within };
}

/** Margin for a size unless one was set before the run: 0.05, and 0.10 below 400 prompts, which cannot show less. */
export function defaultMargin(nPrompts: number): number {
  return nPrompts < 400 ? 0.1 : 0.05;
}

/** What is known of a domain, or of one of its suites. */
export interface Tested {
  name: string;
  n: number;
  n_effective: number | null;
  rate: number | null;
  wins: number;
  losses: number;
  ties: number;
  evidence: Evidence | null;
}

export interface DomainEvidence extends Tested {
  margin: number;
  /** The suites of the domain; a claim about a domain needs each of them. */
  suites: Tested[];
}

/** The decision over all domains; null for a domain without a suite. `overall` is told where no row states a domain. */
export function decide(domains: Record<Domain, DomainEvidence | null>, overall: DomainEvidence | null): Decision {
  const decided = {
    'in-domain': decideDomain('in-domain', domains['in-domain']),
    'out-of-domain': decideDomain('out-of-domain', domains['out-of-domain']),
    'multi-domain': decideDomain('multi-domain', domains['multi-domain']),
  };
  const sentences: string[] = [];
  if (Object.values(domains).every((domain) => domain === null) && overall !== null) {
    sentences.push(`No row states a domain. ${superiority('overall', overall, decideDomain('in-domain', overall))}`);
  } else {
    sentences.push(superiority('in-domain', domains['in-domain'], decided['in-domain']));
    sentences.push(noLoss('out of domain', domains['out-of-domain'], decided['out-of-domain']));
    if (domains['multi-domain'])
      sentences.push(noLoss('multi-domain', domains['multi-domain'], decided['multi-domain']));
  }
  return { domains: decided, sentence: sentences.join(' ') };
}

function decideDomain(domain: Domain, tested: DomainEvidence | null): DomainDecision {
  if (tested === null) {
    return {
      verdict: 'not tested',
      non_inferior: false,
      margin: defaultMargin(0),
      largest_loss_not_excluded: null,
      more_prompts_needed: null,
    };
  }
  const { margin, evidence } = tested;
  if (evidence === null) {
    return {
      verdict: 'undecided',
      non_inferior: false,
      margin,
      largest_loss_not_excluded: null,
      more_prompts_needed: null,
    };
  }
  const { verdict } = verdictOf(evidence);
  const weakest = weakestOf(tested);
  const nonInferior = weakest !== null && weakest.evidence.interval.low > 0.5 - margin;
  return {
    verdict,
    non_inferior: nonInferior,
    margin,
    largest_loss_not_excluded: weakest === null ? null : Math.max(0, 0.5 - weakest.evidence.interval.low),
    more_prompts_needed:
      domain === 'in-domain'
        ? toDecide(tested, verdict)
        : verdict === 'worse' || nonInferior
          ? 0
          : toExclude(weakest, margin),
  };
}

/** The domain itself or the suite of it with the lowest lower limit; null while one of them has no judged comparison. */
function weakestOf(tested: DomainEvidence): (Tested & { evidence: Evidence }) | null {
  let weakest: (Tested & { evidence: Evidence }) | null = null;
  for (const part of [tested, ...tested.suites]) {
    if (part.evidence === null) return null;
    if (weakest === null || part.evidence.interval.low < weakest.evidence.interval.low - 1e-12) {
      weakest = { ...part, evidence: part.evidence };
    }
  }
  return weakest;
}

/** What a number of further prompts follows from. */
export interface Sized extends Pick<Tested, 'n' | 'n_effective' | 'rate'> {
  evidence: Pick<Evidence, 'interval' | 'alpha'> | null;
}

/** Variance of this group's prompt scores over that of plain verdicts: what a planned number of prompts shrinks by. */
const relativeVariance = ({ n, n_effective }: Sized): number => (n_effective === null ? 1 : n / n_effective);

/** Further prompts to show an effect of the observed size with power 0.8; 0 once decided, null where there is none. */
export function toDecide(tested: Sized, verdict: Verdict): number | null {
  if (verdict !== 'undecided') return 0;
  if (tested.rate === null || Math.abs(tested.rate - 0.5) < 0.005) return null;
  const alpha = tested.evidence?.alpha ?? 0.05;
  const needed = sampleSize(tested.rate, { alpha });
  if (needed === null) return null;
  const planned = Math.max(leastPrompts(alpha), needed * relativeVariance(tested));
  return Math.max(1, Math.ceil(planned - tested.n));
}

/**
 * Further prompts to exclude a loss of the margin with power 0.8 if the win rate truly is ½; where that many are judged
 * already, as many as the observed rate needs; null when that rate itself lies beyond the margin.
 */
export function toExclude(weakest: Sized | null, margin: number): number | null {
  if (weakest === null || weakest.rate === null || weakest.evidence === null) return null;
  const { evidence, n, rate } = weakest;
  const planned = sampleSizeNonInferiority(margin, { alpha: evidence.alpha })! * relativeVariance(weakest);
  if (planned > n) return Math.ceil(planned - n);
  const room = rate - (0.5 - margin);
  if (room <= 0) return null;
  return Math.max(1, Math.ceil(n * ((rate - evidence.interval.low) / room) ** 2 - n));
}

const TOO_FEW = 10;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const points = (x: number): number => Math.ceil(100 * x - 1e-9);
const plural = (n: number, word: string): string =>
  `${whole(n)} ${word}${n === 1 ? '' : word.endsWith('s') ? 'es' : 's'}`;

/** `72 %, 60–81`, or the counts below ten prompts, where a rate would say too much. */
function figures({ n, rate, wins, losses, ties, evidence }: Tested): string {
  if (rate === null || evidence === null) return 'nothing judged';
  if (n < TOO_FEW) {
    return `${plural(wins, 'win')}, ${plural(losses, 'loss')}, ${plural(ties, 'tie')} on ${plural(n, 'prompt')}`;
  }
  return `${percent(rate, n)} %, ${range(evidence.interval, n)}`;
}

function superiority(where: string, tested: DomainEvidence | null, decision: DomainDecision): string {
  if (tested === null) return `${capital(where)} not tested.`;
  if (tested.evidence === null) return `${capital(where)} nothing is judged yet.`;
  const shown = figures(tested);
  if (decision.verdict === 'better' || decision.verdict === 'worse')
    return `${capital(decision.verdict)} ${where} (${shown}).`;
  if (decision.verdict === 'equivalent') {
    return `Equivalent ${where} within ${inPoints(decision.margin)} points (${shown}).`;
  }
  const few = tested.n < TOO_FEW ? ', too few for a rate' : '';
  const more = decision.more_prompts_needed;
  const settle = more === null ? '' : `; ${plural(more, 'more prompt')} would settle a difference of this size`;
  return `${capital(where)} undecided (${shown}${few})${settle}.`;
}

function noLoss(where: string, tested: DomainEvidence | null, decision: DomainDecision): string {
  if (tested === null) return `${capital(where)} not tested.`;
  if (tested.evidence === null) return `${capital(where)} nothing is judged yet.`;
  const shown = figures(tested);
  const worse = tested.suites.filter(
    (suite) => suite.evidence !== null && verdictOf(suite.evidence).verdict === 'worse',
  );
  if (decision.verdict === 'worse') return `Worse ${where} (${shown}).`;
  if (worse.length > 0) {
    return `${capital(where)} a loss is shown on ${worse.map((suite) => `${suite.name} (${figures(suite)})`).join(', ')}.`;
  }
  if (decision.non_inferior) {
    if (decision.verdict === 'better') return `Better ${where} (${shown}).`;
    return `${capital(where)} no loss beyond ${inPoints(decision.margin)} points (${shown}).`;
  }
  const better = decision.verdict === 'better' ? `Better ${where} (${shown}), yet ` : `${capital(where)} `;
  if (decision.largest_loss_not_excluded === null) return `${better}a suite has nothing judged yet.`;
  const weakest = weakestOf(tested);
  const on = tested.suites.length > 1 && weakest !== null && weakest.name !== tested.name ? ` on ${weakest.name}` : '';
  const few = weakest !== null && weakest.n < TOO_FEW ? ` (${figures(weakest)}, too few for a rate)` : '';
  const loss = `a loss of up to ${points(decision.largest_loss_not_excluded)} points is not excluded${on}${few}`;
  const more = decision.more_prompts_needed;
  const settle =
    more === null
      ? `the rate itself lies beyond a margin of ${inPoints(decision.margin)}`
      : `${plural(more, 'more prompt')} would settle a margin of ${inPoints(decision.margin)}`;
  return `${better}${loss}; ${settle}.`;
}
