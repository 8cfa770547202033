import { describe, expect, it } from 'vitest';
import { hashOfMessages } from '../../src/hash.js';
import { cacheKey, endpointProblems, endpointSchema, type EndpointSpec } from '../../src/models/index.js';
import type { Ask } from '../../src/records.js';

const spec = (fields: object): EndpointSpec => endpointSchema.parse({ provider: 'openai', model: 'm', ...fields });

describe('an endpoint in the run file', () => {
  it.each([
    [{ provider: 'anthropic', model: 'm', temperature: 0 }, 'temperature', 'PARAMETER_REFUSED'],
    [{ provider: 'anthropic', model: 'm', top_p: 1 }, 'top_p', 'PARAMETER_REFUSED'],
    [{ provider: 'anthropic', model: 'm', api: 'completions' }, 'api', 'INVALID_VALUE'],
    [{ provider: 'anthropic', model: 'm', seed: 1 }, 'seed', 'INVALID_VALUE'],
    [{ provider: 'openai', model: 'm', extra_body: { n: 2 } }, 'extra_body', 'INVALID_VALUE'],
    [{ provider: 'openai', model: 'm', base_url: 'http://me:pass@localhost/v1' }, 'base_url', 'INVALID_VALUE'],
    [{ provider: 'openai', model: 'm', base_url: 'http://token@localhost/v1' }, 'base_url', 'INVALID_VALUE'],
    [{ provider: 'openai', model: 'm', base_url: 'http://localhost/v1?api-version=1' }, 'base_url', 'INVALID_VALUE'],
    [{ provider: 'openai', model: 'm', base_url: 'http://localhost/v1?' }, 'base_url', 'INVALID_VALUE'],
    [{ provider: 'openai', model: 'm', base_url: 'http://localhost/v1#x' }, 'base_url', 'INVALID_VALUE'],
    [{ provider: 'openai' }, 'model', 'INVALID_VALUE'],
    [{ provider: 'recorded' }, 'file', 'INVALID_VALUE'],
    [{ provider: 'reference' }, 'extract', 'INVALID_VALUE'],
    [{ provider: 'offline', model: 'loose' }, 'model', 'INVALID_VALUE'],
    [{ provider: 'offline', base_url: 'http://localhost' }, 'base_url', 'INVALID_VALUE'],
  ])('%j is refused at `%s`', (fields, key, code) => {
    expect(endpointProblems(endpointSchema.parse(fields))).toMatchObject([{ path: [key], code }]);
  });

  const KEY = 'sk-planted-4f9a7c1e2b8d';
  it.each([
    [{ extra_body: { api_key: KEY } }, ['extra_body', 'api_key']],
    [{ extra_body: { metadata: { authorization: 'planted' } } }, ['extra_body', 'metadata', 'authorization']],
    [{ extra_body: { list: [{ 'x-api-key': 'planted' }] } }, ['extra_body', 'list', '0', 'x-api-key']],
    [{ extra_body: { apiKey: ['planted'] } }, ['extra_body', 'apiKey']],
    [{ extra_body: { session_token: 'planted' } }, ['extra_body', 'session_token']],
    [{ extra_body: { user: KEY } }, ['extra_body', 'user']],
    [{ extra_body: { user: 'Bearer planted' } }, ['extra_body', 'user']],
    [{ api_key_env: KEY }, ['api_key_env']],
    [{ api_key_env: 'hf_planted4f9a7c1e2b8d' }, ['api_key_env']],
    [{ headers_env: { 'x-team': 'planted value' } }, ['headers_env', 'x-team']],
  ])('that holds a key is refused where it stands, without repeating it: %j', (fields, path) => {
    const problems = endpointProblems(spec(fields));
    expect(problems).toMatchObject([{ path, code: 'INVALID_VALUE' }]);
    expect(problems[0]!.message).not.toMatch(/planted/);
  });

  it.each([
    { max_tokens: 5, eos_token: '</s>', stop_token_ids: [1], thinking: { budget_tokens: 9 } },
    { prompt_cache_key: 'suite-7', safety_identifier: 'me', use_auth_token: false },
    { guided_json: { properties: { password: { type: 'string' } }, required: ['password'] } },
  ])('may hold %j in its body', (extra_body) => expect(endpointProblems(spec({ extra_body }))).toEqual([]));

  it.each([
    { provider: 'openai', model: 'm', temperature: 0, seed: 1, base_url: 'http://localhost:8000/v1' },
    { provider: 'anthropic', model: 'm', max_tokens: 5 },
    { provider: 'recorded', file: 'x.jsonl' },
    { provider: 'reference', extract: { regex: 'a' } },
    { provider: 'offline' },
    { provider: 'offline', model: 'strict' },
  ])('%j is in order', (fields) => expect(endpointProblems(endpointSchema.parse(fields))).toEqual([]));

  it('knows no further keys', () => {
    expect(endpointSchema.safeParse({ provider: 'openai', model: 'm', temprature: 0 }).success).toBe(false);
    expect(endpointSchema.safeParse({ provider: 'openai', model: 'm', api_key: 'sk-1' }).success).toBe(false);
    expect(endpointSchema.safeParse({ provider: 'openai', model: 'm', base_url: 'file:///etc' }).success).toBe(false);
  });
});

describe('the cache key', () => {
  const ask: Ask = { messages: [{ role: 'user', content: 'hi' }], repeat: 0, reply_schema: { type: 'object' } };
  const key = (fields: object, change: Partial<Ask> = {}, env = {}): string =>
    cacheKey(spec(fields), { ...ask, ...change }, env);
  const same = key({});

  it.each([
    { concurrency: 3 },
    { rpm: 5, tpm: 6 },
    { timeout_s: 9 },
    { usd_per_hour: 1 },
    { api_key_env: 'OTHER' },
    { base_url: 'https://api.openai.com/v1/' },
  ])('is not changed by %j, which changes nothing that is asked', (fields) => expect(key(fields)).toBe(same));

  it.each([
    { model: 'n' },
    { base_url: 'http://localhost:8000/v1' },
    { temperature: 0 },
    { temperature: 0.5 },
    { max_tokens: 5 },
    { seed: 5 },
    { system: 'be brief' },
    { extra_body: { top_k: 1 } },
    { api: 'completions' },
    { provider: 'anthropic' },
  ])('is changed by %j', (fields) => expect(key(fields)).not.toBe(same));

  it('is changed by messages, schema and repeat, and by the address in the environment', () => {
    expect(key({}, { messages: [{ role: 'user', content: 'ho' }] })).not.toBe(same);
    expect(key({}, { messages: [{ role: 'system', content: 'hi' }] })).not.toBe(same);
    expect(key({}, { reply_schema: { type: 'string' } })).not.toBe(same);
    expect(key({}, { repeat: 1 })).not.toBe(same);
    expect(key({}, {}, { OPENAI_BASE_URL: 'http://localhost:1/v1' })).not.toBe(same);
  });

  it('takes the hash of the messages where it is given, unless the endpoint adds a system text', () => {
    const sha256 = hashOfMessages(ask.messages);
    expect(key({}, { sha256 })).toBe(same);
    expect(key({}, { sha256: hashOfMessages([]) })).not.toBe(same);
    expect(key({ system: 'be brief' }, { sha256 })).toBe(key({ system: 'be brief' }));
  });

  it('of a judge that is rules holds what it reads', () => {
    const slots = { prompt: 'p', first: 'a', second: 'b', reference: null };
    const offline = spec({ provider: 'offline', model: 'plain' });
    const one = cacheKey(offline, { ...ask, slots });
    expect(cacheKey(offline, { ...ask, slots: { ...slots, first: 'c' } })).not.toBe(one);
    expect(cacheKey(spec({ provider: 'offline', model: 'strict' }), { ...ask, slots })).not.toBe(one);
  });
});
