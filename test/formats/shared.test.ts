// The readers on real published files (not part of the project): figures against the known answers beside them.
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/formats/index.js';
import { promptHash } from '../../src/hash.js';
import { numbered, read } from './files.js';

const RAW = '../shared/data/raw';
const here = existsSync(RAW);
if (!here) console.log(`skipped: ${RAW} is absent, real files are not read`);

const BRIE = `${RAW}/brie/comprehensive_eval_0.5b_final_20251016_220256_CORRECTED_judged_`;
const brie = {
  claude: `${BRIE}20251021_203643.jsonl`,
  gpt: `${BRIE}gpt_4o_20251021_181849.jsonl`,
  gemini: `${BRIE}gemini_2_5_flash_lite_20251021_182548.jsonl`,
  errors: `${BRIE}gemini_2_0_flash_exp_20251021_182324.jsonl`,
};
const tally = (rows: Row[]) =>
  ['candidate', 'baseline', 'tie', 'unreachable'].map(
    (what) => rows.filter(({ judgment }) => (judgment.winner ?? judgment.failure) === what).length,
  );

describe.skipIf(!here)('real Brie exports', () => {
  it.each([
    ['claude', [26, 28, 3, 0]],
    ['gpt', [43, 13, 1, 0]],
    ['gemini', [47, 9, 1, 0]],
    ['errors', [10, 1, 0, 46]],
  ] as const)('%s: wins, losses, ties, errors', async (name, expected) => {
    const rows = await numbered(brie[name]);
    expect(tally(rows)).toEqual(expected);
    expect(new Set(rows.map(({ judgment }) => promptHash(judgment.prompt!))).size).toBe(25);
  });

  it('judged by several judges are matched by prompt and repeat: GPT-4o and Gemini agree on 53 of 57', async () => {
    const rows = await numbered([brie.gpt, brie.gemini]);
    const key = ({ judgment: { prompt_id, repeat } }: Row) => `${prompt_id}/${repeat}`;
    const gpt = new Map(
      rows.filter(({ judgment }) => judgment.judge === 'gpt-4o').map((row) => [key(row), row.judgment.winner]),
    );
    const gemini = rows.filter(({ judgment }) => judgment.judge === 'gemini-2.5-flash-lite');
    expect([gpt.size, gemini.length]).toEqual([57, 57]);
    expect(gemini.filter((row) => gpt.get(key(row)) === row.judgment.winner)).toHaveLength(53);
  });

  it('hold the recorded winners of the published fault', async () => {
    const rows = await read(`${RAW}/brie/claude_judge_evaluation.jsonl`);
    expect(rows.filter((row) => row.recorded_winner !== row.derived.winner).map(({ line }) => line)).toEqual([1, 3]);
  });
});

describe.skipIf(!here)('real AlpacaEval annotations', () => {
  it.each([
    ['claude-2.1', 15.7335, 1.1203, [115, 688, 2], { 'log-probabilities': 803, seed: 2 }],
    ['phi-2', 2.3502, 0.4497, [15, 785, 3], { 'log-probabilities': 800, seed: 3 }],
    ['FuseChat-Llama-3.2-1B-Instruct', 29.9219, 1.3935, [233, 570, 2], { seed: 805 }],
  ] as const)(
    '%s: win rate, standard error, wins, losses, draws, and where the order comes from',
    async (name, rate, error, counts, sources) => {
      const rows = await numbered(`${RAW}/alpaca_eval/${name}.annotations.json.gz`);
      const scores = rows.map(({ judgment }) => judgment.score!);
      const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
      const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1);
      expect(100 * mean).toBeCloseTo(rate, 4);
      expect(100 * Math.sqrt(variance / scores.length)).toBeCloseTo(error, 4);
      expect(tally(rows).slice(0, 3)).toEqual(counts);
      const found: Record<string, number> = {};
      for (const { order_source } of rows) found[order_source!] = (found[order_source!] ?? 0) + 1;
      expect(found).toEqual(sources);
      expect(rows.every(({ judgment }) => judgment.candidate === name)).toBe(true);
    },
  );
});

describe.skipIf(!here)('real JudgeBench outputs', () => {
  it('have 13 games without a verdict, and none that differs from the stated decision', async () => {
    const rows = await numbered(`${RAW}/judgebench/claude-pairs__arena_hard__claude-3-haiku-20240307.jsonl.gz`);
    expect(rows).toHaveLength(540);
    expect(rows.filter(({ derived }) => derived.winner === null && derived.failure === 'contradictory')).toHaveLength(
      13,
    );
    expect(rows.filter((row) => (row.derived.winner ?? 'unknown') !== row.recorded_winner)).toEqual([]);
  });
});
