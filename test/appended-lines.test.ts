import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AppendedLines } from '../src/appended-lines.js';
import { Gathered } from '../src/gathered.js';

interface Said {
  id: string;
  text: string;
}
const lineOf = ({ text }: Said): string => JSON.stringify(text);
const said = (id: string, text = `${id} says “é\u2028”`): Said => ({ id, text });

let folder: string;
let path: string;
let lines: AppendedLines;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doubleblind-lines-'));
  path = join(folder, 'lines.jsonl');
  lines = new AppendedLines(path);
});
afterEach(() => {
  lines.close();
  rmSync(folder, { recursive: true });
});

async function* asked(...ids: string[]): AsyncIterable<{ id: string }> {
  for (const id of ids) yield { id };
}
const copied = (numbers: readonly number[]): string => {
  const to = new Gathered(8);
  for (const number of numbers) lines.copy(number, to);
  return to.take().toString();
};

it('lines are copied in any order, also those of a burst that is written piece by piece', async () => {
  const long = ['x'.repeat(700_000), 'ü'.repeat(900_000)];
  lines.append([said('a'), said('b', long[0]), said('c', long[1])], lineOf);
  lines.append([said('d')], lineOf);
  expect(readFileSync(path, 'utf8')).toBe(
    `${[said('a'), said('b', long[0]), said('c', long[1]), said('d')].map(lineOf).join('\n')}\n`,
  );
  const numbers = await lines.inOrder(asked('d', 'b', 'a', 'c'));
  expect(copied(numbers!)).toBe(
    `${[said('d'), said('b', long[0]), said('a'), said('c', long[1])].map(lineOf).join('\n')}\n`,
  );
});

it('none is known when a record has two lines, or one that was never appended', async () => {
  lines.append([said('a'), said('b')], lineOf);
  expect(await lines.inOrder(asked('b', 'a'))).toEqual([1, 0]);
  expect(await lines.inOrder(asked('b', 'c'))).toBeNull();
  lines.append([said('a', 'again')], lineOf);
  expect(await lines.inOrder(asked('b', 'a'))).toBeNull();
});

it('none is known of a file that held something before', async () => {
  lines.close();
  writeFileSync(path, '"old"\n');
  lines = new AppendedLines(path);
  lines.append([said('a')], lineOf);
  expect(await lines.inOrder(asked('a'))).toBeNull();
});

it('a file that became shorter is said to be, and not waited for', async () => {
  lines.append([said('a'), said('b')], lineOf);
  const numbers = await lines.inOrder(asked('b'));
  truncateSync(path, 3);
  expect(() => copied(numbers!)).toThrow(/became shorter while it was read/);
  expect(await lines.inOrder(asked('b'))).toBeNull();
});
