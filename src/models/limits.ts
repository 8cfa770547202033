// One endpoint (provider and address), shared by everyone who asks it: how many calls are under way, when the next may
// start, what is tried again, and when to give the endpoint up. The SDKs retry nothing.
//
// Concurrency is cut once per burst of 429 or 529 and grows back by one per round of answers. A server that names a
// wait pauses everyone. Clock and dice are handed in.
import PQueue from 'p-queue';
import type { Random } from '../random.js';
import { BusyTime } from './busy-time.js';
import { Cancellation } from './cancellation.js';
import { AskAgain, faultOf, ModelFailure, type Fault } from './failures.js';
import { pauseMs } from './limit-headers.js';
import { LearnedPace } from './learned-pace.js';
import { Pace, type Clock } from './pace.js';

/** A wait before an endpoint is asked again, and why. */
export interface Delay {
  address: string;
  message: string;
  wait_ms: number;
}

export interface EndpointOptions {
  /** Shown to people. */
  address: string;
  /** Calls under way at once where nobody who asks says how many. */
  concurrency: number;
  /** What a unit may spend on being asked again, see `RETRY_COST`. */
  retries: number;
  clock: Clock;
  random: Random;
  /** Takes keys out of what a server says, before anybody hears of it. */
  redact?: ((text: string) => string) | undefined;
  onRetry?: ((event: Delay) => void) | undefined;
  /** Told of a wait that concerns everyone, and why. */
  onPause?: ((event: Delay) => void) | undefined;
}

export interface Stated {
  concurrency?: number | undefined;
  rpm?: number | undefined;
  tpm?: number | undefined;
}

/** What others who ask an endpoint have met there. */
export interface Heeded {
  pause_ms: number;
  refused: boolean;
  /** Who asks there, this process among them; at least 1. Left out: as many as before. */
  sharers?: number;
}

/** What goes on at an endpoint, for progress and metrics. */
export interface EndpointState {
  address: string;
  under_way: number;
  waiting: number;
  /** The limit on calls under way, now and as configured. */
  concurrency: number;
  configured: number;
  calls: number;
  retried: number;
  limited: number;
  /** Milliseconds until calls may start again; null when it is not paused. */
  paused_ms: number | null;
  /** Why nobody is asked any more; null while it is of use. */
  down: string | null;
}

/** What the units of one model have in common. */
export interface Standing {
  /** Why nobody asks the model any more; null while it is of use. */
  stopped: string | null;
}

/** How a unit goes out. */
export interface Terms<T> {
  /** The size that `tpm` is charged with beforehand, and what the answer says. */
  tokens: number;
  used: (value: T) => number | null;
  /** Written where a fault stops the model, and looked at just before each call. */
  standing?: Standing | undefined;
  /** Cancels the call itself. */
  signal?: AbortSignal | undefined;
  /** Ends waiting (queue, pause, backoff) but lets a call under way finish. */
  stopping?: AbortSignal | undefined;
  /** Runs just before each call; throws to refuse it. */
  admit?: (() => void | Promise<void>) | undefined;
  /** Counts the unit's calls as they go out and end, so that they are known also of one that fails. */
  effort?: Effort | undefined;
}

/** What was done for a unit. */
export interface Effort {
  attempts: number;
  /** The unit's share of the time the endpoint was busy, all attempts: shares of all units add up to that time. */
  share_ms: number;
}

/** What an attempt of any unit goes by. */
interface Conditions extends Pick<Terms<unknown>, 'signal' | 'admit'> {
  waiting: AbortSignal | undefined;
  standing: Standing;
}

/** The caller refused the call; its reason is the cause. */
export class NotAdmitted extends Error {
  constructor(override readonly cause: unknown) {
    super('not admitted');
  }
}

export interface Outcome<T> extends Effort {
  value: T;
  /** Of the last attempt. */
  latency_ms: number;
}

/** Being limited is not the unit's fault; a call that timed out has cost the most. */
const RETRY_COST = { limited: 0.5, passing: 1, timeout: 2 } as const;
const BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
const SHORTEST_WAIT_MS = 50;
const CUT = 0.7;
/** Units unreachable in a row until an endpoint counts as down. */
const DOWN_AFTER = 20;

export class Endpoint {
  readonly address: string;
  private readonly queue: PQueue;
  private readonly clock: Clock;
  private readonly requests = new Pace(null);
  private readonly tokens = new Pace(null);
  private readonly learned = new LearnedPace();
  private readonly cancel = new Cancellation();
  private configured: number;
  private stated = false;
  private concurrency: number;
  private cutAt = -Infinity;
  private pausedUntil = 0;
  private unreachable = 0;
  private down: string | null = null;
  private counts = { calls: 0, retried: 0, limited: 0 };
  private readonly busy = new BusyTime();

  constructor(private readonly options: EndpointOptions) {
    this.address = options.address;
    this.clock = options.clock;
    this.configured = this.concurrency = options.concurrency;
    this.queue = new PQueue({ concurrency: options.concurrency });
  }

  /**
   * Takes in what one of those who ask here states: the largest concurrency, as one server serves them all, and the
   * strictest rates (per minute).
   */
  admit({ concurrency, rpm, tpm }: Stated): void {
    if (concurrency !== undefined) {
      const before = this.configured;
      this.configured = this.stated ? Math.max(before, concurrency) : concurrency;
      this.stated = true;
      // A limit that was cut meanwhile stays cut.
      this.resize(this.concurrency + this.configured - before);
    }
    if (rpm !== undefined) this.requests.limit(rpm / 60_000);
    if (tpm !== undefined) this.tokens.limit(tpm / 60_000);
  }

  /**
   * The outcome of `call`, tried again while that makes sense; waiting, pauses and backoff included. `tokens` is the
   * size that `tpm` is charged with beforehand, `used` what the answer says.
   * @throws ModelFailure, with `stops` when the endpoint is down; the signal's reason when aborted
   */
  async run<T>(
    call: (signal?: AbortSignal) => Promise<T>,
    {
      tokens,
      used,
      signal,
      stopping,
      admit,
      standing = { stopped: null },
      effort: unit = { attempts: 0, share_ms: 0 },
    }: Terms<T>,
  ): Promise<Outcome<T>> {
    const waiting = stopping ?? signal;
    const attempt = (): Promise<{ value: T; latency_ms: number }> =>
      this.attempt(call, tokens, unit, { signal, waiting, admit, standing });
    let spent = 0;
    for (let round = 0; ; round++) {
      waiting?.throwIfAborted();
      try {
        const done = await this.queue.add(attempt, { priority: round > 0 ? 1 : 0 });
        this.tokens.settle(tokens - (used(done.value) ?? tokens));
        this.answered();
        return { ...done, ...unit };
      } catch (error) {
        if (error instanceof AskAgain) continue;
        signal?.throwIfAborted();
        waiting?.throwIfAborted();
        if (error instanceof ModelFailure || error instanceof NotAdmitted) throw error;
        const fault = this.faultOf(error);
        if (fault.kind === 'unit' || fault.kind === 'stop' || fault.kind === 'aborted')
          throw this.failed(fault, unit.attempts, error);
        spent += RETRY_COST[fault.kind];
        if (spent > this.options.retries) throw this.failed(fault, unit.attempts, error);
        await this.backOff(fault, spent, waiting);
      }
    }
  }

  get state(): EndpointState {
    const paused = this.pausedUntil - this.clock.now();
    return {
      address: this.address,
      under_way: this.busy.active,
      waiting: this.queue.size + this.queue.pending - this.busy.active,
      concurrency: Math.floor(this.concurrency),
      configured: this.configured,
      ...this.counts,
      paused_ms: paused > 0 ? paused : null,
      down: this.down,
    };
  }

  /** Takes in what others who ask here have met: a pause, refusals, and among how many the rates are shared. */
  heed({ pause_ms, refused, sharers }: Heeded): void {
    if (sharers !== undefined) for (const pace of [this.requests, this.tokens]) pace.among(sharers);
    const now = this.clock.now();
    this.pausedUntil = Math.max(this.pausedUntil, now + pause_ms);
    if (!refused) return;
    this.cutAt = now;
    this.resize(this.concurrency * CUT);
  }

  /** Reads an answer's headers: an allowance that is used up pauses everyone until it is renewed. */
  observe(headers: Headers, sentAfter: number): void {
    const wait = pauseMs(headers, sentAfter, this.clock.wall());
    if (wait !== null && wait > 0) this.pause(wait, 'what it allows is used up');
  }

  private async attempt<T>(
    call: (signal?: AbortSignal) => Promise<T>,
    tokens: number,
    unit: Effort,
    { signal, waiting, admit, standing }: Conditions,
  ): Promise<{ value: T; latency_ms: number }> {
    const throwIfStopped = (): void => {
      const why = this.down ?? standing.stopped;
      if (why !== null) throw new ModelFailure('unreachable', why, { stops: true, attempts: unit.attempts });
    };
    waiting?.throwIfAborted();
    throwIfStopped();
    await this.gate(tokens, waiting);
    // Others may have been told meanwhile.
    throwIfStopped();
    try {
      const asked = admit?.();
      if (asked !== undefined) await asked.then(() => waiting?.throwIfAborted());
    } catch (error) {
      throw new NotAdmitted(error);
    }
    this.counts.calls++;
    unit.attempts++;
    const started = this.clock.now();
    const mark = this.busy.begin(started);
    try {
      const value = await this.cancel.within(signal, call);
      const latency_ms = this.clock.now() - started;
      this.learned.returned(latency_ms);
      return { value, latency_ms };
    } catch (error) {
      this.refused(error, started, standing);
      throw error;
    } finally {
      unit.share_ms += this.busy.end(this.clock.now(), mark);
    }
  }

  /** Resolves when a call of this size may start. A pause that begins while it waits is waited for as well. */
  private async gate(tokens: number, waiting: AbortSignal | undefined): Promise<void> {
    const now = this.clock.now();
    const earliest = Math.max(this.requests.reserve(now), this.tokens.reserve(now, tokens));
    let paused: number;
    let round: number;
    do {
      paused = this.pausedUntil;
      round = this.learned.round;
      await this.until(Math.max(earliest, paused), waiting);
      // A place in the learned pace is taken after the pause, when every refusal of the burst has been heard.
      if (paused === this.pausedUntil) await this.until(this.learned.reserve(this.clock.now()), waiting);
    } while (paused !== this.pausedUntil || round !== this.learned.round);
    this.learned.departed(this.clock.now());
  }

  private async until(at: number, waiting: AbortSignal | undefined): Promise<void> {
    for (let left = at - this.clock.now(); left > 0; left = at - this.clock.now()) await this.sleep(left, waiting);
  }

  /** A refusal takes effect here, before the place of the call is handed on. */
  private refused(error: unknown, started: number, standing: Standing): void {
    if (error instanceof AskAgain || error instanceof ModelFailure) return;
    const { kind, wait_ms, message } = this.faultOf(error);
    // Nobody will ask again, so nobody waits.
    if (kind === 'stop') return void (standing.stopped ??= `${this.address}: ${message}`);
    const now = this.clock.now();
    if (wait_ms !== null) this.pause(wait_ms, message);
    if (kind !== 'limited') return;
    this.counts.limited++;
    const first = started > this.cutAt;
    this.learned.refused(now, this.pausedUntil, first);
    if (!first) return;
    this.cutAt = now;
    this.resize(this.concurrency * CUT);
  }

  private faultOf(error: unknown): Fault {
    const fault = faultOf(error, this.clock.wall());
    return { ...fault, message: this.options.redact?.(fault.message) ?? fault.message };
  }

  private pause(ms: number, message: string): void {
    const until = this.clock.now() + ms;
    if (until <= this.pausedUntil) return;
    this.pausedUntil = until;
    this.options.onPause?.({ address: this.address, message, wait_ms: ms });
  }

  private answered(): void {
    this.unreachable = 0;
    if (this.concurrency < this.configured) this.resize(this.concurrency + 1 / this.concurrency);
  }

  private resize(concurrency: number): void {
    this.concurrency = Math.min(Math.max(concurrency, 1), this.configured);
    const whole = Math.floor(this.concurrency);
    if (whole !== this.queue.concurrency) this.queue.concurrency = whole;
  }

  private failed(fault: Fault, attempts: number, cause: unknown): ModelFailure {
    const { kind, failure, message } = fault;
    const stops = kind === 'stop';
    if (!stops && kind !== 'aborted' && failure === 'unreachable') this.unreachable++;
    if (this.unreachable >= DOWN_AFTER)
      this.down ??= `${this.address} is down: ${DOWN_AFTER} units in a row came to nothing, the last with: ${message}`;
    return new ModelFailure(failure, `${this.address}: ${message}`, { stops, attempts, cause });
  }

  /** Waits outside the queue, so that other units go on meanwhile. */
  private async backOff(fault: Fault, spent: number, waiting: AbortSignal | undefined): Promise<void> {
    this.counts.retried++;
    const longest = Math.min(BACKOFF_MS * 2 ** spent, LONGEST_BACKOFF_MS);
    // Where the server named a wait, the pause of the endpoint holds the unit back; one of next to nothing is no wait.
    const named = fault.wait_ms !== null && fault.wait_ms >= SHORTEST_WAIT_MS ? fault.wait_ms : null;
    const wait_ms = named ?? longest * (0.5 + this.options.random() / 2);
    this.options.onRetry?.({ address: this.address, message: fault.message, wait_ms });
    if (named === null) await this.sleep(wait_ms, waiting);
  }

  private sleep(ms: number, waiting: AbortSignal | undefined): Promise<void> {
    return this.cancel.within(waiting, (own) => this.clock.sleep(ms, own));
  }
}
