// A real HTTP server that speaks both protocols, as checkpoint of known quality and as judge of known bias: with latency,
// limits, faults, refused parameters and a log of what it was asked. Everything it says and every fault is a function of
// seed and content.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '../../src/hash.js';
import { checkpointSays, judgeReply, judgeSays, MIND, type MindOptions, type Said } from './answers.js';
import { BATCH, BatchBook, type BatchOptions } from './batches.js';
import { Bucket, faultFor, type FaultKind, type FaultRates, type RateLimit } from './faults.js';
import {
  answerBody,
  type Asked,
  type Dialect,
  errorBody,
  modelList,
  readAsked,
  type ServedModel,
  type Usage,
} from './protocols.js';
import { batchRoute } from './batch-routes.js';

export type { FaultKind, FaultRates, RateLimit } from './faults.js';
export { findResponses, trueVerdict } from './answers.js';

export interface ServerOptions extends Partial<MindOptions> {
  port?: number;
  /** Milliseconds until a reply. */
  latency_ms?: number;
  /** Listed, and the only ones served; every name is served where there is no list. */
  models?: ServedModel[];
  /** Accepted bearer tokens; any where there is no list. */
  keys?: string[];
  faults?: FaultRates;
  /** Seconds that `429-after` names. */
  retry_after_s?: number;
  limit?: RateLimit;
  /** Fields answered with a 400 that names them. */
  refuses?: string[];
  /** Fields that are taken, and answered with an empty text. */
  empties?: string[];
  /** Characters of a question that are too long for the context. */
  context_chars?: number;
  /** Served under another name than asked. */
  served_as?: string;
  /** Answers do not say how many tokens they used. */
  uncounted?: boolean;
  batch?: Partial<BatchOptions>;
  /** Keep every request; default true. */
  log?: boolean;
  /** Awaited before each answer: holds everybody back while a test looks on. */
  hold?: () => Promise<void>;
  /** Decides about a request before anything else; null to go on as usual. */
  rule?: (request: LoggedRequest) => { status: number; body: unknown; headers?: Record<string, string> } | null;
}

export interface LoggedRequest {
  /** Number from 0, and milliseconds since the server started. */
  n: number;
  at: number;
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** Hash of what was asked, and how often it had come before. */
  content: string;
  nth: number;
  status: number | null;
  fault: FaultKind | null;
  /** Milliseconds the reply told the client to wait; null where it did not. */
  wait_ms: number | null;
  /** What a whole answer said that it used. */
  tokens: { input: number; output: number } | null;
}

export interface TestServer {
  /** Base URLs as they stand in a run file. */
  openai: string;
  anthropic: string;
  requests: LoggedRequest[];
  counts: {
    requests: number;
    answered: number;
    limited: number;
    under_way: number;
    most_under_way: number;
    /** When the first question came and the last answer went, ms since the server started. */
    first_ms: number;
    last_ms: number;
  };
  batches: BatchBook;
  close(): Promise<void>;
}

const DIALECTS: Record<string, Dialect> = {
  '/v1/chat/completions': 'chat',
  '/v1/completions': 'completions',
  '/v1/messages': 'messages',
};

/** Starts a server on a free port of the loopback address. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const server = new Speaker(options);
  return server.listen();
}

/** The parts of a server that its routes use. */
export class Speaker {
  readonly requests: LoggedRequest[] = [];
  readonly counts = { requests: 0, answered: 0, limited: 0, under_way: 0, most_under_way: 0, first_ms: 0, last_ms: 0 };
  readonly book: BatchBook;
  readonly mind: MindOptions;
  origin = '';
  private readonly seen = new Map<string, number>();
  private readonly bucket: Bucket | null;
  private readonly started = performance.now();

  constructor(readonly options: ServerOptions) {
    this.mind = { ...MIND, ...options };
    this.book = new BatchBook(this.mind.seed, { ...BATCH, ...options.batch }, () => Date.now());
    this.bucket = options.limit ? new Bucket(options.limit) : null;
  }

  async listen(): Promise<TestServer> {
    const http = createServer((request, response) => {
      const chunks: Buffer[] = [];
      response.on('error', () => undefined);
      request.on('error', () => undefined);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.receive(request, Buffer.concat(chunks), response));
    });
    http.keepAliveTimeout = 60_000;
    await new Promise<void>((done) => http.listen(this.options.port ?? 0, '127.0.0.1', done));
    this.origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    return {
      openai: `${this.origin}/v1`,
      anthropic: this.origin,
      requests: this.requests,
      counts: this.counts,
      batches: this.book,
      close: () =>
        new Promise((done) => {
          http.close(() => done());
          http.closeAllConnections();
        }),
    };
  }

  private receive(request: IncomingMessage, raw: Buffer, response: ServerResponse): void {
    const path = request.url!.split('?')[0]!;
    const dialect = DIALECTS[path];
    const anthropic = request.headers['anthropic-version'] !== undefined;
    if (!this.admitted(request))
      return this.send(
        response,
        401,
        errorBody(anthropic ? 'messages' : 'chat', 'authentication_error', 'invalid key'),
      );
    if (path === '/v1/models') return this.send(response, 200, modelList(this.options.models ?? [], anthropic));
    if (dialect === undefined) return void batchRoute(this, request, path, raw, response);
    this.counts.most_under_way = Math.max(this.counts.most_under_way, ++this.counts.under_way);
    response.on('close', () => this.counts.under_way--);
    const body = JSON.parse(raw.toString('utf8')) as Record<string, unknown>;
    this.answer(dialect, body, request, response);
  }

  private admitted({ headers }: IncomingMessage): boolean {
    const { keys } = this.options;
    const shown = headers.authorization?.replace(/^Bearer /, '') ?? headers['x-api-key'];
    return keys === undefined || keys.includes(String(shown));
  }

  private answer(
    dialect: Dialect,
    body: Record<string, unknown>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const asked = readAsked(dialect, body);
    const [content, nth] = this.recognised(asked);
    const at = performance.now() - this.started;
    if (this.counts.requests === 0) this.counts.first_ms = at;
    const entry: LoggedRequest = {
      ...{ n: this.counts.requests++, at, path: request.url!, headers: request.headers as Record<string, string> },
      ...{ body, content, nth, status: null, fault: null, wait_ms: null, tokens: null },
    };
    if (this.options.log !== false) this.requests.push(entry);
    const reply = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      entry.status = status;
      this.counts.last_ms = performance.now() - this.started;
      if (status === 200) this.counts.answered++;
      if (status === 429) this.counts.limited++;
      this.send(response, status, value, headers);
    };
    const ruled = this.options.rule?.(entry);
    if (ruled) return reply(ruled.status, ruled.body, ruled.headers);
    const wait = this.bucket?.take(at) ?? null;
    if (wait !== null) {
      entry.wait_ms = this.options.limit!.retry_after === 'none' ? null : this.bucket!.asked(wait);
      return reply(429, errorBody(dialect, 'rate_limit_error', 'too many requests'), this.bucket!.refusalHeaders(wait));
    }
    const refusal = this.refusal(asked);
    if (refusal !== null) return reply(refusal.status, refusal.body);
    const fault = faultFor(this.mind.seed, content, nth, this.options.faults ?? {});
    entry.fault = fault;
    const act = (): void => {
      switch (fault) {
        case '429':
          return reply(429, errorBody(dialect, 'rate_limit_error', 'too many requests'));
        case '429-after': {
          const seconds = this.options.retry_after_s ?? 1;
          entry.wait_ms = seconds * 1000;
          return reply(429, errorBody(dialect, 'rate_limit_error', 'too many requests'), {
            'retry-after': String(seconds),
          });
        }
        case '500':
          return reply(500, errorBody(dialect, 'api_error', 'something broke'));
        case '529':
          return reply(529, errorBody(dialect, 'overloaded_error', 'overloaded'));
        case 'reset':
          response.socket?.resetAndDestroy();
          return;
        case 'hang':
          return;
        case 'cut': {
          const whole = JSON.stringify(this.spoken(asked, null));
          return reply(200, whole.slice(0, whole.length / 2));
        }
        default: {
          const spoken = this.spoken(asked, fault);
          const usage = spoken['usage'] as Record<string, number>;
          entry.tokens = {
            input: usage['prompt_tokens'] ?? usage['input_tokens']! + usage['cache_read_input_tokens']!,
            output: usage['completion_tokens'] ?? usage['output_tokens']!,
          };
          if (this.options.uncounted === true) entry.tokens = null;
          return reply(200, spoken, this.bucket?.headers());
        }
      }
    };
    const { latency_ms: latency = 0, hold } = this.options;
    if (hold !== undefined) void hold().then(act);
    else if (latency > 0) setTimeout(act, latency);
    else act();
  }

  /** Hash of what is asked, and how often it had come before; left out where nobody looks at it. */
  private recognised({ model, before, question, seed }: Asked): [content: string, nth: number] {
    const { log, rule, faults } = this.options;
    if (log === false && rule === undefined && faults === undefined) return ['', 0];
    const content = sha256(JSON.stringify([model, before, question, seed]));
    const nth = this.seen.get(content) ?? 0;
    this.seen.set(content, nth + 1);
    return [content, nth];
  }

  private refusal(asked: Asked): { status: number; body: unknown } | null {
    const { models, context_chars = Infinity, refuses = [] } = this.options;
    const { dialect } = asked;
    if (models !== undefined && !models.some(({ id }) => id === asked.model)) {
      const type = dialect === 'messages' ? 'not_found_error' : 'model_not_found';
      return { status: 404, body: errorBody(dialect, type, `The model \`${asked.model}\` does not exist.`) };
    }
    if (asked.before.length + asked.question.length > context_chars)
      return {
        status: 400,
        body: errorBody(dialect, 'invalid_request_error', 'prompt is too long: reduce the length of the messages'),
      };
    // As the current interface does.
    const never = dialect === 'messages' ? ['temperature', 'top_p', 'top_k'] : [];
    const field = [...never, ...refuses].find((name) => asked.fields.includes(name));
    if (field === undefined) return null;
    const instead = field === 'max_tokens' ? " Use 'max_completion_tokens' instead." : '';
    const text =
      dialect === 'messages'
        ? `${field}: Extra inputs are not permitted`
        : `Unsupported parameter: '${field}' is not supported with this model.${instead}`;
    return {
      status: 400,
      body: errorBody(dialect, dialect === 'messages' ? 'invalid_request_error' : 'unsupported_parameter', text, field),
    };
  }

  /** The answer to a request, spoilt by a fault of content where there is one. */
  spoken(asked: Asked, fault: FaultKind | null): Record<string, unknown> {
    const said = this.said(asked, fault);
    const emptied = (this.options.empties ?? []).some((name) => asked.fields.includes(name));
    const usage: Usage = {
      input: Math.ceil((asked.before.length + asked.question.length) / 4),
      output: Math.ceil(said.text.length / 4),
      cached: Math.floor(asked.before.length / 8),
    };
    const served = this.options.served_as ?? asked.model;
    const body = answerBody(asked, emptied ? { text: '', stop: 'end' } : said, served, usage);
    return this.options.uncounted === true ? { ...body, usage: {} } : body;
  }

  private said(asked: Asked, fault: FaultKind | null): Said {
    if (fault === 'refusal') return { text: 'I will not do that.', stop: 'refusal' };
    const texts = this.mind.find(asked.question);
    if (texts === null) return checkpointSays(asked.model, asked.question, asked.seed, this.mind);
    if (fault === 'unreadable') return { text: 'Hard to say, both have their merits.', stop: 'end' };
    const verdict = judgeSays(asked.question, texts.first, texts.second, this.mind);
    const reply = JSON.stringify(judgeReply(fault === 'wrong-enum' ? 'C' : verdict, texts, asked.schema));
    return { text: fault === 'cut-reply' ? reply.slice(0, reply.length - 12) : reply, stop: 'end' };
  }

  send(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
    if (response.destroyed) return;
    const content = typeof value === 'string' ? value : JSON.stringify(value);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(content),
      ...headers,
    });
    response.end(content);
  }
}
