import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metricBoard } from '../../src/ledger/metric-board.js';
import { importTree } from '../../src/ledger/training.js';
import { openStore, type Store } from '../../src/store/index.js';

const RUNS = '../shared/data/raw/brie/runs/brie-v2-0.5b';
if (!existsSync(RUNS)) console.log(`${RUNS} is not there: the real training folder is not read`);

let store: Store;
beforeEach(async () => {
  store = await openStore('sqlite::memory:');
});
afterEach(() => store.close());

describe.skipIf(!existsSync(RUNS))('a real training folder', () => {
  it('has its loss curve kept by step, each point once', async () => {
    const { summary, metrics } = await importTree(store, RUNS, '2026-01-01T00:00:00Z', { intermediate: true });
    expect(summary).toMatchObject({ runs: 1, states: { finished: 1 }, steps: { reached: 1 } });
    expect(metrics.added).toBe(metrics.read);
    const board = await metricBoard(store, 'eval_loss');
    expect(new Set(board.map(({ step }) => step)).size).toBe(board.length);
    expect(board[0]).toMatchObject({ checkpoint: 'brie-v2-0.5b', step: 250 });
    expect((await importTree(store, RUNS, '2026-01-02T00:00:00Z', { intermediate: true })).metrics.added).toBe(0);
  });
});
