// The test server is itself held to what it claims: known quality, known bias, faults that nothing but content decides.
import { describe, expect, it } from 'vitest';
import { checkpointSays, judgeSays, MIND, qualityOf } from './answers.js';
import { Bucket, faultFor } from './faults.js';
import { findResponses, startServer, trueVerdict } from './index.js';

const question = (first: string, second: string): string =>
  `Which?\n<response_a_5e>\n${first}\n</response_a_5e>\n<response_b_5e>\n${second}\n</response_b_5e>`;

describe('the judge of the test server', () => {
  const pairs = Array.from(
    { length: 2000 },
    (_, i) => [`text ${i} [q=0.${i % 7}]`, `word ${i} [q=0.${i % 5}]`] as const,
  );

  it('finds the two texts a template prints, and nothing where there are none', () => {
    expect(findResponses(question('one\ntwo', 'three'))).toEqual({ first: 'one\ntwo', second: 'three' });
    expect(findResponses('What is rain? <response_a_1>')).toBeNull();
  });

  it('without bias and noise says what is true, in both orders', () => {
    for (const [a, b] of pairs.slice(0, 200)) {
      expect(judgeSays(question(a, b), a, b, MIND)).toBe(trueVerdict(a, b));
      expect(judgeSays(question(b, a), b, a, MIND)).toBe(trueVerdict(b, a));
    }
  });

  it('names slot A without reading as often as its bias says', () => {
    const mind = { ...MIND, position_bias: 0.3 };
    const worseFirst = pairs.filter(([a, b]) => trueVerdict(a, b) === 'B');
    const fooled = worseFirst.filter(([a, b]) => judgeSays(question(a, b), a, b, mind) === 'A').length;
    expect(fooled / worseFirst.length).toBeGreaterThan(0.25);
    expect(fooled / worseFirst.length).toBeLessThan(0.35);
  });

  it('misreads a pair the same way in both orders', () => {
    const mind = { ...MIND, noise: 0.6 };
    const swapped = { A: 'B', B: 'A', tie: 'tie' };
    let misread = 0;
    for (const [a, b] of pairs.slice(0, 300)) {
      const verdict = judgeSays(question(a, b), a, b, mind);
      expect(judgeSays(question(b, a), b, a, mind)).toBe(swapped[verdict]);
      if (verdict !== trueVerdict(a, b)) misread++;
    }
    expect(misread).toBeGreaterThan(30);
  });
});

describe('a checkpoint of the test server', () => {
  it('marks its answers with their true quality, around that of its model', () => {
    const mind = { ...MIND, quality: { good: 0.8 } };
    const qualities = Array.from({ length: 500 }, (_, i) => qualityOf(checkpointSays('good', `p${i}`, '', mind).text));
    const mean = qualities.reduce((sum, one) => sum + one, 0) / qualities.length;
    expect(Math.abs(mean - 0.8)).toBeLessThan(0.02);
    expect(Math.max(...qualities) - Math.min(...qualities)).toBeGreaterThan(0.2);
  });

  it('gives another text for another repeat, and the same for the same', () => {
    const say = (repeat: string): string => checkpointSays('m', 'p', repeat, MIND).text;
    expect(say('1')).toBe(say('1'));
    expect(say('1')).not.toBe(say('2'));
  });
});

describe('faults', () => {
  it('come at their rates and are decided by content and how often it has come', () => {
    const rates = { '500': 0.1, reset: 0.2 };
    const drawn = Array.from({ length: 5000 }, (_, i) => faultFor(1, `c${i}`, 0, rates));
    expect(drawn.filter((kind) => kind === '500').length / 5000).toBeCloseTo(0.1, 1);
    expect(drawn.filter((kind) => kind === 'reset').length / 5000).toBeCloseTo(0.2, 1);
    expect(drawn.filter((kind) => kind === null).length / 5000).toBeCloseTo(0.7, 1);
    expect(drawn.map((_, i) => faultFor(1, `c${i}`, 0, rates))).toEqual(drawn);
    expect(drawn.map((_, i) => faultFor(1, `c${i}`, 1, rates))).not.toEqual(drawn);
  });

  it('of the limit come when a second’s worth is used up, and say how long to wait', () => {
    const bucket = new Bucket({ per_second: 10, burst: 3, retry_after: 'ms' });
    expect([0, 0, 0].map((at) => bucket.take(at))).toEqual([null, null, null]);
    expect(bucket.take(0)).toBeCloseTo(100);
    expect(bucket.refusalHeaders(99.5)).toEqual({ 'retry-after-ms': '100' });
    expect(bucket.take(100)).toBeNull();
    expect(new Bucket({ per_second: 10 }).refusalHeaders(20)).toEqual({ 'retry-after': '1' });
  });
});

describe('the server', () => {
  it('lists its models as vLLM does, adapters with their base, and as Anthropic does', async () => {
    const server = await startServer({
      models: [{ id: 'base' }, { id: 'lora', root: '/runs/checkpoint-290', parent: 'base' }],
    });
    const openai = (await (await fetch(`${server.openai}/models`)).json()) as { data: object[] };
    expect(openai.data).toMatchObject([
      { id: 'base', root: 'base', parent: null },
      { id: 'lora', root: '/runs/checkpoint-290', parent: 'base' },
    ]);
    const anthropic = await fetch(`${server.anthropic}/v1/models`, { headers: { 'anthropic-version': '2026-10-21' } });
    expect(await anthropic.json()).toMatchObject({
      data: [{ type: 'model', id: 'base' }, { id: 'lora' }],
      has_more: false,
    });
    await server.close();
  });

  it('keeps a log of what it was asked and how it answered', async () => {
    const server = await startServer({ keys: ['k'] });
    const ask = (key: string): Promise<Response> =>
      fetch(`${server.openai}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
      });
    expect((await ask('wrong')).status).toBe(401);
    expect((await ask('k')).status).toBe(200);
    await ask('k');
    expect(server.requests.map(({ nth, status, fault }) => [nth, status, fault])).toEqual([
      [0, 200, null],
      [1, 200, null],
    ]);
    expect(server.counts).toMatchObject({ requests: 2, answered: 2, limited: 0 });
    await server.close();
  });
});
