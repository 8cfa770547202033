// What a slip of the hand meets in the commands of the ledger, of people and of certification: one clear line, exit code 2.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { databaseIn } from '../stores.js';
import { run } from './here.js';

const back = process.cwd();
let folder = '';
let made = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-refusals-'));
  process.chdir(folder);
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('DOUBLEBLIND_DATABASE_URL', await databaseIn(folder));
  await writeFile('notes.txt', 'A few words.\n');
  made = (JSON.parse((await run('demo', '--json')).stdout) as { run: { id: string } }).run.id;
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  process.chdir(back);
  await rm(folder, { recursive: true, force: true });
});

/** `RUN` stands for a run that is there. */
const SLIPS: [string, RegExp][] = [
  ['show nope', /no run "nope"/],
  ['show', /missing required argument/],
  ['list --status nope', /Allowed choices are queued/],
  ['list --limit -3', /at least 1/],
  ['compare RUN', /two runs or more/],
  ['compare RUN nope', /no run "nope"/],
  ['compare RUN RUN', /named twice/],
  ['significance RUN RUN', /named twice/],
  ['significance RUN', /missing required argument/],
  ['leaderboard nope', /no run "nope"/],
  ['leaderboard --suite demo-in-domian', /"demo-in-domian"\. Did you mean "demo-in-domain"\?/],
  ['leaderboard --domain in-domian', /"in-domian"\. Did you mean "in-domain"\?/],
  ['leaderboard --metric nope', /nothing was measured as "nope"/],
  ['leaderboard --metric x --names nope.yaml', /nope\.yaml: no such file/],
  ['reproduce nope', /no run "nope"/],
  ['export nope', /no run "nope"/],
  ['export RUN --format nope', /Allowed choices are jsonl/],
  ['export RUN -o missing/x.json', /missing\/x\.json: there is no such file or folder/],
  ['export RUN -o .', /: this is a folder, not a file/],
  ['ledger import nope', /nope: no such file or folder/],
  ['ledger import .', /no known training folder/],
  ['delete nope', /no run "nope"/],
  ['prune', /--older-than/],
  ['prune --older-than soon', /must look like 90d/],
  ['checkpoints inspect nope', /nope: no such folder/],
  ['calibrate nope', /no run "nope"/],
  ['review create RUN --reviewers ana --n 0', /at least 1/],
  ['review create RUN --reviewers ana,', /must look like ana,ben/],
  ['review export RUN --reviewer bob', /bob has no review queue/],
  ['review import RUN nope.csv', /nope\.csv: no such file/],
  ['certify nope.jsonl --judge offline:plain', /nope\.jsonl: no such file/],
  ['certify nope.jsonl', /no judge is named/],
  ['suites export nope', /no bundled suite is named "nope"/],
];

it.each(SLIPS)('%s', async (line, words) => {
  const { end, stdout, stderr } = await run(...line.replaceAll('RUN', made).split(' '));
  expect([end, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(words);
  expect(stderr).not.toContain('a fault of doubleblind');
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

it('a suite that no run has is refused with the nearest that they have', async () => {
  const other = JSON.parse((await run('demo', '--again', '--json')).stdout) as { run: { id: string } };
  for (const command of ['compare', 'significance']) {
    const told = await run(command, made, other.run.id, '--suite', 'demo-in-domian');
    expect([told.end, told.stdout]).toEqual([2, '']);
    expect(told.stderr).toMatch(/none of the runs has a suite "demo-in-domian"\. Did you mean "demo-in-domain"\?/);
  }
}, 60_000);
