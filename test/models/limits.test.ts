import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelFailure } from '../../src/models/failures.js';
import { AskAgain } from '../../src/models/failures.js';
import { realClock } from '../../src/models/index.js';
import { Endpoint, type EndpointOptions } from '../../src/models/limits.js';
import type { Clock } from '../../src/models/pace.js';
import { seeded } from '../../src/random.js';
import { Bucket } from '../server/faults.js';
import { fakeClock } from './clock.js';

const status = (code: number, headers: Record<string, string> = {}): Error =>
  Object.assign(new Error(`${code} as scripted`), { status: code, headers: new Headers(headers) });

function endpoint(clock: Clock, options: Partial<EndpointOptions> = {}): Endpoint {
  return new Endpoint({ address: 'http://there', concurrency: 32, retries: 6, clock, random: seeded(1), ...options });
}
const terms = { tokens: 1, used: (): number => 1 };
/** Admits one call. */
const once = (): (() => void) => {
  let calls = 0;
  return () => {
    if (calls++ > 0) throw new Error('enough');
  };
};
const failureOf = (work: Promise<unknown>): Promise<ModelFailure> =>
  work.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error as ModelFailure,
  );

describe('a call that fails', () => {
  it('is tried again with growing waits, six times at most, and is then unreachable', async () => {
    const clock = fakeClock();
    const at: number[] = [];
    const failure = await clock.run(
      failureOf(
        endpoint(clock).run(() => {
          at.push(clock.now());
          return Promise.reject(status(500));
        }, terms),
      ),
    );
    expect(failure).toMatchObject({ failure: 'unreachable', stops: false, attempts: 7 });
    expect(at).toHaveLength(7);
    const waits = at.slice(1).map((time, i) => time - at[i]!);
    waits.forEach((wait, i) => {
      expect(wait).toBeGreaterThanOrEqual((500 * 2 ** (i + 1)) / 2);
      expect(wait).toBeLessThanOrEqual(500 * 2 ** (i + 1));
    });
  });

  it.each([
    ['a bad key', status(401), 'unreachable', true],
    ['an unknown model', status(404), 'unreachable', true],
    ['a used up quota', Object.assign(status(429), { code: 'insufficient_quota' }), 'unreachable', true],
    ['a context too long', Object.assign(status(400), { code: 'context_length_exceeded' }), 'too-long', false],
    ['a content filter', Object.assign(status(400), { code: 'content_filter' }), 'refused', false],
    ['a request nobody understands', status(400), 'unreachable', false],
  ])('because of %s is never tried again', async (_, error, failure, stops) => {
    const clock = fakeClock();
    const found = await clock.run(failureOf(endpoint(clock).run(() => Promise.reject(error), terms)));
    expect(found).toMatchObject({ failure, stops, attempts: 1 });
    expect(clock.now()).toBe(0);
  });

  it.each([
    ['a used up quota', Object.assign(status(429, { 'retry-after': '30' }), { code: 'insufficient_quota' })],
    ['a bad key', status(401)],
    ['an unknown model', status(404)],
  ])('because of %s is the last of its model: no second wave goes out, and nobody waits', async (_, error) => {
    const clock = fakeClock();
    const there = endpoint(clock, { concurrency: 8 });
    const standing = { stopped: null };
    let calls = 0;
    const call = async (): Promise<never> => {
      calls++;
      await clock.sleep(10);
      throw error;
    };
    const units = Array.from({ length: 40 }, () => failureOf(there.run(call, { ...terms, standing })));
    const failures = await clock.run(Promise.all(units));
    expect(failures.every(({ stops }) => stops)).toBe(true);
    expect([calls, clock.now()]).toEqual([8, 10]);
    // Another model at the same endpoint is asked as before.
    expect(await clock.run(there.run(() => Promise.resolve(1), terms))).toMatchObject({ value: 1 });
    expect(clock.now()).toBe(10);
  });

  it('by a mistake of our own is thrown as it is', async () => {
    const clock = fakeClock();
    const work = endpoint(clock).run(() => Promise.reject(new RangeError('ours')), terms);
    await expect(clock.run(work)).rejects.toThrow(RangeError);
  });

  it('twenty units in a row takes the endpoint down, and the rest stays due without a call', async () => {
    const clock = fakeClock();
    const there = endpoint(clock, { retries: 0 });
    let calls = 0;
    const ask = (): Promise<ModelFailure> => failureOf(there.run(() => (calls++, Promise.reject(status(500))), terms));
    for (let unit = 0; unit < 20; unit++) expect((await clock.run(ask())).stops).toBe(false);
    expect(await clock.run(ask())).toMatchObject({ stops: true, attempts: 0 });
    expect(calls).toBe(20);
    expect(there.state.down).toContain('http://there is down');
  });

  it('nineteen times does not, when an answer comes between', async () => {
    const clock = fakeClock();
    const there = endpoint(clock, { retries: 0 });
    const fail = (): Promise<ModelFailure> => failureOf(there.run(() => Promise.reject(status(500)), terms));
    for (let unit = 0; unit < 19; unit++) await clock.run(fail());
    await clock.run(there.run(() => Promise.resolve(1), terms));
    for (let unit = 0; unit < 19; unit++) await clock.run(fail());
    expect(there.state.down).toBeNull();
  });
});

describe('an endpoint that limits', () => {
  it('pauses everybody until the time it names, and nobody starts before', async () => {
    const clock = fakeClock();
    const there = endpoint(clock, { concurrency: 4 });
    const starts: number[] = [];
    let refused = false;
    const call = async (): Promise<number> => {
      starts.push(clock.now());
      await clock.sleep(10);
      if (!refused) {
        refused = true;
        throw status(429, { 'retry-after': '30' });
      }
      return 1;
    };
    await clock.run(Promise.all(Array.from({ length: 12 }, () => there.run(call, terms))));
    expect(starts.filter((at) => at > 0 && at < 30_010)).toEqual([]);
    expect(starts).toHaveLength(13);
    expect(there.state).toMatchObject({ limited: 1, retried: 1 });
  });

  it('cuts concurrency once per burst, which then grows back to what was configured', async () => {
    const clock = fakeClock();
    const there = endpoint(clock, { concurrency: 10 });
    let limited = 10;
    const call = async (): Promise<number> => {
      await clock.sleep(10);
      if (limited-- > 0) throw status(429);
      return 1;
    };
    await clock.run(Promise.all(Array.from({ length: 10 }, () => there.run(call, terms))));
    expect(there.state.limited).toBe(10);
    expect(there.state.concurrency).toBe(7 + 1);
    await clock.run(Promise.all(Array.from({ length: 200 }, () => there.run(call, terms))));
    expect(there.state.concurrency).toBe(10);
  });

  it('never falls below one call at a time', async () => {
    const clock = fakeClock();
    const there = endpoint(clock, { concurrency: 2, retries: 20 });
    let left = 12;
    const seen: number[] = [];
    const call = (): Promise<number> => {
      seen.push(there.state.concurrency);
      return left-- > 0 ? Promise.reject(status(429)) : Promise.resolve(1);
    };
    await clock.run(there.run(call, terms));
    expect(seen).toEqual([2, ...Array.from({ length: 12 }, () => 1)]);
  });

  it('is paused by headers that say nothing is left, before any refusal', async () => {
    const clock = fakeClock();
    const there = endpoint(clock);
    there.observe(new Headers({ 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '2s' }), 2);
    expect(there.state.paused_ms).toBeNull();
    there.observe(new Headers({ 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '2s' }), 3);
    expect(there.state.paused_ms).toBe(2000);
    await clock.run(there.run(() => Promise.resolve(1), terms));
    expect(clock.now()).toBe(2000);
  });

  it('tells a pause and why', async () => {
    const clock = fakeClock();
    const told: object[] = [];
    const there = endpoint(clock, { onPause: (event) => told.push(event) });
    there.observe(new Headers({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '7s' }), 0);
    let left = 1;
    const call = (): Promise<number> =>
      left-- > 0 ? Promise.reject(status(429, { 'retry-after': '30' })) : Promise.resolve(1);
    await clock.run(there.run(call, terms));
    expect(told).toEqual([
      { address: 'http://there', message: 'what it allows is used up', wait_ms: 7000 },
      { address: 'http://there', message: '429 as scripted', wait_ms: 30_000 },
    ]);
  });

  // Permitted time is calls / rate. Whoever waits its second and starts again at full speed comes to 1.5 and more.
  it.each([
    [300, 'seconds', 1.05],
    [100, 'seconds', 1.15],
    [60, 'seconds', 1.17],
    [300, 'ms', 1.05],
    [30, 'ms', 1.05],
  ] as const)('to 300 a second with %i saved up (%s) is used within its limit', async (burst, retry_after, longest) => {
    const clock = fakeClock();
    const bucket = new Bucket({ per_second: 300, burst, retry_after });
    const there = endpoint(clock);
    let limited = 0;
    let waitUntil = 0;
    const early: number[] = [];
    const call = async (): Promise<number> => {
      const now = clock.now();
      if (now < waitUntil) early.push(now);
      const wait = bucket.take(now);
      if (wait === null) {
        await clock.sleep(50);
        return 1;
      }
      limited++;
      await clock.sleep(0.5);
      waitUntil = Math.max(waitUntil, clock.now() + bucket.asked(wait));
      throw status(429, { 'retry-after-ms': String(bucket.asked(wait)) });
    };
    await clock.run(Promise.all(Array.from({ length: 3000 }, () => there.run(call, terms))));
    expect(clock.now() / 10_000).toBeLessThanOrEqual(longest);
    expect(limited / 3000).toBeLessThanOrEqual(0.02);
    expect(early).toEqual([]);
  });
});

describe('a wait of next to nothing', () => {
  it('does not make a unit hammer the server', async () => {
    const clock = fakeClock();
    const limited = (): Promise<never> => Promise.reject(status(429, { 'retry-after': '0' }));
    const failure = await clock.run(failureOf(endpoint(clock).run(limited, terms)));
    expect(failure.attempts).toBe(13);
    expect(clock.now()).toBeGreaterThan(30_000);
  });
});

describe('configured rates', () => {
  it('space calls evenly, so that no minute sees more than rpm', async () => {
    const clock = fakeClock();
    const there = endpoint(clock);
    there.admit({ rpm: 120 });
    const starts: number[] = [];
    await clock.run(
      Promise.all(Array.from({ length: 300 }, () => there.run(() => Promise.resolve(starts.push(clock.now())), terms))),
    );
    for (const from of starts)
      expect(starts.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(121);
    expect(starts.at(-1)).toBeGreaterThan(149_000);
  });

  it('charge tokens beforehand and settle what was really used', async () => {
    const clock = fakeClock();
    const there = endpoint(clock, { concurrency: 1 });
    there.admit({ tpm: 60_000 });
    const ask = (used: number): Promise<unknown> =>
      there.run(() => Promise.resolve(used), { tokens: 1000, used: (n: number) => n });
    await clock.run(ask(1000));
    await clock.run(ask(1000));
    expect(clock.now()).toBeCloseTo(1000, 0);
    await clock.run(ask(100));
    expect(clock.now()).toBeCloseTo(2000, 0);
    await clock.run(ask(1000));
    expect(clock.now()).toBeCloseTo(2100, 0);
  });

  it('of several who ask are the strictest; the concurrency is the largest that is stated', () => {
    const there = endpoint(fakeClock(), { concurrency: 8 });
    there.admit({});
    expect(there.state.configured).toBe(8);
    there.admit({ concurrency: 2 });
    expect(there.state.configured).toBe(2);
    there.admit({ concurrency: 5 });
    there.admit({ concurrency: 3 });
    expect(there.state).toMatchObject({ configured: 5, concurrency: 5 });
  });

  it('do not undo a cut when somebody else joins', async () => {
    const clock = fakeClock();
    const there = endpoint(clock, { concurrency: 8 });
    there.admit({ concurrency: 10 });
    await clock.run(failureOf(there.run(() => Promise.reject(status(429)), { ...terms, admit: once() })));
    expect(there.state.concurrency).toBe(7);
    there.admit({ concurrency: 10 });
    expect(there.state.concurrency).toBe(7);
    there.admit({ concurrency: 12 });
    expect(there.state).toMatchObject({ configured: 12, concurrency: 9 });
  });
});

describe('stopping', () => {
  it('ends waiting at once and lets a call under way finish', async () => {
    const clock = fakeClock();
    const there = endpoint(clock, { concurrency: 1 });
    const stop = new AbortController();
    const first = there.run(() => clock.sleep(1000).then(() => 'done'), { ...terms, stopping: stop.signal });
    const second = there.run(() => Promise.resolve('never'), { ...terms, stopping: stop.signal });
    const ends = Promise.allSettled([first, second]);
    stop.abort(new Error('stopped'));
    const [a, b] = await clock.run(ends);
    expect(a).toMatchObject({ status: 'fulfilled', value: { value: 'done' } });
    expect(b).toMatchObject({ status: 'rejected', reason: { message: 'stopped' } });
  });

  it('ends a pause of an hour', async () => {
    const clock = fakeClock();
    const there = endpoint(clock);
    const stop = new AbortController();
    there.observe(new Headers({ 'ratelimit-remaining': '0', 'ratelimit-reset': '3600' }), 0);
    const work = there.run(() => Promise.resolve(1), { ...terms, stopping: stop.signal });
    const end = expect(work).rejects.toThrow('stopped');
    stop.abort(new Error('stopped'));
    await end;
    expect(clock.now()).toBe(0);
  });

  it('ends the wait for another try with what it was stopped by, on the real clock as well', async () => {
    for (const clock of [fakeClock(), realClock]) {
      const stop = new AbortController();
      const there = endpoint(clock, { onRetry: () => void setImmediate(() => stop.abort(new Error('stopped'))) });
      const work = there.run(() => Promise.reject(status(500)), { ...terms, stopping: stop.signal });
      await expect(work).rejects.toThrow('stopped');
    }
  });

  it('cancels the call itself through its own signal, which is not the one handed in', async () => {
    const clock = fakeClock();
    const cancel = new AbortController();
    let seen: AbortSignal | undefined;
    const work = endpoint(clock).run(
      (signal) => new Promise((_, reject) => (seen = signal!).addEventListener('abort', () => reject(status(500)))),
      { ...terms, signal: cancel.signal },
    );
    const end = expect(work).rejects.toThrow('away');
    await new Promise((resolve) => setImmediate(resolve));
    cancel.abort(new Error('away'));
    await end;
    expect(seen).not.toBe(cancel.signal);
    expect(seen?.aborted).toBe(true);
  });
});

describe('accounting', () => {
  it('counts every attempt, and goes out again at once for what was learned', async () => {
    const clock = fakeClock();
    const there = endpoint(clock);
    let left = 2;
    const call = (): Promise<number> => (left-- > 0 ? Promise.reject(new AskAgain()) : Promise.resolve(1));
    const done = await clock.run(there.run(call, terms));
    expect(done.attempts).toBe(3);
    expect(clock.now()).toBe(0);
    expect(there.state).toMatchObject({ calls: 3, retried: 0 });
  });

  it('asks for admission before every call, and a refusal ends the unit', async () => {
    const clock = fakeClock();
    const there = endpoint(clock);
    let admissions = 0;
    const admit = (): void => {
      if (++admissions === 3) throw new RangeError('budget');
    };
    const work = there.run(() => Promise.reject(status(500)), { ...terms, admit });
    await expect(clock.run(work)).rejects.toMatchObject({ cause: new RangeError('budget') });
    expect(there.state.calls).toBe(2);
  });

  it('shares the time an endpoint is busy among its calls, to the last millisecond', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 }),
        async (lengths) => {
          const clock = fakeClock();
          const there = endpoint(clock, { concurrency: 3 });
          const outcomes = await clock.run(Promise.all(lengths.map((ms) => there.run(() => clock.sleep(ms), terms))));
          const shares = outcomes.reduce((sum, { share_ms }) => sum + share_ms, 0);
          expect(shares).toBeCloseTo(clock.now(), 6);
        },
      ),
      { numRuns: 20 },
    );
  });
});
