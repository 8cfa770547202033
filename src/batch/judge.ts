// The batches of one judge: handed in as far as the budget goes, found again, looked at, read, called off. An intent is
// stored before a batch is created and its id right after, so that no batch is lost and none is paid twice.
import type { BatchRun } from '../batch.js';
import type { Judge } from '../run-file.js';
import { budgetReached } from '../budget.js';
import { hashOf } from '../hash.js';
import {
  BATCH_DISCOUNT,
  type Batches,
  type BatchItem,
  BatchRefused,
  type BatchResult,
  type BatchStatus,
  ModelFailure,
  Portion,
  type Price,
  RETRIES,
} from '../models/index.js';
import type { Ask } from '../records.js';
import type { BatchCounts } from '../answers.js';
import type { BatchItemRow, BatchRow } from '../store/batches.js';
import { batchRow, customId, type Open, opened } from './open.js';
import type { Handed, Records } from './records.js';
import type { Units } from './units.js';

export interface JudgeWorld extends Pick<BatchRun, 'run' | 'world' | 'hands' | 'budget' | 'onProgress'> {
  /** Between two looks; ends early when aborted. */
  pause(signal: AbortSignal): Promise<void>;
  /** Aborted when another judge met something that ends the run. */
  broken: AbortSignal;
  /** Whether open batches are to be cancelled. */
  calledOff(): boolean;
  /** Whether what is due then is asked live, so that no batch may be left behind. */
  goesOnLive(): boolean;
  /** Whether any judge still has an open batch. */
  othersOpen(): boolean;
  /** A batch has been read. */
  ended(): Promise<void>;
}

/** Results that are recorded together. */
const CHUNK = 200;
/** A batch the service does not know is given up when it is older than any service keeps one open. */
const LONGEST_LIFE_MS = 2 * 86_400_000;
/** Looks that must miss an intent: a service that has just taken a batch may list it a moment later. */
const MISSES = 2;
/** Answers after which the longest of them says how much is set aside for one. */
const ENOUGH = 20;
/** Output tokens that are set aside for an answer where nothing limits it. */
const OUTPUT_TOKENS = 4096;
/** A token is seldom less than three bytes of text. */
const BYTES_PER_TOKEN = 3;

export class JudgeBatches {
  readonly name: string;
  private open: Open[] = [];
  private service: Batches | null = null;
  private price: Price | null = null;
  private fresh: AsyncGenerator<Handed> | null = null;
  /** Taken from the plan and not handed in yet, because it did not fit. */
  private held: Handed[] = [];
  /** Creates in a row that came to nothing. */
  private lost = { times: 0, message: '' };
  /** Requests of a batch at most, once the service has said that there are too many in line. */
  private most = Infinity;
  private made = 0;
  private toldOfWait = false;

  constructor(
    private readonly judge: Judge,
    private readonly units: Units,
    private readonly records: Records,
    private readonly own: JudgeWorld,
  ) {
    this.name = judge.name;
  }

  get progress(): BatchCounts {
    const sum = (of: (row: Open) => number) => this.open.reduce((n, row) => n + of(row), 0);
    return { open: this.open.length, done: sum(({ done }) => done), total: sum(({ total }) => total) };
  }

  begin(rows: BatchRow[]): void {
    this.open = rows.map((row) => opened(row, true));
    for (const { reserved_usd } of rows) this.own.budget.reserved_usd += reserved_usd;
  }

  /** Until nothing is due or open, or the run is left. @throws ModelFailure, BUDGET_REACHED */
  async carryOut(): Promise<void> {
    const { budget, broken, calledOff, othersOpen, world } = this.own;
    this.made = await world.store.batchesMade(this.own.run.id);
    try {
      while (!this.left) {
        if (calledOff()) await this.callOff();
        const fits = calledOff() || (await this.handIn());
        if (this.open.length === 0) {
          if (fits) break;
          if (!othersOpen()) throw budgetReached(budget);
        } else if (await this.look()) continue;
        await this.own.pause(this.giveUp);
      }
    } finally {
      // What waits for a batch that nobody will make.
      if (!broken.aborted) await this.units.close();
      // Whoever waits for others to end need not wait for these: they are found again when the run goes on.
      this.open = [];
    }
  }

  /** Stopped by something other than a person: what is open is found again later. */
  private get left(): boolean {
    const { broken, calledOff, world } = this.own;
    return broken.aborted || (world.signal.aborted && !calledOff());
  }

  /** Ends what may wait. A run that is stopped already still waits for its batches to be cancelled. */
  private get giveUp(): AbortSignal {
    const { broken, world } = this.own;
    return world.signal.aborted ? broken : AbortSignal.any([broken, world.signal]);
  }

  /** Whether something was thrown because it was given up. */
  private givenUp(error: unknown): boolean {
    const { broken, world } = this.own;
    return [broken, world.signal].some(({ aborted, reason }) => aborted && reason === error);
  }

  // ── handing in ────────────────────────────────────────────────────────────────────────────────

  /** Hands in what is due; false when the budget leaves something for later. */
  private async handIn(): Promise<boolean> {
    for (;;) {
      // Whether an intent went through is to be known before the next one.
      const blocked = this.open.some(({ provider_id }) => provider_id === null);
      if (blocked || this.left || this.own.calledOff()) return true;
      if (this.most < Infinity && this.open.length > 0) return true;
      const { handed, usd, short } = await this.portion();
      if (handed.length > 0) await this.create(handed, usd);
      else return !short;
    }
  }

  /** As much of what is due as one batch and the budget take. */
  private async portion(): Promise<{ handed: Handed[]; usd: number; short: boolean }> {
    const { budget } = this.own;
    const portion = new Portion(this.judge.provider, this.most);
    const handed: Handed[] = [];
    let usd = 0;
    for await (const one of this.due()) {
      const { ask } = one.question;
      const cost = budget.limit_usd === null ? 0 : await this.costOf(ask);
      const short = !budget.fits(cost);
      if (short || !portion.takes(ask)) {
        // What waits in the store is found there again.
        if (one.fresh) this.held.unshift(one);
        return { handed, usd, short };
      }
      budget.reserved_usd += cost;
      usd += cost;
      handed.push(one);
    }
    return { handed, usd, short: false };
  }

  private async *due(): AsyncGenerator<Handed> {
    yield* this.units.waiting();
    while (this.held.length > 0) yield this.held.shift()!;
    this.fresh ??= this.units.fresh();
    for (let next = await this.fresh.next(); next.done !== true; next = await this.fresh.next()) yield next.value;
  }

  /** Dollars that an answer may cost at most, as far as that can be known. */
  private async costOf(ask: Ask): Promise<number> {
    const price = await this.priced();
    const bytes = Buffer.byteLength(JSON.stringify([ask.messages, ask.reply_schema ?? null]));
    const { n, longest } = this.records.outputs.get(this.name) ?? { n: 0, longest: 0 };
    const most = this.judge.max_tokens ?? OUTPUT_TOKENS;
    const output = n < ENOUGH ? most : Math.min(most, Math.ceil(longest * 1.5));
    return (price.estimate(Math.ceil(bytes / BYTES_PER_TOKEN), output) ?? 0) * BATCH_DISCOUNT;
  }

  private async create(handed: Handed[], usd: number): Promise<void> {
    const { run, world, hands } = this.own;
    const submitted_at = hands.now();
    const id = hashOf([run.id, this.name, submitted_at, this.made++, handed[0]!.row.id]).slice(0, 16);
    const row = opened({
      ...{ id, run_id: run.id, judge: this.name, provider_id: null, submitted_at, total: handed.length },
      ...{ done: 0, reserved_usd: usd, ended_at: null },
    });
    const items: BatchItem[] = handed.map((one) => ({
      custom_id: customId(one.row.id, id),
      ask: one.question.ask,
    }));
    await world.store.addBatch(
      batchRow(row),
      handed.map((one): BatchItemRow => ({ ...one.row, batch: id })),
    );
    this.open.push(row);
    this.own.onProgress();
    try {
      const service = await this.opened();
      const submitted = Date.parse(submitted_at);
      const custom_ids = new Set(items.map(({ custom_id }) => custom_id));
      const intent = { id, submitted_at: submitted, custom_ids, known: new Set<string>() };
      await this.identified(row, await service.submit(items, intent, this.giveUp));
    } catch (error) {
      // Given up before it was made.
      if (this.givenUp(error)) return this.drop(row);
      if (!(error instanceof ModelFailure)) throw error;
      if (error instanceof BatchRefused || error.stops) {
        await this.drop(row);
        throw stopping(error.failure, `no batch can be made: ${error.message}`);
      }
      // It may have gone through: the next look finds it, or finds that it did not.
      this.lost = { times: this.lost.times + 1, message: error.message };
    }
  }

  private async identified(row: Open, provider_id: string): Promise<void> {
    row.provider_id = provider_id;
    await this.own.world.store.updateBatch(row.id, { provider_id });
    this.lost.times = 0;
  }

  private async drop(row: Open): Promise<void> {
    await this.own.world.store.dropBatch(row.id);
    this.forget(row);
  }

  private forget(row: Open): void {
    this.open = this.open.filter((one) => one !== row);
    this.own.budget.reserved_usd -= row.reserved_usd;
    this.own.onProgress();
  }

  // ── looking ───────────────────────────────────────────────────────────────────────────────────

  /** True when anything has changed that lets more be handed in. */
  private async look(): Promise<boolean> {
    let news = false;
    for (const row of [...this.open]) {
      if (this.left) return false;
      try {
        if (await this.lookAt(row)) news = true;
      } catch (error) {
        if (this.givenUp(error)) return true;
        // A service that does not answer for a while is asked again at the next look, until its endpoint is down.
        if (!(error instanceof ModelFailure) || error.stops) throw error;
      }
    }
    return news;
  }

  private async lookAt(row: Open): Promise<boolean> {
    if (row.provider_id === null) return this.lookFor(row);
    const status = await (await this.opened()).poll(row.provider_id, this.giveUp);
    if (status.state === 'gone') return this.gone(row);
    if (status.done !== row.done) {
      row.done = status.done;
      await this.own.world.store.updateBatch(row.id, { done: row.done });
      this.own.onProgress();
    }
    if (status.state === 'in-progress') return false;
    if (status.message !== null) return this.refused(row, status);
    return this.read(row, status);
  }

  /** Looks for the batch of an intent whose id was never kept; true when it is known whether there is one. */
  private async lookFor(row: Open): Promise<boolean> {
    const { store } = this.own.world;
    const [ids, known] = await Promise.all([store.batchItemIds(row.id), store.knownBatches()]);
    const service = await this.opened();
    const custom_ids = new Set(ids.map((id) => customId(id, row.id)));
    const intent = { id: row.id, submitted_at: Date.parse(row.submitted_at), custom_ids, known };
    const found = await service.find(intent, this.giveUp);
    if (found !== null && 'id' in found) {
      await this.identified(row, found.id);
      // One that has ended is read, not cancelled.
      await this.lookAt(row);
      return true;
    }
    row.unclear = found?.waiting ?? [];
    row.misses = found === null ? row.misses + 1 : 0;
    if (row.misses < MISSES) return false;
    await this.drop(row);
    if (this.lost.times > RETRIES) throw stopping('unreachable', `no batch can be made: ${this.lost.message}`);
    return true;
  }

  private async gone(row: Open): Promise<boolean> {
    const { world } = this.own;
    if (world.clock() - Date.parse(row.submitted_at) < LONGEST_LIFE_MS) {
      const message = `the service knows no batch ${row.provider_id}; is this the key of the account that made it?`;
      throw stopping('unreachable', message);
    }
    const message = `${this.name}: batch ${row.provider_id} is no longer there; its judgments are asked again.`;
    world.onWarning?.({ code: 'BATCH_GONE', message });
    await this.close(row, 0);
    return true;
  }

  /** A batch that came to nothing as a whole. */
  private async refused(row: Open, { crowded, message }: BatchStatus): Promise<boolean> {
    await this.close(row, 0);
    // Less at a time, and one after another, until it goes through.
    if (!crowded || row.total === 1) throw stopping('unreachable', `batch ${row.provider_id} failed: ${message}`);
    this.most = Math.ceil(Math.min(this.most, row.total) / 2);
    return true;
  }

  /** Reads what came of a batch that has ended. What was recorded before is passed over. */
  private async read(row: Open, { done, cancelled }: BatchStatus): Promise<boolean> {
    const { calledOff } = this.own;
    let seen = 0;
    let chunk: BatchResult[] = [];
    try {
      for await (const result of (await this.opened()).results(row.provider_id!, this.giveUp)) {
        seen++;
        chunk.push(result);
        if (chunk.length < CHUNK) continue;
        await this.settle(row, chunk);
        chunk = [];
        if (this.left) return false;
      }
    } catch (error) {
      if (!(error instanceof ModelFailure) || error.stops) throw error;
      await this.settle(row, chunk);
      // What is left of it was paid for, and may be read when the run goes on.
      if (++row.broken < RETRIES) return false;
      throw stopping('unreachable', `batch ${row.provider_id} cannot be read: ${error.message}`);
    }
    await this.settle(row, chunk);
    // An answer that is not there was paid for: the results are read again before it is asked again.
    if (seen < done && ++row.broken < RETRIES) return false;
    await this.close(row, cancelled ? 0 : 1);
    if (cancelled && !row.cancelled && !row.found && !calledOff()) {
      throw stopping('unreachable', `batch ${row.provider_id} was cancelled at the service.`);
    }
    await this.own.ended();
    return true;
  }

  private async settle(row: Open, results: BatchResult[]): Promise<void> {
    const { store } = this.own.world;
    const byId = new Map(results.map((result) => [result.custom_id.slice(0, result.custom_id.indexOf('-')), result]));
    const rows = await store.batchItems(row.id, [...byId.keys()]);
    const handed = await this.units.handed(rows);
    const came = handed.map((one) => ({ handed: one, result: byId.get(one.row.id)! }));
    await this.records.settle(came, await this.priced());
  }

  private async close(row: Open, faults: number): Promise<void> {
    await this.own.world.store.endBatch(row.id, this.own.hands.now(), faults);
    this.forget(row);
  }

  // ── calling off ───────────────────────────────────────────────────────────────────────────────

  /**
   * Cancels what is open at the service. What cannot be told from others there is left, and found when it has ended; it
   * is waited for where its judgments would be asked live meanwhile, and paid for twice.
   */
  private async callOff(): Promise<void> {
    const unclear = this.open.filter((row) => row.provider_id === null && row.unclear.length > 0);
    if (!this.own.goesOnLive()) this.open = this.open.filter((row) => !unclear.includes(row));
    else for (const { unclear: ids } of unclear) this.tellOfWait(ids);
    for (const row of this.open) {
      if (row.cancelled || row.provider_id === null) continue;
      row.cancelled = true;
      try {
        await (await this.opened()).cancel(row.provider_id, this.giveUp);
      } catch (error) {
        // One that has just ended cannot be cancelled.
        if (!(error instanceof ModelFailure) || error.stops) throw error;
      }
    }
  }

  /** What is waited for, once. */
  private tellOfWait(ids: readonly string[]): void {
    if (this.toldOfWait) return;
    this.toldOfWait = true;
    const message = `${this.name}: ${ids.join(' or ')} may be a batch of this run, which cannot be told before it has ended; it is waited for, so that nothing is paid for twice. Cancelled at the provider, it ends at once.`;
    this.own.world.onWarning?.({ code: 'BATCH_UNCLEAR', message });
  }

  private async priced(): Promise<Price> {
    return (this.price ??= await this.own.world.models.price(this.judge));
  }

  private async opened(): Promise<Batches> {
    return (this.service ??= await this.own.world.models.batches(this.judge));
  }
}

function stopping(failure: ModelFailure['failure'], message: string): ModelFailure {
  return new ModelFailure(failure, message, { stops: true });
}
