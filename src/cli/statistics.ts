// The work of `stats`.
import { existsSync } from 'node:fs';
import { DoubleblindError } from '../errors.js';
import { statsOfFiles } from '../file-stats.js';
import { findRun } from '../find-run.js';
import type { Run } from '../records.js';
import { judgesOf } from '../judges.js';
import { deciding } from '../jury-rule.js';
import { explain } from '../stats/index.js';
import type { Estimate, Summary } from '../summary.js';
import { winRates } from '../win-rates.js';
import { print, usingStore } from './action.js';
import { plot, plotted } from './forest.js';
import { judgeLines, warningLines } from './screen.js';
import { refuseReading, type StatsFlags } from './stats.js';
import { columns, flowed, paint, plain, wrapped } from './terminal.js';

export async function stats(subjects: string[], flags: StatsFlags): Promise<number> {
  const asked = {
    by: flags.by,
    level: flags.level,
    method: flags.method,
    seed: flags.seed,
    judges: flags.judges,
    excludeOrderDependent: flags.excludeOrderDependent,
    pooled: flags.pooled,
  };
  const files = subjects.filter((subject) => existsSync(subject));
  if (files.length > 0) {
    const missing = subjects.find((subject) => !existsSync(subject));
    if (missing !== undefined) throw new DoubleblindError('FILE_MISSING', 'there is no such file.', { file: missing });
    const { summary, tallies, referenceJudges } = await statsOfFiles(files, flags, asked);
    show(flags, summary, (estimate) => explain(estimate, tallies, { ...asked, referenceJudges }), files.join(', '));
    return 0;
  }
  if (subjects.length > 1)
    throw new DoubleblindError('USAGE', 'one run, or files.', { hint: 'Several runs: doubleblind compare.' });
  refuseReading(subjects[0]!, flags);
  await usingStore(flags, async (store) => {
    const run: Run = await findRun(store, subjects[0]!);
    const summary = await winRates(store, run, asked);
    const tallies = flags.explain === undefined ? [] : await store.tallies(run.id);
    const judges = judgesOf(run);
    // By judge or order, and where judges are asked for by name, each stands for itself; else the run's jury decides.
    const each = ({ group }: Estimate) => 'judge' in group || 'order' in group || asked.judges !== undefined;
    const lines = (estimate: Estimate) =>
      explain(estimate, each(estimate) ? tallies : deciding(run, tallies, judges), { ...asked, ...judges });
    show(flags, summary, lines, `run ${run.id}`);
  });
  return 0;
}

function show(flags: StatsFlags, summary: Summary, linesOf: (estimate: Estimate) => string[], of: string): void {
  if (flags.explain !== undefined) {
    const estimate = named(summary.estimates, flags.explain);
    const lines = linesOf(estimate);
    return print(flags, { group: estimate.group, lines }, () => explained(lines.map(plain), Math.min(columns(), 100)));
  }
  print(flags, summary, () => {
    const rows = flags.by === undefined ? plotted(summary) : summary.estimates;
    return [
      paint.dim(plain(of)),
      '',
      ...wrapped(plain(summary.decision.sentence), Math.min(columns(), 100), 2).map(paint.bold),
      '',
      ...plot(summary, columns(), rows),
      '',
      ...judgeLines(summary),
      '',
      ...warningLines(summary),
    ].join('\n');
  });
}

/** What the group is, then a formula to a paragraph, its further lines indented. */
function explained([head = '', ...formulas]: string[], width: number): string {
  const paragraphs = formulas.map((formula) =>
    flowed([`  ${formula.split(' ')[0]}`, ...formula.split(' ').slice(1)], width, 6, ' '),
  );
  return [...wrapped(head, width, 0).map(paint.bold), '', ...paragraphs.flat()].join('\n');
}

/** The estimate that `overall`, `in-domain` or `domain=in-domain,judge=x` names. */
function named(estimates: Estimate[], text: string): Estimate {
  if (text === 'overall') return estimates[0]!;
  const wanted = text.includes('=')
    ? Object.fromEntries(text.split(',').map((p) => p.split(/=(.*)/s).slice(0, 2)))
    : null;
  const found = estimates.find(({ group }) => {
    const keys = Object.keys(group);
    return wanted === null
      ? keys.length === 1 && Object.values(group)[0] === text
      : keys.length === Object.keys(wanted).length && keys.every((key) => group[key as 'suite'] === wanted[key]);
  });
  if (found !== undefined) return found;
  const names = estimates.map(
    ({ group }) =>
      Object.entries(group)
        .map(([k, v]) => `${k}=${v}`)
        .join(',') || 'overall',
  );
  throw new DoubleblindError('USAGE', `there is no group "${text}".`, {
    hint: `Groups: ${names.slice(0, 12).join(' · ')}.`,
  });
}
