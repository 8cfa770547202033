// The command line as people run it: a process of its own, from plain JavaScript, since tsx would add its start to each.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/bundle.mjs';
import { hashOf } from '../src/hash.js';
import { databaseIn } from './stores.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

let translated: Promise<string> | null = null;

/** Path of the command line's main file, bundled as it is built, once for each state of the sources. */
export function cliPath(): Promise<string> {
  return (translated ??= translate());
}

async function translate(): Promise<string> {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && !file.startsWith('web'))
    .sort();
  const bundler = statSync(join(ROOT, 'scripts/bundle.mjs')).mtimeMs;
  const stamps = files.map((file) => [file, statSync(join(ROOT, 'src', file)).mtimeMs]);
  const folder = join(tmpdir(), `doubleblind-cli-${hashOf([ROOT, bundler, stamps]).slice(0, 16)}`);
  const main = join(folder, 'dist', 'cli', 'main.js');
  if (existsSync(main)) return main;
  const own = `${folder}.${process.pid}`;
  mkdirSync(own, { recursive: true });
  await bundle(ROOT, join(own, 'dist', 'cli'));
  for (const name of ['package.json', 'node_modules', 'prompts', 'suites', 'schemas', 'demo.yaml'])
    symlinkSync(join(ROOT, name), join(own, name));
  try {
    renameSync(own, folder);
  } catch {
    // Another test was quicker.
  }
  return main;
}

export interface Ended {
  /** Exit code, or the signal that ended it. */
  end: number | string;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** Words before the command, such as a program that runs it elsewhere. */
  through?: string[];
  onStart?: (child: ChildProcess) => void;
}

/** Runs the command line with `args`, the database beside it in `cwd` as `runs.db`. */
export async function cli(args: string[], { cwd, env = {}, through = [], onStart }: CliOptions): Promise<Ended> {
  const [program, ...words] = [...through, process.execPath, await cliPath(), ...args] as [string, ...string[]];
  const child = spawn(program, words, {
    cwd,
    env: { ...process.env, DOUBLEBLIND_DATABASE_URL: await databaseIn(cwd), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  onStart?.(child);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { end: code ?? signal!, ...said };
}
