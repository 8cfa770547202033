// Does the sheet of an export folder follow from its judgments? It is made again and compared, row by row.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readText } from '../jsonl.js';
import type { Judgment, Run } from '../records.js';
import { sheetOf } from '../sheet.js';
import type { Found, MakeCheck } from './check.js';

/** The check of the `prompts.csv` beside a file of judgments; none where there is no such file. */
export async function sheetCheck(run: Run, judgments: readonly Judgment[], judged: string): Promise<MakeCheck[]> {
  const file = join(dirname(judged), 'prompts.csv');
  if (!existsSync(file)) return [];
  const difference = firstRowThatDiffers(await readText(file), await rowsOf(run, judgments));
  const found: Found[] =
    difference === null
      ? []
      : [{ severity: 'error', message: 'prompts.csv does not follow from the judgments.', file, ...difference }];
  return [() => ({ code: 'SUMMARY_MISMATCH', see: () => 'outside', end: () => found })];
}

async function rowsOf(run: Run, judgments: readonly Judgment[]): Promise<string[]> {
  const stored = judgments.filter(({ canary, replicate }) => canary === null && replicate === 0);
  const rows: string[] = [];
  for await (const row of sheetOf(run, stored, inTurn(judgments))) if (row !== '') rows.push(row);
  return rows;
}

async function* inTurn<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values;
}

/** The first row, with the line it begins on; a row may hold line breaks. */
function firstRowThatDiffers(
  text: string,
  rows: readonly string[],
): { line: number; recorded: string; derived: string } | null {
  let at = 0;
  let line = 1;
  for (const row of [...rows, '']) {
    const recorded = row === '' ? text.slice(at) : text.slice(at, at + row.length);
    if (recorded !== row) return { line, recorded: shown(recorded), derived: shown(row) };
    at += row.length;
    line += row.split('\n').length - 1;
  }
  return null;
}

const shown = (row: string): string => row.trimEnd().slice(0, 200);
