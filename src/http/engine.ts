// Runs that the service carries out: the same launch as the command line, a few at a time. What is unfinished when the
// service stops goes on when it is started again.
import PQueue from 'p-queue';
import { checkBatch, inBatches } from '../batch.js';
import type { RunConfig } from '../config.js';
import { configOf, configurationHash } from '../configuration.js';
import { CalledOff, DoubleblindError } from '../errors.js';
import { heldBy, holderOf } from '../holder.js';
import { openRun, resume, type LaunchOptions } from '../launch.js';
import type { Models } from '../models/index.js';
import type { Run } from '../records.js';
import type { Progress, World } from '../run-world.js';
import type { Store } from '../store/index.js';
import type { Metrics } from './metrics.js';
import { type AllowedEndpoint, readPostedRun } from './posted-run.js';
import { RequestRefused } from './problem.js';

/** Runs carried out at once; each has its own limits per endpoint. */
const RUNS_AT_ONCE = 2;
const STOPPED_BY_SERVICE = 'the service was stopped; the run goes on when it is started again';

export interface Engine {
  /**
   * Starts the runs that a posted run file describes, one for each candidate; the same configuration twice is one run.
   * Judged in batches as `batch` says, else as the run remembers.
   */
  start(runFile: Record<string, unknown>, batch?: boolean): Promise<[Run, ...Run[]]>;
  /** Stops a run; calls under way finish. */
  cancel(id: string): Promise<Run>;
  resume(id: string): Promise<Run>;
  /** How far a run is that is carried out here, else null. */
  progress(id: string): Progress | null;
  /** Judgments that are due in runs that are carried out here. */
  waiting(): number;
  /** Goes on with the runs that the service left unfinished; their ids. */
  recover(): Promise<string[]>;
  /** Lets calls under way finish and writes what came; nothing is lost. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  store: Store;
  metrics?: Pick<Metrics, 'judgment' | 'response'> | undefined;
  endpoints: readonly AllowedEndpoint[];
  /** Folder below which runs write their files. */
  exports: string;
  /** Who carries runs out; this process, unless they are handed to workers. */
  carryOut?: LaunchOptions['carryOut'];
  openModels(config: RunConfig): Models;
  environment(): Promise<Record<string, unknown>>;
  clock(): number;
  /** Between two looks at open batches. */
  pause?: World['pause'] | undefined;
  onWarning(warning: { code: string; message: string }, runId: string): void;
  /** What could not be told to anyone who asked. */
  onError(error: unknown, runId: string): void;
}

interface Active {
  controller: AbortController;
  /** Takes the run out of the line; null once it is being carried out. */
  waiting: AbortController | null;
  progress: Progress | null;
  cancelled: boolean;
  finished: Promise<void>;
}

export function openEngine(options: EngineOptions): Engine {
  return new RunEngine(options);
}

class RunEngine implements Engine {
  private readonly queue = new PQueue({ concurrency: RUNS_AT_ONCE });
  /** Runs of one sweep stand in a line of their own: the first one asks the baseline, the others take what it said. */
  private readonly sweeps = new Map<string, PQueue>();
  private readonly active = new Map<string, Active>();
  /** Starts stand in line, so that two of the same configuration at once are one run. */
  private starting: Promise<unknown> = Promise.resolve();
  private stopping = false;
  private readonly store: Store;

  constructor(private readonly options: EngineOptions) {
    this.store = observed(options.store, options.metrics);
  }

  async start(runFile: Record<string, unknown>, batch?: boolean): Promise<[Run, ...Run[]]> {
    const configs = await readPostedRun(runFile, this.options.endpoints);
    const started = this.starting.then(async () => {
      const runs: Run[] = [];
      for (const config of configs) runs.push(await this.startOne(config, batch));
      return runs as [Run, ...Run[]];
    });
    this.starting = started.catch(() => undefined);
    return started;
  }

  async cancel(id: string): Promise<Run> {
    const run = await this.runOf(id);
    const batched = (await this.store.batchCounts(id)) !== null;
    let active = this.active.get(id);
    if (active === undefined && !UNFINISHED.includes(run.status) && !batched) {
      throw new RequestRefused('RUN_INACTIVE', `run ${id} is not under way.`);
    }
    if (active === undefined) await this.refuseHeld(id);
    // Whoever carries the run out cancels what it has open at a provider, and keeps what was judged there.
    if (active === undefined && batched) {
      await this.enqueue(run);
      active = this.active.get(id);
    }
    if (active !== undefined) {
      active.cancelled = true;
      active.controller.abort(new CalledOff(CANCELLED));
      if (!batched) active.waiting?.abort(new Error(CANCELLED));
    }
    // One that is being carried out here is told so when its last calls have come back.
    if (active === undefined || run.status === 'queued') {
      await this.store.updateRun(id, { status: 'cancelled', reason: CANCELLED, ended_at: this.now() });
    }
    return this.runOf(id);
  }

  async resume(id: string): Promise<Run> {
    const run = await this.runOf(id);
    const active = this.active.get(id);
    if (this.goesOn(run)) return run;
    if (run.origin === 'import') {
      throw new DoubleblindError('RUN_CHANGED', `run ${id} was imported; there is nothing to resume.`);
    }
    // Who stops waits for the calls under way; whoever asks for more need not.
    this.refuseStopping();
    // A run that has just ended still writes its files.
    await active?.finished;
    await this.refuseHeld(id);
    await this.enqueue(run);
    return this.runOf(id);
  }

  progress(id: string): Progress | null {
    return this.active.get(id)?.progress ?? null;
  }

  waiting(): number {
    let due = 0;
    for (const { progress } of this.active.values()) if (progress !== null) due += progress.due - progress.done;
    return due;
  }

  async recover(): Promise<string[]> {
    const left: Run[] = [];
    for (const status of UNFINISHED) {
      for (let cursor: string | undefined, more = true; more;) {
        const page = await this.store.runs({ status }, 1000, cursor);
        for (const run of page.items)
          if (run.environment['service'] === true && (await holderOf(this.store, run.id)) === null) left.push(run);
        more = page.next_cursor !== null;
        cursor = page.next_cursor ?? undefined;
      }
    }
    // In the order in which they were started.
    left.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const run of left) if (!this.stopping) await this.enqueue(run);
    return left.map(({ id }) => id);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const active of this.active.values()) abort(active);
    await Promise.all([...this.active.values()].map(({ finished }) => finished));
  }

  private async startOne(config: RunConfig, batch: boolean | undefined): Promise<Run> {
    this.refuseStopping();
    // Posted run files name no recorded file and no folder, so nothing but the configuration is in the hash.
    const [known] = await this.store.runsOfConfiguration(configurationHash(config, {}));
    if (known?.status === 'done') return known;
    const { store, options } = this;
    const before = known !== undefined && inBatches(known);
    if (batch ?? before) checkBatch(config, options.carryOut !== undefined);
    const world = { store, clock: options.clock, signal: new AbortController().signal };
    const { run } = await openRun(config, world, await this.launchOptions(config));
    const elsewhere = !this.active.has(run.id) && (await holderOf(this.store, run.id)) !== null;
    if (batch !== undefined && batch !== before) {
      if (elsewhere || this.goesOn(run)) {
        const how = before ? 'in batches' : 'without batches';
        throw new RequestRefused('RUN_ACTIVE', `run ${run.id} is under way ${how}.`, 'Cancel it first.');
      }
      await store.updateRun(run.id, { environment: { ...run.environment, batch } });
    }
    return elsewhere ? run : this.resume(run.id);
  }

  /** Whether a run is in line or carried out here, and nobody has stopped it. */
  private goesOn({ id, status }: Run): boolean {
    const active = this.active.get(id);
    return active !== undefined && UNFINISHED.includes(status) && !active.controller.signal.aborted;
  }

  /**
   * Puts a run in line, unless it stands there; it is carried out as soon as there is room, by the next service where
   * this one stops meanwhile.
   */
  private async enqueue(run: Run): Promise<void> {
    this.refuseStopping();
    if (this.active.has(run.id)) return;
    const active: Active = {
      controller: new AbortController(),
      waiting: new AbortController(),
      progress: null,
      cancelled: false,
      finished: Promise.resolve(),
    };
    // Before anything is waited for: whoever asks meanwhile is told that it is in line.
    this.active.set(run.id, active);
    const environment = { ...run.environment, service: true };
    const queued = this.store.updateRun(run.id, { status: 'queued', reason: null, environment });
    const { signal } = active.waiting!;
    const inLine = () => this.queue.add(() => this.carryOut(run.id, active), { signal });
    active.finished = queued
      .then(() => (run.sweep === null ? inLine() : this.lineOf(run.sweep).add(inLine, { signal })))
      .catch((error: unknown) => (active.waiting === null ? this.failed(run.id, error) : undefined))
      .finally(() => this.active.delete(run.id));
    await queued;
  }

  private lineOf(sweep: string): PQueue {
    let line = this.sweeps.get(sweep);
    if (line === undefined) {
      this.sweeps.set(sweep, (line = new PQueue({ concurrency: 1 })));
      line.on('idle', () => this.sweeps.delete(sweep));
    }
    return line;
  }

  private async carryOut(id: string, active: Active): Promise<void> {
    const { signal } = active.controller;
    active.waiting = null;
    const config = configOf(await this.runOf(id), []);
    const models = this.options.openModels(config);
    const world: World = {
      store: this.store,
      models,
      clock: this.options.clock,
      signal,
      ...(this.options.pause && { pause: this.options.pause }),
      onProgress: (progress) => (active.progress = progress),
      onWarning: (warning) => this.options.onWarning(warning, id),
    };
    try {
      await resume(id, world, await this.launchOptions(config));
    } finally {
      await models.close();
    }
    // A run that ended by itself while it was being stopped keeps its end.
    if (!signal.aborted || (await this.runOf(id)).status === 'done') return;
    const ended = active.cancelled
      ? { status: 'cancelled' as const, reason: CANCELLED, ended_at: this.now() }
      : { status: 'queued' as const, reason: STOPPED_BY_SERVICE };
    await this.store.updateRun(id, ended);
  }

  private async failed(id: string, error: unknown): Promise<void> {
    this.options.onError(error, id);
    if (error instanceof DoubleblindError && error.code === 'RUN_HELD') return;
    const reason = error instanceof Error ? error.message : String(error);
    await this.store
      .updateRun(id, { status: 'stopped', reason, ended_at: this.now() })
      .catch((lost: unknown) => this.options.onError(lost, id));
  }

  private async launchOptions(config: RunConfig): Promise<LaunchOptions> {
    return {
      exports: this.options.exports,
      carryOut: this.options.carryOut,
      budget_usd: config.budget_usd,
      environment: await this.options.environment(),
    };
  }

  private async runOf(id: string): Promise<Run> {
    const run = await this.store.run(id);
    if (run === null) throw new DoubleblindError('RUN_UNKNOWN', `there is no run "${id}".`);
    return run;
  }

  private refuseStopping(): void {
    if (this.stopping) throw new RequestRefused('NOT_AVAILABLE', 'the service is stopping.');
  }

  private async refuseHeld(id: string): Promise<void> {
    const holder = await holderOf(this.store, id);
    if (holder !== null) throw heldBy(id, holder, 'Wait for it or stop it.');
  }

  private now(): string {
    return new Date(this.options.clock()).toISOString();
  }
}

function abort({ controller, waiting }: Active): void {
  controller.abort(new Error(STOPPED_BY_SERVICE));
  waiting?.abort(new Error(STOPPED_BY_SERVICE));
}

const UNFINISHED: readonly Run['status'][] = ['queued', 'running'];
const CANCELLED = 'cancelled by a person';

/** The store, with every record that is kept told to the metrics. */
function observed(store: Store, metrics: EngineOptions['metrics']): Store {
  if (metrics === undefined) return store;
  return {
    ...store,
    addRecords: (records, also) => {
      for (const { judgment } of records.judgments) metrics.judgment(judgment);
      for (const { response } of records.responses) metrics.response(response);
      return store.addRecords(records, also);
    },
  };
}
