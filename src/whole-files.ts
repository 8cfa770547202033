// Files that are written whole or not at all, hashed on the way.
import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppendedLines } from './appended-lines.js';
import { Gathered } from './gathered.js';

/** SHA-256 (hex) of files, by name. */
export type Hashes = Record<string, string>;

/** Writes lines of text. */
export function writeLines(
  folder: string,
  name: string,
  text: AsyncIterable<string> | Iterable<string>,
): Promise<Hashes> {
  return written(folder, name, async (gathered, flush) => {
    for await (const line of text) {
      gathered.text(line);
      await flush();
    }
  });
}

/** Writes lines that stand in another file, in another order. */
export function copyLines(
  folder: string,
  name: string,
  from: AppendedLines,
  numbers: readonly number[],
): Promise<Hashes> {
  return written(folder, name, async (gathered, flush) => {
    for (const number of numbers) {
      from.copy(number, gathered);
      await flush();
    }
  });
}

/** Bytes gathered before they are written. */
const CHUNK = 1 << 18;

/** Writes a file whole or not at all: beside its place first, then into it. The hash of what was written. */
async function written(
  folder: string,
  name: string,
  work: (gathered: Gathered, flush: () => Promise<void> | undefined) => Promise<void>,
): Promise<Hashes> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  const gathered = new Gathered(CHUNK);
  const file = await open(`${path}.part`, 'w');
  const write = (): Promise<void> => {
    const bytes = gathered.take();
    hash.update(bytes);
    return file.appendFile(bytes);
  };
  try {
    await work(gathered, () => (gathered.length < CHUNK ? undefined : write()));
    await write();
  } catch (error) {
    await rm(`${path}.part`, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
  return { [name]: hash.digest('hex') };
}
