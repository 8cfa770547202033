import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './here.js';

const back = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'doubleblind-suites-'));
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(back);
  rmSync(folder, { recursive: true, force: true });
});

const LONG =
  'Explain to a careful reader in plain words why the tides rise and fall twice in a day and not only once, please';
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const suite = (name: string, prompts: Record<string, string>): string =>
  file(
    `${name}.json`,
    JSON.stringify({
      name,
      domain: 'in-domain',
      prompts: Object.entries(prompts).map(([id, prompt]) => ({ id, prompt })),
    }),
  );
const rows = (name: string, all: object[]): string => file(name, all.map((row) => `${JSON.stringify(row)}\n`).join(''));

describe('suites check', () => {
  it('finds nothing in suites that share nothing, and says so', async () => {
    const names = [suite('a', { p1: 'What is a tide?' }), suite('b', { q1: 'How do bees dance?' })];
    const training = rows('sft.jsonl', [{ prompt: 'Name three rivers.', completion: 'Elbe, Oder, Rhine.' }]);
    const { end, stdout } = await run('suites', 'check', ...names, '--against', training);
    expect(end).toBe(0);
    expect(stdout).toContain('nothing found');
  });

  it('names duplicates inside and across suites, and leaves with 1', async () => {
    const names = [suite('a', { p1: LONG, p2: `${LONG}  ` }), suite('b', { q1: LONG.replace('careful', 'patient') })];
    const { end, stdout } = await run('suites', 'check', ...names);
    expect(end).toBe(1);
    expect(stdout).toMatch(/duplicate: a\/p1 and a\/p2/);
    expect(stdout).toMatch(/near-duplicate: a\/p1 and b\/q1 \(\d+ % of word pairs shared\)/);
  });

  it('names a suite that leaked into training, with the rows', async () => {
    const names = [suite('a', { p1: LONG, p2: 'How do bees dance?' })];
    const training = rows('sft.jsonl', [
      { prompt: 'Name three rivers.', completion: 'Elbe, Oder, Rhine.' },
      { messages: [{ role: 'user', content: LONG.toUpperCase() }] },
      { text: `A forum wrote: ${LONG} and went on for a while about the moon.` },
    ]);
    const told = await run('suites', 'check', ...names, '--against', training);
    expect(told.end).toBe(1);
    expect(told.stdout).toMatch(/! a\/p1 stands in training: 2 rows \(2, 3\)/);
    expect(told.stdout).not.toContain('a/p2 stands');
    const { end, stdout } = await run('suites', 'check', ...names, '--against', training, '--json');
    expect(end).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      suites: [{ name: 'a', prompts: 2 }],
      pairs: [],
      training: [{ n_rows: 3, leaks: [{ suite: 'a', prompt_id: 'p1', rows: [2, 3] }] }],
    });
  });

  it.each([
    ['a name that is no suite', ['nothing-of-the-kind'], /no bundled suite is named "nothing-of-the-kind"/],
    ['a file that is not there', ['missing.yaml'], /missing\.yaml/],
    ['training data that is not there', ['out-of-domain', '--against', 'missing.jsonl'], /missing\.jsonl/],
    ['training data that is no JSON', ['out-of-domain', '--against', 'broken.jsonl'], /broken\.jsonl:1/],
    ['no suite at all', [], /missing required argument/],
  ])('refuses %s in one line with 2', async (_, args, words) => {
    file('broken.jsonl', '{"prompt": \n');
    const { end, stdout, stderr } = await run('suites', 'check', ...args);
    expect([end, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('suites from-chat', () => {
  it('writes where it is told, in a folder that is not there yet too', async () => {
    const chat = rows('chat.jsonl', [{ prompt: 'Name three rivers.', completion: 'Elbe, Oder, Rhine.' }]);
    expect(await run('suites', 'from-chat', chat, '-o', 'new/suites/own.yaml')).toMatchObject({ end: 0, stderr: '' });
    expect((await run('suites', 'check', 'new/suites/own.yaml')).stdout).toContain('in-domain: 1 prompts');
  });
});

describe('a suite that stands in the run file', () => {
  it('is refused with the rule, the place and what to do', async () => {
    const openai = { provider: 'openai', model: 'm', base_url: 'http://127.0.0.1:1/v1' };
    const given = {
      purpose: 'ablation_study',
      suites: [{ name: 's', domain: 'in-domain', prompts: [{ id: 'p', promt: 'What?' }] }],
      baseline: { name: 'a', ...openai },
      candidate: { name: 'b', ...openai },
      judges: [{ provider: 'offline', model: 'plain' }],
    };
    const { end, stderr } = await run('validate', file('run.json', JSON.stringify(given)));
    expect(end).toBe(2);
    expect(stderr).toMatch(/promt.*Did you mean "prompt"/);
    given.suites[0]!.prompts = [
      { id: 'p', prompt: 'What?' },
      { id: 'p', prompt: 'Why?' },
    ] as never;
    const twice = await run('validate', file('run.json', JSON.stringify(given)), '--json');
    const { error } = JSON.parse(twice.stdout) as { error: { code: string; hint?: string } };
    expect(error.code).toBe('SUITE_DUPLICATE_ID');
    expect(error.hint).toBeTruthy();
  });
});
