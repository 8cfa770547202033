// The files of an export folder against its manifest, whatever `run.json` beside them says.
import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { auditFile } from '../../src/audit/index.js';
import { type Journey, openJourney, suiteOf } from '../journeys/world.js';
import { audit, rows } from './rows.js';

let journey: Journey;
let folder: string;
let copy: string;

beforeAll(async () => {
  journey = await openJourney();
  ({ folder } = await journey.run(await journey.runFile({ suites: [suiteOf(2)] })));
  copy = join(journey.folder, 'copy');
});
afterAll(() => journey.close());
beforeEach(async () => {
  await rm(copy, { recursive: true, force: true });
  await cp(folder, copy, { recursive: true });
});

const text = (name: string) => readFile(join(copy, name), 'utf8');
const put = (name: string, content: string) => writeFile(join(copy, name), content);
const found = async () => {
  const { findings } = await auditFile([copy]);
  return findings
    .filter(({ code }) => code === 'CONFIGURATION_CHANGED')
    .map(({ severity, message }) => `${severity}: ${message}`);
};
const unproven = expect.stringMatching(/^note: No run\.json of ours stands beside it/);

it('finds nothing in a folder as it was written', async () => {
  expect(await found()).toEqual([]);
});

it('tells that run.json is gone, and what could not be checked without it', async () => {
  await rm(join(copy, 'run.json'));
  expect(await found()).toEqual(['error: The manifest names run.json, and it is gone.', unproven]);
  await put('judged.jsonl', (await text('judged.jsonl')).replace('"attempts":1', '"attempts":2'));
  expect(await found()).toContainEqual(expect.stringMatching(/^error: judged\.jsonl is not what was written/));
});

it.each(['[]', '{"schema": "doubleblind/run@9"}'])('tells that run.json is another where it is %s', async (content) => {
  await put('run.json', content);
  expect(await found()).toEqual([expect.stringMatching(/^error: run\.json is not what was written/), unproven]);
});

it('tells that nothing could be checked of lines of ours alone, and says no such thing of anyone else', async () => {
  for (const name of ['run.json', 'manifest.json', 'summary.json', 'responses.jsonl']) await rm(join(copy, name));
  expect(await found()).toEqual([unproven]);
  expect((await audit(rows(4, () => ({})))).findings).toEqual([]);
});

it('tells of a manifest that names no files, and of one of another run', async () => {
  const manifest = JSON.parse(await text('manifest.json')) as Record<string, unknown>;
  await put('manifest.json', JSON.stringify({ ...manifest, files: {} }));
  expect(await found()).toEqual([expect.stringMatching(/^warning: manifest\.json does not name judged\.jsonl, /)]);
  await put('manifest.json', JSON.stringify({ ...manifest, run_id: '20260101_000000-aaaa' }));
  expect(await found()).toEqual(['error: manifest.json is that of another run.']);
  await put('manifest.json', JSON.stringify({ ...manifest, schema: 'x' }));
  expect(await found()).toEqual([expect.stringMatching(/^warning: manifest\.json is gone or none of ours/)]);
});

it.each(['../../../../../../dev/zero', '.', 'zero'])(
  'reads no more than the files of the folder where a manifest names %s',
  async (name) => {
    const manifest = JSON.parse(await text('manifest.json')) as { files: object };
    await put('manifest.json', JSON.stringify({ ...manifest, files: { ...manifest.files, [name]: { sha256: '0' } } }));
    await symlink('/dev/zero', join(copy, 'zero'));
    expect(await found()).toEqual([expect.stringMatching(/^error: The manifest names .+, and it is gone\.$/)]);
  },
);
