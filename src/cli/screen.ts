// The result of a run in the terminal: the sentence first, then the picture, then the judges, then where to look next.
// 80 columns are enough; a wider terminal has the counts and the bootstrap on the row.
import { money, percent, rated, whole } from '../figures.js';
import type { Launched } from '../launch.js';
import type { Spent } from '../records.js';
import { changedLater } from '../report/particulars.js';
import type { Cost } from '../answers.js';
import type { JudgeHealth, Summary } from '../summary.js';
import {
  accuracyPieces,
  agreementFigures,
  callWords,
  cure,
  ledByPosition,
  observedAgreement,
  repeatsSentence,
} from '../words.js';
import type { CommonOptions } from './action.js';
import { plot } from './forest.js';
import { further, next } from './next.js';
import { columns, fitted, flowed, oneLine, paint, plain, wrapped } from './terminal.js';

/** What a run has cost: in all, and by judge and checkpoint. */
export interface Bill {
  spent: Spent;
  costs: readonly Cost[];
}

/** The screen a run ends with. */
export function screen(
  { run, summary, folder }: Pick<Launched, 'run' | 'summary' | 'folder'>,
  bill?: Bill,
  width = columns(),
  /** The command that goes on with a run that is not at its end. */
  goesOn?: string,
  /** What stays due, as a sentence. */
  due: string | null = null,
  named: Pick<CommonOptions, 'database'> = {},
): string {
  const later = changedLater(run);
  const head = `${paint.bold(plain(run.candidate))}  vs  ${paint.bold(plain(run.baseline))}`;
  const lines = [
    ...flowed([head, paint.dim(sizeOf(summary))], width, 0),
    '',
    ...wrapped(plain(summary.decision.sentence), Math.min(width, 100), 2).map(paint.bold),
    '',
    ...plot(summary, width),
    '',
    ...judgeLines(summary, width),
    '',
    ...warningLines(summary, width),
    ...(later === null ? [] : noticed(later, width)),
    ...(due === null ? [] : noticed(due, width)),
    ...(bill === undefined ? [] : billLines(bill, width)),
    ...(folder === '' ? [] : [`  files       ${folder}/`]),
    ...flowed(
      goesOn === undefined
        ? [
            `  next        npx ${next(['report', run.id], named)}`,
            further(['serve'], named),
            further(['audit', run.id], named),
          ]
        : [`  next        npx ${goesOn}`, further(['report', run.id], named)],
      width,
      14,
      '   ·   ',
    ),
    '',
  ];
  return fitted(lines.join('\n'), width);
}

function sizeOf({ estimates: [overall], judges }: Summary): string {
  if (overall === undefined) return '';
  const { n_prompts, n_judgments } = overall;
  const panel = `${judges.length} ${judges.length === 1 ? 'judge' : 'judges'}`;
  return `${panel}, ${whole(n_prompts)} prompts, ${whole(n_judgments)} judgments`;
}

/** Agreement and health of the judges, and how far repeats differ. */
export function judgeLines(summary: Summary, width = columns()): string[] {
  const { judges, agreement, variance } = summary;
  const name = Math.min(24, Math.max(6, ...judges.map(({ judge }) => [...judge].length)));
  const share = observedAgreement(agreement.pairs);
  const agree = share === null ? '' : `agree ${percent(share)} % (${agreementFigures(agreement)})`;
  const repeats = repeatsSentence(variance);
  return [
    `  judges      ${agree}`.trimEnd(),
    ...judges.flatMap((judge) => {
      const label = `    ${oneLine(judge.judge, name).padEnd(name)}`;
      const [first = '', ...rest] = healthOf(judge);
      return flowed([`${label}  ${first}`, ...rest], width, name + 6);
    }),
    ...(repeats === null ? [] : wrapped(`repeats: ${repeats}`, Math.min(width, 100), 2)),
  ];
}

function healthOf(judge: JudgeHealth): string[] {
  const { first_slot_rate, order_dependent_rate, failed, canaries, coverage } = judge;
  const failures = Object.entries(failed).map(([why, n]) => `${whole(n)} ${why}`);
  const missed = canaries.filter(({ n, passed }) => passed < n).map(({ kind }) => kind);
  return [
    `first text preferred ${rated(first_slot_rate)}`,
    `verdict changes with order ${order_dependent_rate.value === null ? '–' : `${percent(order_dependent_rate.value)} %`}`,
    failures.length > 0 ? `failed: ${failures.join(', ')}` : '',
    coverage.value !== null && coverage.value < 1 ? `judged ${percent(coverage.value)} % of what is due` : '',
    ledByPosition(judge) ? paint.yellow(`! led by position; ${cure(judge)}`) : '',
    missed.length > 0 ? paint.yellow(`! planted cases not passed: ${missed.join(', ')}`) : '',
    ...judge.accuracy.flatMap((known) => (known.value === null ? [] : accuracyPieces(known).map(plain))),
  ];
}

/** What a reader of the numbers must know: offline judges, few prompts, failures, families. */
export function warningLines({ warnings }: Pick<Summary, 'warnings'>, width = columns()): string[] {
  return warnings.flatMap(({ message }) => noticed(message, width));
}

function noticed(message: string, width: number): string[] {
  const [first = '', ...rest] = wrapped(plain(message), width, 4);
  return [`  ${paint.yellow('!')} ${first.trimStart()}`, ...rest];
}

/** Calls and money, then the money of each judge and checkpoint, and of each suite; an unknown price is never $0. */
function billLines({ spent, costs }: Bill, width: number): string[] {
  const unpriced = spent.unpriced === 0 ? '' : `, ${whole(spent.unpriced)} of unknown price`;
  const sum = sumOf(spent);
  const calls = callWords({ spent, costs }, unpriced);
  const [first, ...others] = paidFor(costs, ({ suite }) => suite);
  const several = others.length > 0 && costs.some(({ cost_usd }) => cost_usd !== null);
  return [
    ...flowed([`  spent       ${sum} in ${calls}`, ...paidFor(costs, ({ name }) => name)], width, 14),
    ...(several ? flowed([`  by suite    ${first}`, ...others], width, 14) : []),
  ];
}

/** What is known of the money that was spent; not $0 where only calls of unknown price were made. */
export const sumOf = ({ unpriced, cost_usd }: Spent): string =>
  unpriced > 0 && !cost_usd ? 'an unknown sum' : money(cost_usd ?? 0);

/** `name $1.20` for each name that has cost anything. */
function paidFor(costs: Bill['costs'], nameOf: (cost: Cost) => string): string[] {
  const by = new Map<string, number | null>();
  for (const cost of costs) {
    const known = by.get(nameOf(cost));
    by.set(nameOf(cost), known === null || cost.cost_usd === null ? null : (known ?? 0) + cost.cost_usd);
  }
  return [...by].filter(([, usd]) => usd !== 0).map(([name, usd]) => `${oneLine(name, 24)} ${money(usd)}`);
}
