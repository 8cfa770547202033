import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
// Over real HTTP, with the real SDKs, against the local server of both protocols.
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  endpointSchema,
  type EndpointSpec,
  ModelFailure,
  type Models,
  openModels,
  realClock,
} from '../../src/models/index.js';
import { readReply } from '../../src/judging/verdict.js';
import type { Ask } from '../../src/records.js';
import { type ServerOptions, startServer, type TestServer } from '../server/index.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(options: ServerOptions = {}): Promise<TestServer> {
  const server = await startServer(options);
  open.push(server);
  return server;
}

/** Fifty times as fast as ours; what waits a minute waits about a second. */
const quick = {
  now: () => realClock.now() * 50,
  wall: () => realClock.wall(),
  sleep: (ms: number, signal?: AbortSignal) => realClock.sleep(ms / 50, signal),
};

function connect(options: Partial<Parameters<typeof openModels>[0]> = {}): Models {
  const models = openModels({ env: {}, clock: quick, ...options });
  open.push(models);
  return models;
}

const openai = (server: TestServer, more: object = {}): EndpointSpec =>
  endpointSchema.parse({ provider: 'openai', model: 'm', base_url: server.openai, ...more });
const anthropic = (server: TestServer, more: object = {}): EndpointSpec =>
  endpointSchema.parse({ provider: 'anthropic', model: 'm', base_url: server.anthropic, ...more });

const QUESTION = [
  'Which is better?',
  '<response_a_0f>\nthe worse one [q=0.2]\n</response_a_0f>',
  '<response_b_0f>\nthe better one [q=0.8]\n</response_b_0f>',
].join('\n');
const SCHEMA = { type: 'object', properties: { verdict: { type: 'string' } }, required: ['verdict'] };
const plain: Ask = { messages: [{ role: 'user', content: 'What is rain?' }], repeat: 0 };
const judging: Ask = {
  messages: [
    { role: 'system', content: 'the rubric' },
    { role: 'user', content: QUESTION },
  ],
  repeat: 0,
  reply_schema: SCHEMA,
};
/** A whole answer that speaks and calls our tool. */
function calledBody(provider: string, words: string, inputs: object[]): object {
  if (provider === 'anthropic') {
    const calls = inputs.map((input, i) => ({ type: 'tool_use', id: `c${i}`, name: 'verdict', input }));
    const content = words === '' ? calls : [{ type: 'text', text: words }, ...calls];
    const usage = { input_tokens: 1, output_tokens: 1 };
    return { id: 'm', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'tool_use', usage };
  }
  const tool_calls = inputs.map((input, i) => ({
    ...{ id: `c${i}`, type: 'function' },
    function: { name: 'verdict', arguments: JSON.stringify(input) },
  }));
  const message = { role: 'assistant', content: words === '' ? null : words, tool_calls };
  return {
    id: 'c',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, finish_reason: 'tool_calls', message }],
  };
}
const failureOf = async (work: Promise<unknown>): Promise<ModelFailure> => {
  const error = await work.then(
    () => expect.fail('it was answered'),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ModelFailure);
  return error as ModelFailure;
};

describe.each([
  ['openai', openai],
  ['anthropic', anthropic],
] as const)('a model of provider %s', (provider, specOf) => {
  it('answers with text, stop reason, served name, usage and time', async () => {
    const server = await serve({ served_as: 'm-2026-11-01', answer: () => 'Water that falls.' });
    const answer = await connect().model(specOf(server)).ask(plain);
    expect(answer).toMatchObject({
      text: 'Water that falls.',
      stop_reason: 'end',
      model_served: 'm-2026-11-01',
      output_tokens: 5,
      cost_usd: null,
      attempts: 1,
    });
    expect(answer.input_tokens).toBeGreaterThan(0);
    expect(answer.latency_ms).toBeGreaterThan(0);
  });

  it('is asked for a schema first, then with a forced tool, then in plain text, and remembers', async () => {
    const refuses = provider === 'openai' ? ['response_format', 'tools'] : ['output_config', 'tools'];
    const server = await serve({ refuses });
    const models = connect();
    const answer = await models.model(specOf(server)).ask(judging);
    expect(answer).toMatchObject({ attempts: 3, stop_reason: 'end' });
    expect(JSON.parse(answer.text)).toMatchObject({ verdict: 'B' });
    const again = await models.model(specOf(server)).ask({ ...judging, repeat: 1 });
    expect(again.attempts).toBe(1);
    expect(models.learned()).toHaveLength(2);
    expect(models.learned()[0]).toContain('does not answer to a JSON schema; a forced tool is used instead.');
  });

  it('gives the arguments of a forced tool as the text', async () => {
    const server = await serve({ refuses: [provider === 'openai' ? 'response_format' : 'output_config'] });
    const answer = await connect().model(specOf(server)).ask(judging);
    expect(answer.stop_reason).toBe('tool');
    expect(JSON.parse(answer.text)).toMatchObject({ verdict: 'B', quote: 'the better one [q=0.8]' });
  });

  it.each([
    ['prose beside it', 'Let me compare the two.', [{ verdict: 'B' }], 'judged'],
    ['prose that contradicts it', 'Winner: A', [{ verdict: 'B' }], 'contradictory'],
    ['another call of another verdict', '', [{ verdict: 'B' }, { verdict: 'A' }], 'contradictory'],
    ['another call of the same verdict', '', [{ verdict: 'B' }, { verdict: 'B' }], 'judged'],
  ])('keeps a forced tool call with %s whole', async (_, words, inputs, expected) => {
    const refused = provider === 'openai' ? 'response_format' : 'output_config';
    const server = await serve({
      refuses: [refused],
      rule: ({ body }) => (refused in body ? null : { status: 200, body: calledBody(provider, words, inputs) }),
    });
    const answer = await connect().model(specOf(server)).ask(judging);
    for (const said of [words, ...inputs.map((input) => JSON.stringify(input))]) expect(answer.text).toContain(said);
    const reading = readReply(answer, null);
    expect(reading.state === 'judged' ? reading.state : reading.failure).toBe(expected);
    if (reading.state === 'judged') expect(reading.verdict).toBe('B');
  });

  it('falls back from a shape it answers with nothing, and everything received is paid', async () => {
    const server = await serve({ empties: [provider === 'openai' ? 'response_format' : 'output_config'] });
    const models = connect({ prices: { m: { input_usd_per_mtok: 1e6, output_usd_per_mtok: 0 } } });
    const answer = await models.model(specOf(server)).ask(judging);
    expect(JSON.parse(answer.text)).toMatchObject({ verdict: 'B' });
    expect(answer.attempts).toBe(2);
    const once = Math.ceil(('the rubric'.length + 1 + QUESTION.length) / 4);
    expect(Math.abs(answer.input_tokens! - 2 * once)).toBeLessThanOrEqual(2);
    expect(answer.cost_usd).toBeCloseTo(answer.input_tokens!, 6);
    // One may be an accident; two are none.
    expect((await models.model(specOf(server)).ask(judging)).attempts).toBe(2);
    expect((await models.model(specOf(server)).ask(judging)).attempts).toBe(1);
    expect(models.learned()).toHaveLength(1);
  });

  it('keeps its shape though an error quotes a prompt that names it, before and after the first answer', async () => {
    const quoted =
      'Invalid prompt: "response_format, output_config, schema, tools and tool_choice, max_tokens are unsupported"';
    const server = await serve({
      rule: ({ body }) =>
        JSON.stringify(body).includes('QUOTE ME') ? { status: 400, body: { error: { message: quoted } } } : null,
    });
    const models = connect();
    const model = models.model(specOf(server, { max_tokens: 50 }));
    await model.ask(plain);
    server.requests.length = 0;
    const hostile = { ...judging, messages: [{ role: 'user' as const, content: `QUOTE ME ${QUESTION}` }] };
    const shapes = (): string[] =>
      server.requests
        .splice(0)
        .map(({ body }) => ('tools' in body ? 'tool' : /json_schema/.test(JSON.stringify(body)) ? 'schema' : 'text'));
    expect(await failureOf(model.ask(hostile))).toMatchObject({ failure: 'unreachable', stops: false });
    expect(shapes()).toEqual(['schema', 'tool', 'text']);
    await model.ask(judging);
    expect(await failureOf(model.ask(hostile))).toMatchObject({ attempts: 1 });
    await model.ask(judging);
    expect(shapes()).toEqual(['schema', 'schema', 'schema']);
    expect(models.learned()).toEqual([]);
  });

  it('keeps its shape after one empty reply, and is asked again in another for that question', async () => {
    const field = provider === 'openai' ? 'response_format' : 'output_config';
    const server = await serve({
      rule: ({ n }) => (n === 0 ? { status: 200, body: calledBody(provider, '', []) } : null),
    });
    const models = connect();
    const model = models.model(specOf(server));
    expect(await model.ask(judging)).toMatchObject({ attempts: 2 });
    expect(await model.ask(judging)).toMatchObject({ attempts: 1 });
    expect(server.requests.map(({ body }) => field in body)).toEqual([true, false, true]);
    expect(models.learned()).toEqual([]);
  });

  it('reports a refusal as an answer with its reason, not as a fault', async () => {
    const server = await serve({ faults: { refusal: 1 } });
    const answer = await connect().model(specOf(server)).ask(judging);
    expect(answer).toMatchObject({ stop_reason: 'refusal', text: 'I will not do that.', attempts: 1 });
  });

  it.each(['500', '529', '429', '429-after', 'reset', 'cut'] as const)('is asked again after %s', async (fault) => {
    // The fault is drawn by content and how often it has come: about half of the tries fail.
    const server = await serve({ faults: { [fault]: 0.5 }, answer: () => 'Water.', retry_after_s: 1 });
    const models = connect({ retries: 20 });
    const asks = Array.from({ length: 12 }, (_, i): Ask => ({
      ...plain,
      messages: [{ role: 'user', content: `q${i}` }],
    }));
    const answers = await Promise.all(asks.map((ask) => models.model(specOf(server)).ask(ask)));
    expect(answers.map(({ text }) => text)).toEqual(asks.map(() => 'Water.'));
    const attempts = answers.reduce((sum, one) => sum + one.attempts, 0);
    expect(attempts).toBe(server.counts.requests);
    expect(attempts).toBeGreaterThan(12);
  });

  it('is cut off by its timeout wherever the answer hangs, and the call is really cancelled', async () => {
    const server = await serve({ faults: { hang: 1 } });
    const failure = await failureOf(
      connect()
        .model(specOf(server, { timeout_s: 0.05 }))
        .ask(plain),
    );
    expect(failure).toMatchObject({ failure: 'unreachable', stops: false, attempts: 4 });
    expect(failure.message).toContain('no answer in time');
    await expect.poll(() => server.counts.under_way).toBe(0);
  });

  it('that is not served stops, while others at the same endpoint go on', async () => {
    const server = await serve({ models: [{ id: 'm' }] });
    const models = connect();
    const unknown = models.model(specOf(server, { model: 'nobody' }));
    expect(await failureOf(unknown.ask(plain))).toMatchObject({ stops: true, attempts: 1 });
    expect(await failureOf(unknown.ask(plain))).toMatchObject({ stops: true, attempts: 0 });
    expect((await models.model(specOf(server)).ask(plain)).attempts).toBe(1);
  });

  it('whose quota is used up is not asked again by those who stood in line', async () => {
    const body = { error: { message: 'insufficient_quota: add credits' } };
    const server = await serve({
      latency_ms: 20,
      rule: () => ({ status: 429, body, headers: { 'retry-after': '30' } }),
    });
    const model = connect({ concurrency: 4 }).model(specOf(server));
    await Promise.all(Array.from({ length: 40 }, (_, repeat) => failureOf(model.ask({ ...plain, repeat }))));
    expect(server.counts.requests).toBeLessThanOrEqual(4);
  });

  it('fails one question that is too long for its context, and no other', async () => {
    const server = await serve({ context_chars: 100 });
    const model = connect().model(specOf(server));
    const long = { ...plain, messages: [{ role: 'user' as const, content: 'long '.repeat(50) }] };
    expect(await failureOf(model.ask(long))).toMatchObject({ failure: 'too-long', stops: false, attempts: 1 });
    expect((await model.ask(plain)).attempts).toBe(1);
  });

  it('stops with one line when the key is wrong, and the line holds no key', async () => {
    const env = { THE_KEY: 'secret-of-mine-1' };
    const server = await serve({
      rule: ({ headers }) => ({ status: 401, body: { error: { message: `wrong: ${headers['authorization']}` } } }),
    });
    const failure = await failureOf(
      connect({ env })
        .model(specOf(server, { api_key_env: 'THE_KEY' }))
        .ask(plain),
    );
    expect(failure).toMatchObject({ stops: true, attempts: 1 });
    expect(failure.message).toContain('the key is not accepted: 401 wrong: Bearer [THE_KEY]');
    expect(failure.message).not.toContain('\n');
  });

  it('tells of a wait, and of being down, in the server’s words without the key that they repeat', async () => {
    const env = { THE_KEY: 'secret-of-mine-1' };
    const server = await serve({
      rule: ({ headers, n }) => ({
        status: n === 0 ? 429 : 500,
        body: { error: { message: `slow down, ${headers['authorization']}` } },
        headers: { 'retry-after-ms': '100' },
      }),
    });
    const said: string[] = [];
    const models = connect({ env, retries: 1, onRetry: ({ message }) => said.push(message) });
    const model = models.model(specOf(server, { api_key_env: 'THE_KEY', concurrency: 1 }));
    for (let repeat = 0; repeat < 20; repeat++) await failureOf(model.ask({ ...plain, repeat }));
    expect(said[0]).toBe('429 slow down, Bearer [THE_KEY]');
    expect(models.endpoints()[0]!.down).toContain('the last with: 500 slow down, Bearer [THE_KEY]');
  });

  it('gives a key back to nobody, also when an answer repeats it', async () => {
    const env = { THE_KEY: 'secret-of-mine-1' };
    const server = await serve({ keys: ['secret-of-mine-1'], answer: () => 'Your key is secret-of-mine-1.' });
    const answer = await connect({ env })
      .model(specOf(server, { api_key_env: 'THE_KEY' }))
      .ask(plain);
    expect(answer.text).toBe('Your key is [THE_KEY].');
  });

  it('is cancelled at once by the signal it is asked with', async () => {
    const server = await serve({ faults: { hang: 1 } });
    const cancel = new AbortController();
    const work = connect().model(specOf(server)).ask(plain, cancel.signal);
    await expect.poll(() => server.counts.under_way).toBe(1);
    cancel.abort(new Error('away'));
    await expect(work).rejects.toThrow('away');
    await expect.poll(() => server.counts.under_way).toBe(0);
  });

  it('gets its own system text in front, unless the question brings one', async () => {
    const server = await serve();
    const model = connect().model(specOf(server, { system: 'be brief' }));
    await model.ask(plain);
    await model.ask(judging);
    const sent = server.requests.map(({ body }) => JSON.stringify(body));
    expect(sent[0]).toContain('be brief');
    expect(sent[1]).toContain('the rubric');
    expect(sent[1]).not.toContain('be brief');
  });

  it('can be reached without spending anything', async () => {
    const server = await serve({ models: [{ id: 'm' }, { id: 'other' }] });
    const models = connect();
    expect(await models.reach(specOf(server))).toEqual({
      address: provider === 'openai' ? server.openai : server.anthropic,
      served_models: ['m', 'other'],
      doubt: null,
      key_variable: null,
    });
    await expect(models.reach(specOf(server, { model: 'x' }))).rejects.toMatchObject({ code: 'MODEL_NOT_SERVED' });
    expect(server.counts.requests).toBe(0);
  });

  it.each([
    ['404', 404, 'application/json', '{}'],
    ['no JSON', 200, 'text/html', '<html>Welcome</html>'],
    [null, 405, 'application/json', '{}'],
    [null, 200, 'application/json', '{"object":"list","data":[]}'],
  ])('that answers with %s (%i) in place of a list of models is not refused', async (instead, status, type, body) => {
    const web = createServer((_request, response) => response.writeHead(status, { 'content-type': type }).end(body));
    await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
    const base_url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const { served_models, doubt } = await connect().reach({ provider, model: 'm', base_url, api: 'chat' });
    web.close();
    expect(served_models).toBeNull();
    const path = provider === 'openai' ? 'is the path (often /v1) missing?' : 'does `base_url` stand without /v1?';
    expect(doubt).toBe(instead && `${base_url} answers with ${instead} where its list of models should be; ${path}`);
  });
});

describe('an endpoint of OpenAI’s protocol', () => {
  it('is sent `max_completion_tokens` and no temperature once it has asked for that', async () => {
    const server = await serve({ refuses: ['max_tokens', 'temperature'] });
    const models = connect();
    const model = models.model(openai(server, { temperature: 0, max_tokens: 64, seed: 5 }));
    expect((await model.ask(plain)).attempts).toBe(3);
    const last = server.requests.at(-1)!.body;
    expect(last).toMatchObject({ max_completion_tokens: 64, seed: 5 });
    expect(Object.keys(last)).not.toContain('temperature');
    expect(Object.keys(last)).not.toContain('max_tokens');
    expect(models.learned().map((sentence) => sentence.replace(/^m at \S+ /, ''))).toEqual([
      'does not take `max_tokens`; `max_completion_tokens` goes out instead.',
      'does not take `temperature`; it is left out.',
    ]);
  });

  it('is not believed about a value out of range: that is a mistake of the run file', async () => {
    const body = { error: { message: 'temperature must be less than or equal to 1', param: 'temperature' } };
    const server = await serve({ rule: () => ({ status: 400, body }) });
    const models = connect();
    const failure = await failureOf(models.model(openai(server, { temperature: 2 })).ask(plain));
    expect(failure).toMatchObject({ failure: 'unreachable', attempts: 1 });
    expect(models.learned()).toEqual([]);
  });

  it('gets another seed for every repeat', async () => {
    const server = await serve();
    const model = connect().model(openai(server, { seed: 7 }));
    await model.ask(plain);
    await model.ask({ ...plain, repeat: 2 });
    expect(server.requests.map(({ body }) => body['seed'])).toEqual([7, 9]);
  });

  it('serves base models through completions: plain text, no shape', async () => {
    const server = await serve();
    const model = connect().model(openai(server, { api: 'completions', max_tokens: 9 }));
    await model.ask(plain);
    await model.ask(judging);
    expect(server.requests[0]).toMatchObject({
      path: '/v1/completions',
      body: { prompt: 'What is rain?', max_tokens: 9 },
    });
    expect(server.requests[1]!.body['prompt']).toBe(`system: the rubric\n\nuser: ${QUESTION}\n\nassistant:`);
    expect(Object.keys(server.requests[1]!.body)).toEqual(['model', 'prompt', 'max_tokens']);
  });

  it('gets extra fields as they are, over everything else', async () => {
    const server = await serve();
    const extra_body = { top_k: 3, chat_template_kwargs: { enable_thinking: false } };
    await connect().model(openai(server, { extra_body })).ask(plain);
    expect(server.requests[0]!.body).toMatchObject(extra_body);
  });

  it.each([
    [{ object: 'error', message: 'vLLM says no', code: 400 }, 'vLLM says no'],
    [{ detail: 'FastAPI says no' }, 'FastAPI says no'],
    [{ error: 'Ollama says no' }, 'Ollama says no'],
  ])('is quoted whatever the form of its errors: %j', async (body, words) => {
    const server = await serve({ rule: () => ({ status: 400, body }) });
    expect((await failureOf(connect().model(openai(server)).ask(plain))).message).toContain(words);
  });

  it('never sees the provider’s key, organization or project', async () => {
    const env = { OPENAI_API_KEY: 'sk-secret-1234567' };
    process.env['OPENAI_ORG_ID'] = 'org-secret';
    const server = await serve();
    await connect({ env }).model(openai(server)).ask(plain);
    delete process.env['OPENAI_ORG_ID'];
    expect(JSON.stringify(server.requests)).not.toMatch(/sk-secret|org-secret/);
    expect(server.requests[0]!.headers['authorization']).toBe('Bearer none');
  });
});

describe('an endpoint of Anthropic’s protocol', () => {
  it('gets the system text as a field of its own, cached for judges, and no sampling parameters', async () => {
    const server = await serve();
    await connect()
      .model(anthropic(server, { seed: 1, max_tokens: 50 }))
      .ask(judging);
    const { body, headers } = server.requests[0]!;
    expect(body).toMatchObject({
      max_tokens: 50,
      system: [{ type: 'text', text: 'the rubric', cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: QUESTION }],
      output_config: { format: { type: 'json_schema', schema: SCHEMA } },
    });
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['seed']));
    expect(headers['authorization']).toBe('Bearer none');
  });

  it('is asked for a model that will be retired without a warning per call', async () => {
    const server = await serve();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await connect()
      .model(anthropic(server, { model: 'claude-sonnet-4-5' }))
      .ask(plain);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('counts cached tokens as part of the input', async () => {
    const server = await serve();
    const system = 'rubric '.repeat(40);
    const ask = { ...judging, messages: [{ role: 'system' as const, content: system }, judging.messages[1]!] };
    const prices = { m: { input_usd_per_mtok: 1, output_usd_per_mtok: 1 } };
    const [a, b] = await Promise.all([
      connect({ prices }).model(anthropic(server)).ask(ask),
      connect({ prices }).model(openai(server)).ask(ask),
    ]);
    expect(a.cached_tokens).toBeGreaterThan(0);
    expect([a.input_tokens, a.cached_tokens, a.cost_usd]).toEqual([b.input_tokens, b.cached_tokens, b.cost_usd]);
  });
});

describe('all models of a run', () => {
  it('share the limits of an endpoint, and state what goes on there', async () => {
    const server = await serve({ latency_ms: 5 });
    const models = connect({ concurrency: 3 });
    const [one, two] = [models.model(openai(server)), models.model(openai(server, { model: 'n' }))];
    expect(models.capacity()).toBe(3);
    await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? one : two).ask({ ...plain, repeat: i })));
    expect(server.counts.most_under_way).toBe(3);
    expect(models.endpoints()).toMatchObject([{ address: server.openai, calls: 12, under_way: 0, waiting: 0 }]);
  });

  it('costs by the hour are the time the endpoint was busy, however many calls it answered at once', async () => {
    const server = await serve({ latency_ms: 20 });
    const models = connect({ clock: realClock });
    const model = models.model(openai(server, { usd_per_hour: 3600, concurrency: 8 }));
    const started = realClock.now();
    const answers = await Promise.all(Array.from({ length: 16 }, (_, repeat) => model.ask({ ...plain, repeat })));
    const seconds = (realClock.now() - started) / 1000;
    const cost = answers.reduce((sum, one) => sum + one.cost_usd!, 0);
    expect(cost).toBeLessThanOrEqual(seconds);
    expect(cost).toBeGreaterThan(0.03);
    expect(cost).toBeLessThan(answers.reduce((sum, one) => sum + one.latency_ms! / 1000, 0) / 3);
  });

  it('costs by the hour also for time that came to nothing, and whoever keeps a budget is told of it', async () => {
    const server = await serve({ faults: { hang: 1 } });
    const models = connect({ clock: realClock, retries: 0 });
    const charged: unknown[] = [];
    const model = models.model(openai(server, { usd_per_hour: 3600, timeout_s: 0.2 }));
    const failure = await failureOf(model.ask({ ...plain, paid: (charge) => charged.push(charge) }));
    expect(failure).toMatchObject({ failure: 'unreachable', attempts: 1, answer: undefined });
    expect(failure.cost_usd).toBeGreaterThan(0.15);
    expect(failure.cost_usd).toBeLessThan(1);
    expect(charged).toEqual([{ cost_usd: failure.cost_usd, guess_usd: null }]);
  });

  it('under 30 % mixed faults give every unit its answer, and the counts are those of the server', async () => {
    const faults = { '429': 0.05, '429-after': 0.05, '500': 0.06, '529': 0.04, reset: 0.05, hang: 0.005, cut: 0.04 };
    const server = await serve({ faults, retry_after_s: 1, quality: { good: 0.6 } });
    const calm = await serve({ quality: { good: 0.6 } });
    const models = connect({ concurrency: 16, retries: 12 });
    const ask = (server: TestServer, i: number): Promise<{ text: string; attempts: number }> =>
      models
        .model(openai(server, { model: 'good', timeout_s: 3 }))
        .ask({ ...plain, messages: [{ role: 'user', content: `prompt ${i}` }] });
    const units = Array.from({ length: 200 }, (_, i) => i);
    const [stormy, quiet] = await Promise.all([
      Promise.all(units.map((i) => ask(server, i))),
      Promise.all(units.map((i) => ask(calm, i))),
    ]);
    expect(stormy.map(({ text }) => text)).toEqual(quiet.map(({ text }) => text));
    expect(stormy.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(server.requests.length);
    const answered = new Map<string, number>();
    for (const { status, fault, content } of server.requests)
      if (status === 200 && fault !== 'cut') answered.set(content, (answered.get(content) ?? 0) + 1);
    expect([...answered.values()].every((n) => n === 1)).toBe(true);
    expect(answered.size).toBe(200);
  });

  it('say which key is missing before anything is sent', () => {
    const spec = endpointSchema.parse({ provider: 'openai', model: 'gpt-4o' });
    expect(() => connect().model(spec)).toThrow('OPENAI_API_KEY is not set');
  });

  it('name an endpoint that is not there, and one that does not take the key', async () => {
    const server = await serve({ keys: ['right'] });
    await expect(connect({ env: { K: 'wrong' } }).reach(openai(server, { api_key_env: 'K' }))).rejects.toMatchObject({
      code: 'KEY_REFUSED',
    });
    const gone = endpointSchema.parse({ provider: 'openai', model: 'm', base_url: 'http://127.0.0.1:9/v1' });
    await expect(connect().reach(gone)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  });
});

describe('a body that is not what the protocol says', () => {
  const VERDICT = { verdict: 'B' };
  const chat = (message: object, more: object = {}) => ({ choices: [{ message, finish_reason: 'stop', ...more }] });
  const call = (called: unknown) => ({ content: null, tool_calls: [called] });
  const other = (verdict: string) => ({ type: 'function', function: { name: 'other', arguments: { verdict } } });
  /** The text that is read of it, or null where it is unreadable and the unit unreachable. */
  const BODIES: [EndpointSpec['provider'], unknown, string | null, object?][] = [
    ['openai', chat(call({ type: 'function', function: { name: 'verdict', arguments: VERDICT } })), '{"verdict":"B"}'],
    ['openai', chat({ content: 'words', tool_calls: [{ type: 'function', function: null }] }), 'words'],
    ['openai', chat({ content: 'words', tool_calls: {} }), 'words'],
    ['openai', chat({ content: null, tool_calls: [other('A'), other('B')] }), '{"verdict":"A"}\n\n{"verdict":"B"}'],
    ['openai', chat({ content: '\n\n', tool_calls: [other('B')] }), '{"verdict":"B"}'],
    ['openai', chat({ content: ' words\n', tool_calls: [other('B')] }), ' words\n'],
    ['openai', chat({ content: [null, { type: 'text', text: 'words' }] }), 'words'],
    [
      'openai',
      chat({
        content: [
          { type: 'reasoning', text: 'a thought' },
          { type: 'text', text: 'words' },
        ],
      }),
      'words',
    ],
    ['openai', chat({ content: null, refusal: true }), 'true', { stop_reason: 'refusal' }],
    ['openai', chat({ content: null, refusal: { why: 'no' } }), '{"why":"no"}', { stop_reason: 'refusal' }],
    ['openai', { ...chat({ content: 'words' }), model: 7 }, 'words', { model_served: null }],
    ['openai', chat({ content: 'words' }, { finish_reason: 'constructor' }), 'words', { stop_reason: 'other' }],
    ['openai', chat({ content: 'words' }, { finish_reason: 5 }), 'words', { stop_reason: 'other' }],
    ['openai', { choices: [null] }, null],
    ['openai', { choices: 'none' }, null],
    ['openai', [], null],
    ['openai', null, null],
    ['anthropic', { content: [null, { type: 'text', text: 'words' }] }, 'words'],
    ['anthropic', { content: [{ type: 'tool_use', name: 'verdict', input: VERDICT }] }, '{"verdict":"B"}'],
    [
      'anthropic',
      {
        content: [
          { type: 'text', text: 'words' },
          { type: 'tool_use', name: 'verdict' },
        ],
      },
      'words',
    ],
    ['anthropic', { content: [{ type: 'text', text: 7 }] }, '7'],
    ['anthropic', { content: [{ type: 'text', text: 'w' }], stop_reason: 'toString' }, 'w', { stop_reason: 'other' }],
    ['anthropic', { content: [{ type: 'text', text: 'words' }], model: {} }, 'words', { model_served: null }],
    ['anthropic', { content: 'words' }, null],
    ['anthropic', null, null],
  ];
  it.each(BODIES)('of %s, %j, is read or a reason, and never ends a run', async (provider, body, text, facts) => {
    const server = await serve({ rule: () => ({ status: 200, body }) });
    const asked = connect({ retries: 0 })
      .model(provider === 'openai' ? openai(server) : anthropic(server))
      .ask(plain);
    if (text === null) expect((await failureOf(asked)).failure).toBe('unreachable');
    else expect(await asked).toMatchObject({ text, ...facts });
  });
});
