// What holds of every command, on a database with runs of offline judges that have the names of models.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { Command } from 'commander';
import { say, tell } from '../../src/cli/action.js';
import { program } from '../../src/cli/program.js';
import { breadth } from '../../src/cli/terminal.js';
import { DoubleblindError } from '../../src/errors.js';
import { openStore } from '../../src/store/index.js';
import { databaseIn } from '../stores.js';
import { run } from './here.js';

const back = process.cwd();
let folder = '';
const ids: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-everywhere-'));
  const demo = parse(await readFile(join(back, 'demo.yaml'), 'utf8')) as Record<string, { file?: string }>;
  process.chdir(folder);
  vi.stubEnv('DOUBLEBLIND_DATABASE_URL', await databaseIn(folder));
  const made = {
    ...demo,
    baseline: { ...demo['baseline'], name: 'qwen2.5-0.5b-instruct', file: join(back, demo['baseline']!.file!) },
    candidate: {
      ...demo['candidate'],
      name: 'brie-v2-0.5b-checkpoint-290',
      file: join(back, demo['candidate']!.file!),
    },
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

describe('with --json a command whose result is a file', () => {
  const document = async (line: string, ...more: string[]) => {
    const { end, stdout } = await told(line, '--json', ...more);
    return { end, document: JSON.parse(stdout) as unknown };
  };
  beforeAll(async () => {
    const turn = (role: string, content: string) => ({ role, content });
    const messages = [turn('user', 'What is a tide?'), turn('assistant', 'The sea, rising.')];
    await writeFile('chat.jsonl', `${JSON.stringify({ messages })}\n`);
    await told('review create RUN --n 9 --reviewers ana');
  });

  it('prints one document in its place', async () => {
    const prompt = { prompt: expect.any(String) as string };
    const page = (items: object[]) => ({ items: expect.arrayContaining(items) as unknown[], next_cursor: null });
    const item = expect.objectContaining(prompt) as object;
    expect(await document('suites export demo-in-domain')).toEqual({ end: 0, document: page([item]) });
    expect(await document('review export RUN --reviewer ana')).toEqual({ end: 0, document: page([item]) });
    expect(await document('suites from-chat chat.jsonl')).toMatchObject({
      document: { name: 'in-domain', prompts: [{ prompt: 'What is a tide?' }] },
    });
    expect(await document('export RUN --format json -o -')).toMatchObject({ document: { id: ids[0] } });
  });

  it('names the file that it writes, with what stands in it', async () => {
    expect((await document('suites export demo-in-domain -o out')).document).toEqual({ file: 'out', prompts: 12 });
    expect((await document('suites from-chat chat.jsonl -o out')).document).toEqual({ file: 'out', prompts: 1 });
    expect((await document('review export RUN --reviewer ana -o out')).document).toMatchObject({
      file: 'out',
      items: 9,
    });
    expect((await document('export RUN -o out')).document).toMatchObject({ file: 'out', judgments: 164 });
    expect((await document('report RUN -o out')).document).toMatchObject({ file: 'out' });
  });

  it.each(['export RUN -o -', 'export RUN --format csv', 'report RUN -o -', 'report RUN --md -o -'])(
    'is refused where both would stand on stdout: %s',
    async (line) => {
      expect(await document(line)).toMatchObject({ end: 2, document: { error: { code: 'USAGE' } } });
      expect((await told(line)).end).toBe(0);
    },
  );
});

const WALKED = [
  ...['init made', 'validate run.json', 'run run.json', 'run run.json --dry-run', 'resume RUN', 'demo'],
  ...['list', 'list --detail', 'show RUN', 'compare RUN OTHER', 'significance RUN OTHER', 'leaderboard'],
  ...['leaderboard --all', 'reproduce RUN --files-only', 'prune --older-than 0h --dry-run', 'ledger stats'],
  ...['export RUN -o JUDGED', 'import JUDGED', 'stats RUN', 'stats JUDGED', 'stats RUN --by category*judge'],
  ...['stats RUN --explain overall', 'audit RUN', 'audit JUDGED', 'gate RUN --better in-domain', 'power --prompts 200'],
  ...['power --win-rate 0.6 --judges 3', 'review create RUN --n 9 --reviewers ana', 'review status RUN'],
  ...['calibrate RUN', 'migrate', 'cache list', 'suites list', 'suites check out-of-domain', 'checkpoints inspect .'],
];
/** Those that print a file, nothing, or what needs more than a database. */
const APART = [
  ...['generate', 'judge', 'report', 'certify', 'serve', 'worker', 'copy', 'delete', 'ledger import', 'cache prune'],
  ...['cache clear', 'review export', 'review import', 'suites export', 'suites from-chat'],
];

describe('compare', () => {
  const bySuites = async (...suites: [name: string, domain: string][]) => {
    const prompts = [1, 2, 3].map((n) => ({ id: `p${n}`, prompt: `What is ${n}?` }));
    await writeFile(
      'named.jsonl',
      prompts.map(({ prompt }) => `${JSON.stringify({ prompt, response: 'So.' })}\n`).join(''),
    );
    const file = {
      ...{ purpose: 'ablation_study', judges: [{ name: 'rules', provider: 'offline' }], canaries: false },
      suites: suites.map(([name, domain], i) => ({ name, domain, prompts: prompts.slice(2 * i, 2 * i + 2) })),
      baseline: { name: 'a', provider: 'recorded', file: 'named.jsonl' },
      candidate: { name: 'b', provider: 'recorded', file: 'named.jsonl' },
    };
    await writeFile('named.json', JSON.stringify(file));
    const made: string[] = [];
    for (const again of [[], ['--again']]) {
      const { stdout } = await run('run', 'named.json', '--json', ...again);
      made.push((JSON.parse(stdout) as { run: { id: string } }).run.id);
    }
    const { stdout } = await run('compare', ...made);
    return [
      ...stdout
        .split('win rates')[1]!
        .split('against')[0]!
        .matchAll(/^ {2}(\S+(?: \S+)?) {2,}.*of \d/gm),
    ].map(([, name]) => name);
  };

  it('has a suite that is named as its domain once, and says of one that differs that it is a suite', async () => {
    expect(await bySuites(['in-domain', 'in-domain'])).toEqual(['overall', 'in-domain']);
    expect(await bySuites(['in-domain', 'in-domain'], ['more', 'in-domain'])).toEqual([
      ...['overall', 'in-domain', 'suite in-domain', 'more'],
    ]);
  });
});

describe('list --detail', () => {
  const listed = async (file: string) => {
    const line = (await run('list', '--detail', '--search', file)).stdout
      .split('\n')
      .find((one) => one.includes(file))!;
    return line.replace(/ +/g, ' ');
  };

  it('has counts in place of percentages below ten prompts, as the plot has', async () => {
    await writeFile('few.json', (await readFile('run.json', 'utf8')).replace('brie-v2-0.5b-checkpoint-290', 'few'));
    const shown = await run('run', 'few.json', '--limit', '3');
    const [, counts] = /in-domain .* (\d+ of \d+) /.exec(shown.stdout)!;
    expect(await listed('few')).toContain(`done in-domain ${counts} (`);
    expect(await listed('few')).not.toContain('%');
    expect(await listed('brie-v2-0.5b-checkpoint-290')).toMatch(/in-domain \d+ % \(\d+–\d+\)/);
  });

  it('says of a run with responses only that nothing is judged', async () => {
    await writeFile('asked.json', (await readFile('run.json', 'utf8')).replace('brie-v2-0.5b-checkpoint-290', 'asked'));
    await run('generate', 'asked.json', '--limit', '2');
    expect(await listed('asked')).toMatch(/ stopped 12 responses, nothing judged/);
  });
});

describe('a run whose process was killed', () => {
  it('is interrupted and says what goes on with it, one that is carried out is running', async () => {
    const store = await openStore(process.env['DOUBLEBLIND_DATABASE_URL']!);
    const id = (await told('list --json').then(({ stdout }) => JSON.parse(stdout) as { items: { id: string }[] }))
      .items[0]!.id;
    const before = (await store.run(id))!.status;
    const shown = async () => (await run('show', id)).stdout + (await run('list', '--detail')).stdout;
    try {
      await store.updateRun(id, { status: 'running' });
      const held = store.hold(id, 'elsewhere:1:2:3', new Date().toISOString(), () => false);
      expect(await held).toBeNull();
      expect(await shown()).not.toContain('interrupted');
      await store.release(id, 'elsewhere:1:2:3');
      const texts = await shown();
      expect(texts).toContain(`${id}  interrupted`);
      expect(texts.split(`interrupted, go on with: npx doubleblind resume ${id}`)).toHaveLength(3);
      expect(JSON.parse((await run('show', id, '--json')).stdout)).toMatchObject({ status: 'running' });
    } finally {
      await store.updateRun(id, { status: before });
      await store.close();
    }
  });
});

/** Every command by its whole name. */
const leaves = (command: Command, above = ''): [string, Command][] =>
  command.commands.flatMap((child) => {
    const name = `${above}${child.name()}`;
    return child.commands.length === 0 ? [[name, child] as [string, Command]] : leaves(child, `${name} `);
  });

describe('options that scripts pass everywhere', () => {
  it.each(leaves(program()))('are taken by %s', (_, command) => {
    const flags = command.options.map(({ long }) => long);
    expect(flags).toEqual(expect.arrayContaining(['--json', '--verbose', '--database']));
  });

  it('--database changes nothing where no database is opened', async () => {
    const elsewhere = ['--database', 'sqlite:never.db'];
    for (const line of ['power --prompts 200', 'suites list', 'suites check out-of-domain', 'validate run.json']) {
      const { end, stdout } = await told(line);
      const named = await told(line, ...elsewhere);
      // But for the command that is to be typed next.
      const same = named.stdout.replace(` ${elsewhere.join(' ')}\n`, '\n');
      expect({ ...named, stdout: same }).toEqual({ end, stdout, stderr: '' });
    }
    expect(existsSync('never.db')).toBe(false);
  });
});

describe('what a command prints on a terminal', () => {
  const terminal = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };
  const stand = (of: object) => Object.assign(process.stdout, of);
  afterEach(() => stand(terminal));

  it('is looked at for every command', () => {
    const seen = (name: string) => APART.includes(name) || WALKED.some((line) => `${line} `.startsWith(`${name} `));
    expect(
      leaves(program())
        .map(([name]) => name)
        .filter((name) => !seen(name)),
    ).toEqual([]);
  });

  it.each(WALKED)('fits 80 columns: %s', async (line) => {
    stand({ isTTY: true, columns: 80 });
    const { stdout } = await told(line);
    expect(stdout).not.toBe('');
    expect(stdout.split('\n').filter((one) => breadth(one) > 80)).toEqual([]);
  });

  it.each([
    ...['compare RUN OTHER', 'leaderboard', 'audit RUN', 'calibrate RUN', 'review create RUN --n 9 --reviewers ana'],
    'power --prompts 200',
  ])('fits 80 columns on a pipe too, but for rows: %s', async (line) => {
    stand({ isTTY: false, columns: undefined });
    const { stdout } = await told(line);
    const isRow = (one: string) => /\S {2,}\S/.test(one);
    expect(stdout.split('\n').filter((one) => breadth(one) > 80 && !isRow(one))).toEqual([]);
  });

  it('is a row in one line on a pipe', async () => {
    stand({ isTTY: false, columns: undefined });
    expect((await told('list --detail')).stdout).toMatch(/in-domain .* out-of-domain .* multi-domain .*%/);
  });

  it('fits 80 columns beside it too, where an error and what a pipe takes stay one line', () => {
    const { isTTY, columns } = process.stderr;
    const said: string[] = [];
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const long = `warning: ${'of many words '.repeat(9)}`.trim();
    try {
      Object.assign(process.stderr, { isTTY: true, columns: 80 });
      say(long);
      tell(new DoubleblindError('USAGE', long), {});
      Object.assign(process.stderr, { isTTY: false });
      say(long);
    } finally {
      Object.assign(process.stderr, { isTTY, columns });
      spy.mockRestore();
    }
    const [narrow, error, piped] = said.map((text) => text.trimEnd().split('\n'));
    expect(narrow!.length).toBeGreaterThan(1);
    expect(narrow!.map((one) => one.trim()).join(' ')).toBe(long);
    expect(Math.max(...narrow!.map(breadth))).toBeLessThanOrEqual(80);
    expect(error).toHaveLength(1);
    expect(piped).toEqual([long]);
  });

  it.each(['list --detail', 'leaderboard', 'audit RUN', 'power --prompts 200', 'suites list'])(
    'takes more where there is more: %s',
    async (line) => {
      stand({ isTTY: true, columns: 300 });
      expect(Math.max(...(await told(line)).stdout.split('\n').map(breadth))).toBeGreaterThan(80);
    },
  );
});
