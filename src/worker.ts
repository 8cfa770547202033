// A worker: takes blocks of any run, carries each out as one machine carries out a whole run, and finishes it in the
// transaction of its last record. It beats while it lives; whoever is silent too long loses its blocks to others.
import { setTimeout as wait } from 'node:timers/promises';
import { Budget, guessing } from './budget.js';
import type { RunConfig } from './config.js';
import { configOf } from './configuration.js';
import { isDue, judgesAfter } from './blocks.js';
import { ModelFailure, type Models } from './models/index.js';
import { limitOf, type Plan, planOf } from './plan.js';
import { type Claimed, type Db, LeaseLost, type Queue } from './queue/index.js';
import { beat, exchange, leave, reap, takeBack } from './queue/workers.js';
import { reachedFrom } from './reached.js';
import type { Expected, Role, Run } from './records.js';
import { sharedAdmission } from './shared-budget.js';
import { carryOut } from './run.js';
import type { RunOptions } from './run-world.js';
import type { Store } from './store/index.js';

export interface WorkerWorld {
  store: Store;
  db: Db;
  queue: Queue;
  openModels(config: RunConfig, onPause: (event: { address: string; wait_ms: number }) => void): Models;
  clock(): number;
  /** Drains the worker: calls under way finish, the rest goes back. */
  signal: AbortSignal;
  onWarning(message: string): void;
}

export interface WorkerOptions {
  id: string;
  host: string;
  pid: number;
  /** Checkpoints and judges it can reach; null for all. */
  endpoints: string[] | null;
  lease_ms: number;
}

/** Blocks in hand at once, so that the last calls of one do not leave the endpoint idle. */
const IN_HAND = 2;
const IDLE_MS = 500;
/** A block is carried out whole until this many workers were lost with it, then prompt by prompt. */
const WHOLE_TRIES = 2;
/** A prompt that so many more workers were lost with, begun by itself, is given up. */
const SINGLE_TRIES = 3;
/** After an endpoint failed, how long its blocks wait. */
const DOWN_S = 15;
const RUNS_OPEN = 4;

interface OpenRun {
  run: Run;
  config: RunConfig;
  plan: Plan;
  models: Models;
  budget: Budget;
  /** Lets each call out or refuses it, by what all workers have spent. */
  admit(expected: Expected): Promise<void>;
}

/** Works until the signal comes; then what is in hand goes back and the worker leaves. */
export async function work(world: WorkerWorld, options: WorkerOptions): Promise<void> {
  await new Worker(world, options).work();
}

class Worker {
  private readonly runs = new Map<string, Promise<OpenRun>>();
  private readonly inHand = new Map<string, { claimed: Claimed; ending: AbortController }>();
  private readonly pauses = new Map<string, number>();
  private readonly refusals = new Map<string, { told: number; heeded: number | null }>();
  private claiming = 0;
  private judged = 0;
  private recent: { at: number; judged: number }[] = [];

  constructor(
    private readonly world: WorkerWorld,
    private readonly options: WorkerOptions,
  ) {}

  async work(): Promise<void> {
    const { db } = this.world;
    const ended = new AbortController();
    await this.beat();
    const beating = this.beatUntil(ended.signal);
    await Promise.all(Array.from({ length: IN_HAND }, () => this.lane()));
    ended.abort();
    await beating;
    await Promise.all([...this.runs.values()].map(async (open) => (await open).models.close()));
    await leave(db, this.options.id);
  }

  private async lane(): Promise<void> {
    const { signal, onWarning } = this.world;
    while (!signal.aborted) {
      try {
        const claimed = await this.claim();
        if (claimed === null) await wait(IDLE_MS, undefined, { signal }).catch(() => undefined);
        else await this.carry(claimed);
      } catch (error) {
        if (error instanceof LeaseLost) continue;
        onWarning(`${messageOf(error)}; trying again`);
        await wait(IDLE_MS * 2, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async claim(): Promise<Claimed | null> {
    this.claiming++;
    try {
      const claimed = await this.world.queue.claim(this.options.id, this.options.endpoints);
      if (claimed !== null) this.inHand.set(claimed.id, { claimed, ending: new AbortController() });
      return claimed;
    } finally {
      this.claiming--;
    }
  }

  private async carry(claimed: Claimed): Promise<void> {
    const { queue } = this.world;
    const { id } = this.options;
    const ending = this.inHand.get(claimed.id)!.ending.signal;
    try {
      const open = await this.open(claimed.block.run_id);
      const { budget_usd } = claimed.block.terms;
      // A run that goes on may do so with another budget.
      if (open.budget.limit_usd !== budget_usd) this.limit(open, budget_usd);
      if (claimed.block.part === 'reach') return await this.reach(claimed, open);
      const left =
        claimed.lost < WHOLE_TRIES ? await this.whole(claimed, open, ending) : await this.singly(claimed, open, ending);
      if (left === null) return;
      await queue.putBack(claimed, id, left.wait_s);
    } finally {
      this.inHand.delete(claimed.id);
    }
  }

  /** Looks for who is to be asked; a look that fails is the answer of the block. */
  private async reach(claimed: Claimed, open: OpenRun): Promise<void> {
    const { store, db, queue } = this.world;
    const { who, terms } = claimed.block;
    const found = await reachedFrom(open, who, terms.allow_mismatch, store);
    if (found.error !== null) found.error.message = `on ${this.options.host}: ${found.error.message}`;
    await db.transaction().execute((trx) => queue.finish(claimed, this.options.id, [], trx, found));
  }

  private isOver(ending: AbortSignal): boolean {
    return ending.aborted || this.world.signal.aborted;
  }

  /** Carries out a block; null when it is finished, else how long the rest should wait. */
  private async whole(claimed: Claimed, open: OpenRun, ending: AbortSignal): Promise<{ wait_s: number } | null> {
    const { positions } = claimed.block;
    let due = await this.due(claimed, open);
    let finished = false;
    const { store } = this.world;
    const finishing: Store = {
      ...store,
      addRecords: (records) => {
        due -=
          records.judgments.length + records.responses.filter(({ response }) => response.state === 'answered').length;
        this.judged += records.judgments.length + records.responses.length;
        if (due > 0 || finished) return store.addRecords(records);
        finished = true;
        return store.addRecords(records, (trx) => this.finish(claimed, open, trx as never));
      },
    };
    const error = due === 0 ? null : await this.part(claimed, open, positions, finishing, open.models, ending);
    if (error !== null) return { wait_s: DOWN_S };
    if (this.isOver(ending) && !finished) return { wait_s: 0 };
    if (!finished) await this.world.db.transaction().execute((trx) => this.finish(claimed, open, trx as never));
    return null;
  }

  /** After workers were lost with a block: one prompt at a time, and the one they are lost with is given up. */
  private async singly(claimed: Claimed, open: OpenRun, ending: AbortSignal): Promise<{ wait_s: number } | null> {
    const { queue, store, db, onWarning } = this.world;
    for (const position of claimed.block.positions) {
      if ((await this.due(claimed, open, [position])) === 0) continue;
      const givenUp = (await queue.suspect(claimed.block, position)) > SINGLE_TRIES;
      if (givenUp) {
        const { suite, prompt } = open.plan.at(position);
        onWarning(`${suite}/${prompt.id} is given up: every worker that asked ${claimed.block.who} was lost`);
      }
      const models = givenUp ? givingUp(open.models) : open.models;
      const error = await this.part(claimed, open, [position], store, models, ending);
      // Whoever comes back from it has not died of it, whatever else went wrong.
      await queue.acquit(claimed.block, position);
      if (error !== null) return { wait_s: DOWN_S };
      if (this.isOver(ending)) return { wait_s: 0 };
    }
    await db.transaction().execute((trx) => this.finish(claimed, open, trx as never));
    return null;
  }

  private finish(claimed: Claimed, { config }: OpenRun, trx: Db): Promise<void> {
    return this.world.queue.finish(claimed, this.options.id, judgesAfter(claimed.block, config), trx);
  }

  /** Carries out prompts of a block; what stopped it from outside, if anything. */
  private async part(
    { block }: Claimed,
    { run, config, plan, budget, admit }: OpenRun,
    positions: number[],
    store: Store,
    models: Models,
    ending: AbortSignal,
  ): Promise<Error | null> {
    const { clock, signal, onWarning } = this.world;
    const { part, who, terms } = block;
    const digests = (run.identities['content'] ?? {}) as Partial<Record<Role, string>>;
    const options: RunOptions = {
      part: { plan, positions, judge: part === 'judge' ? who : null, budget, admit, ending },
      ...((part === 'baseline' || part === 'candidate') && { generate: [part] }),
      cache: terms.cache,
      retryFailed: terms.retry_failed,
      recorded: {},
      digests: { baseline: digests.baseline ?? null, candidate: digests.candidate ?? null },
    };
    const world = { store, models, clock, signal, onWarning: (w: { message: string }) => onWarning(w.message) };
    const { error } = await carryOut(run, config, world, options);
    return error;
  }

  /** Units of a block (or of some of its prompts) that the store lacks. */
  private async due(
    { block }: Claimed,
    { run, config, plan }: OpenRun,
    positions: number[] = block.positions,
  ): Promise<number> {
    const { store } = this.world;
    if (block.part === 'judge') {
      const states = await store.judgmentStates(run.id, positions);
      const units = positions.flatMap((position) => plan.units(position));
      return units.filter((u) => u.judge === block.who && isDue(u, run.id, states, block.terms)).length;
    }
    const stored = await store.responsesAt(run.id, positions);
    const answered = stored.filter(({ role, state }) => role === block.part && state === 'answered');
    return positions.length * config.sampling.repeats - answered.length;
  }

  private open(id: string): Promise<OpenRun> {
    let open = this.runs.get(id);
    if (open === undefined) {
      open = this.openRun(id);
      this.runs.set(id, open);
      open.catch(() => this.runs.delete(id));
      void this.closeOthers();
    }
    return open;
  }

  private async openRun(id: string): Promise<OpenRun> {
    const { store, openModels } = this.world;
    const run = (await store.run(id))!;
    const config = configOf(run, await store.suites(id));
    const spent_usd = (await store.spent(id)).cost_usd ?? 0;
    const models = openModels(config, ({ address, wait_ms }) => {
      this.pauses.set(address, this.world.clock() + wait_ms);
      void this.share().catch(() => undefined);
    });
    const budget = new Budget(null, spent_usd);
    return { run, config, plan: planOf(config, limitOf(run)), models, budget, admit: () => Promise.resolve() };
  }

  private limit(open: OpenRun, usd: number | null): void {
    const { store } = this.world;
    const guess = guessing(store, open.models, open.run.id, open.config);
    open.budget = new Budget(usd, open.budget.spent_usd);
    open.admit = sharedAdmission(open.budget, async () => {
      const { cost_usd, unpriced } = await store.spent(open.run.id);
      return { spent_usd: cost_usd ?? 0, guessed_usd: await guess(unpriced) };
    });
  }

  private async closeOthers(): Promise<void> {
    const busy = new Set([...this.inHand.values()].map(({ claimed }) => claimed.block.run_id));
    for (const [id, open] of this.runs) {
      if (this.runs.size <= RUNS_OPEN) return;
      if (busy.has(id)) continue;
      this.runs.delete(id);
      await (await open).models.close();
    }
  }

  private async beatUntil(signal: AbortSignal): Promise<void> {
    const every = Math.min(1000, this.options.lease_ms / 5);
    while (!signal.aborted) {
      await wait(every, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.beat().catch((error: unknown) => this.world.onWarning(messageOf(error)));
    }
  }

  private async beat(): Promise<void> {
    const { db, queue, clock } = this.world;
    const { id, host, pid, endpoints, lease_ms } = this.options;
    const now = clock();
    this.recent = [...this.recent.filter(({ at }) => now - at < 60_000), { at: now, judged: this.judged }];
    const [first] = this.recent;
    const minutes = Math.max((now - first!.at) / 60_000, 1 / 60);
    const per_minute = (this.judged - first!.judged) / minutes;
    const addresses = [...new Set((await this.opened()).flatMap((o) => o.models.endpoints().map((e) => e.address)))];
    await beat(db, { id, host, pid, endpoints, addresses, judged: this.judged, per_minute });
    await this.share();
    if (this.claiming === 0) {
      await db.transaction().execute((trx) => takeBack(trx as never, queue, id, [...this.inHand.keys()]));
    }
    await reap(db, queue, lease_ms);
    // A run that is called off or decided leaves no comparison half judged: what is begun is judged to its end.
    for (const { claimed, ending } of this.inHand.values()) if (!(await queue.stands(claimed))) ending.abort();
  }

  /** Tells the other workers what was met at endpoints and takes in what they have met. */
  private async share(): Promise<void> {
    const opened = await this.opened();
    const now = this.world.clock();
    const met = new Map<string, number>();
    for (const { models } of opened)
      for (const { address, limited } of models.endpoints()) met.set(address, (met.get(address) ?? 0) + limited);
    const news = [...met].flatMap(([address, limited]) => {
      const known = this.refusals.get(address) ?? { told: 0, heeded: null };
      const pause_ms = Math.max(0, (this.pauses.get(address) ?? 0) - now);
      const refusals = Math.max(0, limited - known.told);
      this.refusals.set(address, { ...known, told: Math.max(limited, known.told) });
      this.pauses.delete(address);
      return pause_ms > 0 || refusals > 0 ? [{ address, pause_ms, refusals }] : [];
    });
    for (const { address, pause_ms, refusals, sharers } of await exchange(this.world.db, news)) {
      const known = this.refusals.get(address);
      if (known === undefined) continue;
      const elsewhere = refusals - known.told;
      const refused = known.heeded !== null && elsewhere > known.heeded;
      known.heeded = elsewhere;
      for (const { models } of opened) models.heed(address, { pause_ms, refused, sharers });
    }
  }

  private async opened(): Promise<OpenRun[]> {
    const all = await Promise.allSettled(this.runs.values());
    return all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }
}

/** The same models, none of which is asked any more. */
function givingUp(models: Models): Models {
  const message = 'every worker that asked was lost';
  const ask = () => Promise.reject(new ModelFailure('unreachable', message));
  return Object.create(models, { model: { value: () => ({ ask }) } }) as Models;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
