// The one error shape is RFC 9457 problem details; every route that can fail is visited here.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DoubleblindError } from '../../src/errors.js';
import { problemOf, RequestRefused } from '../../src/http/problem.js';
import { idleEngine, seedRun, service, type Service } from './seeded.js';

let s: Service;
const RUN = '20261121_103000-ab12';
beforeAll(async () => {
  s = await service();
  await seedRun(s.store, { id: RUN, prompts: [1] });
});
afterAll(() => s.close());

/** Method, address, body, and the status and code that follow. */
const FAILING: [string, string, unknown, number, string][] = [
  ['GET', '/api/nothing', null, 404, 'NOT_FOUND'],
  ['GET', '/nothing', null, 404, 'NOT_FOUND'],
  ['GET', `/api/runs/${'a'.repeat(101)}`, null, 404, 'NOT_FOUND'],
  ['PUT', `/api/runs/${'a'.repeat(101)}`, {}, 405, 'METHOD_NOT_ALLOWED'],
  ['POST', '/api/nothing', {}, 404, 'NOT_FOUND'],
  ['PUT', '/api/runs', {}, 405, 'METHOD_NOT_ALLOWED'],
  ['PUT', '/api/runs', '{"half', 405, 'METHOD_NOT_ALLOWED'],
  ['PATCH', `/api/runs/${RUN}?x=1`, {}, 405, 'METHOD_NOT_ALLOWED'],
  ['DELETE', '/healthz', null, 405, 'METHOD_NOT_ALLOWED'],
  ['GET', '/api/audit', null, 405, 'METHOD_NOT_ALLOWED'],
  ['DELETE', '/api/runs/any/more', null, 404, 'NOT_FOUND'],
  ['GET', '/api/runs?limit=0', null, 400, 'INVALID_VALUE'],
  ['GET', '/api/runs?limit=1001', null, 400, 'INVALID_VALUE'],
  ['GET', '/api/runs?status=finished', null, 400, 'INVALID_VALUE'],
  ['GET', '/api/runs?cursor=bogus', null, 400, 'INVALID_VALUE'],
  ['GET', '/api/runs?page=2', null, 400, 'UNKNOWN_KEY'],
  ['GET', '/api/runs?q=%00', null, 400, 'REQUEST_MALFORMED'],
  ['GET', '/api/runs/%00', null, 400, 'REQUEST_MALFORMED'],
  ['GET', `/api/runs/${RUN}/judgments?q=ab%00`, null, 400, 'REQUEST_MALFORMED'],
  ['POST', '/api/imports?suite=a%00', '{}', 400, 'REQUEST_MALFORMED'],
  ['POST', '/api/runs', '{"name": ', 400, 'JSON_SYNTAX'],
  ['POST', '/api/runs', '[1]', 400, 'INVALID_VALUE'],
  ['POST', '/api/runs?batch=yes', {}, 400, 'INVALID_VALUE'],
  ['POST', '/api/runs?bacth=true', {}, 400, 'UNKNOWN_KEY'],
  ...['', '/audit', '/export', '/report', '/agreement', '/calibration', '/curve'].map(
    (of): (typeof FAILING)[number] => ['GET', `/api/runs/${RUN}${of}?format=zzz`, null, 400, 'UNKNOWN_KEY'],
  ),
  ['GET', '/api/judgments/any?x=1', null, 400, 'UNKNOWN_KEY'],
  ['GET', '/api/runs/none', null, 404, 'RUN_UNKNOWN'],
  ['DELETE', '/api/runs/none', null, 404, 'RUN_UNKNOWN'],
  ['POST', '/api/runs/none/cancel', null, 404, 'RUN_UNKNOWN'],
  ['POST', '/api/runs/none/resume', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/runs/none/events', null, 404, 'RUN_UNKNOWN'],
  ['GET', `/api/runs/${RUN}/events?after=-1`, null, 400, 'INVALID_VALUE'],
  ['GET', '/api/runs/none/win-rates', null, 404, 'RUN_UNKNOWN'],
  ['GET', `/api/runs/${RUN}/win-rates?by=colour`, null, 400, 'INVALID_VALUE'],
  ['GET', `/api/runs/${RUN}/win-rates?level=95`, null, 400, 'INVALID_VALUE'],
  ['GET', `/api/runs/${RUN}/win-rates?method=wald`, null, 400, 'INVALID_VALUE'],
  ['GET', '/api/runs/none/agreement', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/runs/none/judges', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/runs/none/calibration', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/runs/none/curve', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/runs/none/audit', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/runs/none/report', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/runs/none/export', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/runs/none/judgments', null, 404, 'RUN_UNKNOWN'],
  ['GET', `/api/runs/${RUN}/judgments?outcome=won`, null, 400, 'INVALID_VALUE'],
  ['GET', `/api/runs/${RUN}/judgments?jugde=a`, null, 400, 'UNKNOWN_KEY'],
  ['GET', '/api/judgments/none', null, 404, 'JUDGMENT_UNKNOWN'],
  ['GET', `/api/runs/${RUN}/review/next`, null, 400, 'INVALID_VALUE'],
  ['GET', `/api/runs/${RUN}/review/next?reviewer=%3Cscript%3E`, null, 400, 'INVALID_VALUE'],
  ['GET', '/api/runs/none/review/next?reviewer=ana', null, 404, 'RUN_UNKNOWN'],
  ['POST', `/api/runs/${RUN}/review`, { token: 'made-up', verdict: 'A' }, 409, 'REVIEW_TOKEN_INVALID'],
  ['POST', `/api/runs/${RUN}/review`, { token: 'made-up', verdict: 'C' }, 400, 'INVALID_VALUE'],
  ['POST', '/api/runs/none/review', { token: 'made-up', verdict: 'A' }, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/compare', null, 400, 'INVALID_VALUE'],
  ['GET', '/api/compare?runs=none', null, 404, 'RUN_UNKNOWN'],
  ['GET', '/api/leaderboard?domian=x', null, 400, 'UNKNOWN_KEY'],
  ['GET', '/api/leaderboard?domain=x', null, 400, 'INVALID_VALUE'],
  ['GET', '/api/leaderboard?suite=x', null, 400, 'INVALID_VALUE'],
  ['GET', `/api/compare?runs=${RUN}`, null, 400, 'USAGE'],
  ['POST', '/api/audit?nam=x', '{}', 400, 'UNKNOWN_KEY'],
  ['POST', '/api/imports?domain=nowhere', '{}', 400, 'INVALID_VALUE'],
  ['POST', '/login', { tokn: 'x' }, 400, 'INVALID_VALUE'],
];

describe('every route that can fail', () => {
  it.each(FAILING)('%s %s answers problem+json', async (method, url, body, status, code) => {
    const answer = await s.app.inject({
      method: method as 'GET',
      url,
      ...(body !== null && { payload: body as object, headers: { 'content-type': 'application/json' } }),
    });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    const problem = answer.json<Record<string, unknown>>();
    expect(problem).toMatchObject({ status, code, type: 'about:blank', instance: url.split('?')[0] });
    expect(answer.statusCode).toBe(status);
    expect(problem['detail']).toMatch(/\S{3}/);
    expect(problem['title']).toEqual(expect.any(String));
  });

  it('no route of the description is left out', () => {
    const described = Object.entries(s.app.swagger().paths ?? {}).flatMap(([path, operations]) =>
      Object.keys(operations as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const pattern = (path: string) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/?]+')}(?:\\?|$)`);
    const cannotFail = ['GET /healthz', 'GET /readyz', 'GET /metrics', 'GET /api/workers', 'POST /logout'];
    const missing = described
      .filter((route) => !cannotFail.includes(route))
      .filter((route) => {
        const [method, path] = route.split(' ') as [string, string];
        return !FAILING.some(([m, url]) => m === method && pattern(path).test(url));
      });
    expect(missing).toEqual([]);
  });
});

describe('a body that is no JSON by its type', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])('%s is refused', async (type) => {
    for (const [url, path] of [
      ['/api/runs', '/api/runs'],
      [`/api/runs/${RUN}/review`, '/api/runs/{id}/review'],
      ['/login', '/login'],
    ] as const) {
      const headers = { 'content-type': type };
      const answer = await s.app.inject({ method: 'POST', url, payload: '{}', headers });
      expect([url, answer.statusCode, answer.json()]).toEqual([
        url,
        415,
        expect.objectContaining({ code: 'MEDIA_TYPE_UNSUPPORTED' }),
      ]);
      expect(s.app.swagger().paths![path]).toHaveProperty('post.responses.415');
    }
  });
});

describe('a method that a path does not take', () => {
  it.each([
    ['PUT', '/api/runs', 'GET, HEAD, POST'],
    ['PUT', '/api/runs/any', 'DELETE, GET, HEAD'],
    ['GET', '/api/runs/any/cancel', 'POST'],
    ['HEAD', '/api/imports', 'POST'],
  ] as const)('%s %s is told which it takes', async (method, url, allow) => {
    const { statusCode, headers } = await s.app.inject({ method, url });
    expect([statusCode, headers['allow']]).toEqual([405, allow]);
  });

  it('is not told to somebody without a token', async () => {
    const locked = await service({ token: 'secret-token' });
    const answer = await locked.app.inject({ method: 'PUT', url: '/api/runs' });
    expect([answer.statusCode, answer.headers['allow']]).toEqual([401, undefined]);
    await locked.close();
  });
});

describe('a fault of the service', () => {
  it('is told without its words, which may hold anything', async () => {
    const broken = await service();
    try {
      await broken.store.close();
      const answer = await broken.app.inject({ url: '/api/runs' });
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([500, 'INTERNAL']);
      expect(answer.body).not.toMatch(/driver|sqlite|destroyed/i);
      const ready = await broken.app.inject({ url: '/readyz' });
      expect([ready.statusCode, ready.json<{ code: string }>().code]).toEqual([503, 'NOT_AVAILABLE']);
      expect((await broken.app.inject({ url: '/healthz' })).json()).toEqual({ status: 'ok' });
    } finally {
      await broken.app.close();
    }
  });
});

describe('runs under way', () => {
  it('are not deleted while somebody carries them out', async () => {
    const live = await seedRun(s.store, { id: '20261121_180000-live', status: 'running', prompts: [1] });
    await s.store.hold(live.id, 'elsewhere:1:1', 'now', () => false);
    const answer = await s.app.inject({ method: 'DELETE', url: `/api/runs/${live.id}` });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([409, 'RUN_ACTIVE']);
    await s.store.release(live.id, 'elsewhere:1:1');
    expect((await s.app.inject({ method: 'DELETE', url: `/api/runs/${live.id}` })).statusCode).toBe(204);
    expect(await s.store.run(live.id)).toBeNull();
  });

  it('an engine that refuses says why', async () => {
    const store = s.store;
    const engine = idleEngine(store, {
      cancel: (id) => Promise.reject(new RequestRefused('RUN_INACTIVE', `run ${id} is not under way.`)),
    });
    const other = await service({ store, engine });
    const answer = await other.app.inject({ method: 'POST', url: `/api/runs/${RUN}/cancel` });
    expect(answer.json()).toMatchObject({ status: 409, code: 'RUN_INACTIVE' });
    await other.app.close();
  });
});

describe('problemOf', () => {
  it('keeps the place and the hint of a mistake, and never a stack', () => {
    const error = new DoubleblindError('CSV_SYNTAX', 'a quote is open.', {
      file: 'x.csv',
      line: 3,
      column: 9,
      hint: 'Close it.',
    });
    expect(problemOf(error, '/api/audit')).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'CSV_SYNTAX',
      detail: 'a quote is open.',
      instance: '/api/audit',
      file: 'x.csv',
      line: 3,
      column: 9,
      hint: 'Close it.',
    });
    expect(JSON.stringify(problemOf(new Error('key sk-123')))).not.toContain('sk-123');
  });
});
