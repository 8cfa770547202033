// `worker`: takes blocks of runs that were started with `run --distributed` or posted to a service that shares its work.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { type CommonOptions, loadEnv, say, usingStore, withDatabase } from './action.js';
import { openPark } from './park.js';
import { count, stopOnSignals } from './run.js';
import { plain } from './terminal.js';

interface WorkerFlags extends CommonOptions {
  lease: number;
  endpoints?: string[];
  concurrency?: number;
}

export function register(program: Command): void {
  withDatabase(program.command('worker'))
    .description('take part in runs that are shared by several machines (PostgreSQL)')
    .option('--endpoints <names>', 'only checkpoints and judges of these names, with commas', (text) => text.split(','))
    .option('-j, --concurrency <n>', 'calls under way at once per endpoint, of this worker', count)
    .option('--lease <seconds>', 'a worker that is silent for this long loses its work to others', count, 30)
    .action(async (flags: WorkerFlags) => {
      const { work } = await import('../worker.js');
      const { openModels } = await import('../models/index.js');
      loadEnv();
      const stop = stopOnSignals(() => 'doubleblind worker');
      await usingStore(flags, async (store) => {
        const { db, queue, stop: close } = await openPark(store, flags);
        const id = randomUUID();
        say(`worker ${id} takes blocks from ${store.name}`);
        await work(
          {
            ...{ store, db, queue, signal: stop.signal },
            openModels: ({ prices, concurrency }, onPause) =>
              openModels({ env: process.env, prices, concurrency: flags.concurrency ?? concurrency, onPause }),
            clock: () => Date.now(),
            onWarning: (message) => say(`warning: ${plain(message)}`),
          },
          {
            ...{ id, host: hostname(), pid: process.pid },
            endpoints: flags.endpoints ?? null,
            lease_ms: flags.lease * 1000,
          },
        );
        await close();
      });
      stop.done();
    });
}
