// A forest plot as inline SVG: a point with its interval on an axis from 0 to 100, a line at 50, the bootstrap interval
// as a thin line below; each row says its numbers in words, and the same numbers stand in a table.
// Positions are percentages of the picture's width, so that it fits any page without distortion.
import { countsOf, groupName, headline, percent, range, SIGNS, whole } from '../figures.js';
import type { Outcome } from '../records.js';
import type { Estimate } from '../summary.js';
import { OUTCOME_WORDS } from '../words.js';
import { html, type Html } from './html.js';

const at = (share: number): string => `${(share * 100).toFixed(2)}%`;

/** Blue or orange only where the interval leaves 50 out; grey where there are too few prompts. */
function side({ size, interval }: Estimate): 'candidate' | 'baseline' | 'neither' | 'few' {
  if (size === 'too-few' || interval === null) return 'few';
  return interval.low > 0.5 ? 'candidate' : interval.high < 0.5 ? 'baseline' : 'neither';
}

/** The plot of some groups; nothing where there are none. */
export function forest(rows: readonly Estimate[]): Html | null {
  if (rows.length === 0) return null;
  return html`<div class="forest">
    <div class="row axis" aria-hidden="true">
      <span></span>
      <div class="plot">
        <svg height="16">
          ${[0, 25, 50, 75, 100].map((n) => html`<text x="${n}%" y="12" text-anchor="middle">${n}</text>`)}
        </svg>
      </div>
      <span class="figures">win rate, interval</span>
    </div>
    ${rows.map(row)}
  </div>`;
}

function row(e: Estimate): Html {
  const { interval, bootstrap, win_rate } = e;
  return html`<div class="row ${side(e)}">
    <span class="name">${groupName(e)}</span>
    <div class="plot">
      <svg height="30" role="img" aria-label="${inWords(e)}">
        ${[0, 0.25, 0.75, 1].map((x) => html`<line class="grid" x1="${at(x)}" x2="${at(x)}" y1="0" y2="30" />`)}
        <line class="half" x1="50%" x2="50%" y1="0" y2="30" />
        ${
          interval &&
          html`<line x1="${at(interval.low)}" x2="${at(interval.high)}" y1="13" y2="13" />
            ${[interval.low, interval.high].map((x) => html`<line x1="${at(x)}" x2="${at(x)}" y1="8" y2="18" />`)}`
        }
        ${
          bootstrap &&
          !bootstrap.degenerate &&
          html`<line class="bootstrap" x1="${at(bootstrap.low)}" x2="${at(bootstrap.high)}" y1="25" y2="25" />`
        }
        ${win_rate === null ? null : html`<circle cx="${at(win_rate)}" cy="13" r="5" />`}
      </svg>
    </div>
    <span class="figures"><b>${headline(e)}</b> ${range(interval, e.n_prompts)}</span>
  </div>`;
}

/** One row as a sentence, for those who do not see the picture. */
export function inWords(e: Estimate): string {
  if (e.win_rate === null) return `${groupName(e)}: no win rate, ${e.reason ?? 'nothing judged'}`;
  const n = e.n_prompts;
  const interval = e.interval === null ? '' : `, ${percent(e.interval.level)} % interval ${range(e.interval, n)}`;
  const few = e.size === 'too-few' ? '; too few prompts to say much' : '';
  return `${groupName(e)}: win rate ${percent(e.win_rate, n)} %${interval}, on ${whole(n)} prompts${few}`;
}

/** The numbers of the plot as a table. */
export function table(rows: readonly Estimate[], caption: string): Html {
  const level = rows.find((e) => e.interval !== null)?.interval?.level ?? 0.95;
  const signs = Object.entries(SIGNS) as [Outcome, string][];
  return html`<div class="wide">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">group</th>
          <th scope="col">win rate</th>
          <th scope="col">${percent(level)} % interval</th>
          <th scope="col">bootstrap</th>
          <th scope="col">prompts</th>
          ${signs.map(([outcome, sign]) => html`<th scope="col"><abbr title="${OUTCOME_WORDS[outcome]}">${sign}</abbr></th>`)}
          <th scope="col">coverage</th>
          <th scope="col"><abbr title="adjusted inside its family where it has one">p</abbr></th>
          <th scope="col">detectable</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (e) =>
            html`<tr class="${side(e)}">
              <th scope="row">${groupName(e)}</th>
              <td>${e.win_rate === null ? (e.reason ?? '–') : headline(e)}</td>
              <td>${range(e.interval, e.n_prompts)}</td>
              <td>${e.bootstrap?.degenerate === true ? 'degenerate' : range(e.bootstrap, e.n_prompts)}</td>
              <td>${whole(e.n_prompts)}</td>
              ${countsOf(e).map((n) => html`<td>${whole(n)}</td>`)}
              <td>${e.coverage === null ? '–' : `${percent(e.coverage)} %`}</td>
              <td>${pValue(e.p_adjusted ?? e.p_value)}</td>
              <td>
                ${e.minimum_detectable_effect === null ? '–' : `±${(e.minimum_detectable_effect * 100).toFixed(0)}`}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function pValue(p: number | null): string {
  if (p === null) return '–';
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}
