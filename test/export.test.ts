import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportFolder, judgmentLine, responseLine } from '../src/export.js';
import { type Judgment, judgmentSchema, type Response, responseSchema } from '../src/records.js';

it.each([
  ['a judgment', judgmentSchema, (record: object) => judgmentLine(record as Judgment)],
  ['a response', responseSchema, (record: object) => responseLine(record as Response)],
])(
  'the line of %s has the fields of the contract in its order, whatever the record holds beside them',
  (_, schema, lineOf) => {
    const fields = Object.keys(schema.shape);
    const entries = fields.map((field, i): [string, number] => [field, i]);
    const line = JSON.stringify(Object.fromEntries(entries));
    expect(lineOf(Object.fromEntries(entries))).toBe(line);
    expect(lineOf(Object.fromEntries(entries.toReversed()))).toBe(line);
    expect(lineOf({ ...Object.fromEntries(entries), position: 3 })).toBe(line);
    expect(lineOf(Object.fromEntries([...entries.slice(0, -2), ...entries.slice(-1), ...entries.slice(-2, -1)]))).toBe(
      line,
    );
  },
);

it('the folder of a run lies three below the root, whatever the run is called', async () => {
  const above = await mkdtemp(join(tmpdir(), 'doubleblind-'));
  const root = join(above, 'exports');
  const folder = await exportFolder(root, { id: '../../../../pwned', purpose: '..', candidate: 'a/../b' });
  expect(folder).toBe(join(root, 'unnamed', 'a-..-b', 'pwned'));
  expect(await readdir(above)).toEqual(['exports']);
});
