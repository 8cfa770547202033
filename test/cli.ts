// The command line as people run it: a process of its own, from plain JavaScript, since tsx would add its start to each.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/bundle.mjs';
import { builtFrom } from './built.js';
import { databaseIn } from './stores.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

let translated: Promise<string> | null = null;

/** Path of the command line's main file, bundled as it is built, once for each state of the sources. */
export async function cliPath(): Promise<string> {
  const sources = ['src', 'scripts/bundle.mjs', 'node_modules/.package-lock.json'].map((path) => join(ROOT, path));
  translated ??= builtFrom('cli', sources, async (folder) => {
    await bundle(ROOT, join(folder, 'dist', 'cli'));
    for (const name of ['package.json', 'node_modules', 'prompts', 'suites', 'schemas', 'demo.yaml'])
      symlinkSync(join(ROOT, name), join(folder, name));
  });
  return join(await translated, 'dist', 'cli', 'main.js');
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
    env: {
      ...process.env,
      DOUBLEBLIND_DATABASE_URL: await databaseIn(cwd),
      NO_COLOR: '1',
      // Node warns on stderr where both are set.
      FORCE_COLOR: undefined,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  onStart?.(child);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { end: code ?? signal!, ...said };
}
