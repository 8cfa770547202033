// What the statistics say, in words, for terminal, report and page alike: outcomes, what a decision leaves open, the
// health of a judge, the spread between repeats. Without zod, so that the page can bring it along.
import { coefficient, counted, FEW, marginPoints, money, percent, pointsUp, range, rated, whole } from './figures.js';
import type { BatchCounts, RunDetail } from './answers.js';
import type { Canary, Domain, Failure, Outcome, Status } from './records.js';
import type {
  Agreement,
  AgreementPair,
  Calibration,
  Corrected,
  DomainDecision,
  Estimate,
  JudgeHealth,
  KnownAccuracy,
  Rate,
  Variance,
  Warning,
} from './summary.js';

/** The five outcomes, always in this order. */
export const OUTCOMES: readonly Outcome[] = ['win', 'loss', 'tie', 'order-dependent', 'failed'];
export const DOMAINS: readonly Domain[] = ['in-domain', 'out-of-domain', 'multi-domain'];
/** Why a run exists, unless its owner has a word of their own. */
export const PURPOSES: readonly string[] = [
  'baseline_comparison',
  'model_comparison',
  'hyperparameter_tuning',
  'ablation_study',
  'prompt_effectiveness',
  'data_quality_impact',
  'scaling_study',
  'method_comparison',
  'uncategorized',
];
export const STATUSES: readonly Status[] = ['queued', 'running', 'done', 'stopped', 'cancelled'];

export const OUTCOME_WORDS: Record<Outcome, string> = {
  win: 'candidate preferred',
  loss: 'baseline preferred',
  tie: 'tie',
  'order-dependent': 'winner changed with the order',
  failed: 'failed',
};

/** Letter of a run among those that stand side by side, by its place from 0: A to Z, then `#27`. */
export const letterOf = (place: number): string => (place < 26 ? String.fromCharCode(65 + place) : `#${place + 1}`);

/** How many of each outcome, in the order of `OUTCOMES`. */
export const outcomeCounts = (e: Estimate): [Outcome, number][] => [
  ['win', e.wins],
  ['loss', e.losses],
  ['tie', e.ties],
  ['order-dependent', e.order_dependent],
  ['failed', e.failed],
];

export const FAILURE_WORDS: Record<Failure, string> = {
  refused: 'the judge refused',
  unreadable: 'the reply names no verdict',
  truncated: 'the reply was cut off',
  contradictory: 'the reply contradicts itself',
  'too-long': 'the texts did not fit',
  unreachable: 'the judge could not be reached',
};

export const CANARY_WORDS: Record<Canary, string> = {
  identical: 'the same text twice',
  empty: 'an empty answer',
  padded: 'an answer made longer without content',
  injection: 'an answer that orders its own victory',
  closing: 'an answer that pretends to end its slot',
};

/** How far open batches are: "2 batches open, 310 of 1,200 answered". */
export const batchWords = ({ open, done, total }: BatchCounts): string =>
  `${whole(open)} ${open === 1 ? 'batch' : 'batches'} open, ${whole(done)} of ${whole(total)} answered`;

/**
 * Calls and how judges fared, in words. Retries and failures are counted of judges alone, and what was asked for a response
 * that never came is in no sum, so both are said.
 */
export function callWords({ spent, costs }: Pick<RunDetail, 'spent' | 'costs'>, unpriced = ''): string {
  const made = costs.reduce((sum, { kind, records }) => sum + (kind === 'checkpoint' ? records : 0), 0);
  const lost = made - spent.responses;
  const judges = `judges: ${whole(spent.retried)} retried, ${whole(spent.failed)} failed${unpriced}`;
  return `${counted(spent.calls, 'call')} (${judges})${lost > 0 ? `, without those for ${counted(lost, 'response')} that failed` : ''}`;
}

/** What every place says that shows results of offline judges; of several runs, which ones have them. Empty without any. */
export const offlineWarnings = (judges: readonly string[], of = ''): Warning[] =>
  judges.length === 0
    ? []
    : [
        {
          code: 'OFFLINE_JUDGE',
          message: `${judges.join(', ')}${of}: rules that read nothing but the texts, for trying the tool and not for claims.`,
          judges,
        },
      ];

/** A code as words: WINNER_CONTRADICTS_REPLY is "winner contradicts reply". */
export const codeWords = (code: string): string => code.toLowerCase().replaceAll('_', ' ');

/** What is said of a domain beside its verdict; empty when nothing is. */
export function decisionDetail(d: DomainDecision): string {
  if (d.verdict === 'not tested') return 'no suite of this domain was in the run';
  const parts: string[] = [];
  if (d.largest_loss_not_excluded !== null && d.verdict !== 'better')
    parts.push(
      d.largest_loss_not_excluded <= 0
        ? // Were it shown, the verdict would be better: the exact test does not bear it out.
          'the interval leaves out any loss, the exact test does not'
        : `a loss of up to ${pointsUp(d.largest_loss_not_excluded)} is not excluded`,
    );
  if (d.largest_loss_not_excluded !== null && d.verdict !== 'better')
    parts.push(`${d.non_inferior ? 'within' : 'not shown to be within'} the margin of ${marginPoints(d.margin)}`);
  if (d.more_prompts_needed !== null && d.more_prompts_needed > 0)
    parts.push(`${counted(d.more_prompts_needed, 'more prompt')} would settle it`);
  return parts.join('; ');
}

export interface Remark {
  /** `trouble` is a reason to trust the judge less; `fine` is said so that nobody has to ask. */
  kind: 'trouble' | 'fine';
  text: string;
  /** Of the judge's samples, those that it speaks of. */
  of: Partial<Record<'outcome' | 'canary' | 'finding' | 'category', string>>;
  /** The run they are of, where it is not the judge's own: its certification. */
  run?: string;
}

/** Whether a rate's whole interval lies above (or below) a limit: only then is it said to. */
const above = ({ low }: Rate, limit: number): boolean => low !== undefined && low > limit;
const below = ({ high }: Rate, limit: number): boolean => high !== undefined && high < limit;
/** An interval of more than 30 points says nothing of a judge. */
const isWide = ({ low = 0, high = 1 }: Rate): boolean => high - low > 0.3;

/** Whether a judge follows the slot and not the text. */
export function ledByPosition({ first_slot_rate: first }: JudgeHealth): boolean {
  return above(first, 0.5) || below(first, 0.5);
}

/** What becomes of a position effect: both orders of a comparison cancel it, one order does not. */
export function cure({ position_consistency }: JudgeHealth): string {
  return position_consistency.value === null ? 'judge both orders to cancel it' : 'both orders cancel it';
}

/** What is to be said of a judge, trouble first. A rate is trouble when its whole interval is on the bad side. */
export function remarksOf(health: JudgeHealth): Remark[] {
  const remarks: Remark[] = [];
  const say = (trouble: boolean, text: string, of: Remark['of'] = {}, run?: string) =>
    remarks.push({ kind: trouble ? 'trouble' : 'fine', text, of, ...(run !== undefined && { run }) });
  const { first_slot_rate: first, order_dependent_rate: changed, longer_wins_rate: longer } = health;
  const { repeat_consistency: repeated, quote_mismatch_rate: misquoted, score_contradictions: contradicted } = health;

  if (first.value !== null) say(ledByPosition(health), positionWords(health));
  if (changed.value !== null)
    say(above(changed, 0.2), `winner changes with the order in ${rated(changed)}`, { outcome: 'order-dependent' });
  if (repeated.value !== null) say(below(repeated, 0.8), `asked again, names the same winner in ${rated(repeated)}`);
  if (longer.value !== null) say(above(longer, 0.6), `the longer text wins in ${rated(longer)} of decisions`);
  const missed = health.canaries.filter(({ n, passed }) => passed < n);
  const met = health.canaries.filter(({ n, passed }) => passed === n);
  for (const { kind, n, passed } of missed) {
    const text = `planted case not judged as it must be: ${CANARY_WORDS[kind]} (${whole(passed)} of ${whole(n)} right)`;
    say(true, text, { canary: 'true' });
  }
  if (met.length > 0) {
    const kinds = met.map(({ kind }) => CANARY_WORDS[kind]).join(', ');
    say(false, `planted cases judged as they must be: ${kinds}`, { canary: 'true' });
  }
  if (misquoted.value !== null)
    say(misquoted.value > 0, `gives words of the losing text as its reason in ${rated(misquoted)}`, {
      finding: 'QUOTE_FOUND_IN_LOSER',
    });
  if (contradicted.value !== null)
    say(contradicted.value > 0, `scores contradict the verdict in ${rated(contradicted)}`, {
      finding: 'SCORES_CONTRADICT_WINNER',
    });
  for (const [failure, n] of Object.entries(health.failed) as [Failure, number][]) {
    if (n > 0) say(true, `${counted(n, 'judgment')} failed: ${FAILURE_WORDS[failure]}`, { outcome: 'failed' });
  }
  const { coverage } = health;
  if (coverage.value !== null) say(coverage.value < 1, `judged ${rated(coverage)} of what was due`);
  if (health.family_overlap.length > 0) {
    say(true, `of the same model family as the ${health.family_overlap.join(' and the ')}`);
  }
  const certification = health.accuracy.find((known) => known.certification !== undefined)?.certification?.run;
  for (const known of health.accuracy) {
    if (known.value === null) continue;
    const group = certifiedGroup(known);
    const [of, run] = group === null ? [{}] : [group === 'all' ? {} : { category: group }, certification];
    say(below(known, 0.5), accuracyPieces(known).join(', '), of, run);
  }
  return remarks.sort((a, b) => Number(b.kind === 'trouble') - Number(a.kind === 'trouble'));
}

/** The group of a certification, `all` for the whole; null where the answers are known otherwise. */
const certifiedGroup = ({ group }: KnownAccuracy): string | null => /^certified: (.*)$/s.exec(group)?.[1] ?? null;

function positionWords(health: JudgeHealth): string {
  const { first_slot_rate: first } = health;
  if (above(first, 0.5)) return `prefers the first text: ${rated(first)}; ${cure(health)}`;
  if (below(first, 0.5)) return `prefers the second text: it picks the first in ${rated(first)}; ${cure(health)}`;
  return isWide(first)
    ? `too few to tell whether it follows a slot: first text preferred ${rated(first)}`
    : `follows no slot: first text preferred ${rated(first)}`;
}

/** What a reference judge found of a checkpoint: `candidate right`. */
const ofCheckpoint = ({ group }: KnownAccuracy): boolean => /^(baseline|candidate) /.test(group);

/**
 * `certified: right in 84 % (78–89) of 200 pairs with known answers`, then what else a certification found; each piece
 * can stand by itself.
 */
export function accuracyPieces(known: KnownAccuracy): string[] {
  const { group, certification } = known;
  if (ofCheckpoint(known)) return [`${group}: ${rated(known)}`];
  if (group.startsWith('reference')) return [`names the one that is right by the ${group} in ${rated(known)}`];
  const certified = certifiedGroup(known);
  const of = known.n === undefined ? 'pairs' : counted(known.n, 'pair');
  const within = certified === null ? ` (${group})` : certified === 'all' ? '' : `, ${certified}`;
  const right = `${certified === null ? '' : 'certified: '}right in ${rated(known)} of ${of} with known answers${within}`;
  if (certification === undefined) return [right];
  const { consistency, cost_per_correct_usd: cost } = certification;
  return [
    right,
    ...(consistency.value === null ? [] : [`the same winner in both orders in ${rated(consistency)}`]),
    ...(cost === null ? [] : [`${money(cost)} a right verdict`]),
  ];
}

/** The judge in one word or three. */
export function healthHeadline(health: JudgeHealth): string {
  const first = health.first_slot_rate;
  if (health.accuracy.some(ofCheckpoint)) return 'compares with references';
  if (ledByPosition(health)) return 'led by position';
  if (health.canaries.some((c) => c.passed < c.n)) return 'missed a planted case';
  if (above(health.order_dependent_rate, 0.2)) return 'unsteady';
  if (above(health.longer_wins_rate, 0.6)) return 'led by length';
  if (first.value === null || isWide(first)) return 'too few to tell';
  return remarksOf(health).some((r) => r.kind === 'trouble') ? 'mostly steady' : 'steady';
}

/** The pairs of two models, as people stand beside the judges of a run; all pairs where no two models are among them. */
export function betweenModels(pairs: readonly AgreementPair[]): readonly AgreementPair[] {
  const models = pairs.filter(({ judges }) => judges.every((judge) => !judge.startsWith('human:')));
  return models.length > 0 ? models : pairs;
}

/** Share of comparisons on which two judges name the same outcome, over all pairs of models; null without any. */
export function observedAgreement(pairs: readonly AgreementPair[]): number | null {
  const known = betweenModels(pairs).filter((pair) => pair.observed !== null && pair.n > 0);
  const n = known.reduce((sum, pair) => sum + pair.n, 0);
  return n === 0 ? null : known.reduce((sum, pair) => sum + pair.observed! * pair.n, 0) / n;
}

/** `α 0.51, AC1 0.63`; AC1 is the mean over pairs of models. Empty where nothing is known. */
export function agreementFigures({ krippendorff_alpha: alpha, pairs }: Agreement): string {
  const known = betweenModels(pairs).flatMap(({ gwet_ac1 }) => (gwet_ac1 === null ? [] : [gwet_ac1]));
  const ac1 = known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
  return [alpha.value === null ? '' : `α ${coefficient(alpha.value)}`, ac1 === null ? '' : `AC1 ${coefficient(ac1)}`]
    .filter(Boolean)
    .join(', ');
}

/**
 * One sentence on the spread between repeats and on what would shrink the error more, the same number of judgments spent
 * on prompts or on repeats; null below two repeats.
 */
export function repeatsSentence(variance: Variance): string | null {
  const rates = variance.win_rate_by_repeat.filter((rate) => rate !== null);
  if (rates.length < 2) return null;
  const span = `Over ${rates.length} repeats the win rate runs from ${percent(Math.min(...rates))} % to ${percent(Math.max(...rates))} %`;
  if (variance.prompts === null || variance.responses === null) return `${span}.`;
  // A further repeat can only shrink what is not between prompts; a further prompt shrinks all of it.
  const perPrompt = variance.prompts / (variance.prompts + (1 - variance.prompts) / rates.length || 1);
  const between = percent(perPrompt);
  const advice =
    perPrompt > 0.5
      ? `${between} % of the remaining error is between prompts, which repeats cannot shrink: more prompts help more`
      : `only ${between} % of the remaining error is between prompts: more repeats help nearly as much as more prompts`;
  return `${span}; ${advice}.`;
}

/** `60 votes by ana, ben on 40 comparisons; 40 prompts drawn by chance.` */
export function votesSentence({ labels, basis }: Calibration): string {
  const { votes, people, comparisons, random_prompts } = labels;
  const sample = basis === 'random' ? `${counted(random_prompts, 'prompt')} drawn by chance` : 'not drawn by chance';
  return `${counted(votes, 'vote')} by ${people.join(', ') || 'nobody'} on ${counted(comparisons, 'comparison')}; ${sample}.`;
}

/** What two people reach among themselves: more agreement than that nobody can ask of a judge. */
export function ceilingSentence({ people: { agreement } }: Calibration): string {
  return agreement.value === null
    ? `How far people agree with each other is not known: ${agreement.reason ?? ''}.`
    : `People agree with each other in ${rated(agreement)}.`;
}

/** `54.2 % (49.1–59.3)`, or why there is none. */
export function correctedWords(one: Corrected): string {
  return one.win_rate === null ? one.reason : `${percent(one.win_rate)} % (${range(one)})`;
}

/** An agreement of few labels carries counts, not a percentage. */
export function fewOrRated(own: Rate): string {
  const n = own.n ?? 0;
  return own.value === null || n >= FEW ? rated(own) : `${whole(Math.round(own.value * n))} of ${whole(n)}`;
}
