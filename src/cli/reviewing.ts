// The work of `review`.
import { writeFile } from 'node:fs/promises';
import { calibrate } from '../calibration.js';
import { counted, rated, whole } from '../figures.js';
import { readText } from '../jsonl.js';
import { findRun } from '../find-run.js';
import { importVotes, reviewCsv, reviewRows } from '../review-file.js';
import { createQueue, queueState } from '../review-queue.js';
import type { Store } from '../store/index.js';
import { print, say } from './action.js';
import { further, next } from './next.js';
import type { ReviewFlags } from './review.js';
import { table } from './table.js';
import { columns, flowed, plain } from './terminal.js';

const now = (): string => new Date().toISOString();

export async function create(store: Store, id: string, flags: ReviewFlags): Promise<void> {
  const run = await findRun(store, id);
  const { n, strategy, reviewers, overlap } = flags;
  const queue = await createQueue(store, run, { n, strategy, reviewers, overlap, now: now() });
  print(flags, queue, () =>
    [
      `${counted(queue.comparisons, 'comparison')} of ${whole(queue.eligible)} queued (${strategy}), ${whole(queue.shared)} for everybody`,
      ...queue.reviewers.map(({ reviewer, items }) => `  ${plain(reviewer)}  ${whole(items)}`),
      ...flowed(
        [`next  npx ${next(['serve'], flags)}`, `${further(['review', 'export', run.id], flags)} --reviewer <name>`],
        columns(),
        6,
        '   ·   ',
      ),
    ].join('\n'),
  );
  if (queue.comparisons < n)
    say(`note: the strategy finds ${counted(queue.eligible, 'comparison')}, fewer than were asked for.`);
}

export async function status(store: Store, id: string, flags: ReviewFlags): Promise<void> {
  const run = await findRun(store, id);
  const state = await queueState(store, run);
  const { people, labels } = await calibrate(store, run);
  print(flags, { ...state, labels, people }, () =>
    [
      ...table(
        [{ title: 'reviewer' }, { title: 'done', right: true }, { title: 'of', right: true }, { title: 'strata' }],
        state.reviewers.map(({ reviewer, done, total, strata }) => [
          reviewer,
          whole(done),
          whole(total),
          Object.entries(strata)
            .map(([name, part]) => `${name} ${whole(part.done)}/${whole(part.total)}`)
            .join(', '),
        ]),
      ),
      `  people agree ${rated(people.agreement)}${people.agreement.value === null ? ` (${people.agreement.reason ?? ''})` : ''}`,
    ].join('\n'),
  );
}

export async function exportQueue(store: Store, id: string, flags: ReviewFlags): Promise<void> {
  const run = await findRun(store, id);
  const items = await reviewRows(store, run, flags.reviewer);
  if (flags.out === undefined || flags.out === '-') {
    print(flags, { items, next_cursor: null }, () => reviewCsv(items), Infinity);
    return;
  }
  await writeFile(flags.out, reviewCsv(items));
  const written = { run: run.id, reviewer: flags.reviewer, file: flags.out, items: items.length };
  print(flags, written, () => `written to ${plain(flags.out!)}`);
}

export async function importFile(store: Store, id: string, file: string, flags: ReviewFlags): Promise<void> {
  const run = await findRun(store, id);
  const change = flags.change === true;
  const votes = await importVotes(store, run, await readText(file), { file, now: now(), change });
  print(
    flags,
    votes,
    () =>
      `${counted(votes.added, 'vote')} added, ${whole(votes.changed)} changed, ${whole(votes.same)} as before; ${whole(votes.open)} still open`,
  );
}
