// The report as one page: the sentence first, then the picture, the numbers, the judges, the texts, and how all of it
// was made. One file, no script; its policy lets nothing be loaded or sent, whatever a text in the page says.
import { counted } from '../figures.js';
import { DOMAINS } from '../records.js';
import type { Estimate, Group, Summary } from '../summary.js';
import { curve } from './curve.js';
import type { Facts } from './facts.js';
import { forest, table } from './forest.js';
import { Html, html } from './html.js';
import { judges } from './judges.js';
import { methods } from './method.js';
import { changedLater, configuration, history, reproduce, spend } from './particulars.js';
import { people } from './people.js';
import { samples } from './samples.js';
import { STYLE } from './style.js';

/** Groups of one kind that are drawn; the table of all is one `stats` away. */
const GROUPS = 60;

export function page(facts: Facts): string {
  const { run, summary } = facts;
  const title = `${run.candidate} vs ${run.baseline}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title} · doubleblind</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1><span class="candidate">${run.candidate}</span> vs <span class="baseline">${run.baseline}</span></h1>
            <p class="facts">
              ${sizeWords(summary)} · ${run.purpose} · run ${run.id} ·
              ${run.status}${run.reason !== null && `: ${run.reason}`} · ${run.ended_at ?? run.created_at}
            </p>
          </header>
          <p class="decision">${summary.decision.sentence}</p>
          ${notices(facts)} ${results(summary)} ${curve(facts.curve)}
          <h2>Judges</h2>
          ${judges(summary)} ${people(facts.calibration)}
          <h2>Samples</h2>
          ${texts(facts)}
          <h2>Spent</h2>
          ${spend(facts)}
          <h2>How the numbers are made</h2>
          ${methods(facts)}
          <h2>Configuration</h2>
          ${history(facts)}${configuration(facts)}
          <h2>Again, and checked</h2>
          ${reproduce(facts)}
        </main>
      </body>
    </html> `.markup;
}

function sizeWords({ estimates, judges: all }: Summary): string {
  const [overall] = estimates;
  return overall === undefined
    ? 'nothing judged'
    : `${counted(all.length, 'judge')}, ${counted(overall.n_prompts, 'prompt')}, ${counted(overall.n_judgments, 'judgment')}`;
}

/** What a reader must know before believing the numbers, beside them and not at the end. */
function notices({ run, summary }: Facts): Html | null {
  const later = changedLater(run);
  const notes = [...summary.warnings.map(({ message }) => message), ...(later === null ? [] : [later])];
  return notes.length === 0
    ? null
    : html`<ul class="notice">
        ${notes.map((note) => html`<li>${note}</li>`)}
      </ul>`;
}

/** Domains and overall drawn; every other grouping one click away. */
function results({ estimates }: Summary): Html {
  const single = (key: keyof Group): Estimate[] => estimates.filter(({ group }) => Object.keys(group).join() === key);
  const rank = ({ group }: Estimate) => DOMAINS.indexOf(group.domain as (typeof DOMAINS)[number]);
  const domains = single('domain').sort((a, b) => rank(a) - rank(b));
  const first = domains.length > 0 ? domains : single('suite');
  const shown = first.length === 1 ? first : [...first, ...estimates.slice(0, 1)];
  return html`<h2>Win rate of the candidate</h2>
    ${forest(shown)}
    <p class="quiet">
      Point and interval by prompt; dashed, the bootstrap; the line at 50 is neither better nor worse; grey: too few
      prompts to say much.
    </p>
    <details>
      <summary>The same as a table</summary>
      ${table(shown, 'by domain')}
    </details>
    ${(['suite', 'category', 'judge', 'order'] as const).map((key) => grouping(key, single(key)))}
    ${grouping(
      'suite × judge',
      estimates.filter(({ group }) => Object.keys(group).join() === 'suite,judge'),
    )}`;
}

function grouping(name: string, rows: readonly Estimate[]): Html | null {
  if (rows.length === 0) return null;
  const left = rows.length - GROUPS;
  return html`<details>
    <summary>By ${name} <span class="count">${rows.length}</span></summary>
    ${forest(rows.slice(0, GROUPS))} ${table(rows.slice(0, GROUPS), `by ${name}`)}
    ${left > 0 && html`<p class="quiet">${counted(left, 'further group')} in summary.json.</p>`}
  </details>`;
}

function texts({ summary, order_dependent, disagreeing }: Facts): Html {
  const { n, share } = summary.agreement.unanimous;
  const split = share === null ? 0 : Math.round(n * (1 - share));
  const changed = summary.estimates[0]?.order_dependent ?? 0;
  return html`${samples(
    'Winner changed with the order',
    'No comparison changed its winner with the order.',
    order_dependent,
    Math.max(changed, order_dependent.length),
  )}
  ${samples('Judges disagree', 'Nowhere do two judges name different winners in the same order.', disagreeing, Math.max(split, disagreeing.length))}`;
}
