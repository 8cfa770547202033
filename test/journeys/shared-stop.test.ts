import { type ChildProcess } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { winRates } from '../../src/win-rates.js';
import { cli } from '../cli.js';
import { Postgres } from '../stores.js';
import { openJourney, suiteOf } from './world.js';

const postgres = new Postgres({ own: true });
await postgres.start();
if (postgres.missing !== null) console.warn(`passed over: ${postgres.missing}`);
afterAll(() => postgres.stop());

const PROMPTS = 240;

describe.skipIf(postgres.missing !== null)('a sequential run that is shared by workers', () => {
  it('stops once decided with every comparison judged in both orders or in none, and goes on when asked for more', async () => {
    const url = await postgres.fresh();
    const store = await openStore(url);
    const journey = await openJourney({ quality: { 'tuned-model': 0.62, 'base-model': 0.5 }, latency_ms: 40 });
    const shared = ['--database', url, '-j', '4'];
    const at = { cwd: journey.folder };
    const workers: ChildProcess[] = [];
    const working = [1, 2].map(() =>
      cli(['worker', ...shared], { ...at, onStart: (child) => void workers.push(child) }),
    );
    const judged = async () => {
      const rows = await store.db.selectFrom('judgments').select(['prompt_id', 'state']).execute();
      const orders = new Map<string, number>();
      for (const { prompt_id } of rows) orders.set(prompt_id, (orders.get(prompt_id) ?? 0) + 1);
      return { rows, half: [...orders].filter(([, n]) => n !== 2) };
    };
    try {
      const file = await journey.runFile({ suites: [suiteOf(PROMPTS)], stop: 'when-decided' });
      const stopped = await cli(['run', file, '--distributed', '--json', ...shared], at);
      expect(stopped.end, stopped.stderr).toBe(0);
      const [run] = (await store.runs()).items;
      expect(run).toMatchObject({ status: 'stopped', reason: expect.stringContaining('in-domain better') as string });
      expect(run!.decision_rule).toHaveProperty('decided');
      const then = await judged();
      expect(then.rows.length).toBeLessThan(2 * PROMPTS);
      expect(then.half).toEqual([]);
      const { warnings } = await winRates(store, run!);
      expect(warnings.map(({ code }) => code)).toContain('STOPPED_EARLY');

      const whole = await cli(['resume', run!.id, '--distributed', '--json', ...shared], at);
      expect(whole.end, whole.stderr).toBe(0);
      const { rows } = await judged();
      expect(rows).toHaveLength(2 * PROMPTS);
      expect(rows.filter(({ state }) => state !== 'judged')).toEqual([]);
      expect((await store.run(run!.id))!.status).toBe('done');
    } finally {
      for (const worker of workers) worker.kill('SIGTERM');
      for (const { end } of await Promise.all(working)) expect(end).toBe(0);
      await store.close();
      await journey.close();
    }
  }, 180_000);
});
