// What a run was made from and what it cost: spend, configuration, hashes, how often the candidate was tried, and how
// anyone can make or check it again.
import { counted, money, whole } from '../figures.js';
import type { Environment } from '../environment.js';
import type { Run } from '../records.js';
import type { Cost } from '../answers.js';
import type { Facts } from './facts.js';
import { callWords } from '../words.js';
import { html, type Html } from './html.js';

/** Money and calls, by judge and checkpoint, then by suite where there are several. */
export function spend({ spent, costs }: Facts): Html {
  const bySuite = summed(costs, ({ suite }) => ({ kind: 'suite', name: suite }));
  const rows = [...summed(costs, ({ kind, name }) => ({ kind, name })), ...(bySuite.length > 1 ? bySuite : [])];
  return html`<p>
      ${spentWords(spent.cost_usd, spent.unpriced)} in ${callWords({ spent, costs })}; ${whole(spent.input_tokens)}
      tokens in, ${whole(spent.output_tokens)} out.
    </p>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col">who</th>
            <th scope="col">role</th>
            <th scope="col">calls</th>
            <th scope="col">tokens in</th>
            <th scope="col">tokens out</th>
            <th scope="col">cost</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (c) =>
              html`<tr>
                <th scope="row">${c.name}</th>
                <td>${c.kind}</td>
                <td>${whole(c.calls)}</td>
                <td>${c.input_tokens === null ? '–' : whole(c.input_tokens)}</td>
                <td>${c.output_tokens === null ? '–' : whole(c.output_tokens)}</td>
                <td>${money(c.cost_usd)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

/** What was spent, with what is not known about it; never $0 for an unknown price. */
export function spentWords(cost_usd: number | null, unpriced: number): string {
  if (unpriced === 0) return `Spent ${money(cost_usd ?? 0)}`;
  const answers = `${counted(unpriced, 'answer')} of unknown price`;
  return cost_usd === null || cost_usd === 0
    ? `Spent an unknown sum, ${answers},`
    : `Spent ${money(cost_usd)} and ${answers}`;
}

type Billed = Omit<Cost, 'kind'> & { kind: Cost['kind'] | 'suite' };

/** Costs added up by what they are for. */
function summed(costs: readonly Cost[], of: (cost: Cost) => Pick<Billed, 'kind' | 'name'>): Billed[] {
  const by = new Map<string, Billed>();
  for (const cost of costs) {
    const { kind, name } = of(cost);
    const key = `${kind} ${name}`;
    const known = by.get(key);
    by.set(key, known === undefined ? { ...cost, kind, name } : added(known, { ...cost, kind, name }));
  }
  return [...by.values()];
}

function added(a: Billed, b: Billed): Billed {
  const sum = (x: number | null, y: number | null) => (x === null ? y : y === null ? x : x + y);
  return {
    ...a,
    records: a.records + b.records,
    calls: a.calls + b.calls,
    // One unknown price makes the sum unknown.
    cost_usd: a.cost_usd === null || b.cost_usd === null ? null : a.cost_usd + b.cost_usd,
    input_tokens: sum(a.input_tokens, b.input_tokens),
    output_tokens: sum(a.output_tokens, b.output_tokens),
  };
}

interface Named {
  name: string;
  sha256?: string;
  [key: string]: unknown;
}

/** Every hash that says what was judged, and the whole configuration. */
export function configuration({ run, judged_sha256 }: Facts): Html {
  const { config, identities, environment } = run;
  const content = (identities['content'] ?? {}) as Partial<Record<string, string>>;
  const suites = (config['suites'] ?? []) as Named[];
  const templates = Object.keys((config['templates'] ?? {}) as object);
  const { templates: _, ...shown } = config;
  const { git, doubleblind = 'unknown', node = 'unknown' } = environment as Partial<Environment>;
  const pairs: [string, string][] = [
    ['judged.jsonl', `SHA-256 ${judged_sha256}`],
    ['configuration', run.configuration],
    ...suites.map(({ name, sha256 }): [string, string] => [`suite ${name}`, sha256 ?? 'not hashed']),
    ...templates.map((ref): [string, string] => ['judge prompt', ref]),
    ...Object.entries(content).map(([role, hash]): [string, string] => [`${role} content`, hash ?? '']),
    ['doubleblind', `${doubleblind}, Node ${node}`],
  ];
  if (git?.commit) pairs.push(['git', `${git.commit}${git.dirty ? ', with changes' : ''}`]);
  return html`<dl class="pairs">
      ${pairs.map(
        ([term, value]) =>
          html`<dt>${term}</dt>
            <dd><code>${value}</code></dd>`,
      )}
    </dl>
    <details>
      <summary>Whole configuration</summary>
      <pre>${JSON.stringify(shown, null, 2)}</pre>
    </details>`;
}

/**
 * What came after the first start is said: a margin or level, which does not count, and when to stop, which only judging
 * went by. Null where nothing did.
 */
export function changedLater({ decision_rule }: Pick<Run, 'decision_rule'>): string | null {
  const { stop, ...unused } = (decision_rule['later'] ?? {}) as Record<string, unknown>;
  const changes = Object.entries(unused).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  const sentences = [
    ...(changes.length === 0 ? [] : [`Changed after the first start, and not used: ${changes.join(', ')}.`]),
    ...(stop === undefined
      ? []
      : [`Changed after the first start: ${stop === null ? 'no stop' : 'stop'} when decided.`]),
  ];
  return sentences.length === 0 ? null : sentences.join(' ');
}

/** How many tries stand behind this result: the best of many runs flatters. */
export function history({ run, history: { runs, by_suite } }: Facts): Html {
  const suites = by_suite.filter((one) => one.runs > 0).map((one) => `${one.suite} ${whole(one.runs)}`);
  const several = runs > 1 ? ' A result picked among several runs is better by luck: report them all.' : '';
  return html`<p>
    The database holds ${counted(runs, 'run')} of
    ${run.candidate}${suites.length > 0 && ` (by suite: ${suites.join(', ')})`}, this one included.${several}
  </p>`;
}

/** How to make it again and how to check it. */
export function reproduce({ run, judged_sha256 }: Facts): Html {
  const folder = run.exports ?? 'exports/…';
  return html`<p>
      Every winner, hash and number follows from the files of the run: <code>judged.jsonl</code> (SHA-256
      ${judged_sha256.slice(0, 16)}…), <code>responses.jsonl</code>, <code>run.json</code>.
    </p>
    <pre>
npx doubleblind audit ${folder}          # derives every judgment again, without a database
npx doubleblind reproduce ${run.id}
npx doubleblind stats ${folder}/judged.jsonl</pre>`;
}
