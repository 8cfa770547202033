// The one shape of an error over HTTP: RFC 9457 `application/problem+json`, with our `code`.
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { DoubleblindError, type ErrorCode, suggest } from '../errors.js';

/** Codes that only a request can meet, with their status. */
const REFUSALS = {
  UNAUTHORIZED: 401,
  ORIGIN_REFUSED: 403,
  ADDRESS_REFUSED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  RUN_ACTIVE: 409,
  RUN_INACTIVE: 409,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  HOST_REFUSED: 421,
  RATE_LIMITED: 429,
  REQUEST_MALFORMED: 400,
  INTERNAL: 500,
  NOT_AVAILABLE: 503,
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
    return problem(REFUSALS[error.code], error.code, error.message, { hint: error.hint });
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

/** The problem responses of a route, for the API description. */
export function problems(...statuses: number[]) {
  return Object.fromEntries(
    [...new Set([400, 401, 403, 429, 500, ...statuses])].map((status) => [
      status,
      {
        description: STATUS_CODES[status] ?? 'Error',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}
