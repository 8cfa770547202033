// The rate that an endpoint has accepted, whatever its refusals say. A token bucket is empty when it refuses, so what is
// accepted from there to another refusal comes at no more than its rate; a refusal below that rate has another cause.
// Without this floor, refusals that come by chance would slow a learned pace for ever.

/** Calls that were on their way when a refusal came. */
const ON_THEIR_WAY = 4;
/** Bursts that are remembered; a limit may have fallen since. */
const REMEMBERED = 24;
/** What is used of a rate that was accepted, and how that grows with each refusal that no rate can cause. */
const SHARE = 0.95;
const GROWTH = 1.15;

/** The first refusal of a burst. */
interface Refused {
  at: number;
  /** All calls accepted until then. */
  accepted: number;
  /** The highest rate, per ms, at which calls were accepted from an earlier refusal until then. */
  lent: number;
  /** The pace that was refused. */
  perMs: number;
}

export class AcceptedRate {
  private accepted = 0;
  private latest: Refused[] = [];

  departed(): void {
    this.accepted++;
  }

  /** A refusal of calls at a pace, null for none; `first`: it opens a burst of refusals. */
  refused(now: number, perMs: number | null, first: boolean): void {
    this.accepted--;
    const last = this.latest.at(-1);
    if (!first && last !== undefined) {
      last.accepted--;
      return;
    }
    // What the burst before proved, now that all its refusals have been heard.
    if (last !== undefined)
      for (const { at, accepted } of this.latest.slice(0, -1))
        last.lent = Math.max(last.lent, (last.accepted - accepted - ON_THEIR_WAY) / Math.max(last.at - at, 1));
    const { accepted } = this;
    this.latest = [...this.latest, { at: now, accepted, lent: 0, perMs: perMs ?? Infinity }].slice(-REMEMBERED);
  }

  /** Calls per ms below which no refusal comes from a rate; 0 as long as nothing is known. */
  get floor(): number {
    let floor = 0;
    for (const { lent, perMs } of this.latest) {
      if (perMs <= floor) floor *= GROWTH;
      floor = Math.max(floor, SHARE * lent);
    }
    return floor;
  }
}
