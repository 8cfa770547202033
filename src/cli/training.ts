// The work of `ledger import`.
import { DoubleblindError } from '../errors.js';
import { counted, percent, whole } from '../figures.js';
import { importTree, type TrainingImport } from '../ledger/training.js';
import type { Store } from '../store/index.js';
import { print, say } from './action.js';
import type { ImportFlags } from './ledger.js';
import { nameMap } from './ranking.js';
import { table } from './table.js';
import { paint, plain } from './terminal.js';

/** Reads every path; one that cannot be read is a line, and the rest goes on unless nothing could be read. */
export async function importTraining(store: Store, paths: string[], flags: ImportFlags): Promise<void> {
  const names = await nameMap(flags.names);
  const options = { names, intermediate: flags.intermediate === true, records: flags.records === true };
  const imports: TrainingImport[] = [];
  let failure: DoubleblindError | null = null;
  for (const path of paths) {
    try {
      imports.push(await importTree(store, path, new Date().toISOString(), options));
    } catch (error) {
      if (!(error instanceof DoubleblindError)) throw error;
      if (paths.length > 1) say(`warning: ${plain(error.line)}`);
      failure = error;
    }
  }
  if (imports.length === 0 && failure !== null) throw failure;
  print(flags, imports.length === 1 ? imports[0] : { items: imports, next_cursor: null }, () =>
    imports.map((one) => lines(one).join('\n')).join('\n\n'),
  );
}

function lines({ path, format, summary, runs, metrics, findings, left_out, records }: TrainingImport): string[] {
  const { kinds, states, test, production, coverage, steps } = summary;
  const counts = (of: Record<string, number>): string =>
    Object.entries(of)
      .filter(([, n]) => n > 0)
      .map(([name, n]) => `${whole(n)} ${name}`)
      .join(', ') || 'none';
  const misnamed = runs.filter(({ name_problem }) => name_problem !== null).length;
  const right = { right: true };
  return [
    `${paint.bold(plain(path))}  ${paint.dim(format)}  ${counted(runs.length, 'run')}`,
    ...(runs.length === 0
      ? []
      : [
          `  kind        ${counts(kinds)}`,
          `  ended       ${counts(states)}`,
          `  by name     ${whole(production)} production, ${whole(test)} test`,
          `  steps       ${whole(steps.reached)} ran as many as configured, ${whole(steps.short)} fewer`,
          ...(misnamed === 0 || misnamed === runs.length
            ? []
            : [`  names       ${whole(misnamed)} do not follow <experiment>_<date>_<model>_<hardware>_<N>steps`]),
        ]),
    `  metrics     ${whole(metrics.read)} read, ${whole(metrics.added)} new${metrics.names.length === 0 ? '' : `: ${metrics.names.slice(0, 8).join(', ')}${metrics.names.length > 8 ? ', …' : ''}`}`,
    ...left_out
      .filter(({ n }) => n > 0)
      .map(
        ({ what, n }) =>
          `  left out    ${whole(n)} ${what} (--${what === 'record files' ? 'records' : 'intermediate'} takes them in)`,
      ),
    ...records.map(({ path: file, rows }) => plain(`  records     ${file}: ${whole(rows)} rows`)),
    ...(runs.length === 0 || runs.length > 30
      ? []
      : [
          '',
          ...table(
            [
              { title: 'run' },
              { title: 'kind' },
              { title: 'ended' },
              { title: 'base model' },
              { title: 'steps', ...right },
              { title: 'purpose' },
            ],
            runs.map((run) => [
              run.name,
              run.kind,
              run.state,
              run.base_model ?? '–',
              `${run.steps_run ?? '–'} of ${run.steps_configured ?? '–'}`,
              run.purpose ?? '–',
            ]),
          ),
        ]),
    ...(coverage.length === 0
      ? []
      : [
          '',
          ...table(
            [{ title: 'field' }, { title: 'filled in', ...right }, { title: '', ...right }],
            coverage.map(({ field, n, share }) => [field, whole(n), `${percent(share)} %`]),
          ),
        ]),
    ...findings
      .filter(({ severity }) => severity !== 'note')
      .map(({ message, file }) => `  ${paint.yellow('!')} ${plain(file === null ? message : `${file}: ${message}`)}`),
  ];
}
