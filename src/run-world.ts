// What carrying out a run needs of the world, how it may be asked for, what is told on the way, and how it ends.
import type { BatchCounts } from './answers.js';
import type { Budget } from './budget.js';
import type { DoubleblindError } from './errors.js';
import type { Exporter } from './export.js';
import type { CacheUse } from './judgment.js';
import type { Models } from './models/index.js';
import type { Plan } from './plan.js';
import type { Expected, Planned, Role } from './records.js';
import type { RecordedFiles } from './responses.js';
import type { Store } from './store/index.js';

export interface World {
  store: Store;
  models: Models;
  /** Milliseconds since the epoch. */
  clock(): number;
  signal: AbortSignal;
  /** Between two looks at open batches; half a minute where nobody says. Ends early when aborted. */
  pause?(signal: AbortSignal): Promise<void>;
  onProgress?(progress: Progress): void;
  onWarning?(warning: { code: string; message: string }): void;
}

export interface RunOptions {
  /** Prompts of each suite. */
  limit?: number | undefined;
  cache?: CacheUse | undefined;
  /** Responses only, of these roles. */
  generate?: Role[] | undefined;
  /** Ask failed judgments again. */
  retryFailed?: boolean | undefined;
  strictResponses?: boolean | undefined;
  allowIdentityMismatch?: boolean | undefined;
  budget_usd?: number | null | undefined;
  /** Judge through the providers' batch services. */
  batch?: boolean | undefined;
  recorded: RecordedFiles;
  /** Digest of each checkpoint's folder; null where unknown. */
  digests: Record<Role, string | null>;
  exporter?: Exporter | undefined;
  /** Asked between prompts; true ends the run early as decided. */
  decided?: (() => Promise<boolean>) | undefined;
  /** Only a part of the run, while others carry out the rest. */
  part?: Part | undefined;
}

/** Some prompts of a run: their responses (`generate` says whose) or the judgments of one judge. */
interface Part {
  plan: Plan;
  positions: readonly number[];
  /** Null: responses only. */
  judge: string | null;
  /** Kept over all parts of the run. */
  budget: Budget;
  /** Runs before each call in place of the budget's own look. */
  admit?: ((expected: Expected) => Promise<void>) | undefined;
  /** No prompt is begun after it; those under way are judged to their end. */
  ending?: AbortSignal | undefined;
}

export interface Progress {
  /** Judgments stored, of all that are due; `failed` are among `done`. */
  done: number;
  due: number;
  failed: number;
  responses: number;
  responses_due: number;
  /** With a guess, where a budget has to be kept, at what answers cost that do not say so. */
  spent_usd: number;
  unpriced: number;
  left_usd: number | null;
  retried: number;
  under_way: number;
  /** Batches that are open at providers; null where none is. */
  batches?: BatchCounts | null;
}

export interface RunEnd {
  status: 'done' | 'stopped' | 'cancelled';
  reason: string | null;
  /** What stopped it from outside (exit code 3), if anything. */
  error: DoubleblindError | null;
  planned: Planned;
  judged: number;
  failed: number;
  /** Judgments that stay due. */
  missing: number;
}
