import { expect, it } from 'vitest';
import { withKeptRequests } from '../../src/models/kept-request.js';

/** A client as the SDKs are one, with how often it has built a request. */
function client() {
  let built = 0;
  return {
    built: () => built,
    async buildRequest({ path }: { path: string }): Promise<{ req: RequestInit; url: string; timeout: number }> {
      await Promise.resolve();
      built++;
      return {
        req: { headers: { authorization: 'Bearer x', 'x-n': String(built) } },
        url: `http://a${path}`,
        timeout: 5,
      };
    },
  };
}
const post = (path: string, n: number, more: object = {}) => ({
  method: 'post',
  path,
  body: { n },
  timeout: 5,
  ...more,
});

it('address and headers are built once, also for those who ask at once, and sent with every body', async () => {
  const one = client();
  const { buildRequest } = withKeptRequests(one);
  const asked = await Promise.all([1, 2, 3].map((n) => buildRequest(post('/chat', n))));
  expect(one.built()).toBe(1);
  expect(asked.map(({ req }) => req.body)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  for (const { req, url } of asked) {
    expect(url).toBe('http://a/chat');
    expect([...(req.headers as Headers)]).toEqual([
      ['authorization', 'Bearer x'],
      ['content-type', 'application/json'],
      ['x-n', '1'],
    ]);
    // What an SDK copies for its log.
    expect(Object.entries(req.headers!)).toEqual([]);
  }
});

it('another path, another timeout and a request with headers of its own are built by themselves', async () => {
  const one = client();
  const { buildRequest } = withKeptRequests(one);
  await buildRequest(post('/chat', 1));
  await buildRequest(post('/models', 1));
  await buildRequest(post('/chat', 1, { timeout: 6 }));
  await buildRequest(post('/chat', 1, { headers: { own: '1' } }));
  expect(one.built()).toBe(4);
});
