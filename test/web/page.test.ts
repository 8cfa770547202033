import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Judgment } from '../../src/records.js';
import { buildPage, CHROMIUM, closeBrowser, untilAsked, visit } from './browser.js';
import { seedRun, suiteOf } from './seed.js';
import { openService, type Service } from './service.js';

const RUN = '20261121_103000';
const JUDGES = ['opus', 'gpt-4o'];
const NAMES = ['brie-v2-0.5b-checkpoint-290', 'qwen2.5-0.5b-instruct', 'baseline', 'candidate', ...JUDGES];

describe.skipIf(CHROMIUM === null)('the page', () => {
  let webRoot: string;
  let service: Service;

  beforeAll(async () => {
    webRoot = await buildPage();
    service = await openService({ webRoot });
    await seedRun(service.store, {
      id: RUN,
      judges: JUDGES,
      tags: { sweep: 'lr' },
      suites: [
        suiteOf('in-domain', 'in-domain', 40),
        suiteOf('out-of-domain', 'out-of-domain', 31),
        suiteOf('multi-domain', 'multi-domain', 5),
      ],
      strength: { 'in-domain': 0.8 },
    });
    await seedRun(service.store, {
      id: '20261120_090000',
      purpose: 'ablation_study',
      candidate: 'brie-v2-0.5b-checkpoint-100',
      judges: ['opus'],
      suites: [suiteOf('in-domain', 'in-domain', 12)],
    });
  });
  afterAll(async () => {
    await closeBrowser();
    await service.close();
  });

  it('leads from the list of runs to the reveal of a blind vote by keyboard alone', async () => {
    const { page, left, complaints, close } = await visit(service.origin, '/');
    await page.getByRole('link', { name: 'brie-v2-0.5b-checkpoint-290' }).focus();
    await page.keyboard.press('Enter');
    await page
      .getByRole('region', { name: 'Decision' })
      .getByText('in-domain', { exact: true })
      .waitFor({ state: 'attached' });
    await page.getByRole('img', { name: /Win rate of the candidate by domain.*in-domain: \d+/ }).waitFor();

    await page.keyboard.press('t');
    expect(await page.getByRole('table').first().innerText()).toContain('in-domain');
    await page.getByRole('link', { name: 'Samples' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('listitem').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'How this winner came about' }).waitFor();
    const open = (await page.getByRole('heading', { level: 1 }).innerText()).split(' judged by ');
    const first = page.url();
    await page.keyboard.press('j');
    await page.waitForURL((url) => url.href !== first);
    await page.keyboard.press('k');
    await page.waitForURL(first);
    await page.getByRole('link', { name: '‹ samples' }).focus();
    await page.keyboard.press('Enter');
    await page
      .locator(':focus')
      .filter({ hasText: new RegExp(`^${open[0]} by ${open[1]}`) })
      .waitFor();

    await page.goto(`${service.origin}/runs/${RUN}/review`);
    await page.getByLabel('Your name').fill('ada');
    await page.keyboard.press('Enter');
    await page.getByText('0 of 76 by ada').waitFor();
    await untilAsked(page);
    await page.keyboard.press('1');
    await page
      .getByRole('region', { name: 'What is which' })
      .getByText(/^You preferred the (baseline|candidate)/)
      .waitFor();
    expect(await page.getByRole('heading', { name: /^A (baseline|candidate), / }).count()).toBe(1);
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'What is which' }).waitFor({ state: 'detached' });
    await page.getByText('1 of 76 by ada').waitFor();
    await untilAsked(page);
    await page.keyboard.press('0');
    await page.getByText('You called it even').waitFor();

    const { items } = await service.store.judgments(RUN, { judge: 'human:ada' });
    expect(items.map((j) => j.verdict).sort()).toEqual(['A', 'tie']);
    expect({ left, complaints }).toEqual({ left: [], complaints: [] });
    await close();
  });

  it('shows and is told nothing that names either side before a vote', async () => {
    const { page, close } = await visit(service.origin, '/');
    const told: string[] = [];
    page.on('response', (response) => {
      if (response.url().includes('/review'))
        void response.text().then(
          (body) => told.push(body),
          () => undefined,
        );
    });
    await page.evaluate("localStorage.setItem('doubleblind.reviewer', 'bea')");
    await page.goto(`${service.origin}/runs/${RUN}/review`);
    await untilAsked(page);
    const shown = `${await page.title()} ${await page.locator('body').innerHTML()} ${told.join(' ')}`;
    for (const name of NAMES) expect(shown).not.toContain(name);
    expect(await page.locator('main .glyph, main .win, main .loss').count()).toBe(0);

    await page.keyboard.press('2');
    await page.getByRole('region', { name: 'What is which' }).waitFor();
    // The control: what must not be seen before is seen after.
    const after = await page.locator('body').innerHTML();
    for (const name of NAMES) expect(after).toContain(name);
    await close();
  });

  it('makes every count a link to as many samples', async () => {
    const { page, close } = await visit(service.origin, `/runs/${RUN}`);
    const link = page
      .getByRole('listitem')
      .filter({ hasText: 'out-of-domain' })
      .getByRole('link', { name: /^\d+ candidate preferred$/ });
    const count = Number.parseInt((await link.getAttribute('aria-label'))!, 10);
    expect(count).toBeGreaterThan(0);
    await link.click();
    await page.waitForURL(`**/runs/${RUN}/samples?domain=out-of-domain&outcome=win`);
    await page.getByText(`${count} samples.`).waitFor();
    expect(await page.getByLabel('outcome').inputValue()).toBe('win');
    await page.reload();
    await page.getByText(`${count} samples.`).waitFor();
    await page.goBack();
    await page.waitForURL(`**/runs/${RUN}`);
    await close();
  });

  it('keeps the filters of the samples in the address, also on the way through a judgment', async () => {
    const { page, close } = await visit(service.origin, `/runs/${RUN}/samples`);
    await page.getByRole('combobox', { name: 'judge' }).selectOption('gpt-4o');
    await page.getByLabel('search').fill('meditation');
    await page.waitForURL(`**/samples?judge=gpt-4o&q=meditation`);
    await page.getByLabel('judges disagree').check();
    await page.waitForURL(`**/samples?judge=gpt-4o&disagreement=true&q=meditation`);
    await page
      .getByRole('link', { name: /^p\d+ by gpt-4o/ })
      .first()
      .click();
    await page.getByRole('link', { name: '‹ samples' }).click();
    await page.waitForURL(`**/samples?judge=gpt-4o&disagreement=true&q=meditation`);
    await page.getByLabel('search').fill('nothing holds these words');
    await page.getByText('No sample fits these filters.').waitFor();
    await close();
  });

  it('shows a judgment with its quote marked, the words that differ, and exactly what the judge saw', async () => {
    const { items } = await service.store.judgments(RUN, { outcome: 'win', judge: 'opus' });
    const judgment = items.find((j) => j.order === 'candidate-first')!;
    const { page, close } = await visit(service.origin, `/judgments/${judgment.id}`);
    const candidate = page.getByRole('region', { name: 'Candidate, brie-v2-0.5b-checkpoint-290' });
    expect(await candidate.locator('mark').first().innerText()).toContain(judgment.quote!.slice(0, 8));
    expect(
      await page
        .getByRole('region', { name: /^Baseline/ })
        .locator('mark')
        .count(),
    ).toBe(0);
    expect(await candidate.innerText()).toContain('printed first (A), preferred');
    await page.getByText('A is the candidate: it wins ✓ derived again').waitFor();

    await page.getByRole('button', { name: 'word by word' }).click();
    expect(await candidate.locator('ins').count()).toBeGreaterThan(0);
    expect(await candidate.locator('del').count()).toBe(0);
    await page.getByRole('button', { name: 'as the judge saw it' }).click();
    const seen = await page.getByRole('region', { name: 'user message' }).innerText();
    expect(seen.indexOf(judgment.candidate_response!)).toBeGreaterThan(0);
    expect(seen.indexOf(judgment.baseline_response!)).toBeGreaterThan(seen.indexOf(judgment.candidate_response!));
    await close();
  });

  it('filters runs by purpose and tag, and says so when none fits', async () => {
    const { page, close } = await visit(service.origin, '/?purpose=ablation_study');
    await page.getByRole('link', { name: 'brie-v2-0.5b-checkpoint-100' }).waitFor();
    expect(await page.getByRole('link', { name: 'brie-v2-0.5b-checkpoint-290' }).count()).toBe(0);
    await page.getByLabel('purpose').selectOption('');
    await page.getByLabel('tag').fill('sweep=lr');
    await page.getByRole('link', { name: 'brie-v2-0.5b-checkpoint-290' }).waitFor();
    await page.getByRole('link', { name: 'brie-v2-0.5b-checkpoint-100' }).waitFor({ state: 'detached' });
    await page.getByLabel('tag').fill('sweep=other');
    await page.getByText('No run fits these filters.').waitFor();
    await close();
  });

  it('tells runs of the same two checkpoints apart by name and id', async () => {
    const suites = [suiteOf('in-domain', 'in-domain', 2)];
    const seeded = { candidate: 'brie-twice', judges: ['opus'], suites };
    for (const [name, tail] of [
      ['first try', 'ab12'],
      ['second try', 'cd34'],
    ] as const) {
      const id = `20261119_100000-${tail}`;
      onTestFinished(() => service.store.deleteRun(id));
      await seedRun(service.store, { id, ...seeded, run: { name } });
    }
    const { page, close } = await visit(service.origin, '/');
    await page.getByText('first try · …ab12').waitFor();
    await page.getByText('second try · …cd34').waitFor();
    await page.getByLabel('search').fill('second');
    await page.getByText('first try').waitFor({ state: 'detached' });
    await page.getByLabel('search').fill('ab12');
    await page.getByText('first try · …ab12').waitFor();
    await close();
  });

  it('offers purposes that are a user’s own: of the runs that are listed, and the one that is asked for', async () => {
    const suites = [suiteOf('in-domain', 'in-domain', 6)];
    onTestFinished(() => service.store.deleteRun('20261121_110000'));
    await seedRun(service.store, {
      id: '20261121_110000',
      purpose: 'nightly',
      candidate: 'own',
      judges: ['opus'],
      suites,
    });
    const { page, close } = await visit(service.origin, '/');
    await page.getByRole('link', { name: 'own', exact: true }).waitFor();
    await page.getByLabel('purpose').selectOption('nightly');
    await page.getByRole('link', { name: 'brie-v2-0.5b-checkpoint-290' }).waitFor({ state: 'detached' });
    await page.goto(`${service.origin}/?purpose=weekly`);
    await page.getByText('No run fits these filters.').waitFor();
    expect(await page.getByLabel('purpose').inputValue()).toBe('weekly');
    await close();
  });

  it('says of judges that are rules what they are, wherever their results stand, and of no others', async () => {
    const id = '20261121_113000';
    onTestFinished(() => service.store.deleteRun(id));
    const suites = [suiteOf('small', 'in-domain', 12)];
    await seedRun(service.store, { id, candidate: 'by-rules', judges: ['claude'], provider: 'offline', suites });
    for (const path of ['/', '/leaderboard', `/compare?runs=${id},${RUN}`, `/runs/${id}`, `/runs/${id}/audit`]) {
      const { page, close } = await visit(service.origin, path);
      const said = page.getByText(/rules.*not for claims/);
      await said.waitFor();
      expect([path, await said.allInnerTexts()]).toEqual([path, [expect.stringContaining('claude')]]);
      await close();
    }
  });

  it('counts verdicts where prompts are too few for a percentage: on the run’s page, in the list and beside others', async () => {
    const id = '20261121_114500';
    onTestFinished(() => service.store.deleteRun(id));
    const suites = [suiteOf('in-domain', 'in-domain', 9)];
    await seedRun(service.store, { id, candidate: 'brie-few', judges: ['opus'], suites });
    const { page, close } = await visit(service.origin, `/runs/${id}`);
    const rates = page.getByRole('region', { name: 'Win rate of the candidate' });
    await rates
      .getByText(/^\d+\Wof\W9$/)
      .first()
      .waitFor();
    expect(await rates.innerText()).not.toContain('%');
    await page.keyboard.press('t');
    const cells = await rates.getByRole('row').nth(1).getByRole('cell').allInnerTexts();
    expect(cells[0]).toMatch(/^\d+\Wof\W9$/);
    // Whatever failed, and at equal length.
    expect(cells.slice(-3, -1)).toEqual(['–', '–']);
    await page.goto(service.origin);
    const row = page.getByRole('listitem').filter({ hasText: 'brie-few' });
    await row.getByText(/9\Wprompts, too few/).waitFor();
    expect(await row.innerText()).not.toContain('%');
    await page.goto(`${service.origin}/leaderboard`);
    await page
      .getByRole('row', { name: /brie-few/ })
      .getByText('too few')
      .waitFor();
    await close();
  });

  it('follows a run that goes on, and shows the decision when it ends', async () => {
    const id = '20261121_120000';
    const suites = [suiteOf('in-domain', 'in-domain', 6)];
    await seedRun(service.store, { id, status: 'running', candidate: 'brie-live', judges: ['opus'], suites, due: 2 });
    const { page, complaints, close } = await visit(service.origin, '/');
    await page.getByText('12 of 14').waitFor();
    await page.getByRole('link', { name: 'brie-live' }).click();
    await page.getByText('12 of 14').waitFor();
    const [some] = (await service.store.judgments(id)).items;
    const late: Judgment = { ...some!, id: 'late', replicate: 1 };
    await service.store.addJudgments([{ judgment: late, position: 0, own_texts: false }]);
    await page.getByText('13 of 14').waitFor();
    await service.store.updateRun(id, { status: 'done' });
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    await page.getByText(`${id} · baseline_comparison · done`).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows in the samples what landed since they were listed, also when the run has ended meanwhile', async () => {
    const id = '20261121_123000';
    onTestFinished(() => service.store.deleteRun(id));
    const suites = [suiteOf('in-domain', 'in-domain', 6)];
    await seedRun(service.store, { id, status: 'running', judges: ['opus'], suites, due: 2 });
    const [some] = (await service.store.judgments(id)).items;
    const land = (replicate: number) =>
      service.store.addJudgments([
        { judgment: { ...some!, id: `late ${replicate}`, replicate }, position: 0, own_texts: false },
      ]);
    const { page, close } = await visit(service.origin, `/runs/${id}/samples`);
    await page.getByText('6 samples').waitFor();
    await page.getByRole('link', { name: 'Result' }).click();
    await page.getByRole('progressbar').waitFor();
    await land(1);
    await page.getByRole('link', { name: 'Samples' }).click();
    await page.getByText('7 samples').waitFor();
    await page.getByRole('listitem').first().getByRole('link').click();
    await page.getByRole('heading', { name: 'How this winner came about' }).waitFor();
    await land(2);
    await service.store.updateRun(id, { status: 'done' });
    await page.getByRole('link', { name: '‹ samples' }).click();
    await page.getByRole('button', { name: 'show what landed since' }).click();
    await page.getByText('8 samples').waitFor();
    await page.getByRole('button', { name: 'show what landed since' }).waitFor({ state: 'detached' });
    await close();
  });

  it('audits a file that is dropped, shows the line of a finding, and keeps nothing', async () => {
    const { items } = await service.store.judgments(RUN, {}, { limit: 60 });
    const wrong = items.findIndex((j) => j.winner === 'candidate' && j.rationale !== null);
    const lines = items.map((j, i) => JSON.stringify(i === wrong ? { ...j, winner: 'baseline', score: 0 } : j));
    const before = (await service.store.runs()).items.length;
    const { page, left, complaints, close } = await visit(service.origin, '/audit');
    await page.setInputFiles('input[type=file]', {
      name: 'theirs.jsonl',
      mimeType: 'application/x-ndjson',
      buffer: Buffer.from(`${lines.join('\n')}\n`),
    });
    await page.getByText("1 row contradicts the judge's own words").waitFor();
    await page.getByText(`line ${wrong + 1}`, { exact: true }).click();
    await page.getByText(items[wrong]!.rationale!).first().waitFor();
    expect((await service.store.runs()).items).toHaveLength(before);
    expect({ left, complaints }).toEqual({ left: [], complaints: [] });
    await close();
  });

  it('shows the audit of the file chosen last, also where that of an earlier one takes longer', async () => {
    const row = '{"prompt":"p","judge":"j","winner":"candidate"}\n';
    const { page, close } = await visit(service.origin, '/audit');
    const choose = (name: string, rows: number) =>
      page.setInputFiles('input[type=file]', {
        ...{ name, mimeType: 'application/x-ndjson' },
        buffer: Buffer.from(row.repeat(rows)),
      });
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route(/name=long/, async (route) => {
      await held;
      await route.continue();
    });
    await choose('long.jsonl', 3);
    await page.getByText('long.jsonl').first().waitFor();
    await choose('short.jsonl', 1);
    await page.getByText(/^short\.jsonl: 1\Wrow,/).waitFor();
    const late = page.waitForResponse(/name=long/);
    letGo();
    await (await late).finished();
    // A later answer is read after it.
    await page.evaluate('fetch("/api/workers").then((reply) => reply.json())');
    expect(await page.getByText(/judged\.$/).innerText()).toMatch(/^short\.jsonl: 1\Wrow,/);
    await close();
  });

  it('says what is wrong when a file is no judged file, an address names nothing, or the server is gone', async () => {
    const { page, close } = await visit(service.origin, '/audit');
    await page.setInputFiles('input[type=file]', {
      name: 'x.jsonl',
      mimeType: 'text/plain',
      buffer: Buffer.from('{"a":'),
    });
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
    await page.goto(`${service.origin}/runs/none`);
    await page.getByRole('heading', { name: 'There is nothing at this address.' }).waitFor();
    await page.goto(`${service.origin}/nowhere`);
    await page.getByRole('heading', { name: 'There is no such screen.' }).waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('link', { name: 'All runs' }).click();
    await page.getByText('The server cannot be reached.').waitFor();
    await page.unroute('**/api/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'brie-v2-0.5b-checkpoint-290' }).waitFor();
    await close();
  });

  it('asks for the token where the server does, and lets in with it alone', async () => {
    const locked = await openService({ webRoot, token: 'a-long-secret-token' });
    const { page, close } = await visit(locked.origin, '/');
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the token.').waitFor();
    await page.getByLabel('Token').fill('a-long-secret-token');
    await page.keyboard.press('Enter');
    await page.getByText('No run yet.').waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    await close();
    await locked.close();
  });

  it('reads a run of 100,000 judgments a page at a time and keeps few rows on the screen', async () => {
    const id = '20261121_140000';
    await seedRun(service.store, {
      id,
      candidate: 'brie-large',
      presented: false,
      judges: JUDGES,
      suites: [suiteOf('large', 'in-domain', 25_000)],
      text: (role, prompt) => `${role} ${prompt.id}`,
    });
    // Its numbers are worked out once, when a run ends.
    expect((await fetch(`${service.origin}/api/runs/${id}/win-rates`)).status).toBe(200);
    const { page, close } = await visit(service.origin, '/');
    await page.getByRole('link', { name: 'brie-large' }).click();
    await page.getByText('25,000').first().waitFor();
    await page.getByRole('link', { name: 'Samples' }).click();
    await page.getByText('100 samples so far').waitFor();
    const rows = page.locator('.samples > li');
    for (const reached of [200, 300, 400]) {
      await page.keyboard.press('End');
      await page.getByText(`${reached} samples so far`).waitFor();
    }
    expect(await rows.count()).toBeLessThan(40);
    expect(await rows.last().getByRole('link').innerText()).toMatch(/^p0*\d+/);
    await close();
  }, 240_000);
});
