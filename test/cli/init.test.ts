// What `init` writes is a run file that nothing but the user's own addresses and keys keeps from running.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './here.js';

const back = process.cwd();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-init-'));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});

it('is sound as it stands, and says what it would cost', async () => {
  expect((await run('init')).end).toBe(0);
  const validated = await run('validate', 'run.yaml', '--offline');
  expect(validated.stderr).toBe('');
  expect(validated.end).toBe(0);
  const { end, stdout } = await run('run', 'run.yaml', '--dry-run', '--json');
  expect(end).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ price_unknown: [], cost_usd: expect.any(Number) as number });
});

it('refers editors to the schema beside it, which is that of this version', async () => {
  const [, schema] = /\$schema=(\S+)\n/.exec(await readFile('run.yaml', 'utf8'))!;
  expect(await readFile(schema!, 'utf8')).toBe(await readFile(join(back, 'schemas', 'run.schema.json'), 'utf8'));
});

it('says where what is known of the cost alone is more than the budget', async () => {
  const text = await readFile('run.yaml', 'utf8');
  await writeFile('rented.yaml', text.replace(/usd_per_hour: 0/g, 'usd_per_hour: 2'));
  const told = async (...budget: string[]) => (await run('run', 'rented.yaml', '--dry-run', ...budget)).stdout;
  expect(await told('--budget-usd', '1')).toMatch(/budget: \$1\.00 is less than what is known of the cost alone/);
  expect(await told('--budget-usd', '900')).toContain('budget: how many prompts $900 pays for is unknown');
});

it('is refused by validate, as by run, where a budget stands beside an unknown price', async () => {
  const text = await readFile('run.yaml', 'utf8');
  await writeFile('unpriced.yaml', text.replace(/^ *usd_per_hour: 0.*\n/gm, ''));
  const { end, stderr } = await run('validate', 'unpriced.yaml', '--offline');
  expect(end).toBe(2);
  expect(stderr).toContain('the price of the baseline "base"');
});
