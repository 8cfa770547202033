// The service with the built page on a port of this machine, over a store in memory: what the browser tests talk to.
import { openEngine } from '../../src/http/engine.js';
import { openMetrics } from '../../src/http/metrics.js';
import { buildServer } from '../../src/http/server.js';
import { openStore, type Store } from '../../src/store/index.js';

export interface Service {
  origin: string;
  store: Store;
  close(): Promise<void>;
}

interface Options {
  /** Folder of the built page. */
  webRoot: string;
  /** The service asks for it; null: for none. */
  token?: string | null;
  port?: number;
}

/** A service that listens on a free port. */
export async function openService({ webRoot, token = null, port = 0 }: Options): Promise<Service> {
  const store = await openStore('sqlite::memory:');
  const unused = () => {
    throw new Error('not part of these tests');
  };
  const engine = openEngine({
    store,
    endpoints: [],
    exports: '.',
    openModels: unused,
    environment: () => Promise.resolve({}),
    clock: () => Date.now(),
    onWarning: unused,
    onError: unused,
  });
  const app = await buildServer({
    store,
    engine,
    metrics: openMetrics(() => engine.waiting()),
    version: '0.0.0',
    webRoot,
    host: '127.0.0.1',
    token,
    eventInterval: 50,
  });
  const origin = await app.listen({ host: '127.0.0.1', port });
  return {
    origin,
    store,
    async close() {
      await app.close();
      await store.close();
    },
  };
}
