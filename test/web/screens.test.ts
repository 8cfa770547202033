import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPage, CHROMIUM, closeBrowser, visit } from './browser.js';
import { flawsOf, ON_A_PHONE } from './flaws.js';
import type { Kysely } from 'kysely';
import type { Store } from '../../src/store/index.js';
import { seedRun, suiteOf } from './seed.js';
import { openService, type Service } from './service.js';

const RUN = '20261121_103000';
/** Two workers that beat, one that fell silent, and a process that carries a run out by itself. */
async function seedWorkers({ db, hold }: Store, run: string): Promise<void> {
  const worker = { addresses: '[]', endpoints: null, judged: 400, per_minute: 90, pid: 7 };
  const rows = [
    { id: 'a', host: 'gpu1', started_at: '1', beat_at: new Date(Date.now() + 3_600_000).toISOString() },
    { id: 'b', host: 'gpu2', started_at: '2', beat_at: new Date(Date.now() + 3_600_000).toISOString() },
    { id: 'c', host: 'gpu3', started_at: '3', beat_at: new Date(Date.now() - 5 * 3_600_000).toISOString() },
  ];
  const all = rows.map((row) => ({ ...worker, ...row, endpoints: row.id === 'b' ? '["brie","opus"]' : null }));
  await (db as unknown as Kysely<{ workers: (typeof all)[number] }>).insertInto('workers').values(all).execute();
  await hold(run, 'laptop:42:1', new Date().toISOString(), () => false);
}
const FILE = { name: 'theirs.jsonl', mimeType: 'text/plain' };

describe.skipIf(CHROMIUM === null)('every screen', () => {
  let service: Service;
  let webRoot: string;
  let screens: [name: string, path: string, ready: (page: Page) => Promise<unknown>][];

  beforeAll(async () => {
    webRoot = await buildPage();
    service = await openService({ webRoot });
    const suites = [suiteOf('in-domain', 'in-domain', 24), suiteOf('out-of-domain', 'out-of-domain', 110)];
    await seedRun(service.store, { id: RUN, judges: ['opus', 'gpt-4o', 'sonnet'], suites });
    await seedRun(service.store, { id: '20261121_110000', status: 'running', judges: ['opus'], suites, due: 40 });
    const { items } = await service.store.judgments(RUN, { outcome: 'win' });
    const [first] = items;
    const changed = '20261121_095000';
    const some = [suiteOf('in-domain', 'in-domain', 6)];
    await seedRun(service.store, { id: changed, judges: ['opus'], suites: some });
    const [wrong] = (await service.store.judgments(changed, { winner: 'candidate' })).items;
    const winner = { winner: 'baseline', score: 0 } as const;
    await service.store.db.updateTable('judgments').set(winner).where('id', '=', wrong!.id).execute();
    await seedWorkers(service.store, RUN);
    const lines = items.map((j, i) => JSON.stringify(i === 3 ? { ...j, winner: 'baseline', score: 0 } : j)).join('\n');
    const judgment = `/judgments/${first!.id}`;
    const trace = (page: Page) => page.getByRole('heading', { name: 'How this winner came about' }).waitFor();
    const named = async (page: Page) => {
      await page.getByLabel('Your name').fill('ada');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'A is better' }).waitFor();
    };
    screens = [
      ['runs', '/', (page) => page.getByRole('progressbar').waitFor()],
      ['run', `/runs/${RUN}`, (page) => page.getByRole('img', { name: /^Win rate/ }).waitFor()],
      [
        'run, as a table',
        `/runs/${RUN}`,
        async (page) => {
          await page.getByRole('button', { name: 'as a table' }).click();
          await page.getByText('how decided').click();
        },
      ],
      ['running', '/runs/20261121_110000', (page) => page.getByText('So far:', { exact: true }).waitFor()],
      [
        'workers',
        '/',
        async (page) => {
          await page.getByRole('progressbar').waitFor();
          await page.getByText('2 workers alive').click();
        },
      ],
      ['no run fits', '/?purpose=ablation_study', (page) => page.getByText('No run fits').waitFor()],
      ['no sample fits', `/runs/${RUN}/samples?q=nothing`, (page) => page.getByText('No sample fits').waitFor()],
      ['audit of a run', `/runs/${RUN}/audit`, (page) => page.getByText('follows from the judge').waitFor()],
      [
        'audit that finds something',
        `/runs/${changed}/audit`,
        (page) => page.getByText("contradicts the judge's own words").waitFor(),
      ],
      ['samples', `/runs/${RUN}/samples`, (page) => page.getByRole('link', { name: /^p001/ }).first().waitFor()],
      ['judgment', judgment, trace],
      [
        'differences',
        judgment,
        async (page) => {
          await trace(page);
          await page.getByRole('button', { name: 'word by word' }).click();
        },
      ],
      [
        'as the judge saw it',
        judgment,
        async (page) => {
          await trace(page);
          await page.getByRole('button', { name: 'as the judge saw it' }).click();
          await page.getByText('Raw record').click();
        },
      ],
      ['who are you', `/runs/${RUN}/review`, (page) => page.getByLabel('Your name').waitFor()],
      ['review', `/runs/${RUN}/review`, named],
      [
        'changing a vote',
        `/runs/${RUN}/review`,
        async (page) => {
          await named(page);
          await page.keyboard.press('1');
          await page.getByText('You preferred').waitFor();
          await page.keyboard.press('c');
          await page.getByText('both votes are kept').waitFor();
        },
      ],
      [
        'reveal',
        `/runs/${RUN}/review`,
        async (page) => {
          await named(page);
          await page.keyboard.press('0');
          await page.getByText('You called it even').waitFor();
        },
      ],
      [
        'audit',
        '/audit',
        async (page) => {
          await page.setInputFiles('input[type=file]', { ...FILE, buffer: Buffer.from(lines) });
          await page.getByText('line 4', { exact: true }).click();
          await page.getByText('candidate_response').waitFor();
        },
      ],
      ['leaderboard', '/leaderboard', (page) => page.getByRole('table').first().waitFor()],
      ['audit, before a file', '/audit', (page) => page.getByText('Drop a file here').waitFor()],
      ['no such run', '/runs/none', (page) => page.getByRole('alert').waitFor()],
      ['missing', '/nowhere', (page) => page.getByRole('heading').waitFor()],
    ];
  });
  afterAll(async () => {
    await closeBrowser();
    await service.close();
  });

  it('has no violation that axe finds and does not slide sideways, dark on a phone and light on a desk', async () => {
    for (const [name, path, ready] of screens) {
      const { page, complaints, close } = await visit(service.origin, path, ON_A_PHONE);
      await ready(page);
      const found = await flawsOf(page);
      const wrong = complaints.filter((text) => name !== 'no such run' || !text.includes('404'));
      expect({ name, found, wrong }).toEqual({ name, found: [], wrong: [] });
      await close();
    }
  }, 600_000);

  it('the control: words too pale in one theme and a table too wide for a phone are found', async () => {
    const { page, close } = await visit(service.origin, '/nowhere', ON_A_PHONE);
    await page.getByRole('heading').waitFor();
    await page.evaluate(`
      const words = document.querySelector('main').appendChild(document.createElement('p'));
      words.textContent = 'words';
      words.style.cssText = 'width: 600px; color: light-dark(#ccc, #fff); background: light-dark(#fff, #000)';
    `);
    expect(await flawsOf(page)).toEqual([
      expect.stringMatching(/^dark, on a phone: slides sideways by \d+ px$/),
      expect.stringMatching(/^light, on a desk: color-contrast: <p style=/),
    ]);
    await close();
  }, 120_000);

  it('has no violation at the door or where no run is', async () => {
    const locked = await openService({ webRoot, token: 'a-long-secret-token' });
    const { page, close } = await visit(locked.origin, '/', ON_A_PHONE);
    await page.getByLabel('Token').and(page.locator(':focus')).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.keyboard.type('not the token');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the token.').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByLabel('Token').fill('a-long-secret-token');
    await page.keyboard.press('Enter');
    await page.getByText('No run yet.').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await close();
    await locked.close();
  }, 120_000);

  it('says who works, how fast, and who was not heard of', async () => {
    const { page, close } = await visit(service.origin, '/');
    await page
      .getByText('2 workers alive, 180 units a minute · 1 silent · 1 run carried out by its own process')
      .click();
    const items = await page.getByRole('group').getByRole('listitem').allInnerTexts();
    expect(items.map((text) => text.replaceAll('\u00a0', ' '))).toEqual([
      `laptop, process 42 carries out ${RUN}`,
      'gpu1, process 7 asks everybody · 90 units a minute · 400 since it started',
      'gpu2, process 7 asks brie, opus · 90 units a minute · 400 since it started',
      'gpu3, process 7 asks everybody · 90 units a minute · 400 since it started · not heard of for 5 h',
    ]);
    await close();
  });

  it('leads from a finding of a run’s audit to the judgment it speaks of', async () => {
    const { page, close } = await visit(service.origin, '/runs/20261121_095000');
    await page.getByRole('link', { name: 'Audit', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByText("contradicts the judge's own words").waitFor();
    await page.getByRole('link', { name: 'judgment', exact: true }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByText('not borne out').first().waitFor();
    await close();
  });

  it.each([800, 390, 320])('has each interval in its own place, %d px wide', async (width) => {
    await (await fetch(`${service.origin}/api/runs/${RUN}/win-rates`)).text();
    const viewport = { width, height: 740 };
    const runs = await visit(service.origin, '/', { viewport });
    const texts = runs.page.locator('.run-domains dd > .quiet', { hasText: '(' });
    await texts.first().waitFor();
    const widths = await texts.evaluateAll((all) =>
      (all as unknown as { scrollWidth: number; clientWidth: number }[]).map((e) => e.scrollWidth - e.clientWidth),
    );
    expect(Math.max(...widths)).toBe(0);
    await runs.close();
    const board = await visit(service.origin, '/leaderboard', { viewport });
    const mark = board.page.locator('.interval-mark').first();
    await mark.waitFor();
    const { x, width: drawn } = (await mark.boundingBox())!;
    expect(x + drawn).toBeLessThanOrEqual(width - 16);
    // On a phone the interval is read beside its mark, without a slide.
    const interval = (await board.page.locator('.boards tbody tr').first().locator('td').nth(3).boundingBox())!;
    if (width >= 390) expect(interval.x + interval.width).toBeLessThanOrEqual(width);
    await board.close();
  });

  it('does not jump while it is read in', async () => {
    for (const [name, path, ready] of screens.filter(([name]) =>
      ['runs', 'run', 'samples', 'judgment', 'audit of a run', 'review', 'leaderboard'].includes(name),
    )) {
      const { page, close } = await visit(service.origin, path);
      await ready(page);
      // Layout shift as browsers score it: 0.1 is called good.
      const score = await page.evaluate(`new Promise((told) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => told(sum)));
      })`);
      expect({ name, jumps: Number(score) > 0.02 }).toEqual({ name, jumps: false });
      await close();
    }
  });

  it('wears the theme that was chosen, over the one of the system', async () => {
    const { page, close } = await visit(service.origin, '/', { colorScheme: 'light' });
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    await page.getByLabel('Theme').selectOption('dark');
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await paper()).toBe(dark);
    await page.getByLabel('Theme').selectOption('auto');
    expect(await paper()).toBe(light);
    await close();
  });
});
