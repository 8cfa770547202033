// The pace an endpoint allows, learned from its refusals. The endpoint is taken for a token bucket of unknown rate and
// size: for every rate on a ladder we keep what such a bucket would have lent by now, and at a refusal that is its size.
// A rate at which more has been lent since is proved too low; the rate at which two refusals find the same size is the
// endpoint's own (n = size + rate × time, twice).
import { AcceptedRate } from './accepted-rate.js';
import { Pace } from './pace.js';

/** The ladder: calls per ms, from one a minute to 10,000 a second, about 5 % apart. */
const STEPS = 256;
const [SLOWEST, SPAN] = [1 / 60_000, 600_000];
const RATES = Float64Array.from({ length: STEPS + 1 }, (_, i) => SLOWEST * SPAN ** (i / STEPS));

/** What is used of a rate and of a size that are known: timers and networks are late. */
const RATE_SHARE = 0.99;
const SIZE_SHARE = 0.75;
/** Sizes that differ by less say nothing: calls were on their way when the refusal came. */
const TELLING = 4;
/** A known pace grows by 1 % in the time of this many waits, and by 4 % in twice that time. */
const CAREFUL_WAITS = 20;
const SHORTEST_WAIT_MS = 100;
/** A guess grows to so many times what is proved, at least: fast after the first refusal, as the second tells the rate. */
const [FIRST_REACH, LEAST_REACH] = [1.5, 1.2];
/** A pace that is so many times what was really sent bounds nothing: the client was too slow for it. */
const FASTEST_GROWTH = 8;
/** Rates that agree with two bursts tell the rate when they are no further apart than this. */
const SURE = 2;
/** Calls in a burst so short that the pace must be far too high. */
const SHORT_BURST = 16;

export class LearnedPace extends Pace {
  /** Changes whenever the places taken so far are void. */
  round = 0;
  private readonly lent = new Float64Array(RATES.length);
  private lentAt = 0;
  /** What was lent at the first refusal of the latest burst, and of the one before. */
  private size: Float64Array | null = null;
  private sizeBefore: Float64Array | null = null;
  /** Rates on the ladder proved too low since the latest burst. */
  private proved = 0;
  /** How far the pace goes beyond what is proved; null when the rate is known. */
  private reach: number | null = null;
  private base = { perMs: 0, at: 0 };
  private bounds = { low: 0, high: Infinity };
  private burst = { since: null as number | null, sent: 0, active: 1, accepted: 0, wait: 0, short: 1 };
  private resumes = 0;
  /** How long the first call to come back took, and the quickest so far, ms. */
  private took = { first: null as number | null, least: Infinity };
  private readonly accepted = new AcceptedRate();

  constructor() {
    super(null);
  }

  /** Called when a call has really gone out. */
  departed(now: number): void {
    const { lent, size, burst } = this;
    const elapsed = now - this.lentAt;
    for (let i = 0; i < RATES.length; i++) lent[i] = Math.max(0, lent[i]! - RATES[i]! * elapsed) + 1;
    this.lentAt = now;
    burst.since ??= now;
    burst.sent++;
    this.accepted.departed();
    if (size === null) return;
    while (this.proved < RATES.length && lent[this.proved]! > size[this.proved]! + TELLING) this.proved++;
    if (this.reach !== null) this.perMs = Math.max(this.perMs!, this.reach * this.provedRate);
    else {
      const careful = CAREFUL_WAITS * Math.max(burst.wait, SHORTEST_WAIT_MS);
      this.perMs = this.base.perMs * (1 + 0.01 * (Math.max(now - this.base.at, 0) / careful) ** 2);
    }
  }

  /** Called when a call has come back, `took` ms after it went out. */
  returned(took: number): void {
    this.took.first ??= took;
    this.took.least = Math.min(this.took.least, took);
  }

  /** A refusal; nobody is to start before `until`. `first`: it opens a burst of refusals. */
  refused(now: number, until: number, first: boolean): void {
    const { lent, burst } = this;
    if (first || this.size === null) this.opened(now);
    // The others of a burst were on their way, and were lent nothing either.
    else this.size.forEach((size, i) => (this.size![i] = Math.max(1, size - 1)));
    lent.forEach((calls, i) => (lent[i] = Math.max(0, calls - 1)));
    burst.accepted--;
    burst.wait = Math.max(until - now, 0);
    burst.since = this.base.at = Math.max(now, until);
    this.accepted.refused(now, this.perMs, first);
    const saved = this.estimate();
    this.base.perMs = Math.max(this.base.perMs, this.accepted.floor);
    this.perMs = this.base.perMs;
    this.slackMs = (SIZE_SHARE * saved) / this.perMs;
    // Whoever waits for a pause takes a new place when the pause is moved, and only then.
    if (burst.wait > 0 ? until === this.resumes : !first) return;
    this.resumes = until;
    this.round++;
    this.restart(burst.wait > 0 ? until - Math.min(this.slackMs, SIZE_SHARE * burst.wait) : now + 1 / this.perMs);
  }

  private get provedRate(): number {
    return RATES[this.proved - 1] ?? 0;
  }

  /** The first calls waited for connections: of the time that took them longer than others, half is taken to be before they arrived. */
  private connected(): void {
    const { burst, lent, took } = this;
    const late = took.first === null ? 0 : (took.first - took.least) / 2;
    lent.forEach((calls, i) => (lent[i] = Math.min(calls + RATES[i]! * late, burst.sent)));
    burst.since! += late;
  }

  private opened(now: number): void {
    const { burst } = this;
    if (this.size === null) this.connected();
    this.sizeBefore = this.size;
    this.size = this.lent.slice();
    burst.short = burst.sent < SHORT_BURST ? burst.short + 1 : 1;
    burst.active = Math.max(now - (burst.since ?? now), 1);
    burst.accepted = burst.sent;
    const high = Math.min(this.perMs ?? Infinity, (FASTEST_GROWTH * burst.sent) / burst.active);
    burst.sent = 0;
    // What was proved once need not hold for ever: a refusal soon after the last goes further back each time.
    const low = Math.max(this.bounds.low, this.provedRate);
    this.bounds = { low: low > 0.9 * high ? high * 0.8 ** burst.short : low, high };
    this.proved = 0;
  }

  /** Sets the pace to start again with. Returns the calls that a pause surely saves up: none while the rate is a guess. */
  private estimate(): number {
    const { size, sizeBefore, bounds, burst } = this;
    const agreed = sizeBefore && agreedRates(size!, sizeBefore);
    const within = agreed && { low: Math.max(agreed.low, bounds.low), high: Math.min(agreed.high, bounds.high) };
    if (within !== null && within.high > SURE * within.low) this.bounds = within;
    else if (agreed !== null && agreed.rate < bounds.high * 1.02 && agreed.rate > bounds.low * 0.98) {
      this.base.perMs = RATE_SHARE * agreed.rate;
      this.reach = null;
      const step = Math.round((STEPS * Math.log(this.base.perMs / SLOWEST)) / Math.log(SPAN));
      const at = Math.min(Math.max(step, 0), STEPS);
      return Math.max(Math.min(size![at]!, sizeBefore![at]!) - 2 * TELLING, 0);
    }
    let { low, high } = this.bounds;
    let lean = 0.5;
    if (low === 0) {
      // The first burst, with and without its wait; nearer to the upper bound where it outlasts the wait.
      const accepted = Math.max(burst.accepted, 1);
      high = accepted / burst.active;
      low = accepted / (burst.active + burst.wait);
      lean = Math.min(0.35, burst.wait / (burst.active + burst.wait));
    }
    this.base.perMs = high * (low / high) ** lean;
    this.reach = Math.max(sizeBefore === null ? FIRST_REACH : LEAST_REACH, (high / low) ** (1 / 8));
    return 0;
  }
}

/** The rates between which both sizes are as good as the same, and the one at which they are; null for none. */
function agreedRates(size: Float64Array, before: Float64Array): { low: number; rate: number; high: number } | null {
  let apart = false;
  let low: number | null = null;
  let rate: number | null = null;
  for (let i = 0; i < STEPS; i++) {
    const here = size[i]! - before[i]!;
    const next = size[i + 1]! - before[i + 1]!;
    if (Math.abs(here) > TELLING) {
      if (rate !== null) return { low: low!, rate, high: RATES[i]! };
      apart = true;
      low = null;
    } else low ??= RATES[i]!;
    if (apart && rate === null && here * next <= 0 && here !== next) {
      low ??= RATES[i]!;
      rate = RATES[i]! + (RATES[i + 1]! - RATES[i]!) * (here / (here - next));
    }
  }
  return rate === null ? null : { low: low!, rate, high: RATES[STEPS]! };
}
