// Suite files in a folder of their own, and the DoubleblindError that reading one ends in.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { DoubleblindError } from '../../src/errors.js';

const dir = mkdtempSync(join(tmpdir(), 'doubleblind-suites-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

/** The path of a file with this name and content. */
export function file(name: string, content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(dir, 'f-')), name);
  writeFileSync(path, content);
  return path;
}

export const jsonl = (rows: unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n') + '\n';

/** What a rejected promise was rejected with. */
export async function failure(work: Promise<unknown>): Promise<DoubleblindError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DoubleblindError);
  return error as DoubleblindError;
}
