// A run handed to workers, waited for and ended as on one machine: everyone who will be asked is looked for, the first
// responses are looked at before any judge is called, then all that is due is put in line.
import { setTimeout as wait } from 'node:timers/promises';
import { handOut, handOutFirst, type HandedOut } from './blocks.js';
import { Budget, guessing } from './budget.js';
import type { RunConfig } from './config.js';
import { databaseLost, DoubleblindError, reasonOf } from './errors.js';
import { FIRST_LOOK, Looks } from './looks.js';
import { planOf, responsesDue } from './plan.js';
import type { Db, Queue } from './queue/index.js';
import { reap, workers } from './queue/workers.js';
import type { Reached } from './reached.js';
import { ROLES, type Run } from './records.js';
import type { carryOut } from './run.js';
import type { RunEnd, RunOptions, World } from './run-world.js';

const LOOK_MS = 1000;
/** Looks in a row that may fail before the database counts as lost. */
const PATIENCE = 120;
/** Looks at work that nobody takes before people are told. */
const UNTAKEN = 5;

export interface Park {
  db: Db;
  queue: Queue;
  /** How long a worker may be silent before its blocks pass on. */
  lease_ms: number;
}

/** Carries a run out through workers: the same end as `carryOut`, whoever did the work. */
export function throughWorkers(park: Park): typeof carryOut {
  return (run, config, world, options) => new SharedRun(park, run, config, world, options).carryOut();
}

class SharedRun {
  private readonly budget: Budget;
  private readonly guess: (unpriced: number) => Promise<number>;
  private readonly looks: Looks;
  private readonly work: HandedOut;
  private error: DoubleblindError | null = null;
  private decided = false;
  private readonly untaken = new Map<string, number>();

  constructor(
    private readonly park: Park,
    private readonly run: Run,
    private readonly config: RunConfig,
    private readonly world: World,
    private readonly options: RunOptions,
  ) {
    this.budget = new Budget(options.budget_usd ?? null, 0);
    this.guess = guessing(world.store, world.models, run.id, config);
    this.looks = new Looks(run.id, config, world, options);
    const terms = {
      budget_usd: options.budget_usd ?? null,
      cache: options.cache ?? 'use',
      retry_failed: options.retryFailed === true,
      allow_mismatch: options.allowIdentityMismatch === true,
    };
    const plan = planOf(config, options.limit);
    this.work = { run, config, plan, recorded: options.recorded, generate: options.generate, terms };
  }

  async carryOut(): Promise<RunEnd> {
    const { queue } = this.park;
    const { store } = this.world;
    const { plan, generate } = this.work;
    await queue.open([...ROLES.map((role) => this.config[role].name), ...this.config.judges.map(({ name }) => name)]);
    await queue.forget(this.run.id);
    for (const phase of [() => this.reachAll(), () => this.lookFirst(), () => handOut(this.work, queue, store)]) {
      if (this.over) break;
      await this.strictly(phase);
      await this.emptied();
    }
    await queue.forget(this.run.id);
    if (!this.over && generate === undefined) await this.strictly(() => this.looks.atAll(plan));
    const { judged, failed } = await store.spent(this.run.id);
    const { aborted } = this.world.signal;
    return {
      status: this.error !== null || aborted || generate !== undefined ? 'stopped' : 'done',
      reason: this.error?.line ?? (aborted ? reasonOf(this.world.signal) : null),
      error: this.error,
      planned: plan.size,
      judged,
      failed,
      missing: Math.max(0, plan.size.judgments - judged - failed),
    };
  }

  private get over(): boolean {
    return this.error !== null || this.decided || this.world.signal.aborted;
  }

  /** What a person has to mend ends the run, as it does on one machine. */
  private async strictly(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DoubleblindError)) throw error;
      this.error ??= error;
    }
  }

  /** Whoever is still to be asked is looked for by a worker that takes their work. */
  private async reachAll(): Promise<void> {
    const { queue } = this.park;
    const { run, terms } = this.work;
    const due = await this.asked();
    await queue.enqueue(due.map((who) => ({ run_id: run.id, who, part: 'reach', slice: -1, positions: [], terms })));
    await this.emptied();
    const found = await queue.outputs<Reached>(run.id, 'reach');
    const kept = (await this.world.store.run(run.id))!.identities;
    const served = { ...(kept['served'] as object) };
    for (const { output } of found) {
      for (const warning of output.warnings) this.world.onWarning?.(warning);
      Object.assign(served, output.served);
    }
    await this.world.store.updateRun(run.id, { identities: { ...kept, served } });
    await queue.forget(run.id);
    const [first] = found.flatMap(({ output }) => (output.error === null ? [] : [output.error]));
    if (first !== undefined) throw new DoubleblindError(first.code, first.message, { hint: first.hint });
  }

  /** Names of the checkpoints and judges over the network of whom something is due. */
  private async asked(): Promise<string[]> {
    const { plan, generate, terms } = this.work;
    const { store } = this.world;
    const live = ({ provider }: { provider: string }) => provider === 'openai' || provider === 'anthropic';
    const responses = plan.size.prompts * this.config.sampling.repeats;
    const names: string[] = [];
    for (const role of generate ?? ROLES) {
      if (live(this.config[role]) && (await store.answered(this.run.id, [role])) < responses)
        names.push(this.config[role].name);
    }
    const { judged, failed } = await store.spent(this.run.id);
    if (generate === undefined && judged + (terms.retry_failed ? 0 : failed) < plan.size.judgments)
      names.push(...this.config.judges.filter(live).map(({ name }) => name));
    return [...new Set(names)];
  }

  /** The first responses of each checkpoint, and who is strict all of them, looked at before any judge is called. */
  private async lookFirst(): Promise<void> {
    const { store } = this.world;
    const { plan, run, generate } = this.work;
    if (this.looks.allRecorded) return this.looks.atAll(plan);
    await this.answered(FIRST_LOOK);
    const first = await store.responsesAt(run.id, [...plan.order.subarray(0, FIRST_LOOK)]);
    first.sort((a, b) => a.position - b.position || (a.role < b.role ? -1 : 1));
    await this.looks.at(first.filter(({ repeat }) => repeat === 0));
    if (this.options.strictResponses !== true || generate !== undefined) return;
    await this.answered(plan.size.prompts);
    if (!this.over) await this.looks.atAll(plan);
  }

  /** Waits until workers have made the responses to so many prompts. */
  private async answered(prompts: number): Promise<void> {
    const { queue } = this.park;
    if ((await handOutFirst(this.work, prompts, queue, this.world.store)) > 0) await this.emptied();
    await queue.forget(this.run.id);
  }

  /** Waits until nothing of the run is in line or under way, or until it is over and nobody holds anything of it. */
  private async emptied(): Promise<void> {
    const { db, queue, lease_ms } = this.park;
    const { signal } = this.world;
    for (let failures = 0, looks = 0; ;) {
      try {
        await reap(db, queue, lease_ms);
        const left = await this.look();
        failures = 0;
        if (left === 0 && !this.over) return;
        this.decided ||= !this.over && this.options.decided !== undefined && (await this.options.decided());
        if (this.over) {
          // Held first: what ended since the last look may have put its judgments in line.
          const held = await queue.held(this.run.id);
          if ((await queue.withdraw(this.run.id)) === 0 && held === 0) return;
        }
      } catch (cause) {
        if (++failures > PATIENCE) throw databaseLost(cause) ?? cause;
      }
      // Short runs are not kept waiting.
      await wait(Math.min(LOOK_MS, 100 * ++looks), undefined, this.over ? {} : { signal }).catch(() => undefined);
    }
  }

  /** Takes in and tells how far the run is; blocks that are left. */
  private async look(): Promise<number> {
    const { queue } = this.park;
    const { plan, generate } = this.work;
    const { store } = this.world;
    const [left, spent] = await Promise.all([queue.left(this.run.id), store.spent(this.run.id)]);
    const responses = generate === undefined ? spent.responses : await store.answered(this.run.id, generate);
    this.budget.spent_usd = spent.cost_usd ?? 0;
    this.budget.unpriced = spent.unpriced;
    if (this.budget.limit_usd !== null) this.budget.guessed_usd = await this.guess(spent.unpriced);
    this.world.onProgress?.({
      done: spent.judged + spent.failed,
      due: plan.size.judgments,
      failed: spent.failed,
      responses,
      responses_due: responsesDue(plan, generate),
      spent_usd: this.budget.charged_usd,
      unpriced: this.budget.unpriced,
      left_usd: this.budget.left_usd,
      retried: spent.retried,
      under_way: left.under_way,
    });
    const blocks = left.waiting + left.under_way;
    if (blocks > 0) {
      await this.strictly(() => Promise.resolve(this.budget.check()));
      await this.tellOfUntaken();
    }
    return blocks;
  }

  /** Work that waits and that no worker takes is told once. */
  private async tellOfUntaken(): Promise<void> {
    const there = await workers(this.park.db);
    for (const who of await this.park.queue.waitingFor(this.run.id)) {
      if (there.some(({ endpoints }) => endpoints === null || endpoints.includes(who))) this.untaken.delete(who);
      else this.untaken.set(who, (this.untaken.get(who) ?? 0) + 1);
    }
    const told = [...this.untaken].filter(([, looks]) => looks === UNTAKEN).map(([who]) => who);
    if (told.length === 0) return;
    const message = `no worker takes the work of ${told.join(', ')}; start \`doubleblind worker\` where it can be reached.`;
    this.world.onWarning?.({ code: 'WORKER_MISSING', message });
  }
}
