// How to reach a model: the part of a checkpoint or judge in the run file that this room reads.
import * as z from 'zod';
import { extractSchema } from './extraction.js';
import { addressFault, isVariableName, literalKey } from './keys.js';
import { OFFLINE_VARIANTS } from './offline.js';

const positive = z.number().positive();

export const endpointSchema = z.strictObject({
  provider: z.enum(['openai', 'anthropic', 'recorded', 'offline', 'reference']),
  /** The served name; for `offline` the variant. */
  model: z.string().min(1).optional(),
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  api_key_env: z.string().min(1).optional(),
  /** Header → name of the variable that holds its value. */
  headers_env: z.record(z.string(), z.string().min(1)).optional(),
  system: z.string().optional(),
  extra_body: z.record(z.string(), z.unknown()).optional(),
  api: z.enum(['chat', 'completions']).default('chat'),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  max_tokens: z.int().positive().optional(),
  seed: z.int().optional(),
  concurrency: z.int().positive().optional(),
  rpm: positive.optional(),
  tpm: positive.optional(),
  timeout_s: positive.max(2_000_000).optional(),
  usd_per_hour: z.number().nonnegative().optional(),
  /** `recorded`: where the answers are. */
  file: z.string().min(1).optional(),
  /** `reference`: what is compared with the prompt's reference. */
  extract: extractSchema.optional(),
});
export type EndpointSpec = z.infer<typeof endpointSchema>;

export interface SpecProblem {
  path: string[];
  message: string;
  code: 'INVALID_VALUE' | 'PARAMETER_REFUSED';
}

const ONLY_FOR: Partial<Record<keyof EndpointSpec, readonly EndpointSpec['provider'][]>> = {
  base_url: ['openai', 'anthropic'],
  api_key_env: ['openai', 'anthropic'],
  headers_env: ['openai', 'anthropic'],
  system: ['openai', 'anthropic'],
  extra_body: ['openai', 'anthropic'],
  seed: ['openai'],
  file: ['recorded'],
  extract: ['reference'],
};

/** What does not fit together in an endpoint, each with the key it stands at; empty when all is well. */
export function endpointProblems(spec: EndpointSpec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const found = (key: string | string[], message: string, code: SpecProblem['code'] = 'INVALID_VALUE'): void =>
    void problems.push({ path: [key].flat(), message, code });
  const { provider } = spec;
  for (const [key, providers] of Object.entries(ONLY_FOR))
    if (spec[key as keyof EndpointSpec] !== undefined && !providers.includes(provider))
      found(key, `\`${key}\` has no meaning for provider \`${provider}\`.`);
  const misplaced = spec.base_url === undefined ? null : addressFault(spec.base_url);
  if (misplaced !== null) found('base_url', `\`base_url\` ${misplaced}.`);
  const inBody = literalKey(spec.extra_body);
  if (inBody !== null)
    found(
      ['extra_body', ...inBody],
      `\`extra_body\` is stored with the run and must not hold a key (${inBody.join('.')}); name its variable in \`api_key_env\` or \`headers_env\`.`,
    );
  if (spec.api_key_env !== undefined && !isVariableName(spec.api_key_env))
    found('api_key_env', '`api_key_env` is the name of the variable that holds the key, not the key.');
  for (const [header, name] of Object.entries(spec.headers_env ?? {}))
    if (!isVariableName(name))
      found(['headers_env', header], '`headers_env` holds names of variables, not their values.');
  if ((provider === 'openai' || provider === 'anthropic') && spec.model === undefined)
    found('model', `provider \`${provider}\` needs a \`model\`.`);
  if (spec.extra_body?.['n'] !== undefined && spec.extra_body['n'] !== 1)
    found(
      'extra_body',
      'one answer is read of each reply; leave `n` out (`sampling: {repeats: …}` asks several times).',
    );
  if (provider === 'recorded' && spec.file === undefined) found('file', 'provider `recorded` needs a `file`.');
  if (provider === 'reference' && spec.extract === undefined)
    found('extract', 'provider `reference` needs `extract`: number, choice, exact or {regex: …}.');
  if (provider === 'offline' && spec.model !== undefined && !OFFLINE_VARIANTS.includes(spec.model as 'plain'))
    found('model', `the offline judge has the variants ${OFFLINE_VARIANTS.join(' and ')}, not \`${spec.model}\`.`);
  if (provider === 'anthropic') {
    if (spec.api === 'completions') found('api', 'Anthropic has no completions interface; `api: chat` it is.');
    for (const key of ['temperature', 'top_p'] as const)
      if (spec[key] !== undefined)
        found(
          key,
          `current Anthropic models refuse \`${key}\`; leave it out (\`extra_body: {output_config: {effort: low}}\` steers the effort).`,
          'PARAMETER_REFUSED',
        );
  }
  return problems;
}
