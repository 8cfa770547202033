import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditFile, auditRun } from '../src/audit/index.js';
import { writeExports } from '../src/export-files.js';
import { importFiles } from '../src/import.js';
import { report } from '../src/report.js';
import { castVote } from '../src/votes.js';
import { concluded } from '../src/win-rates.js';
import { fileOf, lines } from './formats/files.js';
import { type Journey, openJourney, suiteOf } from './journeys/world.js';

let journey: Journey;
beforeEach(async () => {
  journey = await openJourney({ quality: { 'base-model': 0.3, 'tuned-model': 0.6 } });
});
afterEach(() => journey.close());

type Row = Record<string, string>;
const sheetIn = async (folder: string): Promise<Row[]> =>
  parse(await readFile(join(folder, 'prompts.csv'), 'utf8'), { columns: true });
const meanScore = (rows: Row[]) => rows.reduce((sum, row) => sum + Number(row['score']), 0) / rows.length;

/** A run with a person's votes against the candidate on every prompt, its files written anew. */
async function voted() {
  const openai = { provider: 'openai', base_url: journey.server.openai, model: 'judge-model' };
  const suite = suiteOf(12) as { prompts: object[] };
  const prompts = suite.prompts.map((prompt) => ({ ...prompt, reference: '7' }));
  const judges = [
    { name: 'judge', ...openai },
    { name: 'sample', share: 0.5, ...openai },
    { name: 'known', provider: 'reference', extract: 'number' },
  ];
  const { run, folder } = await journey.run(await journey.runFile({ suites: [{ ...suite, prompts }], judges }));
  for (let position = 0; position < 12; position++) {
    const at = { position, repeat: 0, reviewer: 'ann', order: 'baseline-first' as const };
    await castVote(journey.store, run, at, 'A', { at: '2026-01-01T00:00:00.000Z', via: 'page', change: false });
  }
  return { run: (await journey.store.run(run.id))!, folder };
}

describe('prompts.csv', () => {
  it('has scores whose mean is the win rate, whoever else judged beside', async () => {
    const { run, folder } = await voted();
    const { store } = journey;
    const { summary } = await concluded(store, run);
    await writeExports({ store, run, folder, summary, report: (hash) => report(store, run, summary, hash) });
    const rows = await sheetIn(folder);
    expect(rows).toHaveLength(12);
    expect(meanScore(rows)).toBeCloseTo(summary.estimates[0]!.win_rate!, 12);
    expect(rows.map((row) => row['human:ann baseline-first'])).toEqual(rows.map(() => 'baseline'));
    expect((await auditFile([folder])).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    // The control: they would have moved it.
    expect(summary.estimates[0]!.win_rate).toBeGreaterThan(0.5);
  });

  it('puts no judgment of an unstated order under an order', async () => {
    const row = (i: number) => ({ prompt: `p${i}`, judge: 'j', winner: 'candidate' });
    const ordered = { ...row(2), judge: 'k', order: 'candidate-first', verdict: 'A' };
    const file = fileOf('votes.jsonl', lines(row(0), row(1), ordered));
    const { runs } = await importFiles(journey.store, [file], { now: '2026-01-01T00:00:00.000Z' });
    const run = runs[0]!;
    const { summary } = await concluded(journey.store, run);
    await writeExports({
      store: journey.store,
      run,
      folder: journey.folder,
      summary,
      report: () => Promise.resolve(''),
    });
    const rows = await sheetIn(journey.folder);
    const columns = ['j', 'k baseline-first', 'k candidate-first'];
    expect(Object.keys(rows[0]!).slice(5)).toEqual(columns);
    expect(rows.map((one) => columns.map((column) => one[column]))).toEqual([
      ['candidate', '', ''],
      ['candidate', '', ''],
      ['', '', 'candidate'],
    ]);
  });
});

it('votes that come after the files were written are no change of the files, and no judgments of the judges', async () => {
  const { run } = await voted();
  const { store } = journey;
  const errors = async () => (await auditRun(store, run)).findings.filter(({ severity }) => severity === 'error');
  expect(await errors()).toEqual([]);
  const { derived, recorded } = await auditRun(store, run);
  expect(recorded).toEqual(derived);
  expect(derived.losses).toBeLessThan(12);
  // The control: whatever else is other in the database than in the files is found.
  await store.db.updateTable('judgments').set({ latency_ms: 1e6 }).where('judge', '=', 'judge').execute();
  const message = expect.stringMatching(/^judged\.jsonl is not what was written/) as string;
  expect(await errors()).toMatchObject([{ code: 'CONFIGURATION_CHANGED', message }]);
});
