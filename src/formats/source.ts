// The records of a file in whatever dress they come: JSON Lines, a JSON array, CSV with a header; each `.gz` too.
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { DoubleblindError } from '../errors.js';
import { openBytes } from '../bytes.js';
import { csvSyntax, type Dialect, dialectOf } from '../csv.js';
import { LINE_LIMIT, readJsonl } from '../jsonl.js';
import { readJsonArray } from './array.js';
import { Fields } from './fields.js';

/** One record: `line` is the 1-based line where it begins, `row` its 1-based number in the file. */
export interface Item {
  fields: Fields;
  line: number;
  row: number;
}

/**
 * The records of a file, in order, with flat memory.
 * @throws FILE_*, JSON_SYNTAX, CSV_SYNTAX, INVALID_VALUE (not a record, a key or column that appears twice)
 */
export async function* openRecords(file: string): AsyncGenerator<Item> {
  const dress = await dressOf(file);
  if (dress === 'csv') {
    yield* readCsv(file);
    return;
  }
  let row = 0;
  for await (const { value, line, text } of dress === 'array' ? readJsonArray(file) : readJsonl(file)) {
    row++;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new DoubleblindError('INVALID_VALUE', 'must be a record (a JSON object)', { file, line });
    const twice = asWeWrite(value, text) ? null : repeatedKey(text);
    if (twice !== null)
      throw new DoubleblindError('INVALID_VALUE', `the key ${JSON.stringify(twice)} appears twice`, { file, line });
    yield { fields: new Fields(value as Record<string, unknown>, { file, line }), line, row };
  }
}

/** Whether a line is as we would write it. Reading it has then lost no key, which is cheaper to see than to walk through it. */
function asWeWrite(value: object, text: string): boolean {
  try {
    return JSON.stringify(value) === text;
  } catch {
    // Nested too deep to be written.
    return false;
  }
}

/** The name says CSV; else the first character says whether it is an array, records by line, or a table. */
async function dressOf(file: string): Promise<'array' | 'lines' | 'csv'> {
  if (/\.(csv|tsv)(\.gz)?$/i.test(file)) return 'csv';
  for await (const piece of openBytes(file)) {
    const start = Buffer.from(piece)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trimStart();
    if (start === '') continue;
    if (start.startsWith('[')) return 'array';
    return start.startsWith('{') || /\.(jsonl?|ndjson)(\.gz)?$/i.test(file) ? 'lines' : 'csv';
  }
  throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'is empty', { file });
}

async function* readCsv(file: string): AsyncGenerator<Item> {
  const parser = parse({
    bom: true,
    columns: (header: string[]) => {
      const twice = header.find((name, i) => name !== '' && header.indexOf(name) !== i);
      if (twice !== undefined)
        throw new DoubleblindError('INVALID_VALUE', `the column "${twice}" appears twice`, { file, line: 1 });
      return header;
    },
    ...(await dialectIn(file)),
    info: true,
    max_record_size: LINE_LIMIT,
    skip_empty_lines: true,
  });
  // The parser's own stream decodes nothing: bytes that are not UTF-8 must not become replacement characters unseen.
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  async function* text(): AsyncGenerator<string> {
    for await (const piece of openBytes(file)) yield decode(piece);
    yield decode();
  }
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece ? strict.decode(piece, { stream: true }) : strict.decode();
    } catch (cause) {
      throw new DoubleblindError(
        'FILE_NOT_UTF8',
        'not valid UTF-8',
        { file, hint: 'Save the file as UTF-8.' },
        { cause },
      );
    }
  };
  const source = Readable.from(text());
  source.on('error', (error) => parser.destroy(error));
  let row = 0;
  let line = 1;
  try {
    for await (const entry of source.pipe(parser)) {
      const { record, info } = entry as { record: Record<string, unknown>; info: { lines: number } };
      row++;
      // `info.lines` is where the record ends; it begins behind the one before it.
      line = info.lines - breaksIn(record);
      yield { fields: new Fields(record, { file, line }, true), line, row };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const place = { file, line: typeof error['lines'] === 'number' ? error['lines'] : undefined };
    throw csvSyntax(error, place);
  } finally {
    source.destroy();
  }
}

/** Line breaks inside the quoted cells of a record. */
function breaksIn(record: Record<string, unknown>): number {
  let breaks = 0;
  for (const cell of Object.values(record))
    if (typeof cell === 'string') for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) breaks++;
  return breaks;
}

async function dialectIn(file: string): Promise<Dialect> {
  for await (const piece of openBytes(file)) return dialectOf(Buffer.from(piece).toString('utf8'), file);
  throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'is empty', { file });
}

/**
 * The first key that a JSON object states twice at its top level, or null. `JSON.parse` keeps the last one without a
 * word, and a winner stated twice must not be read as either. The text is known to be valid JSON.
 */
export function repeatedKey(text: string): string | null {
  const keys = new Set<string>();
  let depth = 0;
  let key: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 0x22) {
      const end = closingQuote(text, i);
      if (depth === 1) key = text.slice(i, end + 1);
      i = end;
    } else if (char === 0x7b || char === 0x5b) depth++;
    else if (char === 0x7d || char === 0x5d) depth--;
    else if (char === 0x3a && depth === 1 && key !== null) {
      const name = JSON.parse(key) as string;
      if (keys.has(name)) return name;
      keys.add(name);
    }
  }
  return null;
}

function closingQuote(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
}
