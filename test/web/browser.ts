// A real Chromium with the page as it is in src/web, and an eye on everything it asks for.
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { builtFrom } from '../built.js';

/** The Chromium that is there, or null: CHROMIUM_PATH, Debian's, Playwright's own. */
export const CHROMIUM: string | null =
  [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', chromium.executablePath()].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  ) ?? null;
if (CHROMIUM === null)
  console.log('The page is not tested in a browser: no Chromium (CHROMIUM_PATH, /usr/bin/chromium, Playwright).');

/** Folder of the page as its sources are now. */
export function buildPage(): Promise<string> {
  const [sources, configFile, packages] = ['src', 'src/web/vite.config.ts', 'node_modules/.package-lock.json'].map(
    (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url)),
  ) as [string, string, string];
  return builtFrom('page', [sources, packages], (outDir) =>
    build({ configFile, logLevel: 'error', build: { outDir } }),
  );
}

/** Milliseconds that answers of the service are late by at most: what a test did not wait for shows. */
const LAG = Number(process.env['DOUBLEBLIND_TEST_LAG'] ?? 0);

let launched: Promise<Browser> | null = null;
const browser = () => (launched ??= chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] }));

/** Ends the browser that `visit` started. */
export async function closeBrowser(): Promise<void> {
  await (await launched)?.close();
  launched = null;
}

export interface Watched {
  page: Page;
  /** Addresses asked for outside of the service, all refused. */
  left: string[];
  /** What the browser complained of: errors of scripts, refusals of the content security policy. */
  complaints: string[];
  close(): Promise<void>;
}

/** A page of a new visitor at a path of the service. */
export async function visit(origin: string, path: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await (await browser()).newContext({ viewport: { width: 1200, height: 860 }, ...options });
  const left: string[] = [];
  const complaints: string[] = [];
  await context.route(
    (url) => url.origin !== origin,
    (route) => {
      left.push(route.request().url());
      return route.abort();
    },
  );
  if (LAG > 0)
    await context.route(
      (url) => url.origin === origin && url.pathname.startsWith('/api/'),
      async (route) => {
        await setTimeout(Math.random() * LAG);
        await route.continue().catch(() => undefined);
      },
    );
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(origin + path);
  return { page, left, complaints, close: () => context.close() };
}

/** Waits for the pair that blind review asks about: a key before that is no vote. */
export async function untilAsked(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'A is better' }).and(page.locator(':enabled')).waitFor();
}
