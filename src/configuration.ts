// What makes two runs the same run, and the configuration as a stored run keeps it.
import { createHash } from 'node:crypto';
import type { RunConfig } from './config.js';
import { canonicalJson, hashOf } from './hash.js';
import { parseTemplate } from './judging/template.js';
import type { Prompt, Run, Suite } from './records.js';

/**
 * Hash of everything that changes what is asked or how it is read. Names of runs, tags, limits, concurrency, rate
 * limits, budget, timeouts, paths, prices and margins are not in it.
 * @param content SHA-256 of each recorded file and digest of each checkpoint folder, by role.
 */
export function configurationHash(
  config: RunConfig,
  content: Partial<Record<'baseline' | 'candidate', string>>,
): string {
  const checkpoint = (role: 'baseline' | 'candidate') => {
    const { name, provider, model, system, extra_body, api, temperature, top_p, max_tokens, seed } = config[role];
    return {
      name,
      provider,
      model,
      system,
      extra_body,
      api,
      temperature,
      top_p,
      max_tokens,
      seed,
      content: content[role],
    };
  };
  return hashOf(
    JSON.parse(
      JSON.stringify({
        suites: config.suites.map((s) => ({ name: s.name, domain: s.domain, prompts: promptsHash(s.prompts) })),
        baseline: checkpoint('baseline'),
        candidate: checkpoint('candidate'),
        sampling: config.sampling,
        judges: config.judges.map((judge) => {
          const {
            base_url: _b,
            api_key_env: _k,
            headers_env: _h,
            concurrency: _c,
            rpm: _r,
            tpm: _t,
            timeout_s: _s,
            usd_per_hour: _u,
            ...asked
          } = judge;
          // A template is its text, wherever the file lies.
          return { ...asked, template: judge.template === null ? null : config.templates[judge.template]!.hash };
        }),
        orders: config.orders,
        seed: config.seed,
        canaries: config.canaries,
        retest: config.retest,
      }),
    ),
  );
}

const hashed = new WeakMap<Prompt[], string>();

/** SHA-256 (hex) of prompts, taken one by one, so that a suite of any size is never one text; computed once. */
function promptsHash(prompts: Prompt[]): string {
  let known = hashed.get(prompts);
  if (known === undefined) {
    const hash = createHash('sha256');
    for (const { id, category, prompt, messages, system, reference } of prompts)
      hash.update(`${canonicalJson([id, category, prompt, messages, system, reference])}\n`);
    hashed.set(prompts, (known = hash.digest('hex')));
  }
  return known;
}

/** The configuration as it is stored with a run: everything but the prompts, which have their own table. */
export function configDocument(config: RunConfig): Run['config'] {
  const { suites, templates, warnings: _w, places: _p, ...rest } = config;
  return {
    ...rest,
    suites: suites.map((s) => ({
      name: s.name,
      domain: s.domain,
      description: s.description,
      prompts: s.prompts.length,
      sha256: hashOf([s.name, s.domain, s.description, promptsHash(s.prompts)]),
    })),
    templates: Object.fromEntries(Object.entries(templates).map(([ref, t]) => [ref, t.text])),
  };
}

/** The configuration of a stored run, with its suites as the store gives them. */
export function configOf(run: Pick<Run, 'config'>, suites: Suite[]): RunConfig {
  const { templates, ...rest } = run.config as Record<string, unknown> & { templates: Record<string, string> };
  return {
    ...(rest as unknown as RunConfig),
    suites,
    templates: Object.fromEntries(
      Object.entries(templates).map(([ref, text]) => [ref, parseTemplate(text, ref.replace(/@[0-9a-f]+$/, ''))]),
    ),
    warnings: [],
  };
}
