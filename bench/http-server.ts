// The process that bench/http.ts asks: the service over a seeded run or a database, or a bare fastify that sends the same
// object as the service's win rates. Says where it listens, then answers `cpu` with the microseconds used since `start`.
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { openMetrics } from '../src/http/metrics.js';
import { buildServer } from '../src/http/server.js';
import { openStore } from '../src/store/index.js';
import { idleEngine, seedRun } from '../test/http/seeded.js';

const [kind, database = 'sqlite::memory:'] = process.argv.slice(2);
const store = await openStore(database);
const run = (await store.runs()).items[0] ?? (await seedRun(store, { prompts: [120, 80, 100] }));
const service = await buildServer({
  store,
  engine: idleEngine(store),
  metrics: openMetrics(() => 0),
  host: '127.0.0.1',
  token: null,
  version: '0',
  webRoot: null,
});
const path = `/api/runs/${encodeURIComponent(run.id)}/win-rates`;
const answer = await service.inject(path);
let served = service as unknown as FastifyInstance;
if (kind === 'bare') {
  const summary = answer.json<object>();
  served = Fastify();
  served.get(path, () => summary);
}
await served.listen({ port: 0, host: '127.0.0.1' });

let before = process.cpuUsage();
process.on('message', (asked) => {
  if (asked === 'start') before = process.cpuUsage();
  const { user, system } = process.cpuUsage(before);
  process.send!(user + system);
});
process.on('disconnect', () => process.exit(0));
process.send!({ port: (served.server.address() as AddressInfo).port, run: run.id, path, bytes: answer.body.length });
