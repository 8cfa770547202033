// Responses of the two checkpoints to a prompt: found in the run, read from a recorded file, taken from the cache of
// earlier runs, or asked for.
import { type RunConfig, SAME_CHECKPOINT } from './config.js';
import type { Checkpoint } from './run-file.js';
import { DoubleblindError, namedAt } from './errors.js';
import { counted, spans } from './figures.js';
import { hashOf } from './hash.js';
import { cacheKey, type EndpointSpec, ModelFailure } from './models/index.js';
import { loadRecorded, type Recorded } from './models/recorded.js';
import type { Plan, PlannedPrompt } from './plan.js';
import { type Answer, type Message, type Response, ROLES, type Role } from './records.js';
import { type JudgingWorld, payingFor } from './judgment.js';
import { responseId } from './store/responses.js';

/** Recorded files of a run by role, with the SHA-256 that stands in its configuration. */
export type RecordedFiles = Partial<Record<Role, Recorded>>;

/** Reads the recorded files a configuration names. */
export async function openRecorded(config: Pick<RunConfig, Role | 'places'>): Promise<RecordedFiles> {
  const files: RecordedFiles = {};
  for (const role of ROLES) {
    const { provider, file, name } = config[role];
    if (provider !== 'recorded' || file === undefined) continue;
    try {
      files[role] = await loadRecorded(file, { checkpoint: name });
    } catch (error) {
      throw namedAt(error, config.places?.[role], `the ${role} "${name}"`);
    }
  }
  return files;
}

/**
 * Whether recorded files answer what a run asks; it goes on without what they lack only when allowed, and says so.
 * @throws RECORDED_PROMPTS_MISSING, also where nothing would be left
 */
export function checkRecorded(
  files: RecordedFiles,
  config: RunConfig,
  allowMissing: boolean,
  onWarning?: (warning: RunConfig['warnings'][number]) => void,
): void {
  const { repeats } = config.sampling;
  const lacking = new Set<string>();
  for (const role of ROLES) {
    const file = files[role];
    if (file === undefined) continue;
    const who = `the ${role} "${config[role].name}"`;
    const missing = config.suites.flatMap(({ name: suite, prompts }) => {
      const sought = prompts.map(({ id, prompt }) => ({ id, prompt, suite }));
      return file.missing(sought, repeats).map(({ id, repeats: these, at }) => ({ name: `${suite}/${id}`, these, at }));
    });
    for (const { name, these } of missing) for (const repeat of these) lacking.add(`${name} ${repeat}`);
    if (missing.length > 0) {
      const names = missing
        .slice(0, 10)
        .map(({ name, these, at }) => at ?? (these.length < repeats ? named(name, these) : name));
      const shown = names.join(', ') + (missing.length > 10 ? ` and ${missing.length - 10} more` : '');
      const message = `${who} has no recorded response for ${counted(missing.length, 'prompt')}: ${shown}.`;
      const hint = 'Add them, or go on with the rest with --allow-missing.';
      if (!allowMissing)
        throw new DoubleblindError('RECORDED_PROMPTS_MISSING', message, { file: config[role].file, hint });
      onWarning?.({ code: 'RECORDED_PROMPTS_MISSING', message: `${message} The run goes on without.` });
    }
    if (file.restated) {
      const { n, lines } = file.restated;
      const message = `${who} has ${counted(n, 'recorded response')} to a prompt and repeat that another answers, first on lines ${lines[0]} and ${lines[1]}; the last is taken.`;
      onWarning?.({ code: 'RECORDED_RESTATED', message });
    }
    if (file.whole === true && file.repeats > repeats) {
      const held = `${who} has up to ${file.repeats} recorded responses to a prompt`;
      const taken = repeats === 1 ? 'the first is taken' : `the first ${repeats} are taken`;
      // Only a run file can name them.
      const why = config.places === undefined ? 'not every prompt has more of both checkpoints' : 'sampling.repeats';
      const message = `${held}; ${taken} (${why}).`;
      onWarning?.({ code: 'RECORDED_REPEATS_UNUSED', message });
    }
  }
  const prompts = config.suites.reduce((sum, suite) => sum + suite.prompts.length, 0);
  if (lacking.size > 0 && lacking.size === prompts * repeats) {
    const hint = 'Is it the file of these suites? Prompts are found by `prompt_id`, else by their text.';
    const message = 'no prompt has a response of both checkpoints, so that nothing is left to judge.';
    throw new DoubleblindError('RECORDED_PROMPTS_MISSING', message, { ...config.places?.candidate, hint });
  }
  const { baseline, candidate } = files;
  const alike = baseline?.whole === true && candidate?.whole === true && baseline.sha256 === candidate.sha256;
  if (alike && !config.warnings.some(({ code }) => code === SAME_CHECKPOINT.code)) onWarning?.(SAME_CHECKPOINT);
}

const named = (prompt: string, repeats: number[]): string =>
  `${prompt} (${repeats.length === 1 ? 'repeat' : 'repeats'} ${spans(repeats)})`;

/** The spec a checkpoint is asked with: its own settings over those of `sampling`. */
export function sampled(checkpoint: Checkpoint, sampling: RunConfig['sampling']): EndpointSpec {
  const { name: _n, checkpoint: _c, step: _s, ...spec } = checkpoint;
  const { temperature, top_p, max_tokens } = sampling;
  return Object.fromEntries(
    Object.entries({ temperature, top_p, max_tokens, ...spec }).filter(([, value]) => value !== undefined),
  ) as EndpointSpec;
}

/** What a checkpoint is asked: the turns of the prompt, its system prompt first. A checkpoint's own system prompt is added by its model. */
export function messagesFor(prompt: PlannedPrompt['prompt']): Message[] {
  const turns: Message[] = prompt.messages ?? [{ role: 'user', content: prompt.prompt }];
  return prompt.system === null ? turns : [{ role: 'system', content: prompt.system }, ...turns];
}

/** Under what a checkpoint's answer is cached; null where it is not known that the same model will answer next week. */
export function responseKey(
  checkpoint: Checkpoint,
  sampling: RunConfig['sampling'],
  prompt: PlannedPrompt['prompt'],
  repeat: number,
  digest: string | null,
): string | null {
  if (digest === null && !isHosted(checkpoint)) return null;
  const ask = { messages: messagesFor(prompt), repeat };
  return hashOf(['response', digest, cacheKey(sampled(checkpoint, sampling), ask)]);
}

/** Providers' own hosted models are the same thing next week; anything else is known by the digest of its weights. */
function isHosted(checkpoint: Checkpoint): boolean {
  return checkpoint.provider !== 'recorded' && checkpoint.base_url === undefined;
}

type Facts = Partial<Response> & Pick<Response, 'state'>;

function recordOf(
  role: Role,
  { suite, prompt }: PlannedPrompt,
  repeat: number,
  checkpoint: Checkpoint,
  runId: string,
  { state, ...facts }: Facts,
): Response {
  return {
    schema: 'doubleblind/response@1',
    id: responseId(runId, suite, prompt.id, repeat, role),
    run_id: runId,
    suite,
    prompt_id: prompt.id,
    prompt: prompt.prompt,
    repeat,
    role,
    checkpoint: checkpoint.name,
    provider: checkpoint.provider,
    model: checkpoint.model ?? null,
    model_served: null,
    response: null,
    state,
    failure: null,
    stop_reason: null,
    input_tokens: null,
    output_tokens: null,
    cost_usd: null,
    latency_ms: null,
    generated_at: null,
    ...facts,
  };
}

/** The recorded response of a role as a record; null where the file has none. */
export function recordedResponse(
  role: Role,
  planned: PlannedPrompt,
  repeat: number,
  config: Pick<RunConfig, Role>,
  runId: string,
  recorded: RecordedFiles,
): Response | null {
  const found = recorded[role]?.find({ ...planned.prompt, suite: planned.suite }, repeat);
  if (found === undefined) return null;
  const { text: response, stop_reason, model } = found;
  const facts = { state: 'answered' as const, response, stop_reason, model: model ?? null, cost_usd: 0 };
  return recordOf(role, planned, repeat, config[role], runId, facts);
}

/** The recorded responses to some prompts, as the store takes them. */
export function recordedResponses(
  positions: Iterable<number>,
  plan: Pick<Plan, 'at'>,
  config: RunConfig,
  runId: string,
  recorded: RecordedFiles,
): { response: Response; position: number }[] {
  const rows = [];
  for (const position of positions) {
    for (const role of ROLES) {
      for (let repeat = 0; repeat < config.sampling.repeats; repeat++) {
        const response = recordedResponse(role, plan.at(position), repeat, config, runId, recorded);
        if (response !== null) rows.push({ response, position });
      }
    }
  }
  return rows;
}

/**
 * One response of a checkpoint that is asked, as a record: answered, or failed with its reason.
 * @param digest of the checkpoint folder, null where unknown: then nothing is reused from other runs.
 * @throws ModelFailure with `stops`, the signal's reason, whatever `admit` throws
 */
export async function respond(
  role: Role,
  planned: PlannedPrompt,
  repeat: number,
  config: RunConfig,
  runId: string,
  digest: string | null,
  world: JudgingWorld,
): Promise<Response> {
  const checkpoint = config[role];
  const { prompt } = planned;
  const record = (facts: Facts) => recordOf(role, planned, repeat, checkpoint, runId, facts);
  const spec = sampled(checkpoint, config.sampling);
  const ask = { messages: messagesFor(prompt), repeat, ...payingFor(checkpoint.name, world) };
  const key = world.cache === 'off' ? null : responseKey(checkpoint, config.sampling, prompt, repeat, digest);
  const answered = (answer: Answer, cost: number | null) =>
    record({
      state: 'answered',
      response: answer.text,
      stop_reason: answer.stop_reason,
      model_served: answer.model_served,
      input_tokens: answer.input_tokens,
      output_tokens: answer.output_tokens,
      cost_usd: cost,
      latency_ms: answer.latency_ms,
      generated_at: world.now(),
    });
  if (key !== null && world.cache === 'use') {
    const kept = await world.store.cached(key);
    // Nobody was called for it in this run.
    if (kept !== null) return answered({ ...kept, latency_ms: null }, 0);
  }
  try {
    const answer = await world.model(spec).ask(ask);
    if (key !== null)
      world.keep({ key, kind: 'response', model: spec.model ?? checkpoint.name, answer, at: world.now() });
    return answered(answer, answer.cost_usd);
  } catch (error) {
    if (!(error instanceof ModelFailure) || error.stops) throw error;
    world.failed?.(checkpoint.name, error.message);
    return record({
      state: 'failed',
      failure: error.failure,
      response: error.answer?.text ?? null,
      input_tokens: error.answer?.input_tokens ?? null,
      output_tokens: error.answer?.output_tokens ?? null,
      cost_usd: error.cost_usd,
      generated_at: world.now(),
    });
  }
}
