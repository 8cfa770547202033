// Where records go as they come. What arrives within one turn of the event loop is written together, and acknowledged
// only when the database has it; lines of the export follow, so that no file says more than the store.
import type { Exporter } from './export.js';
import type { CachedAnswer } from './store/cache.js';
import type { PlacedJudgment } from './store/judgment-writes.js';
import type { PlacedResponse } from './store/responses.js';
import type { Store } from './store/index.js';

export class Journal {
  private responses: PlacedResponse[] = [];
  private judgments: PlacedJudgment[] = [];
  private cached = new Map<string, CachedAnswer>();
  private next: Promise<void> | null = null;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Pick<Store, 'addRecords'>,
    private readonly exporter: Exporter | undefined,
  ) {}

  /** Resolves when the response is stored. */
  response(placed: PlacedResponse): Promise<void> {
    this.responses.push(placed);
    return this.written();
  }

  /** Resolves when the judgment is stored. */
  judgment(placed: PlacedJudgment): Promise<void> {
    this.judgments.push(placed);
    return this.written();
  }

  /** Goes along with the next write. */
  keep(answer: CachedAnswer): void {
    this.cached.set(answer.key, answer);
  }

  private written(): Promise<void> {
    this.next ??= this.last = this.afterTurn(this.last);
    return this.next;
  }

  private async afterTurn(before: Promise<void>): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    // One that failed has told those who waited for it.
    await before.catch(() => undefined);
    const { responses, judgments, cached } = this;
    this.responses = [];
    this.judgments = [];
    this.cached = new Map();
    this.next = null;
    await this.store.addRecords({ responses, judgments, cached: [...cached.values()] });
    this.exporter?.append(
      responses.map(({ response }) => response),
      judgments.map(({ judgment }) => judgment),
    );
  }
}
