import { connect } from 'node:net';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedRun, service, type Service } from './seeded.js';

const TOKEN = 'a-long-and-secret-token';

describe('host and origin', () => {
  let s: Service;
  beforeAll(async () => {
    s = await service({ allowedHosts: ['judge.example'] });
    await seedRun(s.store, { prompts: [1] });
  });
  afterAll(() => s.close());
  const ask = (headers: Record<string, string>, url = '/api/runs') => s.app.inject({ url, headers });

  it('a name that was rebound to this machine is refused, known names and addresses are not', async () => {
    for (const host of ['evil.example', 'evil.example:4848', 'localhost.evil.example', 'judge.example@evil.example']) {
      const answer = await ask({ host });
      expect([host, answer.statusCode, answer.json<{ code: string }>().code]).toEqual([host, 421, 'HOST_REFUSED']);
    }
    for (const host of [
      'localhost:4848',
      '127.0.0.1:4848',
      '[::1]:4848',
      'judge.example',
      'JUDGE.example:443',
      '192.0.2.7',
    ]) {
      expect([host, (await ask({ host })).statusCode]).toEqual([host, 200]);
    }
  });

  it('a page of another origin can neither read nor write, not even one on another port of this machine', async () => {
    const host = 'localhost:4848';
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'http://localhost:3000' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    ]) {
      const answer = await ask({ host, ...headers } as Record<string, string>);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'ORIGIN_REFUSED']);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    for (const headers of [
      { origin: 'http://localhost:4848', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    ]) {
      expect((await ask({ host, ...headers } as Record<string, string>)).statusCode).toBe(200);
    }
  });

  it('no answer allows scripts, pictures or frames of others', async () => {
    const { headers } = await ask({});
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('the token', () => {
  let s: Service;
  beforeAll(async () => {
    s = await service({ token: TOKEN });
    await seedRun(s.store, { prompts: [1] });
  });
  afterAll(() => s.close());

  it('is asked for everywhere but at the health checks', async () => {
    for (const url of ['/api/runs', '/metrics', '/openapi.json', '/docs', '/nothing/here', '/api/nothing']) {
      const answer = await s.app.inject({ url });
      const expected = url.startsWith('/nothing') || url === '/api/nothing' ? [401, 404] : [401];
      expect([url, expected.includes(answer.statusCode)]).toEqual([url, true]);
      if (answer.statusCode === 401) expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
    expect((await s.app.inject({ url: '/healthz' })).statusCode).toBe(200);
    expect((await s.app.inject({ url: '/readyz' })).statusCode).toBe(200);
  });

  it('opens as bearer; another one, a part of it or another scheme does not', async () => {
    const as = async (authorization: string) =>
      (await s.app.inject({ url: '/api/runs', headers: { authorization } })).statusCode;
    expect(await as(`Bearer ${TOKEN}`)).toBe(200);
    for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, 'Bearer ', 'Bearer']) {
      expect([wrong, await as(wrong)]).toEqual([wrong, 401]);
    }
  });

  it('is exchanged for a cookie that scripts cannot read and other sites cannot send', async () => {
    const login = await s.app.inject({ method: 'POST', url: '/login', payload: { token: TOKEN } });
    expect(login.statusCode).toBe(204);
    const cookie = String(login.headers['set-cookie']);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(TOKEN);
    const session = cookie.split(';')[0]!;
    const as = async (value: string) =>
      (await s.app.inject({ url: '/api/runs', headers: { cookie: value } })).statusCode;
    expect(await as(session)).toBe(200);
    expect(await as(`other=1; ${session}`)).toBe(200);
    const [name = '', value = ''] = session.split('=');
    const [until = '', signed = ''] = value.split('.');
    expect(await as(`${name}=${Number(until) + 1}.${signed}`)).toBe(401);
    expect(await as(`${name}=1.${signed}`)).toBe(401);
    expect(await as(`${name}=${until}.`)).toBe(401);
    expect(await as(`x${session}`)).toBe(401);
  });

  it('cannot be guessed quickly: the eleventh login of a minute is refused', async () => {
    const fresh = await service({ token: TOKEN });
    try {
      const codes: number[] = [];
      for (let i = 0; i < 11; i++) {
        const answer = await fresh.app.inject({ method: 'POST', url: '/login', payload: { token: `guess ${i}` } });
        codes.push(answer.statusCode);
        if (answer.statusCode === 429) {
          expect(answer.json()).toMatchObject({ code: 'RATE_LIMITED' });
          expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        }
      }
      expect(codes).toEqual([...Array<number>(10).fill(401), 429]);
    } finally {
      await fresh.close();
    }
  });
});

describe('limits', () => {
  it('another machine may ask so often and no more; this one is not held back', async () => {
    const s = await service({ requestsPerMinute: 3 });
    try {
      const codes = async (remoteAddress: string) => {
        const seen: number[] = [];
        for (let i = 0; i < 5; i++) seen.push((await s.app.inject({ url: '/api/runs', remoteAddress })).statusCode);
        return seen;
      };
      expect(await codes('203.0.113.9')).toEqual([200, 200, 200, 429, 429]);
      expect(await codes('127.0.0.1')).toEqual([200, 200, 200, 200, 200]);
    } finally {
      await s.close();
    }
  });
});

describe('the file system', () => {
  const root = mkdtempSync(join(tmpdir(), 'doubleblind-page-'));
  const webRoot = join(root, 'web');
  let s: Service;
  beforeAll(async () => {
    mkdirSync(join(webRoot, 'assets'), { recursive: true });
    writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(webRoot, 'assets', 'app-1234.js'), 'export {};');
    writeFileSync(join(root, 'secret.txt'), 'secret');
    s = await service({ webRoot, token: TOKEN });
  });
  afterAll(async () => {
    await s.close();
    rmSync(root, { recursive: true });
  });

  it('serves the page and its files without a token, and the page for every address inside it', async () => {
    for (const url of ['/', '/index.html', '/runs/20261121_103000', '/runs/x/judgments?judge=a']) {
      const answer = await s.app.inject({ url });
      expect([url, answer.statusCode, answer.body.includes('<title>page')]).toEqual([url, 200, true]);
      expect(answer.headers['cache-control']).toBe('no-cache');
    }
    const script = await s.app.inject({ url: '/assets/app-1234.js' });
    expect(script.headers['cache-control']).toContain('immutable');
    expect((await s.app.inject({ url: '/assets/other.js' })).statusCode).toBe(404);
    expect((await s.app.inject({ url: '/api/unknown' })).headers['content-type']).toContain('problem+json');
  });

  it('no address leads out of the page’s folder', async () => {
    const { port } = (await s.app.listen({ host: '127.0.0.1', port: 0 }), s.app.server.address() as AddressInfo);
    for (const path of [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
      '/..%5csecret.txt',
      '//secret.txt',
      '/%00secret.txt',
    ]) {
      const answer = await rawRequest(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (?:200|400|404)/);
      expect(answer).not.toContain('secret\n');
      expect(answer.endsWith('secret')).toBe(false);
    }
    expect(await rawRequest(port, 'NOT HTTP\r\n\r\n')).toContain('application/problem+json');
  });
});

function rawRequest(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket
      .on('data', (chunk) => (answer += chunk.toString()))
      .on('end', () => resolve(answer))
      .on('error', reject);
  });
}
