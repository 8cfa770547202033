import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyDatabase } from '../src/copy.js';
import { judgedLines } from '../src/export.js';
import { openStore, type Store } from '../src/store/index.js';
import { winRates } from '../src/win-rates.js';
import { cli } from './cli.js';
import { type Journey, openJourney, suiteOf } from './journeys/world.js';
import { Postgres } from './stores.js';

const postgres = new Postgres();
let folder = '';
let journey: Journey;
let runId = '';
const opened: Store[] = [];
let files = 0;

const open = async (url: string) => {
  const store = await openStore(url);
  opened.push(store);
  return store;
};
const freshSqlite = () => `sqlite:${join(folder, `copy-${files++}.db`)}`;

async function exported(store: Store): Promise<string> {
  let text = '';
  for await (const line of judgedLines(store, runId)) text += line;
  return text;
}

const summarized = async (store: Store) => JSON.stringify(await winRates(store, (await store.run(runId))!));

beforeAll(async () => {
  await postgres.start();
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-copy-'));
  journey = await openJourney();
  const judges = ['one', 'two'].map((name) => ({
    ...{ name, provider: 'openai', model: `${name}-model`, base_url: journey.server.openai },
  }));
  const suites = [suiteOf(9), suiteOf(7, 'out-of-domain')];
  const { run } = await journey.run(await journey.runFile({ suites, judges, canaries: true, retest: 0.3 }));
  runId = run.id;
});
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
  await journey.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a copied database', () => {
  it('goes from SQLite to PostgreSQL and back with the same bytes exported and the same summary to the last digit', async (context) => {
    if (postgres.missing !== null) return context.skip(postgres.missing);
    const there = await open(await postgres.fresh());
    const back = await open(freshSqlite());
    const first = await copyDatabase(journey.store, there);
    const second = await copyDatabase(there, back);
    expect(first.rows['judgments']).toBeGreaterThan(60);
    expect(second).toEqual(first);
    const [bytes, summary] = [await exported(journey.store), await summarized(journey.store)];
    expect(await exported(there)).toBe(bytes);
    expect(await exported(back)).toBe(bytes);
    expect(await summarized(there)).toBe(summary);
    expect(await summarized(back)).toBe(summary);
  });

  it('holds the same when it is copied again, and then what was added since', async () => {
    const target = await open(freshSqlite());
    const first = await copyDatabase(journey.store, target);
    expect(await copyDatabase(journey.store, target)).toEqual(first);
    await target.db.deleteFrom('judgments').where('position', '<', 3).execute();
    await target.db.updateTable('judgments').set({ state: 'failed' }).where('position', '=', 5).execute();
    expect(await copyDatabase(journey.store, target)).toEqual(first);
    expect(await exported(target)).toBe(await exported(journey.store));
  });

  it('that holds another judgment under an id is refused and left as it was', async () => {
    const target = await open(freshSqlite());
    await copyDatabase(journey.store, target);
    await target.db.updateTable('judgments').set({ rationale: 'changed' }).where('position', '=', 2).execute();
    await target.db.deleteFrom('judgments').where('position', '=', 4).execute();
    const before = await exported(target);
    await expect(copyDatabase(journey.store, target)).rejects.toMatchObject({ code: 'COPY_DIFFERS' });
    expect(await exported(target)).toBe(before);
  });

  it('keeps the runs it had beside those that came', async () => {
    const target = await open(freshSqlite());
    await copyDatabase(journey.store, target);
    for (const table of ['runs', 'judgments', 'responses', 'prompts'] as const) {
      const column = table === 'runs' ? 'id' : 'run_id';
      await target.db
        .updateTable(table)
        .set({ [column]: 'own' } as never)
        .execute();
    }
    await target.db
      .updateTable('judgments')
      .set({ id: sql`'x' || id` })
      .execute();
    await target.db
      .updateTable('responses')
      .set({ id: sql`'x' || id` })
      .execute();
    await copyDatabase(journey.store, target);
    expect((await target.runs()).items.map(({ id }) => id).sort()).toEqual([runId, 'own'].sort());
  });

  it('has every table, but for who carries out what at the moment', async () => {
    const target = await open(freshSqlite());
    const { rows } = await copyDatabase(journey.store, target);
    const { rows: tables } = await sql<{ name: string }>`
      select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'kysely_%'`.execute(
      target.db,
    );
    const here = [
      'holders',
      'workers',
      'leases',
      'endpoint_limits',
      'suspects',
      'tallies',
      'tallied_runs',
      'untallied',
    ];
    expect(Object.keys(rows).sort()).toEqual(
      tables
        .map(({ name }) => name)
        .filter((n) => !here.includes(n))
        .sort(),
    );
  });
});

describe('the command line', () => {
  it('migrates once when several processes migrate a new database at the same moment, on either engine', async (context) => {
    for (const url of [freshSqlite(), ...(postgres.missing === null ? [await postgres.fresh()] : [])]) {
      const due = await cli(['migrate', '--dry-run', '--json', '--database', url], { cwd: folder });
      const names = (JSON.parse(due.stdout) as { steps: string[] }).steps;
      expect(names.length).toBeGreaterThan(1);
      const ended = await Promise.all(
        [1, 2, 3].map(() => cli(['migrate', '--json', '--database', url], { cwd: folder })),
      );
      expect(ended.map(({ end, stdout }) => [end, stdout.includes('error')])).toEqual(Array(3).fill([0, false]));
      const taken = ended.flatMap(({ stdout }) => (JSON.parse(stdout) as { steps: string[] }).steps);
      expect(taken.sort()).toEqual(names);
    }
    if (postgres.missing !== null) context.skip(postgres.missing);
  });

  it('copies a database and refuses to copy one onto itself', async () => {
    const [from, to] = [`sqlite:${join(journey.folder, 'runs.db')}`, freshSqlite()];
    const copied = await cli(['copy', from, to, '--json'], { cwd: folder });
    expect(JSON.parse(copied.stdout)).toMatchObject({ runs: 1, from, to, rows: { runs: 1 } });
    expect((await cli(['copy', from, from], { cwd: folder })).end).toBe(2);
  });

  it('refuses a source that is no database of its own, and makes none', async () => {
    const [missing, to] = [`sqlite:${join(folder, 'none', 'mistyped.db')}`, freshSqlite()];
    const { end, stderr } = await cli(['copy', missing, to], { cwd: folder });
    expect([end, stderr]).toEqual([2, expect.stringMatching(/mistyped\.db cannot be opened: there is no such file\./)]);
    const others = join(folder, 'others.db');
    await writeFile(others, '');
    const refused = await cli(['copy', `sqlite:${others}`, to], { cwd: folder });
    expect([refused.end, refused.stderr]).toEqual([
      2,
      expect.stringContaining('others.db is no database of doubleblind'),
    ]);
    expect((await readdir(folder)).filter((name) => name === 'none' || to.endsWith(name))).toEqual([]);
  });
});
