// The queue that several machines share, for those who hand work out and those who take it.
import { DoubleblindError } from '../errors.js';
import type { Db, Queue } from '../queue/index.js';
import type { LaunchOptions } from '../launch.js';
import type { Store } from '../store/index.js';

export interface OpenPark {
  db: Db;
  queue: Queue;
  /** Carries a run out through workers. */
  carryOut: NonNullable<LaunchOptions['carryOut']>;
  stop(): Promise<void>;
}

/** The shared queue of a database. @throws USAGE on an engine that several machines cannot share */
export async function openPark(store: Store, { lease = 30 }: { lease?: number | undefined }): Promise<OpenPark> {
  if (store.engine !== 'postgres') {
    throw new DoubleblindError('USAGE', `${store.name} cannot be shared by workers.`, {
      hint: 'Use --database postgres://…; `doubleblind copy` moves what there is.',
    });
  }
  const [{ openQueue }, { throughWorkers }] = await Promise.all([
    import('../queue/index.js'),
    import('../distribute.js'),
  ]);
  const db = store.db as never;
  const queue = await openQueue(db);
  return {
    db,
    queue,
    carryOut: throughWorkers({ db, queue, lease_ms: lease * 1000 }),
    stop: () => queue.stop(),
  };
}
