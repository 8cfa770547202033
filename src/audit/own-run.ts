// What one of our own runs says of itself, beside its judgments: configuration, suites, responses, summary. Read from
// the store or from an export folder alone, so that a copy without a database proves the same.
import { dirname } from 'node:path';
import type { RunConfig } from '../config.js';
import { configOf, configurationHash } from '../configuration.js';
import { limitOf, type Plan, planOf } from '../plan.js';
import type { Response, Role, Run, Suite } from '../records.js';
import { readResponses, readRunDocument, readSummary } from '../run-document.js';
import type { Store } from '../store/index.js';
import { responseId } from '../store/responses.js';
import type { Summary } from '../summary.js';

export interface OwnRun {
  run: Run;
  suites: Suite[];
  /** What its `run.json` says is due; undefined without one. */
  due?: unknown;
  config: RunConfig;
  /** Hash of the configuration as it stands. */
  configuration: string;
  plan: Plan;
  /** `suite\0prompt_id` → place of the prompt. */
  positions: Map<string, number>;
  /** What each response is, by coordinate. */
  responses: Map<string, StoredResponse>;
  /** As kept or exported; null when the run has not ended. */
  summary: Summary | null;
  /** Fields of responses that the run does not bear out. */
  false_responses: FalseResponse[];
}

interface FalseResponse {
  /** In the order of exports, from 1. */
  line: number;
  /** `suite/prompt_id`, repeat and role, in words. */
  of: string;
  field: keyof Response;
  recorded: string | number | null;
  derived: string | number | null;
}

interface StoredResponse {
  text: string | null;
  stop_reason: string | null;
  checkpoint: string;
  state: Response['state'];
}

/** Key of a response. */
export function coordinate(at: { suite: string; prompt_id: string; repeat: number }, role: Role): string {
  return `${at.suite}\0${at.prompt_id}\0${at.repeat}\0${role}`;
}

/** The run that the folder of a judged file describes; null where no `run.json` of ours stands beside it. */
export async function ownRunOfFolder(judged: string): Promise<OwnRun | null> {
  const folder = dirname(judged);
  if (!judged.endsWith('judged.jsonl')) return null;
  const document = await readRunDocument(folder);
  if (document === null || !isOwn(document.run)) return null;
  const { run, suites, due } = document;
  return { ...(await describe(run, suites, readResponses(folder), await readSummary(folder))), due };
}

/** Whether a run was asked here: its configuration names its judges, whatever its `origin` says by now. */
export function isOwn(run: Run): boolean {
  return run.origin === 'own' || Array.isArray(run.config['judges']);
}

/** A stored run with its kept summary. */
export async function ownRunOfStore(store: Store, run: Run, summary: Summary | null): Promise<OwnRun> {
  return describe(run, await store.suites(run.id), store.allResponses(run.id), summary);
}

async function describe(
  run: Run,
  suites: Suite[],
  responses: AsyncIterable<Response>,
  summary: Summary | null,
): Promise<OwnRun> {
  const { config, plan, configuration } = planned(run, suites);
  const positions = new Map<string, number>();
  let position = 0;
  for (const suite of suites)
    for (const prompt of suite.prompts) positions.set(`${suite.name}\0${prompt.id}`, position++);
  const known = new Map<string, StoredResponse>();
  const false_responses: FalseResponse[] = [];
  let line = 0;
  for await (const response of responses) {
    line++;
    const { response: text, stop_reason, checkpoint, state, suite, prompt_id, repeat, role } = response;
    const at = coordinate(response, role);
    const position = positions.get(`${suite}\0${prompt_id}`);
    const prompt = position === undefined ? null : plan.at(position).prompt;
    const expected = known.has(at) || prompt === null ? { id: null } : expectedOf(response, run, config, prompt.prompt);
    for (const [field, derived] of Object.entries(expected) as [keyof Response, string | null][]) {
      if (response[field] === derived || false_responses.length >= MOST) continue;
      const of = `${suite}/${prompt_id}, repeat ${repeat}, ${role}`;
      false_responses.push({ line, of, field, recorded: shortened(response[field]), derived: shortened(derived) });
    }
    if (!known.has(at)) known.set(at, { text, stop_reason, checkpoint, state });
  }
  return {
    run,
    suites,
    config,
    configuration,
    plan,
    positions,
    responses: known,
    summary,
    false_responses,
  };
}

/** A run whose stored configuration no plan can be made from: nothing that rests on it can be looked at. */
export class Unplannable extends Error {
  override name = 'Unplannable';
}

function planned(run: Run, suites: Suite[]): Pick<OwnRun, 'config' | 'configuration' | 'plan'> {
  const content = (run.identities['content'] ?? {}) as Parameters<typeof configurationHash>[1];
  try {
    const config = configOf(run, suites);
    return { config, configuration: configurationHash(config, content), plan: planOf(config, limitOf(run)) };
  } catch (cause) {
    throw new Unplannable((cause as Error).message, { cause });
  }
}

/** False fields of responses that are named; the rest are of the same making. */
const MOST = 50;

const shortened = (value: unknown): string | number | null =>
  typeof value === 'string' ? value.slice(0, 200) : typeof value === 'number' ? value : null;

/** What the run says of a response. */
function expectedOf(response: Response, run: Run, config: RunConfig, prompt: string): Partial<Response> {
  const { suite, prompt_id, repeat, role } = response;
  const { name, provider, model } = config[role];
  const answered = response.failure === null && response.response !== null;
  return {
    id: responseId(run.id, suite, prompt_id, repeat, role),
    run_id: run.id,
    prompt,
    checkpoint: name,
    provider,
    // A recorded file may say itself which model answered.
    ...(provider === 'recorded' ? {} : { model: model ?? null }),
    state: answered ? 'answered' : 'failed',
  };
}
