// One judgment, from two responses to a record: place A and B, ask, read the reply, unblind. The only way to a winner.
import type { RunConfig } from './config.js';
import type { Judge } from './run-file.js';
import { scoreOf } from './judging/outcome.js';
import { bySide, inOrder, present, unblind } from './judging/present.js';
import { findQuote } from './judging/quote.js';
import { canaryTexts } from './judging/canaries.js';
import type { Template } from './judging/template.js';
import { type Reading, readReply } from './judging/verdict.js';
import { cacheKey, type EndpointSpec, type Model, ModelFailure } from './models/index.js';
import type { PlannedPrompt, Unit } from './plan.js';
import type {
  Answer,
  Ask,
  Charge,
  Expected,
  Failure,
  Judgment,
  Order,
  Presentation,
  Prompt,
  Response,
  Role,
} from './records.js';
import { judgmentId } from './store/judgment-writes.js';
import type { CachedAnswer } from './store/cache.js';
import type { Store } from './store/index.js';

/** An unreadable reply is asked for again at most this often, with the same presentation. */
export const ASKED_AGAIN = 2;

/** How the answer cache is used: read and written, only written (`--fresh`), or neither (`--no-cache`). */
export type CacheUse = 'use' | 'fresh' | 'off';

export interface JudgingWorld {
  store: Pick<Store, 'cached'>;
  model(spec: EndpointSpec): Model;
  now(): string;
  /** No further call goes out once it is aborted; calls under way finish. */
  stopping: AbortSignal;
  cache: CacheUse;
  /** Runs just before each call; throws to refuse it. */
  admit?: ((expected: Expected) => void | Promise<void>) | undefined;
  /** A call that was let out is no longer under way. */
  returned?: ((expected: Expected) => void) | undefined;
  /** Money that was spent on an answer of a judge or checkpoint. */
  paid(charge: Charge, who: string): void;
  /** Keeps an answer for the next time the same is asked. */
  keep(answer: CachedAnswer): void;
  /** Told why a call of a checkpoint or judge came to nothing; the record has the kind of failure alone. */
  failed?(who: string, message: string): void;
}

export interface Pair {
  baseline: Response;
  candidate: Response;
}

/** A unit with everything that its judge is asked. */
export interface Question {
  unit: Unit;
  planned: PlannedPrompt;
  pair: Pair;
  spec: Judge;
  template: Template | null;
  texts: { baseline: string; candidate: string };
  presentation: ReturnType<typeof presentationOf>;
  ask: Ask;
  /** Under what its answer is cached; null where it is not. */
  key: string | null;
}

/** What a judge of a unit is asked: A and B placed, messages written. Pure. */
export function questionOf(
  unit: Unit,
  planned: PlannedPrompt,
  pair: Pair,
  config: RunConfig,
  cache: CacheUse,
): Question {
  const spec = config.judges.find((j) => j.name === unit.judge)!;
  const texts = textsOf(unit, pair);
  const template = spec.template === null ? null : config.templates[spec.template]!;
  const presentation = presentationOf(template, planned.prompt, texts, unit.order, config.seed);
  const { messages, sha256, reply_schema, slots } = presentation;
  const ask: Ask = { messages, sha256, repeat: unit.repeat, reply_schema, slots };
  const key = cache === 'off' ? null : judgmentKey(unit, spec, ask);
  return { unit, planned, pair, spec, template, texts, presentation, ask, key };
}

/** What came of asking: the last answer and how it was read, or why there is none; every attempt counted. */
export interface Asked {
  answer: Answer | null;
  reading: Reading | null;
  failure: Failure | null;
  attempts: number;
  tokens: { input: number | null; output: number | null; cached: number | null; cost: number | null };
}

/** A question and what came of it as a record: the verdict unblinded, or the reason of the failure. */
export function judgmentOf(
  { unit, planned, pair, spec, texts, presentation }: Question,
  { answer, reading, failure, attempts, tokens }: Asked,
  config: RunConfig,
  runId: string,
  now: string,
): Judgment {
  const winner = reading?.state === 'judged' ? unblind(reading.verdict, unit.order) : null;
  const scores = reading?.state === 'judged' ? bySide(unit.order, reading.scores_a, reading.scores_b) : null;
  const quote = reading?.quote ?? null;
  const outcome =
    reading?.state === 'judged' && winner !== null
      ? { state: 'judged' as const, failure: null, verdict: reading.verdict, winner, score: scoreOf(winner) }
      : { state: 'failed' as const, failure: failure!, verdict: null, winner: null, score: null };
  return {
    schema: 'doubleblind/judgment@1' as const,
    id: judgmentId({ run_id: runId, ...unit }),
    run_id: runId,
    suite: unit.suite,
    domain: unit.domain,
    category: unit.category,
    prompt_id: unit.prompt_id,
    prompt: planned.prompt.prompt,
    repeat: unit.repeat,
    replicate: unit.replicate,
    canary: unit.canary,
    baseline: config.baseline.name,
    candidate: config.candidate.name,
    baseline_response: texts.baseline,
    candidate_response: texts.candidate,
    baseline_stop_reason: pair.baseline.stop_reason,
    candidate_stop_reason: pair.candidate.stop_reason,
    presentation_notes: presentation.notes,
    judge: unit.judge,
    judge_provider: spec.provider,
    judge_model: spec.model ?? null,
    judge_model_served: answer?.model_served ?? null,
    template: spec.template,
    order: unit.order,
    presentation_sha256: presentation.sha256,
    reply: answer?.text ?? null,
    stop_reason: answer?.stop_reason ?? null,
    ...outcome,
    baseline_scores: scores?.baseline ?? null,
    candidate_scores: scores?.candidate ?? null,
    rationale: reading?.rationale ?? null,
    quote,
    quote_found_in: quote === null ? null : findQuote(quote, texts.baseline, texts.candidate),
    input_tokens: tokens.input,
    output_tokens: tokens.output,
    cached_tokens: tokens.cached,
    cost_usd: tokens.cost,
    latency_ms: answer?.latency_ms ?? null,
    attempts,
    judged_at: now,
  };
}

/** The texts a unit shows, by role: the responses, or for a canary texts made from them. */
export function textsOf(
  unit: Pick<Unit, 'canary'>,
  pair: Record<Role, Pick<Response, 'response'>>,
): { baseline: string; candidate: string } {
  const responses = { baseline: pair.baseline.response ?? '', candidate: pair.candidate.response ?? '' };
  return unit.canary === null ? responses : canaryTexts(unit.canary, responses);
}

/** What the judge of a unit is shown. A judge without a template is a rule: it reads the slots, and no message is made. */
export function presentationOf(
  template: Template | null,
  prompt: Prompt,
  texts: { baseline: string; candidate: string },
  order: Order,
  seed: number,
): Omit<Presentation, 'sha256'> & { sha256: string | null } {
  if (template === null) {
    const [first, second] = inOrder(order, texts.baseline, texts.candidate);
    return {
      messages: [],
      reply_schema: {},
      slots: { prompt: prompt.prompt, first, second, reference: prompt.reference },
      sha256: null,
      notes: [],
    };
  }
  return present({
    template,
    prompt,
    baseline_response: texts.baseline,
    candidate_response: texts.candidate,
    order,
    seed,
  });
}

/** Under what the answer to a unit is cached; null where none is. A retest from the cache would measure nothing. */
export function judgmentKey(unit: Pick<Unit, 'replicate'>, spec: Judge, ask: Ask): string | null {
  return unit.replicate > 0 || spec.model === undefined ? null : cacheKey(spec, ask);
}

/**
 * Asks a judge and reads its reply; an unreadable one is asked for again. A failure of the world is an outcome with its
 * reason, never thrown.
 * @throws ModelFailure with `stops` when the endpoint is of no more use, so that the unit stays due; the reason of
 * `stopping` when aborted; whatever `admit` throws
 */
export async function askJudge(question: Question, world: JudgingWorld): Promise<Asked> {
  const kept = await fromCache(question, world);
  if (kept !== null) return kept;
  const model = world.model(question.spec);
  const ask = { ...question.ask, ...payingFor(question.spec.name, world) };
  const asked = nothingAsked();
  for (let again = 0; again <= ASKED_AGAIN; again++) {
    try {
      const answer = await model.ask(ask);
      if (!read(question, answer, asked, world)) return asked;
    } catch (error) {
      if (!(error instanceof ModelFailure) || error.stops) {
        // What was received is paid for: it is kept as it is, and asked for again when the run goes on.
        if (asked.answer !== null) return asked;
        throw error;
      }
      fail(asked, error);
      world.failed?.(question.spec.name, error.message);
      return asked;
    }
  }
  return asked;
}

/** How a question is paid for, and given up. */
export function payingFor(who: string, world: JudgingWorld): Pick<Ask, 'admit' | 'returned' | 'paid' | 'stopping'> {
  return {
    ...(world.admit && { admit: world.admit }),
    ...(world.returned && { returned: world.returned }),
    paid: (charge) => world.paid(charge, who),
    stopping: world.stopping,
  };
}

export function nothingAsked(): Asked {
  const tokens = { input: null, output: null, cached: null, cost: 0 };
  return { answer: null, reading: null, failure: null, attempts: 0, tokens };
}

/** The answer that the same question had before; null where there is none, or none that can be read. */
export async function fromCache(
  question: Question,
  world: Pick<JudgingWorld, 'store' | 'cache'>,
): Promise<Asked | null> {
  if (question.key === null || world.cache !== 'use') return null;
  const answer = await world.store.cached(question.key);
  if (answer === null) return null;
  const reading = readReply(answer, question.template);
  if (reading.state !== 'judged') return null;
  const { input_tokens: input, output_tokens: output, cached_tokens: cached } = answer;
  return { answer, reading, failure: null, attempts: 0, tokens: { input, output, cached, cost: 0 } };
}

/** Adds an answer to what was asked and reads it; true when it is worth asking again. */
export function read(
  question: Question,
  answer: Answer,
  asked: Asked,
  world: Pick<JudgingWorld, 'keep' | 'now'>,
): boolean {
  const { key, spec, template } = question;
  add(asked, answer, answer.attempts);
  asked.reading = readReply(answer, template);
  asked.failure = asked.reading.state === 'judged' ? null : asked.reading.failure;
  if (asked.failure === null && key !== null)
    world.keep({ key, kind: 'judgment', model: spec.model ?? spec.name, answer, at: world.now() });
  return asked.failure === 'unreadable';
}

function fail(asked: Asked, error: ModelFailure): void {
  if (error.answer !== undefined) add(asked, error.answer, error.attempts);
  else unanswered(asked, error.attempts, error.cost_usd);
  asked.failure = error.failure;
}

/** Counts calls that brought nothing. @param cost 0 where the price is known: it is not their answers that are unknown */
export function unanswered(asked: Asked, attempts: number, cost: number | null): void {
  asked.attempts += attempts;
  asked.tokens.cost = plus(asked.tokens.cost, cost);
}

function add(asked: Asked, answer: Answer, attempts: number): void {
  const sum = (a: number | null, b: number | null) => (b === null ? a : (a ?? 0) + b);
  asked.answer = answer;
  asked.attempts += attempts;
  asked.tokens = {
    input: sum(asked.tokens.input, answer.input_tokens),
    output: sum(asked.tokens.output, answer.output_tokens),
    cached: sum(asked.tokens.cached, answer.cached_tokens),
    cost: plus(asked.tokens.cost, answer.cost_usd),
  };
}

/** A sum of money, unknown as soon as a part of it is. */
function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
