// How the test server fails: faults drawn by seed, content and how often the content has come, so that neither
// concurrency nor order of arrival changes them; and limits on the rate of requests.
import { drawAt } from '../../src/random.js';

const FAULTS = [
  '429',
  '429-after',
  '500',
  '529',
  'reset',
  'hang',
  'cut',
  'refusal',
  'unreadable',
  'cut-reply',
  'wrong-enum',
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Share of requests, 0 to 1, that meet each fault; together at most 1. */
export type FaultRates = Partial<Record<FaultKind, number>>;

/** The fault that a content meets when it comes for the nth time (from 0); null for none. */
export function faultFor(seed: number, content: string, nth: number, rates: FaultRates): FaultKind | null {
  if (Object.keys(rates).length === 0) return null;
  let draw = drawAt(seed, 'fault', content, nth);
  for (const kind of FAULTS) {
    draw -= rates[kind] ?? 0;
    if (draw < 0) return kind;
  }
  return null;
}

export interface RateLimit {
  per_second: number;
  /** Requests saved up at most; default one second's worth. */
  burst?: number;
  /** How a refusal says when to come again: whole seconds, exact milliseconds, or not at all. */
  retry_after?: 'seconds' | 'ms' | 'none';
  /** Send `x-ratelimit-*` headers with every reply. */
  headers?: boolean;
}

/** A token bucket. */
export class Bucket {
  private readonly burst: number;
  private tokens: number;
  private last: number | null = null;

  constructor(private readonly limit: RateLimit) {
    this.tokens = this.burst = limit.burst ?? limit.per_second;
  }

  /** Null when the request is let in; else milliseconds until the next one would be. */
  take(now: number): number | null {
    const elapsed = now - (this.last ?? now);
    this.last = now;
    this.tokens = Math.min(this.burst, this.tokens + (elapsed * this.limit.per_second) / 1000);
    if (this.tokens < 1) return ((1 - this.tokens) * 1000) / this.limit.per_second;
    this.tokens--;
    return null;
  }

  /** Milliseconds that a refusal tells the client to wait. */
  asked(wait: number): number {
    return this.limit.retry_after === 'ms' ? Math.ceil(wait) : Math.max(1, Math.ceil(wait / 1000)) * 1000;
  }

  refusalHeaders(wait: number): Record<string, string> {
    if (this.limit.retry_after === 'none') return {};
    if (this.limit.retry_after === 'ms') return { 'retry-after-ms': String(this.asked(wait)) };
    return { 'retry-after': String(this.asked(wait) / 1000) };
  }

  headers(): Record<string, string> {
    if (!this.limit.headers) return {};
    return {
      'x-ratelimit-limit-requests': String(this.burst),
      'x-ratelimit-remaining-requests': String(Math.floor(this.tokens)),
      'x-ratelimit-reset-requests': `${Math.ceil(((this.burst - this.tokens) * 1000) / this.limit.per_second)}ms`,
    };
  }
}
