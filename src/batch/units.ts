// Which judgments of a judge are to be handed in, and what the judge is asked in each: made anew from the plan and the
// stored responses whenever it is wanted, so that nothing of a batch is held while it is open.
import type { BatchRun } from '../batch.js';
import { type Asked, fromCache, type Pair, type Question, questionOf } from '../judgment.js';
import { RETRIES } from '../models/index.js';
import type { Unit } from '../plan.js';
import type { Role } from '../records.js';
import type { BatchItemRow } from '../store/batches.js';
import { judgmentId } from '../store/judgment-writes.js';
import type { Handed, Records } from './records.js';

/** Prompts that are looked at together. */
const WINDOW = 64;

type Pairs = (position: number, repeat: number) => Pair | null;

export class Units {
  constructor(
    private readonly judge: string,
    private readonly own: Pick<BatchRun, 'run' | 'config' | 'plan' | 'world' | 'hands' | 'retryFailed' | 'onAgain'>,
    private readonly records: Records,
  ) {}

  /** Units that are due and in no batch yet, in the order of the plan; what the cache answers is recorded on the way. */
  async *fresh(): AsyncGenerator<Handed> {
    const { run, plan, hands } = this.own;
    for (let i = 0; i < plan.order.length; i += WINDOW) {
      const positions = [...plan.order.subarray(i, i + WINDOW)];
      const pairs = await this.pairs(positions);
      const due = await this.due(positions);
      const handed: Handed[] = [];
      const cached: { question: Question; asked: Asked }[] = [];
      for (const [id, { unit, position }] of due) {
        const pair = pairs(position, unit.repeat);
        if (pair === null) continue;
        const question = this.question(unit, position, pair);
        const asked = await fromCache(question, hands);
        if (asked !== null) cached.push({ question, asked });
        else handed.push({ row: rowOf(run.id, id, this.judge, position), question, fresh: true });
      }
      await this.records.cached(cached);
      yield* handed;
    }
  }

  /** Units that came back without a verdict; one that has come back too often is recorded as failed. */
  async *waiting(): AsyncGenerator<Handed> {
    for await (const page of this.pages()) {
      const spent = page.filter(({ row }) => row.faults > RETRIES);
      if (spent.length > 0) await this.records.close(spent);
      yield* page.filter(({ row }) => row.faults <= RETRIES);
    }
  }

  /** Closes every unit that waits: no further batch is made. */
  async close(): Promise<void> {
    for await (const page of this.pages()) await this.records.close(page);
  }

  /** Rows with what their judge is asked. */
  async handed(rows: readonly BatchItemRow[]): Promise<Handed[]> {
    const positions = [...new Set(rows.map(({ position }) => position))];
    const pairs = positions.length === 0 ? () => null : await this.pairs(positions);
    const units = new Map<string, Unit>();
    for (const position of positions) for (const [id, unit] of this.unitsAt(position)) units.set(id, unit);
    return rows.flatMap((row) => {
      const unit = units.get(row.id);
      const pair = unit === undefined ? null : pairs(row.position, unit.repeat);
      return pair === null ? [] : [{ row, question: this.question(unit!, row.position, pair), fresh: false }];
    });
  }

  private async *pages(): AsyncGenerator<Handed[]> {
    for (let after: string | undefined; ;) {
      const rows = await this.own.world.store.waitingItems(this.own.run.id, this.judge, after);
      if (rows.length === 0) return;
      after = rows.at(-1)!.id;
      yield await this.handed(rows);
    }
  }

  /** Units by id that have no record (or a failed one that is asked again) and are in no batch. */
  private async due(positions: number[]): Promise<Map<string, { unit: Unit; position: number }>> {
    const { run, world, retryFailed, onAgain } = this.own;
    const [states, batched] = await Promise.all([
      world.store.judgmentStates(run.id, positions),
      world.store.batchedAt(run.id, positions),
    ]);
    const due = new Map<string, { unit: Unit; position: number }>();
    for (const position of positions) {
      for (const [id, unit] of this.unitsAt(position)) {
        const state = states.get(id);
        if (batched.has(id) || (state !== undefined && !(state === 'failed' && retryFailed))) continue;
        if (state === 'failed') onAgain();
        due.set(id, { unit, position });
      }
    }
    return due;
  }

  private unitsAt(position: number): [string, Unit][] {
    const { run, plan } = this.own;
    const units = plan.units(position).filter(({ judge }) => judge === this.judge);
    return units.map((unit) => [judgmentId({ run_id: run.id, ...unit }), unit]);
  }

  private question(unit: Unit, position: number, pair: Pair): Question {
    const { config, plan, hands } = this.own;
    return questionOf(unit, plan.at(position), pair, config, hands.cache);
  }

  /** The two responses of comparisons at some positions; null where one has no answer. */
  private async pairs(positions: number[]): Promise<Pairs> {
    const found = new Map<string, Partial<Record<Role, Pair[Role]>>>();
    for (const { position, ...response } of await this.own.world.store.responsesAt(this.own.run.id, positions)) {
      if (response.state !== 'answered') continue;
      const key = `${position} ${response.repeat}`;
      found.set(key, { ...found.get(key), [response.role]: response });
    }
    return (position, repeat) => {
      const { baseline, candidate } = found.get(`${position} ${repeat}`) ?? {};
      return baseline === undefined || candidate === undefined ? null : { baseline, candidate };
    };
  }
}

function rowOf(run_id: string, id: string, judge: string, position: number): BatchItemRow {
  return { id, run_id, judge, position, batch: null, faults: 0, unreadable: 0, asked: null };
}
