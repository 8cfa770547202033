// The audit of real published files (not part of the project): it must find, unaided, what is known to be wrong.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditFile, sentence } from '../../src/audit/index.js';
import type { AuditReport } from '../../src/answers.js';
import { brieRow, fileOf, lines } from '../formats/files.js';

const RAW = '../shared/data/raw';
const here = existsSync(RAW);
if (!here) console.log(`skipped: ${RAW} is absent, real files are not audited`);

const BRIE = `${RAW}/brie/comprehensive_eval_0.5b_final_20251016_220256_CORRECTED_judged_`;
const of = (report: AuditReport, code: string) => report.findings.filter((finding) => finding.code === code);
const errors = (report: AuditReport) => report.findings.filter(({ severity }) => severity === 'error');

describe.skipIf(!here)('Brie exports', () => {
  it('with the published fault: recorded 4–1, derived 2–3, rows 1 and 3 named', async () => {
    const report = await auditFile(`${RAW}/brie/claude_judge_evaluation.jsonl`);
    expect(report.recorded).toMatchObject({ wins: 4, losses: 1, win_rate: 0.8 });
    expect(report.derived).toMatchObject({ wins: 2, losses: 3, win_rate: 0.4 });
    expect(errors(report).map(({ code, line }) => [code, line])).toEqual([
      ['WINNER_CONTRADICTS_REPLY', 1],
      ['WINNER_CONTRADICTS_REPLY', 3],
    ]);
    expect(of(report, 'LABEL_CONFOUNDED_WITH_MODEL')).toHaveLength(1);
    expect(sentence(report)).toBe(
      "Do not believe 4–1 (win rate 80 %): 2 rows contradict the judge's own words, which give 2–3 (win rate 40 %).",
    );
  });

  it.each([
    ['20251021_203643', { wins: 26, losses: 28, ties: 3, failed: 0 }, '13 of 15'],
    ['gpt_4o_20251021_181849', { wins: 43, losses: 13, ties: 1, failed: 0 }, '14 of 15'],
    ['gemini_2_5_flash_lite_20251021_182548', { wins: 47, losses: 9, ties: 1, failed: 0 }, '15 of 15'],
    ['gemini_2_0_flash_exp_20251021_182324', { wins: 10, losses: 1, ties: 0, failed: 46 }, ''],
  ])(
    '%s: no contradiction, 57 rows are 42 pairs and 25 prompts, label tied to the model',
    async (name, derived, agreement) => {
      const report = await auditFile(`${BRIE}${name}.jsonl`);
      expect(report.derived).toMatchObject(derived);
      expect(errors(report)).toEqual([]);
      const [duplicate] = of(report, 'DUPLICATE_COMPARISON');
      expect(duplicate!.message).toContain('57 rows are 42 pairs and 25 prompts');
      expect(duplicate!.message).toContain(agreement);
      expect(of(report, 'LABEL_CONFOUNDED_WITH_MODEL')[0]!.message).toContain('all 57 rows');
      expect(of(report, 'STALE_JUDGE_NAME')).toHaveLength(name === '20251021_203643' ? 1 : 0);
      expect(of(report, 'ERROR_RECORDED_AS_VERDICT')).toHaveLength(derived.failed);
      expect(of(report, 'ORDER_OUTCOME_ASSOCIATION')).toEqual([]);
    },
  );

  it('of the Claude re-judge under another name: its stale judge is found by the rows alone, its labelling by the quotes', async () => {
    const copy = join(mkdtempSync(join(tmpdir(), 'doubleblind-')), 'copy.jsonl');
    writeFileSync(copy, readFileSync(`${BRIE}20251021_203643.jsonl`));
    const report = await auditFile(copy);
    expect(of(report, 'STALE_JUDGE_NAME')).toHaveLength(1);
    expect(of(report, 'LABELLING_BY_EVIDENCE')).toMatchObject([
      { severity: 'note', message: expect.stringMatching(/^(\d+) of \1 quotes fit A = baseline/) },
    ]);
  });

  it('inverted once more for BA are seen by order and outcome, and called inverted because the replies are there', async () => {
    const rows = readFileSync(`${BRIE}gpt_4o_20251021_181849.jsonl`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    const swapped = rows.map((row): Record<string, unknown> =>
      row['presentation_order'] === 'BA'
        ? { ...row, winner: { brie: 'baseline', baseline: 'brie' }[row['winner']!] ?? row['winner'] }
        : row,
    );
    const report = await auditFile(fileOf('x.jsonl', lines(...swapped)));
    expect(of(report, 'WINNER_CONTRADICTS_REPLY')).toHaveLength(24);
    expect(of(report, 'ORDER_OUTCOME_ASSOCIATION')).toMatchObject([{ severity: 'error' }]);
    const silent = await auditFile(fileOf('x.jsonl', lines(...swapped.map(({ judgment: _, ...row }) => row))));
    expect(of(silent, 'ORDER_OUTCOME_ASSOCIATION')).toMatchObject([{ severity: 'warning' }]);
    expect(errors(silent)).toEqual([]);
  });

  it('in a folder are audited together, what nobody judged is named', async () => {
    const report = await auditFile(`${RAW}/brie`);
    expect(report.files).toHaveLength(8);
    expect(of(report, 'FILE_SKIPPED').some(({ file }) => file!.endsWith('out_of_domain_run1.jsonl'))).toBe(true);
    expect(report.by_file.map(({ rows }) => rows)).toEqual([5, 57, 57, 57, 57, 13, 13, 13]);
  });
});

describe.skipIf(!here)('AlpacaEval annotations', () => {
  const files = ['claude-2.1', 'phi-2', 'FuseChat-Llama-3.2-1B-Instruct'].map(
    (name) => `${RAW}/alpaca_eval/${name}.annotations.json.gz`,
  );

  it('audited together: rates by file, the order of each, and the two rows that phi-2 lacks', async () => {
    const report = await auditFile(files);
    expect(report.by_file.map(({ derived }) => [derived.wins, derived.losses, derived.ties])).toEqual([
      [115, 688, 2],
      [15, 785, 3],
      [233, 570, 2],
    ]);
    const rates = report.by_file.map(({ derived }) => 100 * derived.win_rate!);
    for (const [i, rate] of [15.7335, 2.3502, 29.9219].entries()) expect(rates[i]).toBeCloseTo(rate, 4);
    expect(report.by_file.map(({ order_recovered }) => order_recovered)).toMatchObject([
      { 'log-probabilities': { baseline_first: 399, candidate_first: 404 }, first_slot: { wins: 348, decided: 803 } },
      { 'log-probabilities': { baseline_first: 397, candidate_first: 403 }, first_slot: { wins: 386, decided: 800 } },
      { seed: { baseline_first: expect.any(Number), candidate_first: expect.any(Number) } },
    ]);
    expect(of(report, 'MISSING_ROWS').map(({ file, message }) => [file, message.slice(0, 45)])).toEqual([
      [files[1], 'No row for "List the layers of the TCP/IP mod'],
      [files[1], 'No row for "I run a website about merchant na'],
    ]);
    expect(errors(report)).toEqual([]);
  });
});

describe.skipIf(!here)('JudgeBench outputs', () => {
  it('accuracy overall and by group, games without a verdict, position consistency', async () => {
    const report = await auditFile(`${RAW}/judgebench/claude-pairs__arena_hard__claude-3-haiku-20240307.jsonl.gz`);
    expect(report.accuracy[0]).toMatchObject({ group: null, right: 87, wrong: 79, tie: 104, n: 270 });
    expect((100 * report.accuracy[0]!.value).toFixed(2)).toBe('32.22');
    expect(
      Object.fromEntries(report.accuracy.slice(1).map(({ group, value }) => [group, (100 * value).toFixed(2)])),
    ).toEqual({ knowledge: '37.66', reasoning: '29.41', math: '32.35', coding: '9.68' });
    expect(of(report, 'UNREADABLE_REPLY')).toHaveLength(13);
    expect(report.derived.failed).toBe(13);
    // 135 of 270 pairs differ between the games, 13 of them because a game has no verdict.
    expect(report.position).toMatchObject({
      consistency: { same: 135, n: 257 },
      first_slot: { wins: 212, decided: 335 },
    });
  });
});

it('what a reader may still believe says so when no reply was kept', async () => {
  const { judgment: _, ...silent } = brieRow();
  expect(sentence(await auditFile(fileOf('x.jsonl', lines(silent))))).toContain(
    '1–0 (win rate 100 %) can only be taken as stated',
  );
});
