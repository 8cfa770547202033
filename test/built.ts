// What is built of the sources for many test files: once for each state of them.
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOf } from '../src/hash.js';

/** Folder that `build` has filled, now or in an earlier test, from the files below `paths` as they are. */
export async function builtFrom(name: string, paths: string[], build: (folder: string) => Promise<unknown>) {
  const files = paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true }).map((file) => join(path, String(file)))
      : [path],
  );
  const stamps = files.sort().map((file) => [file, statSync(file).mtimeMs]);
  const folder = join(tmpdir(), `doubleblind-${name}-${hashOf(stamps).slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const own = `${folder}.${process.pid}`;
  mkdirSync(own);
  await build(own);
  try {
    renameSync(own, folder);
  } catch {
    // Another test was quicker.
  }
  return folder;
}
