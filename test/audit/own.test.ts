import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditFile, auditRun } from '../../src/audit/index.js';
import { winRates } from '../../src/win-rates.js';
import type { Launched } from '../../src/launch.js';
import type { Finding, Judgment } from '../../src/records.js';
import { openStore } from '../../src/store/index.js';
import { type Journey, openJourney, suiteOf } from '../journeys/world.js';

let journey: Journey;
let done: Launched;

beforeAll(async () => {
  journey = await openJourney();
  done = await journey.run(
    await journey.runFile({
      suites: [suiteOf(6)],
      template: 'pairwise-rubric',
      orders: 'balanced',
      retest: 0.5,
      canaries: true,
    }),
  );
});
afterAll(() => journey.close());

// Copies have no manifest, which alone would tell that something was changed.
const serious = (findings: Finding[]) =>
  findings.filter(({ severity, message }) => severity !== 'note' && !message.startsWith('manifest.json is gone'));

/** A copy of the export folder with one field of one line changed, without the manifest that would tell at once. */
async function tampered(
  change: (line: Judgment) => Partial<Judgment>,
  pick = (j: Judgment) => j.canary === null && j.winner === 'candidate',
): Promise<Finding[]> {
  const folder = join(journey.folder, 'copy');
  await rm(folder, { recursive: true, force: true });
  await cp(done.folder, folder, { recursive: true });
  await rm(join(folder, 'manifest.json'));
  const file = join(folder, 'judged.jsonl');
  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Judgment);
  const at = lines.findIndex(pick);
  lines[at] = { ...lines[at]!, ...change(lines[at]!) } as Judgment;
  await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n') + '\n');
  return serious((await auditFile([folder])).findings);
}

describe('the audit of our own run', () => {
  it('finds nothing in a run as it was made, in the store and in its folder alone', async () => {
    expect(serious((await auditRun(journey.store, done.run)).findings)).toEqual([]);
    expect(serious((await auditFile([done.folder])).findings)).toEqual([]);
  });

  it('finds nothing in a run of which more is there than is due by its limit now', async () => {
    const file = await journey.runFile({ suites: [suiteOf(5)] });
    await journey.run(file);
    const { run, folder } = await journey.run(file, { limit: 2 });
    expect(serious((await auditRun(journey.store, run)).findings)).toEqual([]);
    expect(serious((await auditFile([folder])).findings)).toEqual([]);
  });

  it.each([
    ['judgments', 'order'],
    ['judgments', 'state'],
    ['judgments', 'winner'],
    ['judgments', 'canary'],
    ['responses', 'role'],
  ])('names a word in %s.%s of the database that nothing can be derived from', async (table, column) => {
    const file = join(journey.folder, 'strayed.db');
    const source = new SqliteDatabase(join(journey.folder, 'runs.db'), { readonly: true });
    await source.backup(file);
    source.close();
    const db = new SqliteDatabase(file);
    db.prepare(
      `update ${table} set "${column}" = 'sideways' where id = (select id from ${table} where "${column}" is not null limit 1)`,
    ).run();
    db.close();
    const store = await openStore(`sqlite:${file}`);
    try {
      const { findings } = await auditRun(store, done.run);
      expect(findings).toMatchObject([{ code: 'RECORD_CONTRADICTS_RUN', severity: 'error', recorded: 'sideways' }]);
      expect(findings[0]!.message).toContain(`\`${column}\``);
    } finally {
      await store.close();
    }
  });

  const CHANGES: Record<string, (j: Judgment) => Partial<Judgment>> = {
    winner: () => ({ winner: 'baseline' }) as Partial<Judgment>,
    'winner, score and verdict together': (j) =>
      ({ winner: 'baseline', score: 0, verdict: j.verdict === 'A' ? 'B' : 'A' }) as Partial<Judgment>,
    verdict: (j) => ({ verdict: j.verdict === 'A' ? 'B' : 'A' }) as Partial<Judgment>,
    score: () => ({ score: 0.5 }) as Partial<Judgment>,
    order: (j) => ({ order: j.order === 'baseline-first' ? 'candidate-first' : 'baseline-first' }),
    reply: (j) => ({ reply: j.reply!.replace(/"verdict": ?"[AB]"/, '"verdict":"tie"') }),
    'reply, taken away': () => ({ reply: null }),
    'reply, taken away with verdict, winner and score turned': (j) =>
      ({ reply: null, winner: 'baseline', score: 0, verdict: j.verdict === 'A' ? 'B' : 'A' }) as Partial<Judgment>,
    stop_reason: () => ({ stop_reason: 'length' }),
    prompt: () => ({ prompt: 'Another question?' }),
    baseline_response: (j) => ({ baseline_response: `${j.baseline_response!} ` }),
    candidate_response: () => ({ candidate_response: 'Something better.' }),
    presentation_sha256: () => ({ presentation_sha256: '0'.repeat(64) }),
    presentation_notes: () => ({ presentation_notes: ['A: 1 marker neutralised'] }),
    baseline_scores: (j) => ({ baseline_scores: { ...j.baseline_scores, depth: 5.5 } }),
    candidate_scores: () => ({ candidate_scores: null }),
    quote: () => ({ quote: 'words nobody wrote' }),
    quote_found_in: (j) => ({ quote_found_in: j.quote_found_in === 'baseline' ? 'candidate' : 'baseline' }),
    rationale: () => ({ rationale: 'Because.' }),
    domain: () => ({ domain: 'out-of-domain' }),
    category: () => ({ category: 'other' }),
    suite: () => ({ suite: 'other' }),
    prompt_id: () => ({ prompt_id: 'p999' }),
    repeat: () => ({ repeat: 1 }),
    replicate: (j) => ({ replicate: j.replicate + 5 }),
    canary: () => ({ canary: 'padded' }),
    judge: () => ({ judge: 'somebody else' }),
    judge_model: () => ({ judge_model: 'a better model' }),
    template: () => ({ template: 'prompts/pairwise.md@000000000000' }),
    candidate: () => ({ candidate: 'another' }),
    id: () => ({ id: 'f'.repeat(32) }),
  };
  it.each(Object.entries(CHANGES))('names a changed %s on a copy of the folder', async (_field, change) => {
    expect(await tampered(change)).not.toEqual([]);
  });

  it('names a row that is gone, a row that stands twice, a changed summary and changed bytes', async () => {
    const folder = join(journey.folder, 'copy');
    const fresh = async () => {
      await rm(folder, { recursive: true, force: true });
      await cp(done.folder, folder, { recursive: true });
    };
    const codes = async () => new Set(serious((await auditFile([folder])).findings).map(({ code }) => code));
    const file = join(folder, 'judged.jsonl');

    await fresh();
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    await writeFile(file, lines.slice(1).join('\n') + '\n');
    expect(await codes()).toContain('MISSING_ROWS');
    expect(await codes()).toContain('CONFIGURATION_CHANGED');

    await fresh();
    await rm(join(folder, 'manifest.json'));
    await writeFile(file, [...lines, lines[0]].join('\n') + '\n');
    expect((await codes()).size).toBeGreaterThan(0);

    await fresh();
    await rm(join(folder, 'manifest.json'));
    const summary = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8')) as {
      estimates: { win_rate: number }[];
    };
    summary.estimates[0]!.win_rate += 0.01;
    await writeFile(join(folder, 'summary.json'), JSON.stringify(summary));
    expect(await codes()).toEqual(new Set(['SUMMARY_MISMATCH']));
  });

  it('names the first row of prompts.csv that does not follow from the judgments', async () => {
    const folder = join(journey.folder, 'copy');
    await rm(folder, { recursive: true, force: true });
    await cp(done.folder, folder, { recursive: true });
    await rm(join(folder, 'manifest.json'));
    const file = join(folder, 'prompts.csv');
    const text = await readFile(file, 'utf8');
    const lines = text.split('\n');
    const said = async (changed: string) => {
      await writeFile(file, changed);
      return serious((await auditFile([folder])).findings).map(({ code, file, line }) => [code, file, line]);
    };
    expect(await said(text)).toEqual([]);
    expect(await said(text.replace(/candidate\n/, 'baseline\n'))).toEqual([
      ['SUMMARY_MISMATCH', file, expect.any(Number)],
    ]);
    expect(await said(lines.toSpliced(2, 1).join('\n'))).toEqual([['SUMMARY_MISMATCH', file, 3]]);
    expect(await said(`${text}more\n`)).toEqual([['SUMMARY_MISMATCH', file, lines.length]]);
    expect(await said('')).toEqual([['SUMMARY_MISMATCH', file, 1]]);
  });

  it('names a changed seed, template, prompt or count of what is due of run.json', async () => {
    for (const change of [
      (text: string) => text.replace('"seed": 7', '"seed": 8'),
      (text: string) => text.replace(/(prompts\/pairwise-rubric\.md@[0-9a-f]+": "---\\nname: )/, '$1x'),
      (text: string) => text.replace('Question 1 of', 'Question one of'),
      (text: string) => text.replace(/("judgments": )\d+(\s*}\s*,\s*{\s*"suite")/, '$1 99$2'),
    ]) {
      const folder = join(journey.folder, 'copy');
      await rm(folder, { recursive: true, force: true });
      await cp(done.folder, folder, { recursive: true });
      await rm(join(folder, 'manifest.json'));
      const file = join(folder, 'run.json');
      const text = await readFile(file, 'utf8');
      expect(change(text)).not.toBe(text);
      await writeFile(file, change(text));
      expect(serious((await auditFile([folder])).findings)).not.toEqual([]);
    }
  });

  it.each([
    ['winner', { winner: 'baseline' }],
    ['verdict', { verdict: 'tie' }],
    ['reply', { reply: '{"rationale":"x","quote":"","verdict":"tie"}' }],
    ['order', { order: 'baseline-first' }],
    ['cost_usd', { cost_usd: 99 }],
  ] as const)('names a changed %s in the database', async (_field, change) => {
    const { items } = await journey.store.judgments(done.run.id, { canary: false });
    const victim = items.find((j) => j.winner === 'candidate' && j.order === 'candidate-first')!;
    const before = await journey.store.db
      .selectFrom('judgments')
      .selectAll()
      .where('id', '=', victim.id)
      .executeTakeFirstOrThrow();
    await journey.store.db.updateTable('judgments').set(change).where('id', '=', victim.id).execute();
    expect(serious((await auditRun(journey.store, done.run)).findings)).not.toEqual([]);
    const { seq: _, ...columns } = before;
    await journey.store.db.updateTable('judgments').set(columns).where('id', '=', victim.id).execute();
    expect(serious((await auditRun(journey.store, done.run)).findings)).toEqual([]);
  });

  it('names kept tallies that do not follow from the judgments, and has them counted again', async () => {
    const { store } = journey;
    const { run } = done;
    const right = await winRates(store, run);
    const { counted } = await store.db
      .selectFrom('tallies')
      .select('counted')
      .where('run_id', '=', run.id)
      .executeTakeFirstOrThrow();
    // One outcome turned from a loss to a win.
    const at = counted.indexOf('l'.charCodeAt(0), 4 + counted.readUInt32LE(0));
    const turned = Buffer.from(counted);
    turned[at] = 'w'.charCodeAt(0);
    await store.db.updateTable('tallies').set({ counted: turned }).where('run_id', '=', run.id).execute();
    expect((await winRates(store, run)).estimates).not.toEqual(right.estimates);
    const { findings } = await auditRun(store, run);
    expect(serious(findings).map(({ message }) => message)).toContainEqual(
      expect.stringContaining('kept tallies of prompts 0 to'),
    );
    expect((await winRates(store, run)).estimates).toEqual(right.estimates);
    expect(serious((await auditRun(store, run)).findings)).toEqual([]);
  });
});
