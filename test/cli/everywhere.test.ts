// What holds of every command, on a database with runs of offline judges that have the names of models.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { databaseIn } from '../stores.js';
import { run } from './here.js';

const back = process.cwd();
let folder = '';
const ids: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-everywhere-'));
  const demo = parse(await readFile(join(back, 'demo.yaml'), 'utf8')) as Record<string, { file?: string }>;
  process.chdir(folder);
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('DOUBLEBLIND_DATABASE_URL', await databaseIn(folder));
  const made = {
    ...demo,
    baseline: { ...demo['baseline'], file: join(back, demo['baseline']!.file!) },
    candidate: { ...demo['candidate'], file: join(back, demo['candidate']!.file!) },
    judges: ['gpt', 'opus'].map((name, i) => ({ name, provider: 'offline', model: ['plain', 'strict'][i] })),
  };
  await writeFile('run.json', JSON.stringify(made));
  for (const again of [[], ['--again']]) {
    const { stdout, stderr } = await run('run', 'run.json', '--json', ...again);
    expect(stderr).toBe('');
    ids.push((JSON.parse(stdout) as { run: { id: string } }).run.id);
  }
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  process.chdir(back);
  await rm(folder, { recursive: true, force: true });
});

/** A command with `RUN` and `OTHER` as runs, and `JUDGED` as a file of the first. */
const told = (line: string, ...more: string[]) =>
  run(
    ...line.replaceAll('RUN', ids[0]!).replaceAll('OTHER', ids[1]!).replaceAll('JUDGED', 'judged.jsonl').split(' '),
    ...more,
  );

describe('results of an offline judge', () => {
  beforeAll(() => told('export RUN -o JUDGED'));

  it.each([
    ...['list --detail', 'show RUN', 'compare RUN OTHER', 'significance RUN OTHER', 'leaderboard', 'calibrate RUN'],
    ...['stats RUN', 'stats JUDGED', 'audit RUN', 'audit JUDGED', 'audit RUN --md', 'report RUN --md'],
  ])('are said to be: %s', async (line) => {
    expect((await told(line)).stdout.replace(/\s+/g, ' ')).toContain(
      'gpt, opus: rules that read nothing but the texts',
    );
  });

  it.each([
    ...['list', 'compare RUN OTHER', 'significance RUN OTHER', 'leaderboard', 'calibrate RUN', 'stats RUN'],
    ...['stats JUDGED', 'audit RUN', 'audit JUDGED'],
  ])('are said to be in the document too: %s', async (line) => {
    const { warnings } = JSON.parse((await told(line, '--json')).stdout) as { warnings: object[] };
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'OFFLINE_JUDGE', judges: ['gpt', 'opus'] }));
  });
});
