// Batch services of both providers over real HTTP. A batch of the test server has ended after a number of polls.
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Batches,
  type BatchItem,
  type BatchResult,
  endpointSchema,
  type Intent,
  type Models,
  openModels,
  Portion,
} from '../../src/models/index.js';
import { type ServerOptions, startServer, type TestServer } from '../server/index.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const items = (n: number, text = ''): BatchItem[] =>
  Array.from({ length: n }, (_, i) => ({
    custom_id: `unit-${i}`,
    ask: {
      messages: [
        { role: 'system', content: 'rubric' },
        {
          role: 'user',
          content: `${text}<response_a_0f>\na [q=0.${i % 10}]\n</response_a_0f><response_b_0f>\nb [q=0.45]\n</response_b_0f>`,
        },
      ],
      repeat: 0,
      reply_schema: { type: 'object' },
    },
  }));
const intentOf = (some: BatchItem[], id = 'intent-1'): Intent => ({
  id,
  submitted_at: Date.now(),
  custom_ids: new Set(some.map(({ custom_id }) => custom_id)),
  known: new Set(),
});
async function collect(batches: Batches, id: string): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  for await (const result of batches.results(id)) results.push(result);
  return results;
}

describe.each(['anthropic', 'openai'] as const)('batches of %s', (provider) => {
  async function serve(options: ServerOptions = {}): Promise<{ server: TestServer; batches: Batches; models: Models }> {
    const server = await startServer(options);
    const models = openModels({ env: {}, prices: { j: { input_usd_per_mtok: 2, output_usd_per_mtok: 2 } } });
    open.push(models, server);
    const spec = endpointSchema.parse({ provider, model: 'j', base_url: server[provider], max_tokens: 64 });
    return { server, models, batches: await models.batches(spec) };
  }

  it('answer every item under its own id, in any order, at half the price', async () => {
    const { server, batches, models } = await serve({ batch: { polls: 2 } });
    const some = items(40);
    const id = await batches.submit(some, intentOf(some));
    expect(await batches.poll(id)).toMatchObject({ id, state: 'in-progress', total: 40, done: 0 });
    expect(await batches.poll(id)).toMatchObject({ id, state: 'ended', total: 40, done: 40, message: null });
    const results = await collect(batches, id);
    expect(results.map(({ custom_id }) => custom_id)).not.toEqual(some.map(({ custom_id }) => custom_id));
    expect(new Set(results.map(({ custom_id }) => custom_id)).size).toBe(40);
    for (const result of results) {
      if (result.state !== 'answered') return expect.fail(JSON.stringify(result));
      const { answer, custom_id } = result;
      const quality = Number(custom_id.slice(5)) % 10;
      expect(JSON.parse(answer.text)).toMatchObject({ verdict: quality > 4 ? 'A' : 'B' });
      expect(answer.cost_usd).toBeCloseTo(((answer.input_tokens! + answer.output_tokens!) * 2 * 0.5) / 1e6, 12);
      expect(answer).toMatchObject({ attempts: 1, latency_ms: null });
    }
    const spec = endpointSchema.parse({ provider, model: 'j', base_url: server[provider], max_tokens: 64 });
    const live = await models.model(spec).ask(some[0]!.ask);
    const first = results.find(({ custom_id }) => custom_id === 'unit-0');
    expect(first).toMatchObject({ answer: { text: live.text, cost_usd: live.cost_usd! / 2 } });
  });

  it('give back as due what expired or met a passing fault', async () => {
    const { batches } = await serve({ batch: { errored: 0.3, expired: 0.3 } });
    const some = items(60);
    const id = await batches.submit(some, intentOf(some));
    await batches.poll(id);
    const results = await collect(batches, id);
    const count = (reason: string): number =>
      results.filter((one) => one.state === 'due' && one.reason === reason).length;
    expect(results).toHaveLength(60);
    expect(count('errored')).toBeGreaterThan(5);
    expect(count('expired')).toBeGreaterThan(5);
    expect(results.filter(({ state }) => state === 'failed')).toEqual([]);
  });

  it('pass over a line that names no item, and give back as due what cannot be read', async () => {
    const odd = [
      ...['null', '7', '{}', '{"custom_id": null}', '{"custom_id": 7, "response": null}'],
      '{"custom_id": "unit-0"}',
      '{"custom_id": "unit-0", "response": {"status_code": 500}, "result": {"type": "errored", "error": null}}',
      '{"custom_id": "unit-0", "response": {"status_code": 200}, "result": {"type": "succeeded"}}',
      '{"custom_id": "unit-0", "response": {"body": null}, "result": {"type": "paused"}}',
      '{"custom_id": "unit-0", "response": {"status_code": 400, "body": {"error": {"message": {}}}}, "result": []}',
    ];
    const { batches } = await serve({ batch: { spoil: (lines) => [...odd, ...lines] } });
    const id = await batches.submit(items(1), intentOf(items(1)));
    await batches.poll(id);
    const results = await collect(batches, id);
    expect(results.slice(0, 5)).toEqual(
      Array(5).fill({ custom_id: 'unit-0', state: 'due', reason: 'errored', message: expect.any(String) as string }),
    );
    expect(results.slice(5)).toMatchObject([{ custom_id: 'unit-0', state: 'answered' }]);
  });

  it('report an item that can never be answered with its reason', async () => {
    const error = { status: 400, type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens' };
    const { batches } = await serve({ batch: { errored: 1, error } });
    const id = await batches.submit(items(1), intentOf(items(1)));
    await batches.poll(id);
    expect(await collect(batches, id)).toMatchObject([{ state: 'failed', failure: 'too-long' }]);
  });

  it('learn from refused items that a shape is not taken: all of them are due, and go out changed', async () => {
    const name = provider === 'openai' ? 'response_format' : 'output_config';
    const error = { status: 400, type: 'invalid_request_error', message: `${name}: not supported` };
    const { batches, models, server } = await serve({ batch: { errored: 1, error } });
    const id = await batches.submit(items(3), intentOf(items(3)));
    await batches.poll(id);
    expect((await collect(batches, id)).map(({ state }) => state)).toEqual(['due', 'due', 'due']);
    expect(models.learned()).toHaveLength(1);
    await batches.submit(items(3), intentOf(items(3), 'intent-2'));
    const bodies = server.batches.batches.map((batch) => Object.keys(batch.items[0]!.body));
    expect(bodies[0]).toContain(name);
    expect(bodies[1]).not.toContain(name);
    expect(bodies[1]).toContain('tools');
  });

  it('are cancelled at the provider, and what had no turn is due', async () => {
    const { batches, server } = await serve({ batch: { polls: 99 } });
    const id = await batches.submit(items(2), intentOf(items(2)));
    await batches.cancel(id);
    expect(server.batches.batches[0]!.cancelled).toBe(true);
    expect((await batches.poll(id)).state).toBe('ended');
  });

  it('are created once when the reply is lost, and found again by their intent', async () => {
    const { batches, server } = await serve({ batch: { polls: 0, lose: 1 } });
    const [mine, other] = [items(5), items(5).map((item) => ({ ...item, custom_id: `x${item.custom_id}` }))];
    const intent = intentOf(mine);
    await expect(batches.submit(mine, intent)).rejects.toMatchObject({ failure: 'unreachable', attempts: 1 });
    expect(server.batches.batches).toHaveLength(1);
    await batches.submit(other, intentOf(other, 'intent-2'));
    expect(await batches.find(intent)).toEqual({ id: 'batch_1' });
    expect(
      await batches.find(
        intentOf(
          items(5).map((i) => ({ ...i, custom_id: `y${i.custom_id}` })),
          'none',
        ),
      ),
    ).toBeNull();
  });

  it('that are refused with a wait pause the endpoint for as long, and are not created again by themselves', async () => {
    const refuses = { status: 429, message: 'slow down', headers: { 'retry-after': '30' } };
    let creates = 0;
    const on = (step: string): void => void (step === 'create' && creates++);
    const { batches, models } = await serve({ batch: { refuses, on } });
    const some = items(2);
    await expect(batches.submit(some, intentOf(some))).rejects.toMatchObject({ name: 'ModelFailure', stops: false });
    expect(creates).toBe(1);
    expect(models.endpoints()[0]!.paused_ms).toBeGreaterThan(20_000);
    // The next one waits for its turn, and is given up before it is sent.
    const stop = new AbortController();
    const next = batches.submit(some, intentOf(some), stop.signal);
    setTimeout(() => stop.abort(new Error('SIGTERM')), 50);
    await expect(next).rejects.toThrow('SIGTERM');
    expect(creates).toBe(1);
  });

  it('of long ago are not looked through', async () => {
    const { batches, server } = await serve({ batch: { polls: 0 } });
    const mine = items(5);
    await batches.submit(mine, intentOf(mine));
    server.batches.batches[0]!.created_at -= 7_200_000;
    expect(await batches.find(intentOf(mine))).toBeNull();
  });
});

describe('an intent at Anthropic', () => {
  it('whose batch has not ended yet cannot be told from another of its size, and waits', async () => {
    const server = await startServer({ batch: { polls: 1, lose: 1 } });
    const models = openModels({ env: {} });
    open.push(models, server);
    const spec = endpointSchema.parse({ provider: 'anthropic', model: 'j', base_url: server.anthropic });
    const batches = await models.batches(spec);
    const mine = items(4);
    const intent = intentOf(mine);
    await expect(batches.submit(mine, intent)).rejects.toThrow('no connection');
    expect(await batches.find(intent)).toEqual({ waiting: ['batch_1'] });
    expect(await batches.find({ ...intent, custom_ids: new Set(['one']) })).toBeNull();
    expect(await batches.find({ ...intent, known: new Set(['batch_1']) })).toBeNull();
    await batches.poll('batch_1');
    expect(await batches.find(intent)).toEqual({ id: 'batch_1' });
  });
});

describe('a portion', () => {
  const ask = (text: string) => ({ messages: [{ role: 'user' as const, content: text }], repeat: 0 });
  const filled = (portion: Portion, text = '') => {
    let n = 0;
    while (portion.takes(ask(text))) n++;
    return n;
  };

  it('holds what the provider takes by number, or less where less is asked for', () => {
    expect(filled(new Portion('openai'))).toBe(50_000);
    expect(filled(new Portion('anthropic'))).toBe(100_000);
    expect(filled(new Portion('anthropic', 7))).toBe(7);
  });

  it('ends before its bytes are more than one upload takes; an item larger than that goes alone', () => {
    const text = 'x'.repeat(20_000_000);
    expect(filled(new Portion('openai'), text)).toBe(3);
    const alone = new Portion('anthropic');
    expect(alone.takes(ask('x'.repeat(65_000_000)))).toBe(true);
    expect(alone.takes(ask('short'))).toBe(false);
  });
});
