import { createElement, type FunctionComponent } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterAll, expect, it, vi } from 'vitest';
import type { Agreement as Numbers, AgreementPair } from '../../src/summary.js';

// The page listens to the browser's history as soon as it is loaded.
vi.stubGlobal('addEventListener', () => undefined);
vi.stubGlobal('location', new URL('http://localhost/runs/r'));
afterAll(() => vi.unstubAllGlobals());
// The page is compiled apart from the tests, so its types are said here.
const { Agreement } = await vi.importActual<{
  Agreement: FunctionComponent<{ runId: string; agreement: Numbers }>;
}>('../../src/web/agreement.js');

const shown = (n: number, observed: number) => {
  const pair = {
    ...{ judges: ['opus', 'gpt'], n, observed, expected: 0.5, cohen_kappa: 0.5, gwet_ac1: 0.5, reason: null },
    interval: { low: observed, high: observed, level: 0.95, method: 'wilson' },
  } as AgreementPair;
  const agreement = {
    pairs: [pair],
    krippendorff_alpha: { value: null, low: null, high: null },
    fleiss_kappa: { value: null },
    unanimous: { n, share: observed },
    effective_judges: null,
  } as Numbers;
  return renderToStaticMarkup(createElement(Agreement, { runId: 'r', agreement })).replaceAll('\u00a0', ' ');
};

it.each([
  [1, 1, '1 of 1'],
  [1, 0, '0 of 1'],
  [9, 5 / 9, '5 of 9'],
])('an agreement on %i comparisons is a count in grey, without percentage, interval and shade', (n, share, words) => {
  const few = shown(n, share);
  expect(few).toContain(`<td class="quiet"><a href="/runs/r/samples?judge=opus&amp;disagreement=true">${words}</a>`);
  expect(few).toContain(`All judges give the same outcome in ${words}`);
  expect(few).not.toMatch(/%|–|background|κ/);
});

it('an agreement on ten comparisons is a percentage with its interval and shade', () => {
  expect(shown(10, 0.9)).toMatch(/background-color.*<b>90 %<\/b> 90–90.*AC1 0\.50 · κ 0\.50 · n 10/);
});
