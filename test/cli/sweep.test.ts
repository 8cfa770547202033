// A sweep from the command line: folders of checkpoints that one server answers for.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { suiteOf } from '../journeys/world.js';
import { startServer, type TestServer } from '../server/index.js';
import { run } from './here.js';

let folder = '';
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-sweep-'));
  process.chdir(folder);
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  server = await startServer({ models: ['base', 'judge', 'brie-100', 'brie-290'].map((id) => ({ id })) });
  for (const step of [100, 200, 290]) {
    await mkdir(join(folder, 'runs', `checkpoint-${step}`), { recursive: true });
    await writeFile(join(folder, 'runs', `checkpoint-${step}`, 'adapter_model.bin'), `weights ${step}`);
  }
  const openai = { provider: 'openai', base_url: server.openai };
  const file = {
    name: 'brie',
    purpose: 'hyperparameter_tuning',
    suites: [suiteOf(5)],
    baseline: { name: 'base', model: 'base', ...openai },
    candidates: { folders: 'runs/checkpoint-*', model: 'brie-{{step}}', ...openai },
    judges: [{ name: 'judge', model: 'judge', ...openai }],
    canaries: false,
  };
  await writeFile(join(folder, 'run.json'), JSON.stringify(file));
});
afterAll(async () => {
  await server.close();
  vi.unstubAllEnvs();
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});

describe('a sweep over folders', () => {
  it('lists the folder that no one answers for, asks the baseline once, and ends with the curve', async () => {
    const { end, stdout, stderr } = await run('run', 'run.json', '--json');
    expect(end, stderr).toBe(0);
    expect(stderr).toContain('checkpoint-200 is left out');
    const { items, curve } = JSON.parse(stdout) as {
      items: { run: { id: string; status: string } }[];
      curve: { steps: { step: number }[]; sweep: string };
    };
    expect(items.map((one) => one.run.status)).toEqual(['done', 'done']);
    expect(curve.steps.map(({ step }) => step)).toEqual([100, 290]);
    expect(server.requests.filter(({ body }) => body['model'] === 'base')).toHaveLength(5);
    expect((await run('show', items[0]!.run.id)).stdout).toContain('the line holds for all steps at once');
    const { items: listed } = JSON.parse((await run('list', '--sweep', curve.sweep, '--json')).stdout) as { items: [] };
    expect(listed).toHaveLength(2);
  });

  it('done again is a sweep of its own, whose baseline answers anew', async () => {
    const { stdout } = await run('run', 'run.json', '--again', '--json');
    const { curve } = JSON.parse(stdout) as { curve: { sweep: string; steps: unknown[] } };
    expect(curve.steps).toHaveLength(2);
    expect(server.requests.filter(({ body }) => body['model'] === 'base')).toHaveLength(10);
  });
});
