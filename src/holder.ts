// Who carries out a run: one at a time, known by host, process, the start of that process, and a number, as one process
// may be asked for the same run twice.
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DoubleblindError } from './errors.js';
import type { Run } from './records.js';
import type { Store } from './store/index.js';

/** What this process holds or tries to hold. */
const own = new Set<string>();
let tried = 0;

/**
 * The result of `work`, done while nobody else carries out the run.
 * @param since ISO 8601 UTC
 * @throws RUN_HELD
 */
export async function holding<T>(
  store: Pick<Store, 'hold' | 'release'>,
  runId: string,
  since: string,
  work: () => Promise<T>,
): Promise<T> {
  const holder = [hostname(), process.pid, startOf(process.pid) ?? '', ++tried].join(':');
  own.add(holder);
  try {
    const other = await store.hold(runId, holder, since, isGone);
    if (other !== null) throw heldBy(runId, other, 'Wait for it or stop it.');
    try {
      return await work();
    } finally {
      await store.release(runId, holder);
    }
  } finally {
    own.delete(holder);
  }
}

/** Who carries out a run; null where nobody does, or whoever did is gone. */
export async function holderOf(store: Pick<Store, 'holder'>, runId: string): Promise<string | null> {
  const holder = await store.holder(runId);
  return holder === null || isGone(holder) ? null : holder;
}

/** Whether a run has begun and nobody carries it out: whoever did was killed. */
export async function isInterrupted(
  store: Pick<Store, 'holder'>,
  { id, status }: Pick<Run, 'id' | 'status'>,
): Promise<boolean> {
  return status === 'running' && (await holderOf(store, id)) === null;
}

/** RUN_HELD, in words that name the holder. */
export function heldBy(runId: string, holder: string, hint: string): DoubleblindError {
  const [host, pid] = holder.split(':');
  return new DoubleblindError('RUN_HELD', `run ${runId} is being carried out by process ${pid} on ${host}.`, { hint });
}

/** A holder on this host whose process is gone, is another process of the same number, or has let go unheard. */
function isGone(holder: string): boolean {
  const [host, pid, start] = holder.split(':');
  if (host !== hostname()) return false;
  const now = startOf(Number(pid));
  if (start !== '' && now !== null && now !== start) return true;
  if (Number(pid) === process.pid) return !own.has(holder);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** When a process began, in the kernel's ticks; null where the system does not tell. */
function startOf(pid: number): string | null {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return null;
  return readFileSync(path, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? null;
}
