// How bytes get to an endpoint: a `fetch` for the SDKs over one undici pool. It reads a reply whole and builds no web
// streams, which costs half the CPU of Node's own `fetch`; a silent server is cut by the caller's timeout alone, so a
// slow checkpoint may take more than the 300 s that Node's `fetch` allows.
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { Dispatcher, Pool } from 'undici';

type HeaderValue = string | string[] | undefined;

export interface Transport {
  /** For one request and one JSON reply. The abort signal covers the body too. */
  fetch: typeof globalThis.fetch;
  /** For uploads and long downloads: the whole standard, at its price. */
  fullFetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

/** Told of every reply's headers, with the number of requests sent after the one that is answered. */
export type Observe = (headers: Headers, sentAfter: number) => void;

/** A transport to one origin (`https://host:port`); connections are kept alive and as many as calls are under way. */
export function openTransport(origin: string, observe: Observe = () => undefined): Transport {
  let pool: Pool | null = null;
  let opening: Promise<Pool> | null = null;
  // Loaded with the first request: most commands ask nobody.
  const open = (): Promise<Pool> => (opening ??= openPool(origin).then((opened) => (pool = opened)));
  let sent = 0;
  const lean = async (url: string, init: RequestInit): Promise<LeanResponse> => {
    const number = ++sent;
    const response = await exchanged(pool ?? (await open()), url, init);
    observe(response.headers as unknown as Headers, sent - number);
    return response;
  };
  return {
    fetch: lean as unknown as typeof globalThis.fetch,
    fullFetch: async (url, init) => globalThis.fetch(url, { ...init, dispatcher: await open() } as object),
    close: async () => (await opening)?.destroy(),
  };
}

async function openPool(origin: string): Promise<Pool> {
  // The whole package takes four times as long to load as the one part that is used.
  const { default: OnePool } = await import('undici/lib/dispatcher/pool.js');
  return new OnePool(origin, { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 });
}

/** One request and its whole reply, without the streams that `request` would build around both. */
function exchanged(pool: Pool, url: string, { method, headers, body, signal }: RequestInit): Promise<LeanResponse> {
  return new Promise((resolve, reject) => {
    let aborted = signal?.aborted === true;
    let controller: Dispatcher.DispatchController | null = null;
    let over = false;
    const abort = (): void => {
      if (over) return;
      aborted = true;
      controller?.abort(signal!.reason as Error);
      reject(signal!.reason as Error);
    };
    if (aborted) return abort();
    // A reply that has arrived wins over its timer: after work that kept this process (a locked database) timers come
    // first, and what is on the wire is read before the next turn.
    const soon = (): void => void setImmediate(abort);
    const settled = (): void => {
      over = true;
      signal?.removeEventListener('abort', soon);
    };
    signal?.addEventListener('abort', soon);
    let status = 0;
    let replied: Record<string, HeaderValue> = {};
    const chunks: Buffer[] = [];
    pool.dispatch(
      {
        path: url.slice(url.indexOf('/', url.indexOf('//') + 2)),
        method: method as 'POST',
        headers: headers as Record<string, string>,
        body: (body ?? null) as string | null,
      },
      {
        onRequestStart(own) {
          controller = own;
          if (aborted) own.abort(signal!.reason as Error);
        },
        onResponseStart(_, code, values) {
          // Informational ones come before the reply.
          status = code;
          replied = values;
        },
        onResponseData(_, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          settled();
          try {
            const content = textOf(decoded(chunks, replied['content-encoding']));
            resolve(new LeanResponse(url, status, new LeanHeaders(labelled(replied, content)), content));
          } catch (error) {
            reject(error as Error);
          }
        },
        onResponseError(_, error) {
          settled();
          reject(error);
        },
      },
    );
  });
}

const DECODERS: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  br: brotliDecompressSync,
  // Some servers leave out what should be around it.
  deflate: (bytes) => ((bytes[0]! & 0x0f) === 8 ? inflateSync : inflateRawSync)(bytes),
};

/** The bytes of a body as they were before a server encoded them, though it was not asked to. @throws when they are broken */
function decoded(chunks: Buffer[], encoding: HeaderValue): Buffer {
  let bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  if (encoding === undefined || bytes.length === 0) return bytes;
  for (const name of String(encoding).split(',').reverse()) {
    const decode = DECODERS[name.trim().toLowerCase()];
    if (decode !== undefined) bytes = decode(bytes);
  }
  return bytes;
}

/** Headers that call JSON what is JSON: the SDKs believe the label, and some servers send `text/plain`. */
function labelled(headers: Record<string, HeaderValue>, content: string): Record<string, HeaderValue> {
  return !/^\s*\{/.test(content) || String(headers['content-type']).includes('json')
    ? headers
    : { ...headers, 'content-type': 'application/json' };
}

/** Bytes as UTF-8 text; a byte order mark is none of it. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** The part of `Headers` that the SDKs and we read. */
class LeanHeaders {
  constructor(private readonly values: Record<string, HeaderValue>) {}
  get(name: string): string | null {
    const value = this.values[name.toLowerCase()];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  }
  has(name: string): boolean {
    return this.get(name) !== null;
  }
  *entries(): Generator<[string, string]> {
    for (const name of Object.keys(this.values)) yield [name, this.get(name)!];
  }
  [Symbol.iterator](): Generator<[string, string]> {
    return this.entries();
  }
}

/** The part of `Response` that the SDKs read; the body is there already. */
class LeanResponse {
  readonly ok: boolean;
  readonly body = null;
  constructor(
    readonly url: string,
    readonly status: number,
    readonly headers: LeanHeaders,
    private readonly content: string,
  ) {
    this.ok = status >= 200 && status < 300;
  }
  json(): Promise<unknown> {
    return Promise.resolve(this.content).then(JSON.parse) as Promise<unknown>;
  }
  text(): Promise<string> {
    return Promise.resolve(this.ok ? this.content : nested(this.content));
  }
}

/**
 * An error body as the SDKs look for it, `{"error": {"message"}}`: vLLM puts `message` at the top, FastAPI servers
 * `detail`, Ollama a bare text, and the SDKs would say "no body" to all of them.
 */
function nested(content: string): string {
  try {
    const value = JSON.parse(content) as Record<string, unknown> | null;
    if (typeof value !== 'object' || value === null) return content;
    if (typeof value['error'] === 'object' && value['error'] !== null) return content;
    const { error, message, detail } = value;
    const said = error ?? message ?? detail;
    if (said === undefined) return content;
    return JSON.stringify({ error: { ...value, message: typeof said === 'string' ? said : JSON.stringify(said) } });
  } catch {
    return content;
  }
}
