// The bytes of files that people hand in, with flat memory, and their hashes.
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, openSync, readSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline as piped } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DoubleblindError } from './errors.js';

/** Bytes that are read at once: a text of them is still made in the young part of the heap. */
const PIECE = 64 * 1024;
/** Pieces between two turns of others. */
const PIECES = 16;

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
    throw unreadable(error, path);
  }
}

function unreadable(error: unknown, file: string): unknown {
  if (error instanceof DoubleblindError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new DoubleblindError('FILE_MISSING', 'no such file', { file }, { cause: error });
  const reason = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : message;
  return new DoubleblindError('FILE_UNREADABLE', `cannot be read: ${reason}`, { file }, { cause: error });
}

/**
 * The bytes of a file as it lies on disk, each piece in the place of the one before it: new memory and waiting for a
 * thread that reads cost several times what reading does. Others have their turn now and then.
 */
async function* rawBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = openSync(await onDisk(path), 'r');
  const piece = Buffer.allocUnsafeSlow(PIECE);
  try {
    for (let read = 1; ; read++) {
      const size = readSync(file, piece);
      if (size === 0) return;
      yield piece.subarray(0, size);
      if (read % PIECES === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    closeSync(file);
  }
}

/** Where the bytes that came through pipes are kept. */
const kept = new Map<string, Promise<string>>();

/**
 * The path under which bytes can be read again and again: what comes through a pipe is kept until the process ends.
 * @throws FILE_UNREADABLE for what is no file
 */
function onDisk(path: string): string | Promise<string> {
  const found = statSync(path);
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

const closing = new FinalizationRegistry(closeSync);

/** A file of which parts are read again, open until nobody can ask for more. */
export class OpenFile {
  private part = Buffer.allocUnsafeSlow(PIECE);

  private constructor(
    private readonly path: string,
    private readonly file: number,
  ) {
    closing.register(this, file);
  }

  /** @throws FILE_MISSING, FILE_UNREADABLE */
  static async open(path: string): Promise<OpenFile> {
    try {
      return new OpenFile(path, openSync(await onDisk(path), 'r'));
    } catch (error) {
      throw unreadable(error, path);
    }
  }

  /** The text of some bytes of the file, of fewer where it ends before. @throws FILE_UNREADABLE */
  text(at: number, size: number): string {
    if (size > this.part.length) this.part = Buffer.allocUnsafeSlow(size);
    let read = 0;
    try {
      for (let more = 1; read < size && more > 0; read += more)
        more = readSync(this.file, this.part, read, size - read, at + read);
    } catch (error) {
      throw unreadable(error, this.path);
    }
    return this.part.toString('utf8', 0, read);
  }
}

/** SHA-256 (hex) of a file's bytes. @throws FILE_MISSING, FILE_UNREADABLE */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of rawBytes(path)) hash.update(piece);
  } catch (error) {
    throw unreadable(error, path);
  }
  return hash.digest('hex');
}
