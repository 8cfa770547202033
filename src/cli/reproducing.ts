// The work of `reproduce`.
import { join } from 'node:path';
import { DoubleblindError } from '../errors.js';
import { environment } from '../environment.js';
import { percent, range, whole } from '../figures.js';
import { launch, type Launched } from '../launch.js';
import { findRun } from '../find-run.js';
import { type Change, reproduction, type VerdictAgreement, verdictAgreement } from '../ledger/reproduce.js';
import { writeBelow } from '../ledger/run-file.js';
import type { Store } from '../store/index.js';
import { loadEnv, print, say } from './action.js';
import { next } from './next.js';
import { withDigestCache } from './digest-cache.js';
import type { ReproduceFlags } from './ledger.js';
import { documentOf, launchOne } from './running.js';
import { warningLines } from './screen.js';
import { table } from './table.js';
import { columns, paint, plain, prose, wrapped } from './terminal.js';

/**
 * Runs a stored run again, everybody asked anew, and says how far verdicts agree.
 * @throws RUN_CHANGED when weights or recorded responses are other ones: then it would be another run
 */
export async function reproduceRun(store: Store, id: string, flags: ReproduceFlags): Promise<number> {
  loadEnv();
  const run = await findRun(store, id);
  const now = await environment({ cwd: process.cwd(), argv: process.argv, env: process.env });
  const { config, changes, given, files } = await withDigestCache((cache) => reproduction(store, run, now, cache));
  const folder = flags.output ?? join('reproduce', run.id);
  await writeBelow(folder, files);
  const file = join(folder, 'run.yaml');
  for (const change of changes) say(`${change.content ? 'warning' : 'note'}: ${plain(sentence(change))}`);
  if (flags.filesOnly === true) {
    print(flags, { run: { id: run.id }, file, changes }, () => `${file}\nnext  npx ${next(['run', file], flags)}`);
    return 0;
  }
  const changed = changes.find(({ content }) => content);
  if (changed !== undefined) {
    throw new DoubleblindError('RUN_CHANGED', `${sentence(changed)}; run ${run.id} cannot come out again.`, {
      hint: `The run file is in ${file}: run it as a run of its own.`,
    });
  }
  const again: ReproduceFlags = { ...flags, again: true, fresh: true };
  const limited = { ...config, concurrency: flags.concurrency ?? config.concurrency };
  const { launched, exit } = await withDigestCache((cache) =>
    launchOne(
      store,
      limited,
      again,
      'resume',
      (own, world, options) => launch(own, world, { ...options, given }),
      cache,
    ),
  );
  const agreement = await verdictAgreement(store, run.id, launched.run.id);
  print(flags, { ...documentOf(launched), reproduces: run.id, file, changes, verdicts: agreement }, () =>
    textOf(run.id, launched, agreement, file),
  );
  return exit;
}

function sentence({ what, then, now }: Change): string {
  return `${what} was ${then ?? 'not known'}, is ${now ?? 'not there'}`;
}

function textOf(first: string, { run, summary }: Launched, agreement: VerdictAgreement[], file: string): string {
  const right = { right: true };
  const [all] = agreement;
  const verdicts =
    all === undefined || all.share === null
      ? 'no judgment was made in both runs'
      : `${percent(all.share, all.n)} % of ${whole(all.n)} verdicts came out the same (${range(all.low === null || all.high === null ? null : { low: all.low, high: all.high }, all.n)})`;
  return [
    prose(`${paint.bold(plain(run.id))} repeats ${plain(first)}: ${verdicts}`),
    '',
    ...table(
      [
        { title: 'judge' },
        { title: 'verdicts', ...right },
        { title: 'same', ...right },
        { title: 'shown the same texts', ...right },
        { title: 'same of these', ...right },
      ],
      agreement.map(({ judge, n, share, n_same_messages, same_of_same_messages }) => [
        judge,
        whole(n),
        share === null ? '–' : `${percent(share, n)} %`,
        whole(n_same_messages),
        n_same_messages === 0 ? '–' : `${percent(same_of_same_messages / n_same_messages, n_same_messages)} %`,
      ]),
    ),
    '',
    ...wrapped(plain(summary.decision.sentence), Math.min(columns(), 100), 2),
    ...warningLines(summary),
    `  run file    ${file}`,
  ].join('\n');
}
