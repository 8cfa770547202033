// Where and with what was this run made? Recorded with every run by itself: git state, versions, command line, machine.
// Keys never get in: those of the environment are known by value, others by the flag before them or by their shape.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, hostname, platform, release } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { redactor } from './models/keys.js';

export interface GitState {
  /** Full hash; null in a repository without a commit. */
  commit: string | null;
  /** Null where no branch is checked out. */
  branch: string | null;
  /** Whether a tracked file differs from the commit. A new file that git does not know yet does not count. */
  dirty: boolean;
}

export interface Environment extends Record<string, unknown> {
  /** Null outside a repository and where git is not installed. */
  git: GitState | null;
  doubleblind: string;
  node: string;
  /** Dependency → the version that is installed. */
  packages: Record<string, string>;
  /** As it can be typed again, keys redacted. */
  command: string;
  cwd: string;
  host: string;
  platform: string;
}

/** What is recorded with a run about the place it is made in. Never rejects for want of git. */
export async function environment({
  cwd,
  argv,
  env,
}: {
  cwd: string;
  argv: readonly string[];
  env: NodeJS.ProcessEnv;
}): Promise<Environment> {
  const looking = gitState(cwd, env);
  const { own, packages } = versions();
  const git = await looking;
  return {
    git,
    doubleblind: own,
    node: process.versions.node,
    packages,
    command: commandLine(argv, env),
    cwd,
    host: hostname(),
    platform: `${platform()} ${release()} ${arch()}`,
  };
}

/** State of the git repository around `cwd`; null where there is none, or no git. */
export async function gitState(cwd: string, env: NodeJS.ProcessEnv): Promise<GitState | null> {
  try {
    if (!mayBeInRepository(cwd, env)) return null;
    const { stdout } = await promisify(execFile)(
      'git',
      ['status', '--porcelain=v2', '--branch', '--untracked-files=no'],
      {
        cwd,
        // Looking must not refresh the index under the hands of somebody who is committing.
        env: { ...env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
        timeout: 10_000,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    const lines = stdout.split('\n').filter((line) => line !== '');
    const header = (name: string): string | null => {
      const line = lines.find((one) => one.startsWith(`# branch.${name} `));
      const value = line?.slice(`# branch.${name} `.length);
      return value === undefined || value.startsWith('(') ? null : value;
    };
    return { commit: header('oid'), branch: header('head'), dirty: lines.some((line) => !line.startsWith('#')) };
  } catch {
    return null;
  }
}

/** False where git would find nothing: starting it takes longer than to look for what it looks for. */
function mayBeInRepository(cwd: string, env: NodeJS.ProcessEnv): boolean {
  if (env['GIT_DIR'] !== undefined) return true;
  for (let folder = realpathSync(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return true;
    if (folder === dirname(folder)) return false;
  }
}

/** A flag or variable whose value is a key; `--api-key-env` names a variable and is none. */
const SECRET_FLAG = /^-{0,2}(?:[\w-]*[-_])?(?:api-?key|key|token|secret|password|passwd|auth|authorization|bearer)$/i;
const SECRET_SHAPE =
  /\b(?:sk-|pk-|rk-|xai-|gsk_|hf_|gh[pousr]_|github_pat_|glpat-|xox[abps]-|AKIA|AIza|eyJ)[\w.~+/-]{12,}=*|(?<=\bBearer\s+)\S+/g;
const SECRET_QUERY = /([?&][\w-]*(?:key|token|secret|password)=)[^&#\s]+/gi;
const REDACTED = '[redacted]';

/** The command line behind `argv` (node and script first) as it can be typed again, keys replaced. */
export function commandLine(argv: readonly string[], env: NodeJS.ProcessEnv): string {
  const withoutKnown = redactor(env);
  const clean = argv.slice(2).map((argument, i, all) => {
    if (i > 0 && all[i - 1]!.startsWith('-') && SECRET_FLAG.test(all[i - 1]!) && !argument.startsWith('--'))
      return REDACTED;
    const [, name, value] = /^([\w-]+)=(.*)$/s.exec(argument) ?? [];
    if (name !== undefined && value !== '' && SECRET_FLAG.test(name)) return `${name}=${REDACTED}`;
    return withoutKnown(argument).replace(SECRET_SHAPE, REDACTED).replace(SECRET_QUERY, `$1${REDACTED}`);
  });
  return ['doubleblind', ...clean.map(quoted)].join(' ');
}

const quoted = (argument: string): string =>
  /^[\w@%+=:,./[\]-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

/** Our own version, and those of our dependencies as they are installed. Small files: waiting for each takes longer than reading it. */
function versions(): { own: string; packages: Record<string, string> } {
  const read = (path: string | URL): { version?: string; dependencies?: Record<string, string> } =>
    JSON.parse(readFileSync(path, 'utf8')) as { version?: string; dependencies?: Record<string, string> };
  const own = read(new URL('../package.json', import.meta.url));
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string | undefined => {
    // Packages may hide their package.json from import, so it is looked for where Node would look for the package.
    for (const folder of require.resolve.paths(name) ?? []) {
      try {
        const { version } = read(join(folder, name, 'package.json'));
        if (version !== undefined) return version;
      } catch {
        // Not there, or broken: a run does not end for want of a version.
      }
    }
    return undefined;
  };
  const packages: Record<string, string> = {};
  for (const name of Object.keys(own.dependencies ?? {}).sort()) {
    const version = versionOf(name);
    if (version !== undefined) packages[name] = version;
  }
  return { own: own.version ?? 'unknown', packages };
}
