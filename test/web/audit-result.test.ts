import { createElement, type FunctionComponent } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it, vi } from 'vitest';
import type { AuditReport } from '../../src/answers.js';
import type { Finding } from '../../src/records.js';

// The page is compiled apart from the tests, so its types are said here.
const { AuditResult } = await vi.importActual<{
  AuditResult: FunctionComponent<{ name: string; report: AuditReport; place: (finding: Finding) => string }>;
}>('../../src/web/audit-result.js');

const counts = { wins: 3, losses: 1, ties: 0, failed: 0, win_rate: 0.75 };
const changed: Finding = {
  code: 'CONFIGURATION_CHANGED',
  severity: 'error',
  file: 'judged.jsonl',
  line: null,
  judgment_id: null,
  recorded: 'ab12',
  derived: 'cd34',
  message: 'Its bytes are not those of the manifest.',
};
const REPORT = {
  rows: 4,
  judged: 4,
  checks: [
    { code: 'CONFIGURATION_CHANGED', checked: 0, failed: 1, unverifiable: 0 },
    { code: 'MISSING_ROWS', checked: 0, failed: 0, unverifiable: 0 },
    { code: 'WINNER_CONTRADICTS_REPLY', checked: 4, failed: 0, unverifiable: 0 },
  ],
  findings: [changed],
  recorded: counts,
  derived: counts,
  order_recovered: null,
  warnings: [{ code: 'OFFLINE_JUDGE', message: 'strict: rules that read nothing but the texts' }],
};
const shown = (name: string, more: Partial<AuditReport> = {}) =>
  renderToStaticMarkup(createElement(AuditResult, { name, place: () => '', report: { ...REPORT, ...more } }));

it('says what may be believed in the words of the terminal: a file without replies proves nothing', () => {
  expect(shown('this run')).toContain('Do not believe 3–1 (win rate 75 %) until it is explained');
  const checks = [{ code: 'WINNER_CONTRADICTS_REPLY', checked: 0, failed: 0, unverifiable: 4 }];
  expect(shown('two.jsonl', { findings: [], checks })).toMatch(
    /3–1 \(win rate 75 %\) can only be taken as stated.*two\.jsonl: 4.rows, 4 judged/,
  );
});

it('says that a judge is rules and no model', () => {
  expect(shown('this run')).toContain('strict: rules that read nothing but the texts');
});

it('a finding about a file names it, unless it is the one that is audited', () => {
  expect(shown('this run')).toContain('<code>judged.jsonl</code>: Its bytes are not those of the manifest.');
  expect(shown('judged.jsonl')).not.toContain('<code>');
});

it('a check of the run as a whole that found something is not said to have checked nothing', () => {
  const rows = [...shown('this run').matchAll(/<th scope="row">([\w ]+)<\/th><td>([^<]+)<\/td><td>(\d)<\/td>/g)];
  expect(rows.map(([, code, checked, failed]) => [code, checked, failed])).toEqual(
    expect.arrayContaining([
      ['configuration changed', 'the whole', '1'],
      ['missing rows', '0', '0'],
      ['winner contradicts reply', '4', '0'],
    ]),
  );
});
