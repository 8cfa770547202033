// The tables, typed once for both engines. JSON is stored as text, times as ISO 8601 UTC text, booleans as 0 or 1.
import type { Generated, Kysely } from 'kysely';
import type { Metric } from '../answers.js';

/** The engines a store can stand on. */
export type Engine = 'sqlite' | 'postgres';

/** An open database: what the queries stand on, and the few things that differ between engines. */
export interface Connection {
  engine: Engine;
  db: Kysely<Database>;
  /** The address without a password. */
  name: string;
  size(): Promise<number>;
  ping(): Promise<void>;
  /**
   * Only where statements run in this process (SQLite): does something in one transaction without giving way, unless a
   * transaction is open already, and false then. Through Kysely the turns of the event loop cost more than the write.
   */
  atOnce?(work: (run: RunNow) => void): boolean;
  /** Only there, too: the first row of a query. */
  firstNow?(text: string, parameters: unknown[]): unknown;
}

/** Runs a statement at once and says how many rows it changed. */
export type RunNow = (text: string, parameters: unknown[]) => number;

export interface Database {
  runs: RunsTable;
  run_tags: { run_id: string; key: string; value: string };
  suites: { run_id: string; suite: string; position: number; domain: string | null; description: string | null };
  prompts: PromptsTable;
  responses: ResponsesTable;
  judgments: JudgmentsTable;
  findings: FindingsTable;
  cache: CacheTable;
  holders: HoldersTable;
  checkpoints: CheckpointsTable;
  metrics: MetricsTable;
  review_items: ReviewItemsTable;
  votes: VotesTable;
  certifications: { run_id: string; judge: string; identity: string; certified_at: string; result: string };
  batches: BatchesTable;
  batch_items: BatchItemsTable;
  tallies: { run_id: string; chunk: number; counted: Buffer };
  tallied_runs: TalliedRunsTable;
  untallied: { run_id: string; position: number };
  known_answers: { run_id: string; prompt_id: string; winner: string; group: string };
}

export interface RunsTable {
  id: string;
  configuration: string;
  name: string;
  purpose: string;
  description: string | null;
  data_purpose: string | null;
  data_path: string | null;
  baseline: string;
  candidate: string;
  sweep: string | null;
  origin: string;
  status: string;
  reason: string | null;
  config: string;
  decision_rule: string;
  environment: string;
  identities: string;
  planned: string;
  exports: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** Of a finished run: the serialised answer of its summary, so that nothing is computed twice. */
  summary: string | null;
  /** Hash of `summary`. */
  summary_tag: string | null;
  /** Of a finished run: what the list of runs shows of it, as JSON; kept when a judgment is added later. */
  glance: string | null;
}

/** What is kept of a run beside the tallies of its prompts. */
interface TalliedRunsTable {
  run_id: string;
  /** How often tallies were counted: the same number, the same tallies. */
  version: number;
  /** How many prompts the frame was made of. */
  prompts: number;
  /** Order and identity of the prompts, see frames.ts. */
  frame: Buffer | null;
  /** What the plan asks for by stratum, as JSON, and for which plan that was worked out. */
  due_of: string | null;
  due: string | null;
}

export interface PromptsTable {
  run_id: string;
  suite: string;
  prompt_id: string;
  /** Place among all prompts of the run, suite after suite; the order of exports. */
  position: number;
  domain: string | null;
  category: string | null;
  prompt: string | null;
  messages: string | null;
  system: string | null;
  reference: string | null;
  prompt_hash: string;
}

export interface ResponsesTable {
  id: string;
  run_id: string;
  suite: string;
  prompt_id: string;
  position: number;
  repeat: number;
  role: string;
  checkpoint: string;
  provider: string | null;
  model: string | null;
  model_served: string | null;
  response: string | null;
  state: string;
  failure: string | null;
  stop_reason: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  latency_ms: number | null;
  generated_at: string | null;
}

export interface JudgmentsTable {
  /** Order of arrival: the id of live events. */
  seq: Generated<number>;
  id: string;
  run_id: string;
  suite: string;
  domain: string | null;
  category: string | null;
  prompt_id: string;
  position: number;
  repeat: number;
  replicate: number;
  /** Empty for judgments that are no canary, so that it can stand in a unique key. */
  canary: string;
  judge: string;
  judge_provider: string | null;
  judge_model: string | null;
  judge_model_served: string | null;
  template: string | null;
  order: string | null;
  /** Only where the judge saw other texts than the run's responses: canaries, imported files that disagree. */
  baseline_text: string | null;
  candidate_text: string | null;
  baseline_length: number | null;
  candidate_length: number | null;
  presentation_notes: string;
  presentation_sha256: string | null;
  reply: string | null;
  stop_reason: string | null;
  state: string;
  failure: string | null;
  verdict: string | null;
  winner: string | null;
  score: number | null;
  baseline_scores: string | null;
  candidate_scores: string | null;
  rationale: string | null;
  quote: string | null;
  quote_found_in: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  cost_usd: number | null;
  latency_ms: number | null;
  attempts: number;
  judged_at: string | null;
}

interface FindingsTable {
  run_id: string;
  judgment_id: string | null;
  code: string;
  severity: string;
  message: string;
}

interface CacheTable {
  key: string;
  kind: string;
  model: string;
  answer: string;
  created_at: string;
}

interface HoldersTable {
  run_id: string;
  /** host:pid:start, enough to tell whether the holder still lives. */
  holder: string;
  since: string;
}

interface CheckpointsTable {
  name: string;
  digest: string;
  path: string;
  seen_at: string;
  identity: string;
}

interface MetricsTable extends Omit<Metric, 'sampling'> {
  id: string;
  /** JSON. */
  sampling: string | null;
  imported_at: string;
}

/** One comparison that one person is to review. */
export interface ReviewItemsTable {
  run_id: string;
  position: number;
  repeat: number;
  reviewer: string;
  /** `random`, or the strategy that chose it; only the random ones may correct a win rate. */
  stratum: string;
  /** Place in its stratum's order. */
  place: number;
  /** Which response this reviewer sees as A; drawn by chance, known to nobody outside. */
  order: string;
  /** What stands for the item in a file. */
  token: string;
  created_at: string;
}

/** Every vote as it was given; the newest one is the judgment of `human:<reviewer>`. */
export interface VotesTable {
  seq: Generated<number>;
  run_id: string;
  position: number;
  repeat: number;
  reviewer: string;
  winner: string;
  /** `page` tells what is which after the vote, so that a later vote of this person is not blind; `file` does not. */
  via: string;
  voted_at: string;
}

/** A batch at a provider: an intent until its id is known, open until its last result is recorded. */
export interface BatchesTable {
  id: string;
  run_id: string;
  judge: string;
  /** Null from before it is created until the provider's answer is kept. */
  provider_id: string | null;
  submitted_at: string;
  /** Requests in it, and how many of them the provider has answered. */
  total: number;
  done: number;
  /** Dollars set aside for it. */
  reserved_usd: number;
  ended_at: string | null;
}

/** A judgment that is in a batch or waits for another one, by its id. */
export interface BatchItemsTable {
  id: string;
  run_id: string;
  judge: string;
  position: number;
  /** Null while it waits. */
  batch: string | null;
  /** How often it came back without an answer, and with one that nobody can read. */
  faults: number;
  unreadable: number;
  /** What was received so far, as JSON; null for nothing. */
  asked: string | null;
}
