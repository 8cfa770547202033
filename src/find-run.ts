// Which stored run does somebody mean?
import { DoubleblindError } from './errors.js';
import type { Run } from './records.js';
import type { Store } from './store/index.js';

/**
 * The run with an id or a unique beginning of one.
 * @throws RUN_UNKNOWN
 */
export async function findRun(store: Store, id: string): Promise<Run> {
  const exact = await store.run(id);
  if (exact !== null) return exact;
  const [run, second] = id === '' ? [] : await store.runsStarting(id);
  if (run === undefined || second !== undefined) {
    throw new DoubleblindError(
      'RUN_UNKNOWN',
      run === undefined
        ? `there is no run "${id}"${/[./\\]/.test(id) ? ', and no such file' : ''}.`
        : `more than one run starts with "${id}".`,
      {
        hint: 'See `doubleblind list`.',
      },
    );
  }
  return run;
}
