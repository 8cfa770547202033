// Files for the tests of readers: written into a folder of the test's own, read back as rows.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { numberRows, readJudged, type ReadOptions, type Row } from '../../src/formats/index.js';

const folder = mkdtempSync(join(tmpdir(), 'doubleblind-formats-'));
let count = 0;

/** A file with this name and content in a folder of its own; `.gz` names are packed. */
export function fileOf(name: string, content: string | Uint8Array): string {
  const own = mkdtempSync(join(folder, `${++count}-`));
  const path = join(own, name);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(content) : content);
  return path;
}

export const lines = (...records: unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** All rows of files as they stand. */
export async function read(paths: string | string[], options: ReadOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readJudged(paths, options)) rows.push(row);
  return rows;
}

/** The rows that count, numbered. */
export async function numbered(paths: string | string[], options: ReadOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of numberRows(readJudged(paths, options))) rows.push(row);
  return rows;
}

/** A row of a Brie export; the reply names `letter`, A being the baseline. */
export function brieRow(more: Record<string, unknown> & { letter?: string } = {}): Record<string, unknown> {
  const { letter = 'B', ...fields } = more;
  return {
    prompt: 'Why do rivers bend?',
    baseline_response: 'Because of the ground.',
    brie_response: 'Because the outer bank wears away.',
    judgment: `Response A - Depth: ${letter === 'A' ? 4 : 2}\nResponse B - Depth: ${letter === 'B' ? 4 : 2}\nWinner: ${letter}\nReasoning: it says more.`,
    presentation_order: 'AB',
    winner: letter === 'A' ? 'baseline' : letter === 'B' ? 'brie' : 'tie',
    ...fields,
  };
}
