// How a run that lacks something ends on the command line: what is said of it, and what goes on with it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { suiteOf } from '../journeys/world.js';
import { type LoggedRequest, startServer, type TestServer } from '../server/index.js';
import { run } from './here.js';

let folder = '';
let server: TestServer;
/** What meets a question to the candidate before it is answered. */
let met: (request: LoggedRequest) => { status: number; body: unknown } | null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-running-'));
  process.chdir(folder);
  server = await startServer({ rule: (request) => (request.body['model'] === 'tuned' ? met(request) : null) });
});
afterAll(async () => {
  await server.close();
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async ({ task }) => {
  const openai = { provider: 'openai', base_url: server.openai };
  const file = {
    name: task.name,
    purpose: 'baseline_comparison',
    suites: [suiteOf(5, 'in-domain')],
    baseline: { name: `base of ${task.id}`, model: 'base', ...openai },
    candidate: { name: 'tuned', model: 'tuned', ...openai },
    judges: [{ name: 'judge', provider: 'offline' }],
    canaries: false,
  };
  await writeFile('run.json', JSON.stringify(file));
});

const tooLong = { status: 413, body: {} };
const next = (stdout: string): string[] => /next +npx doubleblind (.*?)(?: +·.*)?\n/.exec(stdout)![1]!.split(' ');

it('says what stays due when no response came, and the command that asks for them again', async () => {
  met = () => tooLong;
  const { end, stdout } = await run('run', 'run.json');
  expect(end).toBe(1);
  expect(stdout).toContain('tuned: 0 responses of 5\n');
  expect(stdout).toContain('due        10 judgments stay due for want of 5 responses of tuned.\n');
  expect(stdout).not.toContain('win rate');
  expect(next(stdout)).toEqual(['resume', expect.any(String)]);
  met = () => null;
  const again = await run(...next(stdout));
  expect(again.end).toBe(0);
  expect(next(again.stdout)[0]).toBe('report');
  expect(again.stdout).not.toContain('due');
});

it('says the same beside a result, and what the calls do not count', async () => {
  met = ({ body }) => (JSON.stringify(body).includes('Question 3') ? tooLong : null);
  const { end, stdout } = await run('run', 'run.json');
  expect(end).toBe(1);
  expect(stdout).toContain('! 2 judgments stay due for want of 1 response of tuned.');
  expect(stdout.replace(/\s+/g, ' ')).toMatch(/17 calls \(judges: 0 .*\), without those for 1 response that failed/);
  expect(next(stdout)).toEqual(['resume', expect.any(String)]);
});

it('stopped before any judgment, says how many responses there are in place of an empty result', async () => {
  const before = process.listeners('SIGINT').length;
  met = () => {
    if (process.listeners('SIGINT').length > before) process.emit('SIGINT', 'SIGINT');
    met = () => null;
    return null;
  };
  const { end, stdout } = await run('run', 'run.json');
  expect(end).toBe(130);
  expect(stdout).toMatch(/tuned: [1-5] responses of 5\n/);
  expect(stdout).not.toContain('0 prompts');
  expect(next(stdout)).toEqual(['resume', expect.any(String)]);
});

it('stopped on the way, says beside the result what stays due; show knows no more of the price than the run does', async () => {
  const file = JSON.parse(await readFile('run.json', 'utf8')) as object;
  const judge = { name: 'judge', provider: 'openai', base_url: server.openai, model: 'tuned' };
  await writeFile('run.json', JSON.stringify({ ...file, judges: [judge], concurrency: 1 }));
  let judgments = 0;
  met = ({ body }) => {
    if (JSON.stringify(body).includes('<response_a') && ++judgments === 4) process.emit('SIGINT', 'SIGINT');
    return null;
  };
  const { end, stdout } = await run('run', 'run.json');
  expect(end).toBe(130);
  const due = 10 - judgments;
  expect(stdout).toContain(`! The run is stopped: ${due} judgments stay due.`);
  expect(stdout).toContain('spent       an unknown sum in ');
  const [, id] = next(stdout);
  expect((await run('show', id!)).stdout).toMatch(/spent an unknown sum in \d+ calls \(\d+ of unknown price\), /);
  expect((await run('resume', id!)).stdout).not.toContain('stay due');
});

it('a database that `.env` names is the one of every command; an empty variable names none', async () => {
  met = () => null;
  vi.stubEnv('DOUBLEBLIND_DATABASE_URL', undefined);
  try {
    await writeFile('.env', 'DOUBLEBLIND_DATABASE_URL=sqlite:named.db\n');
    const [, id] = next((await run('run', 'run.json')).stdout);
    vi.stubEnv('DOUBLEBLIND_DATABASE_URL', undefined);
    expect((await run('show', id!)).end).toBe(0);
    vi.stubEnv('DOUBLEBLIND_DATABASE_URL', '');
    expect((await run('migrate')).stdout).toContain('sqlite:doubleblind.db');
  } finally {
    vi.unstubAllEnvs();
    await rm('.env');
  }
});
