// Statistics from the command line: the formulas of a row have the numbers of the judges that make it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './here.js';

let folder = '';
const ids: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-stats-'));
  process.chdir(folder);
  const prompts = Array.from({ length: 6 }, (_, i) => ({ id: `p${i}`, prompt: `Question ${i}?`, reference: `${i}` }));
  const says = (texts: string[]) =>
    prompts.map(({ id }, i) => `${JSON.stringify({ prompt_id: id, response: texts[i % texts.length] })}\n`).join('');
  await writeFile('base.jsonl', says(['It is 0.', 'Question one is about this, since it follows.', 'No.']));
  await writeFile('tuned.jsonl', says(['It is 0, because the question says so at length.', 'Yes.', 'No.']));
  const recorded = (name: string) => ({ name, provider: 'recorded', file: `${name}.jsonl` });
  for (const jury of ['mean', 'majority']) {
    const file = {
      ...{ purpose: 'test', jury, baseline: recorded('base'), candidate: recorded('tuned') },
      suites: [{ name: 'in-domain', domain: 'in-domain', prompts }],
      judges: [
        { name: 'plain', provider: 'offline', model: 'plain' },
        { name: 'strict', provider: 'offline', model: 'strict' },
        { name: 'numbers', provider: 'reference', extract: 'number' },
      ],
    };
    await writeFile(`${jury}.json`, JSON.stringify(file));
    const { stdout } = await run('run', `${jury}.json`, '--again', '--json');
    ids[jury] = (JSON.parse(stdout) as { run: { id: string } }).run.id;
    await run('export', ids[jury], '-o', `${jury}.jsonl`);
  }
});
afterAll(async () => {
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ['mean', 'overall'],
  ['mean', 'judge=numbers'],
  ['mean', 'order=baseline-first'],
  ['mean', 'overall', '--judges', 'strict,numbers'],
  ['mean', 'overall', '--judges', 'strict'],
  ['mean', 'overall', '--exclude-order-dependent'],
  ['mean.jsonl', 'overall'],
  ['mean.jsonl', 'overall', '--judges', 'strict,numbers'],
  ['majority', 'overall'],
  ['majority', 'judge=strict'],
])('explains a row by the judges that make it: %s %s', async (of, group, ...more) => {
  const { stdout, stderr } = await run('stats', ids[of] ?? of, '--explain', group, ...more, '--json');
  expect(stderr).toBe('');
  const { lines } = JSON.parse(stdout) as { lines: string[] };
  const scores = [...lines.join('\n').matchAll(/([\d.]+) × (\d+)/g)].map(([, value, n]) => Number(value) * Number(n));
  const [, sum] = /win rate = .* = ([\d.]+) \//.exec(lines.join('\n'))!;
  expect(scores.reduce((a, b) => a + b)).toBeCloseTo(Number(sum), 2);
});
