import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { calibrate } from '../src/calibration.js';
import type { Run } from '../src/records.js';
import type { BlindPair, Reveal } from '../src/answers.js';
import { importVotes, reviewCsv, reviewRows } from '../src/review-file.js';
import { createQueue, queueState, type QueueOptions } from '../src/review-queue.js';
import { cli } from './cli.js';
import { openStore } from '../src/store/index.js';
import { seedRun, service, type Service } from './http/seeded.js';
import { databaseIn } from './stores.js';

let s: Service;
let run: Run;
beforeEach(async () => {
  s = await service();
  run = await seedRun(s.store, { prompts: [20, 9] });
  return () => s.close();
});

const NOW = '2026-11-21T12:00:00.000Z';
const create = (options: Partial<QueueOptions> = {}) =>
  createQueue(s.store, run, {
    n: 10,
    strategy: 'random',
    reviewers: ['ana', 'ben'],
    overlap: 0.2,
    now: NOW,
    ...options,
  });
const csvOf = async (reviewer: string) =>
  parse(reviewCsv(await reviewRows(s.store, run, reviewer)), { columns: true }) as Record<string, string>[];
const filled = (rows: Record<string, string>[], verdict: (row: Record<string, string>) => string) =>
  stringify(
    rows.map((row) => ({ ...row, verdict: verdict(row) })),
    { header: true },
  );
const take = (text: string, change = false) => importVotes(s.store, run, text, { file: 'votes.csv', now: NOW, change });
const candidateIs = (row: Record<string, string>) => (row['response_a']!.startsWith('A considered') ? 'A' : 'B');

describe('queues', () => {
  it('deal comparisons to people, and a share of them to everybody', async () => {
    const queue = await create({ reviewers: ['ana', 'ben', 'cem'], n: 10, overlap: 0.3 });
    expect(queue).toMatchObject({ comparisons: 10, shared: 3, eligible: 29 });
    const items = await s.store.reviewItems(run.id);
    const people = new Map<number, Set<string>>();
    for (const { position, reviewer } of items) people.set(position, (people.get(position) ?? new Set()).add(reviewer));
    expect([...people.values()].map((set) => set.size).sort()).toEqual([1, 1, 1, 1, 1, 1, 1, 3, 3, 3]);
  });

  it('asked again change nothing; a larger random one keeps what it has, tokens and orders too', async () => {
    await create({ n: 6 });
    const before = await s.store.reviewItems(run.id);
    await create({ n: 6 });
    expect(await s.store.reviewItems(run.id)).toEqual(before);
    await create({ n: 12 });
    const after = await s.store.reviewItems(run.id);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(new Set(after.map(({ position }) => position)).size).toBe(12);
  });

  it('keep the random stratum apart: what chance draws later joins it, what a strategy takes never leaves it', async () => {
    await create({ strategy: 'low-margin', n: 29, reviewers: ['ana'] });
    const stratum = async () => new Set((await s.store.reviewItems(run.id)).map((item) => item.stratum));
    expect(await stratum()).toEqual(new Set(['low-margin']));
    const tokens = (await s.store.reviewItems(run.id)).map(({ token }) => token).sort();
    await create({ n: 5, reviewers: ['ana'] });
    const items = await s.store.reviewItems(run.id);
    expect(items.filter((item) => item.stratum === 'random')).toHaveLength(5);
    expect(items.map(({ token }) => token).sort()).toEqual(tokens);
    await create({ strategy: 'low-margin', n: 29, reviewers: ['ana'] });
    expect((await s.store.reviewItems(run.id)).filter((item) => item.stratum === 'random')).toHaveLength(5);
  });

  it('find comparisons on which judges disagree or whose winner changed with the order, and only those', async () => {
    const tallies = await s.store.tallies(run.id);
    const find = (position: number) => tallies.filter((_, i) => Math.floor(i / 2) === position);
    for (const [strategy, holds] of [
      ['order-dependent', (position: number) => find(position).some(({ outcomes }) => outcomes === 'o')],
      ['disagreement', (position: number) => new Set(find(position).map(({ scores }) => scores[0])).size > 1],
    ] as const) {
      const { eligible } = await create({ strategy, n: 29, reviewers: [strategy] });
      const items = await s.store.reviewItems(run.id, strategy);
      expect(items).toHaveLength(eligible);
      expect(eligible).toBeLessThan(29);
      for (const { position } of items) expect(holds(position)).toBe(true);
    }
  });

  it('refuse names that are none, and a strategy that finds nothing', async () => {
    await expect(create({ reviewers: ['<b>'] })).rejects.toMatchObject({ code: 'USAGE' });
    await s.store.db.deleteFrom('responses').execute();
    await expect(create()).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('the page', () => {
  const next = (reviewer: string) => s.app.inject({ url: `/api/runs/${run.id}/review/next?reviewer=${reviewer}` });
  const vote = (payload: object) => s.app.inject({ method: 'POST', url: `/api/runs/${run.id}/review`, payload });

  it('works through the queue and stops at its end; who has none may still judge anything', async () => {
    await create({ n: 3, reviewers: ['ana'] });
    const positions: string[] = [];
    for (let done = 0; done < 3; done++) {
      const pair = (await next('ana')).json<BlindPair>();
      expect(Object.keys(pair)).toEqual(['token', 'prompt', 'response_a', 'response_b', 'progress']);
      expect(pair.progress).toEqual({ done, total: 3 });
      positions.push(pair.prompt);
      expect((await vote({ token: pair.token, verdict: 'A' })).json<Reveal>().progress).toEqual({
        done: done + 1,
        total: 3,
      });
    }
    expect(new Set(positions).size).toBe(3);
    expect((await next('ana')).statusCode).toBe(204);
    expect((await next('ben')).statusCode).toBe(200);
  });

  it('a vote can be changed when that is said; all votes stay, and only the blind one is measured', async () => {
    await create({ n: 1, reviewers: ['ana'] });
    const { token } = (await next('ana')).json<BlindPair>();
    const first = (await vote({ token, verdict: 'A' })).json<Reveal>();
    expect((await vote({ token, verdict: 'B' })).json()).toMatchObject({ code: 'ALREADY_VOTED' });
    const second = (await vote({ token, verdict: 'B', change: true })).json<Reveal>();
    expect(second.winner).not.toBe(first.winner);
    expect(second.judgment_id).toBe(first.judgment_id);
    expect((await s.store.judgment(first.judgment_id))!.winner).toBe(second.winner);
    expect((await s.store.votes(run.id)).map(({ winner }) => winner)).toEqual([first.winner, second.winner]);
    const { labels, disagreements } = await calibrate(s.store, run);
    expect(labels.changed_after_reveal).toBe(1);
    const blind = first.winner === 'candidate' ? 'win' : 'loss';
    for (const one of disagreements) expect(one.label).toBe(blind);
  });
});

describe('files', () => {
  it('hold two texts, a prompt and a token, and no word that says who is who', async () => {
    await create({ n: 29 });
    const secrets = [
      'base-model-x',
      'tuned-model-y',
      'baseline',
      'candidate',
      'judge',
      run.id,
      'suite-',
      'random',
      'first',
    ];
    const ids = (await s.store.judgments(run.id, {}, { limit: 1000 })).items.map(({ id }) => id);
    const responses = await s.store.responsesAt(run.id, [0, 1, 2]);
    for (const reviewer of ['ana', 'ben']) {
      const text = reviewCsv(await reviewRows(s.store, run, reviewer));
      for (const secret of [...secrets, ...ids, ...responses.map(({ id }) => id)]) expect(text).not.toContain(secret);
      const rows = await csvOf(reviewer);
      expect(Object.keys(rows[0]!)).toEqual(['token', 'prompt', 'response_a', 'response_b', 'verdict']);
      for (const row of rows)
        expect([row['token'], row['verdict']]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), '']);
    }
  });

  it('A is the candidate about half of the time, and a token says nothing of it', async () => {
    const reviewers = Array.from({ length: 10 }, (_, i) => `r${i}`);
    await create({ n: 29, reviewers, overlap: 1 });
    const items = await s.store.reviewItems(run.id);
    const first = items.filter(({ order }) => order === 'candidate-first').length;
    // Five standard deviations of a fair coin.
    expect(Math.abs(first - items.length / 2)).toBeLessThan(5 * Math.sqrt(items.length / 4));
    expect(new Set(items.map(({ token }) => token)).size).toBe(290);
  });

  it('come back as votes through the order each person saw; open rows stay open', async () => {
    await create({ n: 10, overlap: 0.5 });
    const rows = await csvOf('ana');
    const text = filled(rows, (row) => (row === rows[0] ? '' : candidateIs(row).toLowerCase()));
    expect(await take(text)).toMatchObject({ added: rows.length - 1, changed: 0, same: 0, open: 1 });
    expect(await take(text)).toMatchObject({ added: 0, same: rows.length - 1, open: 1 });
    const { items } = await s.store.judgments(run.id, { judge: 'human:ana' });
    expect(new Set(items.map(({ winner }) => winner))).toEqual(new Set(['candidate']));
    expect(new Set(items.map(({ verdict }) => verdict))).toEqual(new Set(['A', 'B']));
    expect(await csvOf('ana')).toHaveLength(1);
    expect((await queueState(s.store, run)).reviewers[0]).toMatchObject({ reviewer: 'ana', done: rows.length - 1 });
  });

  it('change a vote only when that is said, and then it is as blind as the first', async () => {
    await create({ n: 4, reviewers: ['ana'] });
    const rows = await csvOf('ana');
    await take(filled(rows, candidateIs));
    const other = filled(rows, (row) => (candidateIs(row) === 'A' ? 'B' : 'A'));
    await expect(take(other)).rejects.toMatchObject({ code: 'ALREADY_VOTED' });
    expect(await take(other, true)).toMatchObject({ changed: 4 });
    expect(await s.store.votes(run.id)).toHaveLength(8);
    const { labels, disagreements } = await calibrate(s.store, run);
    expect(labels.changed_after_reveal).toBe(0);
    for (const { label } of disagreements) expect(label).toBe('loss');
  });

  it('with a wrong row are taken in no part', async () => {
    await create({ n: 4, reviewers: ['ana'] });
    const rows = await csvOf('ana');
    const wrong = filled(rows, (row) => (row === rows[3] ? 'maybe' : 'A'));
    await expect(take(wrong)).rejects.toMatchObject({ code: 'INVALID_VALUE', place: { file: 'votes.csv' } });
    await expect(take(filled(rows, () => 'A').replaceAll(rows[3]!['token']!, '00'))).rejects.toMatchObject({
      code: 'REVIEW_TOKEN_INVALID',
    });
    await expect(take('a,b\n1,2\n')).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    await expect(take(`${filled(rows, () => 'A')}${rows[0]!['token']!},p,a,b,A\n`)).rejects.toMatchObject({
      code: 'INVALID_VALUE',
    });
    expect(await s.store.votes(run.id)).toEqual([]);
  });

  it('are made so that a spreadsheet runs nothing', async () => {
    const hostile = await seedRun(s.store, { id: '20261121_203000-evil', prompts: [3], candidateText: () => '=1+1' });
    await createQueue(s.store, hostile, { n: 3, strategy: 'random', reviewers: ['ana'], overlap: 0, now: NOW });
    const text = reviewCsv(await reviewRows(s.store, hostile, 'ana'));
    expect(text).toContain("'=1+1");
    expect(text).not.toMatch(/,=/);
  });
});

describe('the command line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doubleblind-review-'));
    const store = await openStore(await databaseIn(folder));
    await seedRun(store, { prompts: [8] });
    await store.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('makes a queue, writes and takes a file, and calibrates', async () => {
    const id = '20261121_103000-ab12';
    const made = await cli(['review', 'create', id, '--n', '6', '--reviewers', 'ana,ben', '--json'], { cwd: folder });
    expect(JSON.parse(made.stdout)).toMatchObject({ comparisons: 6, strategy: 'random' });
    const out = await cli(['review', 'export', id, '--reviewer', 'ana'], { cwd: folder });
    const { writeFile } = await import('node:fs/promises');
    const rows = parse(out.stdout, { columns: true }) as Record<string, string>[];
    await writeFile(
      join(folder, 'votes.csv'),
      filled(rows, () => 'tie'),
    );
    const took = await cli(['review', 'import', id, 'votes.csv'], { cwd: folder });
    expect(took.stdout).toContain(`${rows.length} votes added`);
    expect((await cli(['review', 'status', id], { cwd: folder })).stdout).toContain(
      'no comparison was judged by two people',
    );
    const shown = await cli(['calibrate', id], { cwd: folder });
    expect(shown.stdout.replace(/\s+/g, ' ')).toContain('at least 20 are needed');
    const json = JSON.parse((await cli(['calibrate', id, '--json'], { cwd: folder })).stdout) as { basis: string };
    expect(json.basis).toBe('random');
    expect((await cli(['review', 'export', id, '--reviewer', 'zoe'], { cwd: folder })).end).toBe(2);
  });
});
