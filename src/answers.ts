// What the service answers beside records and summaries, and the ledger's commands print with --json: one shape each from
// where it is made to the page.
import type {
  Domain,
  Due,
  Finding,
  Judgment,
  Message,
  Outcome,
  Prompt,
  Role,
  Run,
  Spent,
  Verdict,
  Winner,
} from './records.js';
import type { DomainDecision, Estimate, Group, Interval, Look, Rate, Warning } from './summary.js';

// ── runs ────────────────────────────────────────────────────────────────────────────────────────

export interface Progress {
  judged: number;
  failed: number;
  due: number;
}

/** Batches that are open at providers: their number, their requests, and how many of those are answered. */
export interface BatchCounts {
  open: number;
  done: number;
  total: number;
}

/** The open batches of a run, together and by judge. */
export interface OpenBatches extends BatchCounts {
  /** By name; `since`: when the oldest that is open was handed in. */
  judges: ({ judge: string; since: string } & BatchCounts)[];
}

/** What is told while a run goes on. */
export interface LiveProgress extends Progress {
  per_second: number | null;
  left_ms: number | null;
  spent_usd: number | null;
  /** Null when none is open. */
  batches: OpenBatches | null;
}

export interface RunDecision {
  sentence: string;
  domains: Partial<
    Record<
      Domain,
      {
        verdict: DomainDecision['verdict'];
        win_rate: number | null;
        low: number | null;
        high: number | null;
        n_prompts: number;
      }
    >
  >;
}

/** What the list of runs shows of a finished run; kept with its summary. */
export interface Glance {
  progress: Progress;
  /** Null until the run has finished. */
  decision: RunDecision | null;
}

/** A row of the list of runs. */
export type RunItem = Omit<Run, 'config' | 'decision_rule' | 'environment' | 'identities'> &
  Glance & {
    /** Names of its judges that are rules and no models. */
    offline_judges: string[];
  };

/** What a judge or a checkpoint was asked in a suite. */
export interface Cost {
  kind: 'judge' | 'checkpoint';
  name: string;
  suite: string;
  records: number;
  calls: number;
  cost_usd: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  latency_ms: number | null;
}

/** How many findings of a code there are. */
export interface FindingCount extends Pick<Finding, 'code' | 'severity'> {
  n: number;
}

export interface RunDetail extends Run, Glance {
  spent: Spent;
  costs: readonly Cost[];
  /** What is stored: the choices of the filters. */
  strata: Due[];
  /** Of the last audit. */
  findings: FindingCount[];
  /** Which process carries it out. */
  holder: string | null;
  /** Null when none is open. */
  batches: OpenBatches | null;
}

// ── judgments ───────────────────────────────────────────────────────────────────────────────────

/** A row of the list of judgments; long texts are cut. */
export type JudgmentItem = Judgment & {
  /** Of this comparison, by every judge of it. */
  outcomes: Record<string, Outcome>;
  /** Codes of findings of the last audit. */
  findings: string[];
  excerpted: boolean;
};

/** Another judgment of the same comparison; its texts are those of the judgment it stands beside. */
export type Sibling = Omit<Judgment, 'prompt' | 'baseline_response' | 'candidate_response'>;

/** One step from the order to the winner, in words. `holds`: it came out again; null where that cannot be told. */
export interface Step {
  step: 'order' | 'presentation' | 'reply' | 'winner' | 'quote';
  says: string;
  holds: boolean | null;
}

/** A field that the stored parts do not bear out. */
export interface Difference {
  field: keyof Judgment;
  recorded: unknown;
  derived: unknown;
}

/** A judgment with everything that shows how it came about. */
export interface Evidence {
  judgment: Judgment;
  prompt: Pick<Prompt, 'prompt' | 'messages' | 'system' | 'reference'> | null;
  /** What the judge was sent, rendered again; null with a `reason`. */
  messages: Message[] | null;
  reason: string | null;
  /** Whether the rendered messages have the recorded SHA-256; null when there is none to compare. */
  presentation_matches: boolean | null;
  /** Which response stood in which slot; null where no order is stated. */
  slots: { A: Role; B: Role } | null;
  trace: Step[];
  differences: Difference[];
  other_orders: Sibling[];
  other_judges: Sibling[];
  people: Sibling[];
  /** The same judge and order, asked again. */
  retests: Sibling[];
  findings: Pick<Finding, 'code' | 'severity' | 'message'>[];
}

// ── blind review ────────────────────────────────────────────────────────────────────────────────

/** What a reviewer sees before the vote: no other text. */
export interface BlindPair {
  token: string;
  prompt: string;
  response_a: string;
  response_b: string;
  progress: { done: number; total: number };
}

/** What a reviewer sees after it. */
export interface Reveal {
  judgment_id: string;
  verdict: Verdict;
  winner: Winner;
  a: Role;
  b: Role;
  baseline: string;
  candidate: string;
  suite: string;
  category: string | null;
  prompt_id: string;
  repeat: number;
  /** What the other judges said of this comparison, people too. */
  judges: Pick<Judgment, 'id' | 'judge' | 'order' | 'state' | 'failure' | 'winner' | 'rationale'>[];
  progress: { done: number; total: number };
}

// ── several runs ────────────────────────────────────────────────────────────────────────────────

/** What holds of a run whose numbers were looked at before its planned end, where its intervals do not. */
export interface Early {
  code: 'STOPPED_EARLY' | 'NOT_FINAL';
  /** In one line, with the confidence sequence. */
  message: string;
  /** Of the domains that are asked for. */
  sequence: Look[];
}

export interface LeaderboardRow {
  board: number;
  /** 1 is the best of the board; null where nothing ranks it. */
  rank: number | null;
  checkpoint: string;
  baseline: string;
  run_id: string;
  /** Runs of the same configuration; the newest is shown. */
  runs: number;
  purpose: string;
  win_rate: Rate;
  interval: Interval | null;
  n_prompts: number;
  /** Bradley-Terry log strength with its interval and ranks, where candidates met each other. */
  strength: { log_strength: number; low: number; high: number; ranks: [number, number] } | null;
  /** Paired sign-flip against the first of the board, adjusted by Holm; null for the first and without shared prompts. */
  p_against_first: number | null;
  /** Null for a run that went to its planned end. */
  early: Early | null;
}

/** Runs of the same suites, judges and templates; across boards nothing is ranked. */
export interface Board {
  board: number;
  by: 'win rate' | 'Bradley-Terry' | 'nothing';
  suites: string[];
  judges: string[];
  /** Those of its judges that are rules and no models. */
  offline_judges: string[];
  templates: string[];
  baselines: string[];
  /** Why it stands apart from the first board, or why nothing ranks it. */
  why: string[];
}

export interface Leaderboard {
  items: LeaderboardRow[];
  next_cursor: null;
  boards: Board[];
  left_out: { run_id: string; why: string }[];
}

export interface Matter {
  what: 'judges' | 'template' | 'suites' | 'baseline' | 'baseline responses';
  /** Null where the runs do not tell. */
  same: boolean | null;
  /** One sentence that names the values. */
  message: string;
}

export interface PairedTest {
  group: Group;
  n_prompts: number;
  /** Win rates on the shared prompts, 0..1; null without any. */
  first: number | null;
  second: number | null;
  /** second − first, −1..1. */
  difference: number | null;
  permutation: { p_value: number; p_adjusted: number | null } | { reason: string };
  paired_t: { t: number; df: number; p_value: number } | { reason: string };
  bootstrap:
    | { low: number; high: number; level: number; resamples: 'exact' | number; seed: number; degenerate: boolean }
    | { reason: string };
}

export interface Unmatched {
  /** Place of the run among those compared that has the prompt; another of them has not. */
  run: number;
  suite: string;
  prompt_id: string;
}

export interface ComparedMetric {
  metric: 'win_rate';
  group: Group;
  /** In the order of the runs; null where a run has no such group. */
  values: (Pick<Estimate, 'win_rate' | 'interval' | 'n_prompts' | 'size'> | null)[];
}

export interface Comparison {
  runs: Pick<
    RunItem,
    'id' | 'name' | 'purpose' | 'baseline' | 'candidate' | 'status' | 'tags' | 'created_at' | 'offline_judges'
  >[];
  /** False when judges, template, suites or baseline differ: then a difference of candidates is not all that is seen. */
  comparable: boolean;
  matters: Matter[];
  configuration: { key: string; values: unknown[] }[];
  metrics: ComparedMetric[];
  /** Each later side against the first. */
  tests: { first: string; second: string; groups: PairedTest[] }[];
  /** Sides of the tests: run ids, or values of the tag with the runs that have them. */
  sides: { name: string; runs: string[] }[];
  unmatched: Unmatched[];
  /** Runs that were looked at before their planned end. */
  early: ({ run: string } & Early)[];
}

// ── a sweep over training steps ─────────────────────────────────────────────────────────────────

export interface CurveStep {
  step: number;
  epoch: number | null;
  run_id: string;
  candidate: string;
  status: Run['status'];
  digest: string | null;
  /** Training and validation loss last taken at or before the step. */
  loss: number | null;
  eval_loss: number | null;
  /** Imported metrics of this checkpoint and step. */
  metrics: Record<string, number>;
}

interface CurvePoint {
  step: number;
  run_id: string;
  /** Mean over the prompts that every step was judged on, 0..1. */
  win_rate: number;
  /** Of the run by itself: the interval that its own page shows. */
  pointwise: Interval | null;
  /** Holds for all steps at once. */
  low: number;
  high: number;
}

export interface Curve {
  group: Group;
  n_prompts: number;
  points: CurvePoint[];
  /** Standard errors that the band reaches to each side; 1.96 would be the pointwise one. */
  critical: number | null;
  best_step: number | null;
  /** The earliest step within the band of the best. */
  step_to_keep: number | null;
  /** Win-rate points a thousand steps, prompts resampled. */
  slope_per_1000_steps: { slope: number; low: number; high: number } | null;
  sentence: string;
  reason: string | null;
}

export interface SweepCurve {
  sweep: string;
  name: string;
  baseline: string;
  level: number;
  steps: CurveStep[];
  /** Overall first, then the domains. */
  curves: Curve[];
  /** The whole log of the training, for the picture beside. */
  losses: Pick<CurveStep, 'step' | 'epoch' | 'loss' | 'eval_loss'>[];
  warnings: { code: string; message: string }[];
}

// ── what other programs measured ────────────────────────────────────────────────────────────────

/** One number of one checkpoint. */
export interface Metric {
  /** The training run or model that was measured. */
  checkpoint: string;
  /** Training step; 0 is the model before training, null where the source does not say. */
  step: number | null;
  /** Name as measured, `<dataset>/<column>` where the source names a dataset; see `renameMetrics`. */
  metric: string;
  value: number;
  /** The file it was read from. */
  source: string;
  /** Rows that the value is the mean of. */
  n: number;
  /** Sampling of the benchmark where known: temperature, top_p, samples a question. */
  sampling: { temperature: number; top_p: number; samples: number } | null;
}

// ── audit ──────────────────────────────────────────────────────────────────────────────────────────

export interface AuditCounts {
  wins: number;
  losses: number;
  ties: number;
  failed: number;
  win_rate: number | null;
}

export interface AuditReport {
  files?: string[];
  run?: string;
  rows: number;
  judged: number;
  checks: { code: string; checked: number; failed: number; unverifiable: number }[];
  findings: Finding[];
  recorded: AuditCounts;
  derived: AuditCounts;
  order_recovered: Record<string, unknown> | null;
  /** What a reader must know beside the findings: offline judges. */
  warnings: Warning[];
}
