// When the next call may start: a steady pace as configured (`rpm`, `tpm`), and one that is learned from refusals.

/** A clock that is handed in. `now` never jumps (ms from any start); `wall` is ms since 1970. */
export interface Clock {
  now(): number;
  wall(): number;
  /** Resolves after at least about `ms`; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How far a pace may catch up after a late timer, in ms. */
const SLACK_MS = 100;

/** Evenly spaced starts, so that no window of any length sees more than the rate allows. */
export class Pace {
  private next = 0;
  private sharers = 1;
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
    const start = Math.max(this.next, now - SLACK_MS);
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

/** Growth of a learned pace per second without a refusal: careful where a refusal costs a second or more. */
const growth = (wait_ms: number): number => Math.min(Math.max(10 / wait_ms, 0.01), 0.03);

interface Burst {
  /** From the first call of the burst to the first that was refused, ms. */
  active: number;
  /** What the refusal asked to wait, ms. */
  wait: number;
  sent: number;
  refused: number;
}

/**
 * The pace an endpoint seems to allow, learned from bursts of calls that end in refusals naming a wait. What was
 * accepted in a burst, divided by its time with and without the wait, bounds the allowed rate from both sides. Two
 * bursts of different length give it outright where the allowance saves up (n = saved + rate × time, twice); else the
 * geometric mean of the bounds is taken, nearer to the upper one where the burst outlasts the wait. No pace until the first refusal.
 */
export class LearnedPace extends Pace {
  private since: number | null = null;
  private sent = 0;
  private burst: Burst | null = null;
  private before: Burst | null = null;
  private grownAt = 0;

  constructor() {
    super(null);
  }

  /** Called when a call has really gone out. */
  departed(now: number): void {
    this.since ??= now;
    this.sent++;
    if (this.perMs === null || now < this.grownAt) return;
    this.perMs *= 1 + growth(this.burst!.wait) * ((now - this.grownAt) / 1000);
    this.grownAt = now;
  }

  /** A refusal; nobody is to start for `wait` ms. `first`: it opens a burst of refusals. */
  refused(now: number, wait: number, first: boolean): void {
    if (first || this.burst === null) {
      this.before = this.burst;
      this.burst = { active: Math.max(now - (this.since ?? now), 1), wait, sent: this.sent, refused: 0 };
      this.sent = 0;
    }
    this.burst.refused++;
    this.burst.wait = Math.max(wait, 1);
    this.perMs = estimate(this.burst, this.before);
    this.since = this.grownAt = now + wait;
    this.restart(now + wait);
  }
}

/** Allowed calls per ms. */
function estimate(now: Burst, then: Burst | null): number {
  const accepted = ({ sent, refused }: Burst): number => Math.max(sent - refused, 1);
  const low = accepted(now) / (now.active + now.wait);
  const high = accepted(now) / now.active;
  if (then !== null) {
    const outright = (accepted(now) - accepted(then)) / (now.active - then.active);
    if (outright > low && outright < high) return 0.98 * outright;
  }
  return high * (low / high) ** Math.min(0.5, now.wait / (now.active + now.wait));
}
