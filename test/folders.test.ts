import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { exportFolder } from '../src/export.js';
import { makeFolder } from '../src/folders.js';

const folder = mkdtempSync(join(tmpdir(), 'doubleblind-folders-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a folder is made with those above it, and again without complaint', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolder(path);
  makeFolder(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

it('a file where a folder should be is named', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'x'), join(file, 'x', 'y')])
    expect(() => makeFolder(path)).toThrow(expect.objectContaining({ code: 'EEXIST', path: file }));
});

it.skipIf(!existsSync('/proc/self'))('a place that takes no folders ends the search for one', async () => {
  const run = { id: '20261121_103000-aaaa', purpose: 'test', candidate: 'tuned' };
  const refused = { code: 'ENOENT', path: '/proc/exports' };
  await expect(exportFolder('/proc/exports/of/runs', run)).rejects.toMatchObject(refused);
});
