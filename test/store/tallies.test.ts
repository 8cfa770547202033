// What is kept by prompt is what the rows come to, whatever happens to the rows: added in any order and portions, failed
// and judged again, changed, removed, by several connections at once.
import { expect, it } from 'vitest';
import { promptHash } from '../../src/hash.js';
import { seeded } from '../../src/random.js';
import type { Judgment, Order, Run, Suite, Winner } from '../../src/records.js';
import { summarize, tally } from '../../src/stats/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import { judgmentId, type PlacedJudgment } from '../../src/store/judgment-writes.js';
import { concluded, winRates } from '../../src/win-rates.js';
import { judgment as plain } from '../stats/judged.js';
import { everyStore } from '../stores.js';

const RUN = {
  ...{ id: 'run', configuration: 'c', name: 'n', purpose: 'p', description: null, data_purpose: null, data_path: null },
  ...{ tags: {}, baseline: 'base', candidate: 'tuned', sweep: null, origin: 'import', status: 'done', reason: null },
  ...{ config: {}, decision_rule: {}, environment: {}, identities: {}, exports: null, created_at: '' },
  ...{ planned: { prompts: 0, comparisons: 0, responses: 0, judgments: 0 }, started_at: null, ended_at: null },
} as Run;

/** Ids that sort otherwise than their places; the last two have the same text; more prompts than one chunk holds. */
const SUITES = ['west', 'east'].map((name, s): Suite => ({
  name,
  domain: s === 0 ? 'in-domain' : 'out-of-domain',
  description: null,
  prompts: Array.from({ length: 70 }, (_, i) => ({
    id: `p${(i * 37) % 70}`,
    category: i % 3 === 0 ? null : `c${i % 3}`,
    prompt: i >= 68 ? 'the same' : `Question ${s} ${i}`,
    messages: null,
    system: null,
    reference: null,
  })),
}));

function everyJudgment(): PlacedJudgment[] {
  const random = seeded(11);
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  let position = -1;
  return SUITES.flatMap((suite) =>
    suite.prompts.flatMap((prompt) => {
      position++;
      const place = position;
      return ['zoe', 'human:ada', 'bob'].flatMap((judge) =>
        [0, 1, 2].flatMap((repeat) =>
          (['baseline-first', 'candidate-first'] as Order[]).flatMap((order) =>
            [0, ...(place % 9 === 0 ? [1] : [])].flatMap((replicate) =>
              (place % 31 === 0 && replicate === 0 ? [null, 'padded' as const] : [null]).flatMap((canary) => {
                if (random() < 0.1) return [];
                const winner = one<Winner | null>(['candidate', 'candidate', 'baseline', 'tie', null]);
                const at = {
                  run_id: 'run',
                  suite: suite.name,
                  prompt_id: prompt.id,
                  repeat,
                  judge,
                  order,
                  replicate,
                  canary,
                };
                const scores = () => ({ depth: one([1, 2, 3]), style: one([1, 2, 2.5]) });
                const judged = plain({
                  ...at,
                  ...{
                    id: judgmentId(at),
                    domain: suite.domain,
                    category: prompt.category,
                    prompt: prompt.prompt,
                    winner,
                  },
                  ...{ baseline_response: 'b'.repeat(place % 7), candidate_response: 'c'.repeat(place % 5) },
                  ...(winner !== null && judge === 'zoe' ? { score: one([0, 0.25, 0.5, 1]) } : {}),
                  ...(winner === null ? {} : { baseline_scores: scores(), candidate_scores: scores() }),
                  quote_found_in: winner === null ? null : one([null, 'baseline', 'candidate', 'both']),
                  judged_at: '2026-01-01T00:00:00.000Z',
                } as Parameters<typeof plain>[0]);
                return [{ judgment: judged, position: place, own_texts: true }];
              }),
            ),
          ),
        ),
      );
    }),
  );
}

const byKey = <T extends { judge: string; prompt_hash: string }>(rows: readonly T[]): T[] =>
  [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
const keyed = (rows: ReturnType<typeof tally>['tallies']) =>
  [...rows].sort((a, b) => (`${a.suite} ${a.prompt_id} ${a.judge}` < `${b.suite} ${b.prompt_id} ${b.judge}` ? -1 : 1));

/** What the rows of a store come to now, counted from all of them. */
async function fromRows(store: Store) {
  const rows: Judgment[] = [];
  for await (const row of store.allJudgments('run')) rows.push(row);
  return tally(rows, { promptHash: (j) => promptHash(j.prompt!) });
}

async function expectRight(store: Store): Promise<void> {
  const pure = await fromRows(store);
  expect(keyed(await store.tallies('run'))).toEqual(keyed(pure.tallies));
  const { retests, judged, failed } = await store.counted('run');
  expect(byKey(retests)).toEqual(byKey(pure.retests));
  expect({ judged, failed }).toEqual(await store.counts('run'));
  expect(await store.falseTallies('run')).toEqual([]);
}

everyStore('kept tallies', (open, engine) => {
  it('are what the rows come to, after every kind of change', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    await store.createRun(RUN, SUITES);
    await expectRight(store);
    const all = everyJudgment();
    const random = seeded(3);
    const mixed = all.map((row) => ({ row, at: random() })).sort((a, b) => a.at - b.at);
    for (let from = 0; from < mixed.length; from += 900) {
      await store.addJudgments(mixed.slice(from, from + 900).map(({ row }) => row));
      await expectRight(store);
    }
    const before = await store.counted('run');
    const failed = all.filter(({ judgment }) => judgment.state === 'failed').slice(0, 40);
    const again = { state: 'judged', failure: null, winner: 'tie', score: 0.5, judged_at: '2027-01-01' } as const;
    await store.addJudgments(failed.map((row) => ({ ...row, judgment: { ...row.judgment, ...again } as Judgment })));
    await expectRight(store);
    const human = all.find(({ judgment }) => judgment.judge === 'human:ada' && judgment.winner === 'candidate')!;
    await store.db
      .updateTable('judgments')
      .set({ winner: 'baseline', score: 0 })
      .where('id', '=', human.judgment.id)
      .execute();
    await expectRight(store);
    await store.db.deleteFrom('judgments').where('position', '<', 66).execute();
    await expectRight(store);
    expect((await store.counted('run')).version).toBeGreaterThan(before.version);
    await store.deleteRun('run');
    for (const table of ['tallies', 'tallied_runs', 'untallied'] as const)
      expect(await store.db.selectFrom(table).selectAll().execute()).toEqual([]);
  });

  it('give the numbers that the records give, with any filter', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    await store.createRun(RUN, SUITES);
    await store.addJudgments(everyJudgment());
    const run = (await store.run('run'))!;
    const pure = await fromRows(store);
    const due = (await store.stored('run')).filter(({ judge }) => !judge.startsWith('human:'));
    for (const asked of [
      {},
      { judges: ['bob'], by: [['category', 'order'] as const] },
      { excludeOrderDependent: true, level: 0.9 },
    ]) {
      const { estimates, agreement } = await winRates(store, run, asked as object);
      const counted = summarize({ tallies: pure.tallies, due, ...(asked as object) });
      expect({ estimates, agreement }).toEqual({ estimates: counted.estimates, agreement: counted.agreement });
    }
    const east = await winRates(store, run, { suite: 'east' });
    const own = summarize({ tallies: pure.tallies.filter(({ suite }) => suite === 'east') });
    expect(east.estimates[0]!.win_rate).toBe(own.estimates[0]!.win_rate);
    expect(east.warnings).toEqual(own.warnings);
    expect((await winRates(store, run, { suite: 'north' })).estimates[0]!.n_judgments).toBe(0);
  });

  it('give the same summary until something changes: what is asked, what is known of the run, or one judgment', async ({
    skip,
  }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    await store.createRun({ ...RUN, status: 'running' }, SUITES);
    const rows = everyJudgment();
    await store.addJudgments(rows.slice(1));
    const run = (await store.run('run'))!;
    const first = await winRates(store, run, { suite: 'west' });
    expect(await winRates(store, run, { suite: 'west' })).toBe(first);
    expect((await winRates(store, run, { suite: 'east' })).estimates).not.toEqual(first.estimates);
    expect((await winRates(store, run, { suite: 'west', level: 0.5 })).estimates).not.toEqual(first.estimates);
    const rule = await winRates(store, { ...run, decision_rule: { level: 0.5 } }, { suite: 'west' });
    expect(rule.estimates).not.toEqual(first.estimates);
    await store.addJudgments(rows.slice(0, 1));
    const more = await winRates(store, run, { suite: 'west' });
    expect(more.estimates[0]!.n_judgments + more.estimates[0]!.failed).toBe(
      first.estimates[0]!.n_judgments + first.estimates[0]!.failed + 1,
    );
    // Another process changes what it was and tells nobody.
    const one = rows.find(
      ({ judgment: { suite, judge, winner, canary, replicate } }) =>
        suite === 'west' && judge === 'bob' && winner === 'candidate' && canary === null && replicate === 0,
    )!;
    await store.db
      .updateTable('judgments')
      .set({ winner: 'baseline', score: 0 })
      .where('id', '=', one.judgment.id)
      .execute();
    expect((await winRates(store, run, { suite: 'west' })).estimates).not.toEqual(more.estimates);
  });

  it('miss nothing that several writers add while others read', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    await store.createRun(RUN, SUITES);
    const rows = everyJudgment();
    const share = (k: number) => rows.filter((_, i) => i % 4 === k);
    let writing = 4;
    const write = async (own: PlacedJudgment[]) => {
      for (let from = 0; from < own.length; from += 60) await store.addJudgments(own.slice(from, from + 60));
      writing--;
    };
    const read = async () => {
      while (writing > 0) await store.counted('run');
    };
    await Promise.all([...[0, 1, 2, 3].map((k) => write(share(k))), read(), read()]);
    await expectRight(store);
  });

  it('are unpacked once while nothing changes, and anew as soon as a row has', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    await store.createRun(RUN, SUITES);
    const rows = everyJudgment();
    await store.addJudgments(rows.slice(1));
    const { table } = await store.counted('run');
    expect((await store.counted('run')).table).toBe(table);
    await store.addJudgments(rows.slice(0, 1));
    expect((await store.counted('run')).table).not.toBe(table);
    await expectRight(store);
  });

  it('are told false when they are, and the next reader has them right', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    await store.createRun(RUN, SUITES);
    await store.addJudgments(everyJudgment());
    const right = await store.tallies('run');
    const { counted } = await store.db
      .selectFrom('tallies')
      .selectAll()
      .where('chunk', '=', 0)
      .executeTakeFirstOrThrow();
    await store.db.updateTable('tallies').set({ counted }).where('chunk', '=', 1).execute();
    await store.db.deleteFrom('tallies').where('chunk', '=', 2).execute();
    expect(await store.tallies('run')).not.toEqual(right);
    expect(await store.falseTallies('run')).toEqual([
      { first: 64, last: 127 },
      { first: 128, last: 139 },
    ]);
    expect(await store.tallies('run')).toEqual(right);
  });

  it('keep a summary from being kept that a judgment has overtaken', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    await store.createRun(RUN, SUITES);
    const rows = everyJudgment();
    await store.addJudgments(rows.slice(0, 100));
    const { version } = await store.counted('run');
    await store.addJudgments(rows.slice(100, 101));
    await store.keepSummary('run', { summary: '{}', glance: '{}', version });
    expect(await store.keptSummary('run')).toBeNull();
    const { text } = await concluded(store, (await store.run('run'))!);
    expect(await store.keptSummary('run')).toBe(text);
  });
});

it('a database from before tallies were kept has them counted when they are asked for', async () => {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const folder = await mkdtemp(`${tmpdir()}/doubleblind-tallies-`);
  const url = `sqlite:${folder}/old.db`;
  const store = await openStore(url);
  await store.createRun(RUN, SUITES);
  await store.addJudgments(everyJudgment().slice(0, 300));
  const { sql } = await import('kysely');
  for (const table of ['tallies', 'tallied_runs', 'untallied']) await sql.raw(`drop table ${table}`).execute(store.db);
  for (const name of ['added', 'changed', 'removed']) await sql.raw(`drop trigger judgments_${name}`).execute(store.db);
  await sql`delete from kysely_migration where name >= '0006'`.execute(store.db);
  await store.close();
  const opened = await openStore(url);
  await expectRight(opened);
  await opened.close();
  await rm(folder, { recursive: true });
});
