// Rows of a CSV or TSV text that people hand in: the header names the cells, names and cells have their places.
import { type CsvError, parse } from 'csv-parse/sync';
import { DoubleblindError, type Place } from './errors.js';
import { counted } from './figures.js';
import { type ParsedYaml, placesIn, type Position } from './yaml.js';

interface CsvRow {
  value: Record<string, string>;
  /** Where the row and its cells stand; a key stands in the header. */
  document: ParsedYaml;
}

/** What divides cells and rows, as the beginning of a table shows it. */
export interface Dialect {
  /** What stands most often in the first line: comma, semicolon or tab; a tab in a `.tsv` (or `.tsv.gz`) file. */
  delimiter: string;
  /** Line feeds, with or without a carriage return, also in one file; in a file that has none, carriage returns. */
  record_delimiter: string[];
}

export function dialectOf(beginning: string, file: string): Dialect {
  const [header = ''] = beginning.split(/[\r\n]/, 1);
  const count = (mark: string): number => header.split(mark).length;
  const most = [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
  return {
    delimiter: /\.tsv(\.gz)?$/i.test(file) ? '\t' : most,
    record_delimiter: beginning.includes('\n') || !beginning.includes('\r') ? ['\r\n', '\n'] : ['\r'],
  };
}

/**
 * The rows below the header, in order; empty lines are skipped, names of columns are trimmed.
 * @throws CSV_SYNTAX, INVALID_VALUE for a column that stands twice
 */
export function* readCsv(whole: string, file: string): Generator<CsvRow> {
  // Lines are counted by line feeds.
  const text = whole.includes('\n') ? whole : whole.replaceAll('\r', '\n');
  const dialect = dialectOf(text, file);
  let found: Cells | null = null;
  /** Looked for when there is something to complain about. */
  const cells = (): Cells => (found ??= cellsIn(text, dialect.delimiter));
  const at = (row: number, column: number): Position => {
    const starts = cells().starts[row] ?? [0];
    return cells().place(starts[column] ?? starts[0]!);
  };
  const [header = [], ...rows] = records(text, dialect, file, cells);
  const names = header.map((name) => name.trim());
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice !== -1)
    throw new DoubleblindError('INVALID_VALUE', `the column "${names[twice]}" stands twice.`, {
      file,
      ...at(0, twice),
    });
  for (const [i, row] of rows.entries()) {
    const value = Object.fromEntries(names.map((name, column) => [name, row[column]!]));
    const document: ParsedYaml = {
      value,
      at: ([key]) => at(i + 1, names.indexOf(String(key))),
      keyAt: ([key]) => at(0, names.indexOf(String(key))),
      whole: 'the row',
    };
    yield { value, document };
  }
}

function records(text: string, dialect: Dialect, file: string, cells: () => Cells): string[][] {
  try {
    return parse(text, { ...dialect, skip_empty_lines: true, bom: true });
  } catch (error) {
    const { code, records = 0 } = error as CsvError & { records?: number };
    if (code === undefined) throw error;
    const { starts, open, place } = cells();
    const unclosed = code === 'CSV_QUOTE_NOT_CLOSED' && open !== null;
    const spot = place(unclosed ? open : (starts[records]?.[0] ?? 0));
    throw csvSyntax(error as CsvError, { file, ...spot });
  }
}

/** CSV_SYNTAX, in words about rows and cells for what the parser says. */
export function csvSyntax(error: Error & { code?: string; column?: unknown }, place: Place): DoubleblindError {
  const { code, column, message } = error;
  const cell = typeof column === 'number' ? `cell ${column + 1}` : `cell ${JSON.stringify(column)}`;
  const [, header, own] = /(?:expect|length is) (\d+), got (\d+)/.exec(message) ?? [];
  const what =
    own !== undefined
      ? `this row has ${counted(Number(own), 'cell')}, the header ${header}`
      : code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quote is opened and not closed'
        : code === 'CSV_INVALID_CLOSING_QUOTE'
          ? `${cell} goes on behind its closing quote`
          : code === 'INVALID_OPENING_QUOTE'
            ? `a quote stands inside ${cell}, which does not begin with one`
            : message.replace(/ (at|on) line \d+.*$/, '');
  const hint = 'A cell with a delimiter, a quote or a line break stands in quotes, and each quote inside it twice.';
  return new DoubleblindError('CSV_SYNTAX', `not valid CSV: ${what}.`, { ...place, hint }, { cause: error });
}

interface Cells {
  /** Offsets at which the cells of each row begin, the header's first. */
  starts: number[][];
  /** Offset of a quote that nothing closes. */
  open: number | null;
  place(offset: number): Position;
}

function cellsIn(text: string, delimiter: string): Cells {
  const starts: number[][] = [];
  let row = [0];
  let open: number | null = null;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i];
    const begin: number = row.at(-1)!;
    if (open !== null) {
      if (char === '"' && text[i + 1] === '"') i++;
      else if (char === '"') open = null;
    } else if (char === '"' && i === begin) open = i;
    else if (char === delimiter) row.push(i + 1);
    else if (char === '\n' || char === undefined) {
      if (row.length > 1 || !/^\r?$/.test(text.slice(begin, i))) starts.push(row);
      row = [i + 1];
    }
  }
  if (open !== null) starts.push(row);
  return { starts, open, place: placesIn(text) };
}
