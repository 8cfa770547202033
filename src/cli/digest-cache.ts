// Digests of weight files, kept between commands: a checkpoint of some gigabytes is read once.
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DigestCache, readDigestCache, writeDigestCache } from '../checkpoints/index.js';
import { makeFolder } from '../folders.js';
import { say } from './action.js';

/** `$XDG_CACHE_HOME/doubleblind/digests.json`, by default below `~/.cache`. */
function digestCacheFile(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'doubleblind', 'digests.json');
}

/** Hands the kept digests to the work, and keeps what it adds. A cache that cannot be written stops nothing. */
export async function withDigestCache<T>(work: (cache: DigestCache) => Promise<T>): Promise<T> {
  const file = digestCacheFile(process.env);
  const cache = await readDigestCache(file);
  const before = cache.size;
  try {
    return await work(cache);
  } finally {
    if (cache.size > before) await keep(file, cache);
  }
}

async function keep(file: string, cache: ReadonlyMap<string, string>): Promise<void> {
  try {
    makeFolder(dirname(file));
    await writeDigestCache(file, cache);
  } catch (error) {
    say(`note: digests are not kept: ${(error as Error).message}`);
  }
}
