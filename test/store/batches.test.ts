import { expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store/index.js';
import type { BatchItemRow, BatchRow } from '../../src/store/batches.js';
import { everyStore } from '../stores.js';

const batch = (id: string, changes: Partial<BatchRow> = {}): BatchRow => ({
  ...{ id, run_id: 'run', judge: 'judge', provider_id: null, submitted_at: '2026-01-01T00:00:00.000Z' },
  ...{ total: 3, done: 0, reserved_usd: 0.5, ended_at: null },
  ...changes,
});
const item = (id: string, of: string | null, changes: Partial<BatchItemRow> = {}): BatchItemRow => ({
  ...{ id, run_id: 'run', judge: 'judge', position: 0, batch: of, faults: 0, unreadable: 0, asked: null },
  ...changes,
});
const waiting = async (store: Store) =>
  (await store.waitingItems('run', 'judge')).map(({ id, faults }) => [id, faults]);

everyStore('batches', (open, engine) => {
  it('an intent is kept with its units before it has an id, and is open until its end', async () => {
    const store = await open();
    await store.addBatch(batch('one'), [item('a', 'one'), item('b', 'one', { position: 7 })]);
    expect(await store.openBatches('run')).toEqual([batch('one')]);
    expect(await store.batchItemIds('one')).toEqual(['a', 'b']);
    expect(await store.batchedAt('run', [7, 8])).toEqual(new Set(['b']));
    await store.updateBatch('one', { provider_id: 'batch_1' });
    await store.updateBatch('one', { done: 2 });
    expect(await store.openBatches('run')).toEqual([batch('one', { provider_id: 'batch_1', done: 2 })]);
    await store.addBatch(batch('intent', { run_id: 'another' }), []);
    expect(await store.knownBatches()).toEqual(new Set(['batch_1']));
    await store.endBatch('one', 't', 0);
    expect(await store.openBatches('run')).toEqual([]);
    expect(await store.batchesMade('run')).toBe(1);
    expect(await store.batchCounts('run')).toBeNull();
  });

  it('an intent that came to nothing leaves its units waiting, with what they had', async () => {
    const store = await open();
    await store.addBatch(batch('one'), [item('a', 'one', { faults: 2, asked: '{}' })]);
    await store.dropBatch('one');
    expect(await store.openBatches('run')).toEqual([]);
    expect(await store.waitingItems('run', 'judge')).toEqual([item('a', null, { faults: 2, asked: '{}' })]);
    await store.addBatch(batch('two'), [item('a', 'two', { faults: 2, asked: '{}' })]);
    expect(await waiting(store)).toEqual([]);
    expect(await store.batchItemIds('two')).toEqual(['a']);
  });

  it('what came of units is kept with the records or not at all; what came before is not settled twice', async () => {
    const store = await open();
    await store.addBatch(batch('one'), [item('a', 'one'), item('b', 'one'), item('c', 'one')]);
    const nothing = { responses: [], judgments: [], cached: [] };
    const settle = (fails: boolean) =>
      store.addRecords(nothing, async (trx) => {
        await store.settleItems(trx, ['a'], [item('b', null, { unreadable: 1, asked: '{"x":1}' })]);
        if (fails) throw new Error('the disk is full');
      });
    await expect(settle(true)).rejects.toThrow('the disk is full');
    expect(await store.batchItemIds('one')).toEqual(['a', 'b', 'c']);
    await settle(false);
    expect((await store.batchItems('one', ['a', 'b', 'c'])).map(({ id }) => id)).toEqual(['c']);
    expect(await store.askedInBatches('run')).toEqual(['{"x":1}']);
    await store.endBatch('one', 't', 1);
    expect(await waiting(store)).toEqual([
      ['b', 0],
      ['c', 1],
    ]);
  });

  it('counts what is open of one run only, and pages through thousands of units', async () => {
    const store = await open();
    const many = Array.from({ length: 1201 }, (_, i) => item(`u${String(i).padStart(4, '0')}`, 'one'));
    await store.addBatch(batch('one', { total: 1201, done: 200 }), many);
    await store.addBatch(batch('two', { total: 3, done: 1, judge: 'other' }), []);
    await store.addBatch(batch('three', { total: 5, done: 5, submitted_at: '2026-01-02T00:00:00.000Z' }), []);
    await store.addBatch(batch('read', { ended_at: '2026-01-02T00:00:00.000Z' }), []);
    await store.addBatch(batch('else', { run_id: 'another' }), []);
    const since = '2026-01-01T00:00:00.000Z';
    expect(await store.batchCounts('run')).toEqual({
      ...{ open: 3, done: 206, total: 1209 },
      judges: [
        { judge: 'judge', since, open: 2, done: 205, total: 1206 },
        { judge: 'other', since, open: 1, done: 1, total: 3 },
      ],
    });
    const ids = many.map(({ id }) => id);
    expect(await store.batchItems('one', ids)).toHaveLength(1201);
    await store.dropBatch('one');
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await store.waitingItems('run', 'judge', after);
      if (page.length === 0) break;
      seen.push(...page.map(({ id }) => id));
      after = seen.at(-1);
    }
    expect(seen).toEqual(ids);
    await store.deleteRun('run');
    expect(await store.openBatches('run')).toEqual([]);
    expect(await waiting(store)).toEqual([]);
    expect(await store.openBatches('another')).toHaveLength(1);
  });

  it('are there after the database was closed and opened again', async () => {
    if (engine.name.includes('memory')) return;
    const url = await engine.fresh();
    const first = await openStore(url);
    await first.addBatch(batch('one'), [item('a', 'one')]);
    await first.close();
    const second = await openStore(url);
    expect(await second.openBatches('run')).toEqual([batch('one')]);
    expect(await second.batchItemIds('one')).toEqual(['a']);
    await second.close();
  });
});
