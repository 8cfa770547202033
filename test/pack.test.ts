// The packed file, unpacked in an empty folder beside a link to node_modules, works as an installed tool.
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
let folder: string;
let main: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-pack-'));
  // The build that is packed is the one of these sources.
  await run(process.execPath, ['scripts/build.mjs'], { cwd: ROOT });
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  const [file] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  await run('tar', ['xzf', join(folder, file!), '-C', folder]);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'package', 'node_modules'));
  main = join(folder, 'package', 'dist', 'cli', 'main.js');
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const cli = async (cwd: string, ...args: string[]) =>
  run(process.execPath, [main, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ANTHROPIC_API_KEY: '', OPENAI_API_KEY: '' },
  });

describe('the packed file', () => {
  it('says its version and its commands', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect((await cli(folder, '--version')).stdout.trim()).toBe(version);
    const { stdout } = await cli(folder, '--help');
    for (const command of ['init', 'validate', 'run', 'resume', 'judge', 'demo', 'audit', 'serve'])
      expect(stdout).toContain(command);
  });

  it('runs init, validate and demo in an empty folder', async () => {
    const own = join(folder, 'own');
    await mkdir(own);
    await cli(own, 'init');
    expect(await readFile(join(own, '.gitignore'), 'utf8')).toContain('.env');
    // No server is running at the addresses of the example: only what can be checked without one.
    expect((await cli(own, 'validate', 'run.yaml', '--offline')).stdout).toContain('run.yaml is sound');
    await expect(cli(own, 'validate', 'run.yaml')).rejects.toMatchObject({ code: 2 });
    const { stdout } = await cli(own, 'demo', '--json');
    const document = JSON.parse(stdout) as { run: { status: string; exports: string } };
    expect(document.run.status).toBe('done');
    for (const file of [
      'judged.jsonl',
      'responses.jsonl',
      'prompts.csv',
      'run.json',
      'summary.json',
      'report.html',
      'manifest.json',
    ]) {
      await access(join(own, document.run.exports, file));
    }
  });
});
