// A service that carries out what is posted to it, against a real server that speaks the providers' protocol.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { expect, vi } from 'vitest';
import { type Engine, type EngineOptions, openEngine } from '../../src/http/engine.js';
import { openMetrics } from '../../src/http/metrics.js';
import { openModels } from '../../src/models/index.js';
import type { Run } from '../../src/records.js';
import { openStore, type Store } from '../../src/store/index.js';
import { type ServerOptions, startServer, type TestServer } from '../server/index.js';
import { freshDatabase } from '../stores.js';
import { service, type Service } from './seeded.js';

export interface Carried {
  server: TestServer;
  store: Store;
  engine: Engine;
  app: Service['app'];
  post(runFile: object, query?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** The run once it has that status and is no longer carried out. */
  ends(id: string, status?: Run['status']): Promise<Run>;
  close(): Promise<void>;
}

export async function openCarried(options: ServerOptions = {}, more: Partial<EngineOptions> = {}): Promise<Carried> {
  const server = await startServer({ quality: { base: 0.3, tuned: 0.7 }, ...options });
  const store = await openStore(await freshDatabase());
  const exports = mkdtempSync(join(tmpdir(), 'doubleblind-exports-'));
  const errors: unknown[] = [];
  const engine = openEngine({
    store,
    endpoints: [server.openai, server.anthropic].map((base_url) => ({ base_url, headers_env: {} })),
    exports,
    openModels: ({ prices, concurrency }) => openModels({ env: {}, prices, concurrency }),
    environment: () => Promise.resolve({ node: 'test' }),
    clock: () => Date.now(),
    onWarning: () => undefined,
    onError: (error) => errors.push(error),
    ...more,
  });
  const { app, close } = await service({ store, engine, metrics: openMetrics(() => engine.waiting()) });
  return {
    ...{ server, store, engine, app },
    post: (runFile, query = {}) => app.inject({ method: 'POST', url: '/api/runs', query, payload: runFile }),
    ends: (id, status = 'done') =>
      vi.waitFor(
        async () => {
          const run = (await store.run(id))!;
          expect(run.status).toBe(status);
          expect(engine.progress(id)).toBeNull();
          return run;
        },
        { timeout: 60_000, interval: 10 },
      ),
    close: async () => {
      await engine.stop();
      await close();
      await server.close();
      rmSync(exports, { recursive: true });
      expect(errors).toEqual([]);
    },
  };
}

/** A run file with `prompts` prompts, a baseline, a candidate and a judge of the server. */
export const postedFile = (address: string, prompts: number, more: object = {}) => ({
  name: 'posted',
  purpose: 'baseline_comparison',
  seed: 3,
  suites: [
    {
      name: 'mine',
      domain: 'in-domain',
      prompts: Array.from({ length: prompts }, (_, i) => ({ id: `p${i}`, prompt: `Tell me about number ${i}.` })),
    },
  ],
  baseline: { name: 'base', provider: 'openai', model: 'base', base_url: address },
  candidate: { name: 'tuned', provider: 'openai', model: 'tuned', base_url: address },
  judges: [{ name: 'judge', provider: 'openai', model: 'judge', base_url: address }],
  canaries: false,
  concurrency: 4,
  ...more,
});
