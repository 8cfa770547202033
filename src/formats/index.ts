// Other people's judged files as rows of one shape, and the list of the formats that are known.
// A row keeps the raw text, the winner as the file states it, and the winner as it follows from the text.
import { resolve } from 'node:path';
import { DoubleblindError } from '../errors.js';
import { alpacaEval } from './alpaca-eval.js';
import { arenaHard } from './arena-hard.js';
import { brie, pairOf } from './brie.js';
import { doubleblind } from './doubleblind.js';
import type { Fields } from './fields.js';
import { generic } from './generic.js';
import { judgebench } from './judgebench.js';
import { mtBench } from './mt-bench.js';
import type { Format, ReadOptions, Row } from './row.js';
import { openRecords } from './source.js';

export { parsePairs } from './generic.js';
export { numberRows, rowNumbering, type Standing } from './numbering.js';
export type { OrderSource, ReadOptions, Row } from './row.js';

/** The known formats; the first that fits a file's first record reads it, so the narrow ones stand first. */
const FORMATS: readonly Format[] = [doubleblind, judgebench, arenaHard, mtBench, alpacaEval, brie, generic];

/**
 * The format of a file by the shape of its first record.
 * @throws FILE_UNKNOWN_FORMAT, and what reading the first record throws
 */
export async function detect(file: string): Promise<Format> {
  for await (const { fields } of openRecords(file)) {
    const format = FORMATS.find(({ fits }) => fits(fields));
    if (format) return format;
    throw unknown(file, fields);
  }
  throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'holds no rows', { file });
}

/**
 * The judged rows of files, in order, as they stand (not numbered: see `numberRows`). Memory does not grow with a file.
 * @throws FILE_*, JSON_SYNTAX, CSV_SYNTAX, INVALID_VALUE, USAGE (an unknown format)
 */
export async function* readJudged(paths: string | readonly string[], options: ReadOptions = {}): AsyncGenerator<Row> {
  const files = typeof paths === 'string' ? [paths] : paths;
  // A file that is named twice is read once; copies under other names are met by the numbering.
  for (const file of new Map(files.map((path) => [resolve(path), path])).values()) {
    const format = options.format === undefined ? await formatOf(file, options) : named(options.format);
    yield* format.read({ file, options, records: () => openRecords(file) });
  }
}

/**
 * The same for numbers: a line that contradicts itself is refused, since nobody can say which half is true.
 * @throws INVALID_VALUE, and what reading throws
 */
export async function* readSound(paths: string | readonly string[], options: ReadOptions = {}): AsyncGenerator<Row> {
  for await (const row of readJudged(paths, options)) {
    if (row.fault === null) yield row;
    else {
      const hint = 'Let the audit look at the file: doubleblind audit <file>.';
      throw new DoubleblindError('INVALID_VALUE', `the judgment contradicts itself: ${row.fault}.`, {
        file: row.file,
        line: row.line,
        hint,
      });
    }
  }
}

/** Columns that people name make a file generic, whatever its shape. */
async function formatOf(file: string, { columns, values }: ReadOptions): Promise<Format> {
  return columns || values ? generic : detect(file);
}

function named(name: string): Format {
  const generics = ['jsonl', 'csv'];
  const format = generics.includes(name) ? generic : FORMATS.find((known) => known.name === name);
  if (format) return format;
  const hint = `Formats: ${[...FORMATS.map((known) => known.name), ...generics].join(', ')}.`;
  throw new DoubleblindError('USAGE', `no format is called "${name}"`, { hint });
}

function unknown(file: string, first: Fields): DoubleblindError {
  const names = first.names.slice(0, 12).join(', ');
  if (pairOf(first) !== null)
    return new DoubleblindError('FILE_UNKNOWN_FORMAT', 'holds pairs of responses that nobody has judged', {
      file,
      hint: 'Judge them: doubleblind judge <file>.',
    });
  return new DoubleblindError('FILE_UNKNOWN_FORMAT', `is in no known format (fields: ${names || 'none'})`, {
    file,
    hint: 'Name its columns: --columns prompt=…,judge=…,winner=…',
  });
}
