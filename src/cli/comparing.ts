// The work of `compare` and `significance`.
import type { ComparedMetric, Matter, PairedTest, Unmatched } from '../answers.js';
import { DoubleblindError } from '../errors.js';
import { groupName, percent, points, range, whole } from '../figures.js';
import { findRun } from '../find-run.js';
import { compare, significance } from '../ledger/compare.js';
import type { Run } from '../records.js';
import type { Store } from '../store/index.js';
import { offlineAmong } from '../judges.js';
import { FINISHED } from '../win-rates.js';
import { letterOf } from '../words.js';
import { print } from './action.js';
import type { CompareFlags } from './ledger.js';
import { earlyLines } from './ranking.js';
import { warningLines } from './screen.js';
import { table } from './table.js';
import { oneLine, paint, plain, prose } from './terminal.js';

export async function compareRuns(store: Store, ids: string[], flags: CompareFlags): Promise<void> {
  const runs = await runsOf(store, ids, flags.tag);
  const { tag, suite, seed } = flags;
  const compared = { ...(await compare(store, runs, { tag, suite, seed })), warnings: offlineAmong(runs) };
  print(flags, compared, () => {
    const letters = runs.map((_, i) => ({ title: letterOf(i) }));
    return [
      ...runs.map((run, i) => plain(`  ${letterOf(i)}  ${run.id}  ${run.candidate} against ${run.baseline}`)),
      '',
      ...matterLines(compared.matters),
      '',
      ...section(
        'configured differently',
        compared.configuration.length === 0
          ? ['  nothing']
          : table(
              [{ title: 'setting' }, ...letters],
              compared.configuration.map(({ key, values }) => [
                key,
                ...values.map((value) => oneLine(shown(value), 40)),
              ]),
            ),
      ),
      ...section(
        'win rates',
        table(
          [{ title: '' }, ...letters],
          distinct(compared.metrics).map(({ name, values }) => [
            name,
            ...values.map((value) =>
              value === null
                ? '–'
                : `${percent(value.win_rate, value.n_prompts)} (${range(value.interval, value.n_prompts)}) of ${whole(value.n_prompts)}`,
            ),
          ]),
        ),
      ),
      ...compared.tests.flatMap(({ first, second, groups }) =>
        section(plain(`${second} against ${first}, on shared prompts`), testLines(groups)),
      ),
      ...unmatchedLines(compared.unmatched),
      ...warningLines(compared),
      ...earlyLines(compared.early.map((early) => ({ name: early.run, early }))),
    ].join('\n');
  });
}

export async function significanceOfRuns(store: Store, ids: [string, string], flags: CompareFlags): Promise<void> {
  const runs: [Run, Run] = [await findRun(store, ids[0]), await findRun(store, ids[1])];
  const { suite, seed } = flags;
  const result = { ...(await significance(store, runs, { suite, seed })), warnings: offlineAmong(runs) };
  print(flags, result, () =>
    [
      `  ${paint.bold(plain(runs[1].candidate))}  vs  ${paint.bold(plain(runs[0].candidate))}`,
      '',
      ...testLines(result.groups),
      '',
      ...matterLines(result.matters.filter(({ same }) => same !== true)),
      ...unmatchedLines(result.unmatched),
      ...warningLines(result),
      ...earlyLines(result.early.map((early) => ({ name: early.run, early }))),
    ].join('\n'),
  );
}

/** The runs named, or with a tag alone every finished run that has it. */
async function runsOf(store: Store, ids: string[], tag: string | undefined): Promise<Run[]> {
  if (ids.length > 0) return Promise.all(ids.map((id) => findRun(store, id)));
  if (tag === undefined)
    throw new DoubleblindError('USAGE', 'which runs?', { hint: 'Name two or more, or a tag with --tag.' });
  const { items } = await store.runs({ tag }, 1000);
  return items.filter(({ status }) => FINISHED.includes(status));
}

/** Rows with names that tell them apart: a suite named as its domain and the same as it is left out, else said to be one. */
function distinct(metrics: readonly ComparedMetric[]): { name: string; values: ComparedMetric['values'] }[] {
  const domains = new Map(metrics.flatMap((one) => (one.group.domain === undefined ? [] : [[one.group.domain, one]])));
  return metrics.flatMap(({ group, values }) => {
    const domain = group.suite === undefined ? undefined : domains.get(group.suite);
    if (domain === undefined) return [{ name: groupName({ group }), values }];
    const same = JSON.stringify(values) === JSON.stringify(domain.values);
    return same ? [] : [{ name: `suite ${group.suite}`, values }];
  });
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? '–' : JSON.stringify(value);

const section = (title: string, lines: string[]): string[] => [`  ${paint.bold(title)}`, ...lines, ''];

function matterLines(matters: readonly Matter[]): string[] {
  return matters.map(({ same, message }) =>
    same === false
      ? prose(`  ${paint.yellow('!')} ${plain(message)}`)
      : prose(`  ${paint.dim(same === null ? '?' : '=')} ${plain(message)}`),
  );
}

function testLines(groups: readonly PairedTest[]): string[] {
  const rows = groups.map(({ group, n_prompts, first, second, difference, permutation, paired_t, bootstrap }) => [
    groupName({ group }),
    whole(n_prompts),
    percent(first, n_prompts),
    percent(second, n_prompts),
    difference === null ? '–' : `${difference >= 0 ? '+' : '−'}${points(Math.abs(difference))}`,
    'low' in bootstrap ? `${signed(bootstrap.low)} to ${signed(bootstrap.high)}` : '–',
    'p_value' in permutation ? probability(permutation.p_adjusted ?? permutation.p_value) : '–',
    'p_value' in paired_t ? probability(paired_t.p_value) : '–',
  ]);
  const right = { right: true };
  return table(
    [
      { title: 'prompts of' },
      { title: 'n', ...right },
      { title: 'first', ...right },
      { title: 'second', ...right },
      { title: 'difference', ...right },
      { title: 'bootstrap', ...right },
      { title: 'permutation p', ...right },
      { title: 't p', ...right },
    ],
    rows,
  );
}

const signed = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(0)}`;

const probability = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

function unmatchedLines(unmatched: readonly Unmatched[]): string[] {
  if (unmatched.length === 0) return [];
  const listed = unmatched
    .slice(0, 20)
    .map(({ run, suite, prompt_id }) => plain(`    ${letterOf(run)}  ${suite}/${prompt_id}`));
  const more = unmatched.length > 20 ? [`    and ${whole(unmatched.length - 20)} more (--json lists all)`] : [];
  return [`  ${whole(unmatched.length)} prompts without a partner:`, ...listed, ...more];
}
