// A run file and the environment, checked: what a run is, before anything is spent.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DoubleblindError, namedAt, type Place, suggest } from './errors.js';
import { claimsOf, type Gate, subjectsOf } from './gate-rule.js';
import { hashOf } from './hash.js';
import { parseTemplate, type Template } from './judging/template.js';
import { readText } from './jsonl.js';
import { endpointProblems, type EndpointSpec } from './models/index.js';
import { keyStanding } from './models/keys.js';
import { lacksReferences, leftOut } from './plan.js';
import type { Domain, Role, Suite } from './records.js';
import { type Checkpoint, type Judge, type Overrides, type RunFile, runFileSchema } from './run-file.js';
import { findSuite } from './suites/index.js';
import { checked, type ParsedYaml, parseYaml, within } from './yaml.js';

/** A run, resolved: suites read, templates read, names given. Paths are absolute. */
export interface RunConfig {
  name: string;
  purpose: string;
  description: string | null;
  tags: Record<string, string>;
  data_purpose: string | null;
  data_path: string | null;
  seed: number;
  suites: Suite[];
  baseline: Checkpoint;
  candidate: Checkpoint;
  sampling: RunFile['sampling'];
  judges: Judge[];
  /** By `path@hash`. */
  templates: Record<string, Template>;
  orders: RunFile['orders'];
  canaries: boolean;
  retest: number;
  prices: RunFile['prices'];
  margin: Partial<Record<Domain, number>>;
  level: number;
  gate: Gate | null;
  stop: 'when-decided' | null;
  jury: RunFile['jury'];
  concurrency: number;
  budget_usd: number | null;
  /** Joins the runs of one sweep. */
  sweep: string | null;
  warnings: { code: string; message: string }[];
  /** Where checkpoints and judges stand in the run file. No part of what the run is, and not stored with it. */
  places?: Places | undefined;
}
/** By role, and by the name of a judge. */
type Places = Record<Role, Place | undefined> & { judges: Record<string, Place | undefined> };

/** Told of a run that measures the jury and not a checkpoint. */
export const SAME_CHECKPOINT = {
  code: 'SAME_CHECKPOINT',
  message: 'Baseline and candidate are the same checkpoint: this is an A/A run, whose win rate must cover one half.',
};

/** Where templates that come with the package lie. */
export const BUNDLED_PROMPTS = fileURLToPath(new URL('../prompts/', import.meta.url));

/**
 * The run a file describes, checked but with no endpoint asked.
 * @throws DoubleblindError with file, line and column: unknown keys (the nearest key named), wrong values, missing
 * files, two suites or judges of one name, templates without a slot.
 */
export async function readRunFile(path: string, overrides: Overrides = {}): Promise<RunConfig[]> {
  const doc = parseYaml(await readText(path), path);
  return resolveRun(checked(runFileSchema, doc, path), { dir: dirname(resolve(path)), file: path, doc, overrides });
}

interface Context {
  /** Paths in the run file are relative to this folder. */
  dir: string;
  file?: string;
  doc?: ParsedYaml;
  overrides?: Overrides;
}

/** The runs a checked run file describes: one, or one per candidate of a sweep. */
export async function resolveRun(runFile: RunFile, context: Context): Promise<RunConfig[]> {
  const given: RunFile = { ...runFile, ...withoutUndefined(context.overrides ?? {}) } as RunFile;
  given.tags = { ...runFile.tags, ...context.overrides?.tags };
  const problem = (
    code: ConstructorParameters<typeof DoubleblindError>[0],
    path: (string | number)[],
    message: string,
    hint?: string,
  ) => new DoubleblindError(code, message, { file: context.file, ...context.doc?.at(path), hint });

  // Suites are texts that are asked as they are; words about the run are stored without keys.
  const { suites: _s, tags: _t, description: _d, data_purpose: _p, ...stored } = runFile;
  const standing = keyStanding(stored, process.env);
  if (standing !== null) {
    throw problem(
      'INVALID_VALUE',
      standing.path,
      `the value of ${standing.variable} stands in the run file, which is stored with the run.`,
      'Take it out; `api_key_env` and `headers_env` name the variables of keys.',
    );
  }
  const placeOf = (path: (string | number)[]): Place | undefined =>
    context.file === undefined ? undefined : { file: context.file, ...context.doc?.at(path) };
  /** What the value at a path names is found, or told to be at fault where it is named. */
  const found = async <T>(path: (string | number)[], work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw namedAt(error, placeOf(path));
    }
  };

  const warnings: RunConfig['warnings'] = [];
  if (given.purpose === undefined) {
    warnings.push({ code: 'PURPOSE_MISSING', message: 'The run has no purpose; it is filed under "uncategorized".' });
  }

  const suites: Suite[] = [];
  for (const [i, entry] of given.suites.entries()) {
    const suite = await found(['suites', i], readSuite(entry, ['suites', i], context));
    if (suites.some((s) => s.name === suite.name)) {
      throw problem(
        'SUITE_DUPLICATE_NAME',
        ['suites', i],
        `two suites are named "${suite.name}".`,
        'Give each suite a name of its own.',
      );
    }
    suites.push(suite);
  }

  for (const { name } of claimsOf(given.gate ?? {})) {
    const subjects = subjectsOf(suites);
    if (subjects.includes(name)) continue;
    const near = suggest(name, subjects);
    const hint = near === null ? 'Name a domain, suite or category.' : `Did you mean "${near}"?`;
    throw problem(
      'UNKNOWN_KEY',
      ['gate', name],
      `the gate names "${name}", which is no domain, suite or category.`,
      hint,
    );
  }

  const templates: Record<string, Template> = {};
  const judges: Judge[] = [];
  for (const [i, judge] of given.judges.entries()) {
    const name = judge.name ?? judge.model ?? judge.provider;
    if (judges.some((j) => j.name === name)) {
      throw problem(
        'JUDGE_DUPLICATE_NAME',
        ['judges', i],
        `two judges are named "${name}".`,
        'Give each judge a `name` of its own.',
      );
    }
    if (name.startsWith('human:')) {
      throw problem(
        'INVALID_VALUE',
        ['judges', i, 'name'],
        '"human:" names are kept for people.',
        'Choose another name.',
      );
    }
    checkJudge(judge, ['judges', i], problem);
    const { template: _, ...spec } = judge;
    const template = await found(
      judge.template === undefined ? ['template'] : ['judges', i, 'template'],
      readTemplate(judge.template ?? given.template, context),
    );
    templates[template.ref] = template.template;
    judges.push({
      ...withPaths(spec, context.dir),
      name,
      template: judge.provider === 'reference' ? null : template.ref,
    });
  }

  if (lacksReferences({ judges, suites })) {
    const hint = 'State a `reference` with the prompts, or name a judge that needs none.';
    throw problem('INVALID_VALUE', ['judges'], 'no prompt has a reference, so that nothing can be judged.', hint);
  }

  for (const role of ['baseline', 'candidate'] as const) {
    const checkpoint = given[role];
    if (checkpoint !== undefined) checkCheckpoint(checkpoint, [role], given, problem);
  }
  warnings.push(...leftOut({ judges, suites }));
  const candidates = await found(['candidates'], candidatesOf(given, context, problem, warnings));
  const sweep =
    given.candidates === undefined ? null : hashOf([given.name ?? null, candidates.map((c) => c.name)]).slice(0, 12);
  const listed = Array.isArray(given.candidates);
  return candidates.map((candidate, i) => {
    const places = {
      baseline: placeOf(['baseline']),
      candidate: placeOf(given.candidate !== undefined ? ['candidate'] : listed ? ['candidates', i] : ['candidates']),
      judges: Object.fromEntries(judges.map(({ name }, j) => [name, placeOf(['judges', j])])),
    };
    const own = [...warnings];
    if (sameModel(given.baseline, candidate)) own.push(SAME_CHECKPOINT);
    return {
      name: given.name ?? candidate.name,
      purpose: given.purpose ?? 'uncategorized',
      description: given.description ?? null,
      tags: given.tags,
      data_purpose: given.data_purpose ?? null,
      data_path: given.data_path ?? null,
      seed: given.seed,
      suites,
      baseline: withPaths(given.baseline, context.dir),
      candidate: withPaths(candidate, context.dir),
      sampling: given.sampling,
      judges,
      templates: Object.fromEntries(
        Object.entries(templates).filter(([ref]) => judges.some((j) => j.template === ref)),
      ),
      orders: given.orders,
      canaries: given.canaries,
      retest: given.retest,
      prices: given.prices,
      margin: given.margin,
      level: given.level,
      gate: given.gate ?? null,
      stop: given.stop ?? null,
      jury: given.jury,
      concurrency: given.concurrency,
      budget_usd: given.budget_usd ?? null,
      sweep,
      warnings: own,
      places,
    };
  });
}

type Problem = (
  code: ConstructorParameters<typeof DoubleblindError>[0],
  path: (string | number)[],
  message: string,
  hint?: string,
) => DoubleblindError;

async function candidatesOf(
  given: RunFile,
  context: Context,
  problem: Problem,
  warnings: RunConfig['warnings'],
): Promise<Checkpoint[]> {
  const { candidate, candidates } = given;
  if (candidate !== undefined && candidates === undefined) return [candidate];
  if (candidate !== undefined)
    throw problem('INVALID_VALUE', ['candidates'], 'both `candidate` and `candidates` are given.', 'Keep one of them.');
  if (candidates === undefined)
    throw problem('INVALID_VALUE', [], 'there is no `candidate`.', 'Name the fine-tuned checkpoint.');
  if (Array.isArray(candidates)) {
    for (const [i, one] of candidates.entries()) checkCheckpoint(one, ['candidates', i], given, problem);
    return candidates;
  }
  const { expandCandidates } = await import('./checkpoints/sweep.js');
  const { folders, file, name, ...endpoint } = candidates;
  const plan = await expandCandidates({ folders, file, name, model: endpoint.model }, context.dir);
  for (const { folder, why } of plan.unanswered) {
    warnings.push({ code: 'CANDIDATE_UNANSWERED', message: `${folder} is left out: ${why}.` });
  }
  return plan.candidates.map((one) => {
    const found = { ...endpoint, ...(one.file !== undefined && { provider: 'recorded' as const }), ...one };
    checkCheckpoint(found, ['candidates'], given, problem);
    return found;
  });
}

function checkCheckpoint(checkpoint: Checkpoint, path: (string | number)[], given: RunFile, problem: Problem): void {
  const { provider } = checkpoint;
  if (provider === 'offline' || provider === 'reference') {
    throw problem(
      'INVALID_VALUE',
      [...path, 'provider'],
      `"${provider}" judges; it cannot answer prompts.`,
      'Use openai, anthropic or recorded.',
    );
  }
  checkEndpoint(checkpoint, path, problem);
  if (provider === 'anthropic') checkEndpoint({ ...checkpoint, ...given.sampling }, ['sampling'], problem);
}

function checkJudge(judge: RunFile['judges'][number], path: (string | number)[], problem: Problem): void {
  if (judge.provider === 'recorded') {
    throw problem(
      'INVALID_VALUE',
      [...path, 'provider'],
      '"recorded" answers prompts; it cannot judge.',
      'Use openai, anthropic, offline or reference; verdicts that exist already come in with `doubleblind import`.',
    );
  }
  checkEndpoint(judge, path, problem);
}

/** What does not fit together is told before anything is spent. */
function checkEndpoint(spec: EndpointSpec, path: (string | number)[], problem: Problem): void {
  const [first] = endpointProblems(spec);
  if (first !== undefined) throw problem(first.code, [...path, ...first.path], first.message);
}

async function readSuite(
  entry: RunFile['suites'][number],
  path: (string | number)[],
  { dir, file, doc }: Context,
): Promise<Suite> {
  if (typeof entry === 'string') return findSuite(entry, dir);
  const { suiteOf } = await import('./suites/yaml.js');
  return suiteOf(entry, doc === undefined ? undefined : { file, ...within(doc, path) });
}

/** A template by bundled name or path relative to the run file, with its reference `path@hash`. */
export async function readTemplate(
  name: string,
  context: { dir: string },
): Promise<{ ref: string; template: Template }> {
  const bundled = `${BUNDLED_PROMPTS}${name}.md`;
  const own = resolve(context.dir, name);
  const isBundled = /^[\w-]+$/.test(name) && existsSync(bundled);
  if (!isBundled && !existsSync(own)) {
    throw new DoubleblindError('TEMPLATE_UNKNOWN', `there is no template "${name}".`, {
      hint: 'Name a bundled one (pairwise, pairwise-rubric, pairwise-reference) or a path.',
    });
  }
  const path = isBundled ? bundled : own;
  const shown = isBundled ? `prompts/${name}.md` : name;
  const template = showsPrompt(parseTemplate(await readText(path), shown, path), path);
  return { ref: `${shown}@${template.hash.slice(0, 12)}`, template };
}

/** The template, if its judge sees what was asked. Stored runs may have been judged without. @throws TEMPLATE_SLOT_MISSING */
export function showsPrompt(template: Template, file: string): Template {
  if (template.variables.has('prompt') || template.variables.has('messages')) return template;
  const hint = 'Print {{ prompt }} or {{ messages }} among the texts.';
  const message = 'the judge never sees what was asked.';
  throw new DoubleblindError('TEMPLATE_SLOT_MISSING', message, { file, line: 1, column: 1, hint });
}

function withPaths<S extends { file?: string | undefined; checkpoint?: string | undefined }>(spec: S, dir: string): S {
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(dir, path));
  return withoutUndefined({ ...spec, file: at(spec.file), checkpoint: at(spec.checkpoint) }) as S;
}

function sameModel(a: Checkpoint, b: Checkpoint): boolean {
  const identity = ({ provider, model, base_url, file, system, checkpoint, extra_body }: Checkpoint) =>
    hashOf(
      withoutUndefined({
        ...{ provider, model, file, system, checkpoint, extra_body },
        base_url: base_url?.replace(/\/+$/, ''),
      }),
    );
  // A recorded file may hold several checkpoints, told apart by name; `checkRecorded` sees whether it does.
  return identity(a) === identity(b) && (a.provider !== 'recorded' || a.name === b.name);
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}
