import { createElement, type FunctionComponent } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterAll, expect, it, vi } from 'vitest';
import type { Board, LeaderboardRow } from '../../src/answers.js';

// The page listens to the browser's history as soon as it is loaded.
vi.stubGlobal('addEventListener', () => undefined);
vi.stubGlobal('location', new URL('http://localhost/leaderboard'));
afterAll(() => vi.unstubAllGlobals());
// The page is compiled apart from the tests, so its types are said here.
const { BoardTable } = await vi.importActual<{
  BoardTable: FunctionComponent<{ board: Board; rows: LeaderboardRow[] }>;
}>('../../src/web/leaderboard.js');

const board: Board = {
  board: 1,
  by: 'win rate',
  suites: ['in-domain'],
  judges: ['opus'],
  offline_judges: [],
  templates: ['pairwise'],
  baselines: ['base'],
  why: [],
};
const row = (checkpoint: string, early: LeaderboardRow['early']): LeaderboardRow => ({
  board: 1,
  rank: 1,
  checkpoint,
  baseline: 'base',
  run_id: `run-of-${checkpoint}`,
  runs: 1,
  purpose: 'baseline_comparison',
  win_rate: { value: 0.8, n: 20 },
  interval: null,
  n_prompts: 20,
  strength: null,
  p_against_first: null,
  early,
});

it('a run that stopped early is marked on the board, and says what its estimate is worth; a whole one is not', () => {
  const early = { code: 'STOPPED_EARLY', message: 'the estimate leans away from one half', sequence: [] } as const;
  const shown = renderToStaticMarkup(
    createElement(BoardTable, { board, rows: [row('short', early as never), row('whole', null)] }),
  );
  expect(shown).toContain('short</a> *</th>');
  expect(shown).toContain('* short: the estimate leans away from one half');
  expect(shown).toContain('whole</a></th>');
});
