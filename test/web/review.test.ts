// Blind review as a person does it: a hundred pairs by three keys, a vote that is taken back, a name that is no name.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQueue } from '../../src/review-queue.js';
import { buildPage, CHROMIUM, closeBrowser, untilAsked, visit } from './browser.js';
import { seedRun, suiteOf } from './seed.js';
import { openService, type Service } from './service.js';

const RUN = '20261121_103000';
const SITTING = 100;

describe.skipIf(CHROMIUM === null)('blind review in the browser', () => {
  let service: Service;

  beforeAll(async () => {
    service = await openService({ webRoot: await buildPage() });
    const suites = [suiteOf('in-domain', 'in-domain', 60), suiteOf('out-of-domain', 'out-of-domain', 60)];
    const run = await seedRun(service.store, { id: RUN, judges: ['opus'], suites });
    const queue = { n: SITTING, strategy: 'random', reviewers: ['ana'], overlap: 0, now: run.created_at } as const;
    await createQueue(service.store, run, queue);
  });
  afterAll(async () => {
    await closeBrowser();
    await service.close();
  });

  const sit = async (reviewer: string) => {
    const watched = await visit(service.origin, '/');
    await watched.page.evaluate(`localStorage.setItem('doubleblind.reviewer', '${reviewer}')`);
    await watched.page.goto(`${service.origin}/runs/${RUN}/review`);
    return watched;
  };

  it('takes a queue of a hundred pairs by keyboard: two requests a vote, the buttons stay where they are', async () => {
    const { page, left, complaints, close } = await sit('ana');
    const asked: string[] = [];
    const places = new Set<string>();
    await page.getByText(`0 of ${SITTING} by ana`).waitFor();
    page.on('request', (request) => asked.push(request.method()));
    for (let done = 0; done < SITTING; done++) {
      await untilAsked(page);
      places.add(JSON.stringify(await page.getByRole('button', { name: 'A is better' }).boundingBox()));
      await page.keyboard.press('120'.charAt(done % 3));
      await page.getByText(`${done + 1} of ${SITTING} by ana`).waitFor();
      await page.getByRole('region', { name: 'What is which' }).waitFor();
      await page.keyboard.press('Enter');
    }
    await page.getByRole('heading', { name: 'Nothing is left to vote on.' }).waitFor();
    expect(asked.filter((method) => method === 'POST')).toHaveLength(SITTING);
    expect(asked.filter((method) => method === 'GET')).toHaveLength(SITTING);
    expect(places.size).toBe(1);
    const votes = await service.store.votes(RUN);
    expect(new Set(votes.map(({ position, repeat }) => `${position} ${repeat}`)).size).toBe(SITTING);
    expect({ left, complaints }).toEqual({ left: [], complaints: [] });
    await close();
  }, 240_000);

  it('changes a vote of this sitting, keeps the one that was blind, and shows both', async () => {
    const { page, complaints, close } = await sit('ben');
    await page.getByText('0 of 120 by ben').waitFor();
    await untilAsked(page);
    for (const done of [1, 2]) {
      await page.keyboard.press('0');
      await page.getByText('You called it even').waitFor();
      await page.keyboard.press('Enter');
      await page.getByText(`${done} of 120 by ben`).waitFor();
      await untilAsked(page);
    }
    const before = await page.getByRole('region', { name: 'Prompt' }).innerText();
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await page.getByText('You called it even').waitFor();
    await page.keyboard.press('c');
    await page.getByText('both votes are kept').waitFor();
    expect(await page.getByRole('button', { name: 'Even' }).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('1');
    await page.getByText('(blind: tie)').waitFor();
    await page.getByText('2 of 120 by ben').waitFor();

    const votes = (await service.store.votes(RUN)).filter(({ reviewer }) => reviewer === 'ben');
    const [first] = votes;
    const ofFirst = votes.filter(({ position, repeat }) => position === first!.position && repeat === first!.repeat);
    expect(ofFirst.map(({ winner }) => winner)).toEqual(['tie', expect.stringMatching(/baseline|candidate/)]);
    const { items } = await service.store.judgments(RUN, { judge: 'human:ben' });
    expect(items.filter(({ winner }) => winner === 'tie')).toHaveLength(1);
    expect(items).toHaveLength(2);

    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await untilAsked(page);
    expect(await page.getByRole('region', { name: 'Prompt' }).innerText()).toBe(before);
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await page.getByRole('link', { name: 'This comparison' }).click();
    await page.getByText(/^Voted tie at .*, blind; then (baseline|candidate) at .*, after the reveal/).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('refuses what is no name, and lets go of one that was kept from before', async () => {
    const { page, close } = await sit('');
    await page.getByLabel('Your name').and(page.locator(':focus')).fill('<script>');
    await page.keyboard.press('Enter');
    expect(await page.locator('input:invalid').count()).toBe(1);
    await page.evaluate(`localStorage.setItem('doubleblind.reviewer', '<script>')`);
    await page.reload();
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'another name' }).click();
    await page.getByLabel('Your name').fill('Änne de Vries अनिता');
    await page.keyboard.press('Enter');
    await page.getByText('0 of 120 by Änne de Vries अनिता').waitFor();
    await close();
  });
});
