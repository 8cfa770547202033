// What sharing a run costs: judgments per second with 1, 2 and 4 workers on PostgreSQL beside one process on SQLite, with a
// judge that answers at once (the offline rule), so that all time is ours and the database's; CPU of the workers per
// judgment, and how often a worker goes to the database for one.   tsx bench/workers.ts [judgments]
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { openStore } from '../src/store/index.js';
import { cliPath } from '../test/cli.js';
import { Postgres } from '../test/stores.js';
import { type Measured, measured } from './process.js';

const JUDGMENTS = Number(process.argv[2] ?? 6000);
const FILLER = 'It is a long way to the sea, and the road knows it. '.repeat(30);
const folder = await mkdtemp(join(tmpdir(), 'doubleblind-bench-'));
const main = await cliPath();
const postgres = new Postgres();
await postgres.start();
if (postgres.missing !== null) {
  process.stdout.write(`passed over: ${postgres.missing}\n`);
  process.exit(0);
}

const lines = (row: (i: number) => object): string =>
  Array.from({ length: JUDGMENTS / 2 }, (_, i) => `${JSON.stringify(row(i))}\n`).join('');
const recorded = (name: string) => ({ name, provider: 'recorded', file: join(folder, `${name}.jsonl`) });
await writeFile(
  join(folder, 'out-of-domain.jsonl'),
  lines((i) => ({ id: `p${i}`, prompt: `Question ${i}?` })),
);
for (const name of ['base', 'tuned'])
  await writeFile(
    join(folder, `${name}.jsonl`),
    lines((i) => ({ prompt_id: `p${i}`, prompt: `Question ${i}?`, response: `${name} ${i} ${FILLER}` })),
  );
const file = join(folder, 'run.json');
await writeFile(
  file,
  JSON.stringify({
    purpose: 'baseline_comparison',
    suites: ['out-of-domain.jsonl'],
    baseline: recorded('base'),
    candidate: recorded('tuned'),
    judges: [{ name: 'plain', provider: 'offline', model: 'plain' }],
    canaries: false,
  }),
);

interface Found {
  per_second: number;
  cpu_ms: number;
}

/** From the first stored judgment to the last. */
async function speed(url: string): Promise<number> {
  const store = await openStore(url);
  const times = await store.db.selectFrom('judgments').select('judged_at').orderBy('judged_at').execute();
  await store.close();
  if (times.length !== JUDGMENTS) throw new Error(`${times.length} of ${JUDGMENTS} judgments`);
  return (JUDGMENTS * 1000) / (Date.parse(times.at(-1)!.judged_at!) - Date.parse(times[0]!.judged_at!));
}

const run = (url: string, ...more: string[]): string[] => [
  ...[main, 'run', file, '--database', url, '--exports', join(folder, 'exports'), '--no-cache', ...more],
];

async function alone(url: string): Promise<Found> {
  const { cpu_s } = await measured(run(url), folder);
  return { per_second: await speed(url), cpu_ms: (cpu_s * 1000) / JUDGMENTS };
}

async function shared(workers: number, url: string, workersUrl = url): Promise<Found> {
  const children: ChildProcess[] = [];
  const working: Promise<Measured>[] = [];
  // All is handed out before the first worker comes, so that each has enough to do from its start.
  const running = measured(run(url, '--distributed'), folder);
  const store = await openStore(url);
  await untilHandedOut(store);
  for (let i = 0; i < workers; i++) {
    const cwd = join(folder, `worker-${i}`);
    await mkdir(cwd, { recursive: true });
    working.push(measured([main, 'worker', '--database', workersUrl], cwd, (child) => children.push(child)));
  }
  await store.close();
  await running;
  for (const child of children) child.kill('SIGTERM');
  const cpu_s = (await Promise.all(working)).reduce((sum, one) => sum + one.cpu_s, 0);
  return { per_second: await speed(url), cpu_ms: (cpu_s * 1000) / JUDGMENTS };
}

async function untilHandedOut(store: Awaited<ReturnType<typeof openStore>>): Promise<void> {
  const blocks = Math.ceil(JUDGMENTS / 100);
  for (;;) {
    const found = await store.db
      .selectFrom('doubleblind_queue.job' as never)
      .select((e) => e.fn.countAll<number>().as('n'))
      .executeTakeFirst()
      .catch(() => undefined);
    if ((found?.n ?? 0) >= blocks) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A way to the database that counts what goes there: each write of a client waits for its answer. */
async function counting(url: string): Promise<{ url: string; trips: () => number; close: () => void }> {
  const target = new URL(url);
  let trips = 0;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    near
      .on('data', () => trips++)
      .pipe(far)
      .pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(url);
  own.port = String((server.address() as { port: number }).port);
  return { url: own.href, trips: () => trips, close: () => void server.close() };
}

const say = (name: string, { per_second, cpu_ms }: Found, ratio: number): void =>
  void process.stdout.write(
    `${name.padEnd(34)} ${per_second.toFixed(0).padStart(6)} judgments/s   ${cpu_ms.toFixed(2)} ms CPU each   ${ratio.toFixed(2)} × one process\n`,
  );

process.stdout.write(`${JUDGMENTS} judgments, responses of 1.6 kB, ${cpus().length} cores shared with the database\n`);
const single = await alone(`sqlite:${join(folder, 'one.db')}`);
say('one process, SQLite', single, 1);
const onPostgres = await alone(await postgres.fresh());
say('one process, PostgreSQL', onPostgres, onPostgres.per_second / single.per_second);
for (const workers of [1, 2, 4]) {
  const found = await shared(workers, await postgres.fresh());
  say(`${workers} worker${workers > 1 ? 's' : ''}, PostgreSQL`, found, found.per_second / single.per_second);
}
const url = await postgres.fresh();
const way = await counting(url);
await shared(1, url, way.url);
process.stdout.write(`ways to the database per judgment     ${(way.trips() / JUDGMENTS).toFixed(2)}\n`);
way.close();
await postgres.stop();
await rm(folder, { recursive: true, force: true });
