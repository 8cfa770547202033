// Batches that are open at providers, as a person sees them on the page of a run: posted to `serve` itself, handed in at
// a server that speaks both providers' protocols.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail } from '../../src/answers.js';
import { postedFile } from '../http/carried.js';
import { Gate, type Served, serveIn } from '../http/served.js';
import { startServer, type TestServer } from '../server/index.js';
import { buildPage, CHROMIUM, closeBrowser, visit } from './browser.js';
import { flawsOf, ON_A_PHONE } from './flaws.js';
import { installedIn } from './installed.js';
import { seedRun, suiteOf } from './seed.js';
import { openService } from './service.js';

const PROMPTS = 10;
const DUE = 2 * PROMPTS;
/** Looks after which a batch has ended. */
const LONG = 1_000_000;
const HANDED_IN = 'Handed in at the providers’ batch services';
const AT = String.raw`since \d{4}-\d\d-\d\d \d\d:\d\d`;

const open = (page: Page) => page.getByRole('list', { name: 'Open batches' });
const lines = (page: Page) => open(page).getByRole('listitem');

describe.skipIf(CHROMIUM === null)('open batches on the page of a run', () => {
  let folder: string;
  let gate: Gate;
  let models: TestServer;
  let service: Served;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doubleblind-batches-'));
    gate = new Gate();
    models = await startServer({ hold: gate.pass, batch: { polls: LONG } });
    service = await serveIn({
      main: await installedIn(folder),
      cwd: folder,
      endpoint: [models.openai, models.anthropic],
      env: { DOUBLEBLIND_BATCH_PAUSE: '0.01' },
    });
  });
  afterAll(async () => {
    await closeBrowser();
    service.child.kill('SIGKILL');
    await models.close();
    rmSync(folder, { recursive: true });
  });

  const detail = async (id: string) => (await (await fetch(`${service.address}/api/runs/${id}`)).json()) as RunDetail;
  const post = async (query: string, more: object): Promise<string> => {
    const answer = await fetch(`${service.address}/api/runs${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(postedFile(models.openai, PROMPTS, more)),
    });
    expect(answer.status).toBe(202);
    return ((await answer.json()) as { id: string }).id;
  };
  const judges = () => [
    { name: 'opus', provider: 'anthropic', model: 'opus', base_url: models.anthropic },
    { name: 'gpt-4o', provider: 'openai', model: 'gpt-4o', base_url: models.openai },
  ];
  const batchOf = (judge: string) => models.batches.batches.find(({ items }) => items[0]!.body['model'] === judge)!;

  it('are told judge by judge in the words of the terminal, move by events alone, and go as they are read', async () => {
    gate.open(2 * PROMPTS);
    const id = await post('?batch=true', { judges: judges() });
    const { page, left, complaints, close } = await visit(service.address, `/runs/${id}`, ON_A_PHONE);
    await expect.poll(() => lines(page).count()).toBe(2);
    await page.getByText(HANDED_IN).waitFor();
    const [first, second] = await lines(page).allInnerTexts();
    expect(first).toMatch(new RegExp(`^gpt-4o 1 batch open, 0 of ${DUE} answered, ${AT}$`));
    expect(second).toMatch(new RegExp(`^opus 1 batch open, 0 of ${DUE} answered, ${AT}$`));
    const { batches } = await detail(id);
    const times = await open(page).locator('time').all();
    expect(await Promise.all(times.map((one) => one.getAttribute('datetime')))).toEqual(
      batches!.judges.map(({ since }) => since),
    );
    await expect.poll(() => page.locator('main').getAttribute('aria-busy')).toBeNull();
    expect(await flawsOf(page)).toEqual([]);

    // Nothing but the stream answers from here on.
    await page.route(/\/api\/(?!.*\/events$)/, (route) => route.abort());
    batchOf('gpt-4o').answered = 7;
    await lines(page)
      .filter({ hasText: `1 batch open, 7 of ${DUE} answered` })
      .waitFor();
    expect(await lines(page).last().innerText()).toBe(second);
    batchOf('gpt-4o').polled = LONG;
    await expect.poll(() => lines(page).allInnerTexts()).toEqual([second]);
    await page.unroute(/\/api\/(?!.*\/events$)/);
    batchOf('opus').polled = LONG;
    await page.getByText(`${id} · baseline_comparison · done`).waitFor();
    await open(page).waitFor({ state: 'detached' });
    expect((await detail(id)).batches).toBeNull();
    expect(left).toEqual([]);
    expect(complaints.filter((text) => !/net::ERR_|Failed to load resource/.test(text))).toEqual([]);
    await close();
  }, 180_000);

  it('are not spoken of where judges are asked one by one', async () => {
    gate.open(2 * PROMPTS + 4);
    const id = await post('', { seed: 5 });
    const { page, close } = await visit(service.address, `/runs/${id}`);
    await expect.poll(() => page.locator('.progress span').innerText()).toMatch(new RegExp(`^[1-9]\\d* of ${DUE}`));
    expect((await open(page).count()) + (await page.getByText(HANDED_IN).count())).toBe(0);
    await close();
    gate.open(DUE);
  }, 120_000);

  it('are told of a run that was stopped too, until they are read', async () => {
    const other = await openService({ webRoot: await buildPage() });
    const id = '20261121_140000';
    const small = { suites: [suiteOf('in-domain', 'in-domain', 4)], leftOut: () => true };
    await seedRun(other.store, { id, status: 'stopped', judges: ['opus'], ...small });
    for (const [name, done, hour] of [
      ['one', 500, 12],
      ['two', 10, 11],
    ] as const)
      await other.store.addBatch(
        {
          ...{ id: name, run_id: id, judge: 'opus', provider_id: name, submitted_at: `2026-11-21T${hour}:00:00.000Z` },
          ...{ total: 1000, done, reserved_usd: 0, ended_at: null },
        },
        [],
      );
    const options = { timezoneId: 'Europe/Berlin' };
    const { page, complaints, close } = await visit(other.origin, `/runs/${id}`, options);
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    const told = 'opus 2 batches open, 510 of 2,000 answered, since 2026-11-21 12:00';
    expect(await lines(page).allInnerTexts()).toEqual([told]);
    for (const name of ['one', 'two']) await other.store.endBatch(name, 'now', 0);
    await page.reload();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await open(page).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
    await other.close();
  }, 120_000);
});
