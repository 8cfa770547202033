import { expect, it } from 'vitest';
import type { Answer, Response } from '../../src/records.js';
import type { CachedAnswer } from '../../src/store/cache.js';
import { responseId } from '../../src/store/responses.js';
import { everyStore } from '../stores.js';

const answer = { text: 'A', attempts: 1, latency_ms: 1 } as Answer;
const cached = (key: string): CachedAnswer => ({
  ...{ key, kind: 'judgment', model: 'm', answer, at: '2026-01-01T00:00:00.000Z' },
});
const response = (n: number, facts: Partial<Response> = {}): { response: Response; position: number } => ({
  position: n,
  response: {
    schema: 'doubleblind/response@1',
    id: responseId('r', 's', `p${n}`, 0, 'baseline'),
    run_id: 'r',
    suite: 's',
    prompt_id: `p${n}`,
    prompt: null,
    repeat: 0,
    role: 'baseline',
    checkpoint: 'base',
    provider: 'recorded',
    model: null,
    model_served: null,
    response: `answer ${n}`,
    state: 'answered',
    failure: null,
    stop_reason: null,
    input_tokens: null,
    output_tokens: null,
    cost_usd: 0,
    latency_ms: null,
    generated_at: null,
    ...facts,
  },
});
const kept = async (rows: AsyncIterable<Response>): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { prompt_id } of rows) ids.push(prompt_id);
  return ids.sort();
};

everyStore('records that come together', (open, engine) => {
  it('are kept all or not at all, and what comes after is kept', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    const add = (responses: ReturnType<typeof response>[], keys: string[]) =>
      store.addRecords({ responses, judgments: [], cached: keys.map(cached) });
    await add([response(1), response(2)], ['k1']);
    const faulty = response(4, { state: null as never });
    await expect(add([response(3), faulty], ['k2'])).rejects.toThrow(/not.null/i);
    expect(await kept(store.allResponses('r'))).toEqual(['p1', 'p2']);
    expect(await store.cached('k1')).toEqual(answer);
    expect(await store.cached('k2')).toBeNull();
    await add([response(3), response(4)], ['k2']);
    expect(await kept(store.allResponses('r'))).toEqual(['p1', 'p2', 'p3', 'p4']);
    expect(await store.cached('k2')).toEqual(answer);
  });

  it('have no part in a transaction that is open meanwhile: it goes back, they stay', async ({ skip }) => {
    if (engine.missing !== null) skip(engine.missing);
    const store = await open();
    let within!: () => void;
    const begun = new Promise<void>((resolve) => (within = resolve));
    let leave!: () => void;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const other = store.db.transaction().execute(async (trx) => {
      await trx.insertInto('known_answers').values({ run_id: 'r', prompt_id: 'p', winner: 'tie', group: '' }).execute();
      within();
      await left;
      throw new Error('gone back');
    });
    await begun;
    const adding = store.addRecords({ responses: [response(1)], judgments: [], cached: [cached('k')] });
    leave();
    await expect(other).rejects.toThrow('gone back');
    await adding;
    expect(await kept(store.allResponses('r'))).toEqual(['p1']);
    expect(await store.cached('k')).toEqual(answer);
    expect(await store.db.selectFrom('known_answers').selectAll().execute()).toEqual([]);
  });
});
