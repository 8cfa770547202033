// Text files that people hand in, read strictly and with flat memory: JSON Lines row by row, whole texts, raw bytes.
// Only a line feed ends a line (U+2028 inside a string does not), `.gz` files are unpacked on the way, and anything
// wrong is one DoubleblindError with file, line and column.
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DoubleblindError, type Place } from './errors.js';

const MB = 1024 * 1024;
/** Longest line that is read, in bytes; one of JSON Lines, and one of any other text. */
export const LINE_LIMIT = 32 * MB;
/** Largest text that is read in one piece, in bytes after unpacking. */
const TEXT_LIMIT = 256 * MB;

/** Bytes from a file (its path) or from a stream such as `process.stdin`. */
export type Source = string | AsyncIterable<Uint8Array | string>;

export interface JsonlRow {
  value: unknown;
  /** 1-based line in the file, empty lines counted. */
  line: number;
  /** The line as it stands, without its line break. */
  text: string;
}

/**
 * The rows of a JSON Lines file or stream, in order, one at a time; empty lines are skipped, a byte order mark and
 * CRLF are accepted. `file` names a stream in errors.
 * @throws FILE_MISSING, FILE_UNREADABLE, FILE_NOT_UTF8, FILE_TOO_LARGE_LINE, JSON_SYNTAX
 */
export async function* readJsonl(
  source: Source,
  {
    file = typeof source === 'string' ? source : undefined,
    limit = LINE_LIMIT,
  }: { file?: string | undefined; limit?: number } = {},
): AsyncGenerator<JsonlRow> {
  let line = 0;
  const hint = 'Is this a JSON array? One row must stand on each line.';
  for await (const part of lines(source, limit, { file, hint })) {
    for (const bytes of part) {
      line++;
      const text = decode(bytes, { file, line });
      if (text.trim() !== '') yield { value: parseJsonLine(text, file, line), line, text };
    }
  }
}

/** The value of one line of JSON. @throws JSON_SYNTAX with the column of the first character that cannot stand there. */
export function parseJsonLine(text: string, file?: string, line = 1): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const at = faultIn(text);
    const before = text.slice(0, at).split('\n');
    const place = { file, line: line + before.length - 1, column: before.at(-1)!.length + 1 };
    const found =
      at < text.length ? `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))}` : 'ends too early';
    throw new DoubleblindError('JSON_SYNTAX', `not valid JSON: ${found}`, place);
  }
}

/**
 * A whole text file (`.gz` too) as a string, without byte order mark.
 * @throws FILE_MISSING, FILE_UNREADABLE (also above TEXT_LIMIT), FILE_NOT_UTF8, FILE_TOO_LARGE_LINE
 */
export async function readText(path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  async function* kept(): AsyncGenerator<Uint8Array> {
    for await (const chunk of openBytes(path)) {
      size += chunk.length;
      if (size > TEXT_LIMIT)
        throw new DoubleblindError('FILE_UNREADABLE', `larger than ${TEXT_LIMIT / MB} MB`, { file: path });
      chunks.push(chunk);
      yield chunk;
    }
  }
  let line = 0;
  for await (const part of lines(kept(), LINE_LIMIT, { file: path, hint: 'Break it into several.' }))
    for (const bytes of part) checkUtf8(bytes, { file: path, line: ++line });
  return withoutMark(Buffer.concat(chunks)).toString('utf8');
}

/** The bytes of a file, unpacked when its name ends in `.gz`. @throws FILE_MISSING, FILE_UNREADABLE */
export async function* openBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new DoubleblindError('FILE_UNREADABLE', 'is a folder, not a file', { file: path });
    // A named pipe may wait for ever; what the shell hands in (`/dev/stdin`, `<(…)`) is being written.
    if (!found.isFile() && !/^\/(dev|proc)\//.test(path))
      throw new DoubleblindError('FILE_UNREADABLE', 'is no regular file.', { file: path });
    const file = createReadStream(path, { highWaterMark: MB / 4 });
    // `pipeline` hands an error of the file on to the reader of the unpacked side, and closes the file when the reader stops.
    yield* path.endsWith('.gz') ? pipeline(file, createGunzip(), () => undefined) : file;
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
 * The lines of a source as bytes, those that end in one piece of it together, without line breaks and byte order mark.
 * A last line without line feed counts.
 */
async function* lines(source: Source, limit: number, place: Place): AsyncGenerator<Iterable<Uint8Array>> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let count = 0;
  const finish = (last: Uint8Array): Uint8Array => {
    let bytes = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    [parts, length] = [[], 0];
    if (++count === 1) bytes = withoutMark(bytes);
    return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
  };
  const measure = (more: number): void => {
    if (length + more <= limit) return;
    const message = `the line is longer than ${Math.floor(limit / MB)} MB.`;
    throw new DoubleblindError('FILE_TOO_LARGE_LINE', message, { ...place, line: count + 1, column: 1 });
  };
  for await (const piece of typeof source === 'string' ? openBytes(source) : source) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
    let start = 0;
    yield (function* () {
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
        measure(end - start);
        yield finish(chunk.subarray(start, end));
        start = end + 1;
      }
    })();
    if (start === chunk.length) continue;
    measure(chunk.length - start);
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
  }
  if (length > 0) yield [finish(new Uint8Array())];
}

const withoutMark = <B extends Uint8Array>(bytes: B): B =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? (bytes.subarray(3) as B) : bytes;

function decode(bytes: Uint8Array, place: Place): string {
  checkUtf8(bytes, place);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function checkUtf8(bytes: Uint8Array, place: Place): void {
  if (isUtf8(bytes)) return;
  const buffer = Buffer.from(bytes);
  const mended = Buffer.from(buffer.toString('utf8'));
  const column =
    buffer
      .subarray(
        0,
        bytes.findIndex((byte, i) => byte !== mended[i]),
      )
      .toString('utf8').length + 1;
  const hint = 'Save the file as UTF-8.';
  throw new DoubleblindError('FILE_NOT_UTF8', 'not valid UTF-8.', { ...place, column, hint });
}

/**
 * Where a text stops being JSON: the offset of the first token that cannot stand there, the text's length when it ends
 * too early. `JSON.parse` names a position in half of its messages only.
 */
function faultIn(text: string): number {
  const blank = /[ \t\n\r]*/y;
  const word = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
  const open: ('{' | '[')[] = [];
  let at = 0;
  let expected: 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'end' = 'value';
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    skip(blank);
    const char = text[at];
    if (char === undefined) return at;
    const wantsKey: boolean = expected === 'key' || expected === 'key or }';
    const closes = expected === 'end' || expected.endsWith(` or ${char}`);
    const inside = open.at(-1);
    if (closes && inside !== undefined && char === CLOSER[inside]) {
      open.pop();
      expected = 'end';
      at++;
    } else if (expected === 'end') {
      if (char !== ',' || inside === undefined) return at;
      expected = inside === '{' ? 'key' : 'value';
      at++;
    } else if (expected === ':') {
      if (char !== ':') return at;
      expected = 'value';
      at++;
    } else if (char === '"') {
      const end = stringEnd(text, at);
      if (end.fault) return end.at;
      expected = wantsKey ? ':' : 'end';
      at = end.at;
    } else if (wantsKey) {
      return at;
    } else if (char === '{' || char === '[') {
      open.push(char);
      expected = char === '{' ? 'key or }' : 'value or ]';
      at++;
    } else if (skip(word)) {
      expected = 'end';
    } else return at;
  }
}

const CLOSER = { '{': '}', '[': ']' } as const;

/** The offset behind the string that opens at `start`, or of the character that breaks it. */
function stringEnd(text: string, start: number): { at: number; fault: boolean } {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') return { at: at + 1, fault: false };
    if (char < ' ') return { at, fault: true };
    if (char !== '\\') continue;
    const escape = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
    escape.lastIndex = at + 1;
    if (!escape.test(text)) return { at, fault: true };
    at = escape.lastIndex - 1;
  }
  return { at: text.length, fault: true };
}
