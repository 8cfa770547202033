// Asking the server: one question, one answer, one shape of error.
import { useEffect, useState } from 'react';

/** What the server says is wrong (RFC 9457), or that it could not be reached (`status` 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string | null = null,
    readonly hint: string | null = null,
  ) {
    super(message);
  }
}

let locked: () => void = () => undefined;
/** Calls back when the server wants a token first. */
export function onLocked(listener: () => void): void {
  locked = listener;
}

/**
 * The answer to a question; null for an answer without content (204).
 * @throws Problem
 */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let reply: Response;
  try {
    reply = await fetch(path, { ...init, headers: { accept: 'application/json', ...init.headers } });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new Problem(0, 'The server cannot be reached. Is “doubleblind serve” still running?');
  }
  if (reply.status === 204) return null as T;
  const body = (await reply.json().catch(() => null)) as Record<string, unknown> | null;
  if (reply.ok) {
    if (body === null) throw new Problem(reply.status, 'The server gave an answer that cannot be read.');
    return body as T;
  }
  if (reply.status === 401 && path !== '/login') locked();
  const text = (key: string) => (typeof body?.[key] === 'string' ? body[key] : null);
  throw new Problem(
    reply.status,
    text('detail') ?? text('title') ?? `The server answered ${reply.status}.`,
    text('code'),
    text('hint'),
  );
}

/** The answer to a JSON body sent. */
export const send = <T>(path: string, body: unknown): Promise<T> =>
  ask<T>(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export interface Answer<T> {
  /** Of the last question that was answered: while a new one is under way, the one before stays on the screen. */
  value: T | null;
  problem: Problem | null;
  busy: boolean;
  again: () => void;
}

/** The answer to GET a path, asked anew when the path changes; nothing is asked of null. */
export function useAnswer<T>(path: string | null): Answer<T> {
  const [turn, setTurn] = useState(0);
  const [answer, setAnswer] = useState<Omit<Answer<T>, 'again'>>({ value: null, problem: null, busy: path !== null });
  useEffect(() => {
    if (path === null) return undefined;
    const abort = new AbortController();
    setAnswer((before) => ({ ...before, busy: true }));
    ask<T>(path, { signal: abort.signal }).then(
      (value) => {
        if (!abort.signal.aborted) setAnswer({ value, problem: null, busy: false });
      },
      (error: unknown) => {
        if (!abort.signal.aborted)
          setAnswer((before) => ({ value: before.value, problem: asProblem(error), busy: false }));
      },
    );
    return () => {
      abort.abort();
    };
  }, [path, turn]);
  return { ...answer, again: () => setTurn((n) => n + 1) };
}

/** An error as something that can be shown. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, error instanceof Error ? error.message : String(error));
}
