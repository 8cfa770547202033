// A run file that came over HTTP: it names no path and no address of its own choosing. Suites and templates stand in
// it or are bundled; an address with the variable of its key must be a pair that `serve --endpoints FILE` lists.
import * as z from 'zod';
import { BUNDLED_PROMPTS, resolveRun, type RunConfig, showsPrompt } from '../config.js';
import { runFileSchema } from '../run-file.js';
import { DoubleblindError } from '../errors.js';
import { parseTemplate, type Template } from '../judging/template.js';
import { readText } from '../jsonl.js';
import { isOwnAddress } from '../models/keys.js';
import { checked, onLine, parseYaml } from '../yaml.js';

const endpointSchema = z.strictObject({
  base_url: z.url({ protocol: /^https?$/ }),
  api_key_env: z.string().min(1).optional(),
  headers_env: z.record(z.string(), z.string().min(1)).default({}),
});
/** An address that posted run files may name, with the variables that may go there. */
export type AllowedEndpoint = z.infer<typeof endpointSchema>;

/** The list in an endpoints file: YAML, `- {base_url, api_key_env, headers_env}`. */
export async function readEndpoints(path: string): Promise<AllowedEndpoint[]> {
  return checked(z.array(endpointSchema), parseYaml(await readText(path), path), path);
}

const BARE_NAME = /^[\w-]+$/;
/** Keys whose value is a path, or is looked for on this machine. */
const PATHS = ['file', 'checkpoint', 'folders'] as const;

type Json = Record<string, unknown>;

/**
 * The runs that a posted run file describes, one for each candidate, checked as on the command line.
 * @throws DoubleblindError: PATH_OUTSIDE for anything that names a path, INVALID_VALUE for an address or variable that
 * is not listed, and whatever a run file is refused for
 */
export async function readPostedRun(posted: Json, endpoints: readonly AllowedEndpoint[]): Promise<RunConfig[]> {
  try {
    const { body, inline } = takeTemplates(posted);
    refusePaths(body, endpoints);
    // Bare names are bundled ones; a folder without files makes sure that they are nothing else.
    const configs = await resolveRun(checked(runFileSchema, onLine(body, 1), WHOLE), { dir: NOWHERE });
    return configs.map((config) => withTemplates(config, inline));
  } catch (error) {
    if (!(error instanceof DoubleblindError)) throw error;
    // There is no file whose lines would help.
    throw new DoubleblindError(error.code, error.message, { hint: error.place.hint });
  }
}

const WHOLE = 'run file';

function refusePaths(body: Json, endpoints: readonly AllowedEndpoint[]): void {
  const { candidates } = body;
  if (candidates !== undefined && !Array.isArray(candidates)) {
    throw new DoubleblindError('INVALID_VALUE', '`candidates` that are looked for on this machine cannot be posted.', {
      hint: 'Name each of them: candidates: [{ name, provider, model }, …].',
    });
  }
  for (const suite of asList(body['suites'])) refusePath('suites', suite);
  const parties = [body['baseline'], body['candidate'], ...asList(candidates), ...asList(body['judges'])].filter(
    isObject,
  );
  for (const holder of [body, ...parties]) refusePath('template', holder['template']);
  for (const party of parties) {
    for (const key of PATHS) if (party[key] !== undefined) throw named(key);
    if (party['provider'] === 'recorded') throw named('provider: recorded');
    refuseAddress(party, endpoints);
  }
}

const NOWHERE = `${BUNDLED_PROMPTS}nowhere`;

/** The body with a bundled template where one stands inline as `{name, text}`, and the inline one of each judge. */
function takeTemplates(posted: Json): { body: Json; inline: (Template | null)[] } {
  const withStandIn = (holder: unknown) =>
    isObject(holder) && isObject(holder['template']) ? { ...holder, template: STAND_IN } : holder;
  const judges = asList(posted['judges']);
  const inline = judges.map((judge) => {
    const stated = (isObject(judge) ? judge['template'] : undefined) ?? posted['template'];
    if (!isObject(stated)) return null;
    const { name, text } = checked(inlineTemplate, onLine(stated, 1), WHOLE);
    return showsPrompt(parseTemplate(text, name), name);
  });
  const body = withStandIn(posted) as Json;
  return { body: judges.length === 0 ? body : { ...body, judges: judges.map(withStandIn) }, inline };
}

const inlineTemplate = z.strictObject({ name: z.string().regex(BARE_NAME), text: z.string().max(100_000) });
const STAND_IN = 'pairwise';

/** The configuration with the inline templates where they stood. */
function withTemplates(config: RunConfig, inline: (Template | null)[]): RunConfig {
  const templates: RunConfig['templates'] = {};
  const judges = config.judges.map((judge, i) => {
    if (judge.template === null) return judge;
    const own = inline[i] ?? null;
    const ref = own === null ? judge.template : `${own.path}@${own.hash.slice(0, 12)}`;
    templates[ref] = own ?? config.templates[judge.template]!;
    return { ...judge, template: ref };
  });
  return { ...config, judges, templates };
}

function refuseAddress(party: Json, endpoints: readonly AllowedEndpoint[]): void {
  const { provider, base_url, api_key_env, headers_env = {} } = party;
  const own =
    base_url === undefined ||
    (isWebAddress(base_url) && OWN.includes(String(provider)) && isOwnAddress(String(provider), base_url));
  if (own && api_key_env === undefined && Object.keys(headers_env as object).length === 0) return;
  const listed = endpoints.some(
    (endpoint) =>
      isWebAddress(base_url) &&
      plain(endpoint.base_url) === plain(base_url) &&
      endpoint.api_key_env === api_key_env &&
      Object.entries(headers_env as object).every(([header, name]) => endpoint.headers_env[header] === name),
  );
  if (listed) return;
  throw new DoubleblindError(
    'INVALID_VALUE',
    'this `base_url` with this `api_key_env` is not one that the service may use.',
    {
      hint: 'List the pair in the file of `serve --endpoints FILE`, or leave both out for the provider’s own address.',
    },
  );
}

const OWN = ['openai', 'anthropic'];
const plain = (address: string): string => new URL(address).href.replace(/\/+$/, '');
const isWebAddress = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:/i.test(value) && URL.canParse(value);

function refusePath(key: string, value: unknown): void {
  if (typeof value === 'string' && !BARE_NAME.test(value)) throw named(`${key}: ${value}`);
}

function named(what: string): DoubleblindError {
  return new DoubleblindError('PATH_OUTSIDE', `\`${what}\` names a file; a run file that is posted may not.`, {
    hint: 'Suites and templates stand in it, or are bundled ones by bare name.',
  });
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
