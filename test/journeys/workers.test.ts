import { connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store/index.js';
import { winRates } from '../../src/win-rates.js';
import { cli, cliPath } from '../cli.js';
import { Postgres } from '../stores.js';
import { Restarted } from './restarted.js';
import { type Journey, openJourney, suiteOf } from './world.js';

const postgres = new Postgres({ own: true });
await postgres.start();
if (postgres.missing !== null) console.warn(`passed over: ${postgres.missing}`);

const PROMPTS = Number(process.env['DOUBLEBLIND_SOAK_PROMPTS'] ?? 300);
const KILLS = Number(process.env['DOUBLEBLIND_SOAK_KILLS'] ?? 1);
const CONCURRENCY = 4;
/** Blocks in hand at once, prompts of each under way at once, units of each prompt. */
const UNDER_WAY = 2 * 8 * 2;
const LEASE = '2';
const TIME = 120_000 * (KILLS + 1);

describe.skipIf(postgres.missing !== null)('a run that is shared by workers', () => {
  const journeys: Journey[] = [];
  const stores: Store[] = [];
  let expected = '';
  let asked = 0;
  const estimates = async (store: Store) => {
    const { run: _, ...summary } = await winRates(store, (await store.runs()).items[0]!);
    return JSON.stringify(summary);
  };
  const changes = { suites: [suiteOf(PROMPTS)], concurrency: CONCURRENCY };
  const journeyWith = async (options: Parameters<typeof openJourney>[0] = {}) => {
    const journey = await openJourney(options);
    journeys.push(journey);
    return journey;
  };
  const opened = async (url: string) => {
    const store = await openStore(url);
    stores.push(store);
    return store;
  };
  const completions = (journey: Journey) =>
    journey.server.requests.filter((r) => r.path.endsWith('/completions')).map((r) => r.content);

  beforeAll(async () => {
    await cliPath();
    const journey = await journeyWith();
    await journey.run(await journey.runFile(changes));
    expected = await estimates(journey.store);
    asked = completions(journey).length;
    await journey.close();
    journeys.pop();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    for (const journey of journeys.splice(0)) await journey.close();
  });
  afterAll(() => postgres.stop());

  it(
    'has every judgment once and the summary of one process, though each of three workers is killed and the database crashes and is started again',
    async () => {
      const kills: { at: number; worker: number }[] = [];
      for (let i = 0; i < 3 * KILLS; i++)
        kills.push({ at: Math.floor(((i + 0.7) * asked) / (3 * KILLS + 1)), worker: i % 3 });
      let seen = 0;
      let killed = 0;
      const crashes: Promise<void>[] = [];
      const working: Restarted[] = [];
      const url = await postgres.fresh();
      const journey = await journeyWith({
        latency_ms: 2,
        rule: () => {
          if (++seen === Math.floor(asked / 2)) crashes.push(crash(url));
          while (kills.length > 0 && seen >= kills[0]!.at && working[kills[0]!.worker]?.child?.exitCode === null) {
            if (working[kills.shift()!.worker]!.child!.kill('SIGKILL')) killed++;
          }
          return null;
        },
      });
      const store = await opened(url);
      const file = await journey.runFile(changes);
      const shared = ['--database', url, '--lease', LEASE, '-j', String(CONCURRENCY)];
      for (let i = 0; i < 3; i++) working.push(new Restarted(shared, journey.folder));
      const run = await cli(['run', file, '--distributed', '--no-cache', '--json', ...shared], { cwd: journey.folder });
      expect(run.end, run.stderr).toBe(0);
      expect(killed).toBe(3 * KILLS);
      expect(crashes).toHaveLength(1);
      await Promise.all(crashes);
      for (const worker of working) expect((await worker.drain()).end).toBe(0);

      const unanswered = store.db.selectFrom('responses').select(['prompt_id', 'role', 'failure', 'generated_at']);
      expect(await unanswered.where('state', '<>', 'answered').execute()).toEqual([]);
      const rows = await store.db.selectFrom('judgments').select(['id', 'state']).execute();
      expect(rows).toHaveLength(2 * PROMPTS);
      expect(rows.filter(({ state }) => state !== 'judged')).toEqual([]);
      expect(await estimates(store)).toBe(expected);
      const again = completions(journey);
      expect(again.length - new Set(again).size).toBeLessThanOrEqual((killed + 3) * UNDER_WAY);
      expect(
        await store.db
          .selectFrom('leases' as never)
          .selectAll()
          .execute(),
      ).toEqual([]);
      expect(
        await store.db
          .selectFrom('workers' as never)
          .selectAll()
          .execute(),
      ).toEqual([]);
    },
    TIME,
  );

  it(
    'passes on what a worker holds that is cut off from the database, and records nothing twice',
    async () => {
      const url = await postgres.fresh();
      const store = await opened(url);
      const proxy = await openProxy(url);
      let seen = 0;
      const journey = await journeyWith({
        latency_ms: 2,
        rule: () => {
          if (++seen === Math.floor(asked / 3)) proxy.cut();
          return null;
        },
      });
      const file = await journey.runFile(changes);
      const shared = ['--lease', LEASE, '-j', String(CONCURRENCY)];
      const far = new Restarted(['--database', proxy.url, ...shared], journey.folder);
      const run = cli(['run', file, '--distributed', '--no-cache', '--json', '--database', url, ...shared], {
        cwd: journey.folder,
      });
      await proxy.wasCut;
      const near = new Restarted(['--database', url, ...shared], journey.folder);
      const ended = await run;
      expect(ended.end, ended.stderr).toBe(0);
      expect(far.child!.exitCode, far.said).toBeNull();
      proxy.mend();
      for (const worker of [near, far]) expect((await worker.drain()).end).toBe(0);
      await proxy.close();
      expect(await store.db.selectFrom('judgments').select('id').execute()).toHaveLength(2 * PROMPTS);
      expect(await estimates(store)).toBe(expected);
      const again = completions(journey);
      expect(again.length - new Set(again).size).toBeLessThanOrEqual(UNDER_WAY);
    },
    TIME,
  );

  it(
    'asks a checkpoint only through the worker that names it',
    async () => {
      const journey = await journeyWith();
      const elsewhere = await journeyWith();
      const url = await postgres.fresh();
      const openai = { provider: 'openai', base_url: elsewhere.server.openai };
      const file = await journey.runFile({
        suites: [suiteOf(20)],
        candidate: { name: 'tuned', model: 'tuned-model', ...openai, api_key_env: 'ONLY_HERE' },
      });
      const shared = ['--database', url, '--lease', LEASE];
      const box = new Restarted([...shared, '--endpoints', 'base,judge'], journey.folder);
      const run = cli(['run', file, '--distributed', '--json', ...shared], {
        cwd: journey.folder,
        env: { ONLY_HERE: 'for the first look' },
      });
      const there = cli(['worker', ...shared, '--endpoints', 'tuned'], {
        cwd: journey.folder,
        env: { ONLY_HERE: 'key' },
        onStart: (child) => void run.then(() => child.kill('SIGTERM')),
      });
      const ended = await run;
      expect(ended.end, ended.stderr).toBe(0);
      expect((await there).end).toBe(0);
      await box.drain();
      expect(completions(elsewhere)).toHaveLength(20);
      expect(completions(journey)).toHaveLength(20 + 40);
    },
    TIME,
  );

  it(
    'stops at a budget that all workers share, and goes on with a larger one',
    async () => {
      const url = await postgres.fresh();
      const store = await opened(url);
      const journey = await journeyWith({ latency_ms: 30 });
      const free = { input_usd_per_mtok: 0, output_usd_per_mtok: 0 };
      const prices = {
        'base-model': free,
        'tuned-model': free,
        'judge-model': { input_usd_per_mtok: 1000, output_usd_per_mtok: 0 },
      };
      const file = await journey.runFile({ suites: [suiteOf(100)], concurrency: 2, prices });
      const shared = ['--database', url, '--lease', LEASE];
      const working = [1, 2].map(() => new Restarted(shared, journey.folder));
      const run = (budget: string) =>
        cli(['run', file, '--distributed', '--max-failed', '1', '--budget-usd', budget, ...shared], {
          cwd: journey.folder,
        });
      const first = await run('10');
      expect(first.end, first.stderr).toBe(3);
      expect(first.stderr).toContain('the budget of $10 is reached');
      const { items } = await store.runs();
      expect(items.map(({ status }) => status)).toEqual(['stopped']);
      const then = await store.spent(items[0]!.id);
      const { dearest } = await store.db
        .selectFrom('judgments')
        .select((e) => e.fn.max('cost_usd').as('dearest'))
        .executeTakeFirstOrThrow();
      // Two workers with two calls under way each, and as many whose records are being written.
      expect(then.cost_usd! - 10).toBeLessThanOrEqual(8 * dearest!);
      expect(then.cost_usd).toBeGreaterThanOrEqual(10);
      const second = await run('100000');
      expect(second.end, second.stderr).toBe(0);
      for (const worker of working) expect((await worker.drain()).end).toBe(0);
      expect(await store.spent(items[0]!.id)).toMatchObject({ judged: 200, failed: 0 });
      const again = completions(journey);
      expect(again).toHaveLength(new Set(again).size);
    },
    TIME,
  );

  it(
    'gives a prompt up that every worker dies of, with its reason, and judges all others',
    async () => {
      const url = await postgres.fresh();
      const store = await opened(url);
      let worker: Restarted | null = null;
      const journey = await journeyWith({
        rule: ({ body }) => {
          if (body['model'] === 'judge-model' && JSON.stringify(body).includes('Question 3 of'))
            worker?.child?.kill('SIGKILL');
          return null;
        },
      });
      const shared = ['--database', url, '--lease', '1'];
      const file = await journey.runFile({ suites: [suiteOf(12)], concurrency: 1 });
      worker = new Restarted(shared, journey.folder);
      const run = await cli(['run', file, '--distributed', '--json', '--max-failed', '1', ...shared], {
        cwd: journey.folder,
      });
      expect(run.end, run.stderr).toBe(0);
      await worker.drain();
      const failed = await store.db
        .selectFrom('judgments')
        .select(['prompt_id', 'failure'])
        .where('state', '=', 'failed')
        .execute();
      expect(failed).toEqual([
        { prompt_id: 'p3', failure: 'unreachable' },
        { prompt_id: 'p3', failure: 'unreachable' },
      ]);
      expect(await store.db.selectFrom('judgments').select('id').execute()).toHaveLength(24);
    },
    TIME,
  );
});

/** Ends the server without a word and starts it again; one that is not ours drops every connection of the database. */
async function crash(url: string): Promise<void> {
  if (postgres.restart !== null) return postgres.restart();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await client.end();
}

interface Proxy {
  url: string;
  cut(): void;
  wasCut: Promise<void>;
  mend(): void;
  close(): Promise<void>;
}

/** A way to a database that can be cut. */
async function openProxy(url: string): Promise<Proxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let whole = true;
  let told: () => void = () => undefined;
  const wasCut = new Promise<void>((resolve) => (told = resolve));
  const server: Server = createServer((near) => {
    if (!whole) return near.destroy();
    const far = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(url);
  own.port = String((server.address() as { port: number }).port);
  const cut = () => {
    whole = false;
    for (const socket of sockets) socket.destroy();
    told();
  };
  return {
    url: own.href,
    cut,
    wasCut,
    mend: () => void (whole = true),
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
