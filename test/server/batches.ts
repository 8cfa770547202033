// Batches of both protocols, kept in memory. A batch has ended after a number of polls, so that no test waits for time;
// results come in an order of their own, and single items can fail or expire.
import { sha256 } from '../../src/hash.js';
import { drawAt } from '../../src/random.js';

type Json = Record<string, unknown>;

export interface BatchOptions {
  /** How often a batch is polled until it has ended. */
  polls: number;
  /** Shares of items, 0 to 1. */
  errored: number;
  expired: number;
  /** Share of answers that nobody can read. */
  unreadable: number;
  /** Creates that go through and whose connection is cut before the reply. */
  lose: number;
  /** What a failed item says. */
  error: { status: number; type: string; message: string };
  /** Why every batch fails as a whole; null when none does. */
  fails: { code: string; message: string } | null;
  /** Refuses a create with this status and message. */
  refuses: { status: number; message: string; headers?: Record<string, string> } | null;
  /**
   * Awaited at each step: before a batch is made (`lost` there: the request never arrived), when it is made and not told,
   * at each look, before its results.
   */
  on: (step: BatchStep, batch: Batch | null) => unknown;
  /** What is sent in place of the reply to a create or a look, which takes place all the same; null to send that. */
  page: (step: 'created' | 'look') => string | null;
  /** What is sent in place of the lines of results. */
  spoil: (lines: string[]) => string[];
  /** Lines of results to be sent before the connection is cut, and what is awaited first; null to send all. */
  cut: (batch: Batch) => { lines: number; then: () => Promise<void> } | null;
}
type BatchStep = 'create' | 'created' | 'look' | 'results';
export const BATCH: BatchOptions = {
  polls: 1,
  errored: 0,
  expired: 0,
  unreadable: 0,
  lose: 0,
  error: { status: 500, type: 'api_error', message: 'item failed' },
  fails: null,
  refuses: null,
  on: () => undefined,
  page: () => null,
  spoil: (lines) => lines,
  cut: () => null,
};

export interface BatchItem {
  custom_id: string;
  body: Json;
  /** Hash of what it asks, and how often that had come in a batch before: what becomes of it depends on nothing else. */
  content?: string;
  nth?: number;
}

export interface Batch {
  id: string;
  items: BatchItem[];
  metadata: Record<string, string>;
  created_at: number;
  polled: number;
  cancelled: boolean;
  /** How many of its items are said to be answered before it has ended; Anthropic says of none. */
  answered: number;
}

/** What became of an item. */
export type ItemEnd = 'succeeded' | 'errored' | 'expired' | 'canceled';

export class BatchBook {
  readonly batches: Batch[] = [];
  readonly files = new Map<string, string>();
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly seed: number,
    readonly options: BatchOptions,
    private readonly now: () => number,
  ) {}

  create(items: BatchItem[], metadata: Record<string, string> = {}): Batch {
    const id = `batch_${this.batches.length + 1}`;
    for (const item of items) {
      item.content = sha256(JSON.stringify([item.body['model'], item.body['system'], item.body['messages']]));
      item.nth = this.seen.get(item.content) ?? 0;
      this.seen.set(item.content, item.nth + 1);
    }
    const batch = { id, items, metadata, created_at: this.now(), polled: 0, cancelled: false, answered: 0 };
    this.batches.push(batch);
    return batch;
  }

  find(id: string): Batch | undefined {
    return this.batches.find((batch) => batch.id === id);
  }

  ended(batch: Batch): boolean {
    return batch.cancelled || batch.polled >= this.options.polls;
  }

  end(batch: Batch, item: BatchItem): ItemEnd {
    if (batch.cancelled) return 'canceled';
    const draw = drawAt(this.seed, 'batch', item.content!, item.nth!);
    if (draw < this.options.errored) return 'errored';
    return draw < this.options.errored + this.options.expired ? 'expired' : 'succeeded';
  }

  unreadable(item: BatchItem): boolean {
    return drawAt(this.seed, 'unreadable', item.content!, item.nth!) < this.options.unreadable;
  }

  /** Items in an order that is not theirs. */
  shuffled(batch: Batch): BatchItem[] {
    const at = new Map(batch.items.map((item) => [item, drawAt(this.seed, 'order', batch.id, item.custom_id)]));
    return [...batch.items].sort((a, b) => at.get(a)! - at.get(b)!);
  }

  counts(batch: Batch): Record<ItemEnd, number> {
    const counts = { succeeded: 0, errored: 0, expired: 0, canceled: 0 };
    for (const item of batch.items) counts[this.end(batch, item)]++;
    return counts;
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
const DAY_MS = 86_400_000;

/** A batch as Anthropic describes it. */
export function anthropicBatch(book: BatchBook, batch: Batch, origin: string): Json {
  const ended = book.ended(batch);
  const none = { succeeded: 0, errored: 0, expired: 0, canceled: 0 };
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: ended ? 'ended' : 'in_progress',
    request_counts: { processing: ended ? 0 : batch.items.length, ...(ended ? book.counts(batch) : none) },
    created_at: iso(batch.created_at),
    expires_at: iso(batch.created_at + DAY_MS),
    ended_at: ended ? iso(batch.created_at) : null,
    cancel_initiated_at: batch.cancelled ? iso(batch.created_at) : null,
    archived_at: null,
    results_url: ended ? `${origin}/v1/messages/batches/${batch.id}/results` : null,
  };
}

/** A batch as OpenAI describes it; its output and error files exist once it has ended. */
export function openaiBatch(book: BatchBook, batch: Batch): Json {
  const ended = book.ended(batch);
  const counts = book.counts(batch);
  const completed = ended ? counts.succeeded : batch.answered;
  const failed = counts.errored;
  return {
    id: batch.id,
    object: 'batch',
    endpoint: '/v1/chat/completions',
    status:
      book.options.fails !== null
        ? 'failed'
        : !ended
          ? 'in_progress'
          : batch.cancelled
            ? 'cancelled'
            : counts.expired > 0
              ? 'expired'
              : 'completed',
    created_at: Math.floor(batch.created_at / 1000),
    input_file_id: `file_in_${batch.id}`,
    output_file_id: ended && completed > 0 ? `file_out_${batch.id}` : null,
    error_file_id: ended && failed + counts.expired > 0 ? `file_err_${batch.id}` : null,
    request_counts: { total: batch.items.length, completed, failed: ended ? failed : 0 },
    metadata: batch.metadata,
    errors: book.options.fails === null ? null : { object: 'list', data: [{ ...book.options.fails, line: null }] },
  };
}
