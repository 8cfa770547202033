// A run as a person watches it: posted to `serve` itself, asked of a server that speaks the providers' protocol, told to
// the page by server-sent events.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postedFile } from '../http/carried.js';
import { Gate, type Served, serveIn } from '../http/served.js';
import { startServer, type TestServer } from '../server/index.js';
import { CHROMIUM, closeBrowser, visit } from './browser.js';
import { installedIn } from './installed.js';

const PROMPTS = 10;
const DUE = 2 * PROMPTS;

/** A free port that no connection is given by chance while the service is away from it. */
async function ownPort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); ; port++) {
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (free) return port;
  }
}

describe.skipIf(CHROMIUM === null)('a run under way', () => {
  let folder: string;
  let main: string;
  let gate: Gate;
  let models: TestServer;
  let service: Served;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doubleblind-live-'));
    main = await installedIn(folder);
    gate = new Gate();
    models = await startServer({ hold: gate.pass, quality: { base: 0.3, tuned: 0.7 } });
    service = await serveIn({ main, cwd: folder, endpoint: models.openai, port: await ownPort() });
  });
  afterAll(async () => {
    await closeBrowser();
    service.child.kill('SIGKILL');
    await models.close();
    rmSync(folder, { recursive: true });
  });

  const post = (more: object = {}) =>
    fetch(`${service.address}/api/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(postedFile(models.openai, PROMPTS, more)),
    });
  /** How many judgments the page says are done, once they are more than `before`. */
  const past = async (page: Page, before: number): Promise<number> => {
    let done = before;
    const told = async () => (done = Number.parseInt((await page.locator('.progress span').innerText()) || '0', 10));
    await expect.poll(told, { timeout: 30_000 }).toBeGreaterThan(before);
    return done;
  };

  it('moves by its events alone, outlives a restart of the service, and ends with its decision', async () => {
    const { id } = (await (await post()).json()) as { id: string };
    const { page, left, complaints, close } = await visit(service.address, '/');
    await page.getByRole('progressbar').waitFor();
    await page.getByRole('link', { name: 'tuned' }).click();
    await page.waitForURL(`**/runs/${id}`);
    await page.getByText(`0 of ${DUE}`).waitFor();

    // Nothing but the stream answers from here on.
    await page.route(/\/api\/(?!.*\/events$)/, (route) => route.abort());
    gate.open(DUE + 4);
    const some = await past(page, 0);
    gate.open(4);
    const more = await past(page, some);
    expect(more).toBeLessThan(DUE);
    await page.unroute(/\/api\/(?!.*\/events$)/);

    const port = Number(new URL(service.address).port);
    const ended = service.end('SIGTERM');
    // From here on it starts nothing, and waits for the calls under way.
    await expect.poll(async () => (await post()).status, { timeout: 30_000 }).toBe(503);
    gate.open(4);
    expect(await ended).toBe(0);
    service = await serveIn({ main, cwd: folder, endpoint: models.openai, port });
    gate.open(50 * DUE);
    await page.getByText(`${id} · baseline_comparison · done`).waitFor({ timeout: 60_000 });
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    await page
      .getByRole('region', { name: 'Decision' })
      .getByText('in-domain', { exact: true })
      .waitFor({ state: 'attached' });
    expect(left).toEqual([]);
    // What was cut off was cut off here; nothing else went wrong.
    expect(complaints.filter((text) => !/net::ERR_|Failed to load resource/.test(text))).toEqual([]);
    await close();
  }, 180_000);

  it('the control: with its stream cut off, the page tells nothing new', async () => {
    gate.shut();
    const { id } = (await (await post({ seed: 5 })).json()) as { id: string };
    const { page, close } = await visit(service.address, '/leaderboard');
    await page.route('**/events', (route) => route.abort());
    await page.goto(`${service.address}/runs/${id}`);
    const told = page.locator('.progress span');
    await told.waitFor();
    const before = await told.innerText();
    gate.open(4 * DUE);
    const status = async () => {
      const answer = await fetch(`${service.address}/api/runs/${id}`);
      return ((await answer.json()) as { status: string }).status;
    };
    await expect.poll(status, { timeout: 60_000 }).toBe('done');
    expect(await told.innerText()).toBe(before);
    await page.unroute('**/events');
    await page.getByText(`${id} · baseline_comparison · done`).waitFor();
    await close();
  }, 120_000);

  it('asks for its events again after a service that was closing refused them', async () => {
    gate.shut();
    const { id } = (await (await post({ seed: 6 })).json()) as { id: string };
    const { page, close } = await visit(service.address, '/leaderboard');
    await page.route('**/events', (route) => route.fulfill({ status: 503 }), { times: 1 });
    await page.goto(`${service.address}/runs/${id}`);
    await page.locator('.progress span').waitFor();
    gate.open(4 * DUE);
    await page.getByText(`${id} · baseline_comparison · done`).waitFor();
    await close();
  }, 120_000);
});
