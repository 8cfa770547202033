// A report as Markdown: whole for a pull request, short for a README. Names from files cannot break out of a table.
import { counted, groupName, headline, money, percent, range, whole } from '../figures.js';
import { panelIn } from '../judges.js';
import type { Domain, Run } from '../records.js';
import type { Store } from '../store/index.js';
import type { Estimate, Summary } from '../summary.js';
import type { GateResult } from '../gate.js';
import { type Facts, factsOf, judgedHash } from './facts.js';
import { visible } from './html.js';
import { agreementFigures, ceilingSentence, observedAgreement, remarksOf, votesSentence } from '../words.js';
import { methodNotes } from './method.js';
import { agreementCells, CORRECTED, correctedRows } from './people.js';
import { spentWords } from './particulars.js';

/** A report as Markdown; `short`: the table for a README and the line that checks it. */
export async function reportMarkdown(
  store: Store,
  run: Run,
  summary: Summary,
  { short = false }: { short?: boolean } = {},
): Promise<string> {
  return short
    ? shortTable(run, summary, await judgedHash(store, run))
    : wholeReport(await factsOf(store, run, summary));
}

/** One line of text in which nothing is markup. */
function literal(text: string): string {
  return visible(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>|#~!&]/g, (c) => (c === '<' ? '&lt;' : c === '>' ? '&gt;' : c === '&' ? '&amp;' : `\\${c}`));
}

/** A text between backticks that it cannot close. */
const code = (text: string): string => `\`${visible(text).replace(/\s+/g, ' ').replaceAll('`', 'ʼ')}\``;

function rowsOf(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(headers), line(headers.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** The tests of a run: its suites, or overall where none stands by itself. */
function tests({ estimates }: Summary): Estimate[] {
  const suites = estimates.filter(({ group }) => Object.keys(group).join() === 'suite');
  return suites.length > 0 ? suites : estimates.slice(0, 1);
}

function shortTable(run: Run, summary: Summary, sha256: string): string {
  const domainOf = domains(run);
  const panel = panelIn(
    run,
    summary.judges.map(({ judge }) => judge),
  );
  const judges = panel.map(literal).join(', ');
  const rows = tests(summary).map((e) => [
    literal(groupName(e)),
    whole(e.n_prompts),
    `${whole(e.wins)}–${whole(e.losses)}–${whole(e.ties + e.order_dependent)}`,
    headline(e),
    range(e.interval, e.n_prompts),
    decisionWord(e, domainOf(e), summary),
    judges,
  ]);
  const level = summary.estimates.find((e) => e.interval !== null)?.interval?.level ?? 0.95;
  const offline = summary.warnings.filter(({ code: what }) => what === 'OFFLINE_JUDGE');
  return [
    `**${literal(run.candidate)}** against **${literal(run.baseline)}**: ${literal(summary.decision.sentence)}`,
    '',
    rowsOf(
      ['test', 'prompts', 'wins–losses–ties', 'win rate', `${percent(level)} % interval`, 'decision', 'judges'],
      rows,
    ),
    '',
    ...offline.map(({ message }) => `> ${literal(message)}\n`),
    `${counted(summary.estimates[0]?.n_judgments ?? 0, 'judgment')} by prompt, blind, ties half; \`judged.jsonl\` has SHA-256 \`${sha256}\`. Check it: \`npx doubleblind audit judged.jsonl\``,
    '',
  ].join('\n');
}

function domains({ config }: Run): (e: Estimate) => Domain | null {
  const of = new Map(
    ((config['suites'] ?? []) as { name: string; domain: Domain }[]).map(({ name, domain }) => [name, domain]),
  );
  return ({ group }) => of.get(group.suite ?? '') ?? null;
}

/** The decision of the domain where a suite is all of it, else what its own interval says. */
function decisionWord(e: Estimate, domain: Domain | null, { decision, estimates }: Summary): string {
  const alone = estimates.some(({ group, n_prompts }) => group.domain === domain && n_prompts === e.n_prompts);
  if (domain !== null && alone) {
    const { verdict, non_inferior, margin } = decision.domains[domain];
    const kept = verdict === 'undecided' && non_inferior === true && domain !== 'in-domain';
    return kept ? `no loss beyond ${(margin * 100).toFixed(0)} points` : verdict;
  }
  const { interval, p_value } = e;
  if (interval === null || p_value === null || p_value > 1 - interval.level) return 'undecided';
  return interval.low > 0.5 ? 'better' : interval.high < 0.5 ? 'worse' : 'undecided';
}

function wholeReport(facts: Facts): string {
  const { run, summary, spent, judged_sha256 } = facts;
  const { agreement } = summary;
  const drawn = summary.estimates.filter(({ group }) =>
    ['', 'domain', 'suite', 'category'].includes(Object.keys(group).join()),
  );
  const ranked = [...drawn.slice(1), ...drawn.slice(0, 1)];
  const share = observedAgreement(agreement.pairs);
  return [
    `# ${literal(run.candidate)} vs ${literal(run.baseline)}`,
    '',
    `**${literal(summary.decision.sentence)}**`,
    '',
    ...summary.warnings.map(({ message }) => `> ${literal(message)}\n`),
    rowsOf(
      ['group', 'win rate', 'interval', 'bootstrap', 'prompts', '▲', '▼', '=', '⇄', '×', 'coverage'],
      ranked.map((e) => [
        literal(groupName(e)),
        headline(e),
        range(e.interval, e.n_prompts),
        e.bootstrap?.degenerate === true ? 'degenerate' : range(e.bootstrap, e.n_prompts),
        whole(e.n_prompts),
        ...[e.wins, e.losses, e.ties, e.order_dependent, e.failed].map(whole),
        e.coverage === null ? '–' : `${percent(e.coverage)} %`,
      ]),
    ),
    '',
    '▲ candidate preferred, ▼ baseline preferred, = tie, ⇄ winner changed with the order, × failed.',
    '',
    '## Judges',
    '',
    ...(share === null
      ? []
      : [`They agree in ${percent(share)} % of comparisons (${agreementFigures(agreement)}).`, '']),
    ...summary.judges.flatMap((judge) => [
      `- **${literal(judge.judge)}**`,
      ...remarksOf(judge).map(({ kind, text }) => `  - ${kind === 'trouble' ? '⚠ ' : ''}${literal(text)}`),
    ]),
    '',
    ...againstPeople(facts),
    '## How it was made',
    '',
    ...methodNotes(facts).map(([term, note]) => `- **${literal(term)}**: ${literal(note)}`),
    '',
    `${spentWords(spent.cost_usd, spent.unpriced)} in ${counted(spent.calls, 'call')}${
      spent.cost_usd === null ? '' : ` (${money(spent.cost_usd)})`
    }. Run ${code(run.id)}, configuration ${code(run.configuration)}, \`judged.jsonl\` SHA-256 ${code(judged_sha256)}. The database holds ${counted(facts.history.runs, 'run')} of this candidate.`,
    '',
    `Check it: ${code(`npx doubleblind audit ${run.exports ?? run.id}`)}`,
    '',
  ].join('\n');
}

/** What people say of the judges, as the page has it. */
function againstPeople({ calibration }: Facts): string[] {
  if (calibration === null) return [];
  const { judges, warnings } = calibration;
  return [
    '## Judges against people',
    '',
    `${literal(votesSentence(calibration))} ${literal(ceilingSentence(calibration))}`,
    '',
    ...warnings.map(({ message }) => `> ${literal(message)}\n`),
    rowsOf(
      ['judge', 'agrees with people', 'κ', 'labels', 'failed', 'always the longer', 'always the first'],
      judges.map((one) => [literal(one.judge), ...agreementCells(one)]),
    ),
    '',
    ...judges.map(({ judge, sentence }) => `- **${literal(judge)}**: ${literal(sentence)}`),
    '',
    rowsOf(
      [...CORRECTED],
      correctedRows(judges).map((row) => row.map(literal)),
    ),
    '',
  ];
}

/** The outcome of a gate for a step summary or a pull request: passed or not, each condition with its reason. */
export function gateMarkdown(run: Run, summary: Summary, { passed, conditions, warnings }: GateResult): string {
  return [
    `### ${passed ? '✅ passed' : '❌ not passed'}: ${literal(run.candidate)} vs ${literal(run.baseline)}`,
    '',
    literal(summary.decision.sentence),
    '',
    rowsOf(
      ['condition', 'asked', 'result'],
      conditions.map((c) => [
        literal(c.subject),
        `${c.claim}${c.margin === null ? '' : `, margin ${(c.margin * 100).toFixed(0)}`}`,
        `${c.passed ? '✅' : '❌'} ${literal(c.reason)}`,
      ]),
    ),
    '',
    ...warnings.map((warning) => `> ${literal(warning)}\n`),
    `Run ${code(run.id)}`,
    '',
  ].join('\n');
}
