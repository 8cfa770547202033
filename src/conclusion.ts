// The end of a run that was carried out: how it ended, its numbers, its files.
import { type Exporter } from './export.js';
import { writeExports } from './export-files.js';
import type { Launched } from './launch.js';
import type { Run } from './records.js';
import { report } from './report.js';
import type { RunEnd } from './run-world.js';
import type { Stopping } from './stopping.js';
import type { Store } from './store/index.js';
import { concluded } from './win-rates.js';

export interface ConcludingWorld {
  store: Store;
  folder: string;
  exporter: Exporter;
  stopping: Stopping | null;
  /** ISO time. */
  now(): string;
  /** When the run had ended before, and how many records it had then: where none came, it still ended then. */
  before: { ended_at: string | null; records: number };
}

/** The ended run with its numbers, after its files are written. */
export async function conclude(
  id: string,
  end: RunEnd,
  { store, folder, exporter, stopping, now, before }: ConcludingWorld,
): Promise<Launched> {
  const { judged, failed, responses } = await store.spent(id);
  const ended_at = judged + failed + responses === before.records ? (before.ended_at ?? now()) : now();
  await store.updateRun(id, { ...(await endOf(stopping, end, id, store, now())), ended_at });
  const run = (await store.run(id))!;
  const { summary } = await concluded(store, run);
  const told = (hash: string): Promise<string> => report(store, run, summary, hash);
  await writeExports({ store, run, folder, summary, appended: exporter, report: told });
  return { ...end, status: run.status as RunEnd['status'], reason: run.reason, run, summary, folder };
}

/** How a run ended, and what was known when it stopped because it was decided with work left to do. */
async function endOf(
  stopping: Stopping | null,
  end: Pick<RunEnd, 'status' | 'reason' | 'error' | 'missing'>,
  id: string,
  store: Pick<Store, 'run'>,
  at: string,
): Promise<Partial<Run>> {
  const looks = stopping?.looks ?? null;
  if (stopping === null || looks === null || end.error !== null || end.status !== 'done' || end.missing === 0)
    return { status: end.status, reason: end.reason };
  const { decision_rule } = (await store.run(id))!;
  return {
    status: 'stopped',
    reason: stopping.reason(),
    decision_rule: { ...decision_rule, decided: { at, looks } },
  };
}
