// `cache`: what is kept of earlier answers.
import type { Command } from 'commander';
import { type CommonOptions, usingStore, withDatabase } from './action.js';
import { age } from './ledger.js';

interface CachePruneFlags extends CommonOptions {
  /** Milliseconds. */
  olderThan: number;
}

export function register(program: Command): void {
  const cache = program.command('cache').description('answers kept by the hash of everything that was asked');

  withDatabase(cache.command('list'))
    .description('entries and bytes by kind and model')
    .action(async (flags: CommonOptions) => {
      const { listCache } = await import('./caching.js');
      await usingStore(flags, (store) => listCache(store, flags));
    });

  withDatabase(cache.command('prune'))
    .description('delete entries older than an age')
    .requiredOption('--older-than <age>', 'such as 90d, 12w or 36h', age)
    .action(async (flags: CachePruneFlags) => {
      const { pruneCache } = await import('./caching.js');
      await usingStore(flags, (store) => pruneCache(store, flags, flags.olderThan));
    });

  withDatabase(cache.command('clear'))
    .description('delete all entries')
    .action(async (flags: CommonOptions) => {
      const { pruneCache } = await import('./caching.js');
      await usingStore(flags, (store) => pruneCache(store, flags));
    });
}
