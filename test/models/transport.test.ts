// Over real HTTP: what the SDKs get from our `fetch`, and what goes out through it.
import Anthropic from '@anthropic-ai/sdk';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { anthropicClient } from '../../src/models/anthropic.js';
import { openaiClient } from '../../src/models/openai.js';
import { openTransport, type Transport } from '../../src/models/transport.js';

const opened: { server: Server; transport: Transport }[] = [];
afterEach(async () => {
  for (const { server, transport } of opened.splice(0)) {
    await transport.close();
    server.closeAllConnections();
    server.close();
  }
});

async function open(listener: Parameters<typeof createServer>[1]): Promise<{ url: string; transport: Transport }> {
  const server = createServer(listener!);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = openTransport(url);
  opened.push({ server, transport });
  return { url, transport };
}

describe('our fetch', () => {
  it('gives a reply that has arrived, though its time ran out while the process was kept by something else', async () => {
    const server = new Worker(
      `const { createServer } = require('node:http');
       const { parentPort } = require('node:worker_threads');
       const server = createServer((_, response) => setTimeout(() => response.end('{"n":1}'), 100));
       server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    const port = await new Promise<number>((resolve) => server.once('message', resolve));
    const transport = openTransport(`http://127.0.0.1:${port}`);
    try {
      const ask = async (kept_ms: number): Promise<unknown> => {
        const out = new AbortController();
        const timer = setTimeout(() => out.abort(new Error('out of time')), 400);
        const reply = transport.fetch(`http://127.0.0.1:${port}/`, { method: 'GET', signal: out.signal });
        const keep = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, kept_ms);
        // Kept after the turn's reading, so that its timers come next.
        setTimeout(() => setImmediate(keep), 20);
        return reply.then((response) => response.json()).finally(() => clearTimeout(timer));
      };
      expect(await ask(0)).toEqual({ n: 1 });
      expect(await ask(800)).toEqual({ n: 1 });
    } finally {
      await transport.close();
      await server.terminate();
    }
  });

  it('gives a text whole, though its letters come in pieces, and without a byte order mark', async () => {
    const bytes = Buffer.from('\uFEFF{"says": "schöne Grüße 🙂"}');
    const { url, transport } = await open((_, response) => {
      let at = 0;
      const next = (): void => {
        if (at === bytes.length) return void response.end();
        response.write(bytes.subarray(at, ++at));
        setImmediate(next);
      };
      next();
    });
    const response = await transport.fetch(`${url}/v1/x`, { method: 'GET' });
    expect(await response.text()).toBe('{"says": "schöne Grüße 🙂"}');
    expect(await response.json()).toEqual({ says: 'schöne Grüße 🙂' });
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['gzip, BR', (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
    ['identity', (bytes: Buffer) => bytes],
  ])('gives a text that was encoded as %s, though nobody asked for it', async (encoding, encode) => {
    const { url, transport } = await open((_, response) => {
      response.setHeader('content-encoding', encoding).end(encode(Buffer.from('{"says": "schöne Grüße 🙂"}')));
    });
    const response = await transport.fetch(`${url}/v1/x`, { method: 'GET' });
    expect(await response.json()).toEqual({ says: 'schöne Grüße 🙂' });
  });

  it('tells an encoded reply that is broken', async () => {
    const { url, transport } = await open((_, response) => {
      response.setHeader('content-encoding', 'gzip').end('{}');
    });
    await expect(transport.fetch(`${url}/v1/x`, { method: 'GET' })).rejects.toThrow('incorrect header check');
  });

  it.each([
    ['text/plain', ' {"is": "JSON"}', 'application/json'],
    ['application/problem+json', '{"is": "JSON"}', 'application/problem+json'],
    ['text/html', '<p>{}', 'text/html'],
  ])('calls %s of %s what it is', async (type, content, label) => {
    const { url, transport } = await open((_, response) => {
      response.setHeader('content-type', type).end(content);
    });
    const response = await transport.fetch(`${url}/v1/x`, { method: 'GET' });
    expect(response.headers.get('content-type')).toBe(label);
  });

  it('sends path, query, method, headers and body as given', async () => {
    const got: unknown[] = [];
    const { url, transport } = await open((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        got.push(request.method, request.url, request.headers['x-own'], body);
        response.writeHead(418, { 'x-a': ['1', '2'], 'content-type': 'text/plain' }).end('no');
      });
    });
    const headers = { 'x-own': 'here' };
    const response = await transport.fetch(`${url}/v1/x?y=1`, { method: 'POST', headers, body: 'Grüße' });
    expect(got).toEqual(['POST', '/v1/x?y=1', 'here', 'Grüße']);
    expect([response.status, response.ok, response.headers.get('X-A')]).toEqual([418, false, '1, 2']);
  });

  it('sends nothing once aborted, and cancels what is under way with the reason', async () => {
    let asked = 0;
    let closed!: () => void;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const cancel = new AbortController();
    const { url, transport } = await open((_, response) => {
      asked++;
      response.writeHead(200).write('{"half":');
      response.on('close', closed);
      cancel.abort(new Error('away'));
    });
    await expect(transport.fetch(`${url}/x`, { method: 'GET', signal: cancel.signal })).rejects.toThrow('away');
    await gone;
    await expect(transport.fetch(`${url}/x`, { method: 'GET', signal: cancel.signal })).rejects.toThrow('away');
    expect(asked).toBe(1);
  });

  it('tells a reply that breaks off', async () => {
    const { url, transport } = await open((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"half":');
      setImmediate(() => response.socket!.destroy());
    });
    await expect(transport.fetch(`${url}/x`, { method: 'GET' })).rejects.toThrow('other side closed');
  });
});

describe('a request that is kept', () => {
  const KEY = { variable: null, value: 'none', headers: { 'x-team': 'blue' } };

  /** What stands on the wire: address, headers in any order, body. */
  async function heard(ask: (url: string, fetch: Transport['fetch']) => Promise<void>): Promise<unknown[]> {
    const got: unknown[] = [];
    const { url, transport } = await open((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const { host: _h, connection: _c, 'content-length': _l, ...headers } = request.headers;
        got.push([request.method, request.url, headers, body]);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await ask(url, transport.fetch);
    return got;
  }

  const body = (n: number) => ({ model: 'm', messages: [{ role: 'user' as const, content: `Grüße ${n}` }] });

  it('is what the OpenAI SDK sends, for every body and timeout', async () => {
    const ask = (make: (url: string, fetch: Transport['fetch']) => OpenAI) =>
      heard(async (url, fetch) => {
        const client = make(url, fetch);
        for (const timeout of [5000, 5000, 9000])
          for (const n of [1, 2]) await client.chat.completions.create(body(n), { timeout });
        await client.chat.completions.create(body(3), { timeout: 5000, headers: { 'x-own': 'one' } });
        await client.chat.completions.create(body(4), { timeout: 5000 });
        await client.models.list();
      });
    const ours = await ask((url, fetch) => openaiClient(url, KEY, fetch, false));
    const plain = await ask(
      (baseURL, fetch) =>
        new OpenAI({
          ...{ baseURL, fetch, apiKey: 'none', adminAPIKey: null, organization: null, project: null },
          ...{ defaultHeaders: KEY.headers, maxRetries: 0, logLevel: 'off' },
        }),
    );
    expect(ours).toHaveLength(9);
    expect(ours).toEqual(plain);
  });

  it('is what the Anthropic SDK sends', async () => {
    const ask = (make: (url: string, fetch: Transport['fetch']) => Anthropic) =>
      heard(async (url, fetch) => {
        const client = make(url, fetch);
        for (const n of [1, 2, 3]) await client.post('/v1/messages', { body: body(n), timeout: 5000 });
      });
    const ours = await ask((url, fetch) => anthropicClient(url, KEY, fetch));
    const plain = await ask(
      (baseURL, fetch) =>
        new Anthropic({
          ...{ baseURL, fetch, apiKey: 'none', defaultHeaders: KEY.headers },
          ...{ maxRetries: 0, logLevel: 'off', openTelemetry: false },
        }),
    );
    expect(ours).toHaveLength(3);
    expect(ours).toEqual(plain);
  });
});
