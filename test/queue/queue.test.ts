import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Block, LeaseLost, openQueue, type Queue } from '../../src/queue/index.js';
import { beat, exchange, leave, reap, takeBack, workers } from '../../src/queue/workers.js';
import { openStore, type Store } from '../../src/store/index.js';
import { Postgres } from '../stores.js';

const postgres = new Postgres();
await postgres.start();
if (postgres.missing !== null) console.warn(`passed over: ${postgres.missing}`);

const terms = { budget_usd: null, cache: 'use' as const, retry_failed: false, allow_mismatch: false };
const block = (slice: number, part: Block['part'] = 'judge', who: string = part): Block => ({
  ...{ run_id: 'run', who, part, slice, positions: [slice * 2, slice * 2 + 1], terms },
});
const worker = (id: string, endpoints: string[] | null = null, addresses: string[] = []) => ({
  ...{ id, host: 'box', pid: 1, endpoints, addresses, judged: 0, per_minute: 0 },
});

describe.skipIf(postgres.missing !== null)('the shared queue', () => {
  let store: Store;
  let queue: Queue;
  const db = () => store.db as never as Parameters<typeof beat>[0];
  const within = (work: (trx: ReturnType<typeof db>) => Promise<void>) => db().transaction().execute(work);

  beforeAll(async () => {
    store = await openStore(await postgres.fresh());
    queue = await openQueue(db());
    await queue.open(['judge', 'baseline', 'candidate', 'other']);
  });
  afterAll(async () => {
    await queue.stop();
    await store.close();
    await postgres.stop();
  });
  beforeEach(async () => {
    await queue.withdraw('run');
    await queue.forget('run');
    for (const table of ['leases', 'workers', 'endpoint_limits'])
      await sql`delete from ${sql.table(table)}`.execute(db());
    for (const id of ['one', 'two']) await beat(db(), worker(id));
  });

  it('hands each block to one worker, however many ask at once', async () => {
    await queue.enqueue(Array.from({ length: 10 }, (_, i) => block(i)));
    const claimed = await Promise.all(
      Array.from({ length: 14 }, (_, i) => queue.claim(i % 2 === 0 ? 'one' : 'two', null)),
    );
    const slices = claimed.flatMap((one) => (one === null ? [] : [one.block.slice]));
    expect(slices.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('holds a block once, whether it waits or is under way', async () => {
    await queue.enqueue([block(0), block(1)]);
    await queue.claim('one', null);
    await queue.enqueue([block(0), block(1)]);
    expect(await queue.left('run')).toEqual({ waiting: 1, under_way: 1 });
  });

  it('gives a worker that names its endpoints nothing else', async () => {
    await queue.enqueue([block(0, 'judge', 'other'), block(1)]);
    expect((await queue.claim('one', ['judge']))!.block.slice).toBe(1);
    expect(await queue.claim('one', ['judge'])).toBeNull();
    expect((await queue.claim('one', ['other', 'judge']))!.block.who).toBe('other');
  });

  it('completes a block in the transaction it is given, and not when that fails', async () => {
    await queue.enqueue([block(0)]);
    const claimed = (await queue.claim('one', null))!;
    const failed = within(async (trx) => {
      await queue.finish(claimed, 'one', [], trx);
      throw new Error('the last record did not fit');
    });
    await expect(failed).rejects.toThrow('did not fit');
    expect(await queue.left('run')).toEqual({ waiting: 0, under_way: 1 });
    await within((trx) => queue.finish(claimed, 'one', [], trx));
    expect(await queue.left('run')).toEqual({ waiting: 0, under_way: 0 });
  });

  it('puts judgments in line once, when both blocks of responses are finished at one moment', async () => {
    for (let i = 0; i < 8; i++) {
      await queue.forget('run');
      await queue.enqueue([block(i, 'baseline'), block(i, 'candidate')]);
      const [a, b] = [(await queue.claim('one', null))!, (await queue.claim('two', null))!];
      await Promise.all([
        within((trx) => queue.finish(a, 'one', [block(i)], trx)),
        within((trx) => queue.finish(b, 'two', [block(i)], trx)),
      ]);
      const judging = (await queue.claim('one', null))!;
      expect(judging.block.part).toBe('judge');
      expect(await queue.left('run')).toEqual({ waiting: 0, under_way: 1 });
      await within((trx) => queue.finish(judging, 'one', [], trx));
    }
  });

  it('passes the blocks of a silent worker on, and refuses the end it comes back with', async () => {
    await queue.enqueue([block(0)]);
    const first = (await queue.claim('one', null))!;
    await sql`update workers set beat_at = '2000-01-01T00:00:00.000Z' where id = 'one'`.execute(db());
    expect(await Promise.all([reap(db(), queue, 5000), reap(db(), queue, 5000)])).toContain(1);
    expect((await workers(db())).map(({ id }) => id)).toEqual(['two']);
    const second = (await queue.claim('two', null))!;
    expect([first.id, first.lost, second.id, second.lost]).toEqual([second.id, 0, first.id, 1]);
    await expect(within((trx) => queue.finish(first, 'one', [], trx))).rejects.toThrow(LeaseLost);
    await within((trx) => queue.finish(second, 'two', [], trx));
  });

  it('keeps the last records of a block that is called off meanwhile, and puts nothing after it in line', async () => {
    await queue.enqueue([block(0, 'baseline')]);
    const claimed = (await queue.claim('one', null))!;
    expect(await queue.withdraw('run')).toBe(1);
    expect(await queue.held('run')).toBe(1);
    await within(async (trx) => {
      await sql`update workers set judged = 9 where id = 'one'`.execute(trx);
      await queue.finish(claimed, 'one', [block(0)], trx);
    });
    expect((await workers(db())).map(({ judged }) => judged)).toEqual([9, 0]);
    expect([await queue.held('run'), await queue.withdraw('run')]).toEqual([0, 0]);
    await expect(within((trx) => queue.finish(claimed, 'one', [], trx))).rejects.toThrow(LeaseLost);
  });

  it('leaves the blocks of a worker that beats', async () => {
    await queue.enqueue([block(0)]);
    await queue.claim('one', null);
    expect(await reap(db(), queue, 5000)).toBe(0);
    expect(await queue.left('run')).toEqual({ waiting: 0, under_way: 1 });
  });

  it('hands nothing to a worker that was struck out', async () => {
    await queue.enqueue([block(0)]);
    await leave(db(), 'one');
    await expect(queue.claim('one', null)).rejects.toThrow(LeaseLost);
    expect(await queue.left('run')).toEqual({ waiting: 1, under_way: 0 });
  });

  it('counts no try for a block that is given back, and one for a block that is lost', async () => {
    await queue.enqueue([block(0)]);
    for (let i = 0; i < 3; i++) {
      const claimed = (await queue.claim('one', null))!;
      expect(claimed.lost).toBe(0);
      await queue.putBack(claimed, 'one', 0);
    }
    for (let i = 0; i < 3; i++) {
      expect((await queue.claim('one', null))!.lost).toBe(i);
      await within((trx) => takeBack(trx, queue, 'one'));
    }
  });

  it('tells all who ask an endpoint of a pause and a refusal that one of them met, and how many they are', async () => {
    const address = 'http://gpu:8000';
    await beat(db(), worker('one', null, [address]));
    await beat(db(), worker('two', null, [address, 'http://other']));
    await exchange(db(), [{ address, pause_ms: 60_000, refusals: 2 }]);
    await exchange(db(), [{ address, pause_ms: 10, refusals: 1 }]);
    const heard = await exchange(db(), []);
    const gpu = heard.find((one) => one.address === address)!;
    expect(gpu).toMatchObject({ refusals: 3, sharers: 2 });
    expect(gpu.pause_ms).toBeGreaterThan(30_000);
    expect(gpu.pause_ms).toBeLessThanOrEqual(60_000);
    expect(heard.find((one) => one.address === 'http://other')).toMatchObject({ refusals: 0, sharers: 1, pause_ms: 0 });
  });
});
