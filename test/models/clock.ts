// A clock that stands still until everybody waits, then jumps to the next alarm: hours pass in milliseconds.
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../src/models/pace.js';

export interface FakeClock extends Clock {
  /** Runs until `work` is settled, moving the time on whenever nothing else can happen. */
  run<T>(work: Promise<T>): Promise<T>;
}

export function fakeClock(start = 0): FakeClock {
  let now = start;
  const alarms: { at: number; ring: () => void }[] = [];
  return {
    now: () => now,
    wall: () => Date.UTC(2026, 0, 1) + now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        alarms.push({ at: now + ms, ring: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
    async run(work) {
      let settled = false;
      const end = (): void => void (settled = true);
      work.then(end, end);
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (settled) return work;
        if (alarms.length === 0) throw new Error('everybody waits and no alarm is set');
        const next = alarms.reduce((first, alarm) => (alarm.at < first.at ? alarm : first));
        now = Math.max(now, next.at);
        alarms.splice(alarms.indexOf(next), 1);
        next.ring();
      }
    },
  };
}

/** A clock that goes `speed` times as fast as the real one, for waits beside real requests. */
export function fastClock(speed: number): Clock {
  const started = performance.now();
  return {
    now: () => (performance.now() - started) * speed,
    wall: () => Date.now(),
    sleep: (ms, signal) => setTimeout(ms / speed, undefined, signal && { signal }),
  };
}
