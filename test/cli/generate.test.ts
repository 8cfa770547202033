// Responses of one checkpoint at a time, from the command line.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { suiteOf } from '../journeys/world.js';
import { startServer, type TestServer } from '../server/index.js';
import { run } from './here.js';

let folder = '';
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-generate-'));
  process.chdir(folder);
  server = await startServer({});
  const openai = { provider: 'openai', base_url: server.openai };
  const file = {
    purpose: 'baseline_comparison',
    suites: [suiteOf(5)],
    baseline: { name: 'base', model: 'base', ...openai },
    candidate: { name: 'tuned', model: 'tuned', ...openai },
    judges: [{ name: 'judge', provider: 'offline' }],
    sampling: { repeats: 2 },
    canaries: false,
  };
  await writeFile(join(folder, 'run.json'), JSON.stringify(file));
});
afterAll(async () => {
  await server.close();
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});

const asked = (model: string): number => server.requests.filter(({ body }) => body['model'] === model).length;

it('asks the one checkpoint, says how many responses there are, and leaves the rest to run', async () => {
  const { end, stdout } = await run('generate', 'run.json', '--role', 'baseline');
  expect(end).toBe(0);
  expect([asked('base'), asked('tuned')]).toEqual([10, 0]);
  expect(stdout).toContain('base: 10 responses of 10');
  expect(stdout).toContain('tuned: 0 responses of 10');
  expect(stdout).not.toContain('win rate');
  expect(stdout).toContain('next       npx doubleblind generate run.json --role candidate\n');
});

it('says the command that judges once all responses are there', async () => {
  const { stdout } = await run('generate', 'run.json', '--role', 'candidate');
  expect(stdout).toContain('tuned: 10 responses of 10');
  expect(stdout).toContain('next       npx doubleblind run run.json\n');
});

it('is a document without estimates, and leaves a run that was done done', async () => {
  const { run: first } = JSON.parse((await run('run', 'run.json', '--json')).stdout) as { run: object };
  expect(first).toMatchObject({ status: 'done' });
  expect([asked('base'), asked('tuned')]).toEqual([10, 10]);
  const { end, stdout } = await run('generate', 'run.json', '--json');
  expect(end).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    estimates: [],
    run: { ...first, status: 'done', ended_at: expect.any(String) },
  });
  expect([asked('base'), asked('tuned')]).toEqual([10, 10]);
});

it('faulty responses that were asked for stop a strict run on the way, with their number in place of a result', async () => {
  const text = { choices: [{ message: { role: 'assistant', content: '' }, finish_reason: 'stop' }] };
  const silent = await startServer({
    rule: ({ body }) => (body['model'] === 'tuned' ? { status: 200, body: text } : null),
  });
  const given = JSON.parse(await readFile('run.json', 'utf8')) as { candidate: object };
  const candidate = { ...given.candidate, base_url: silent.openai };
  await writeFile('silent.json', JSON.stringify({ ...given, candidate, suites: [suiteOf(30)] }));
  const { end, stdout, stderr } = await run('run', 'silent.json', '--strict-responses');
  const goesOn = /next +npx doubleblind (.*)/.exec(stdout)![1]!.split(' ');
  const resumed = await run(...goesOn);
  const generated = await run('generate', 'silent.json', '--strict-responses');
  await silent.close();
  expect(goesOn).toEqual(['resume', expect.any(String), '--strict-responses']);
  expect([resumed.end, resumed.stdout]).toEqual([3, stdout]);
  expect(generated.end).toBe(3);
  expect(generated.stdout).toMatch(/next +npx doubleblind \w+ silent\.json --strict-responses/);
  expect(end).toBe(3);
  expect(stderr).toMatch(/error: .*candidate responses are empty\./);
  expect(stdout).toMatch(/tuned: \d+ responses of 60/);
  expect(stdout).not.toContain('win rate');
});

it('says commands that can be typed as they stand: quoted, on the database and with the limit that were named', async () => {
  await writeFile('my run.json', await readFile('run.json', 'utf8'));
  const named = ['--limit', '1', '--database', 'sqlite:named.db', '--exports', 'my files'];
  const told = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(...args, ...named);
    return /next +npx ([^]*)$/.exec(stdout)![1]!.trim().replace(/\s+/g, ' ');
  };
  const [flags, database] = ["--limit 1 --exports 'my files'", '--database sqlite:named.db'];
  expect(await told('generate', 'my run.json', '--role', 'baseline')).toBe(
    `doubleblind generate 'my run.json' ${flags} --role candidate ${database}`,
  );
  expect(await told('generate', 'my run.json', '--role', 'candidate')).toBe(
    `doubleblind run 'my run.json' ${flags} ${database}`,
  );
  expect((await told('run', 'my run.json')).replace(/\d{8}_\S+/g, 'ID')).toMatch(
    /^doubleblind report ID --database sqlite:named\.db (· )?… serve --database sqlite:named\.db (· )?… audit ID --database sqlite:named\.db$/,
  );
  const validated = await run('validate', 'my run.json', '--offline');
  expect(validated.stdout).toContain("next  npx doubleblind run 'my run.json' --dry-run\n");
});
