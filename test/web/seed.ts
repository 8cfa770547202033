// Runs for the screens to show, written straight into a store: the same from the same seed.
import { readFileSync } from 'node:fs';
import type { RunConfig } from '../../src/config.js';
import { configDocument, configOf, configurationHash } from '../../src/configuration.js';
import { hashOf } from '../../src/hash.js';
import { inOrder, present, unblind } from '../../src/judging/present.js';
import { parseTemplate } from '../../src/judging/template.js';
import { drawAt } from '../../src/random.js';
import {
  type Domain,
  type Judgment,
  type Order,
  ORDERS,
  type Prompt,
  type Response,
  type Role,
  type Run,
  type Status,
  type Suite,
} from '../../src/records.js';
import type { Store } from '../../src/store/index.js';
import { judgmentId, type PlacedJudgment } from '../../src/store/judgment-writes.js';
import { responseId } from '../../src/store/responses.js';

const PATH = 'prompts/pairwise.md';
const TEXT = readFileSync(new URL(`../../${PATH}`, import.meta.url), 'utf8');
const TEMPLATE = parseTemplate(TEXT, PATH);
const REF = `${PATH}@${hashOf(TEXT).slice(0, 8)}`;

export interface SeededRun {
  id: string;
  status?: Status;
  purpose?: string;
  candidate?: string;
  tags?: Record<string, string>;
  suites: Suite[];
  judges: string[];
  /** Of the judges; default: openai. */
  provider?: string;
  /** Texts of a response; default: a short meditation that ends with its role's own words. */
  text?: (role: Role, prompt: Prompt) => string;
  /** Chance 0..1 that the candidate wins in a domain; default 0.5. */
  strength?: Partial<Record<Domain, number>>;
  /** How many judgments are still due. */
  due?: number;
  /** False: no record says what the judge was sent; for runs so large that rendering it takes long. */
  presented?: boolean;
  /** Answers to each prompt; default 1. */
  repeats?: number;
  /** Scores by criterion stand beside each verdict. */
  scored?: boolean;
  /** Prompts that are not judged yet. */
  leftOut?: (prompt: Prompt) => boolean;
  /** What else the run's record says. */
  run?: Partial<Run>;
}

const CANDIDATE = 'brie-v2-0.5b-checkpoint-290';
const checkpointOf = (name: string) => ({ name, provider: 'openai', model: name });
const CATEGORIES = ['contemplative', 'philosophy', 'dialogue'];
const TOPICS = ['time', 'the sea', 'a locked door', 'bread', 'the last train', 'silence', 'a borrowed coat', 'snow'];

/** A suite with `size` prompts in three categories. */
export function suiteOf(name: string, domain: Domain, size: number): Suite {
  const prompts = Array.from({ length: size }, (_, i): Prompt => {
    const topic = TOPICS[i % TOPICS.length]!;
    return {
      id: `p${String(i + 1).padStart(3, '0')}`,
      category: CATEGORIES[i % CATEGORIES.length]!,
      prompt: `Write a short meditation on ${topic} (variation ${i + 1} for ${name}). Do not explain it; let the reader find it.`,
      messages: null,
      system: null,
      reference: null,
    };
  });
  return { name, domain, description: null, prompts };
}

const meditation = (role: Role, { id, prompt }: Prompt): string => {
  const topic = /meditation on (.*) \(/.exec(prompt)?.[1] ?? 'nothing';
  return role === 'candidate'
    ? `What ${topic} keeps, it keeps without asking.\n\nI stood before it *longer than I meant to*, and what I had taken for waiting turned out to be the thing itself. Nobody tells you that the small weight in the hand is the whole of it (${id}).`
    : `**${topic}** is something that many people think about.\n\n- It can be calm.\n- It can be sad.\n\nIn conclusion, ${topic} teaches us that we should value every moment (${id}).`;
};

/** Writes a run with its responses and judgments: both orders, every prompt, every judge. */
export async function seedRun(store: Store, seeded: SeededRun): Promise<Run> {
  const { id, status = 'done', suites, judges, due = 0, repeats = 1 } = seeded;
  const prompts = suites.reduce((n, suite) => n + suite.prompts.length, 0);
  const judgments = prompts * judges.length * 2 * repeats;
  const at = `2026-11-21T10:30:00.000Z`;
  const run: Run = {
    id,
    configuration: '',
    name: 'brie-v2-0.5b',
    purpose: seeded.purpose ?? 'baseline_comparison',
    description: null,
    data_purpose: 'brie-v2',
    data_path: 'data/brie-v2.jsonl',
    tags: seeded.tags ?? {},
    baseline: 'qwen2.5-0.5b-instruct',
    candidate: seeded.candidate ?? CANDIDATE,
    sweep: null,
    origin: 'own',
    status,
    reason: status === 'stopped' ? 'the budget of $10 was reached' : null,
    config: {
      seed: 7,
      orders: 'both',
      suites: configDocument({ suites, templates: {} } as unknown as RunConfig)['suites'],
      sampling: { temperature: 0.75, max_tokens: 512, repeats },
      baseline: checkpointOf('qwen2.5-0.5b-instruct'),
      candidate: checkpointOf(seeded.candidate ?? CANDIDATE),
      judges: judges.map((name) => ({
        name,
        provider: seeded.provider ?? 'openai',
        model: name,
        template: REF,
        share: 1,
      })),
      canaries: false,
      retest: 0,
      templates: { [REF]: TEXT },
    },
    decision_rule: { level: 0.95 },
    environment: { node: '20.20.2', doubleblind: '0.1.0' },
    identities: {},
    planned: { prompts, comparisons: prompts * repeats, responses: prompts * 2 * repeats, judgments: judgments + due },
    exports: `exports/baseline_comparison/${seeded.candidate ?? CANDIDATE}/${id}`,
    created_at: at,
    started_at: at,
    ended_at: status === 'done' ? at : null,
    ...seeded.run,
  };
  run.configuration = configurationHash(configOf(run, suites), {});
  await store.createRun(run, suites);
  await seedJudgments(store, run, seeded);
  return run;
}

/** Writes what of a run is not left out; what is there stays. */
export async function seedJudgments(store: Store, run: Run, seeded: SeededRun): Promise<void> {
  const { suites, judges, repeats = 1, leftOut = () => false } = seeded;
  let position = -1;
  for (const suite of suites) {
    const rows: PlacedJudgment[] = [];
    const responses: { response: Response; position: number }[] = [];
    for (const prompt of suite.prompts) {
      position++;
      if (leftOut(prompt)) continue;
      for (let repeat = 0; repeat < repeats; repeat++) {
        const texts = { baseline: '', candidate: '' };
        for (const role of ['baseline', 'candidate'] as const) {
          texts[role] = (seeded.text ?? meditation)(role, prompt);
          responses.push({ response: responseOf(run, suite, prompt, repeat, role, texts[role]), position });
        }
        for (const judge of judges)
          for (const order of ORDERS)
            rows.push({
              judgment: judgmentOf(run, suite, prompt, repeat, judge, order, texts, seeded),
              position,
              own_texts: false,
            });
      }
    }
    await store.addResponses(responses);
    await store.addJudgments(rows);
  }
}

function responseOf(run: Run, suite: Suite, prompt: Prompt, repeat: number, role: Role, text: string): Response {
  return {
    schema: 'doubleblind/response@1',
    id: responseId(run.id, suite.name, prompt.id, repeat, role),
    run_id: run.id,
    suite: suite.name,
    prompt_id: prompt.id,
    prompt: prompt.prompt,
    repeat,
    role,
    checkpoint: run[role],
    provider: 'openai',
    model: run[role],
    model_served: run[role],
    response: text,
    state: 'answered',
    failure: null,
    stop_reason: 'end',
    input_tokens: 40,
    output_tokens: 90,
    cost_usd: null,
    latency_ms: 800,
    generated_at: '2026-11-21T10:30:00.000Z',
  };
}

/** `opus` is fair; every other judge falls for the first text now and then, and refuses once in a while. */
function judgmentOf(
  run: Run,
  suite: Suite,
  prompt: Prompt,
  repeat: number,
  judge: string,
  order: Order,
  texts: Record<Role, string>,
  { strength, presented = true, scored = false, provider = 'openai' }: SeededRun,
): Judgment {
  // The first answer to a prompt stands for it; further ones differ now and then.
  const drawn = repeat === 0 ? drawAt(7, suite.name, prompt.id) : drawAt(7, suite.name, prompt.id, repeat);
  const wins = drawn < (strength?.[suite.domain] ?? 0.5);
  const fooled = judge !== 'opus' && drawAt(7, judge, prompt.id) < 0.3;
  const failed = judge !== 'opus' && drawAt(7, 'failed', suite.name, prompt.id, order) < 0.01;
  const better: Role = wins ? 'candidate' : 'baseline';
  const tied = drawAt(7, 'tie', suite.name, prompt.id) < 0.08;
  const verdict = tied ? 'tie' : fooled || (order === 'candidate-first') === wins ? 'A' : 'B';
  const winner = unblind(verdict, order);
  const quote = winner === 'tie' ? null : (/[^.*\n]{12,60}/.exec(texts[winner].slice(8))?.[0].trim() ?? null);
  const rationale =
    winner === 'tie'
      ? 'Both stay on the subject.'
      : `It ${better === 'candidate' ? 'lets the reader find the image' : 'answers the prompt plainly'} and does not lecture.`;
  const { baseline: baseline_response, candidate: candidate_response } = texts;
  const { sha256, notes } = presented
    ? present({ template: TEMPLATE, prompt, baseline_response, candidate_response, order, seed: 7 })
    : { sha256: null, notes: [] };
  const coordinates = {
    run_id: run.id,
    suite: suite.name,
    prompt_id: prompt.id,
    repeat,
    judge,
    order,
    replicate: 0,
    canary: null,
  };
  const [a, b] = inOrder(order, texts.baseline, texts.candidate);
  const record = {
    schema: 'doubleblind/judgment@1' as const,
    id: judgmentId(coordinates),
    ...coordinates,
    domain: suite.domain,
    category: prompt.category,
    prompt: prompt.prompt,
    baseline: run.baseline,
    candidate: run.candidate,
    baseline_response,
    candidate_response,
    baseline_stop_reason: 'end',
    candidate_stop_reason: 'end',
    presentation_notes: notes,
    judge_provider: provider,
    judge_model: judge,
    judge_model_served: judge,
    template: REF,
    presentation_sha256: sha256,
    stop_reason: 'end',
    baseline_scores: scored ? scoresOf(judge, prompt, repeat, winner, 'baseline') : null,
    candidate_scores: scored ? scoresOf(judge, prompt, repeat, winner, 'candidate') : null,
    input_tokens: 400 + a.length + b.length,
    output_tokens: 60,
    cached_tokens: 0,
    cost_usd: 0.0034,
    latency_ms: 1900,
    attempts: 1,
    judged_at: run.created_at,
  };
  if (failed) {
    const refusal = { reply: 'I cannot help with that.', rationale: null, quote: null, quote_found_in: null };
    return { ...record, ...refusal, state: 'failed', failure: 'refused', verdict: null, winner: null, score: null };
  }
  return {
    ...record,
    reply: JSON.stringify({ rationale, quote, verdict }),
    state: 'judged',
    failure: null,
    verdict,
    winner,
    score: winner === 'tie' ? 0.5 : winner === 'candidate' ? 1 : 0,
    rationale,
    quote,
    quote_found_in: winner === 'tie' ? null : winner,
  };
}

/** Scores 1 to 5: `clarity` goes to the winner, `restraint` to the candidate, `brevity` to anyone. */
function scoresOf(judge: string, prompt: Prompt, repeat: number, winner: Role | 'tie', role: Role) {
  const chance = (criterion: string) => drawAt(7, judge, prompt.id, repeat, role, criterion);
  const of = (base: number, criterion: string) =>
    Math.min(5, Math.max(1, base + Math.floor(chance(criterion) * 3) - 1));
  return {
    clarity: of(winner === role ? 4 : 3, 'clarity'),
    restraint: of(role === 'candidate' ? 4 : 3, 'restraint'),
    brevity: of(3, 'brevity'),
  };
}
