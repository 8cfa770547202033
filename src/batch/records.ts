// From results to records: the same reading, unblinding, caching and accounting as for live answers. What is recorded and
// what is still due change together, so that a result that is read twice counts once.
import type { BatchRun } from '../batch.js';
import { type Asked, ASKED_AGAIN, judgmentOf, nothingAsked, type Question, read, unanswered } from '../judgment.js';
import { readReply } from '../judging/verdict.js';
import { BATCH_DISCOUNT, type BatchResult, guessOf, type Price, RETRIES } from '../models/index.js';
import type { CachedAnswer } from '../store/cache.js';
import type { BatchItemRow } from '../store/batches.js';

/** A unit of a batch with what its judge was asked. */
export interface Handed {
  row: BatchItemRow;
  question: Question;
  /** Taken from the plan: the store knows nothing of it yet. */
  fresh: boolean;
}

/** What came of units: records to be kept, and rows that go or change with them. */
interface Came {
  done: { question: Question; asked: Asked }[];
  gone: string[];
  again: BatchItemRow[];
  cached: CachedAnswer[];
}

type Own = Pick<BatchRun, 'run' | 'config' | 'world' | 'hands' | 'exporter' | 'onJudgment' | 'onProgress'>;

export class Records {
  /** Output tokens of the longest answer of each judge, and how many have come. */
  readonly outputs = new Map<string, { n: number; longest: number }>();
  private readonly told = new Set<string>();

  constructor(private readonly own: Own) {}

  /** Keeps what a batch says of its units. */
  async settle(results: { handed: Handed; result: BatchResult }[], price: Price): Promise<void> {
    const came = nothing();
    for (const { handed, result } of results) this.take(handed, result, price, came);
    await this.keep(came);
  }

  /** Keeps judgments that were answered from the cache. */
  async cached(done: Came['done']): Promise<void> {
    if (done.length > 0) await this.keep({ ...nothing(), done });
  }

  /** Closes units that are not handed in again: what was received is a record, what was not stays due. */
  async close(units: Handed[]): Promise<void> {
    const came = nothing();
    for (const { row, question } of units) {
      const asked = askedBefore(row, question);
      // Where nothing was said of it in any batch.
      asked.failure ??= 'unreachable';
      came.gone.push(row.id);
      if (asked.answer !== null || row.faults > RETRIES) came.done.push({ question, asked });
    }
    await this.keep(came);
  }

  private take({ row, question }: Handed, result: BatchResult, price: Price, came: Came): void {
    const { hands } = this.own;
    const asked = askedBefore(row, question);
    if (result.state === 'due') {
      const cancelled = result.reason === 'cancelled';
      if (!cancelled) {
        unanswered(asked, 1, price.estimate(0, 0));
        asked.failure = 'unreachable';
        this.tell(row.judge, result.message);
      }
      came.again.push(waiting(row, asked, { faults: row.faults + (cancelled ? 0 : 1) }));
      return;
    }
    if (result.state === 'failed') {
      unanswered(asked, 1, price.estimate(0, 0));
      asked.failure = result.failure;
    } else {
      const { answer } = result;
      const { cost_usd } = answer;
      const guess = cost_usd === null ? guessOf(price, question.ask, answer.text) : null;
      hands.paid({ cost_usd, guess_usd: guess === null ? null : guess * BATCH_DISCOUNT }, row.judge);
      this.measure(row.judge, answer.output_tokens);
      const keep = (entry: CachedAnswer) => void came.cached.push(entry);
      const again = read(question, answer, asked, { keep, now: () => hands.now() });
      if (again && row.unreadable < ASKED_AGAIN) {
        came.again.push(waiting(row, asked, { unreadable: row.unreadable + 1 }));
        return;
      }
    }
    came.done.push({ question, asked });
    came.gone.push(row.id);
  }

  private async keep({ done, gone, again, cached }: Came): Promise<void> {
    const { config, run, hands, world, exporter, onJudgment, onProgress } = this.own;
    const judgments = done.map(({ question, asked }) => ({
      judgment: judgmentOf(question, asked, config, run.id, hands.now()),
      position: question.planned.position,
      own_texts: question.unit.canary !== null,
    }));
    const distinct = [...new Map(cached.map((entry) => [entry.key, entry])).values()];
    await world.store.addRecords({ responses: [], judgments, cached: distinct }, (trx) =>
      world.store.settleItems(trx, gone, again),
    );
    const lines = judgments.map(({ judgment }) => judgment);
    exporter?.append([], lines);
    for (const judgment of lines) onJudgment(judgment);
    onProgress();
  }

  private measure(judge: string, output_tokens: number | null): void {
    const { n, longest } = this.outputs.get(judge) ?? { n: 0, longest: 0 };
    this.outputs.set(judge, { n: n + 1, longest: Math.max(longest, output_tokens ?? 0) });
  }

  /** The first of the faults that units of a judge come back with. */
  private tell(judge: string, message: string): void {
    if (this.told.has(judge)) return;
    this.told.add(judge);
    const line = `${judge}: a batch gave back a judgment unanswered (${message}); such judgments go into the next batch.`;
    this.own.world.onWarning?.({ code: 'BATCH_ITEM_FAILED', message: line });
  }
}

function nothing(): Came {
  return { done: [], gone: [], again: [], cached: [] };
}

/** What was received for a unit before, read again: a reading is never kept. */
function askedBefore(row: BatchItemRow, { template }: Question): Asked {
  if (row.asked === null) return nothingAsked();
  const asked = JSON.parse(row.asked) as Asked;
  return { ...asked, reading: asked.answer === null ? null : readReply(asked.answer, template) };
}

function waiting(row: BatchItemRow, asked: Asked, changes: Partial<BatchItemRow>): BatchItemRow {
  return { ...row, ...changes, batch: null, asked: JSON.stringify({ ...asked, reading: null }) };
}
