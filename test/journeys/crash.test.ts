import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { openModels } from '../../src/models/index.js';
import type { Judgment } from '../../src/records.js';
import { openStore } from '../../src/store/index.js';
import { cli } from '../cli.js';
import { fastClock } from '../models/clock.js';
import { type Journey, openJourney, suiteOf } from './world.js';

let journey: Journey;
afterEach(() => journey.close());

const runOf = async () => (await journey.store.runs()).items[0]!;
const judgedIn = async (folder: string): Promise<Judgment[]> =>
  (await readFile(join(folder, 'judged.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Judgment);
/** Ids of what is stored, once per coordinate. */
async function storedIds(id: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const judgment of journey.store.allJudgments(id)) ids.push(judgment.id);
  return ids;
}

describe('a run that is stopped', () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 3],
  ] as const) {
    it(`by ${signal} lets calls under way finish, says how to go on, exits with ${code}, and goes on`, async () => {
      let stop: () => void = () => undefined;
      let seen = 0;
      journey = await openJourney({
        latency_ms: 10,
        rule: () => {
          if (++seen === 60) stop();
          return null;
        },
      });
      const file = await journey.runFile({ suites: [suiteOf(40)], concurrency: 4 });
      const where = ['--database', 'sqlite:runs.db', '--exports', 'my files'];
      const args = ['run', file, '--no-cache', '--limit', '35', ...where];
      const ended = await cli(args, { cwd: journey.folder, onStart: (child) => (stop = () => child.kill(signal)) });
      expect(ended.end).toBe(code);
      expect(ended.stderr).not.toMatch(/^\s+at /m);
      const run = await runOf();
      const goOn = ['resume', run.id, ...where, '--no-cache'];
      expect(ended.stderr).toContain(
        `Go on later with: doubleblind ${goOn.join(' ').replace('my files', "'my files'")}`,
      );
      expect(run.status).toBe('stopped');
      const { calls } = await journey.store.spent(run.id);
      // Whatever was asked was answered and is kept.
      expect(journey.server.counts.requests).toBe(calls);
      expect(await judgedIn(join(journey.folder, run.exports!))).toHaveLength((await storedIds(run.id)).length);
      expect((await cli(goOn, { cwd: journey.folder })).end).toBe(0);
      expect(await runOf()).toMatchObject({ id: run.id, status: 'done' });
      const contents = journey.server.requests.map(({ content }) => content);
      expect(new Set(contents).size).toBe(contents.length);
    });
  }

  it('by a second Ctrl-C leaves at once with 130, while a call still hangs', async () => {
    let child: ChildProcess | null = null;
    journey = await openJourney({ hold: () => new Promise(() => undefined) });
    const file = await journey.runFile();
    let said = '';
    const ended = cli(['run', file], {
      cwd: journey.folder,
      onStart: (started) => (child = started).stderr!.on('data', (text: string) => (said += text)),
    });
    await expect.poll(() => journey.server.counts.requests).toBeGreaterThan(0);
    child!.kill('SIGINT');
    await expect.poll(() => said).toContain('press Ctrl-C again');
    child!.kill('SIGINT');
    expect((await ended).end).toBe(130);
  });
});

describe('an endpoint that is gone', () => {
  it('stops being asked after 20 units in a row came to nothing; its work stays due, other judges go on, exit 3, resume finishes', async () => {
    let gone = true;
    journey = await openJourney({
      rule: ({ body }) => (gone && body['model'] === 'second' ? { status: 503, body: { error: {} } } : null),
    });
    const openai = { provider: 'openai', base_url: journey.server.openai };
    const other = journey.server.openai.replace('127.0.0.1', 'localhost');
    const file = await journey.runFile({
      suites: [suiteOf(30)],
      judges: [
        { name: 'first', model: 'first', ...openai },
        { name: 'second', model: 'second', provider: 'openai', base_url: other },
      ],
    });
    const quick = () => ({ models: openModels({ env: {}, concurrency: 8, clock: fastClock(1000) }) });
    const ended = await journey.run(file, {}, quick());
    expect(ended.error?.code).toBe('ENDPOINT_DOWN');
    expect(ended.error?.exitCode).toBe(3);
    expect(ended.error?.message).toMatch(/^second: .*20 units in a row came to nothing/);
    const by = async (judge: string, state: 'judged' | 'failed') =>
      (await journey.store.judgments(ended.run.id, { judge, state }, { limit: 1000 })).items.length;
    expect(await by('first', 'judged')).toBe(60);
    const failed = await by('second', 'failed');
    expect(failed).toBeGreaterThanOrEqual(20);
    expect(failed).toBeLessThan(20 + 2 * 8);
    expect(ended.missing).toBe(60 - failed);
    const told = journey.warnings.filter(({ code }) => code === 'ENDPOINT_DOWN').map(({ message }) => message);
    expect(told).toEqual([expect.stringMatching(/^second: .*[^.]\. Its work stays due\.$/)]);

    gone = false;
    const resumed = await journey.resume(ended.run.id);
    expect(resumed).toMatchObject({ status: 'done', missing: 0, failed: 0 });
  });

  it('as a checkpoint leaves what is answered to be judged', async () => {
    let asked = 0;
    journey = await openJourney({
      rule: ({ body }) =>
        body['model'] === 'tuned-model' && ++asked > 30 ? { status: 401, body: { error: { message: 'no' } } } : null,
    });
    const file = await journey.runFile({ suites: [suiteOf(60)], concurrency: 4 });
    const ended = await journey.run(file);
    expect(ended.error?.message).toMatch(/^candidate: .*the key is not accepted/);
    expect(ended.judged).toBe(60);
    expect(ended.missing).toBe(60);
  });
});

describe('a database', () => {
  it('that is none ends the command with one line and exit 2 before anything is asked', async () => {
    journey = await openJourney();
    const file = await journey.runFile();
    await writeFile(
      join(journey.folder, 'no.db'),
      'this is no database, but long enough to be looked at as one'.repeat(40),
    );
    const { end, stderr } = await cli(['run', file, '--database', 'sqlite:no.db'], { cwd: journey.folder });
    expect(end).toBe(2);
    expect(stderr).toMatch(/^error: sqlite:no\.db cannot be (opened|migrated): .*not a database/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(journey.server.counts.requests).toBe(0);
  });

  it('that another program holds for a moment is waited for', async () => {
    let lock: (() => void) | null = null;
    journey = await openJourney({
      rule: () => {
        lock?.();
        return null;
      },
    });
    const file = await journey.runFile({ suites: [suiteOf(20)] });
    const db = new SqliteDatabase(join(journey.folder, 'runs.db'));
    lock = () => {
      lock = null;
      db.exec('begin immediate');
      setTimeout(() => db.exec('commit'), 300);
    };
    const { end, stderr } = await cli(['run', file], { cwd: journey.folder });
    expect(end, stderr).toBe(0);
    db.close();
  });

  it('that is lost in the middle ends the run with exit 3 and one line; what was acknowledged is there, and resume finishes', async () => {
    let lose: (() => void) | null = null;
    let seen = 0;
    journey = await openJourney({
      rule: () => {
        if (++seen === 60) lose?.();
        return null;
      },
    });
    const file = await journey.runFile({ suites: [suiteOf(40)] });
    // Refuses whatever is written from now on, as a disk does that went read-only.
    const db = new SqliteDatabase(join(journey.folder, 'runs.db'));
    lose = () => {
      for (const table of ['judgments', 'responses'])
        db.exec(`create trigger lost_${table} before insert on ${table} begin select raise(abort, 'disk gone'); end`);
    };
    const { end, stderr } = await cli(['run', file], { cwd: journey.folder });
    expect(end).toBe(3);
    expect(stderr).toMatch(/^error: the database or disk failed: disk gone\./m);
    expect(stderr).not.toMatch(/^\s+at /m);
    const run = await runOf();
    const acknowledged = await judgedIn(join(journey.folder, run.exports!));
    const stored = new Set(await storedIds(run.id));
    for (const { id } of acknowledged) expect(stored).toContain(id);
    for (const table of ['judgments', 'responses']) db.exec(`drop trigger lost_${table}`);
    db.close();
    expect((await cli(['resume', run.id], { cwd: journey.folder })).end).toBe(0);
    expect((await storedIds(run.id)).length).toBe(80);
  });

  it('that is locked before anything is asked lets nothing start, and nothing is said to be kept', async () => {
    journey = await openJourney();
    const file = await journey.runFile({});
    const locked = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
    const store = { ...journey.store, createRun: () => Promise.reject(locked) };
    await expect(journey.run(file, {}, { store })).rejects.toMatchObject({
      ...{ code: 'DATABASE_UNUSABLE', exitCode: 2 },
      line: 'the database cannot be used: database is locked. Nothing was asked.',
    });
    expect(journey.server.counts.requests).toBe(0);
  });

  it('serves two runs and a reader at once: no lock error, no lost write', async () => {
    journey = await openJourney({ latency_ms: 2 });
    const { folder } = journey;
    const one = await journey.runFile({ name: 'one', seed: 1, suites: [suiteOf(40)] });
    const first = cli(['run', one], { cwd: folder });
    await writeFile(join(folder, 'two.json'), (await readFile(one, 'utf8')).replace('"seed":1', '"seed":2'));
    const second = cli(['run', join(folder, 'two.json')], { cwd: folder });
    const reader = await openStore(`sqlite:${join(folder, 'runs.db')}`);
    let ended = false;
    const both = Promise.all([first, second]).finally(() => (ended = true));
    let reads = 0;
    while (!ended) {
      for (const run of (await reader.runs()).items) {
        await reader.judgments(run.id, {}, { limit: 50 });
        await reader.tallies(run.id);
        reads++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await both).map(({ end, stderr }) => [end, stderr.includes('lock')])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(reads).toBeGreaterThan(0);
    for (const run of (await reader.runs()).items) expect(await storedIds(run.id)).toHaveLength(80);
    await reader.close();
  });
});

describe('a clock that jumps', () => {
  it('back by a day in the middle changes no record but the times in it', async () => {
    journey = await openJourney();
    let calls = 0;
    const clock = () => Date.UTC(2026, 5, 1) + ++calls * 10 - (calls > 60 ? 86_400_000 : 0);
    const file = await journey.runFile({ suites: [suiteOf(30)] });
    const { status, missing, run } = await journey.run(file, {}, { clock });
    expect({ status, missing }).toEqual({ status: 'done', missing: 0 });
    expect(await storedIds(run.id)).toHaveLength(60);
  });
});

/** Whether a file system of our own may be mounted here. */
const mayMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!mayMount) console.log('disk-full tests are skipped: no mount is permitted here');

describe.skipIf(!mayMount)('a disk', () => {
  it('that is read-only ends the command with one line and exit 2 before anything is asked', async () => {
    journey = await openJourney();
    const file = await journey.runFile();
    const small = join(journey.folder, 'small');
    await mkdir(small);
    const inside = `mount -t tmpfs none ${small} && cp runs.db ${small} && mount -o remount,ro ${small} && exec "$@"`;
    const { end, stderr } = await cli(['run', file, '--database', `sqlite:${join(small, 'runs.db')}`], {
      cwd: journey.folder,
      through: ['unshare', '-m', 'sh', '-c', inside, 'sh'],
    });
    expect(end).toBe(2);
    expect(stderr).toMatch(/^error: sqlite:\S+ cannot be (opened|migrated): /);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(journey.server.counts.requests).toBe(0);
  });

  it('that is full loses no acknowledged judgment: one line, exit 3, and with room again the run finishes', async () => {
    journey = await openJourney({
      answer: (model, prompt) => `${model} on ${prompt}: ${'it goes on and on '.repeat(700)}`,
    });
    const { folder } = journey;
    const file = await journey.runFile({ suites: [suiteOf(60)], concurrency: 4 });
    const small = join(folder, 'small');
    await mkdir(small);
    // A small file system that only this process sees; what stands on it in the end is copied out.
    const inside = `mount -t tmpfs -o size=4m none ${small} && "$@"; code=$?; cp -r ${small} ${folder}/kept; exit $code`;
    const database = (where: string) => ({ DOUBLEBLIND_DATABASE_URL: `sqlite:${join(where, 'runs.db')}` });
    const { end, stderr } = await cli(['run', file, '--exports', join(small, 'exports')], {
      cwd: folder,
      env: database(small),
      through: ['unshare', '-m', 'sh', '-c', inside, 'sh'],
    });
    expect(end, stderr).toBe(3);
    expect(stderr).toMatch(/^error: the database or disk failed: .*(full|no space)/im);
    expect(stderr).not.toMatch(/^\s+at /m);

    const kept = join(folder, 'kept');
    const store = await openStore(database(kept).DOUBLEBLIND_DATABASE_URL);
    const [run] = (await store.runs()).items;
    const stored = new Set<string>();
    for await (const { id } of store.allJudgments(run!.id)) stored.add(id);
    const lines = (await readFile(run!.exports!.replace(small, kept) + '/judged.jsonl', 'utf8'))
      .split('\n')
      .slice(0, -1);
    expect(stored.size).toBeGreaterThan(5);
    for (const line of lines) expect(stored).toContain((JSON.parse(line) as Judgment).id);
    await store.close();
    const again = await cli(['resume', run!.id], { cwd: folder, env: database(kept) });
    expect(again.end, again.stderr).toBe(0);
  });
});
