// What a failed call means: whom it concerns (this unit, this model, everyone at the endpoint) and whether to try again.
// Both SDKs throw errors of one shape (status, headers, error, message), which is read here and nowhere else.
import type { Answer, Failure } from '../records.js';
import { retryAfterMs } from './limit-headers.js';

/**
 * A unit that has no answer, in one clear line without keys. `stops`: the model or endpoint is of no more use in this
 * run (bad key, unknown model, quota used up, 20 units unreachable in a row), so the unit stays due instead of failing.
 */
export class ModelFailure extends Error {
  override name = 'ModelFailure';
  readonly stops: boolean;
  /** Calls made, retries included; 0 when the model had been stopped before. */
  readonly attempts: number;
  /** What was received and is paid for, where there is any. */
  readonly answer: Answer | undefined;
  /** What the calls cost: 0 where nothing was answered; null where the price is unknown. */
  readonly cost_usd: number | null;
  constructor(
    readonly failure: Failure,
    message: string,
    facts: {
      stops?: boolean;
      attempts?: number;
      answer?: Answer | undefined;
      cost_usd?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: facts.cause });
    this.stops = facts.stops ?? false;
    this.attempts = facts.attempts ?? 0;
    this.answer = facts.answer;
    this.cost_usd = facts.cost_usd ?? null;
  }
}

/**
 * `limited`: too many calls; `passing`: may work next time; `timeout`; `unit`: this one request cannot be answered;
 * `stop`: no request of this model can; `aborted`: we cancelled it ourselves.
 */
export interface Fault {
  kind: 'limited' | 'passing' | 'timeout' | 'unit' | 'stop' | 'aborted';
  failure: Failure;
  /** Milliseconds for which the server asks everyone to wait; null where it does not say. */
  wait_ms: number | null;
  message: string;
}

/** Thrown where an endpoint replies with something that is no answer of its protocol, such as a proxy's web page. */
export class UnreadableReply extends Error {
  override name = 'UnreadableReply';
}

/** Thrown where something was learned about the endpoint and the same unit goes out again at once, changed. */
export class AskAgain extends Error {
  override name = 'AskAgain';
}

/** An error of either SDK, by shape. */
export interface SdkError {
  status?: number;
  headers?: Headers;
  message: string;
  /** The body, or its `error`. */
  error?: { message?: unknown; error?: { message?: unknown } | null } | null;
  code?: string | null;
  type?: string | null;
  param?: string | null;
  errorCode?: string | null;
  cause?: { code?: string; message?: string };
}

const TOO_LONG = [
  /context[ _-]?(length|window|size|limit)|maximum (context|model length)/i,
  /(prompt|input|request|message)s? (is|are) too (long|large)|too many (input )?tokens|reduce the length/i,
  /input tokens? (count )?.{0,20}exceeds?|request_too_large|string_above_max_length/i,
  // Text Generation Inference.
  /inputs`? (tokens \+|must have less than)/i,
];
const REFUSED = /content[ _](policy|filter|management)|moderation|flagged|safety (system|filter)/i;
const NO_MODEL =
  /model_not_found|(no|unknown|invalid) model|model\b.{0,80}\b(does not exist|not found|not exist|not available|is not served)|not_found_error.*model/i;
const QUOTA =
  /insufficient_quota|billing_hard_limit|billing_not_active|credit balance|insufficient (credits|funds|balance)|spend_limit|API usage limits/i;
/** A request that is larger than what is granted in a minute. */
const LARGER_THAN_LIMIT = /limit:? ([\d,]+)\b.{0,20}\brequested:? ([\d,]+)/i;

/** What an error thrown by an SDK call means. @throws the error itself when no endpoint can be the cause of it */
export function faultOf(error: unknown, wallNow: number): Fault {
  if (error instanceof UnreadableReply) return passing(error.message);
  // The SDK parses the body: a reply that breaks off is a syntax error.
  if (error instanceof SyntaxError) return passing(`the reply is no JSON (${error.message})`);
  if (!(error instanceof Error)) throw error;
  const said = error as unknown as SdkError;
  if (said.status === undefined) return transportFault(error, said);
  const message = wordsOf(said);
  const words = [said.code, said.type, said.errorCode, message].join(' ');
  const wait_ms = said.headers ? retryAfterMs(said.headers, wallNow) : null;
  const fault = (kind: Fault['kind'], failure: Failure, why = ''): Fault => {
    return { kind, failure, wait_ms, message: `${why}${said.status} ${message}` };
  };
  switch (said.status) {
    case 401:
      return fault('stop', 'unreachable', 'the key is not accepted: ');
    case 402:
      return fault('stop', 'unreachable', 'the quota is used up: ');
    case 403:
      return REFUSED.test(words) ? fault('unit', 'refused') : fault('stop', 'unreachable', 'access is denied: ');
    case 404:
      return fault('stop', 'unreachable', 'no such model or address: ');
    case 413:
      return fault('unit', 'too-long');
    case 429:
      if (QUOTA.test(words)) return fault('stop', 'unreachable', 'the quota is used up: ');
      return neverPasses(message) ? fault('unit', 'too-long') : fault('limited', 'unreachable');
    case 529:
      return fault('limited', 'unreachable');
    case 408:
    case 409:
    case 425:
      return fault('passing', 'unreachable');
  }
  if (said.status >= 500) return fault('passing', 'unreachable');
  if (TOO_LONG.some((said) => said.test(words))) return fault('unit', 'too-long');
  if (REFUSED.test(words)) return fault('unit', 'refused');
  if (QUOTA.test(words)) return fault('stop', 'unreachable', 'the quota is used up: ');
  if (NO_MODEL.test(words)) return fault('stop', 'unreachable', 'no such model: ');
  return fault('unit', 'unreachable');
}

/** Whether a limit refuses a request for its own size, however long one waits. */
function neverPasses(message: string): boolean {
  const [, limit, requested] = (LARGER_THAN_LIMIT.exec(message) ?? []).map((said) => Number(said.replaceAll(',', '')));
  return /\brequest too large\b/i.test(message) || (limit !== undefined && requested! > limit);
}

/** What the server says went wrong, in its own words, without the status that the SDKs put before them. */
export function wordsOf({ status, error, message }: SdkError): string {
  const said = error?.error?.message ?? error?.message;
  if (typeof said === 'string') return said;
  return message.startsWith(`${status} `) ? message.slice(String(status).length + 1) : message;
}

function passing(message: string): Fault {
  return { kind: 'passing', failure: 'unreachable', wait_ms: null, message };
}

/** The request never got a status: cancelled, timed out, or the connection failed. */
function transportFault(error: Error, said: SdkError): Fault {
  const kind = error.constructor.name;
  if (kind === 'APIUserAbortError' || error.name === 'AbortError')
    return { ...passing(error.message), kind: 'aborted' };
  if (kind === 'APIConnectionTimeoutError') return { ...passing('no answer in time'), kind: 'timeout' };
  // Of the SDKs themselves: they can make nothing of a reply.
  if (kind === 'OpenAIError' || kind === 'AnthropicError') return passing(error.message);
  if (kind !== 'APIConnectionError') throw error;
  const { code, message } = said.cause ?? {};
  return passing(`no connection (${[code, message].filter(Boolean).join(': ') || error.message})`);
}
