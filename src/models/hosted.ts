// A model behind an endpoint: one question, asked in the shape the model can take, again where that makes sense, and
// counted whole: tokens and time of every attempt are part of the answer's cost.
import type { Answer, Ask, Charge, Expected } from '../records.js';
import { storable } from '../hash.js';
import type { Abilities, Format } from './abilities.js';
import type { Connection } from './connections.js';
import type { EndpointSpec } from './endpoint-spec.js';
import { AskAgain, ModelFailure, type SdkError } from './failures.js';
import { NotAdmitted, type Standing, type Effort } from './limits.js';
import type { Price } from './prices.js';
import { withSystem, type Call, type Protocol, type Reply } from './protocol.js';
import { estimatedTokens, tokensIn } from './tokens.js';

/** Longest a call may take where the spec does not say. */
const TIMEOUT_MS = 600_000;
const MS_PER_HOUR = 3_600_000;
/** Output tokens of a first call where nothing limits it. */
const OUTPUT_TOKENS = 1024;

/** The shape that one unit tries after another failed it; null for the model's own. */
interface Trial {
  shape: Format | null;
}

/** The protocol of an endpoint; imported when first wanted, so that a command that asks nothing starts quickly. */
export async function protocolOf({ spec, address, key, transport, own }: Connection): Promise<Protocol> {
  if (spec.provider === 'anthropic') {
    const { anthropicClient, anthropicProtocol } = await import('./anthropic.js');
    return anthropicProtocol(anthropicClient(address, key, transport.fetch));
  }
  const { openaiClient, openaiProtocol } = await import('./openai.js');
  return openaiProtocol(openaiClient(address, key, transport.fetch, own), spec.api);
}

export class HostedModel {
  private readonly standing: Standing = { stopped: null };
  /** Of all calls that came back with an answer, or were under way by the hour. */
  private costs = { calls: 0, usd: 0 };
  private opened: Promise<[Protocol, Price]> | null = null;

  constructor(private readonly connection: Connection) {}

  /** The answer, verbatim but for keys. @throws ModelFailure; the signal's reason when aborted */
  async ask(ask: Ask, signal?: AbortSignal): Promise<Answer> {
    const { spec, endpoint, redact } = this.connection;
    const { standing } = this;
    if (standing.stopped !== null) throw new ModelFailure('unreachable', standing.stopped, { stops: true });
    this.opened ??= Promise.all([protocolOf(this.connection), this.connection.price()]);
    const [client, price] = await this.opened;
    const effort: Effort = { attempts: 0, share_ms: 0 };
    const paid = new Paid(price, effort);
    const tokens = estimatedTokens(ask) + (spec.max_tokens ?? 0);
    const trial: Trial = { shape: null };
    const call = ask.admit === undefined ? null : new CallOut(ask, () => this.expected(price, ask));
    const out = (own?: AbortSignal): Promise<Reply> => this.once(client, ask, paid, trial, own);
    try {
      const { value, latency_ms } = await endpoint.run((own) => call?.under(out(own)) ?? out(own), {
        ...{ tokens, effort, signal },
        used: () => paid.tokens,
        standing,
        stopping: ask.stopping,
        admit: call === null ? undefined : () => call.admit(),
      });
      const { text, stop_reason, model_served } = value;
      const clean = (said: string): string => redact(storable(said));
      return paid.answer(clean(text), stop_reason, model_served && clean(model_served), latency_ms);
    } catch (error) {
      if (error instanceof NotAdmitted) throw error.cause;
      if (!(error instanceof ModelFailure)) throw error;
      const message = redact(error.message);
      if (error.stops) standing.stopped ??= message;
      const { stops, attempts, failure } = error;
      const answer = paid.tokens === null ? undefined : paid.answer('', null, null, 0);
      throw new ModelFailure(failure, message, { stops, attempts, answer, cost_usd: paid.cost_usd });
    } finally {
      // The time of a rented machine is paid for whatever came of it.
      if (price.per_hour !== null) this.charge(ask, { cost_usd: paid.cost_usd, guess_usd: null }, effort.attempts);
      call?.returned();
    }
  }

  private charge(ask: Ask, charge: Charge, calls = 1): void {
    const usd = charge.cost_usd ?? charge.guess_usd;
    if (usd !== null) this.costs = { calls: this.costs.calls + calls, usd: this.costs.usd + usd };
    ask.paid?.(charge);
  }

  /** What the next call costs: the mean of those before it, and for the first ones as much as it may be. */
  private expected(price: Price, ask: Ask): Expected {
    const { calls, usd } = this.costs;
    if (calls > 0) return { usd: usd / calls, known: true };
    const output = this.connection.spec.max_tokens ?? OUTPUT_TOKENS;
    return { usd: price.estimate(estimatedTokens(ask), output) ?? 0, known: false };
  }

  private async once(client: Protocol, ask: Ask, paid: Paid, trial: Trial, signal?: AbortSignal): Promise<Reply> {
    const { spec, abilities } = this.connection;
    const call = callOf(spec, ask, abilities, trial.shape ?? abilities.shape);
    const insteadIn = (shape: Format | null): void => {
      if (shape === null) return;
      trial.shape = shape;
      throw new AskAgain();
    };
    let reply: Reply;
    try {
      reply = await client.send(spec.model!, call, spec.extra_body ?? {}, {
        ...(signal && { signal }),
        timeout_ms: Math.round(spec.timeout_s === undefined ? TIMEOUT_MS : spec.timeout_s * 1000),
      });
    } catch (error) {
      if (abilities.learn(error as SdkError, call.parameters)) throw new AskAgain();
      if (call.shape !== null) insteadIn(abilities.insteadOf(call.shape, error as SdkError));
      throw error;
    }
    const charge = paid.add(reply, ask);
    if (charge !== null) this.charge(ask, charge);
    abilities.took(call.parameters);
    const silent = reply.text.trim() === '' && reply.stop_reason !== 'refusal' && reply.stop_reason !== 'length';
    if (call.shape !== null) insteadIn(abilities.answered(call.shape, silent));
    return reply;
  }
}

/** A question in the parameters that the model is known to take, and in a shape: that one, where nothing else is said. */
export function callOf(spec: EndpointSpec, ask: Ask, abilities: Abilities, asked = abilities.shape): Call {
  const shape: Format | null = ask.reply_schema === undefined || spec.api === 'completions' ? null : asked;
  const { temperature, top_p, max_tokens, seed } = spec;
  return {
    messages: withSystem(spec.system, ask.messages),
    parameters: abilities.parameters({
      temperature,
      top_p,
      max_tokens,
      seed: seed === undefined ? undefined : seed + ask.repeat,
    }),
    shape,
    schema: shape === null ? null : ask.reply_schema!,
  };
}

/** What a call may have cost whose reply does not say; null where no price is known. */
export function guessOf(price: Price, ask: Ask, text: string): number | null {
  return price.estimate(estimatedTokens(ask), tokensIn(text.length));
}

/** The call of a unit that is under way, if one is, as whoever pays for it sees it. */
class CallOut {
  private out: Expected | null = null;

  constructor(
    private readonly ask: Ask,
    private readonly expected: () => Expected,
  ) {}

  admit(): void | Promise<void> {
    const expected = this.expected();
    const admitted = this.ask.admit!(expected);
    if (admitted === undefined) this.out = expected;
    else return admitted.then(() => void (this.out = expected));
  }

  async under<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } finally {
      this.returned();
    }
  }

  returned(): void {
    if (this.out === null) return;
    const { out } = this;
    this.out = null;
    this.ask.returned?.(out);
  }
}

/** Everything that was received for one unit, also what came before the reply that counts. */
class Paid {
  private input: number | null = null;
  private output: number | null = null;
  private cached: number | null = null;
  private byToken: number | null;

  constructor(
    private readonly price: Price,
    private readonly effort: Effort,
  ) {
    this.byToken = price.estimate(0, 0);
  }

  /** What this reply cost; null where only the time counts. */
  add(reply: Reply, ask: Ask): Charge | null {
    const { input_tokens, output_tokens, cached_tokens, cost_usd } = this.price.count(reply.body);
    this.input = sum(this.input, input_tokens);
    this.output = sum(this.output, output_tokens);
    this.cached = sum(this.cached, cached_tokens);
    this.byToken = this.byToken === null || cost_usd === null ? null : this.byToken + cost_usd;
    if (this.price.per_hour !== null) return null;
    return { cost_usd, guess_usd: cost_usd === null ? guessOf(this.price, ask, reply.text) : null };
  }

  /** Tokens so far; null while nothing was counted. */
  get tokens(): number | null {
    return sum(this.input, this.output);
  }

  /** 0 until something is received, null where the price is unknown. */
  get cost_usd(): number | null {
    const { per_hour } = this.price;
    return per_hour === null ? this.byToken : (this.effort.share_ms / MS_PER_HOUR) * per_hour;
  }

  answer(text: string, stop_reason: Reply['stop_reason'], model_served: string | null, latency_ms: number): Answer {
    return {
      text,
      stop_reason,
      model_served,
      input_tokens: this.input,
      output_tokens: this.output,
      cached_tokens: this.cached,
      cost_usd: this.cost_usd,
      latency_ms,
      attempts: this.effort.attempts,
    };
  }
}

function sum(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}
