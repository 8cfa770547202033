// What a run loads before the first judge is asked: each of these took as long as the asking.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { bundle } from '../../scripts/bundle.mjs';
import { cli } from '../cli.js';
import { suiteOf } from '../journeys/world.js';
import { startServer } from '../server/index.js';

/** Node's own `fetch`, which it loads when somebody names a part of it. */
const OWN_FETCH = 'NativeModule internal/deps/undici/undici';

it('a run that asks at an endpoint loads one undici: the pool it asks by, and not the one that is a part of Node', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-start-'));
  const server = await startServer();
  const openai = { provider: 'openai', base_url: server.openai };
  await writeFile(
    join(folder, 'run.json'),
    JSON.stringify({
      purpose: 'baseline_comparison',
      suites: [suiteOf(2, 'in-domain')],
      baseline: { name: 'base', model: 'base', ...openai },
      candidate: { name: 'tuned', model: 'tuned', ...openai },
      judges: [{ name: 'judge', model: 'judge', ...openai }],
    }),
  );
  const loadedAfter = async (before: string): Promise<string[]> => {
    const tell = `import { writeFileSync } from 'node:fs'; ${before}
      process.on('exit', () => writeFileSync('loaded.json', JSON.stringify(process.moduleLoadList)));`;
    await writeFile(join(folder, 'tell.mjs'), tell);
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(join(folder, 'tell.mjs')).href}` };
    const { end, stderr } = await cli(['run', 'run.json', '--again'], { cwd: folder, env });
    expect(end, stderr).toBe(0);
    return JSON.parse(await readFile(join(folder, 'loaded.json'), 'utf8')) as string[];
  };
  const loaded = await loadedAfter('');
  expect(loaded).toContain('NativeModule net');
  expect(loaded).not.toContain(OWN_FETCH);
  // The control: naming a part of it is enough.
  expect(await loadedAfter('new Headers();')).toContain(OWN_FETCH);
  expect(server.counts.answered).toBeGreaterThan(0);
  await server.close();
  await rm(folder, { recursive: true });
}, 60_000);

it('stands in few files, and the price list beside them as data', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-bundle-'));
  const files = await bundle(process.cwd(), folder);
  const list = JSON.parse(await readFile(join(folder, 'prices.json'), 'utf8')) as { id: string }[];
  await rm(folder, { recursive: true });
  expect(list.map(({ id }) => id)).toEqual(expect.arrayContaining(['openai', 'anthropic']));
  const holding = (module: string) => files.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(module)))!;
  expect(holding('genai-prices/dist/index.js').code.length).toBeLessThan(100_000);
  const seen = new Set<string>();
  const load = (name: string): void => {
    if (seen.has(name) || !files.some(({ fileName }) => fileName === name)) return;
    seen.add(name);
    files.find(({ fileName }) => fileName === name)!.imports.forEach(load);
  };
  load(holding('src/cli/running.ts').fileName);
  expect(seen.size).toBeLessThan(12);
}, 60_000);
