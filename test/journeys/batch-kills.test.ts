// A run in batches that is killed with signal 9, at the decisive points and at random ones: nothing is lost, nothing is
// handed in twice.
import { readFile } from 'node:fs/promises';
import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { seeded } from '../../src/random.js';
import type { Judgment } from '../../src/records.js';
import type { BatchOptions } from '../server/batches.js';
import { cli } from '../cli.js';
import { type Journey, openJourney, suiteOf } from './world.js';

const KILLS = Number(process.env['DOUBLEBLIND_KILLS'] ?? 10);

const open: Journey[] = [];
afterEach(async () => {
  for (const journey of open.splice(0)) await journey.close();
});

type Provider = 'openai' | 'anthropic';
const PRICE = { input_usd_per_mtok: 10, output_usd_per_mtok: 10 };
const prices = { 'base-model': PRICE, 'tuned-model': PRICE, 'judge-model': PRICE, 'strict-model': PRICE };

/** The command line on a world of its own; `kill` ends the process that is running. */
class Killable {
  private child: ChildProcess | null = null;

  private constructor(
    readonly journey: Journey,
    private readonly file: string,
  ) {}

  static async open(provider: Provider, changes: object, batch: Partial<BatchOptions>): Promise<Killable> {
    const journey = await openJourney({ batch });
    open.push(journey);
    const judge = { provider, base_url: journey.server[provider], model: 'judge-model', max_tokens: 300 };
    const judges = [
      { name: 'judge', ...judge },
      { name: 'strict', ...judge, model: 'strict-model' },
      { name: 'rules', provider: 'offline' },
    ];
    return new Killable(journey, await journey.runFile({ judges, prices, ...changes }));
  }

  run(...more: string[]): ReturnType<typeof cli> {
    const { folder } = this.journey;
    return cli(['run', this.file, '--no-cache', '--exports', join(folder, 'exports'), ...more], {
      cwd: folder,
      env: { DOUBLEBLIND_BATCH_PAUSE: '0.01' },
      onStart: (child) => (this.child = child),
    });
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async records(): Promise<object[]> {
    const [run] = (await this.journey.store.runs()).items;
    expect(run!.status).toBe('done');
    const text = await readFile(join(run!.exports!, 'judged.jsonl'), 'utf8');
    const judged = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Judgment);
    expect(new Set(judged.map(({ id }) => id)).size).toBe(judged.length);
    return judged.map((j) => ({ ...j, run_id: '', id: '', judged_at: '', latency_ms: null }));
  }

  get handedIn(): number {
    return this.journey.server.batches.batches.reduce((n, { items }) => n + items.length, 0);
  }
}

const POINTS = ['before it is made', 'made and not known', 'open', 'half read'] as const;

describe.each(['openai', 'anthropic'] as const)('a batch at %s', (provider) => {
  // More than are recorded together, so that a part of the results can be kept when the process is gone.
  const changes = { suites: [suiteOf(110)], canaries: true, retest: 0.1 };

  async function uninterrupted(): Promise<{ records: object[]; handedIn: number }> {
    const whole = await Killable.open(provider, changes, { polls: 2 });
    expect((await whole.run('--batch')).end).toBe(0);
    return { records: await whole.records(), handedIn: whole.handedIn };
  }

  it(`that is ${POINTS.join(', ')} when the process is killed ends with the records of an uninterrupted run, handed in once`, async () => {
    const expected = await uninterrupted();
    for (const point of POINTS) {
      let armed = true;
      const at = async (): Promise<void> => {
        armed = false;
        await killable.kill();
      };
      const killable = await Killable.open(provider, changes, {
        polls: 2,
        on: async (step) => {
          if (!armed) return;
          if (step === 'create' && point === 'before it is made') {
            await at();
            return 'lost';
          }
          if ((step === 'created' && point === 'made and not known') || (step === 'look' && point === 'open'))
            await at();
        },
        cut: () => {
          if (!armed || point !== 'half read') return null;
          const kept = async () => (await killable.journey.store.runs()).items[0]!;
          const then = async () => {
            const live = expected.records.length - expected.handedIn;
            while ((await killable.journey.store.spent((await kept()).id)).judged <= live) await wait(5);
            await at();
          };
          return { lines: 230, then };
        },
      });
      expect((await killable.run('--batch')).end, point).toBe('SIGKILL');
      // The run remembers that it is carried out in batches.
      const { end, stderr } = await killable.run();
      expect(end, stderr).toBe(0);
      expect(await killable.records(), point).toEqual(expected.records);
      expect(killable.handedIn, point).toBe(expected.handedIn);
    }
  }, 600_000);

  it('that the service does not list is handed in again: only that loses money', async () => {
    let armed = true;
    const killable = await Killable.open(
      provider,
      { suites: [suiteOf(5)] },
      {
        on: async (step, batch) => {
          if (!armed || step !== 'created') return;
          armed = false;
          batch!.created_at -= 7_200_000;
          await killable.kill();
        },
      },
    );
    expect((await killable.run('--batch')).end).toBe('SIGKILL');
    expect((await killable.run()).end).toBe(0);
    expect(killable.handedIn).toBe(30);
    expect(await killable.records()).toHaveLength(30);
  }, 120_000);

  it(`survives ${KILLS} kills at random points, with faults in between, as if nothing had happened`, async () => {
    const faulty = { polls: Math.max(3, KILLS / 10), unreadable: 0.1, errored: 0.1, expired: 0.1 };
    const given = { suites: [suiteOf(24)] };
    let events = 0;
    const whole = await Killable.open(provider, given, { ...faulty, on: () => void events++ });
    expect((await whole.run('--batch')).end).toBe(0);
    const expected = await whole.records();
    expect(expected.filter((j) => (j as Judgment).state === 'failed')).toEqual([]);

    const random = seeded(provider === 'openai' ? 3 : 4);
    let kills = 0;
    // How many points a run has is not fixed, so that another one is begun as long as kills are left.
    for (let tries = 0; kills < KILLS;) {
      let seen = 0;
      let at = Infinity;
      const killable = await Killable.open(provider, given, {
        ...faulty,
        on: async () => {
          if (++seen === at) await killable.kill();
        },
      });
      for (let over = false; !over;) {
        expect(++tries, 'runs begun, killed or not').toBeLessThan(20 * KILLS);
        seen = 0;
        at = kills < KILLS ? 1 + Math.floor(random() * Math.max(2, events / KILLS)) : Infinity;
        const { end, stderr } = await killable.run('--batch');
        if (end === 'SIGKILL') kills++;
        else {
          expect(end, stderr).toBe(0);
          over = true;
        }
      }
      expect(await killable.records()).toEqual(expected);
      expect(killable.handedIn).toBe(whole.handedIn);
    }
  }, 3_600_000);
});
