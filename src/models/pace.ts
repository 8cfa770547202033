// When the next call may start: a steady pace, as configured by `rpm` and `tpm`.

/** A clock that is handed in. `now` never jumps (ms from any start); `wall` is ms since 1970. */
export interface Clock {
  now(): number;
  wall(): number;
  /** Resolves after at least about `ms`; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How far a configured pace may catch up after a late timer, in ms. */
const SLACK_MS = 100;

/** Evenly spaced starts, so that no window of any length sees more than the rate allows. */
export class Pace {
  private next = 0;
  private sharers = 1;
  /** How far it may catch up after a time without calls, ms. */
  protected slackMs = SLACK_MS;
  /** `perMs`: units (requests or tokens) per millisecond, null for no limit. */
  constructor(protected perMs: number | null) {}

  /** Holds everybody to this rate as well. */
  limit(perMs: number): void {
    this.perMs = Math.min(this.perMs ?? perMs, perMs);
  }

  /** Among how many the rate is shared from now on; each keeps to an equal part. */
  among(sharers: number): void {
    this.sharers = sharers;
  }

  /** The time at which something of this size may start; the place is taken. */
  reserve(now: number, size = 1): number {
    if (this.perMs === null) return now;
    const start = Math.max(this.next, now - this.slackMs);
    this.next = start + (size * this.sharers) / this.perMs;
    return Math.max(start, now);
  }

  /** Gives back what was reserved too much (negative: takes what was reserved too little). */
  settle(size: number): void {
    if (this.perMs !== null) this.next -= (size * this.sharers) / this.perMs;
  }

  /** Forgets all places taken; nothing starts before `at`. */
  restart(at: number): void {
    this.next = at;
  }
}
