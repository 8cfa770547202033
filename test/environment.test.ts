import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLine, environment, gitState } from '../src/environment.js';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'environment-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));

// Settings of the machine's own git must not reach the test.
const env = { PATH: process.env['PATH'], HOME: root, GIT_CONFIG_NOSYSTEM: '1', GIT_CEILING_DIRECTORIES: root };
const git = (...args: string[]) =>
  execFileSync(
    'git',
    ['-C', join(root, 'repository'), '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args],
    { env, encoding: 'utf8' },
  ).trim();

describe('git', () => {
  const repository = join(root, 'repository');
  beforeAll(() => {
    execFileSync('git', ['init', '-q', '-b', 'trunk', repository], { env });
  });

  test('a repository goes from no commit to clean, dirty and without a branch', async () => {
    expect(await gitState(repository, env)).toEqual({ commit: null, branch: 'trunk', dirty: false });
    writeFileSync(join(repository, 'run.yaml'), 'seed: 7');
    git('add', '.');
    git('commit', '-q', '-m', 'a run');
    const commit = git('rev-parse', 'HEAD');
    expect(await gitState(repository, env)).toEqual({ commit, branch: 'trunk', dirty: false });
    writeFileSync(join(repository, 'new.db'), 'not known to git');
    expect(await gitState(repository, env)).toMatchObject({ dirty: false });
    writeFileSync(join(repository, 'run.yaml'), 'seed: 8');
    expect(await gitState(repository, env)).toEqual({ commit, branch: 'trunk', dirty: true });
    git('checkout', '-q', '--', 'run.yaml');
    git('checkout', '-q', '--detach');
    expect(await gitState(repository, env)).toEqual({ commit, branch: null, dirty: false });
  });

  test('outside a repository, in no folder and without git it is null', async () => {
    expect(await gitState(root, env)).toBeNull();
    // Nor is git started there; in a folder of the repository, also by another way to it, it is.
    const bin = join(root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'git'), `#!/bin/sh\ntouch '${join(root, 'started')}'\n`, { mode: 0o755 });
    const own = { ...env, PATH: `${bin}:${process.env['PATH']}` };
    await gitState(root, own);
    expect(existsSync(join(root, 'started'))).toBe(false);
    mkdirSync(join(repository, 'deep'));
    symlinkSync(join(repository, 'deep'), join(root, 'way'));
    await gitState(join(root, 'way'), own);
    expect(existsSync(join(root, 'started'))).toBe(true);
    expect(await gitState(join(root, 'none'), env)).toBeNull();
    expect(await gitState(repository, { ...env, PATH: '' })).toBeNull();
  });
});

describe('command line', () => {
  const line = (...args: string[]) =>
    commandLine(['/usr/bin/node', '/x/main.js', ...args], { VLLM_API_KEY: 'local-secret-1', PLAIN: 'run.yaml-long' });

  test('it can be typed again', () => {
    expect(line('run', 'run.yaml', '--tag', "note=it's mine", '--seed', '7')).toBe(
      `doubleblind run run.yaml --tag 'note=it'\\''s mine' --seed 7`,
    );
  });

  test.each([
    [['--api-key', 'abc123'], 'doubleblind --api-key [redacted]'],
    [['--token=abc123'], 'doubleblind --token=[redacted]'],
    [['OPENAI_API_KEY=abc123'], 'doubleblind OPENAI_API_KEY=[redacted]'],
    [['-d', 'postgres://me:hunter2@db/x'], 'doubleblind -d postgres://me:[password]@db/x'],
    [
      ['--judge', 'openai:x@http://h/v1?api_key=abc123&v=2'],
      `doubleblind --judge 'openai:x@http://h/v1?api_key=[redacted]&v=2'`,
    ],
    [['x-local-secret-1-y'], 'doubleblind x-[VLLM_API_KEY]-y'],
    [['sk-ant-api03-abcdefghijkl'], 'doubleblind [redacted]'],
    [['hf_abcdefghijklmnop'], 'doubleblind [redacted]'],
    [['Authorization: Bearer abc123'], `doubleblind 'Authorization: Bearer [redacted]'`],
  ])('%j keeps no key', (args, expected) => {
    expect(line(...args)).toBe(expected);
  });

  test.each([
    [['--api-key-env', 'VLLM_API_KEY']],
    [['run.yaml-long', '--max-tokens', '512']],
    [['--judge', 'anthropic:claude-opus-4-1', 'sk-learn', 'runs/task-pk-100']],
    [['--tag', 'tokenizer=fast']],
  ])('%j holds no key and stays', (args) => {
    expect(line(...args)).toBe(`doubleblind ${args.join(' ')}`);
  });
});

test('everything about a run is there, with the versions that are installed, and fits in JSON', async () => {
  const found = await environment({ cwd: root, argv: ['node', 'main.js', 'demo'], env });
  expect(found).toMatchObject({ git: null, node: process.versions.node, command: 'doubleblind demo', cwd: root });
  const own = JSON.parse(readFileSync('package.json', 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  expect(found.doubleblind).toBe(own.version);
  expect(Object.keys(found.packages)).toEqual(Object.keys(own.dependencies).sort());
  const installed = JSON.parse(readFileSync('node_modules/zod/package.json', 'utf8')) as { version: string };
  expect(found.packages['zod']).toBe(installed.version);
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
});
