import { createElement, type FunctionComponent } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it, vi } from 'vitest';

vi.stubGlobal('addEventListener', () => undefined);
// The page is compiled apart from the tests, so its types are said here.
const { Trace } = await vi.importActual<{ Trace: FunctionComponent<{ evidence: object }> }>('../../src/web/trace.js');

const findingsOf = (findings: object[]): string => {
  const judgment = { run_id: 'r/1', presentation_notes: [], baseline_scores: null, candidate_scores: null };
  const markup = renderToStaticMarkup(
    createElement(Trace, { evidence: { judgment, trace: [], differences: [], findings } }),
  );
  return markup.split('Findings</h3>')[1]!;
};

it('without a finding says no more than that none is recorded, and leads to the audit', () => {
  expect(findingsOf([])).toContain('No audit has recorded one. <a href="/runs/r%2F1/audit">Audit this run</a>');
  const leak = { code: 'IDENTITY_LEAK', severity: 'warning', message: 'It names itself.' };
  expect(findingsOf([leak])).toContain('It names itself.');
  expect(findingsOf([leak])).not.toContain('Audit this run');
});
