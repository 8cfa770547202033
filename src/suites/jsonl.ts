// Suites in JSON Lines: one prompt a row, with the keys of a prompt in a YAML suite, or as `suites export` writes them.
import { DoubleblindError } from '../errors.js';
import { type JsonlRow, readJsonlBlocks } from '../jsonl.js';
import type { Suite } from '../records.js';
import { onLine } from '../yaml.js';
import { suiteOfRows, type Row, type SuiteOptions } from './prompt.js';

/** The suite of a JSON Lines file (`.gz` too). @throws FILE_*, JSON_SYNTAX, UNKNOWN_KEY, INVALID_VALUE, SUITE_* */
export function readJsonlSuite(path: string, options?: SuiteOptions): Promise<Suite> {
  return suiteOfRows(path, prompts(path), options);
}

async function* prompts(path: string): AsyncGenerator<Iterable<Row>> {
  for await (const rows of objectsOf(path)) yield promptsIn(rows);
}

function* promptsIn(rows: Iterable<Row>): Generator<Row> {
  for (const row of rows) yield 'prompt_id' in row.value && !('id' in row.value) ? asSuite(row) : row;
}

function asSuite({ value: { prompt_id, prompt, messages, ...others }, ...row }: Row): Row {
  // An exported conversation has its transcript as prompt.
  const asked = messages === null || messages === undefined ? { prompt } : { messages };
  return { ...row, value: { id: prompt_id, ...asked, ...others } };
}

/** The rows of a JSON Lines file, each an object. @throws INVALID_VALUE for a row of another kind */
export async function* objectsOf(path: string): AsyncGenerator<Iterable<Row>> {
  for await (const rows of readJsonlBlocks(path)) yield objectsIn(rows, path);
}

function* objectsIn(rows: Iterable<JsonlRow>, file: string): Generator<Row> {
  for (const { value, line, text } of rows) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new DoubleblindError('INVALID_VALUE', 'each row must be a JSON object: {"id": …, "prompt": …}', { file, line, column: 1 });
    }
    yield { value: value as Record<string, unknown>, line, document: onLine(value, line, text) };
  }
}
