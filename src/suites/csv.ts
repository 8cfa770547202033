// Suites in CSV or TSV: one prompt a row, the header names the keys of a prompt; `messages` holds JSON. Empty cells
// count as absent.
import { readCsv } from '../csv.js';
import { DoubleblindError } from '../errors.js';
import { readText } from '../jsonl.js';
import type { Suite } from '../records.js';
import type { Position } from '../yaml.js';
import { suiteOfRows, type Row, type SuiteOptions } from './prompt.js';

/** The suite of a CSV file (`.gz` too). @throws FILE_*, CSV_SYNTAX, UNKNOWN_KEY, INVALID_VALUE, SUITE_* with the line */
export function readCsvSuite(path: string, options?: SuiteOptions): Promise<Suite> {
  return suiteOfRows(path, records(path), options);
}

async function* records(path: string): AsyncGenerator<Iterable<Row>> {
  yield recordsIn(await readText(path), path);
}

function* recordsIn(text: string, file: string): Generator<Row> {
  for (const { value, document } of readCsv(text, file)) {
    const cells = Object.entries(value).filter(([, cell]) => cell.trim() !== '');
    const { line } = document.at([]);
    const read = (key: string, cell: string): unknown => (key === 'messages' ? messagesIn(cell, file, document.at([key])) : cell);
    yield { value: Object.fromEntries(cells.map(([key, cell]) => [key, read(key, cell)])), line, document };
  }
}

/** A fault in the JSON of a cell is told where the cell begins: its quotes are doubled, so that no column of the JSON is one of the file. */
function messagesIn(cell: string, file: string, place: Position): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    throw new DoubleblindError('JSON_SYNTAX', 'this cell of `messages` is not valid JSON', { file, ...place });
  }
}
