// The work of `delete`, `prune` and `ledger stats`.
import { rm } from 'node:fs/promises';
import { DoubleblindError } from '../errors.js';
import { counted, whole } from '../figures.js';
import { heldBy, holderOf } from '../holder.js';
import { findRun } from '../find-run.js';
import type { Run } from '../records.js';
import type { Store } from '../store/index.js';
import { type CommonOptions, print } from './action.js';
import type { DeleteFlags, PruneFlags } from './ledger.js';
import { table } from './table.js';
import { plain } from './terminal.js';

/** @throws RUN_HELD while a process carries it out */
export async function deleteOne(store: Store, id: string, flags: DeleteFlags): Promise<void> {
  const run = await findRun(store, id);
  await refuseHeld(store, run);
  await remove(store, run, flags);
  print(flags, { deleted: [run.id] }, () => `run ${run.id} is deleted${kept(run, flags)}`);
}

/** Deletes runs that ended (or were made and never started) longer ago than an age; those under way stay. */
export async function prune(store: Store, flags: PruneFlags): Promise<void> {
  const { purpose, status, tag } = flags;
  const before = new Date(Date.now() - flags.olderThan).toISOString();
  const old: Run[] = [];
  for (let cursor: string | undefined, more = true; more;) {
    const page = await store.runs({ purpose, status, tag }, 1000, cursor);
    old.push(...page.items.filter((run) => (run.ended_at ?? run.created_at) < before));
    more = page.next_cursor !== null;
    cursor = page.next_cursor ?? undefined;
  }
  const deleted: string[] = [];
  for (const run of old) {
    if ((await holderOf(store, run.id)) !== null || (await store.batchCounts(run.id)) !== null) continue;
    if (flags.dryRun !== true) await remove(store, run, flags);
    deleted.push(run.id);
  }
  const verb = flags.dryRun === true ? 'would be deleted' : 'deleted';
  print(flags, { deleted, dry_run: flags.dryRun === true, before }, () =>
    [
      `${counted(deleted.length, 'run')} older than ${before.slice(0, 10)} ${verb}`,
      ...old
        .filter(({ id }) => deleted.includes(id))
        .map((run) => plain(`  ${run.id}  ${run.purpose}  ${run.candidate}`)),
    ].join('\n'),
  );
}

async function remove(store: Store, run: Run, { files }: DeleteFlags): Promise<void> {
  await store.deleteRun(run.id);
  // Only a folder of its own name is removed: the path comes from the database.
  if (files === true && run.exports?.endsWith(run.id) === true) await rm(run.exports, { recursive: true, force: true });
}

const kept = (run: Run, { files }: DeleteFlags): string =>
  run.exports === null || files === true ? '' : `; its files stay in ${run.exports} (--files removes them)`;

async function refuseHeld(store: Store, run: Run): Promise<void> {
  const batches = await store.batchCounts(run.id);
  const holder = await holderOf(store, run.id);
  if (holder === null && batches !== null) {
    const message = `run ${run.id} has ${counted(batches.total, 'judgment')} in open batches at a provider.`;
    throw new DoubleblindError('RUN_HELD', message, {
      hint: '`resume` collects what is paid for; Ctrl-C there cancels it.',
    });
  }
  if (holder !== null) throw heldBy(run.id, holder, 'Stop it first.');
}

export async function ledgerStats(store: Store, flags: CommonOptions): Promise<void> {
  const [{ runs, rows }, cache, bytes] = await Promise.all([store.totals(), store.cacheEntries(), store.size()]);
  print(flags, { database: store.name, engine: store.engine, bytes, rows, runs, cache }, () =>
    [
      `${store.name}  ${sizeOf(bytes)}`,
      '',
      ...table(
        [{ title: 'holds' }, { title: 'rows', right: true }],
        Object.entries(rows).map(([name, n]) => [name, whole(n)]),
      ),
      '',
      ...table(
        [{ title: 'purpose' }, { title: 'origin' }, { title: 'status' }, { title: 'runs', right: true }],
        runs.map(({ purpose, origin, status, n }) => [purpose, origin, status, whole(n)]),
      ),
      ...(cache.length === 0
        ? []
        : [
            '',
            ...table(
              [
                { title: 'cache of' },
                { title: 'model' },
                { title: 'answers', right: true },
                { title: 'size', right: true },
              ],
              cache.map(({ kind, model, entries, bytes: own }) => [kind, model, whole(entries), sizeOf(own)]),
            ),
          ]),
    ].join('\n'),
  );
}

function sizeOf(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** at).toFixed(at === 0 ? 0 : 1)} ${units[at]}`;
}
