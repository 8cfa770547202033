// What workers of one run owe each other and their people: rates and refusals, who they are, and the looks before money
// is spent.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore, type Store } from '../../src/store/index.js';
import { cli, cliPath } from '../cli.js';
import { service } from '../http/seeded.js';
import { type ServerOptions, startServer, type TestServer } from '../server/index.js';
import { Postgres } from '../stores.js';
import { Restarted } from './restarted.js';
import { type Journey, openJourney, suiteOf } from './world.js';

const postgres = new Postgres();
await postgres.start();
if (postgres.missing !== null) console.warn(`passed over: ${postgres.missing}`);

const TIME = 180_000;

/** An item of GET /api/workers. */
interface Seen {
  run_id: string | null;
  holder: string;
  since: string;
  endpoints: string[] | null;
  judged: number;
  per_minute: number;
  beat_at: string;
  silent_ms: number;
}

describe.skipIf(postgres.missing !== null)('workers of one run', () => {
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => void (await cliPath()));
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => postgres.stop());

  /** A server, a database and the words by which every process finds it. */
  const park = async (options: ServerOptions = {}): Promise<{ journey: Journey; store: Store; shared: string[] }> => {
    const url = await postgres.fresh();
    const journey = await openJourney(options);
    const store = await openStore(url);
    closing.push(() => journey.close());
    closing.push(() => store.close());
    return { journey, store, shared: ['--database', url, '--lease', '5'] };
  };
  const worker = (journey: Journey, args: string[]): Restarted => {
    const started = new Restarted(args, journey.folder);
    closing.push(() => started.drain());
    return started;
  };
  const judged = ({ requests }: TestServer) =>
    requests.filter(({ body }) => body['model'] === 'judge-model' && body['messages'] !== undefined);

  it(
    'share the rate of an endpoint: two of them ask no more often than the one rate',
    async () => {
      const rate = 40;
      // Together they may start a little too quickly, until each knows of the other; apart they would ask twice as often.
      const asked = await startServer({ limit: { per_second: rate * 1.2, burst: 3 * rate } });
      closing.push(() => asked.close());
      const { journey, shared } = await park();
      const judge = { name: 'judge', provider: 'openai', model: 'judge-model', base_url: asked.openai };
      const file = await journey.runFile({ suites: [suiteOf(200)], judges: [{ ...judge, rpm: 60 * rate }] });
      for (let i = 0; i < 2; i++) worker(journey, shared);
      const run = await cli(['run', file, '--distributed', '--json', ...shared], { cwd: journey.folder });
      expect(run.end, run.stderr).toBe(0);
      expect(judged(asked)).toHaveLength(400);
      expect(asked.counts.limited).toBe(0);
    },
    TIME,
  );

  it(
    'all wait when one of them was told to',
    async () => {
      const pause_s = 8;
      let refusedAt = Infinity;
      const { journey, shared } = await park({
        latency_ms: 50,
        rule: ({ at, body }) => {
          if (body['model'] !== 'judge-model' || refusedAt < Infinity || judged(journey.server).length < 20)
            return null;
          refusedAt = at;
          return { status: 429, body: {}, headers: { 'retry-after': String(pause_s) } };
        },
      });
      const file = await journey.runFile({ suites: [suiteOf(200)], concurrency: 2 });
      for (let i = 0; i < 2; i++) worker(journey, shared);
      const run = await cli(['run', file, '--distributed', '--json', ...shared], { cwd: journey.folder });
      expect(run.end, run.stderr).toBe(0);
      const meanwhile = judged(journey.server).filter(({ at }) => at > refusedAt && at < refusedAt + pause_s * 1000);
      // One that goes on alone asks 40 times a second.
      expect(meanwhile.length).toBeLessThan((pause_s * 40) / 2);
      expect(judged(journey.server).filter(({ status }) => status === 200)).toHaveLength(400);
    },
    TIME,
  );

  it(
    'are seen over HTTP while they work: who, what they take, how much and how fast; and no longer when they have left',
    async () => {
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const { journey, store, shared } = await park({
        hold: () => (judged(journey.server).length > 40 ? held : Promise.resolve()),
      });
      const { app } = await service({ store });
      closing.push(() => app.close());
      const seen = async () => (await app.inject({ url: '/api/workers' })).json<{ items: Seen[] }>().items;
      const all = worker(journey, shared);
      const some = worker(journey, [...shared, '--endpoints', 'judge,tuned']);
      const file = await journey.runFile({ suites: [suiteOf(60)], concurrency: 4 });
      const run = cli(['run', file, '--distributed', '--json', ...shared], { cwd: journey.folder });
      const working = await vi.waitFor(
        async () => {
          const items = (await seen()).filter(({ run_id }) => run_id === null);
          expect(items).toHaveLength(2);
          expect(items.some(({ judged: n }) => n > 0)).toBe(true);
          return items;
        },
        { timeout: 60_000, interval: 100 },
      );
      expect(working.map(({ endpoints }) => endpoints)).toEqual(expect.arrayContaining([null, ['judge', 'tuned']]));
      expect(working.map(({ holder }) => holder.split(':')[1]).sort()).toEqual(
        [all, some].map(({ child }) => String(child!.pid)).sort(),
      );
      for (const { judged: n, per_minute, beat_at, since, silent_ms } of working) {
        expect(per_minute > 0).toBe(n > 0);
        expect(Date.parse(beat_at)).toBeGreaterThanOrEqual(Date.parse(since));
        expect(silent_ms).toBeLessThan(60_000);
      }
      release();
      expect((await run).end).toBe(0);
      for (const one of [all, some]) await one.drain();
      expect(await seen()).toEqual([]);
    },
    TIME,
  );

  describe('before a judge is called', () => {
    const started = async (journey: Journey, shared: string[], changes: object, ...more: string[]) => {
      worker(journey, shared);
      const file = await journey.runFile({ suites: [suiteOf(30)], ...changes });
      return cli(['run', file, '--distributed', ...more, ...shared], { cwd: journey.folder });
    };
    const asked = (journey: Journey) => journey.server.requests.filter(({ path }) => path.endsWith('/completions'));

    it(
      'end a run whose judge nobody serves, before anything is asked',
      async () => {
        const { journey, store, shared } = await park({ models: [{ id: 'base-model' }, { id: 'tuned-model' }] });
        const { end, stderr } = await started(journey, shared, {});
        expect(end).toBe(2);
        expect(stderr).toMatch(
          /error: on \S+: the judge "judge": http.* does not serve "judge-model"\. It serves: base-model, tuned-model/,
        );
        expect(asked(journey)).toEqual([]);
        expect((await store.runs()).items.map(({ status }) => status)).toEqual(['stopped']);
      },
      TIME,
    );

    it(
      'set what a server serves beside the folder that is named: another step stops the run, or is kept when allowed',
      async () => {
        const { journey, store, shared } = await park({
          models: [
            { id: 'base-model' },
            { id: 'judge-model' },
            { id: 'tuned-model', root: '/srv/brie/checkpoint-100' },
          ],
        });
        const checkpoint = join(journey.folder, 'brie', 'checkpoint-290');
        await mkdir(checkpoint, { recursive: true });
        await writeFile(join(checkpoint, 'adapter_config.json'), '{"base_model_name_or_path":"org/base","r":16}');
        await writeFile(join(checkpoint, 'adapter_model.bin'), 'weights');
        const openai = { provider: 'openai', base_url: journey.server.openai };
        const candidate = { name: 'tuned', model: 'tuned-model', checkpoint, ...openai };
        const first = await started(journey, shared, { candidate });
        expect(first.end).toBe(2);
        expect(first.stderr).toContain('--allow-identity-mismatch');
        expect(asked(journey)).toEqual([]);
        const second = await started(journey, shared, { candidate }, '--allow-identity-mismatch');
        expect(second.end, second.stderr).toBe(0);
        const [run] = (await store.runs()).items;
        expect(run!.identities['served']).toMatchObject({ candidate: { status: 'mismatch' } });
      },
      TIME,
    );

    it(
      'tell that the first responses look faulty, and stop there when that is wanted',
      async () => {
        const { journey, shared } = await park({
          rule: ({ body }) =>
            body['model'] === 'tuned-model' && body['messages'] !== undefined
              ? {
                  status: 200,
                  body: { choices: [{ message: { role: 'assistant', content: '' }, finish_reason: 'stop' }] },
                }
              : null,
        });
        const { end, stderr } = await started(journey, shared, {}, '--strict-responses');
        expect(end).toBe(3);
        expect(stderr).toContain('candidate responses are empty');
        expect(judged(journey.server)).toEqual([]);
        expect(asked(journey)).toHaveLength(40);
      },
      TIME,
    );

    it(
      'have every response made and looked at for who is strict',
      async () => {
        let answers = 0;
        const { journey, shared } = await park({
          answer: (model) => (model === 'tuned-model' && ++answers > 20 ? '' : null),
        });
        const { end, stdout, stderr } = await started(journey, shared, {}, '--strict-responses');
        expect(end).toBe(3);
        expect(stderr).toContain('error: 10 of 30 candidate responses are empty.');
        expect(stdout).toMatch(/next +npx doubleblind resume \S+ .*--strict-responses/);
        expect(judged(journey.server)).toEqual([]);
        expect(asked(journey)).toHaveLength(60);
      },
      TIME,
    );
  });
});
