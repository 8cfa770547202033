// Text files that people hand in, read strictly and with flat memory: JSON Lines row by row, whole texts.
// Only a line feed ends a line (U+2028 inside a string does not), `.gz` files are unpacked on the way, and anything
// wrong is one DoubleblindError with file, line and column.
import { isAscii, isUtf8 } from 'node:buffer';
import { openBytes } from './bytes.js';
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

/** A row with where its bytes begin in the text, after unpacking, and how many they are, without its line break. */
export interface JsonlLine extends JsonlRow {
  at: number;
  size: number;
}

/**
 * The rows of a JSON Lines file or stream, in order, one at a time; empty lines are skipped, a byte order mark and
 * CRLF are accepted. `file` names a stream in errors.
 * @throws FILE_MISSING, FILE_UNREADABLE, FILE_NOT_UTF8, FILE_TOO_LARGE_LINE, JSON_SYNTAX
 */
export async function* readJsonl(source: Source, options?: JsonlOptions): AsyncGenerator<JsonlRow> {
  for await (const rows of readJsonlBlocks(source, options)) yield* rows;
}

export interface JsonlOptions {
  file?: string | undefined;
  /** Bytes of the longest line that is read. */
  limit?: number;
}

/**
 * The same rows, those together that were read together: for who takes all of them, as waiting for each costs more than
 * reading it. Each block is gone through before the next is asked for.
 */
export async function* readJsonlBlocks(
  source: Source,
  { file = typeof source === 'string' ? source : undefined, limit = LINE_LIMIT }: JsonlOptions = {},
): AsyncGenerator<Iterable<JsonlLine>> {
  const hint = 'Is this a JSON array? One row must stand on each line.';
  for await (const block of blocks(source, limit, { file, hint })) yield rowsIn(block, file);
}

function* rowsIn(block: Block, file: string | undefined): Generator<JsonlLine> {
  const { bytes, ends } = block;
  let { line, at } = block;
  let i = 0;
  for (const text of textsIn(block, file)) {
    const end = ends[i++]!;
    const size = block.at + end - at - (bytes[end - 1] === CR ? 1 : 0);
    if (text.trim() !== '') yield { value: parseJsonLine(text, file, line), line, text, at, size };
    at = block.at + end + 1;
    line++;
  }
}

/** How a JSON document begins that was written over several lines. */
const OPENS = /^\s*[[{]\s*$/;

/** The value of one line of JSON. @throws JSON_SYNTAX with the column of the first character that cannot stand there. */
export function parseJsonLine(text: string, file?: string, line = 1): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const at = faultIn(text);
    const before = text.slice(0, at).split('\n');
    const hint = OPENS.test(text) ? 'One row must stand on each line; is this JSON over several lines?' : undefined;
    const place = { file, line: line + before.length - 1, column: before.at(-1)!.length + 1, hint };
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
  const texts: string[] = [];
  let size = 0;
  for await (const { bytes, line } of blocks(path, LINE_LIMIT, { file: path, hint: 'Break it into several.' })) {
    size += bytes.length;
    if (size > TEXT_LIMIT)
      throw new DoubleblindError('FILE_UNREADABLE', `larger than ${TEXT_LIMIT / MB} MB`, { file: path });
    if (!isUtf8(bytes)) for (const [i, one] of linesIn(bytes).entries()) checkUtf8(one, { file: path, line: line + i });
    texts.push(utf8(bytes));
  }
  return texts.join('');
}

/** Whole lines that were read together, with their line breaks, and the number of the first; gone when the next is asked for. */
interface Block {
  bytes: Uint8Array;
  /** Of the first line, 1-based. */
  line: number;
  /** Where the block begins in the text. */
  at: number;
  /** Where each of its lines ends. */
  ends: number[];
}

/** The lines of a source, without byte order mark. A last line without line feed counts. @throws FILE_TOO_LARGE_LINE */
async function* blocks(source: Source, limit: number, place: Place): AsyncGenerator<Block> {
  let begun: Uint8Array[] = [];
  let length = 0;
  let line = 1;
  let before = 0;
  const tooLong = (at: number): DoubleblindError => {
    const message = `the line is longer than ${Math.floor(limit / MB)} MB.`;
    return new DoubleblindError('FILE_TOO_LARGE_LINE', message, { ...place, line: at, column: 1 });
  };
  const blockOf = (whole: Uint8Array): Block => {
    const bytes = line === 1 ? withoutMark(whole) : whole;
    const block: Block = { bytes, line, at: before + whole.length - bytes.length, ends: [] };
    if (whole.length > limit)
      for (const [i, one] of linesIn(bytes).entries()) if (one.length > limit) throw tooLong(line + i);
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, end + 1)) block.ends.push(end);
    line += block.ends.length;
    before += whole.length;
    if (bytes.at(-1) !== LF) block.ends.push(bytes.length);
    return block;
  };
  for await (const piece of typeof source === 'string' ? openBytes(source) : source) {
    let chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (length > 0) {
      // Of a piece only what ends a begun line is copied.
      const end = chunk.indexOf(LF) + 1;
      if (end > 0) {
        yield blockOf(Buffer.concat([...begun, chunk.subarray(0, end)]));
        [begun, length, chunk] = [[], 0, chunk.subarray(end)];
      }
    }
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > 0) yield blockOf(chunk.subarray(0, end));
    if (end === chunk.length) continue;
    begun.push(Uint8Array.from(chunk.subarray(end)));
    length += chunk.length - end;
    if (length > limit) throw tooLong(line);
  }
  if (length > 0) yield blockOf(Buffer.concat(begun));
}

const LF = 0x0a;
const CR = 0x0d;

/** Lines without their line feeds; what stands behind the last line feed is one too, unless it is nothing. */
function linesIn(bytes: Uint8Array): Uint8Array[] {
  const lines = [];
  let start = 0;
  for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return start === bytes.length ? lines : [...lines, bytes.subarray(start)];
}

/** The lines of a block as texts, without line breaks. @throws FILE_NOT_UTF8 at the line that is not, after those before it */
function* textsIn({ bytes, line }: Block, file: string | undefined): Generator<string> {
  if (!isUtf8(bytes)) {
    for (const [i, one] of linesIn(bytes).entries()) {
      checkUtf8(one, { file, line: line + i });
      yield withoutReturn(utf8(one));
    }
    return;
  }
  // One text for all: a text for each line of a file takes longer than its JSON does.
  const text = utf8(bytes);
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    yield withoutReturn(text.slice(start, end));
    start = end + 1;
  }
  if (start < text.length) yield withoutReturn(text.slice(start));
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

const withoutMark = <B extends Uint8Array>(bytes: B): B =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? (bytes.subarray(3) as B) : bytes;

/** The text of bytes that are UTF-8; where they are ASCII, in a fifth of the time. */
const utf8 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(isAscii(bytes) ? 'latin1' : 'utf8');

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
