// Can the judges be trusted: health in words, agreement as a matrix, what their scores say by criterion, and how far
// repeats differ.
import { coefficient, percent, range, signed, whole } from '../figures.js';
import type { AgreementPair, CriterionSummary, JudgeHealth, Summary } from '../summary.js';
import { agreementFigures, remarksOf, repeatsSentence } from '../words.js';
import { html, type Html } from './html.js';

export function judges(summary: Summary): Html {
  const { agreement, variance, criteria } = summary;
  const repeats = repeatsSentence(variance);
  return html`${summary.judges.map(health)} ${matrix(summary)}
  ${
    agreement.effective_judges !== null &&
    html`<p>The judges of this run carry about ${agreement.effective_judges.toFixed(1)} independent votes.</p>`
  }
  ${repeats !== null && html`<p>${repeats}</p>`} ${shares(summary)} ${differences(criteria)}`;
}

function health(judge: JudgeHealth): Html {
  return html`<h3>${judge.judge}</h3>
    <ul>
      ${remarksOf(judge).map(
        ({ kind, text }) =>
          html`<li>
            ${kind === 'trouble' && html`<span class="mark" title="a reason to trust it less">!</span> `}${text}
          </li>`,
      )}
    </ul>`;
}

/** Judges against judges: share of the same outcome, Cohen's kappa and Gwet's AC1 below it. */
function matrix({ agreement, judges: all }: Summary): Html {
  const { pairs, unanimous } = agreement;
  if (pairs.length === 0) {
    return html`<p class="quiet">One judge: there is no agreement to measure.</p>`;
  }
  const names = all.map(({ judge }) => judge).filter((name) => pairs.some(({ judges: two }) => two.includes(name)));
  const of = (a: string, b: string) => pairs.find(({ judges: [x, y] }) => (x === a && y === b) || (x === b && y === a));
  const together =
    unanimous.share === null
      ? ''
      : `All judges name the same outcome in ${percent(unanimous.share)} % of ${whole(unanimous.n)} comparisons (${agreementFigures(agreement)}). `;
  return html`<h3>Agreement</h3>
    <p>
      ${together}Agreement by chance alone is high where one side nearly always wins: read α, κ and AC1 beside the
      share.
    </p>
    <div class="wide">
      <table>
        <caption>
          same outcome, on comparisons both judged
        </caption>
        <thead>
          <tr>
            <td></td>
            ${names.map((name) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${names.map(
            (a) =>
              html`<tr>
                <th scope="row">${a}</th>
                ${names.map((b) => html`<td>${a === b ? '·' : cell(of(a, b))}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function cell(pair: AgreementPair | undefined): Html {
  if (pair === undefined || pair.observed === null) return html`${pair?.reason ?? '–'}`;
  const { observed, interval, n, cohen_kappa: kappa, gwet_ac1: ac1 } = pair;
  const figures = [
    kappa === null ? '' : `κ ${coefficient(kappa)}`,
    ac1 === null ? '' : `AC1 ${coefficient(ac1)}`,
    `n ${whole(n)}`,
  ].filter(Boolean);
  return html`${percent(observed)} % ${interval !== null && `(${range(interval)})`}<br /><span class="quiet"
      >${figures.join(', ')}</span
    >`;
}

function shares({ variance }: Summary): Html | null {
  const parts = (['prompts', 'responses', 'orders', 'judges'] as const).flatMap((part) =>
    variance[part] === null ? [] : [`${part} ${percent(variance[part])} %`],
  );
  if (parts.length < 2) return null;
  return html`<p>
    Where the spread of a judgment’s score comes from: ${parts.join(', ')}.
    ${variance.reason !== null && html`<span class="quiet">Not told apart: ${variance.reason}.</span>`}
  </p>`;
}

function differences(criteria: readonly CriterionSummary[]): Html | null {
  if (criteria.length === 0) return null;
  return html`<h3>Criteria</h3>
    <p>Mean of candidate − baseline on the judge’s own scale: which qualities its verdicts follow.</p>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col">judge</th>
            <th scope="col">criterion</th>
            <th scope="col">difference</th>
            <th scope="col">interval</th>
            <th scope="col">judgments</th>
            <th scope="col">sign agrees with verdict</th>
          </tr>
        </thead>
        <tbody>
          ${criteria.map(
            (c) =>
              html`<tr>
                <th scope="row">${c.judge}</th>
                <td>${c.criterion}</td>
                <td>${signed(c.mean_difference)}</td>
                <td>${c.low === null || c.high === null ? '–' : `${signed(c.low)} to ${signed(c.high)}`}</td>
                <td>${whole(c.n)}</td>
                <td>${c.agrees_with_verdict === null ? '–' : `${percent(c.agrees_with_verdict)} %`}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
