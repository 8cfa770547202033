// The work of `calibrate`: what each judge is worth, the sentence first.
import { calibrate } from '../calibration.js';
import { coefficient, counted, rated, whole } from '../figures.js';
import { findRun } from '../find-run.js';
import type { Store } from '../store/index.js';
import type { Calibration, JudgeCalibration } from '../summary.js';
import { ceilingSentence, correctedWords, fewOrRated, votesSentence } from '../words.js';
import { type CommonOptions, print } from './action.js';
import { warningLines } from './screen.js';
import { table } from './table.js';
import { paint, plain, prose } from './terminal.js';

/** Disagreeing samples that fit a screen; `--json` has all. */
const SHOWN = 8;

export async function showCalibration(store: Store, id: string, flags: CommonOptions): Promise<void> {
  const calibration = await calibrate(store, await findRun(store, id));
  print(flags, calibration, () => lines(calibration).join('\n'));
}

function lines(calibration: Calibration): string[] {
  const { judges, disagreements } = calibration;
  return [
    prose(plain(votesSentence(calibration))),
    prose(`  ${plain(ceilingSentence(calibration))}`),
    ...judges.flatMap((judge) => ['', ...judgeLines(judge)]),
    ...(disagreements.length === 0 ? [] : ['', ...samples(disagreements)]),
    ...warningLines(calibration),
  ];
}

function judgeLines({
  judge,
  sentence,
  agreement,
  n,
  failed,
  cohen_kappa,
  confusion,
  baselines,
  by,
  corrected,
}: JudgeCalibration): string[] {
  const right = { right: true };
  const outcomes = ['win', 'loss', 'tie', 'order-dependent', 'failed'] as const;
  const kappa = cohen_kappa === null ? '' : `, kappa ${coefficient(cohen_kappa)}`;
  return [
    prose(`${paint.bold(plain(judge))}  ${sentence}`),
    `  agrees with people ${rated(agreement)} of ${counted(n, 'label')}${kappa}${failed === 0 ? '' : `, ${whole(failed)} failed`}`,
    `  always the longer ${rated(baselines.longer.agreement)} · always the first ${rated(baselines.first.agreement)}`,
    ...by.map(({ group, agreement: own }) => `    ${plain(Object.values(group).join(''))}  ${fewOrRated(own)}`),
    ...table(
      [{ title: 'people said' }, ...outcomes.map((title) => ({ title, ...right }))],
      (['win', 'loss', 'tie'] as const).map((label) => [label, ...outcomes.map((own) => whole(confusion[label][own]))]),
    ),
    ...corrected.flatMap(({ group, raw, people, ppi, sensitivity_specificity }) => [
      `  ${group.domain ?? 'win rate'}`,
      `    as the judge says            ${correctedWords(raw)}`,
      `    people on their prompts      ${correctedWords(people)}`,
      ...(ppi.reason !== null && ppi.reason === sensitivity_specificity.reason
        ? [prose(`    not corrected: ${ppi.reason}`)]
        : [
            `    corrected (PPI++)            ${correctedWords(ppi)}`,
            `    by sensitivity, specificity  ${correctedWords(sensitivity_specificity)}`,
          ]),
    ]),
  ];
}

function samples(all: Calibration['disagreements']): string[] {
  return [
    `  ${counted(all.length, 'disagreement')} between a judge and a person`,
    ...table(
      [
        { title: 'prompt' },
        { title: 'judge' },
        { title: 'says' },
        { title: 'person' },
        { title: 'says' },
        { title: 'judgment' },
      ],
      all
        .slice(0, SHOWN)
        .map(({ suite, prompt_id, judge, outcome, person, label, judgment_id }) => [
          `${suite}/${prompt_id}`,
          judge,
          outcome,
          person,
          label,
          judgment_id.slice(0, 8),
        ]),
    ),
  ];
}
