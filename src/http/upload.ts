// A file in the body of a request: taken as a stream with a bound, whatever its content type, kept in a folder of its
// own while it is read, and gone afterwards.
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DoubleblindError } from '../errors.js';
import { RequestRefused } from './problem.js';

/** Makes every body of this part of the service a stream; a multipart form is refused, it would be read as text. */
export function takeStreams(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, payload, done) => {
    if (request.headers['content-type']?.startsWith('multipart/') !== true) return done(null, payload);
    const hint = 'Send the file itself: curl --data-binary @judged.jsonl';
    done(new RequestRefused('MEDIA_TYPE_UNSUPPORTED', 'a multipart form is not a file.', hint));
  });
}

/** How a file is called by its sender, and how many bytes it has at most after unpacking. */
export interface Upload {
  name: string;
  limit: number;
}

/**
 * What `work` makes of the uploaded file, unpacked where its name ends in `.gz`. Only the ending of its name reaches the file system: it tells how the file is
 * read, and can name no other place. Errors name the file as its sender does.
 * @throws BODY_TOO_LARGE as soon as more than `limit` bytes came; whatever `work` throws
 */
export async function withUpload<T>(
  request: FastifyRequest,
  { name, limit }: Upload,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-upload-'));
  const [, ending = '.jsonl', packed] = /(\.(?:jsonl|json|csv))(\.gz)?$/i.exec(name) ?? [];
  const file = join(folder, `upload${ending.toLowerCase()}`);
  try {
    const body = (request.body ?? request.raw) as Readable;
    const bounded = (bytes: AsyncIterable<Buffer>) => upTo(limit, bytes);
    const target = createWriteStream(file);
    if (packed === undefined) await pipeline(body, bounded, target);
    else await pipeline(body, createGunzip(), bounded, target);
    return await work(file);
  } catch (error) {
    if (isBadGzip(error)) throw new DoubleblindError('FILE_UNREADABLE', 'is not valid gzip.', { file: name });
    if (!(error instanceof DoubleblindError) || error.place.file === undefined) throw error;
    throw new DoubleblindError(error.code, error.message, { ...error.place, file: name });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* upTo(limit: number, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limit) {
      throw new RequestRefused('BODY_TOO_LARGE', `the file is larger than ${Math.floor(limit / 2 ** 20)} MB.`);
    }
    yield chunk;
  }
}

const isBadGzip = (error: unknown): boolean => /^Z_/.test((error as { code?: string }).code ?? '');
