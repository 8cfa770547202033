// What an answer costs: prices from the run file, else from genai-prices for the provider's own address, else by the
// hour of a rented machine. An unknown price is null, never 0. Providers count cached tokens differently, so usage is
// always read by `extractUsage`.
import { calcPrice, extractUsage, findProvider, type Provider, type Usage } from '@pydantic/genai-prices';
import type { EndpointSpec } from './endpoint-spec.js';

/** `prices` of the run file, by model. */
export type Prices = Record<string, { input_usd_per_mtok: number; output_usd_per_mtok: number }>;

/** What a reply's body counts and costs; null where it does not say, or where no price is known. */
export interface Counted {
  /** Cached tokens included. */
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  cost_usd: number | null;
}

/** What one endpoint's answers cost. */
export interface Price {
  /** Tokens and US dollars of a reply, from its body. */
  count(body: unknown): Counted;
  /** US dollars of a call of these sizes, for estimates; null when no price by token is known. */
  estimate(input_tokens: number, output_tokens: number): number | null;
  /** US dollars per hour while a call is under way; null for endpoints priced by token. */
  per_hour: number | null;
}

/** The price of a spec at an address; `usd_per_hour` counts where no price by token is known. */
export function priceOf(spec: EndpointSpec, address: string, prices: Prices = {}): Price {
  const model = spec.model ?? '';
  const listed = prices[model];
  const provider = listed === undefined ? findProvider({ providerApiUrl: address }) : ownProvider(model, listed);
  const known = provider && calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { provider });
  // The provider with this one model: a search through all of them takes ten times as long, for each answer.
  const narrow = known ? { ...known.provider, models: [known.model] } : null;
  const cost = (usage: Usage): number | null =>
    narrow === null ? null : (calcPrice(usage, narrow.models[0]!.id, { provider: narrow })?.total_price ?? null);
  return {
    count(body) {
      const usage = usageIn(spec.provider as keyof typeof FLAVORS, body);
      return {
        input_tokens: usage?.['input_tokens'] ?? null,
        output_tokens: usage?.['output_tokens'] ?? null,
        cached_tokens: usage?.['cache_read_tokens'] ?? null,
        cost_usd: usage === null ? null : cost(usage),
      };
    },
    estimate: (input_tokens, output_tokens) => cost({ input_tokens, output_tokens }),
    per_hour: narrow === null ? (spec.usd_per_hour ?? null) : null,
  };
}

function ownProvider(model: string, price: Prices[string]): Provider {
  const prices = { input_mtok: price.input_usd_per_mtok, output_mtok: price.output_usd_per_mtok };
  return {
    id: 'run-file',
    name: 'run file',
    api_pattern: '',
    models: [{ id: model, match: { equals: model }, prices }],
  };
}

const FLAVORS = {
  openai: { provider: findProvider({ providerId: 'openai' })!, flavor: 'chat' },
  anthropic: { provider: findProvider({ providerId: 'anthropic' })!, flavor: 'default' },
};

/** Tokens that one answer may have used: a larger number, or a broken one, is a server's mistake that counts nothing. */
const MOST_TOKENS = 2 ** 31 - 1;

/** Usage as a reply's body states it, cached tokens within the input; null where it states none that can be. */
function usageIn(protocol: keyof typeof FLAVORS, body: unknown): Usage | null {
  const { provider, flavor } = FLAVORS[protocol];
  try {
    const { usage } = extractUsage(provider, body, flavor);
    const possible = Object.values(usage).every((n) => n === undefined || (Number.isInteger(n) && n <= MOST_TOKENS));
    return possible ? usage : null;
  } catch {
    return null;
  }
}
