// Comparisons to read: both texts, and what each judge said in each order.
import { SIGNS, whole } from '../figures.js';
import type { Judgment } from '../records.js';
import type { Sample } from './facts.js';
import { html, type Html } from './html.js';

/** Characters (code points) of one text that are shown; the rest stands in `judged.jsonl`. */
const SHOWN = 2500;
const SHORT = 400;

/** Samples under a heading; one paragraph when there are none. */
export function samples(title: string, none: string, found: readonly Sample[], total: number): Html {
  if (found.length === 0) {
    return html`<h3>${title}</h3>
      <p class="quiet">${none}</p>`;
  }
  const more = total > found.length ? `${whole(found.length)} of ${whole(total)}; doubleblind serve shows all.` : null;
  return html`<h3>${title} <span class="count">${whole(total)}</span></h3>
    ${more !== null && html`<p class="quiet">${more}</p>`} ${found.map(sample)}`;
}

function sample(s: Sample): Html {
  const excerpt = cut(s.prompt ?? '(the prompt was not kept)', 110).text.replace(/\s+/g, ' ');
  return html`<details class="sample">
    <summary>
      <span class="id">${s.prompt_id}${s.repeat > 0 ? ` #${s.repeat}` : ''}</span>
      <span class="excerpt">${excerpt}</span> <span class="quiet">${s.category ?? s.suite}</span>
    </summary>
    ${said('Prompt', s.prompt, '')}
    <div class="texts">
      ${said('Baseline', s.baseline_response, 'baseline')} ${said('Candidate', s.candidate_response, 'candidate')}
    </div>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col">judge</th>
            <th scope="col">order</th>
            <th scope="col">winner</th>
            <th scope="col">why</th>
          </tr>
        </thead>
        <tbody>
          ${s.judgments.map(judged)}
        </tbody>
      </table>
    </div>
  </details>`;
}

function judged(j: Judgment): Html {
  const why = cut(j.rationale ?? (j.state === 'failed' ? (j.reply ?? '') : ''), SHORT).text;
  const quote = j.quote === null ? '' : `“${cut(j.quote, SHORT).text}” found in ${j.quote_found_in ?? 'neither'}`;
  return html`<tr>
    <th scope="row">${j.judge}</th>
    <td>${j.order ?? 'not stated'}</td>
    <td>${winnerOf(j)}</td>
    <td class="why">${why}${quote !== '' && html`<div class="quiet">${quote}</div>`}</td>
  </tr>`;
}

function winnerOf(j: Judgment): Html {
  if (j.state === 'failed') return html`${SIGNS.failed} ${j.failure}`;
  if (j.winner === 'tie') return html`${SIGNS.tie} tie`;
  const sign = j.winner === 'candidate' ? SIGNS.win : SIGNS.loss;
  return html`<span class="${j.winner}">${sign}</span> ${j.winner}`;
}

function said(title: string, text: string | null, tone: string): Html {
  if (text === null) {
    return html`<figure>
      <figcaption>${title}</figcaption>
      <p class="quiet">not kept</p>
    </figure>`;
  }
  const { text: shown, left } = cut(text, SHOWN);
  return html`<figure>
    <figcaption class="${tone}">${title}</figcaption>
    <pre>${shown}</pre>
    ${left > 0 && html`<p class="quiet">… ${whole(left)} more characters stand in judged.jsonl</p>`}
  </figure>`;
}

/** The first `n` code points of a text, and how many are left. */
function cut(text: string, n: number): { text: string; left: number } {
  // A code point has at most two units: a long text need not be taken apart to its end.
  const head = [...text.slice(0, 2 * n)];
  if (head.length <= n && text.length <= 2 * n) return { text, left: 0 };
  const shown = head.slice(0, n).join('');
  return { text: shown, left: text.length - shown.length };
}
