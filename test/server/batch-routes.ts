// The routes of files and batches, of both protocols.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { anthropicBatch, type Batch, type BatchItem, openaiBatch } from './batches.js';
import type { Speaker } from './index.js';
import { errorBody, readAsked } from './protocols.js';

type Json = Record<string, unknown>;

/** Answers a request for anything but a single question. */
export async function batchRoute(
  speaker: Speaker,
  request: IncomingMessage,
  path: string,
  raw: Buffer,
  response: ServerResponse,
): Promise<void> {
  const ok = (value: unknown): void => speaker.send(response, 200, value);
  const told = (step: 'created' | 'look', batch: Batch): void => {
    const page = speaker.book.options.page(step);
    if (page === null) ok(shown(batch));
    else speaker.send(response, 200, page, { 'content-type': 'text/html' });
  };
  const missing = (): void => speaker.send(response, 404, errorBody('chat', 'not_found_error', `nothing at ${path}`));
  const [kind, id, action] = path.replace(/^\/v1\/(messages\/)?/, '').split('/');
  const anthropic = path.startsWith('/v1/messages/');
  if (kind === 'files') return files(speaker, request, id, raw, response, missing);
  if (kind !== 'batches') return missing();
  const { book } = speaker;
  const shown = (batch: Batch): Json =>
    anthropic ? anthropicBatch(book, batch, speaker.origin) : openaiBatch(book, batch);
  if (id === undefined) {
    if (request.method === 'POST') {
      if ((await book.options.on('create', null)) === 'lost') return void response.destroy();
      const { refuses } = book.options;
      if (refuses !== null) {
        const dialect = anthropic ? 'messages' : 'chat';
        const body = errorBody(dialect, 'invalid_request_error', refuses.message);
        return speaker.send(response, refuses.status, body, refuses.headers);
      }
      const batch = create(speaker, anthropic, JSON.parse(raw.toString('utf8')) as Json);
      await book.options.on('created', batch);
      if (book.batches.length <= book.options.lose) return void response.socket?.resetAndDestroy();
      return told('created', batch);
    }
    const listed = page(new URL(request.url!, speaker.origin), book.batches.map(shown), anthropic);
    for (const batch of book.batches) batch.polled++;
    return ok(listed);
  }
  const batch = book.find(id);
  if (batch === undefined) return missing();
  if (action === 'cancel') batch.cancelled = true;
  if (action === 'results') return results(speaker, batch, response, anthropicResults(speaker, batch));
  if (action === undefined && request.method === 'GET') {
    await book.options.on('look', batch);
    batch.polled++;
    return told('look', batch);
  }
  return ok(shown(batch));
}

/** All lines, or as many as are sent before the connection is cut. */
async function results(speaker: Speaker, batch: Batch, response: ServerResponse, text: string): Promise<void> {
  const { on, cut, spoil } = speaker.book.options;
  await on('results', batch);
  const whole = spoil(text.split('\n').filter((line) => line !== ''));
  const sent = whole.map((line) => `${line}\n`).join('');
  const part = cut(batch);
  if (part === null) return speaker.send(response, 200, sent);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(`${sent.split('\n').slice(0, part.lines).join('\n')}\n`);
  await part.then();
  response.destroy();
}

/** Newest first, and by pages. */
function page(url: URL, batches: Json[], anthropic: boolean): Json {
  const newest = batches.reverse();
  const limit = Number(url.searchParams.get('limit') ?? 20);
  const after = url.searchParams.get(anthropic ? 'after_id' : 'after');
  const from = after === null ? 0 : newest.findIndex(({ id }) => id === after) + 1;
  const data = newest.slice(from, from + limit);
  const ends = { first_id: data[0]?.['id'] ?? null, last_id: data.at(-1)?.['id'] ?? null };
  return { object: 'list', data, has_more: from + limit < newest.length, ...ends };
}

function create(speaker: Speaker, anthropic: boolean, body: Json): Batch {
  if (anthropic) {
    const requests = body['requests'] as { custom_id: string; params: Json }[];
    return speaker.book.create(requests.map(({ custom_id, params }) => ({ custom_id, body: params })));
  }
  const input = speaker.book.files.get(body['input_file_id'] as string)!;
  const items = input
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BatchItem);
  return speaker.book.create(items, (body['metadata'] ?? {}) as Record<string, string>);
}

function anthropicResults(speaker: Speaker, batch: Batch): string {
  const { error } = speaker.book.options;
  return lines(speaker, batch, (item) => {
    const end = speaker.book.end(batch, item);
    if (end === 'succeeded') return { type: end, message: said(speaker, 'messages', item) };
    if (end === 'errored') return { type: end, error: errorBody('messages', error.type, error.message) };
    return { type: end };
  });
}

function said(speaker: Speaker, dialect: 'chat' | 'messages', item: BatchItem): Json {
  return speaker.spoken(readAsked(dialect, item.body), speaker.book.unreadable(item) ? 'unreadable' : null);
}

function lines(speaker: Speaker, batch: Batch, result: (item: BatchItem) => Json): string {
  return speaker.book
    .shuffled(batch)
    .map((item) => `${JSON.stringify({ custom_id: item.custom_id, result: result(item) })}\n`)
    .join('');
}

function files(
  speaker: Speaker,
  request: IncomingMessage,
  id: string | undefined,
  raw: Buffer,
  response: ServerResponse,
  missing: () => void,
): void | Promise<void> {
  const { book } = speaker;
  if (request.method === 'POST') {
    const name = `file_${book.files.size + 1}`;
    book.files.set(name, filePart(raw.toString('utf8'), request.headers['content-type']!));
    return speaker.send(response, 200, {
      id: name,
      object: 'file',
      bytes: raw.length,
      purpose: 'batch',
      filename: 'input.jsonl',
      created_at: 1,
    });
  }
  const [, kind, batchId] = /^file_(out|err)_(.+)$/.exec(id ?? '') ?? [];
  const batch = book.find(batchId ?? '');
  if (batch === undefined) return missing();
  return results(speaker, batch, response, openaiFile(speaker, batch, kind === 'out'));
}

/** The output file holds what succeeded, the error file the rest. */
function openaiFile(speaker: Speaker, batch: Batch, output: boolean): string {
  const rows = speaker.book.shuffled(batch).flatMap((item): Json[] => {
    const end = speaker.book.end(batch, item);
    if ((end === 'succeeded') !== output || end === 'canceled') return [];
    const { custom_id } = item;
    if (end === 'succeeded') {
      const body = said(speaker, 'chat', item);
      return [{ id: `r_${custom_id}`, custom_id, response: { status_code: 200, request_id: 'r', body }, error: null }];
    }
    if (end === 'expired')
      return [
        { id: `r_${custom_id}`, custom_id, response: null, error: { code: 'batch_expired', message: 'not in time' } },
      ];
    const { status, type, message } = speaker.book.options.error;
    const body = errorBody('chat', type, message);
    return [{ id: `r_${custom_id}`, custom_id, response: { status_code: status, request_id: 'r', body }, error: null }];
  });
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** The content of the file in a multipart form. */
function filePart(form: string, contentType: string): string {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)![1]!;
  const part = form.split(`--${boundary}`).find((one) => /filename=/.test(one))!;
  return part.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n$/, '');
}
