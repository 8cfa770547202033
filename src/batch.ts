// Judging through the providers' batch services, at half the price: which judges go there, and how their batches are
// carried out side by side. Everything that a crash must not lose is in the store before anything is sent.
import { setTimeout as wait } from 'node:timers/promises';
import type { Budget } from './budget.js';
import { CalledOff, DoubleblindError } from './errors.js';
import type { RunConfig } from './config.js';
import type { Exporter } from './export.js';
import { JudgeBatches } from './batch/judge.js';
import { Records } from './batch/records.js';
import { Units } from './batch/units.js';
import type { Asked, JudgingWorld } from './judgment.js';
import { type EndpointSpec, ModelFailure } from './models/index.js';
import type { Plan } from './plan.js';
import type { Judgment, Run } from './records.js';
import type { World } from './run-world.js';
import type { BatchCounts } from './answers.js';

/** Whether a judge's questions can go out as batches; a machine that is paid by the hour has no such service. */
export function hasBatches({ provider, api, usd_per_hour }: EndpointSpec): boolean {
  return (provider === 'openai' || provider === 'anthropic') && api === 'chat' && usd_per_hour === undefined;
}

/** What batches share with the run they belong to. */
export interface BatchRun {
  run: Run;
  config: RunConfig;
  plan: Plan;
  world: World;
  hands: JudgingWorld;
  budget: Budget;
  exporter: Exporter | undefined;
  retryFailed: boolean;
  /** True ends judging early: what is open is cancelled. */
  decided: (() => Promise<boolean>) | undefined;
  /** Told of every record that is kept. */
  onJudgment(judgment: Judgment): void;
  /** Told of a failed judgment that is asked again. */
  onAgain(): void;
  onProgress(): void;
  /** Told when a judge's service is of no more use. */
  onFailure(error: ModelFailure, judge: string): void;
}

/** Between two looks at open batches, where nobody says otherwise. */
const PAUSE_MS = 30_000;
const PAUSE = 'DOUBLEBLIND_BATCH_PAUSE';

export class Batching {
  private readonly judges: JudgeBatches[];
  private readonly broken = new AbortController();
  private over = false;
  /** Over, because what is due is asked live. */
  private withdrawn = false;

  constructor(private readonly own: BatchRun) {
    const records = new Records(own);
    const { world } = own;
    this.judges = own.config.judges.filter(hasBatches).map(
      (judge) =>
        new JudgeBatches(judge, new Units(judge.name, own, records), records, {
          ...own,
          pause: (signal) => (world.pause ?? pause)(signal),
          broken: this.broken.signal,
          calledOff: () => (world.signal.aborted ? world.signal.reason instanceof CalledOff : this.over),
          goesOnLive: () => this.withdrawn && !world.signal.aborted,
          othersOpen: () => this.judges.some(({ progress }) => progress.open > 0),
          ended: () => this.ended(),
        }),
    );
  }

  /** Whether a judge's units are left to batches. */
  takes(judge: string): boolean {
    return this.judges.some(({ name }) => name === judge);
  }

  /** How far the open batches are; null when none is open. */
  get progress(): BatchCounts | null {
    const sum = { open: 0, done: 0, total: 0 };
    for (const { progress } of this.judges) {
      sum.open += progress.open;
      sum.done += progress.done;
      sum.total += progress.total;
    }
    return sum.open === 0 ? null : sum;
  }

  /** Takes in what an earlier process left: money that was spent or set aside, and open batches. */
  async begin(): Promise<void> {
    const { run, world, budget } = this.own;
    for (const asked of await world.store.askedInBatches(run.id))
      budget.paid({ cost_usd: (JSON.parse(asked) as Asked).tokens.cost ?? 0, guess_usd: null });
    const rows = await world.store.openBatches(run.id);
    for (const judge of this.judges) judge.begin(rows.filter((row) => row.judge === judge.name));
  }

  /** Hands in what is due and reads what comes back, until nothing is due or open. */
  async carryOut(): Promise<void> {
    await this.each((judge) => judge.carryOut());
  }

  /** Calls off what is open; what was judged by then is kept, the rest is due. */
  async withdraw(): Promise<void> {
    this.over = this.withdrawn = true;
    await this.carryOut();
  }

  private async each(work: (judge: JudgeBatches) => Promise<void>): Promise<void> {
    let fault: { error: unknown } | null = null;
    await Promise.all(
      this.judges.map(async (judge) => {
        try {
          await work(judge);
        } catch (error) {
          if (error instanceof ModelFailure) return this.own.onFailure(error, judge.name);
          fault ??= { error };
          this.broken.abort(error);
        }
      }),
    );
    if (fault !== null) throw (fault as { error: unknown }).error;
  }

  private async ended(): Promise<void> {
    if (!this.over && this.own.decided !== undefined) this.over = await this.own.decided();
  }
}

/**
 * The batches of a run, with what an earlier process left in them; null where its judges are asked live. What is open
 * then is called off first, so that nothing is asked twice.
 */
export async function openBatching(own: BatchRun, wanted: boolean): Promise<Batching | null> {
  if (!wanted && (await own.world.store.batchesMade(own.run.id)) === 0) return null;
  const batching = new Batching(own);
  await batching.begin();
  if (wanted) return batching;
  await batching.withdraw();
  return null;
}

/**
 * Refuses batches that nobody would make: no judge has a service for them, or workers carry the run out, who know
 * nothing of batches and would ask for what is in one.
 * @throws USAGE
 */
export function checkBatch({ judges }: Pick<RunConfig, 'judges'>, byWorkers: boolean): void {
  if (!judges.some(hasBatches)) {
    throw new DoubleblindError(
      'USAGE',
      'no judge of this run has a batch service: chat models of OpenAI and Anthropic do, paid by the token.',
      {
        hint: 'Leave out --batch (over HTTP: batch=true) to ask its judges one by one.',
      },
    );
  }
  if (!byWorkers) return;
  throw new DoubleblindError('USAGE', 'a run in batches is carried out by one process, not by workers.', {
    hint: 'Leave out --distributed, or say --no-batch (over HTTP: batch=false) to ask its judges one by one.',
  });
}

/** Whether a run is remembered to be judged in batches. */
export const inBatches = ({ environment }: Pick<Run, 'environment'>): boolean => environment['batch'] === true;

/** The pause between two looks as the environment sets it, in seconds. @throws USAGE */
export function pauseOf(env: NodeJS.ProcessEnv): NonNullable<World['pause']> {
  const given = env[PAUSE];
  const seconds = given === undefined || given.trim() === '' ? PAUSE_MS / 1000 : Number(given);
  if (!(seconds >= 0 && seconds <= 86_400)) {
    throw new DoubleblindError('USAGE', `${PAUSE} is "${given}".`, { hint: 'Give seconds, such as 30.' });
  }
  return (signal) => pause(signal, seconds * 1000);
}

async function pause(signal: AbortSignal, ms = PAUSE_MS): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
