// Who may ask: the Host and Origin of every request (DNS rebinding, other sites in the same browser), the token as
// bearer or as the cookie that /login gives, rates and headers. No CORS: nothing of this service is for other origins.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import bearerAuth from '@fastify/bearer-auth';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { problems, RequestRefused } from './problem.js';
import type { App } from './server.js';

export interface SecurityOptions {
  /** Address the service listens on. */
  host: string;
  /** Further names it is reached by, without port. */
  allowedHosts?: readonly string[] | undefined;
  /** Null: nobody is asked for one. */
  token: string | null;
  /** Requests per minute of one address that is not this machine. */
  requestsPerMinute: number;
}

const COOKIE = 'doubleblind_session';
const SESSION_SECONDS = 30 * 24 * 60 * 60;
/** Guesses of a token per minute. */
const LOGINS_PER_MINUTE = 10;

export const isLoopback = (address: string): boolean =>
  /^(?:127(?:\.\d+){3}|::1|localhost|::ffff:127(?:\.\d+){3})$/.test(address);

export async function secure(app: App, options: SecurityOptions): Promise<void> {
  const { token } = options;
  const allowed = new Set(
    ['localhost', hostname(), options.host, ...(options.allowedHosts ?? [])].map((name) => name.toLowerCase()),
  );

  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // The service speaks plain HTTP; whoever puts TLS before it decides on this.
    strictTransportSecurity: false,
  });

  app.addHook('onRequest', (request, _reply, done) => {
    done(refusedOrigin(request, allowed) ?? undefined);
  });

  await app.register(rateLimit, {
    max: options.requestsPerMinute,
    timeWindow: '1 minute',
    // A person's own machine is not held back; /login is, by its own limit.
    allowList: (request: FastifyRequest) =>
      isLoopback(request.ip) && request.routeOptions.config.rateLimit === undefined,
  });

  if (token !== null) {
    await app.register(bearerAuth, { keys: new Set([token]), addHook: false, verifyErrorLogLevel: 'debug' });
    app.addHook('onRequest', (request, reply, done) => {
      if (isOpen(request) || holdsSession(request, token)) return done();
      app.verifyBearerAuth!(request, reply, (error) => {
        done(error === undefined ? undefined : unauthorized());
      });
    });
  }

  app.post(
    '/login',
    {
      config: { open: true, rateLimit: { max: LOGINS_PER_MINUTE, timeWindow: '1 minute' } },
      schema: {
        tags: ['service'],
        security: [],
        summary: 'Exchange the token for a cookie, for the page and its events',
        body: z.strictObject({ token: z.string().min(1).max(1000) }),
        response: { 204: z.undefined().describe('The cookie is set'), ...problems(413, 415) },
      },
    },
    async (request, reply) => {
      if (token !== null) {
        if (!sameText(request.body.token, token)) throw unauthorized();
        const secure = request.protocol === 'https' ? '; Secure' : '';
        const session = `${COOKIE}=${newSession(token)}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_SECONDS}`;
        void reply.header('set-cookie', `${session}${secure}`);
      }
      return reply.code(204).send(undefined);
    },
  );

  app.post(
    '/logout',
    {
      config: { open: true },
      schema: {
        tags: ['service'],
        security: [],
        summary: 'Take the cookie back',
        response: { 204: z.undefined().describe('The cookie is gone'), ...problems() },
      },
    },
    async (_request, reply) =>
      reply.header('set-cookie', `${COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`).code(204).send(undefined),
  );
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a token. */
    open?: boolean;
  }
}

function isOpen(request: FastifyRequest): boolean {
  return request.routeOptions.config.open === true;
}

const unauthorized = () =>
  new RequestRefused(
    'UNAUTHORIZED',
    'a token is needed.',
    'Send "Authorization: Bearer TOKEN", or log in on the page.',
  );

/**
 * Why a request's Host or Origin is refused, or null. An address in figures names no one else's machine, so it cannot
 * be rebound; a name must be one the service is known by.
 */
function refusedOrigin(request: FastifyRequest, allowed: ReadonlySet<string>): RequestRefused | null {
  const { host = '', origin } = request.headers;
  const name = nameOf(host);
  if (name === null || (isIP(name) === 0 && !allowed.has(name))) {
    return new RequestRefused(
      'HOST_REFUSED',
      'this service is not known by the name in the Host header.',
      'Name it with --allowed-host, or use its address.',
    );
  }
  const site = request.headers['sec-fetch-site'];
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
  // Following a link to the page from elsewhere is fine; reading or changing anything from there is not.
  const follows = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET';
  if (
    (origin !== undefined && origin !== 'null' ? originHost(origin) !== host : origin === 'null') ||
    (foreign && !follows)
  ) {
    return new RequestRefused('ORIGIN_REFUSED', 'requests of pages of another origin are refused.');
  }
  return null;
}

/** The name in a Host header, without port and brackets, in small letters; null when it is none. */
function nameOf(host: string): string | null {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@\s]+))(?::\d+)?$/i.exec(host) ?? [];
  return (bracketed ?? plain)?.toLowerCase() ?? null;
}

function originHost(origin: string): string | null {
  return /^https?:\/\/([^/]+)$/.exec(origin)?.[1] ?? null;
}

function newSession(token: string): string {
  const until = Math.floor(Date.now() / 1000) + SESSION_SECONDS;
  return `${until}.${signature(token, until)}`;
}

function holdsSession(request: FastifyRequest, token: string): boolean {
  const [, until = '', signed = ''] =
    new RegExp(`(?:^|;\\s*)${COOKIE}=(\\d{1,12})\\.([\\w-]+)`).exec(request.headers.cookie ?? '') ?? [];
  return Number(until) > Date.now() / 1000 && sameText(signed, signature(token, Number(until)));
}

/** Signed with the token itself: a new token ends every session, and a session does not tell the token. */
function signature(token: string, until: number): string {
  return createHmac('sha256', token).update(`doubleblind session ${until}`).digest('base64url');
}

/** Equality in a time that does not depend on where two texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
