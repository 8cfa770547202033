// Suites in CSV or TSV: one prompt a row, the header names the keys of a prompt; `messages` holds JSON. Empty cells
// count as absent.
import { CsvError, parse, type Info } from 'csv-parse';
import { Readable } from 'node:stream';
import { DoubleblindError } from '../errors.js';
import { parseJsonLine, readText } from '../jsonl.js';
import type { Suite } from '../records.js';
import { suiteOfRows, type Row, type SuiteOptions } from './prompt.js';

/** The suite of a CSV file (`.gz` too). @throws FILE_*, CSV_SYNTAX, UNKNOWN_KEY, INVALID_VALUE, SUITE_* with the line */
export function readCsvSuite(path: string, options?: SuiteOptions): Promise<Suite> {
  return suiteOfRows(path, records(path), options);
}

async function* records(path: string): AsyncGenerator<Row> {
  const delimiter = /\.tsv(\.gz)?$/i.test(path) ? '\t' : ',';
  const parser = parse({ columns: header(path), delimiter, info: true, skip_empty_lines: true });
  let line = 1;
  try {
    for await (const entry of Readable.from([await readText(path)]).pipe(parser)) {
      const { record, info } = entry as { record: Record<string, string>; info: Info };
      // `info.lines` is where the record ends; its cells may hold line breaks.
      line = info.lines - Object.values(record).join('').split('\n').length + 1;
      const cells = Object.entries(record).filter(([, cell]) => cell.trim() !== '');
      yield { value: Object.fromEntries(cells.map(([key, cell]) => [key, key === 'messages' ? parseJsonLine(cell, path, line) : cell])), line };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const at = typeof error['lines'] === 'number' ? error['lines'] : line;
    throw new DoubleblindError('CSV_SYNTAX', `not valid CSV: ${error.message}`, { file: path, line: at }, { cause: error });
  }
}

const header = (path: string) => (names: string[]) => {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return names.map((name) => name.trim());
  throw new DoubleblindError('INVALID_VALUE', `the column "${twice}" stands twice`, { file: path, line: 1 });
};
