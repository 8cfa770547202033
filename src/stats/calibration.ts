// How good is a judge, measured against people, and what does its error mean for the win rate? Agreement beside the two
// judges that read nothing (always the longer, always the first), then the win rate corrected by prediction-powered
// inference and by sensitivity and specificity. Labels must be a random sample where anything is inferred from them.
import { mean } from 'simple-statistics';
import type { Outcome } from '../records.js';
import type { AgreementWithPeople, Baseline, Corrected, Correction, Label, Rate } from '../summary.js';
import { clusteredRate } from './cluster.js';
import { tTwoSided, zOf } from './distributions.js';
import { cohenKappa } from './kappa.js';
import { ppi } from './ppi.js';
import { roganGladen } from './rogan-gladen.js';
import { signFlip } from './sign-flip.js';
import { effectiveN } from './wilson.js';

/** Prompts that people must have judged, drawn by chance, before a win rate is corrected. */
const LEAST_LABELS = 20;
/** True wins, and true losses, before sensitivity and specificity are estimated. */
const LEAST_CELL = 5;

const LABELS: Label[] = ['win', 'loss', 'tie'];
const CHOICES: Outcome[] = ['win', 'loss', 'tie', 'order-dependent', 'failed'];

/** One person and one judge on one comparison. */
export interface Labelled {
  /** The prompt: labels of one prompt stay together. */
  prompt: string;
  person: Label;
  judge: Outcome;
  /** Share of the judge's presentations in which the text printed first is the one the person chose. */
  first: number | null;
  /** The person's choice is that of a judge who always takes the longer text; null where lengths are unknown. */
  longer: boolean | null;
}

const agrees = ({ person, judge }: Labelled): number =>
  Number(person === (judge === 'order-dependent' ? 'tie' : judge));

/** How a judge agrees with people, and whether it beats the two baselines. */
export function agreementWithPeople(labelled: Labelled[], level = 0.95): AgreementWithPeople {
  const confusion = Object.fromEntries(
    LABELS.map((label) => [label, Object.fromEntries(CHOICES.map((choice) => [choice, 0]))]),
  ) as AgreementWithPeople['confusion'];
  for (const { person, judge } of labelled) confusion[person][judge]++;
  const judged = labelled.filter(({ judge }) => judge !== 'failed');
  const seen = (label: Label, own: Label): number =>
    confusion[label][own] + (own === 'tie' ? confusion[label]['order-dependent'] : 0);
  const table = LABELS.map((label) => LABELS.map((own) => seen(label, own)));
  const baseline = (value: (one: Labelled) => number | null): Baseline => {
    const known = judged.filter((one) => value(one) !== null);
    const agreement = rateBy(known, (one) => value(one)!, level);
    const gains = byPrompt(known, (one) => agrees(one) - value(one)!);
    const gain = gains.length === 0 ? null : mean(known.map((one) => agrees(one) - value(one)!));
    const p_value = gains.length === 0 ? null : signFlip(gains);
    return { agreement, gain, p_value, beaten: (gain ?? 0) > 0 && (p_value ?? 1) <= 1 - level + 1e-12 };
  };
  return {
    n: judged.length,
    failed: labelled.length - judged.length,
    agreement: rateBy(judged, agrees, level),
    cohen_kappa: cohenKappa(table).kappa,
    confusion,
    baselines: {
      longer: baseline(({ longer }) => (longer === null ? null : Number(longer))),
      first: baseline(({ first }) => first),
    },
  };
}

/** Mean of a number in [0, 1] over labels with an interval that keeps prompts whole. */
export function rateBy<T extends { prompt: string }>(rows: T[], value: (row: T) => number, level = 0.95): Rate {
  const sums = new Map<string, { events: number; chances: number }>();
  for (const row of rows) {
    const own = sums.get(row.prompt) ?? { events: 0, chances: 0 };
    sums.set(row.prompt, { events: own.events + value(row), chances: own.chances + 1 });
  }
  const prompts = [...sums.values()];
  const rate = clusteredRate(
    prompts.map(({ events }) => events),
    prompts.map(({ chances }) => chances),
    level,
  );
  if (rate === null) return { value: null, reason: 'people have judged none of them' };
  return { value: rate.mean, low: rate.low, high: rate.high, n: rate.n };
}

function byPrompt(rows: Labelled[], value: (row: Labelled) => number): number[] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row.prompt, (sums.get(row.prompt) ?? 0) + value(row));
  return [...sums.values()];
}

/** One prompt: mean score of the judge, and of people where chance drew it for them; 0 to 1 for the candidate. */
export interface ScoredPrompt {
  judge: number;
  person: number | null;
}

/**
 * The win rate as the judge states it and as it is after its error on labelled prompts is carried in; a correction that
 * the labels cannot bear is null with the reason. Labelled prompts must be a random subset of all.
 */
export function correct(prompts: readonly ScoredPrompt[], level = 0.95): Correction {
  const labelled = prompts.filter((one): one is { judge: number; person: number } => one.person !== null);
  const others = prompts.filter(({ person }) => person === null).map(({ judge }) => judge);
  const refused = refusal(labelled, others.length);
  return {
    n: prompts.length,
    labels: labelled.length,
    raw: plain(
      prompts.map(({ judge }) => judge),
      level,
    ),
    people: plain(
      labelled.map(({ person }) => person),
      level,
    ),
    ppi: refused === null ? byPrediction(labelled, others, level) : { win_rate: null, reason: refused },
    sensitivity_specificity:
      refused === null ? byErrorRates(labelled, others, level) : { win_rate: null, reason: refused },
  };
}

function plain(scores: number[], level: number): Corrected {
  const interval = effectiveN(scores, level);
  if (interval === null) return { win_rate: null, reason: 'there are no scores' };
  const { mean: win_rate, low, high } = interval;
  return { win_rate, low, high, level, method: 'wilson-effective-n', reason: null };
}

type Both = { judge: number; person: number }[];

function refusal(labelled: Both, others: number): string | null {
  const n = labelled.length;
  if (n < LEAST_LABELS)
    return `people have judged ${n} prompts that were drawn by chance; at least ${LEAST_LABELS} are needed, 50 are good`;
  if (others < 2) return 'people have judged every prompt; their own win rate is the answer';
  if (spread(labelled.map(({ person }) => person)) === 0) return 'people gave every prompt the same verdict';
  return better(labelled) ? null : 'the judge is not shown to be better than chance';
}

const spread = (values: number[]): number => Math.max(...values) - Math.min(...values);

/** Judge and people go the same way beyond chance: the correlation is above zero at 2.5 % one-sided. */
function better(labelled: Both): boolean {
  const n = labelled.length;
  const [f, y] = [mean(labelled.map(({ judge }) => judge)), mean(labelled.map(({ person }) => person))];
  let [ff, yy, fy] = [0, 0, 0];
  for (const { judge, person } of labelled) {
    ff += (judge - f) ** 2;
    yy += (person - y) ** 2;
    fy += (judge - f) * (person - y);
  }
  if (ff < 1e-12 || fy <= 0) return false;
  const unexplained = 1 - fy ** 2 / (ff * yy);
  return unexplained < 1e-12 || tTwoSided(Math.sqrt((n - 2) / unexplained) * (fy / Math.sqrt(ff * yy)), n - 2) <= 0.05;
}

function byPrediction(labelled: Both, others: number[], level: number): Correction['ppi'] {
  const result = ppi(
    labelled.map(({ person }) => person),
    labelled.map(({ judge }) => judge),
    others,
    { level },
  )!;
  const { lambda, estimate, low, high } = result;
  return { win_rate: clip(estimate), low, high, level, method: 'ppi++', reason: null, lambda };
}

/** Decisive prompts only; the rate to be corrected is that of the prompts nobody labelled, which the formula asks for. */
function byErrorRates(labelled: Both, others: number[], level: number): Correction['sensitivity_specificity'] {
  const decisive = labelled.filter(({ judge, person }) => judge !== 0.5 && person !== 0.5);
  const wins = decisive.filter(({ person }) => person > 0.5);
  const losses = decisive.filter(({ person }) => person < 0.5);
  const rest = others.filter((score) => score !== 0.5);
  const counts = {
    true_wins: wins.length,
    true_losses: losses.length,
    ties_dropped: labelled.length - decisive.length + others.length - rest.length,
  };
  if (Math.min(wins.length, losses.length) < LEAST_CELL || rest.length < 2) {
    const reason = `people found ${wins.length} wins and ${losses.length} losses; at least ${LEAST_CELL} of each are needed`;
    return { win_rate: null, reason, ...counts };
  }
  const sensitivity = wins.filter(({ judge }) => judge > 0.5).length / wins.length;
  const specificity = losses.filter(({ judge }) => judge < 0.5).length / losses.length;
  if (!informative(sensitivity, wins.length, specificity, losses.length, level)) {
    const reason = 'the judge is not shown to be better than chance';
    return { win_rate: null, reason, sensitivity, specificity, ...counts };
  }
  const rate = rest.filter((score) => score > 0.5).length / rest.length;
  const [m0, m1] = [losses.length, wins.length];
  const result = roganGladen({ rate, n: rest.length, specificity, m0, sensitivity, m1 }, level);
  if (result.estimate === null) return { win_rate: null, reason: result.reason, sensitivity, specificity, ...counts };
  const { estimate, low, high } = result;
  const method = 'rogan-gladen';
  return { win_rate: estimate, low, high, level, method, reason: null, sensitivity, specificity, ...counts };
}

/** Sensitivity + specificity − 1 is above zero with one success and one failure added to each cell. */
function informative(q1: number, m1: number, q0: number, m0: number, level: number): boolean {
  const [a, b] = [(m1 * q1 + 1) / (m1 + 2), (m0 * q0 + 1) / (m0 + 2)];
  return a + b - 1 > zOf(level) * Math.sqrt((a * (1 - a)) / (m1 + 2) + (b * (1 - b)) / (m0 + 2));
}

const clip = (x: number): number => Math.min(1, Math.max(0, x));
