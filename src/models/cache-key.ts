// When would the same question be put to the same model in the same way? Everything that reaches the model is in the key.
import { hashOf, hashOfMessages } from '../hash.js';
import type { Ask } from '../records.js';
import type { EndpointSpec } from './endpoint-spec.js';
import { addressOf } from './keys.js';
import { OFFLINE_RULES } from './offline.js';
import { withSystem } from './protocol.js';

/**
 * SHA-256 (hex) over provider, address, model, parameters, messages, reply schema and repeat. Limits, timeouts, keys
 * and prices change nothing that is asked and are left out. `env` decides the address where the spec names none.
 */
export function cacheKey(spec: EndpointSpec, ask: Ask, env: NodeJS.ProcessEnv = process.env): string {
  const hosted = spec.provider === 'openai' || spec.provider === 'anthropic';
  const address = hosted ? addressOf(spec, env) : null;
  const asked = hosted ? hashOfAsked(spec, ask) : hashOf({ ...ask.slots });
  return hashOf([standing(spec, ask.reply_schema ?? NO_SCHEMA), address, asked, ask.repeat]);
}

const NO_SCHEMA = {};
const hashes = new WeakMap<EndpointSpec, WeakMap<object, string>>();

/** The part of a key that all questions to one model share, computed once. */
function standing(spec: EndpointSpec, reply_schema: Record<string, unknown>): string {
  const known = hashes.get(spec) ?? new WeakMap<object, string>();
  hashes.set(spec, known);
  let hash = known.get(reply_schema);
  if (hash === undefined) {
    const { provider, model, api, temperature, top_p, max_tokens, seed, extra_body, extract } = spec;
    hash = hashOf({
      provider,
      model: model ?? null,
      api,
      rules: provider === 'offline' ? OFFLINE_RULES : (extract ?? null),
      parameters: defined({ temperature, top_p, max_tokens, seed, extra_body }),
      headers: Object.keys(spec.headers_env ?? {}).sort(),
      reply_schema: reply_schema === NO_SCHEMA ? null : reply_schema,
    });
    known.set(reply_schema, hash);
  }
  return hash;
}

function hashOfAsked(spec: EndpointSpec, ask: Ask): string {
  const messages = withSystem(spec.system, ask.messages);
  return messages === ask.messages && ask.sha256 ? ask.sha256 : hashOfMessages(messages);
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
