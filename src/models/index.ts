// Whoever answers messages: hosted models, recorded responses, judges that are rules. The one room besides the doors
// that reaches the network. All specs with one provider and address share one endpoint: its limits, its connections,
// and what was learned about it.
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../random.js';
import type { Answer, Ask } from '../records.js';
import type { Batches } from './batches.js';
import { Connections } from './connections.js';
import type { EndpointSpec } from './endpoint-spec.js';
import { HostedModel, protocolOf } from './hosted.js';
import type { EndpointOptions, EndpointState, Heeded } from './limits.js';
import { offlineAnswer, type OfflineVariant } from './offline.js';
import type { Clock } from './pace.js';
import type { Price, Prices } from './prices.js';
import { look, reach, type Reached } from './reach.js';
import { referenceAnswer } from './reference.js';

export type { Batches, BatchItem, BatchResult, BatchStatus, Intent } from './batches.js';
export { BATCH_DISCOUNT, BatchRefused, Portion } from './batches.js';
export { cacheKey } from './cache-key.js';
export { endpointProblems, endpointSchema, type EndpointSpec } from './endpoint-spec.js';
export { ModelFailure } from './failures.js';
export { redactor } from './keys.js';
export { OFFLINE_RULES, OFFLINE_VARIANTS } from './offline.js';
export { guessOf } from './hosted.js';
export type { Price } from './prices.js';
export { tokensIn } from './tokens.js';
export { loadRecorded, type Recorded } from './recorded.js';

export interface Model {
  /** @throws ModelFailure; the signal's reason when aborted */
  ask(ask: Ask, signal?: AbortSignal): Promise<Answer>;
}

export interface ModelsOptions {
  env: NodeJS.ProcessEnv;
  prices?: Prices | undefined;
  /** Calls under way at once per endpoint where no spec says; default 8. */
  concurrency?: number | undefined;
  /** What a unit may spend on being asked again; default 6 (a passing fault costs 1, a limit ½, a timeout 2). */
  retries?: number | undefined;
  clock?: Clock | undefined;
  random?: Random | undefined;
  onRetry?: EndpointOptions['onRetry'];
  onPause?: EndpointOptions['onPause'];
}

export interface Models {
  /** The model of a spec; equal specs share one. @throws KEY_MISSING */
  model(spec: EndpointSpec): Model;
  /** What an answer of a spec costs. */
  price(spec: EndpointSpec): Promise<Price>;
  /** What is found at a spec's endpoint; spends nothing. @throws KEY_MISSING, KEY_REFUSED, ENDPOINT_UNREACHABLE, MODEL_NOT_SERVED */
  reach(spec: EndpointSpec): Promise<Reached>;
  /**
   * The JSON at an address of a spec's own server, by POST where a body is given; its key goes along. Rejects on any
   * other answer, on another origin, and after ten seconds.
   */
  look(spec: EndpointSpec, url: string, body?: Record<string, unknown>): Promise<unknown>;
  /** The batch service of a spec's provider. @throws KEY_MISSING */
  batches(spec: EndpointSpec): Promise<Batches>;
  /** Every endpoint's state, for progress and metrics. */
  endpoints(): EndpointState[];
  /** Takes in what other processes have met at an address. */
  heed(address: string, heeded: Heeded): void;
  /** Calls that can be under way now, over all endpoints; at least 1. */
  capacity(): number;
  /** What was learned about endpoints, as sentences. */
  learned(): string[];
  /** A text without any key. */
  redact(text: string): string;
  close(): Promise<void>;
}

/** How often a unit is asked again after a passing fault, where nobody says. */
export const RETRIES = 6;

/** Time that never jumps, from Node. */
export const realClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  async sleep(ms, signal) {
    await wait(Math.min(Math.ceil(ms), 2 ** 31 - 1), undefined, signal && { signal }).catch((error: unknown) => {
      // Node rejects with an error of its own, by which nobody knows that the signal was meant.
      throw signal?.aborted === true ? signal.reason : error;
    });
  },
};

/** All models of a run or a server. Nothing is opened or sent before the first question. */
export function openModels(options: ModelsOptions): Models {
  return new OpenModels(options);
}

class OpenModels implements Models {
  private readonly connections: Connections;
  private readonly models = new Map<string, Model>();

  constructor(options: ModelsOptions) {
    const { concurrency = 8, retries = RETRIES, clock = realClock, random = Math.random, ...rest } = options;
    this.connections = new Connections({ ...rest, concurrency, retries, clock, random });
  }

  model(spec: EndpointSpec): Model {
    const id = JSON.stringify(spec);
    let model = this.models.get(id);
    if (model === undefined) this.models.set(id, (model = this.open(spec)));
    return model;
  }

  price(spec: EndpointSpec): Promise<Price> {
    return this.connections.price(spec);
  }

  async reach(spec: EndpointSpec): Promise<Reached> {
    const connection = this.connections.to(spec);
    return reach(connection, await protocolOf(connection));
  }

  look(spec: EndpointSpec, url: string, body?: Record<string, unknown>): Promise<unknown> {
    return look(this.connections.to(spec), url, body);
  }

  async batches(spec: EndpointSpec): Promise<Batches> {
    const connection = this.connections.to(spec);
    return spec.provider === 'anthropic'
      ? (await import('./anthropic-batches.js')).anthropicBatches(connection)
      : (await import('./openai-batches.js')).openaiBatches(connection);
  }

  endpoints(): EndpointState[] {
    return this.connections.endpoints.map(({ state }) => state);
  }

  heed(address: string, heeded: Heeded): void {
    for (const endpoint of this.connections.endpoints) if (endpoint.address === address) endpoint.heed(heeded);
  }

  capacity(): number {
    const each = this.endpoints().map(({ concurrency, down }) => (down === null ? concurrency : 0));
    return Math.max(
      1,
      each.reduce((sum, one) => sum + one, 0),
    );
  }

  learned(): string[] {
    return [...this.connections.learned];
  }

  redact(text: string): string {
    return this.connections.redact(text);
  }

  close(): Promise<void> {
    return this.connections.close();
  }

  private open(spec: EndpointSpec): Model {
    switch (spec.provider) {
      case 'offline': {
        const variant = (spec.model ?? 'plain') as OfflineVariant;
        return { ask: (ask) => Promise.resolve(offlineAnswer(variant, ask)) };
      }
      case 'reference':
        return { ask: (ask) => Promise.resolve(referenceAnswer(spec.extract!, ask)) };
      case 'recorded':
        throw new TypeError('recorded responses are looked up with loadRecorded, not asked');
      case 'openai':
      case 'anthropic':
        return new HostedModel(this.connections.to(spec));
    }
  }
}
