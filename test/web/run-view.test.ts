import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Calibration } from '../../src/summary.js';
import { callWords } from '../../src/words.js';
import { buildPage, CHROMIUM, closeBrowser, visit } from './browser.js';
import { flawsOf, ON_A_PHONE } from './flaws.js';
import { openService, type Service } from './service.js';
import { seedJudgments } from './seed.js';
import { LIVE, seedViews, VIEWS } from './views.js';

const runPath = (id: string) => `/runs/${id}`;
const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const plain = async (of: Promise<string>) => (await of).replaceAll('\u00a0', ' ');
/** Win rates of the forest plot as they stand beside it. */
const ratesOf = (page: Page) =>
  plain(
    page
      .locator('.forest li .forest-rate')
      .allInnerTexts()
      .then((all) => all.join(';')),
  );
const loaded = (page: Page) => page.getByRole('heading', { name: 'Configuration', exact: true }).waitFor();

describe.skipIf(CHROMIUM === null)('the page of a run', () => {
  let service: Service;

  beforeAll(async () => {
    service = await openService({ webRoot: await buildPage() });
    await seedViews(service.store);
  }, 120_000);
  afterAll(async () => {
    await closeBrowser();
    await service.close();
  });

  const views: [name: string, path: string, ready: (page: Page) => Promise<unknown>][] = [
    ['whole', runPath(VIEWS.whole), (page) => page.getByText('people among themselves').waitFor()],
    [
      'whole, every table and judge opened',
      runPath(VIEWS.whole),
      async (page) => {
        await page.getByText('people among themselves').waitFor();
        await page.evaluate(`document.querySelectorAll('details').forEach((one) => one.setAttribute('open', ''))`);
        await page.keyboard.press('t');
        await page.getByRole('columnheader', { name: 'at equal length' }).waitFor();
      },
    ],
    [
      'sweep',
      runPath(VIEWS.steps[2]),
      (page) => page.getByRole('img', { name: /^Win rate of the candidate over training steps/ }).waitFor(),
    ],
    [
      'live',
      runPath(VIEWS.live),
      async (page) => {
        await page.getByText('How it moved').click();
        await page
          .getByRole('img', { name: /^Confidence sequence/ })
          .first()
          .waitFor();
      },
    ],
    ['stopped', runPath(VIEWS.stopped), loaded],
    ['compare', `/compare?runs=${VIEWS.plain},${VIEWS.whole}`, (page) => page.getByText('prompts shared').waitFor()],
    ['choice', '/compare', (page) => page.getByRole('checkbox').first().waitFor()],
  ];

  it('has no violation that axe finds, does not slide sideways and asks for nothing elsewhere', async () => {
    for (const [name, path, ready] of views) {
      const { page, left, complaints, close } = await visit(service.origin, path, ON_A_PHONE);
      await ready(page);
      const found = await flawsOf(page);
      expect({ name, found, left, complaints }).toEqual({ name, found: [], left: [], complaints: [] });
      await close();
    }
  }, 600_000);

  it('shows all five counts on a phone, in picture and table, and draws no line through a word', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.whole), ON_A_PHONE);
    await loaded(page);
    const forest = section(page, 'Win rate of the candidate');
    const width = page.viewportSize()!.width;
    const seen = async (counts: Locator[]) => {
      const boxes = await Promise.all(counts.map((one) => one.boundingBox()));
      return boxes.filter((box) => box !== null && box.width > 0 && box.x >= 0 && box.x + box.width <= width).length;
    };
    expect(await seen(await forest.locator('li:first-child .forest-outcomes > *').all())).toBe(5);
    const struck = await page.evaluate(`
      const boxes = (what) => [...document.querySelectorAll('.forest > ' + what)].map((one) => one.getBoundingClientRect());
      const words = boxes('ol > li :is(.forest-label, .forest-rate, .forest-n, .forest-outcomes > *)');
      const lines = boxes('.picture line');
      [lines.length > 20, lines.filter((line) => words.some((word) =>
        line.left < word.right && line.right > word.left && line.top < word.bottom - 1 && line.bottom > word.top + 1)).length]
    `);
    expect(struck).toEqual([true, 0]);
    await page.keyboard.press('t');
    expect(await seen((await forest.getByRole('row').nth(1).getByRole('cell').all()).slice(1, 6))).toBe(5);
    await close();
  });

  it('says of each judge what is wrong, what it was certified at, and how the judges make one rate', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.whole));
    await loaded(page);
    const judges = await plain(section(page, 'Judges').innerText());
    expect(judges).toContain('prefers the first text: 64');
    expect(judges).toContain('certified: right in 84.0 % (78.0–89.0) of 160 pairs with known answers');
    expect(judges).toMatch(/as the majority of the judges has it.*Together they are worth \d\.\d independent/s);
    // Every remark leads to the judgments behind it; those behind a certification are another run's.
    const remarks = section(page, 'Judges').locator('.remarks > li');
    expect(await remarks.locator('a[href*="/samples"]').count()).toBe(await remarks.count());
    const certified = remarks.filter({ hasText: 'certified' }).first().getByRole('link');
    expect(await certified.getAttribute('href')).toBe(`/runs/${VIEWS.plain}/samples`);
    expect(await section(page, 'Judges').getByRole('heading', { level: 3 }).last().innerText()).toContain('human:');
    await close();
  });

  it('counts retries and failures as those of the judges, in the words of report and terminal', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.whole));
    await loaded(page);
    const { store } = service;
    const [spent, costs] = await Promise.all([store.spent(VIEWS.whole), store.costs(VIEWS.whole)]);
    expect(await plain(section(page, 'Cost').innerText())).toContain(` in ${callWords({ spent, costs })};`);
    expect(callWords({ spent, costs })).toMatch(/^[\d,]+ calls \(judges: \d+ retried, [1-9]\d* failed\)/);
    await close();
  });

  it('tells how far repeats differ with what would shrink it, and which criteria a verdict follows', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.whole));
    await loaded(page);
    const spread = await plain(section(page, 'Spread').innerText());
    expect(spread).toMatch(/Over 2 repeats the win rate runs from \d\d % to \d\d %; .*more (prompts|repeats) help/);
    expect(spread).toContain('more prompts shrink it');
    const criteria = section(page, 'What drives a judge');
    expect(await plain(criteria.innerText())).toMatch(/opus The verdict follows clarity \(\d\d %\) most/);
    expect(await criteria.getByRole('img').count()).toBe(3);
    await criteria.getByText('The numbers').click();
    expect(await criteria.getByRole('row').count()).toBe(1 + 3 * 3);
    await section(page, 'Spread').getByRole('link', { name: '1', exact: true }).click();
    await page.waitForURL('**/samples?repeat=1');
    await page.getByRole('combobox', { name: 'repeat' }).waitFor();
    await close();
  });

  it('sets judges against people: the ceiling, both baselines, where they differ, and rates corrected or refused', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.whole));
    await page.getByText('people among themselves').waitFor();
    const reply = await fetch(`${service.origin}/api/runs/${VIEWS.whole}/calibration`);
    const { judges, disagreements } = (await reply.json()) as Calibration;
    const agreement = await plain(page.getByRole('region', { name: 'Agreement with people', exact: true }).innerText());
    for (const one of judges) expect(agreement).toContain(`${Math.round(one.agreement.value! * 100)} % (`);
    expect(agreement).toContain('ana and ben');

    const opus = page.locator('details.calibrated', { hasText: 'opus' });
    await opus.locator('summary').click();
    const own = disagreements.filter(({ judge }) => judge === 'opus');
    await opus.getByText(`${own.length} where it says otherwise than people`).waitFor();
    const lost = own.filter(({ label, outcome }) => label === 'loss' && outcome === 'win');
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(own.length);
    await opus.getByRole('button', { name: /baseline preferred and the judge candidate preferred/ }).click();
    await opus.getByText(`${lost.length} where it says otherwise than people`).waitFor();
    expect(await opus.locator('.disagreements > li').count()).toBe(lost.length);

    const rates = await plain(opus.getByRole('region', { name: 'Win rate by opus, corrected' }).innerText());
    expect(rates).toContain('as the judge says');
    expect(rates).toContain('corrected (PPI++)');
    expect(rates).toMatch(/refused: people found \d+ wins and \d+ losses/);
    await opus.locator('.disagreements a').first().click();
    await page.waitForURL('**/judgments/*');
    await page.getByRole('heading', { name: 'How this winner came about' }).waitFor();
    await close();
  });

  it('of a run that no person has judged says so, and leads to the blind review', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.plain));
    await section(page, 'Against people').getByRole('link', { name: 'Review blind' }).click();
    await page.waitForURL(`**/runs/${VIEWS.plain}/review`);
    await close();
  });

  it('draws a sweep over its steps: domains together, losses and metrics below, the step to keep in a sentence', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.steps[2]));
    const sweep = section(page, 'Over training steps');
    const words = (await sweep.getByRole('img', { name: /^Win rate of the candidate/ }).getAttribute('aria-label'))!;
    expect(words).toMatch(/in-domain: step 100 .*; step 200 .*; step 290 .*out-of-domain: step 100/);
    expect(await sweep.locator('.sentences').innerText()).toContain('The second epoch was needed');
    const pictures = await Promise.all(
      (await sweep.getByRole('img').all()).map((picture) => picture.getAttribute('aria-label')),
    );
    expect(pictures.slice(1).map((label) => label!.split(':')[0])).toEqual([
      'training loss, dashed',
      'gsm8k pass@1',
      'mmlu',
    ]);
    await page.keyboard.press('t');
    const row = sweep.getByRole('row', { name: /^200/ });
    expect(await plain(row.innerText())).toMatch(/› .*\d+ % \d+–\d+/);
    await row.getByRole('link').nth(2).click();
    await page.waitForURL(`**/runs/${VIEWS.steps[1]}/samples?domain=in-domain`);
    await close();
  });

  it('shows of a run under way the confidence sequence alone, moving, and no interval that holds at its end only', async () => {
    const { store } = service;
    const { page, complaints, close } = await visit(service.origin, runPath(VIEWS.live));
    const sequence = section(page, 'What may be said at any time');
    await sequence.waitFor();
    const before = await plain(sequence.getByRole('row', { name: /^out-of-domain/ }).innerText());
    expect(before).toMatch(/26\s+undecided/);
    expect(await plain(section(page, 'Decision').innerText())).toMatch(/So far: Better in-domain .* not decided/);
    // The rate stands there without an interval: "62 %", not "62 % 44–77".
    const forest = section(page, 'Win rate of the candidate');
    expect(await ratesOf(page)).toMatch(/^\d+ %;\d+ %;\d+ %$/);
    await page.keyboard.press('t');
    expect(await forest.getByRole('columnheader', { name: 'p', exact: true }).count()).toBe(0);

    await seedJudgments(store, (await store.run(VIEWS.live))!, LIVE);
    await sequence
      .getByRole('row', { name: /^out-of-domain/ })
      .getByRole('link', { name: '40' })
      .waitFor();
    await sequence.getByText('How it moved').click();
    const moved = (await sequence.getByRole('img').last().getAttribute('aria-label'))!;
    expect(moved).toMatch(/^Confidence sequence out-of-domain: after 26.prompts .*, after 40.prompts/);
    expect(complaints).toEqual([]);
    await page.goto(service.origin + runPath(VIEWS.plain));
    await loaded(page);
    expect(await ratesOf(page)).toMatch(/^(\d+(\.\d)? % \d+(\.\d)?–\d+(\.\d)?;?){3}$/);
    await close();
  });

  it('after a stop says that the estimate leans away from one half, and keeps the confidence sequence', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.stopped));
    const sequence = section(page, 'Stopped because it was decided');
    await sequence.getByText('The estimate leans away from one half').waitFor();
    expect(await plain(section(page, 'Decision').innerText())).toMatch(
      /^Better in-domain \(\d+ %, \d+–\d+\); worse out-of-domain/,
    );
    expect(await page.getByText('This run was stopped').locator('svg').count()).toBe(0);
    expect(await section(page, 'Judges').innerText()).not.toContain('of what was due');
    await close();
  });

  it('sets runs side by side: what was asked differently before who is better', async () => {
    const { page, close } = await visit(service.origin, runPath(VIEWS.plain));
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByRole('checkbox', { name: new RegExp(VIEWS.whole) }).check();
    await page.getByRole('button', { name: 'Compare 2' }).click();
    await page.waitForURL(`**/compare?runs=${VIEWS.plain},${VIEWS.whole}`);
    await page.getByRole('heading', { name: 'What stands between them' }).waitFor();
    await page.getByText('judges differ:').waitFor();
    expect(await page.locator('.sentence').innerText()).toContain('not asked and judged alike');
    const row = page.getByRole('region', { name: /^Tests of B/ }).getByRole('row', { name: /^in-domain/ });
    expect(await row.innerText()).toMatch(/−\d+ points/);
    await page.getByRole('row', { name: 'jury' }).waitFor();
    await page.goto(`${service.origin}/compare?runs=${VIEWS.plain},none`);
    await page.getByRole('heading', { name: 'There is nothing at this address.' }).waitFor();
    await close();
  });
});
