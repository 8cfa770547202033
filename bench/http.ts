// How fast the service answers. `tsx bench/http.ts [database]`; without a database, one seeded run of 300 prompts.
// The win rates of a finished run are set against a bare fastify that sends the same object: requests per second of CPU,
// which other work on the machine does not blur, each in a process of its own. Lists are timed at a client.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Pool } from 'undici';
import type { Row } from './stats.js';

interface Served {
  child: ChildProcess;
  pool: Pool;
  run: string;
  path: string;
  bytes: number;
}

const WARM_UP = 2000;
const REQUESTS = 5000;
const AT_ONCE = 8;

async function start(kind: 'bare' | 'service', database?: string): Promise<Served> {
  const main = fileURLToPath(new URL('./http-server.ts', import.meta.url));
  const child = fork(main, database === undefined ? [kind] : [kind, database], { execArgv: ['--import', 'tsx'] });
  const [said] = (await once(child, 'message')) as [{ port: number; run: string; path: string; bytes: number }];
  return { child, pool: new Pool(`http://127.0.0.1:${said.port}`, { connections: AT_ONCE }), ...said };
}

async function stop({ child, pool }: Served): Promise<void> {
  await pool.close();
  child.disconnect();
  await once(child, 'exit');
}

/** Asks `n` times, a few at once; how long each answer took, in ms, the shortest first. */
async function ask({ pool }: Served, path: string, n: number): Promise<number[]> {
  const times: number[] = [];
  let left = n;
  const one = async () => {
    while (left-- > 0) {
      const begun = performance.now();
      const { body, statusCode } = await pool.request({ path, method: 'GET' });
      await body.arrayBuffer();
      if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return times.sort((a, b) => a - b);
}

/** Microseconds of CPU that a request of the win rates costs its server. */
async function cpuOf(served: Served): Promise<number> {
  const tell = async (word: string) => {
    served.child.send(word);
    return ((await once(served.child, 'message')) as [number])[0];
  };
  await ask(served, served.path, WARM_UP);
  await tell('start');
  await ask(served, served.path, REQUESTS);
  return (await tell('cpu')) / REQUESTS;
}

/** Requests per second of CPU, service over bare fastify: the middle one of three pairs. */
export async function finishedRunRatio(database?: string): Promise<{ ratio: number; bytes: number }> {
  const ratios: number[] = [];
  let bytes = 0;
  for (let i = 0; i < 3; i++) {
    const [bare, service] = [await start('bare', database), await start('service', database)];
    ratios.push((await cpuOf(bare)) / (await cpuOf(service)));
    bytes = service.bytes;
    await Promise.all([stop(bare), stop(service)]);
  }
  return { ratio: ratios.sort((a, b) => a - b)[1]!, bytes };
}

/** p95 of one request at a time, in ms. */
export async function listTimes(database?: string): Promise<Row[]> {
  const service = await start('service', database);
  const list = '/api/runs';
  const page = `/api/runs/${encodeURIComponent(service.run)}/judgments?state=judged&winner=candidate&excerpt=300`;
  const rows: Row[] = [];
  for (const [name, path, must] of [
    ['run list, p95', list, 20],
    ['judgments page with two filters, p95', page, 50],
  ] as const) {
    const times: number[] = [];
    for (let i = 0; i < 60; i++) times.push(...(await ask(service, path, 1)));
    times.sort((a, b) => a - b);
    rows.push({ name, ms: times[Math.floor(times.length * 0.95)]!, must, aim: null });
  }
  await stop(service);
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const database = process.argv[2];
  const { ratio, bytes } = await finishedRunRatio(database);
  console.log(`finished run (${bytes} bytes): ${ratio.toFixed(2)} × bare fastify (must 0.8, aim 2.5)`);
  for (const { name, ms, must } of await listTimes(database))
    console.log(`${name}: ${ms.toFixed(1)} ms (must ${must})`);
}
