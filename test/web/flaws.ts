import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContextOptions, Page } from 'playwright-core';

const PHONE = { width: 375, height: 740 };
const DESK = { width: 1200, height: 860 };

/** How a page is opened whose flaws are wanted: its width on a phone is the one it is loaded at. */
export const ON_A_PHONE: BrowserContextOptions = { colorScheme: 'dark', viewport: PHONE };

/** What axe finds on a page and how much wider it is than its window: dark on a phone, then light on a desk. */
export async function flawsOf(page: Page): Promise<string[]> {
  const onPhone = await look(page, ['color-contrast']);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(DESK);
  const onDesk = await look(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize(PHONE);
  return [...onPhone.map((flaw) => `dark, on a phone: ${flaw}`), ...onDesk.map((flaw) => `light, on a desk: ${flaw}`)];
}

async function look(page: Page, rules: string[] | null = null): Promise<string[]> {
  // Pictures follow their width a frame late.
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  // Without frames of other origins a page needs no second one to bring its findings together.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  if (rules !== null) axe.withRules(rules);
  const { violations } = await axe.analyze();
  const flaws = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  const wider = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
  if (wider > 0) flaws.push(`slides sideways by ${wider} px`);
  return flaws;
}
