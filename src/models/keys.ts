// Where an endpoint is, which key it gets, and how keys are kept out of everything that is written. Keys come from the
// environment by the name of a variable; a key never goes to an address it was not meant for.
import { DoubleblindError } from '../errors.js';

/** What decides about address and key. */
export interface Access {
  provider: string;
  base_url?: string | undefined;
  api_key_env?: string | undefined;
  headers_env?: Record<string, string> | undefined;
}

const OWN = {
  openai: { url: 'https://api.openai.com/v1', host: /(^|\.)api\.openai\.com$/, name: 'OPENAI' },
  anthropic: { url: 'https://api.anthropic.com', host: /(^|\.)api\.anthropic\.com$/, name: 'ANTHROPIC' },
} as const;

const own = (provider: string): (typeof OWN)['openai' | 'anthropic'] => OWN[provider as keyof typeof OWN];

/**
 * Base URL of an endpoint, without a slash at the end; `OPENAI_BASE_URL` and `ANTHROPIC_BASE_URL` as in the SDKs.
 * @throws INVALID_VALUE where the environment holds an address that a run file may not name
 */
export function addressOf({ provider, base_url }: Access, env: NodeJS.ProcessEnv): string {
  const { url, name } = own(provider);
  const variable = `${name}_BASE_URL`;
  const address = base_url ?? (env[variable]?.trim() || url);
  const fault = base_url === undefined ? addressFault(address) : null;
  if (fault !== null) throw new DoubleblindError('INVALID_VALUE', `${variable} ${fault}.`);
  return address.replace(/\/+$/, '');
}

/** Why an address is none that can be asked and shown, as the end of a sentence without the address; null when it is one. */
export function addressFault(address: string): string | null {
  if (!URL.canParse(address)) return 'is no address';
  const { protocol, username, password } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must begin with http:// or https://';
  if (username !== '' || password !== '')
    return 'must not hold a name or password; name the variable of a key in `api_key_env`';
  // What is asked for is put behind the address.
  if (/[?#]/.test(address)) return 'must end with its path, without ? and #';
  return null;
}

/** Whether an address is the provider's own, reached so that nobody else can read the key. */
export function isOwnAddress(provider: string, address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' && own(provider).host.test(hostname);
}

/** Sent where a server wants some key and none is meant for it. */
const PLACEHOLDER = 'none';

export interface Key {
  /** The variable the key is read from; null where none is needed. */
  variable: string | null;
  value: string;
  headers: Record<string, string>;
}

/**
 * The key and extra headers of an endpoint. Without `api_key_env`, a stated `base_url` that is not the provider's own
 * gets a placeholder, never the provider's key.
 * @throws KEY_MISSING naming the variable
 */
export function keyOf(access: Access, env: NodeJS.ProcessEnv): Key {
  const variable = keyVariable(access, env);
  const value = variable === null ? PLACEHOLDER : read(env, variable, access);
  const headers: Record<string, string> = {};
  for (const [header, name] of Object.entries(access.headers_env ?? {})) headers[header] = read(env, name, access);
  // The SDK sends a bearer token; gateways that speak the protocol often read the older header.
  if (access.provider === 'anthropic' && !isOwnAddress('anthropic', addressOf(access, env)))
    headers['x-api-key'] ??= value;
  return { variable, value, headers };
}

/** The variable that holds an endpoint's key; null where none is meant for it. */
function keyVariable(access: Access, env: NodeJS.ProcessEnv): string | null {
  if (access.api_key_env !== undefined) return access.api_key_env;
  if (access.base_url !== undefined && !isOwnAddress(access.provider, access.base_url)) return null;
  const name = `${own(access.provider).name}_API_KEY`;
  // A server named in the environment may need no key at all.
  return env[name] === undefined && !isOwnAddress(access.provider, addressOf(access, env)) ? null : name;
}

function read(env: NodeJS.ProcessEnv, name: string, access: Access): string {
  const value = env[name]?.trim();
  if (value) return value;
  throw new DoubleblindError('KEY_MISSING', `${name} is not set; it holds the key for ${addressOf(access, env)}.`, {
    hint: 'Set it in the environment or in .env.',
  });
}

/** Variables that hold keys by the custom of their names. */
const SECRET_NAME = /(^|_)(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|AUTH|AUTHORIZATION)S?$/i;
/** Shorter values are placeholders such as `none` or `EMPTY`, and words of ordinary text. */
const SHORTEST_SECRET = 8;

/**
 * A function that replaces every key of the environment in a text, also percent-encoded, in base64 and as a URL's
 * password or token. `names`: variables that hold keys under other names.
 */
export function redactor(env: NodeJS.ProcessEnv, names: Iterable<string> = []): (text: string) => string {
  const secrets = secretsOf(env, names);
  return (text) => {
    let clean = text;
    for (const [form, name] of secrets) if (clean.includes(form)) clean = clean.replaceAll(form, `[${name}]`);
    return clean.includes('@') ? clean.replace(USERINFO, '//$1[password]@') : clean;
  };
}

/** Every form of every key with the name of its variable, longest first. */
function secretsOf(env: NodeJS.ProcessEnv, names: Iterable<string> = []): [form: string, name: string][] {
  const held = new Set(names);
  const forms = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    const secret = value?.trim() ?? '';
    if (secret.length < SHORTEST_SECRET || !(held.has(name) || SECRET_NAME.test(name))) continue;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64(secret)])
      forms.set(form, name);
  }
  return [...forms].sort(([a], [b]) => b.length - a.length);
}

/** In an address: the password behind a name, or a name that is long enough to be a token itself. */
const USERINFO = new RegExp(`//(?:([^\\s/:@"]*:)[^\\s/"]+|[^\\s/:@"]{${SHORTEST_SECRET},})@`, 'g');

/** A text without the keys of the environment; see `redactor`. */
export function redact(text: string, env: NodeJS.ProcessEnv, names: Iterable<string> = []): string {
  return redactor(env, names)(text);
}

/** What a secret looks like inside base64, at each of the three places it can begin; the edges mix with neighbours. */
function base64(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor((bytes.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((alphabet) => bytes.toString(alphabet).slice(first, last));
  });
}

/** Names under which a key stands in a request; `max_tokens` and `prompt_cache_key` are none. */
const KEY_NAME =
  /(api|access|auth|secret|private)[-_ ]?key|(^|api|access|auth|bearer|session)[-_ ]?token$|secret|passw(or)?d|credential|authori[sz]ation|^auth$/i;
/** How keys begin. */
const KEY_SHAPE =
  /^(?:[Bb]earer|[Bb]asic)\s+\S|^(?:sk-|pk-|rk-|xai-|gsk_|hf_|gh[pousr]_|github_pat_|glpat-|xox[abps]-|AKIA|AIza|eyJ)[\w.~+/-]{12,}/;

/** The path to the first entry of a document that is a key by its name or its looks; null where there is none. */
export function literalKey(document: unknown): string[] | null {
  return pathTo(document, (value, name) =>
    typeof value === 'string'
      ? KEY_SHAPE.test(value) || KEY_NAME.test(name)
      : Array.isArray(value) && KEY_NAME.test(name),
  );
}

/** Whether a text can be the name of a variable and does not look like the key that should be in it. */
export function isVariableName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text) && !KEY_SHAPE.test(text);
}

/** The path to the first entry of a document that holds a key of the environment, and its variable; null where none does. */
export function keyStanding(document: unknown, env: NodeJS.ProcessEnv): { path: string[]; variable: string } | null {
  const secrets = secretsOf(env);
  let variable = '';
  const path = pathTo(document, (value, name) => {
    const secret = secrets.find(([form]) => name.includes(form) || (typeof value === 'string' && value.includes(form)));
    variable = secret?.[1] ?? '';
    return secret !== undefined;
  });
  return path === null ? null : { path, variable };
}

/** The path to the first entry that a rule is true of, whatever it stands in. */
function pathTo(
  document: unknown,
  rule: (value: unknown, name: string) => boolean,
  path: string[] = [],
): string[] | null {
  if (typeof document !== 'object' || document === null) return null;
  for (const [name, value] of Object.entries(document)) {
    const at = [...path, name];
    const found = rule(value, name) ? at : pathTo(value, rule, at);
    if (found !== null) return found;
  }
  return null;
}
