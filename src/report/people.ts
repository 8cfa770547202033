// The judges against people: agreement beside the ceiling that people set among themselves and the two judges that read
// nothing, then the win rate with each judge's error carried in. Nothing where no person has judged.
import { coefficient, rated, whole } from '../figures.js';
import type { Calibration, JudgeCalibration, Label } from '../summary.js';
import { ceilingSentence, correctedWords, fewOrRated, OUTCOMES, votesSentence } from '../words.js';
import { type Html, html } from './html.js';

const LABELS: readonly Label[] = ['win', 'loss', 'tie'];

export function people(calibration: Calibration | null): Html | null {
  if (calibration === null) return null;
  const { judges, warnings, disagreements } = calibration;
  return html`<h2>Judges against people</h2>
    <p>${votesSentence(calibration)} ${ceilingSentence(calibration)}</p>
    ${
      warnings.length > 0 &&
      html`<ul class="notice">
        ${warnings.map(({ message }) => html`<li>${message}</li>`)}
      </ul>`
    }
    <div class="wide">
      <table>
        <caption>
          agreement with people, and of two judges that read nothing
        </caption>
        <thead>
          <tr>
            ${['judge', 'agrees', 'κ', 'labels', 'failed', 'always the longer', 'always the first'].map(
              (title) => html`<th scope="col">${title}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${judges.map(
            (one) =>
              html`<tr>
                <th scope="row">${one.judge}</th>
                ${agreementCells(one).map((cell) => html`<td>${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <ul>
      ${judges.map(({ judge, sentence }) => html`<li><b>${judge}</b>: ${sentence}</li>`)}
    </ul>
    ${corrected(judges)} ${judges.map(closer)}
    ${
      disagreements.length > 0 &&
      html`<p class="quiet">
        ${whole(disagreements.length)} times a judge and a person differ; <code>doubleblind calibrate</code> names them.
      </p>`
    }`;
}

/** agrees, κ, labels, failed, always the longer, always the first. */
export function agreementCells({ agreement, cohen_kappa, n, failed, baselines }: JudgeCalibration): string[] {
  const { longer, first } = baselines;
  return [
    rated(agreement),
    cohen_kappa === null ? '–' : coefficient(cohen_kappa),
    whole(n),
    whole(failed),
    rated(longer.agreement),
    rated(first.agreement),
  ];
}

/** judge, group, as the judge says, people on their prompts, PPI++, sensitivity and specificity. */
export function correctedRows(judges: readonly JudgeCalibration[]): string[][] {
  return judges.flatMap(({ judge, corrected: groups }) =>
    groups.map(({ group, raw, people: own, ppi, sensitivity_specificity: rates }) => [
      judge,
      group.domain ?? 'overall',
      correctedWords(raw),
      correctedWords(own),
      correctedWords(ppi),
      correctedWords(rates),
    ]),
  );
}

export const CORRECTED = [
  'judge',
  'group',
  'as the judge says',
  'people, their prompts',
  'corrected (PPI++)',
  'by sensitivity, specificity',
] as const;

function corrected(judges: readonly JudgeCalibration[]): Html {
  return html`<h3>Corrected win rates</h3>
    <div class="wide">
      <table>
        <caption>
          win rate with its interval, before and after the judge’s error is carried in
        </caption>
        <thead>
          <tr>
            ${CORRECTED.map((title) => html`<th scope="col">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${correctedRows(judges).map(
            ([judge, ...cells]) =>
              html`<tr>
                <th scope="row">${judge!}</th>
                ${cells.map((cell) => html`<td>${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

/** Where a judge goes wrong: what it said beside what people said, and its agreement by category and length. */
function closer({ judge, confusion, by }: JudgeCalibration): Html {
  return html`<details>
    <summary>${judge}, closer</summary>
    <div class="wide">
      <table>
        <caption>
          what people said (rows) and what ${judge} said
        </caption>
        <thead>
          <tr>
            <td></td>
            ${OUTCOMES.map((outcome) => html`<th scope="col">${outcome}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${LABELS.map(
            (label) =>
              html`<tr>
                <th scope="row">${label}</th>
                ${OUTCOMES.map((outcome) => html`<td>${whole(confusion[label][outcome])}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <ul>
      ${by.map(({ group, agreement }) => html`<li>${Object.values(group).join('')}: ${fewOrRated(agreement)}</li>`)}
    </ul>
  </details>`;
}
