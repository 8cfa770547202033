// A world for journeys: a temporary folder, a real SQLite file, the local server as checkpoints and judges.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type RunConfig, readRunFile } from '../../src/config.js';
import type { RunFile } from '../../src/run-file.js';
import { launch, type Launched, type LaunchOptions, resume } from '../../src/launch.js';
import { openModels } from '../../src/models/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import type { Progress, World } from '../../src/run-world.js';
import { type ServerOptions, startServer, type TestServer } from '../server/index.js';
import { databaseIn } from '../stores.js';

export interface Journey {
  folder: string;
  server: TestServer;
  store: Store;
  /** Writes a run file with two live checkpoints and the given judges; its path. */
  runFile(changes?: Partial<Record<keyof RunFile, unknown>>): Promise<string>;
  run(file: string, options?: Partial<LaunchOptions>, world?: Partial<World>): Promise<Launched>;
  resume(id: string, options?: Partial<LaunchOptions>, world?: Partial<World>): Promise<Launched>;
  warnings: { code: string; message: string }[];
  close(): Promise<void>;
}

/** A suite of `n` prompts. */
export function suiteOf(n: number, domain = 'in-domain'): unknown {
  return {
    name: domain,
    domain,
    prompts: Array.from({ length: n }, (_, i) => ({
      id: `p${i}`,
      category: i % 2 === 0 ? 'even' : 'odd',
      prompt: `Question ${i} of ${domain}: what follows?`,
    })),
  };
}

export async function openJourney(options: ServerOptions = {}): Promise<Journey> {
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-'));
  const server = await startServer(options);
  const store = await openStore(await databaseIn(folder));
  const warnings: Journey['warnings'] = [];
  const told: Progress[] = [];
  const world = (
    { prices, concurrency }: Pick<RunConfig, 'prices' | 'concurrency'>,
    changes: Partial<World> = {},
  ): World => ({
    store,
    models: changes.models ?? openModels({ env: {}, concurrency, prices }),
    clock: () => Date.now(),
    signal: new AbortController().signal,
    onWarning: (warning) => warnings.push(warning),
    ...changes,
    onProgress: (progress) => {
      // In every journey: nothing is counted twice or taken back twice.
      const { done, due, failed, responses, responses_due } = progress;
      if (failed < 0 || failed > done || done > due || responses > responses_due) told.push(progress);
      changes.onProgress?.(progress);
    },
  });
  const base: LaunchOptions = { exports: join(folder, 'exports'), environment: {} };
  return {
    folder,
    server,
    store,
    warnings,
    async runFile(changes = {}) {
      const file = join(folder, 'run.json');
      const openai = { provider: 'openai', base_url: server.openai };
      const given = {
        name: 'journey',
        purpose: 'baseline_comparison',
        seed: 7,
        suites: [suiteOf(12)],
        baseline: { name: 'base', model: 'base-model', ...openai },
        candidate: { name: 'tuned', model: 'tuned-model', ...openai },
        judges: [{ name: 'judge', model: 'judge-model', ...openai }],
        canaries: false,
        concurrency: 16,
        ...changes,
      };
      await writeFile(file, JSON.stringify(given));
      return file;
    },
    async run(file, options = {}, changes = {}) {
      const [config] = await readRunFile(file);
      const own = world(config!, changes);
      try {
        return await launch(config!, own, { ...base, ...options });
      } finally {
        await own.models.close();
      }
    },
    async resume(id, options = {}, changes = {}) {
      const own = world((await store.run(id))!.config as unknown as RunConfig, changes);
      try {
        return await resume(id, own, { ...base, ...options });
      } finally {
        await own.models.close();
      }
    },
    async close() {
      expect(told, 'counts that cannot be').toEqual([]);
      await store.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
