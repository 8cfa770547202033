// Is an endpoint there, does it take the key, and does it serve the model? Asked by `validate`; nothing is spent.
import { DoubleblindError } from '../errors.js';
import type { Connection } from './connections.js';
import { faultOf, type SdkError } from './failures.js';
import type { Protocol } from './protocol.js';

const LOOK_MS = 10_000;
/** A list that is refused for too many calls is asked for again so often, waiting as long as is named up to a limit. */
const TRIES = 4;
const WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

export interface Reached {
  address: string;
  /** Null where the server does not list its models. */
  served_models: string[] | null;
  /** What else its address answers where the list of models should be, as a sentence; null where that is no matter. */
  doubt: string | null;
  /** The variable the key is read from; null where none is needed. */
  key_variable: string | null;
}

/** What is found at an endpoint, without keys. @throws ENDPOINT_UNREACHABLE, KEY_REFUSED, MODEL_NOT_SERVED */
export async function reach(connection: Connection, protocol: Protocol): Promise<Reached> {
  const { spec, endpoint, key, redact } = connection;
  const { names, instead } = await listed(connection, protocol);
  const model = spec.model!;
  const served_models = names?.map(redact) ?? null;
  // Ollama lists names with a tag, and takes them without.
  if (served_models !== null && !names!.some((name) => name === model || name === `${model}:latest`)) {
    const some = served_models.slice(0, 8).join(', ') + (served_models.length > 8 ? ', …' : '');
    throw new DoubleblindError('MODEL_NOT_SERVED', `${endpoint.address} does not serve "${model}".`, {
      hint: `It serves: ${some}.`,
    });
  }
  const path = spec.provider === 'openai' ? 'is the path (often /v1) missing?' : 'does `base_url` stand without /v1?';
  const doubt = instead && `${endpoint.address} answers with ${instead} where its list of models should be; ${path}`;
  return { address: endpoint.address, served_models, doubt, key_variable: key.variable };
}

interface Listed {
  /** As the server has them, with keys that it may repeat. */
  names: string[] | null;
  /** What came in place of a list. */
  instead: string | null;
}

/** The models of a server. There are servers without such a list, which are asked all the same. */
async function listed(connection: Connection, protocol: Protocol, tries = TRIES): Promise<Listed> {
  const { endpoint, key, clock, redact } = connection;
  try {
    const names = (await protocol.models())?.filter((name) => typeof name === 'string') ?? null;
    // Servers that load models on demand list none until one is asked for.
    return { names: names === null || names.length === 0 ? null : names, instead: names === null ? 'no JSON' : null };
  } catch (error) {
    const { address } = endpoint;
    const { status } = error as SdkError;
    if (status === 404) return { names: null, instead: '404' };
    if (status === 405 || status === 501) return { names: null, instead: null };
    const { message, kind, wait_ms } = faultOf(error, clock.wall());
    const wait = wait_ms ?? WAIT_MS * 2 ** (TRIES - tries);
    if (kind === 'limited' && tries > 1 && wait <= LONGEST_WAIT_MS) {
      await clock.sleep(wait);
      return listed(connection, protocol, tries - 1);
    }
    if (status !== 401 && status !== 403)
      throw new DoubleblindError('ENDPOINT_UNREACHABLE', `${address} cannot be reached: ${redact(message)}.`, {
        hint: 'Is the server running, and is base_url right?',
      });
    const { variable } = key;
    const which = variable === null ? 'wants a key, and none is named' : `does not take the key in ${variable}`;
    throw new DoubleblindError('KEY_REFUSED', `${address} ${which} (${status}).`, {
      hint: variable === null ? 'Name the variable that holds it with api_key_env.' : undefined,
    });
  }
}

/**
 * The JSON at an address of the endpoint's own server, without keys: some servers repeat what they were sent.
 * @throws on another origin, any other answer, after ten seconds
 */
export async function look(
  { address, key, transport, redact }: Connection,
  url: string,
  body?: Record<string, unknown>,
): Promise<unknown> {
  // The key goes along, and it is meant for this server alone.
  if (new URL(url).origin !== new URL(address).origin) throw new TypeError(`${url} is not at ${address}`);
  const response = await transport.fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...key.headers, authorization: `Bearer ${key.value}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(LOOK_MS),
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  // Text by text, as JSON may spell a key in escapes.
  return JSON.parse(await response.text(), (_, value: unknown) => (typeof value === 'string' ? redact(value) : value));
}
