// What all specs of one endpoint share, and what each brings along: limits and open connections by provider and address,
// what was learned by model, keys by spec. Nothing is opened or sent before the first question.
import { Abilities } from './abilities.js';
import type { EndpointSpec } from './endpoint-spec.js';
import { addressOf, isOwnAddress, type Key, keyOf, redactor } from './keys.js';
import { Endpoint, type EndpointOptions } from './limits.js';
import type { Clock } from './pace.js';
import type { Price, Prices } from './prices.js';
import { openTransport, type Transport } from './transport.js';

export interface ConnectionsOptions extends Omit<EndpointOptions, 'address' | 'redact'> {
  env: NodeJS.ProcessEnv;
  prices?: Prices | undefined;
}

/** The way to one model. */
export interface Connection {
  spec: EndpointSpec;
  address: string;
  /** The provider's own address. */
  own: boolean;
  key: Key;
  endpoint: Endpoint;
  transport: Transport;
  abilities: Abilities;
  clock: Clock;
  price(): Promise<Price>;
  redact(text: string): string;
}

export class Connections {
  private readonly shared = new Map<string, { endpoint: Endpoint; transport: Transport }>();
  private readonly abilities = new Map<string, Abilities>();
  private readonly secretNames = new Set<string>();
  private clean: (text: string) => string;
  /** What was learned about endpoints, as sentences. */
  readonly learned: string[] = [];

  constructor(private readonly options: ConnectionsOptions) {
    this.clean = redactor(options.env);
  }

  /** @throws KEY_MISSING */
  to(spec: EndpointSpec): Connection {
    const { env, clock } = this.options;
    const address = addressOf(spec, env);
    const key = this.key(spec);
    const shared = this.at(spec.provider, address);
    shared.endpoint.admit(spec);
    return {
      ...{ spec, address, key, clock, ...shared },
      own: isOwnAddress(spec.provider, address),
      abilities: this.abilitiesOf(spec, address),
      price: () => this.price(spec),
      redact: (text) => this.redact(text),
    };
  }

  /** What an answer of a spec costs; needs no key, so that an estimate can be made without one. */
  async price(spec: EndpointSpec): Promise<Price> {
    const { env, prices } = this.options;
    return (await import('./prices.js')).priceOf(spec, addressOf(spec, env), prices);
  }

  get endpoints(): Endpoint[] {
    return [...this.shared.values()].map(({ endpoint }) => endpoint);
  }

  redact(text: string): string {
    return this.clean(text);
  }

  async close(): Promise<void> {
    await Promise.all([...this.shared.values()].map(({ transport }) => transport.close()));
  }

  private at(provider: string, address: string): { endpoint: Endpoint; transport: Transport } {
    const id = `${provider} ${address}`;
    let shared = this.shared.get(id);
    if (shared === undefined) {
      const redact = (text: string): string => this.redact(text);
      const endpoint = new Endpoint({ ...this.options, address: redact(address), redact });
      const transport = openTransport(new URL(address).origin, (headers, after) => endpoint.observe(headers, after));
      this.shared.set(id, (shared = { endpoint, transport }));
    }
    return shared;
  }

  private abilitiesOf({ provider, model, api }: EndpointSpec, address: string): Abilities {
    const where = `${model} at ${this.clean(address)}`;
    const id = `${provider} ${api} ${where}`;
    let abilities = this.abilities.get(id);
    if (abilities === undefined)
      this.abilities.set(id, (abilities = new Abilities(where, (sentence) => this.learned.push(sentence))));
    return abilities;
  }

  /** The key of a spec; its variables are redacted from now on. */
  private key(spec: EndpointSpec): Key {
    const names = [spec.api_key_env, ...Object.values(spec.headers_env ?? {})].filter((name) => name !== undefined);
    if (names.some((name) => !this.secretNames.has(name))) {
      for (const name of names) this.secretNames.add(name);
      this.clean = redactor(this.options.env, this.secretNames);
    }
    return keyOf(spec, this.options.env);
  }
}
