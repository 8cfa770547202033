// The one shape of an error over HTTP: RFC 9457 `application/problem+json`, with our `code`.
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { DoubleblindError, type ErrorCode, ERRORS, suggest } from '../errors.js';

/** Codes that only a request can meet: their status, and what they mean. */
export const REFUSALS = {
  REQUEST_MALFORMED: { status: 400, means: 'this is no request that can be read' },
  UNAUTHORIZED: { status: 401, means: 'a token is needed, or it is not the one' },
  ORIGIN_REFUSED: { status: 403, means: 'the request is one of a page of another origin' },
  NOT_FOUND: { status: 404, means: 'there is nothing at this path' },
  METHOD_NOT_ALLOWED: { status: 405, means: 'the path does not take the method; `Allow` names those it takes' },
  RUN_ACTIVE: { status: 409, means: 'the run is under way, or has open batches' },
  RUN_INACTIVE: { status: 409, means: 'the run is not under way' },
  BODY_TOO_LARGE: { status: 413, means: 'the body is larger than the service takes' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, means: 'the body is not of a type that the path reads' },
  HOST_REFUSED: { status: 421, means: 'the service is not known by the name in the Host header' },
  RATE_LIMITED: { status: 429, means: 'too many requests; `Retry-After` says when to ask again' },
  INTERNAL: { status: 500, means: 'a fault of the service; its log says more' },
  NOT_AVAILABLE: { status: 503, means: 'the database cannot be reached, or the service is stopping' },
} as const;
export type Refusal = keyof typeof REFUSALS;

/** Status of the codes of errors.ts that are not simply bad input (400). */
const STATUS: Partial<Record<ErrorCode, number>> = {
  RUN_UNKNOWN: 404,
  JUDGMENT_UNKNOWN: 404,
  RUN_HELD: 409,
  RUN_CHANGED: 409,
  REVIEW_TOKEN_INVALID: 409,
  ALREADY_VOTED: 409,
  ENDPOINT_UNREACHABLE: 502,
  MODEL_NOT_SERVED: 502,
  DATABASE_UNUSABLE: 503,
  DATABASE_LOST: 503,
};

/** Every code whose status is not that of bad input, and those that only a request can meet. */
export const HTTP_CODES: Readonly<Record<string, { status: number; means: string }>> = Object.fromEntries(
  [
    ...Object.entries(REFUSALS),
    ...Object.entries(STATUS).map(
      ([code, status]) => [code, { status, means: ERRORS[code as ErrorCode].means }] as const,
    ),
  ].sort(([, a], [, b]) => a.status - b.status),
);
const OTHERS = 'or what a command would be refused for, such as INVALID_VALUE';

/** What fastify itself refuses, in our words. */
const FRAMEWORK: Record<string, Refusal | ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_CP_ERR_INVALID_CONTENT: 'FILE_UNREADABLE',
  FST_CP_ERR_INVALID_CONTENT_ENCODING: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'JSON_SYNTAX',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'JSON_SYNTAX',
};

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string().optional(),
    hint: z.string().optional(),
    file: z.string().optional(),
    line: z.number().int().optional(),
    column: z.number().int().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details; `code` is stable, `detail` is for people.' });
export type Problem = z.infer<typeof problemSchema>;

/** A request that is refused; `detail` is one sentence for people. */
export class RequestRefused extends Error {
  override name = 'RequestRefused';
  constructor(
    readonly code: Refusal,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/**
 * What a request is told about an error. Anything unforeseen is told without its message, which stands
 * in the log. `known` are the keys that may stand where an unknown one was found.
 */
export function problemOf(error: unknown, instance?: string, known: string[] = []): Problem {
  const problem = (status: number, code: string, detail: string, rest: Partial<Problem> = {}): Problem => ({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
    ...(instance !== undefined && { instance }),
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
  });
  if (error instanceof RequestRefused) {
    return problem(REFUSALS[error.code].status, error.code, error.message, { hint: error.hint });
  }
  if (error instanceof DoubleblindError) {
    return problem(STATUS[error.code] ?? 400, error.code, error.message, error.place);
  }
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error as unknown as Invalid, known, problem);
  const { code, statusCode = 500, message } = error as Partial<FastifyError>;
  const refusal = code === undefined ? undefined : FRAMEWORK[code];
  if (refusal !== undefined) return problem(statusCode, refusal, message ?? refusal);
  if (statusCode === 429) return problem(429, 'RATE_LIMITED', message ?? 'Too many requests.');
  if (statusCode >= 400 && statusCode < 500) return problem(statusCode, 'REQUEST_MALFORMED', message ?? 'Bad request.');
  return problem(500, 'INTERNAL', 'Something went wrong inside the service; its log says what.');
}

interface Invalid {
  validation: { keyword: string; instancePath: string; message?: string; params: Record<string, unknown> }[];
  validationContext?: string;
}

function invalid(
  error: Invalid,
  known: string[],
  problem: (status: number, code: string, detail: string, rest?: Partial<Problem>) => Problem,
): Problem {
  const { keyword, instancePath, message = 'is not valid', params } = error.validation[0]!;
  const where = `${error.validationContext ?? 'request'}${instancePath === '/' ? '' : instancePath}`;
  if (keyword !== 'unrecognized_keys') return problem(400, 'INVALID_VALUE', `${where}: ${message}`);
  const [key = ''] = params['keys'] as string[];
  const nearest = suggest(key, known);
  return problem(400, 'UNKNOWN_KEY', `${where}: unknown key "${key}"`, {
    hint: nearest === null ? undefined : `Did you mean "${nearest}"?`,
  });
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const part = (error as { validationContext?: 'querystring' | 'body' }).validationContext;
  const schema = part === undefined ? undefined : request.routeOptions.schema?.[part];
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const problem = problemOf(error, request.url.split('?')[0], known);
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="doubleblind"');
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Codes that come with a status; of 400 only those that no command line meets. */
const codesOf = (status: number): string[] =>
  Object.entries(HTTP_CODES).flatMap(([code, own]) => (own.status === status ? [code] : []));

/** The problem responses of a route, for the API description. */
export function problems(...statuses: number[]) {
  return Object.fromEntries(
    [...new Set([400, 401, 403, 421, 429, 500, ...statuses])].map((status) => [
      status,
      {
        description: `${STATUS_CODES[status] ?? 'Error'}: ${[...codesOf(status), ...(status === 400 ? [OTHERS] : [])].join(', ')}`,
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}
