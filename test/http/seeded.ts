// A store with runs in it and the service over it, for the tests of this folder: three suites, two judges that ask in
// both orders, one retest, one canary, one failed judgment; everything follows from the coordinates.
import type { RunConfig } from '../../src/config.js';
import { configDocument } from '../../src/configuration.js';
import { type Engine } from '../../src/http/engine.js';
import { openMetrics } from '../../src/http/metrics.js';
import { RequestRefused } from '../../src/http/problem.js';
import { type App, buildServer, type ServerOptions } from '../../src/http/server.js';
import { canaryTexts } from '../../src/judging/canaries.js';
import { unblind } from '../../src/judging/present.js';
import { parseTemplate } from '../../src/judging/template.js';
import { readText } from '../../src/jsonl.js';
import { presentationOf } from '../../src/judgment.js';
import { planOf, type Unit } from '../../src/plan.js';
import type { Domain, Judgment, Response, Run, Suite, Verdict } from '../../src/records.js';
import { judgmentId, type PlacedJudgment } from '../../src/store/judgment-writes.js';
import { openStore, type Store } from '../../src/store/index.js';
import { responseId } from '../../src/store/responses.js';
import { freshDatabase } from '../stores.js';

const DOMAINS: Domain[] = ['in-domain', 'out-of-domain', 'multi-domain'];

export interface Seed {
  id?: string;
  status?: Run['status'];
  /** Prompts of each suite; unequal by default. */
  prompts?: number[];
  purpose?: string;
  tags?: Record<string, string>;
  orders?: RunConfig['orders'];
  /** Text of the candidate's responses. */
  candidateText?: (prompt: string) => string;
}

/** A finished run (or one of another status) with its judgments; its record. */
export async function seedRun(store: Store, seed: Seed = {}): Promise<Run> {
  const { id = '20261121_103000-ab12', prompts = [7, 4, 2], status = 'done' } = seed;
  const text = await readText(new URL('../../prompts/pairwise.md', import.meta.url).pathname);
  const template = parseTemplate(text, 'prompts/pairwise.md');
  const ref = `prompts/pairwise.md@${template.hash.slice(0, 12)}`;
  const suites: Suite[] = prompts.map((n, i) => ({
    name: `suite-${i + 1}`,
    domain: DOMAINS[i % 3]!,
    description: null,
    prompts: Array.from({ length: n }, (_, k) => ({
      id: `p${k}`,
      category: k % 2 === 0 ? 'even' : 'odd',
      prompt: `Question ${k} of suite ${i + 1}?`,
      messages: null,
      system: null,
      reference: null,
    })),
  }));
  const judge = (name: string) => ({
    name,
    provider: 'openai' as const,
    model: `${name}-model`,
    api: 'chat' as const,
    share: 1,
    template: ref,
  });
  const config = {
    name: 'seeded',
    purpose: seed.purpose ?? 'baseline_comparison',
    seed: 7,
    suites,
    baseline: { name: 'base-model-x', provider: 'openai', model: 'base-x', api: 'chat' },
    candidate: { name: 'tuned-model-y', provider: 'openai', model: 'tuned-y', api: 'chat' },
    sampling: { repeats: 1 },
    judges: [judge('first-judge'), judge('second-judge')],
    templates: { [ref]: template },
    orders: seed.orders ?? 'both',
    canaries: true,
    retest: 0.2,
    margin: {},
    level: 0.95,
  } as unknown as RunConfig;
  const plan = planOf(config);
  const run: Run = {
    id,
    configuration: `configuration-${id}`,
    name: 'seeded',
    purpose: config.purpose,
    description: null,
    data_purpose: null,
    data_path: null,
    tags: seed.tags ?? {},
    baseline: 'base-model-x',
    candidate: 'tuned-model-y',
    sweep: null,
    origin: 'own',
    status,
    reason: null,
    config: configDocument(config),
    decision_rule: { margin: {}, level: 0.95, stop: null, limit: null },
    environment: {},
    identities: {},
    planned: plan.size,
    exports: null,
    created_at: '2026-11-21T10:30:00.000Z',
    started_at: '2026-11-21T10:30:01.000Z',
    ended_at: status === 'running' ? null : '2026-11-21T10:40:00.000Z',
  };
  await store.createRun(run, suites);
  const responses: { response: Response; position: number }[] = [];
  const judgments: PlacedJudgment[] = [];
  for (let position = 0; position < plan.order.length; position++) {
    const { suite, prompt } = plan.at(position);
    const texts = {
      baseline: `A plain answer to: ${prompt.prompt}`,
      candidate: seed.candidateText?.(prompt.prompt) ?? `A considered, longer answer to: ${prompt.prompt}`,
    };
    for (const role of ['baseline', 'candidate'] as const) {
      responses.push({ response: responseOf(run, suite, prompt.id, prompt.prompt, role, texts[role]), position });
    }
    for (const unit of plan.units(position)) {
      const shown = unit.canary === null ? texts : canaryTexts(unit.canary, texts);
      const presentation = presentationOf(template, prompt, shown, unit.order, 7);
      judgments.push({
        judgment: judgmentOf(run, unit, position, prompt.prompt, shown, presentation.sha256!, ref),
        position,
        own_texts: unit.canary !== null,
      });
    }
  }
  await store.addResponses(responses);
  await store.addJudgments(judgments);
  return (await store.run(id))!;
}

function responseOf(
  run: Run,
  suite: string,
  promptId: string,
  prompt: string,
  role: 'baseline' | 'candidate',
  text: string,
): Response {
  return {
    schema: 'doubleblind/response@1',
    id: responseId(run.id, suite, promptId, 0, role),
    run_id: run.id,
    suite,
    prompt_id: promptId,
    prompt,
    repeat: 0,
    role,
    checkpoint: run[role],
    provider: 'openai',
    model: 'm',
    model_served: 'm',
    response: text,
    state: 'answered',
    failure: null,
    stop_reason: 'end',
    input_tokens: 10,
    output_tokens: 20,
    cost_usd: 0.001,
    latency_ms: 12,
    generated_at: '2026-11-21T10:31:00.000Z',
  };
}

/** The first judge prefers the candidate but follows the slot on every third prompt; one of its judgments fails. */
function judgmentOf(
  run: Run,
  unit: Unit,
  position: number,
  prompt: string,
  texts: { baseline: string; candidate: string },
  sha256: string,
  template: string,
): Judgment {
  const plain = unit.canary === null && unit.replicate === 0;
  const judged = !(plain && unit.judge === 'first-judge' && position === 1 && unit.order === 'baseline-first');
  const forCandidate: Verdict = unit.order === 'candidate-first' ? 'A' : 'B';
  const verdict: Verdict =
    unit.judge === 'first-judge' && position % 3 === 0 ? 'A' : position % 5 === 4 ? 'tie' : forCandidate;
  const reply = !judged
    ? 'I would rather not say.'
    : JSON.stringify({ rationale: `Reasons for ${prompt}`, quote: '', verdict });
  const winner = judged ? unblind(verdict, unit.order) : null;
  return {
    schema: 'doubleblind/judgment@1',
    id: judgmentId({ run_id: run.id, ...unit }),
    run_id: run.id,
    ...unit,
    prompt,
    baseline: run.baseline,
    candidate: run.candidate,
    baseline_response: texts.baseline,
    candidate_response: texts.candidate,
    baseline_stop_reason: 'end',
    candidate_stop_reason: 'end',
    presentation_notes: [],
    judge_provider: 'openai',
    judge_model: `${unit.judge}-model`,
    judge_model_served: `${unit.judge}-served`,
    template,
    presentation_sha256: sha256,
    reply,
    stop_reason: 'end',
    state: judged ? 'judged' : 'failed',
    failure: judged ? null : 'unreadable',
    verdict: judged ? verdict : null,
    winner,
    score: winner === null ? null : winner === 'candidate' ? 1 : winner === 'tie' ? 0.5 : 0,
    baseline_scores: null,
    candidate_scores: null,
    rationale: judged ? `Reasons for ${prompt}` : null,
    quote: null,
    quote_found_in: null,
    input_tokens: 100,
    output_tokens: 30,
    cached_tokens: 0,
    cost_usd: 0.002,
    latency_ms: 40,
    attempts: 1,
    judged_at: '2026-11-21T10:32:00.000Z',
  } as Judgment;
}

/** An engine that carries out nothing; what it was asked stands in `asked`. */
export function idleEngine(store: Store, over: Partial<Engine> = {}): Engine & { asked: unknown[] } {
  const asked: unknown[] = [];
  const known = async (id: string) => (await store.run(id))!;
  return {
    asked,
    start: (body) => {
      asked.push(body);
      return Promise.reject(new RequestRefused('NOT_AVAILABLE', 'this engine starts nothing.'));
    },
    cancel: known,
    resume: known,
    progress: () => null,
    waiting: () => 0,
    recover: () => Promise.resolve([]),
    stop: () => Promise.resolve(),
    ...over,
  };
}

export interface Service {
  store: Store;
  app: App;
  close(): Promise<void>;
}

/** The service over a fresh store in memory. */
export async function service(options: Partial<ServerOptions> = {}): Promise<Service> {
  const store = options.store ?? (await openStore(await freshDatabase()));
  const engine = options.engine ?? idleEngine(store);
  const app = await buildServer({
    host: '127.0.0.1',
    token: null,
    version: '0.0.0',
    webRoot: null,
    metrics: openMetrics(() => engine.waiting()),
    eventInterval: 5,
    ...options,
    store,
    engine,
  });
  return {
    store,
    app,
    close: async () => {
      await app.close();
      await store.close();
    },
  };
}
