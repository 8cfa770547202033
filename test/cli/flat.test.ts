// Files larger than the memory they are read in: texts must be gone once they are counted.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cli } from '../cli.js';

let folder: string;
const ROWS = 400;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-flat-'));
  const words = 'a line of words '.repeat(3000);
  const rows = Array.from({ length: ROWS }, (_, i) => ({
    prompt: `Question ${i}? ${words.slice(0, 8000)}`,
    judge: 'j',
    winner: ['candidate', 'baseline', 'tie'][i % 3],
    order: i % 4 < 2 ? 'AB' : 'BA',
    baseline_response: `${i} ${words}`,
    candidate_response: `${words} ${i}`,
    reply: `Winner: ${'AB'[i % 2]!}`,
  }));
  await writeFile(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// 32 MB are enough for the program itself; the texts of the file are 41 MB.
it.each(['stats', 'audit'])('%s counts a file of 41 MB with 32 MB of memory', async (command) => {
  const env = { NODE_OPTIONS: '--max-old-space-size=32' };
  const { end, stdout } = await cli([command, 'rows.jsonl', '--json'], { cwd: folder, env });
  expect(end).toBe(0);
  const result = JSON.parse(stdout) as { rows?: number; estimates?: { n_prompts: number }[] };
  expect(result.rows ?? result.estimates?.[0]?.n_prompts).toBe(ROWS);
});
