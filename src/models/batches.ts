// Batch services of the providers: many questions handed in at once, answered within a day at half the price. A batch is
// created once and never tried again blindly, because a repeated create is paid twice: whoever is not sure that it went
// through looks for it by its intent first.
import { storable } from '../hash.js';
import type { Answer, Ask, Failure } from '../records.js';
import { FORMATS } from './abilities.js';
import type { Connection } from './connections.js';
import type { EndpointSpec } from './endpoint-spec.js';
import { faultOf, ModelFailure, type SdkError, UnreadableReply } from './failures.js';
import { callOf } from './hosted.js';
import type { Call, Reply } from './protocol.js';

export interface BatchItem {
  /** Letters, digits, `_` and `-`, at most 64; unique within the batch. */
  custom_id: string;
  ask: Ask;
}

/** What is stored before a batch is created, so that it is found again after a crash. */
export interface Intent {
  id: string;
  /** Milliseconds since 1970, before the create was sent. */
  submitted_at: number;
  custom_ids: ReadonlySet<string>;
  /** Ids of batches that belong to other intents. */
  known: ReadonlySet<string>;
}

/** Nobody waits for a single answer of a batch, so there is no latency. */
type BatchAnswer = Omit<Answer, 'latency_ms'> & { latency_ms: null };

/** `due`: not answered and not paid (expired, cancelled, or a passing fault), to be asked again. */
export type BatchResult =
  | { custom_id: string; state: 'answered'; answer: BatchAnswer }
  | { custom_id: string; state: 'failed'; failure: Failure; message: string }
  | { custom_id: string; state: 'due'; reason: 'expired' | 'cancelled' | 'errored'; message: string };

export interface BatchStatus {
  id: string;
  /** `gone`: the service knows no such batch. */
  state: 'in-progress' | 'ended' | 'gone';
  total: number;
  done: number;
  /** Somebody called it off; what had been answered before is there. */
  cancelled: boolean;
  /** Why a batch as a whole came to nothing; then all its items are due. */
  message: string | null;
  /** It came to nothing because too much is in line already: less at once may go through. */
  crowded: boolean;
}

/** A create that the service has answered with a refusal: nothing was made, and the same would be refused again. */
export class BatchRefused extends ModelFailure {
  override name = 'BatchRefused';
}

/**
 * `waiting`: batches of that time and size whose items cannot be seen before they end (Anthropic lists no name), so the
 * intent is to be looked for again then.
 */
export type Found = { id: string } | { waiting: string[] } | null;

/** Each request is given up with its signal, whose reason is thrown; a create under way never is. */
export interface Batches {
  /** Id of the new batch. Never tried again: see `find`. @throws BatchRefused; ModelFailure when it may have gone through */
  submit(items: BatchItem[], intent: Intent, signal?: AbortSignal): Promise<string>;
  /** The batch of an intent whose id was never stored; null when there is none. @throws ModelFailure */
  find(intent: Intent, signal?: AbortSignal): Promise<Found>;
  poll(id: string, signal?: AbortSignal): Promise<BatchStatus>;
  /** Results of a batch that has ended, in any order. @throws ModelFailure also in the middle */
  results(id: string, signal?: AbortSignal): AsyncGenerator<BatchResult>;
  cancel(id: string, signal?: AbortSignal): Promise<void>;
}

/** What the SDKs take beside a request. */
export interface RequestOptions {
  signal?: AbortSignal;
  timeout?: number;
}

/** How much earlier than an intent the provider's clock may say that its batch was created: clocks of machines differ. */
export const CLOCK_SLACK_MS = 3_600_000;
/** Requests that one batch takes, from the providers' documentation. */
const MOST_ITEMS = { anthropic: 100_000, openai: 50_000 };
/** Bytes of one batch. Providers take 200 MB or more; less is held in memory while it is sent, and ends sooner. */
const MOST_BYTES = 64_000_000;
/** Both providers charge half for batches; their price lists leave that out. */
export const BATCH_DISCOUNT = 0.5;
/** Longest that a service may take to say how its batches are. */
const LOOK_MS = 60_000;
/** Bytes around the messages of one request. */
const FRAME = 500;

/** Fills one batch: counts what goes in, and says when the next item belongs in another one. */
export class Portion {
  private items = 0;
  private bytes = 0;
  private readonly most: number;

  /** @param most items at most, where that is less than the provider takes */
  constructor(provider: EndpointSpec['provider'], most = Infinity) {
    this.most = Math.min(most, MOST_ITEMS[provider === 'anthropic' ? 'anthropic' : 'openai']);
  }

  /** True when the item goes in; an item that is too large for any batch goes in alone. */
  takes(ask: Ask): boolean {
    const size = FRAME + Buffer.byteLength(JSON.stringify([ask.messages, ask.reply_schema ?? null]));
    if (this.items > 0 && (this.items >= this.most || this.bytes + size > MOST_BYTES)) return false;
    this.items++;
    this.bytes += size;
    return true;
  }
}

/** What a service says of a batch or file. @throws UnreadableReply where it names none, as a proxy's web page does */
export function named<T extends { id: string }>(body: T): T {
  if (typeof (body as { id?: unknown } | null)?.id === 'string') return body;
  throw new UnreadableReply(`the reply is no batch: ${(JSON.stringify(body) ?? 'nothing').slice(0, 200)}`);
}

/** What the two services have in common. */
export class BatchDesk {
  constructor(readonly connection: Connection) {}

  /** The parameters and shape of an item, as a single question would be asked. */
  call(ask: Ask): Call {
    return callOf(this.connection.spec, ask, this.connection.abilities);
  }

  /** A request that may be repeated, within the endpoint's limits. What is read of its answer ends with the signal, too. */
  async again<T>(
    request: (options: RequestOptions) => Promise<T>,
    signal?: AbortSignal,
    timeout = LOOK_MS,
  ): Promise<T> {
    const terms = { tokens: 0, used: () => 0, signal };
    try {
      return (await this.connection.endpoint.run(() => request({ timeout, ...(signal && { signal }) }), terms)).value;
    } catch (error) {
      throw this.redacted(error);
    }
  }

  /**
   * A request that must not be repeated blindly. A wait that its answer names holds for all who ask there; `stopping`
   * ends waiting for its turn, and nothing once it is sent.
   */
  async once<T>(request: () => Promise<T>, stopping?: AbortSignal): Promise<T> {
    const { endpoint } = this.connection;
    // What it comes to is a value: the endpoint tries again what is thrown.
    const sent = (): Promise<{ value: T } | { failure: ModelFailure }> =>
      request().then(
        (value) => ({ value }),
        (error: unknown) => ({ failure: this.onceFailed(error) }),
      );
    const { value: came } = await endpoint.run(sent, { tokens: 0, used: () => 0, stopping });
    if ('failure' in came) throw came.failure;
    return came.value;
  }

  private onceFailed(error: unknown): ModelFailure {
    const { endpoint, clock } = this.connection;
    const { failure, message, kind, wait_ms } = faultOf(error, clock.wall());
    const refused = kind === 'limited';
    if (wait_ms !== null || refused) endpoint.heed({ pause_ms: wait_ms ?? 0, refused });
    const told = `${endpoint.address}: ${this.clean(message)}`;
    const facts = { stops: kind === 'stop', attempts: 1 };
    return kind === 'stop' || kind === 'unit'
      ? new BatchRefused(failure, told, facts)
      : new ModelFailure(failure, told, facts);
  }

  /** A request about one batch that may be repeated; null where the service knows no such batch. */
  async ofKnown<T>(request: (options: RequestOptions) => Promise<T>, signal?: AbortSignal): Promise<T | null> {
    return this.again(async (options) => {
      try {
        return await request(options);
      } catch (error) {
        if ((error as SdkError | null)?.status === 404) return null;
        throw error;
      }
    }, signal);
  }

  /** Results as they come; what breaks off in the middle is a failure that another reading may not meet. */
  async *whole<T>(results: AsyncIterable<T>, signal?: AbortSignal): AsyncGenerator<T> {
    try {
      yield* results;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ModelFailure || !(error instanceof Error)) throw error;
      throw new ModelFailure('unreachable', this.clean(`the results broke off: ${error.message}`));
    }
  }

  /** What a line of results says: nothing where it names no item. One that cannot be read is worth another try. */
  async told<Line extends { custom_id: string }>(
    line: Line,
    read: (line: Line) => BatchResult | Promise<BatchResult>,
  ): Promise<BatchResult[]> {
    const { custom_id } = (line as { custom_id?: unknown } | null) ?? {};
    if (typeof custom_id !== 'string') return [];
    try {
      return [await read(line)];
    } catch (error) {
      const { message } = error as Error;
      const why = error instanceof UnreadableReply ? message : `the result is not of the protocol: ${message}`;
      return [{ custom_id, state: 'due', reason: 'errored', message: this.clean(why) }];
    }
  }

  /** An item that was answered. */
  async answered(custom_id: string, reply: Reply): Promise<BatchResult> {
    const { redact, price, abilities } = this.connection;
    const silent = reply.text.trim() === '' && reply.stop_reason !== 'refusal' && reply.stop_reason !== 'length';
    const { shape } = abilities;
    if (abilities.answered(shape, silent) !== null) abilities.lower(shape);
    const { cost_usd, ...tokens } = (await price()).count(reply.body);
    const answer: BatchAnswer = {
      text: redact(storable(reply.text)),
      stop_reason: reply.stop_reason,
      model_served: reply.model_served && redact(storable(reply.model_served)),
      ...tokens,
      cost_usd: cost_usd === null ? null : cost_usd * BATCH_DISCOUNT,
      latency_ms: null,
      attempts: 1,
    };
    return { custom_id, state: 'answered', answer };
  }

  /** An item that the service could not answer: its own fault, or one that is worth another try. */
  errored(custom_id: string, error: SdkError): BatchResult {
    const { abilities, clock } = this.connection;
    const { kind, failure, message } = faultOf(Object.assign(new Error(error.message), error), clock.wall());
    // What the batch was sent with may have been learned about since; any of it can be what the item failed for.
    const refused = FORMATS.filter((shape) => abilities.insteadOf(shape, error) !== null);
    for (const shape of refused) abilities.lower(shape);
    const learned = abilities.learn(error, { ...this.connection.spec }) || refused.length > 0;
    if (kind === 'unit' && !learned) return { custom_id, state: 'failed', failure, message: this.clean(message) };
    return { custom_id, state: 'due', reason: 'errored', message: this.clean(message) };
  }

  private clean(text: string): string {
    return this.connection.redact(text);
  }

  private redacted(error: unknown): unknown {
    if (!(error instanceof ModelFailure)) return error;
    const { failure, stops, attempts } = error;
    return new ModelFailure(failure, this.clean(error.message), { stops, attempts });
  }
}
