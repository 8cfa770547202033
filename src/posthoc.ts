// Responses that exist already, judged now: paired files, or one file per checkpoint, become a run like any other.
import { relative } from 'node:path';
import { readTemplate, type RunConfig } from './config.js';
import type { Judge } from './run-file.js';
import { DoubleblindError } from './errors.js';
import { fileHash } from './bytes.js';
import { readPairs } from './formats/pairs.js';
import { hashOf, normalisePrompt } from './hash.js';
import { endpointProblems, endpointSchema } from './models/index.js';
import type { Recorded } from './models/recorded.js';
import { readRows } from './models/recorded-rows.js';
import { lacksReferences, leftOut } from './plan.js';
import type { Domain, Prompt, Suite } from './records.js';
import { openRecorded, type RecordedFiles } from './responses.js';
import { domainIn, findSuite, stemOf } from './suites/index.js';

export interface PosthocOptions {
  /** `provider:model[@base_url]`, each once. */
  judges: string[];
  template: string;
  suite?: string | undefined;
  domain?: Domain | undefined;
  orders: RunConfig['orders'];
  purpose?: string | undefined;
  seed: number;
  baseline_name?: string | undefined;
  candidate_name?: string | undefined;
  cwd: string;
}

/** What was said to a prompt, repeat by repeat; null where it is missing. */
type Texts = (string | null)[];

/** A configuration with the responses it was given, which stand in no file a run could read again. */
export interface Given {
  config: RunConfig;
  given: RecordedFiles;
}

/**
 * Paired files; several rows of the same prompt are repeats 0, 1, … of one run. Where prompts have unequal numbers of
 * rows, each further row is a prompt of its own (`<id>-2`, …): the statistics know a prompt by its text and count it once.
 * A prompt belongs to the suite and domain of the first file that holds it.
 */
export async function fromPairs(files: string[], options: PosthocOptions): Promise<Given> {
  const prompts = new Map<string, Prompt>();
  /** The first file of each prompt. */
  const sources = new Map<Prompt, string>();
  const texts = { baseline: new Map<string, Texts>(), candidate: new Map<string, Texts>() };
  /** Where the rows of each prompt stand. */
  const places = new Map<string, string[]>();
  let name: string | null = null;
  for (const file of files) {
    for await (const pair of readPairs(file, options.candidate_name)) {
      name ??= pair.name;
      if (name !== pair.name && options.candidate_name === undefined) {
        throw new DoubleblindError('INVALID_VALUE', `holds responses of "${pair.name}", rows before it of "${name}".`, {
          ...{ file, line: pair.line },
          hint: 'Judge them apart, or as one checkpoint with --candidate-name.',
        });
      }
      const known = prompts.get(pair.prompt_id);
      if (known !== undefined && normalisePrompt(known.prompt) !== normalisePrompt(pair.prompt)) {
        throw new DoubleblindError('SUITE_DUPLICATE_ID', `prompt id "${pair.prompt_id}" stands for two texts.`, {
          file,
          line: pair.line,
        });
      }
      const { prompt_id: id, prompt, category, reference } = pair;
      const own = known ?? { id, category, prompt, messages: null, system: null, reference };
      prompts.set(id, own);
      if (known === undefined) sources.set(own, file);
      for (const role of ['baseline', 'candidate'] as const) {
        texts[role].set(id, [...(texts[role].get(id) ?? []), pair[`${role}_response`]]);
      }
      places.set(id, [...(places.get(id) ?? []), `${relative(options.cwd, file)}:${pair.line}`]);
    }
  }
  if (prompts.size === 0) throw new DoubleblindError('SUITE_EMPTY', 'holds no rows.', { file: files[0] });
  const repeats = [...texts.baseline.values()].map((t) => t.length).sort((a, b) => a - b);
  if (repeats[0] !== repeats.at(-1))
    for (const prompt of [...prompts.values()])
      for (const further of spread(prompt, prompts, [texts.baseline, texts.candidate, places]))
        sources.set(further, sources.get(prompt)!);
  const suites = new Map<string, Suite>();
  for (const prompt of prompts.values()) {
    const file = sources.get(prompt)!;
    const title = options.suite ?? stemOf(file).replace(/[_-]?run\d+$/, '');
    const own = suites.get(title) ?? {
      ...{ name: title, description: null },
      domain: options.domain ?? domainOf(file),
      prompts: [],
    };
    suites.set(title, own);
    own.prompts.push(prompt);
  }
  const sha256 = hashOf(await Promise.all(files.map(fileHash)));
  const given = {
    baseline: recordedOf(texts.baseline, sha256, places),
    candidate: recordedOf(texts.candidate, sha256, places),
  };
  return {
    config: await configFor(
      [...suites.values()],
      options.candidate_name ?? name ?? 'candidate',
      recordedRepeats(texts.baseline),
      options,
    ),
    given,
  };
}

/** Makes each further row of a prompt a prompt of its own; these. */
function spread(prompt: Prompt, prompts: Map<string, Prompt>, columns: Map<string, Texts>[]): Prompt[] {
  const further: Prompt[] = [];
  const rows = columns[0]!.get(prompt.id)!.length;
  for (let row = 1, number = 2; row < rows; row++, number++) {
    while (prompts.has(`${prompt.id}-${number}`)) number++;
    const id = `${prompt.id}-${number}`;
    further.push({ ...prompt, id });
    prompts.set(id, further.at(-1)!);
    for (const column of columns) column.set(id, [column.get(prompt.id)![row]!]);
  }
  for (const column of columns) column.set(prompt.id, [column.get(prompt.id)![0]!]);
  return further;
}

const recordedRepeats = (texts: Map<string, Texts>): number => Math.max(...[...texts.values()].map((t) => t.length));

/** The domain that a file's name contains; responses without one are taken to be of what was trained for. */
const domainOf = (file: string): Domain => domainIn(file) ?? 'in-domain';

/**
 * One file of responses per checkpoint; the prompts come from a suite, or from the rows themselves. The repeats are those
 * that both files hold of every prompt they both answer.
 */
export async function fromFiles(
  baseline: string,
  candidate: string,
  options: PosthocOptions,
): Promise<{ config: RunConfig }> {
  const suites =
    options.suite === undefined
      ? await suitesOfRows(baseline, options.domain)
      : [await findSuite(options.suite, options.cwd)];
  const config = await configFor(suites, options.candidate_name ?? stemOf(candidate), 1, options);
  const recorded = {
    ...config,
    baseline: { ...config.baseline, name: options.baseline_name ?? stemOf(baseline), file: baseline },
    candidate: { ...config.candidate, file: candidate },
  };
  return { config: { ...recorded, sampling: { repeats: repeatsIn(await openRecorded(recorded), suites) } } };
}

/** How many responses both files hold of every prompt that both answer at all; 1 or more. */
function repeatsIn(files: RecordedFiles, suites: Suite[]): number {
  const held = Object.values(files);
  const most = Math.min(...held.map((file) => file.repeats));
  const lacking = suites.flatMap(({ name: suite, prompts }) => {
    const sought = prompts.map(({ id, prompt }) => ({ id, prompt, suite }));
    return held.flatMap((file) => file.missing(sought, most));
  });
  const first = lacking.map(({ repeats }) => repeats[0]!).filter((repeat) => repeat > 0);
  return first.reduce((least, repeat) => Math.min(least, repeat), Math.max(1, most));
}

/** Prompts by id, and those of rows without one by text. */
type Asked = Record<'named' | 'unnamed', Map<string, Prompt>>;

/** The prompts of a file of responses; where rows name a suite, as ours do, they are found in that one alone. */
async function suitesOfRows(file: string, domain: Domain | undefined): Promise<Suite[]> {
  const suites = new Map<string, Asked>();
  for await (const rows of readRows(file)) {
    for (const { id: stated, prompt, suite, line } of rows) {
      if (prompt === null)
        throw new DoubleblindError('INVALID_VALUE', 'has no prompt text.', {
          file,
          line,
          hint: 'Name the suite: --suite.',
        });
      const name = suite ?? stemOf(file);
      const { named, unnamed } = suites.get(name) ?? {
        named: new Map<string, Prompt>(),
        unnamed: new Map<string, Prompt>(),
      };
      suites.set(name, { named, unnamed });
      const text = normalisePrompt(prompt);
      const [prompts, own] = stated === null ? [unnamed, text] : [named, stated];
      const known = prompts.get(own);
      if (known !== undefined && normalisePrompt(known.prompt) !== text)
        throw new DoubleblindError('SUITE_DUPLICATE_ID', `prompt id "${own}" stands for two texts.`, { file, line });
      const id = stated ?? hashOf(prompt).slice(0, 12);
      if (known === undefined)
        prompts.set(own, { id, category: null, prompt, messages: null, system: null, reference: null });
    }
  }
  if (suites.size === 0) throw new DoubleblindError('SUITE_EMPTY', 'holds no rows.', { file });
  return [...suites].map(([name, asked]) => ({
    name,
    domain: domain ?? domainIn(name) ?? domainOf(file),
    description: null,
    prompts: promptsOf(asked),
  }));
}

/** A row without an id is of the prompt that has its text, where one has. */
function promptsOf({ named, unnamed }: Asked): Prompt[] {
  const texts = new Set([...named.values()].map(({ prompt }) => normalisePrompt(prompt)));
  const others = [...unnamed].filter(([text]) => !texts.has(text));
  return [...named.values(), ...others.map(([, prompt]) => prompt)];
}

export async function configFor(
  suites: Suite[],
  candidate: string,
  repeats: number,
  options: PosthocOptions,
): Promise<RunConfig> {
  const { ref, template } = await readTemplate(options.template, { dir: options.cwd });
  const judges = options.judges.map((text) => parseJudge(text, ref));
  const twice = judges.find((judge, i) => judges.findIndex((j) => j.name === judge.name) !== i);
  if (twice !== undefined) throw new DoubleblindError('JUDGE_DUPLICATE_NAME', `judge "${twice.name}" is named twice.`);
  if (lacksReferences({ judges, suites })) {
    const hint = 'Name a judge that needs none.';
    throw new DoubleblindError('INVALID_VALUE', 'no prompt has a reference, so that nothing can be judged.', { hint });
  }
  const warnings =
    options.purpose === undefined
      ? [{ code: 'PURPOSE_MISSING', message: 'The run has no purpose; it is filed under "uncategorized".' }]
      : [];
  return {
    name: candidate,
    purpose: options.purpose ?? 'uncategorized',
    description: null,
    tags: {},
    data_purpose: null,
    data_path: null,
    seed: options.seed,
    suites,
    baseline: { name: options.baseline_name ?? 'baseline', provider: 'recorded', api: 'chat' },
    candidate: { name: candidate, provider: 'recorded', api: 'chat' },
    sampling: { repeats },
    judges,
    templates: { [ref]: template },
    orders: options.orders,
    canaries: true,
    retest: 0,
    prices: {},
    margin: {},
    level: 0.95,
    gate: null,
    stop: null,
    jury: 'mean',
    concurrency: 8,
    budget_usd: null,
    sweep: null,
    warnings: [...warnings, ...leftOut({ judges, suites })],
  };
}

/**
 * A name may hold an `@` too (`claude-opus-4-1@20250805`, `gpt-4o@preset/short`). An address has a scheme, a port, or dots
 * and a path: one without its scheme is no part of a name, which would be asked for at the provider's own address.
 */
const JUDGE = /^(\w+)(?::(.+?))?(?:@(\w+:\/\/.+|[\w.-]+:\d{2,5}(?:\/.*)?|[\w-]+(?:\.[\w-]+)+\/.*))?$/;

/**
 * The judge that `provider:model[@base_url]` names.
 * @throws USAGE
 */
function parseJudge(text: string, template: string): Judge {
  const [, provider, model, base_url] = JUDGE.exec(text) ?? [];
  const parsed = endpointSchema.safeParse({
    provider,
    ...(provider !== 'reference' && model !== undefined && { model }),
    ...(provider === 'reference' && { extract: model ?? 'exact' }),
    ...(base_url !== undefined && { base_url }),
  });
  const unlike = /^https?:/.test(base_url ?? 'http:')
    ? 'it must look like provider:model[@base_url].'
    : `its address must begin with http:// or https://, not "${base_url}".`;
  const problem = parsed.success ? endpointProblems(parsed.data)[0]?.message : unlike;
  if (!parsed.success || problem !== undefined) {
    throw new DoubleblindError('USAGE', `--judge ${text}: ${problem ?? ''}`, {
      hint: 'For example openai:gpt-4o, or offline:plain.',
    });
  }
  const name = provider === 'offline' ? `offline-${model ?? 'plain'}` : (model ?? provider!);
  return { ...parsed.data, name, share: 1, template: provider === 'reference' ? null : template };
}

/**
 * Texts by prompt and repeat, as if they had been read from a file.
 * @param places where each stands, by prompt and repeat
 */
export function recordedOf(texts: Map<string, Texts>, sha256: string, places?: Map<string, string[]>): Recorded {
  const find: Recorded['find'] = ({ id }, repeat) => {
    const text = texts.get(id)?.[repeat] ?? null;
    return text === null ? undefined : { text, stop_reason: null, model: null, line: 0 };
  };
  const missing: Recorded['missing'] = (prompts, repeats = 1) =>
    prompts.flatMap((prompt) => {
      const lacking = Array.from({ length: repeats }, (_, repeat) => repeat).filter((repeat) => !find(prompt, repeat));
      const own = places?.get(prompt.id);
      const at = own && { at: lacking.map((repeat) => own[repeat]).join(', ') };
      return lacking.length === 0 ? [] : [{ id: prompt.id, repeats: lacking, ...at }];
    });
  return { sha256, repeats: recordedRepeats(texts), find, missing };
}
