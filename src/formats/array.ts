// The elements of a JSON array, one at a time, from a file of any size: the array is cut at its top-level commas and
// each piece is parsed alone. Structure in JSON is ASCII, so the bytes are scanned without decoding them.
import { isUtf8 } from 'node:buffer';
import { DoubleblindError } from '../errors.js';
import { openBytes } from '../bytes.js';
import { LINE_LIMIT, type JsonlRow, parseJsonLine } from '../jsonl.js';

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE, CURLY_OPEN, CURLY_CLOSE, LF] = [...'"\\,[]{}\n'].map((c) =>
  c.charCodeAt(0),
) as [number, number, number, number, number, number, number, number];
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/**
 * The elements of the array in a file (`.gz` too), in order; `line` is where an element begins.
 * @throws FILE_MISSING, FILE_UNREADABLE, FILE_NOT_UTF8, FILE_TOO_LARGE_LINE (an element above `limit` bytes), JSON_SYNTAX
 */
export async function* readJsonArray(file: string, limit = LINE_LIMIT): AsyncGenerator<JsonlRow> {
  let state = 'before' as 'before' | 'inside' | 'after';
  let depth = 0;
  let quoted = false;
  let escaped = false;
  let line = 1;
  let startLine = 0;
  let parts: Uint8Array[] = [];
  let length = 0;
  let elements = 0;
  let seen = 0;

  const fail = (message: string): never => {
    throw new DoubleblindError('JSON_SYNTAX', message, { file, line });
  };
  const keep = (bytes: Uint8Array): void => {
    length += bytes.length;
    if (length > limit)
      throw new DoubleblindError('FILE_TOO_LARGE_LINE', `one element is larger than ${limit} bytes`, {
        file,
        line: startLine,
      });
    parts.push(bytes);
  };
  const take = (last: boolean): JsonlRow | null => {
    const bytes = Buffer.concat(parts);
    [parts, length] = [[], 0];
    if (startLine === 0) {
      if (last && elements === 0) return null;
      return fail('not valid JSON: an element of the array is missing');
    }
    if (!isUtf8(bytes)) throw new DoubleblindError('FILE_NOT_UTF8', 'not valid UTF-8', { file, line: startLine });
    const text = bytes.toString('utf8').trim();
    const row = { value: parseJsonLine(text, file, startLine), line: startLine, text };
    elements++;
    startLine = 0;
    return row;
  };

  for await (const piece of openBytes(file)) {
    const mark = seen === 0 && piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf ? 3 : 0;
    seen += piece.length;
    let start = mark;
    for (let i = mark; i < piece.length; i++) {
      const byte = piece[i]!;
      if (byte === LF) line++;
      if (quoted) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) quoted = false;
      } else if (isBlank(byte)) continue;
      else if (state === 'before') {
        if (byte !== OPEN) fail('not a JSON array');
        [state, start] = ['inside', i + 1];
      } else if (state === 'after') fail('not valid JSON: something follows the array');
      else if (depth === 0 && (byte === COMMA || byte === CLOSE)) {
        keep(piece.subarray(start, i));
        start = i + 1;
        const row = take(byte === CLOSE);
        if (row) yield row;
        if (byte === CLOSE) state = 'after';
      } else {
        if (startLine === 0) startLine = line;
        if (byte === QUOTE) quoted = true;
        else if (byte === OPEN || byte === CURLY_OPEN) depth++;
        else if (byte === CLOSE || byte === CURLY_CLOSE) depth--;
      }
    }
    if (state === 'inside') keep(Uint8Array.from(piece.subarray(start)));
  }
  if (state !== 'after') fail('not valid JSON: the array ends too early');
}
