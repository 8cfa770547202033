// The work of `cache`.
import { counted, whole } from '../figures.js';
import type { Store } from '../store/index.js';
import { type CommonOptions, print } from './action.js';
import { table } from './table.js';

export async function listCache(store: Store, flags: CommonOptions): Promise<void> {
  const items = await store.cacheEntries();
  print(flags, { items, next_cursor: null }, () =>
    items.length === 0
      ? 'the cache is empty'
      : table(
          [
            { title: 'kind' },
            { title: 'model' },
            { title: 'entries', right: true },
            { title: 'characters', right: true },
            { title: 'newest' },
          ],
          items.map(({ kind, model, entries, bytes, newest }) => [
            ...[kind, model, whole(entries), whole(bytes)],
            newest.slice(0, 16).replace('T', ' '),
          ]),
        ).join('\n'),
  );
}

/** Removes entries older than an age in milliseconds, all of them where none is given. */
export async function pruneCache(store: Store, flags: CommonOptions, olderThan?: number): Promise<void> {
  const before = olderThan === undefined ? undefined : new Date(Date.now() - olderThan).toISOString();
  const removed = await store.pruneCache(before);
  print(flags, { removed }, () => `${counted(removed, 'answer')} removed`);
}
