// What a server says about itself before a run, over real HTTP: servers that repeat what they were sent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { endpointSchema, type EndpointSpec, type Models, openModels, realClock } from '../../src/models/index.js';

const KEY = 'sk-of/mine-4f9a7c1e2b';
const env = { THE_KEY: KEY };
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A server with one answer to everything, and a way to it. */
async function at(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  more: object = {},
  clock = realClock,
): Promise<{ models: Models; spec: EndpointSpec; url: string }> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const models = openModels({ env, clock });
  open.push(models, { close: () => (server.closeAllConnections(), server.close()) });
  const spec = { provider: 'openai', model: 'm', base_url: url, api_key_env: 'THE_KEY', ...more };
  return { models, spec: endpointSchema.parse(spec), url };
}

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('an endpoint that is looked for', () => {
  it.each(['openai', 'anthropic'])('says what is wrong at %s without the key it was sent', async (provider) => {
    const { models, spec, url } = await at(
      ({ headers }, response) => json(response, 500, { error: { message: `header ${headers.authorization}` } }),
      { provider },
    );
    await expect(models.reach(spec)).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      message: `${url} cannot be reached: 500 header Bearer [THE_KEY].`,
    });
  });

  it('lists a model that is named like the key without the key', async () => {
    const names = ['m', `of-${KEY}`, null].map((id) => ({ id, object: 'model' }));
    const { models, spec } = await at((_, response) => json(response, 200, { data: names }));
    expect((await models.reach(spec)).served_models).toEqual(['m', 'of-[THE_KEY]']);
    await expect(models.reach({ ...spec, model: 'n' })).rejects.toMatchObject({
      code: 'MODEL_NOT_SERVED',
      place: { hint: 'It serves: m, of-[THE_KEY].' },
    });
  });
});

describe('an endpoint that limits', () => {
  /** Refuses so many looks, then lists its models; what was waited, and how often it was looked. */
  const limiting = async (refusals: number, headers: Record<string, string>) => {
    let looks = 0;
    const waits: number[] = [];
    const sleep = (ms: number) => Promise.resolve(void waits.push(ms));
    const { models, spec } = await at(
      (_, response) =>
        looks++ < refusals
          ? void response.writeHead(429, headers).end('{}')
          : json(response, 200, { data: [{ id: 'm' }] }),
      {},
      { ...realClock, sleep },
    );
    const found = await models.reach(spec).catch((error: { code: string }) => error.code);
    return { found, waits, looks };
  };

  it('is looked for again after the time it names', async () => {
    const found = { served_models: ['m'] };
    expect(await limiting(2, { 'retry-after': '3' })).toMatchObject({ found, waits: [3000, 3000] });
    expect(await limiting(3, {})).toMatchObject({ found, waits: [1000, 2000, 4000] });
  });

  it('and goes on limiting, or for longer than a minute, is not waited for', async () => {
    expect(await limiting(9, {})).toMatchObject({ found: 'ENDPOINT_UNREACHABLE', looks: 4 });
    expect(await limiting(1, { 'retry-after': '3600' })).toMatchObject({ found: 'ENDPOINT_UNREACHABLE', waits: [] });
  });
});

describe('the JSON of a server', () => {
  it('holds no key, though the server repeats the header it was sent, in whatever spelling', async () => {
    const { models, spec, url } = await at(({ headers }, response) => {
      const root = String(headers.authorization);
      const body = JSON.stringify({ data: [{ id: 'm', root, parent: [root] }] });
      response.end(body.replaceAll('/', '\\/').replaceAll('sk-', '\\u0073k-'));
    });
    expect(await models.look(spec, `${url}/models`)).toEqual({
      data: [{ id: 'm', root: 'Bearer [THE_KEY]', parent: ['Bearer [THE_KEY]'] }],
    });
  });
});
