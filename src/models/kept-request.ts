// The SDKs put address and headers of a request together anew for every question, which takes as long as the rest of
// what they do. For one client, path and timeout both are always the same: built once, sent with every body.

/** What an SDK is asked to send. */
interface Options {
  method: string;
  path: string;
  body?: unknown;
  timeout?: number | undefined;
  signal?: AbortSignal | undefined | null;
  headers?: unknown;
  query?: unknown;
  fetchOptions?: unknown;
  idempotencyKey?: unknown;
}

/** What it then sends. */
interface Built {
  req: RequestInit;
  url: string;
  timeout: number;
}

/** A client of either SDK that builds a JSON post without anything of its own once, and sends it with every body. */
export function withKeptRequests<C extends { buildRequest(options: never, retries?: object): Promise<Built> }>(
  client: C,
): C {
  const kept = new Map<string, Promise<Kept>>();
  const build = client.buildRequest.bind(client) as (options: Options, retries?: object) => Promise<Built>;
  const rebuild = async (options: Options, retries?: object): Promise<Built> => {
    const { method, path, body, timeout, signal } = options;
    if (method !== 'post' || !isPlain(body) || hasOwn(options)) return build(options, retries);
    const id = `${path} ${timeout}`;
    let one = kept.get(id);
    if (one === undefined) {
      // Kept before it is there: many ask at once when a run begins.
      // Without the body, of which an SDK would ask whether it is a form: Node loads all of `fetch` to say no.
      kept.set(id, (one = build({ ...options, body: undefined }, retries).then(keptOf)));
    }
    const { headers, ...place } = await one;
    const req: RequestInit = { method, headers: headers as never, body: JSON.stringify(body) };
    if (signal) req.signal = signal;
    return { req, ...place };
  };
  client.buildRequest = rebuild as typeof client.buildRequest;
  return client;
}

interface Kept extends Pick<Built, 'url' | 'timeout'> {
  headers: KeptHeaders;
}

function keptOf({ req, url, timeout }: Built): Kept {
  const headers = new Headers(req.headers);
  headers.set('content-type', 'application/json');
  return { url, timeout, headers: new KeptHeaders([...headers]) };
}

/** Headers that say nothing of themselves but when asked one by one: the SDKs copy any others for a log that is off. */
class KeptHeaders {
  readonly #pairs: [string, string][];

  constructor(pairs: [string, string][]) {
    this.#pairs = pairs;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#pairs[Symbol.iterator]();
  }
}

function isPlain(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}

function hasOwn({ headers, query, fetchOptions, idempotencyKey }: Options): boolean {
  return [headers, query, fetchOptions, idempotencyKey].some((one) => one !== undefined);
}
