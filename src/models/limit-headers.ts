// How long a server asks us to wait, read from its headers: `retry-after-ms`, `retry-after` (seconds or an HTTP date),
// OpenAI's `x-ratelimit-*`, Anthropic's `anthropic-ratelimit-*` and the IETF draft's `ratelimit-*`.

/** Longest pause that a header of a successful reply can cause: a stale or daily counter must not stop a run. */
const LONGEST_PAUSE_MS = 60_000;

const REQUESTS = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['ratelimit-remaining', 'ratelimit-reset'],
] as const;
const TOKENS = [
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
  ['anthropic-ratelimit-input-tokens-remaining', 'anthropic-ratelimit-input-tokens-reset'],
  ['anthropic-ratelimit-output-tokens-remaining', 'anthropic-ratelimit-output-tokens-reset'],
] as const;

/** Milliseconds a refused call asks to wait; null when no header says. `wallNow` in ms since 1970. */
export function retryAfterMs(headers: Headers, wallNow: number): number | null {
  const ms = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (Number.isFinite(ms)) return Math.max(0, ms);
  const text = headers.get('retry-after');
  if (text !== null) {
    const wait = untilMs(text, headers, wallNow);
    if (wait !== null) return wait;
  }
  return exhaustedMs(headers, 0, wallNow);
}

/**
 * Milliseconds until an allowance that is used up is renewed, 0 to 60,000; null while something is left of it.
 * `sentAfter` requests went out after the one answered, and count against what was left then.
 */
export function pauseMs(headers: Headers, sentAfter: number, wallNow: number): number | null {
  const wait = exhaustedMs(headers, sentAfter, wallNow);
  return wait === null ? null : Math.min(wait, LONGEST_PAUSE_MS);
}

function exhaustedMs(headers: Headers, sentAfter: number, wallNow: number): number | null {
  let longest: number | null = null;
  const look = (names: readonly (readonly [string, string])[], used: number): void => {
    for (const [remaining, reset] of names) {
      const left = headers.get(remaining);
      if (left === null || Number(left) - used > 0 || Number(left) < 0) continue;
      const wait = untilMs(headers.get(reset) ?? '', headers, wallNow);
      if (wait !== null) longest = Math.max(longest ?? 0, wait);
    }
  };
  look(REQUESTS, sentAfter);
  look(TOKENS, 0);
  return longest;
}

/** A time that a header states as seconds, as `1m30.5s`, as seconds or milliseconds since 1970, or as a date. */
function untilMs(text: string, headers: Headers, wallNow: number): number | null {
  const said = text.trim();
  if (said === '') return null;
  const number = Number(said);
  if (Number.isFinite(number)) {
    if (number < 1e9) return Math.max(0, number * 1000);
    return Math.max(0, (number < 1e12 ? number * 1000 : number) - serverNow(headers, wallNow));
  }
  const parts = [...said.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/gy)];
  if (parts.length > 0 && parts.map((part) => part[0]).join('') === said)
    return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS], 0);
  const date = Date.parse(said);
  return Number.isNaN(date) ? null : Math.max(0, date - serverNow(headers, wallNow));
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The server's own time where it states one, so that a clock that is wrong here does not matter. */
function serverNow(headers: Headers, wallNow: number): number {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? wallNow : date;
}
