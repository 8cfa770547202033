// What a slip of the hand meets in the commands of the ledger, of people and of certification: one clear line, exit code 2.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { databaseIn } from '../stores.js';
import { run } from './here.js';

const back = process.cwd();
let folder = '';
let made = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-refusals-'));
  process.chdir(folder);
  vi.stubEnv('DOUBLEBLIND_DATABASE_URL', await databaseIn(folder));
  await writeFile('notes.txt', 'A few words.\n');
  await writeFile('pairs.jsonl', '{ "prompt": "p", "baseline_response": "a", "tuned_response": "b" }\n');
  made = (JSON.parse((await run('demo', '--json')).stdout) as { run: { id: string } }).run.id;
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  process.chdir(back);
  await rm(folder, { recursive: true, force: true });
});

/** `RUN` stands for a run that is there. */
const SLIPS: [string, RegExp][] = [
  ['rnu', /^error: unknown command 'rnu' \(Did you mean run\?\)$/m],
  ['list --limt 3', /^error: unknown option '--limt' \(Did you mean --limit\?\)$/m],
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
  ['audit nope.jsonl', /no run "nope\.jsonl", and no such file\. See/],
  ['stats nope.jsonl', /no run "nope\.jsonl", and no such file\. See/],
  ['stats RUN --format brie', /--format is for files, and there is no file ".+"\. A run is taken/],
  ['audit RUN --judge opus', /--judge is for files, and there is no file ".+"\. A run is taken/],
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
  ['judge pairs.jsonl --judge openai:m@localhost:8000/v1', /address must begin with .+ not "localhost:8000\/v1"/],
  ['judge pairs.jsonl --judge openai:m@gateway.example/v1', /address must begin with .+ not "gateway\.example\/v1"/],
  ['suites export nope', /no bundled suite is named "nope"/],
];

it.each(SLIPS)('%s', async (line, words) => {
  const { end, stdout, stderr } = await run(...line.replaceAll('RUN', made).split(' '));
  expect([end, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(words);
  expect(stderr).not.toContain('a fault of doubleblind');
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

it.each([
  [['show', ''], "argument 'run' must not be empty."],
  [['run', ''], "argument 'run.yaml' must not be empty."],
  [['judge', 'pairs.jsonl', '', '--judge', 'offline'], "argument 'file' must not be empty."],
  [
    ['judge', 'pairs.jsonl', '--judge', 'offline', '--judge', ''],
    /^error: option '--judge <.+>' must not be empty\.$/m,
  ],
  [
    ['judge', 'pairs.jsonl', '--judge', 'offline', '--candidate-name', ''],
    /^error: option '--candidate-name <name>' must/m,
  ],
  [['judge', 'pairs.jsonl', '--judge', 'offline', '--purpose='], "option '--purpose <purpose>' must not be empty."],
  [['list', '--database', ''], "option '--database <url>' must not be empty."],
  [['suites', 'export', 'out-of-domain', '-o', ''], "option '-o, --output <file>' must not be empty."],
])('an empty text is no value: %j', async (line, words) => {
  const { end, stdout, stderr } = await run(...line);
  expect([end, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(words);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

describe('what could not start leaves neither a run nor a database', () => {
  const RUN = [
    'purpose: trial',
    'suites: [{ name: s, domain: in-domain, prompts: [{ id: a, prompt: p }] }]',
    'baseline: { name: base, provider: recorded, file: answers.jsonl }',
    'candidate: { name: tuned, provider: recorded, file: answers.jsonl }',
    'judges: [{ provider: offline }]',
  ];
  beforeAll(async () => {
    await writeFile('run.yaml', RUN.join('\n'));
    await writeFile('answers.jsonl', '{ "prompt_id": "a", "response": "r" }\n');
    await writeFile('afile', '');
    await mkdir('elsewhere');
    await mkdir('led');
    await symlink('../elsewhere', 'led/trial');
  });

  it.each([
    ['run nope.yaml', /nope\.yaml: no such file/],
    ['run nope.yaml --dry-run', /nope\.yaml: no such file/],
    ['generate nope.yaml', /nope\.yaml: no such file/],
    ['judge nope.jsonl --judge offline:plain', /nope\.jsonl: no such file/],
    ['certify nope.jsonl --judge offline:plain', /nope\.jsonl: no such file/],
    ['init afile', /afile: a file stands where a folder should be\./],
    ['init afile/below', /afile: a file stands where a folder should be\./],
  ])('%s', async (line, words) => {
    const own = line.startsWith('init') ? [] : ['--database', 'sqlite:own.db'];
    const { end, stdout, stderr } = await run(...line.split(' '), ...own);
    expect([end, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
    expect(existsSync('own.db')).toBe(false);
  });

  it.each([
    ['afile', /afile: a file stands where a folder should be\./],
    ['led', /"trial" is a link that leads out of the exports folder/],
  ])('run --exports %s', async (exports, words) => {
    const { end, stderr } = await run('run', 'run.yaml', '--exports', exports);
    expect(end).toBe(2);
    expect(stderr).toMatch(words);
    const { stdout } = await run('list', '--json');
    expect((JSON.parse(stdout) as { items: { id: string }[] }).items.map(({ id }) => id)).toEqual([made]);
  });
});

it('a suite that no run has is refused with the nearest that they have', async () => {
  const other = JSON.parse((await run('demo', '--again', '--json')).stdout) as { run: { id: string } };
  for (const command of ['compare', 'significance']) {
    const told = await run(command, made, other.run.id, '--suite', 'demo-in-domian');
    expect([told.end, told.stdout]).toEqual([2, '']);
    expect(told.stderr).toMatch(/none of the runs has a suite "demo-in-domian"\. Did you mean "demo-in-domain"\?/);
  }
}, 60_000);
