import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { seeded } from '../../src/random.js';
import type { Judgment } from '../../src/records.js';
import { cli } from '../cli.js';
import { Gate } from '../http/served.js';
import { type Journey, openJourney, suiteOf } from './world.js';

const KILLS = Number(
  process.env['DOUBLEBLIND_KILLS'] ?? (process.env['DOUBLEBLIND_TESTED_ENGINE'] === undefined ? 10 : 4),
);
const TIME = 240_000 + 12_000 * KILLS;
const CONCURRENCY = 4;
/** Prompts under way, and the most units of one: what was answered and is not yet stored is asked again too. */
const UNDER_WAY = 8 * 4;

const journeys: Journey[] = [];
afterEach(async () => {
  for (const journey of journeys.splice(0)) await journey.close();
});

const timeless = (j: Judgment) => ({ ...j, run_id: '', id: '', judged_at: '', latency_ms: 0 });

async function judgedIn(folder: string): Promise<Judgment[]> {
  const text = await readFile(join(folder, 'judged.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Judgment);
}

describe('a run killed with signal 9', () => {
  it(
    `at ${KILLS} random points ends with the records of an uninterrupted run, and asks again only what was under way`,
    async () => {
      const whole = await openJourney();
      journeys.push(whole);
      const suites = [suiteOf(24)];
      const changes = { suites, concurrency: CONCURRENCY, retest: 0.2, canaries: true };
      const uninterrupted = await whole.run(await whole.runFile(changes));
      const expected = (await judgedIn(uninterrupted.folder)).map(timeless);
      const needed = whole.server.counts.requests;

      let arm: { at: number; kill: () => void } | null = null;
      let seen = 0;
      const journey = await openJourney({
        latency_ms: 3,
        rule: () => {
          if (arm !== null && ++seen === arm.at) arm.kill();
          return null;
        },
      });
      journeys.push(journey);
      const file = await journey.runFile(changes);
      const random = seeded(1);
      const args = ['run', file, '--no-cache', '--exports', join(journey.folder, 'exports'), '-j', String(CONCURRENCY)];
      let kills = 0;
      for (let i = 0; i < KILLS; i++) {
        seen = 0;
        const at = 1 + Math.floor((random() * 1.2 * needed) / KILLS);
        const { end, stderr } = await cli(args, {
          cwd: journey.folder,
          onStart: (child) => (arm = { at, kill: () => child.kill('SIGKILL') }),
        });
        if (end === 'SIGKILL') kills++;
        else expect(end, stderr).toBe(0);
      }
      arm = null;
      expect(kills).toBeGreaterThan(KILLS / 2);
      const { end, stderr } = await cli(args, { cwd: journey.folder });
      expect(end, stderr).toBe(0);

      const [run] = (await journey.store.runs()).items;
      const judged = await judgedIn(run!.exports!);
      expect(judged.map(timeless)).toEqual(expected);
      expect(new Set(judged.map((j) => j.id)).size).toBe(judged.length);
      const asked = journey.server.requests.filter((r) => r.path.endsWith('/completions')).map((r) => r.content);
      const again = asked.length - new Set(asked).size;
      const lost = journey.store.engine === 'sqlite' ? CONCURRENCY : UNDER_WAY;
      expect(again).toBeLessThanOrEqual(kills * lost + repeatsOf(whole));
    },
    TIME,
  );

  it('a second try in the same process is refused too, and asks nothing', async () => {
    const gate = new Gate();
    const journey = await openJourney({ hold: gate.pass });
    journeys.push(journey);
    const file = await journey.runFile({ suites: [suiteOf(6)] });
    gate.open(4);
    await journey.run(file, { limit: 1 });
    const first = journey.run(file);
    await expect.poll(() => journey.server.counts.under_way).toBeGreaterThan(0);
    await expect(journey.run(file)).rejects.toMatchObject({ code: 'RUN_HELD' });
    gate.open(1000);
    expect(await first).toMatchObject({ status: 'done', judged: 12 });
    expect(journey.server.counts.requests).toBe(12 + 12);
    // Nobody holds it any more.
    expect(await journey.run(file)).toMatchObject({ status: 'done', judged: 12 });
  });

  it('a second try that is refused changes nothing of what is due', async () => {
    const gate = new Gate();
    const journey = await openJourney({ hold: gate.pass });
    journeys.push(journey);
    const file = await journey.runFile({ suites: [suiteOf(6)] });
    const first = journey.run(file);
    await expect.poll(() => journey.server.counts.under_way).toBeGreaterThan(0);
    await expect(journey.run(file, { limit: 1 })).rejects.toMatchObject({ code: 'RUN_HELD' });
    gate.open(1000);
    const { run } = await first;
    expect(run).toMatchObject({ planned: { prompts: 6, judgments: 12 }, decision_rule: { limit: null } });
  });

  it('a limit that `resume` is given is what is due from then on', async () => {
    const journey = await openJourney();
    journeys.push(journey);
    const { run } = await journey.run(await journey.runFile({ suites: [suiteOf(6)] }), { limit: 2 });
    const more = await journey.resume(run.id, { limit: 4 });
    expect(more).toMatchObject({ status: 'done', judged: 8, missing: 0 });
    expect(more.run).toMatchObject({ planned: { prompts: 4, judgments: 8 }, decision_rule: { limit: 4 } });
    expect(await journey.resume(run.id)).toMatchObject({ judged: 8, planned: { prompts: 4 } });
  });

  it('a second process that tries the same run is told who holds it, and exits with 2', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const journey = await openJourney({ hold: () => released });
    journeys.push(journey);
    const file = await journey.runFile({ suites: [suiteOf(4)], concurrency: 2 });
    const args = ['run', file, '--exports', join(journey.folder, 'exports')];
    const first = cli(args, { cwd: journey.folder });
    await expect.poll(() => journey.server.counts.requests).toBeGreaterThanOrEqual(2);
    const second = await cli(args, { cwd: journey.folder });
    release();
    expect(second.end).toBe(2);
    expect(second.stderr).toMatch(/^error: run \S+ is being carried out by process \d+ on /m);
    expect((await first).end).toBe(0);
  }, 120_000);
});

/** Requests of one content that a run makes by itself: retests and both halves of an identical canary. */
function repeatsOf(journey: Journey): number {
  const asked = journey.server.requests.filter((r) => r.path.endsWith('/completions')).map((r) => r.content);
  return asked.length - new Set(asked).size;
}
