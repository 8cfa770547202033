// The service: one Fastify, one file per resource. Everything it stands on is handed in, so that tests and `serve` build
// the same one.
import compress from '@fastify/compress';
import etag from '@fastify/etag';
import { fastifySSE } from '@fastify/sse';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  type RawServerDefault,
} from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import * as z from 'zod';
import type { Store } from '../store/index.js';
import { auditRoutes } from './audit.js';
import { calibrationRoutes } from './calibration.js';
import { curveRoutes } from './curve.js';
import { describe, descriptionRoutes } from './description.js';
import type { Engine } from './engine.js';
import { eventRoutes } from './events.js';
import { exportRoutes } from './export.js';
import { importRoutes } from './imports.js';
import { judgmentRoutes } from './judgments.js';
import { ledgerRoutes } from './ledger.js';
import { refuseUnknown } from './methods.js';
import { type Metrics, metricRoutes } from './metrics.js';
import { pageRoutes } from './page.js';
import { problemOf, problems, RequestRefused, sendProblem } from './problem.js';
import { reviewRoutes } from './review.js';
import { runRoutes } from './runs.js';
import { secure, type SecurityOptions } from './security.js';
import { winRateRoutes } from './win-rates.js';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface ServerOptions extends Omit<SecurityOptions, 'requestsPerMinute'> {
  store: Store;
  engine: Engine;
  metrics: Metrics;
  version: string;
  /** Folder of the built page, or null. */
  webRoot: string | null;
  logger?: FastifyServerOptions['logger'];
  requestsPerMinute?: number;
  /** Milliseconds between two looks at the store for live events. */
  eventInterval?: number;
  /** Bytes of an uploaded file. */
  uploadLimit?: number;
}

const MB = 1024 * 1024;

/** What a log line never holds. */
export const REDACTED = [
  'req.headers.authorization',
  'req.headers.cookie',
  'res.headers["set-cookie"]',
  '*.token',
  '*.api_key',
];

/** The service, with every route; nothing listens yet. */
export async function buildServer(options: ServerOptions): Promise<App> {
  const { store, engine, metrics, version, webRoot } = options;
  const { eventInterval = 500, uploadLimit = 512 * MB, requestsPerMinute = 1200 } = options;
  const app = Fastify({
    logger: options.logger ?? false,
    bodyLimit: MB,
    requestTimeout: 10 * 60_000,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    clientErrorHandler: malformed,
  }).withTypeProvider<ZodTypeProvider>() as App;
  // Fastify would take plain text as well, which no route reads.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  const refuseFromHere = refuseUnknown(app);
  closeIdle(app);
  // A route that takes no key refuses each, as those do that take some.
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/')) route.schema = { querystring: z.strictObject({}), ...route.schema };
  });

  await app.register(etag);
  await app.register(compress, { threshold: 2048, encodings: ['gzip'], customTypes: COMPRESSED });
  await app.register(fastifySSE);
  await describe(app, { version, token: options.token !== null });
  await secure(app, { ...options, requestsPerMinute });
  refuseFromHere();
  // No text that is kept holds it: PostgreSQL refuses the question, and SQLite reads the words only as far as there.
  app.addHook('onRequest', (request, _reply, done) => {
    const holdsNul = /^\/api\/.*%00/s.test(request.url);
    done(holdsNul ? new RequestRefused('REQUEST_MALFORMED', 'the address holds U+0000.') : undefined);
  });
  await descriptionRoutes(app);

  serviceRoutes(app, store);
  metricRoutes(app, { metrics });
  runRoutes(app, { store, engine });
  eventRoutes(app, { store, engine, interval: eventInterval });
  winRateRoutes(app, { store });
  judgmentRoutes(app, { store });
  reviewRoutes(app, { store });
  calibrationRoutes(app, { store });
  exportRoutes(app, { store });
  ledgerRoutes(app, { store });
  curveRoutes(app, { store });
  await auditRoutes(app, { uploadLimit });
  await importRoutes(app, { store, engine, uploadLimit });
  await pageRoutes(app, { webRoot });
  await app.ready();
  return app;
}

/** JSON, JSON Lines, text; never events, which must not wait in a buffer. */
const COMPRESSED = /^(?:application\/(?:problem\+)?json|application\/x-ndjson|text\/(?!event-stream)|image\/svg)/;

function serviceRoutes(app: App, store: Store): void {
  const config = { open: true };
  const tags = ['service'];
  const up = z.object({ status: z.literal('ok') });
  app.get(
    '/healthz',
    { config, logLevel: 'warn', schema: { tags, security: [], summary: 'The process lives', response: { 200: up } } },
    () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    {
      config,
      logLevel: 'warn',
      schema: { tags, security: [], summary: 'The database is reachable', response: { 200: up, ...problems(503) } },
    },
    async (request) => {
      try {
        await store.ping();
      } catch (error) {
        request.log.error({ err: error }, 'database not reachable');
        throw new RequestRefused('NOT_AVAILABLE', 'the database cannot be reached.');
      }
      return { status: 'ok' as const };
    },
  );
}

/** Connections that clients keep open are closed as they fall idle; without this a stop waits for them. */
function closeIdle(app: App): void {
  const open = new Set<Socket>();
  app.server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const close = () => {
    app.server.closeIdleConnections();
    // Clients connect ahead of a request, and Node counts a connection as idle only after its first one.
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
  let timer: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    timer = setInterval(close, 50).unref();
    done();
  });
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer);
    done();
  });
}

/** What is not even HTTP. */
function malformed(_error: Error, socket: Socket): void {
  if (!socket.writable || socket.destroyed) return;
  const body = JSON.stringify(problemOf(new RequestRefused('REQUEST_MALFORMED', 'this is not a request of HTTP/1.1.')));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
