// The bytes of files that people hand in, with flat memory, and their hashes.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { mkdtemp, open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline as piped } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DoubleblindError } from './errors.js';

/** Bytes that are read at once: a text of them is still made in the young part of the heap. */
const PIECE = 64 * 1024;

/**
 * The bytes of a file, unpacked when its name ends in `.gz`. A piece is to be done with before the next is asked for: that
 * may lie in its place.
 * @throws FILE_MISSING, FILE_UNREADABLE
 */
export async function* openBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    if (path.endsWith('.gz')) {
      const file = createReadStream(await onDisk(path));
      // `piped` hands an error of the file on to the reader of the unpacked side, and closes the file when the reader stops.
      yield* piped(file, createGunzip(), () => undefined);
    } else yield* rawBytes(path);
  } catch (error) {
    if (error instanceof DoubleblindError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new DoubleblindError('FILE_MISSING', 'no such file', { file: path }, { cause: error });
    const reason = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : message;
    throw new DoubleblindError('FILE_UNREADABLE', `cannot be read: ${reason}`, { file: path }, { cause: error });
  }
}

/**
 * The bytes of a file as it lies on disk. The next piece is read while one is looked at, in the place of the one before:
 * waiting for each and new memory cost more than reading.
 */
async function* rawBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(await onDisk(path));
  const places = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)] as const;
  const read = (place: 0 | 1) => {
    const reading = file.read(places[place], 0, PIECE);
    // Whoever asks for the piece is told.
    reading.catch(() => undefined);
    return reading;
  };
  let next = read(0);
  try {
    for (let place: 0 | 1 = 0; ; place = place === 0 ? 1 : 0) {
      const { bytesRead } = await next;
      if (bytesRead === 0) return;
      next = read(place === 0 ? 1 : 0);
      yield places[place].subarray(0, bytesRead);
    }
  } finally {
    await next.catch(() => undefined);
    await file.close();
  }
}

/** Where the bytes that came through pipes are kept. */
const kept = new Map<string, Promise<string>>();

/**
 * The path under which bytes can be read again and again: what comes through a pipe is kept until the process ends.
 * @throws FILE_UNREADABLE for what is no file
 */
async function onDisk(path: string): Promise<string> {
  const found = await stat(path);
  if (found.isDirectory()) throw new DoubleblindError('FILE_UNREADABLE', 'is a folder, not a file', { file: path });
  // A named pipe may wait for ever; what the shell hands in (`/dev/stdin`, `<(…)`) is being written.
  if (!found.isFile() && !/^\/(dev|proc)\//.test(path))
    throw new DoubleblindError('FILE_UNREADABLE', 'is no regular file.', { file: path });
  if (!found.isFIFO()) return path;
  const pipe = `${found.dev}:${found.ino}`;
  let keeping = kept.get(pipe);
  if (keeping === undefined) kept.set(pipe, (keeping = keep(path)));
  return keeping;
}

async function keep(path: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'piped');
  await pipeline(createReadStream(path), createWriteStream(file));
  return file;
}

/** SHA-256 (hex) of a file's bytes. @throws FILE_UNREADABLE for what is no file, and what opening it throws */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of rawBytes(path)) hash.update(piece);
  return hash.digest('hex');
}
