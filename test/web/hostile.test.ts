import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPage, CHROMIUM, closeBrowser, untilAsked, visit } from './browser.js';
import { seedRun, suiteOf } from './seed.js';
import { openService, type Service } from './service.js';

const RUN = '20261121_103000';
const AWAY = 'https://away.example';

/** What a model may answer, one kind a prompt, in the order of the prompts. */
const HOSTILE = [
  `<script>document.title = 'taken'; window.taken = 1; fetch('${AWAY}/script')</script>`,
  `<img src="${AWAY}/pixel.png" onerror="window.taken = 1"><svg onload="window.taken = 1"><style>body{display:none}</style>`,
  `[a link](javascript:window.taken=1) and [another](${AWAY}/link) and <a href="${AWAY}/raw" id="content">raw</a>`,
  `![picture](${AWAY}/picture.png)\n\n<iframe src="${AWAY}/frame"></iframe><form action="${AWAY}"><button>Vote A</button></form>`,
  `\u001b[31mred\u001b[2J\u001b]0;title\u0007 and \u202eleft to right\u202c and zero\u200bwidth`,
  `${'long '.repeat(210_000)}the end`,
  '>'.repeat(30_000),
  `<base href="${AWAY}/"><meta http-equiv="refresh" content="0;url=${AWAY}/refresh"><link rel="stylesheet" href="${AWAY}/x.css">`,
];

describe.skipIf(CHROMIUM === null)('hostile texts', () => {
  let service: Service;

  beforeAll(async () => {
    service = await openService({ webRoot: await buildPage() });
    const suite = suiteOf('in-domain', 'in-domain', HOSTILE.length);
    const text = (_role: string, { id }: { id: string }) => HOSTILE[Number(id.slice(1)) - 1]!;
    await seedRun(service.store, { id: RUN, judges: ['opus'], suites: [suite], text });
  });
  afterAll(async () => {
    await closeBrowser();
    await service.close();
  });

  const inert = async (page: Awaited<ReturnType<typeof visit>>['page']) => {
    expect(await page.evaluate('window.taken')).toBe(undefined);
    expect(await page.title()).toContain('doubleblind');
    expect(
      await page.locator('main :is(script, style, iframe, form:not(.filters), img, link, meta, base, object)').count(),
    ).toBe(0);
    expect(await page.locator('.model :is(a, [id], [class]:not(.written, .markdown), [style])').count()).toBe(0);
  };

  it('are read and not obeyed on every screen that shows them, and nothing leaves the origin', async () => {
    const { page, left, complaints, close } = await visit(service.origin, `/runs/${RUN}/samples`);
    await page.getByRole('link', { name: /^p008/ }).waitFor();
    await inert(page);
    const { items } = await service.store.judgments(RUN, { order: 'baseline-first' });
    for (const { id } of items) {
      await page.goto(`${service.origin}/judgments/${id}`);
      await page.getByRole('heading', { name: 'How this winner came about' }).waitFor();
      await inert(page);
      for (const view of ['as written', 'word by word', 'as the judge saw it']) {
        await page.getByRole('button', { name: view }).click();
        await inert(page);
      }
    }
    await page.evaluate("localStorage.setItem('doubleblind.reviewer', 'ada')");
    await page.goto(`${service.origin}/runs/${RUN}/review`);
    for (let done = 0; done < HOSTILE.length; done++) {
      await page.getByText(`${done} of ${HOSTILE.length} by ada`).waitFor();
      await untilAsked(page);
      await inert(page);
      await page.keyboard.press('1');
      await page.getByRole('region', { name: 'What is which' }).waitFor();
      await page.keyboard.press('Enter');
    }
    await page.getByRole('heading', { name: 'Nothing is left to vote on.' }).waitFor();
    expect({ left, complaints }).toEqual({ left: [], complaints: [] });
    await close();
  });

  it('show their tags, their addresses and the marks that nobody sees', async () => {
    const { page, close } = await visit(service.origin, '/');
    const textOf = async (prompt: string) => {
      const [judgment] = (await service.store.judgments(RUN, { prompt_id: prompt })).items;
      await page.goto(`${service.origin}/judgments/${judgment!.id}`);
      return page.getByRole('region', { name: /^Candidate/ }).innerText();
    };
    expect(await textOf('p001')).toContain("<script>document.title = 'taken'");
    expect(await textOf('p003')).toContain('javascript:window.taken=1');
    expect(await textOf('p004')).toContain('[image: picture]');
    expect(await textOf('p005')).toContain('␛[31mred␛[2J');
    expect(await textOf('p005')).toContain('[U+202E]left to right[U+202C]');
    await close();
  });

  it('of a megabyte are cut until the reader asks for all', async () => {
    const [judgment] = (await service.store.judgments(RUN, { prompt_id: 'p006' })).items;
    const { page, close } = await visit(service.origin, `/judgments/${judgment!.id}`);
    const candidate = page.getByRole('region', { name: /^Candidate/ });
    await candidate.getByRole('button', { name: 'Show all 1,050,007 characters' }).waitFor();
    expect((await candidate.innerText()).length).toBeLessThan(25_000);
    await candidate.getByRole('button', { name: 'Show all' }).click();
    await candidate.getByText('the end').waitFor();
    await close();
  });

  it('would be seen if one asked for anything: the eye that watches sees a picture from elsewhere', async () => {
    const { page, left, complaints, close } = await visit(service.origin, '/');
    // Past the page's own guards: the content security policy is what refuses it here.
    await page.evaluate(`document.body.append(Object.assign(new Image(), { src: '${AWAY}/control.png' }))`);
    await expect.poll(() => [...left, ...complaints].join(' ')).toContain('control.png');
    await close();
  });
});
