// The words of doubleblind, and the one shape each record has from database row to export line to page.
//
//   suite         a named list of prompts with a domain
//   prompt        one task put to both checkpoints
//   checkpoint    a model under test, in the role `baseline` or `candidate`
//   response      a checkpoint's answer to a prompt; `repeat` numbers samples of the same prompt from 0
//   comparison    the two responses to one prompt and repeat
//   order         which response is printed first; always stored
//   presentation  what the judge sees: slot A is always the text printed first, B the second
//   verdict       the judge's answer in slot language; winner: the same answer in model language
//   judgment      one judge, one comparison, one order
//   outcome       one judge on one comparison over all its orders
//   tally         one prompt and one judge, all comparisons: what the statistics are made from
//   run           suites × comparisons × judges × orders, with its full configuration
import * as z from 'zod';

/** A name that stands on one line wherever it is shown. */
export const nameSchema = z
  .string()
  .min(1)
  .refine((name) => !/\p{Cc}/u.test(name), 'holds a control character')
  .refine((name) => !/\p{Cs}/u.test(name), 'holds half a surrogate pair, which is no character');

export const DOMAINS = ['in-domain', 'out-of-domain', 'multi-domain'] as const;
export const ROLES = ['baseline', 'candidate'] as const;
export const ORDERS = ['baseline-first', 'candidate-first'] as const;
export const VERDICTS = ['A', 'B', 'tie'] as const;
export const WINNERS = ['baseline', 'candidate', 'tie'] as const;
export const FAILURES = ['refused', 'unreadable', 'truncated', 'contradictory', 'too-long', 'unreachable'] as const;
export const OUTCOMES = ['win', 'loss', 'tie', 'order-dependent', 'failed'] as const;
export const CANARIES = ['identical', 'empty', 'padded', 'injection', 'closing'] as const;
export const STATUSES = ['queued', 'running', 'done', 'stopped', 'cancelled'] as const;

export type Domain = (typeof DOMAINS)[number];
export type Role = (typeof ROLES)[number];
export type Order = (typeof ORDERS)[number];
export type Verdict = (typeof VERDICTS)[number];
export type Winner = (typeof WINNERS)[number];
export type Failure = (typeof FAILURES)[number];
export type Outcome = (typeof OUTCOMES)[number];
export type Canary = (typeof CANARIES)[number];
export type Status = (typeof STATUSES)[number];

// ── suites ──────────────────────────────────────────────────────────────────────────────────────

export const messageSchema = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
});
export type Message = z.infer<typeof messageSchema>;

/** One task. `prompt` is the text, or for `messages` their transcript (`role: content`, blank line between). */
export interface Prompt {
  id: string;
  category: string | null;
  prompt: string;
  messages: Message[] | null;
  system: string | null;
  reference: string | null;
}

export interface Suite {
  name: string;
  domain: Domain;
  description: string | null;
  prompts: Prompt[];
}

// ── judging ─────────────────────────────────────────────────────────────────────────────────────

/**
 * What a judge is handed: messages, and the JSON schema its reply should follow. It has no field that could say who
 * is who.
 */
export interface Presentation {
  messages: Message[];
  reply_schema: Record<string, unknown>;
  /** The same texts in slot language, for judges that are rules and not models. */
  slots: Slots;
  /** SHA-256 (hex) of the canonical JSON of `messages`. */
  sha256: string;
  /** Neutralised markers and cuts, in words; usually empty. */
  notes: string[];
}

/** What stands in the presentation, in slot language: `first` is slot A, `second` slot B. */
export interface Slots {
  prompt: string;
  first: string;
  second: string;
  reference: string | null;
}

/** Why a model stopped, in our words; `null` where the endpoint did not say. */
export const STOP_REASONS = ['end', 'length', 'refusal', 'tool', 'other'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

const text = z.string();
const nullableText = z.string().nullable();
const count = z.number().int().nonnegative();
const scores = z.record(z.string(), z.number()).nullable();

/** One line of `judged.jsonl`, fields in the order they are written. */
export const judgmentSchema = z.object({
  schema: z.literal('doubleblind/judgment@1'),
  id: text,
  run_id: text,
  suite: text,
  domain: z.enum(DOMAINS).nullable(),
  category: nullableText,
  prompt_id: text,
  prompt: nullableText,
  repeat: count,
  replicate: count,
  canary: z.enum(CANARIES).nullable(),
  baseline: text,
  candidate: text,
  baseline_response: nullableText,
  candidate_response: nullableText,
  baseline_stop_reason: nullableText,
  candidate_stop_reason: nullableText,
  presentation_notes: z.array(text),
  judge: text,
  judge_provider: nullableText,
  judge_model: nullableText,
  judge_model_served: nullableText,
  template: nullableText,
  order: z.enum(ORDERS).nullable(),
  presentation_sha256: nullableText,
  reply: nullableText,
  stop_reason: nullableText,
  state: z.enum(['judged', 'failed']),
  failure: z.enum(FAILURES).nullable(),
  verdict: z.enum(VERDICTS).nullable(),
  winner: z.enum(WINNERS).nullable(),
  score: z.number().min(0).max(1).nullable(),
  baseline_scores: scores,
  candidate_scores: scores,
  rationale: nullableText,
  quote: nullableText,
  quote_found_in: z.enum(['baseline', 'candidate', 'both', 'neither']).nullable(),
  input_tokens: count.nullable(),
  output_tokens: count.nullable(),
  cached_tokens: count.nullable(),
  cost_usd: z.number().nonnegative().nullable(),
  latency_ms: z.number().nonnegative().nullable(),
  attempts: count,
  judged_at: nullableText,
});

type JudgmentLine = z.infer<typeof judgmentSchema>;
/** A judgment that has a winner. */
export type Judged = JudgmentLine & { state: 'judged'; failure: null; winner: Winner; score: number };
/** A judgment that failed: never a tie, never a zero; it has no winner to read. */
export type Failed = Omit<JudgmentLine, 'winner' | 'verdict' | 'score'> & {
  state: 'failed';
  failure: Failure;
  verdict: null;
  winner: null;
  score: null;
};
export type Judgment = Judged | Failed;

/** One line of `responses.jsonl`, fields in the order they are written. */
export const responseSchema = z.object({
  schema: z.literal('doubleblind/response@1'),
  id: text,
  run_id: text,
  suite: text,
  prompt_id: text,
  prompt: nullableText,
  repeat: count,
  role: z.enum(ROLES),
  checkpoint: text,
  provider: nullableText,
  model: nullableText,
  model_served: nullableText,
  response: nullableText,
  state: z.enum(['answered', 'failed']),
  failure: z.enum(FAILURES).nullable(),
  stop_reason: nullableText,
  input_tokens: count.nullable(),
  output_tokens: count.nullable(),
  cost_usd: z.number().nonnegative().nullable(),
  latency_ms: z.number().nonnegative().nullable(),
  generated_at: nullableText,
});
export type Response = z.infer<typeof responseSchema>;

// ── models ──────────────────────────────────────────────────────────────────────────────────────

/** What any model under test or judge is asked. */
export interface Ask {
  messages: Message[];
  /** SHA-256 (hex) of the messages where it is known, see `hashOfMessages`. */
  sha256?: string | null;
  /** For repeats: part of the cache key, and a seed for endpoints that take one. */
  repeat: number;
  /** Judges: the reply should follow this JSON schema. */
  reply_schema?: Record<string, unknown>;
  /** Read by judges that are rules and not models; never sent. */
  slots?: Slots;
  /** Runs just before each call, retries included; throws to refuse it (budget reached). */
  admit?: (expected: Expected) => void | Promise<void>;
  /** Told of a call that was let out, when it is no longer under way. */
  returned?: (expected: Expected) => void;
  /** Told what a call has cost as soon as that is known. */
  paid?: (charge: Charge) => void;
  /** Ends waiting for a turn, a pause or another try; a call under way finishes. */
  stopping?: AbortSignal;
}

/** What a call will cost, in US dollars, before it is made. */
export interface Expected {
  usd: number;
  /** As the calls before it cost; false for the first ones, of which it may be far off. */
  known: boolean;
}

/** What a call has cost, in US dollars. */
export interface Charge {
  /** Null when it is unknown. */
  cost_usd: number | null;
  /** What an unknown cost may be, guessed from the texts; null where no price is known either. Kept in no record. */
  guess_usd: number | null;
}

/** What came back, kept whole also when nobody can read it. Durations in milliseconds, tokens counted by the server. */
export interface Answer {
  text: string;
  stop_reason: StopReason | null;
  model_served: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  cost_usd: number | null;
  latency_ms: number | null;
  /** Calls made for this answer, retries included. */
  attempts: number;
}

// ── statistics ──────────────────────────────────────────────────────────────────────────────────

/**
 * One prompt and one judge, over all comparisons of the prompt: the sufficient statistics of a run. Made from records
 * by `tally` and from the store by one query. Canary, retest rows are not in it.
 */
export interface Tally {
  suite: string;
  domain: Domain | null;
  category: string | null;
  prompt_id: string;
  /** Hash of the normalised prompt text: the same prompt twice is one. */
  prompt_hash: string;
  judge: string;
  /** One letter per repeat from 0: `w` win, `l` loss, `t` tie, `o` order-dependent, `f` failed, `-` not judged. */
  outcomes: string;
  /** Per repeat: the comparison's score in 0..1 (mean over its orders), null where the letter is `f` or `-`. */
  scores: (number | null)[];
  /** Comparisons judged in both orders, neither failed: the denominator of position consistency. */
  pairs: number;
  /** Judgments with the baseline printed first: winner candidate, baseline, tie; failed. */
  baseline_first: OrderCounts;
  candidate_first: OrderCounts;
  /** Judgments of imported files that do not state an order. */
  order_unknown: OrderCounts;
  /** Failed judgments by reason. */
  failures: Partial<Record<Failure, number>>;
  /** Sum over comparisons of (candidate − baseline) length in code points, how many had both texts, and the same of lengths. */
  length_difference: number;
  lengths: number;
  baseline_length: number;
  candidate_length: number;
  /** Decisive judgments whose texts differ in length, and those won by the longer text. */
  unequal: number;
  longer_wins: number;
  /** Judged with a quote; those whose quote stands only in the losing response. */
  quotes: number;
  quote_mismatches: number;
  /** Judged with scores on both sides and a decisive winner; those whose mean score favours the loser. */
  rated: number;
  score_contradictions: number;
  /** Criterion → judgments rated, sum of (candidate − baseline), decisive ones with a difference, those whose sign agrees. */
  criteria: Record<string, { n: number; difference: number; decisive: number; agrees: number }>;
}

export interface OrderCounts {
  wins: number;
  losses: number;
  ties: number;
  failed: number;
  /** Sum of the scores of the judged ones, 0..1 each from the candidate's side. */
  score: number;
}

/** Judgments of one judge on one comparison and order, asked again: how often the same winner came back, by prompt. */
export interface Retest {
  judge: string;
  prompt_hash: string;
  n: number;
  same: number;
}

/** Canary judgments of one judge and kind: how many are judged or failed, and how many of them went as they must. */
export interface CanaryTally {
  judge: string;
  kind: Canary;
  n: number;
  passed: number;
}

/** How many judgments a plan asks for in a stratum; the denominator of coverage. */
export interface Due {
  suite: string;
  domain: Domain | null;
  category: string | null;
  judge: string;
  order: Order | null;
  judgments: number;
}

// ── runs ────────────────────────────────────────────────────────────────────────────────────────

/** One experiment. `config` is the configuration as resolved (suites by name and hash; their prompts stand apart). */
export interface Run {
  /** Starts with the UTC time `YYYYMMDD_HHMMSS`. */
  id: string;
  /** Hash of everything that changes what is asked or how it is read. */
  configuration: string;
  name: string;
  purpose: string;
  description: string | null;
  data_purpose: string | null;
  data_path: string | null;
  tags: Record<string, string>;
  baseline: string;
  candidate: string;
  /** Joins the runs of one sweep over candidates. */
  sweep: string | null;
  /** `own`: asked here; `import`: read from judged files. */
  origin: 'own' | 'import';
  status: Status;
  /** Why it stopped, in one line. */
  reason: string | null;
  config: Record<string, unknown>;
  /** Of the first start; a later one is shown as changed after the fact. */
  decision_rule: Record<string, unknown>;
  environment: Record<string, unknown>;
  identities: Record<string, unknown>;
  planned: Planned;
  exports: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
}

/** The size of what is due, canaries and retests included in `judgments`. */
export interface Planned {
  prompts: number;
  comparisons: number;
  responses: number;
  judgments: number;
}

/** What a run has cost and done so far; money is null where a price is unknown. */
export interface Spent {
  cost_usd: number | null;
  /** Records whose price is unknown. */
  unpriced: number;
  calls: number;
  retried: number;
  judged: number;
  failed: number;
  responses: number;
  input_tokens: number;
  output_tokens: number;
}

// ── audit ───────────────────────────────────────────────────────────────────────────────────────

export interface Finding {
  code: string;
  severity: 'error' | 'warning' | 'note';
  file: string | null;
  /** 1-based. */
  line: number | null;
  judgment_id: string | null;
  recorded: string | number | null;
  derived: string | number | null;
  message: string;
}
