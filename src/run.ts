// Carries out a plan: what is due, prompt by prompt in the seeded order, responses first, then all judges and orders of
// the prompt together. Every record is stored as it comes, so a stop at any point loses nothing that was judged.
import { type Batching, openBatching } from './batch.js';
import { Budget, guessing, paidFor } from './budget.js';
import type { RunConfig } from './config.js';
import { databaseLost, DoubleblindError, reasonOf } from './errors.js';
import { Journal } from './journal.js';
import { HELD, Laps } from './laps.js';
import { FIRST_LOOK, Looks } from './looks.js';
import { askJudge, judgmentOf, type JudgingWorld, type Pair, questionOf } from './judgment.js';
import { ModelFailure } from './models/index.js';
import { type Plan, planOf, type PlannedPrompt, responsesDue, type Unit } from './plan.js';
import type { Charge, Judgment, Response, Role, Run } from './records.js';
import { ROLES } from './records.js';
import { recordedResponse, respond } from './responses.js';
import { judgmentId } from './store/judgment-writes.js';
import type { RunEnd, RunOptions, World } from './run-world.js';
import { Troubles } from './troubles.js';
import { type Piece, UnderWay } from './under-way.js';

/** Prompts whose stored records are looked up at once. */
const WINDOW = 64;
/** Prompts between two looks at whether the run is decided. */
const BETWEEN_LOOKS = 8;

/** Carries out what is due of a run and says how it ended. Nothing is thrown for failures of the world. */
export async function carryOut(run: Run, config: RunConfig, world: World, options: RunOptions): Promise<RunEnd> {
  return new Execution(run, config, world, options).carryOut();
}

class Execution {
  private readonly plan: Plan;
  private readonly budget: Budget;
  private readonly journal: Journal;
  private readonly looks: Looks;
  private readonly hands: JudgingWorld;
  /** Whose responses are made, while nobody is judged. */
  private generating: readonly Role[] | undefined;
  private batching: Batching | null = null;
  private readonly stopping = new AbortController();
  private readonly signal: AbortSignal;
  /** What stopped the run from outside; a fault of our own is thrown in the end. */
  private halt: unknown = null;
  private readonly troubles = new Troubles((warning) => this.world.onWarning?.(warning));
  private readonly counts = { judged: 0, failed: 0, responses: 0 };
  /** Responses that were asked for and failed, by id. */
  private readonly failedNow = new Set<string>();
  /** Judges that are asked at an endpoint. */
  private readonly callers: ReadonlySet<string>;
  private readonly underWay = new UnderWay((error) => this.stop(error));

  constructor(
    private readonly run: Run,
    private readonly config: RunConfig,
    private readonly world: World,
    private readonly options: RunOptions,
  ) {
    const { store, models, clock } = world;
    this.plan = options.part?.plan ?? planOf(config, options.limit);
    this.budget = options.part?.budget ?? new Budget(options.budget_usd ?? null, 0);
    this.callers = new Set(paidFor(config, { roles: [] }).map(({ name }) => name));
    this.looks = new Looks(run.id, config, world, options);
    this.journal = new Journal(store, options.exporter);
    this.generating = options.generate;
    this.signal = AbortSignal.any([world.signal, this.stopping.signal]);
    this.hands = {
      store,
      model: (spec) => models.model(spec),
      now: () => new Date(clock()).toISOString(),
      stopping: this.signal,
      cache: options.cache ?? 'use',
      // Where nothing limits what is spent, nobody is asked before each call.
      admit:
        options.part?.admit ?? (this.budget.limit_usd === null ? undefined : (expected) => this.budget.admit(expected)),
      returned: (expected) => this.budget.returned(expected),
      paid: (charge, who) => this.paid(charge, who),
      keep: (answer) => this.journal.keep(answer),
      failed: (who, message) => this.troubles.failed(who, message),
    };
  }

  async carryOut(): Promise<RunEnd> {
    const { part, generate, decided } = this.options;
    try {
      if (part === undefined) await this.begin();
      if (part === undefined && generate === undefined) await this.openBatching();
      await this.windows(part?.positions ?? this.plan.order, decided);
    } catch (error) {
      this.stop(error);
    }
    await this.underWay.drained();
    // Also after the budget is reached: what is open is paid for.
    if (this.halt === null || (this.halt as DoubleblindError).code === 'BUDGET_REACHED')
      await this.batching?.carryOut().catch((error: unknown) => this.stop(error));
    if (this.options.generate === undefined && this.options.part === undefined && this.halt === null) {
      await this.looks.atAll(this.plan).catch((error: unknown) => this.stop(error));
    }
    if (this.halt !== null && !(this.halt instanceof DoubleblindError)) throw this.halt;
    return this.end();
  }

  /** What is there already is counted, and the first responses are looked at. */
  private async begin(): Promise<void> {
    const before = await this.world.store.spent(this.run.id);
    this.budget.spent_usd = before.cost_usd ?? 0;
    if (this.budget.limit_usd !== null) {
      const { store, models } = this.world;
      this.budget.guessed_usd = await guessing(store, models, this.run.id, this.config)(before.unpriced);
    }
    this.counts.judged = before.judged;
    this.counts.failed = before.failed;
    const { generate } = this.options;
    this.counts.responses =
      generate === undefined ? before.responses : await this.world.store.answered(this.run.id, generate);
    await this.lookFirst();
  }

  private paid(charge: Charge, who: string): void {
    this.budget.paid(charge);
    if (charge.guess_usd !== null && this.budget.limit_usd !== null) this.troubles.guesses(who);
  }

  private async openBatching(): Promise<void> {
    const { run, config, world, options, hands, plan, budget } = this;
    const { exporter, decided, retryFailed = false, batch = false } = options;
    const own = { run, config, plan, world, hands, budget, exporter, decided, retryFailed };
    const told = {
      onJudgment: ({ state }: Judgment) => (state === 'judged' ? this.counts.judged++ : this.counts.failed++),
      onAgain: () => this.counts.failed--,
      onProgress: () => this.progress(),
      onFailure: (error: ModelFailure, judge: string) => this.failed(error, 'judges', judge),
    };
    this.batching = await openBatching({ ...own, ...told }, batch);
  }

  private async windows(order: Uint32Array | readonly number[], decided?: RunOptions['decided']): Promise<void> {
    const step = decided === undefined ? WINDOW : BETWEEN_LOOKS;
    for (let i = 0; i < order.length && !this.over; i += step) {
      await this.window([...order.slice(i, i + step)]);
      if (i === 0) this.lookOn();
      if (decided !== undefined && (await decided())) break;
    }
  }

  private get stopped(): boolean {
    return this.signal.aborted;
  }

  private get over(): boolean {
    return this.stopped || this.options.part?.ending?.aborted === true;
  }

  /** Takes up the prompts of a window: what is stored is left alone, the rest goes out. */
  private async window(positions: number[]): Promise<void> {
    const { store } = this.world;
    const [stored, states] = await Promise.all([
      store.responsesAt(this.run.id, positions),
      store.judgmentStates(this.run.id, positions),
    ]);
    const responses = new Map<number, Response[]>();
    for (const { position, ...response } of stored) {
      const own = responses.get(position);
      if (own === undefined) responses.set(position, [response]);
      else own.push(response);
    }
    for (const position of positions) {
      await this.room();
      if (this.over) return;
      const planned = this.plan.at(position);
      this.underWay.track((piece) => this.prompt(planned, responses.get(position) ?? [], states, piece));
    }
  }

  private async prompt(
    planned: PlannedPrompt,
    stored: Response[],
    states: Map<string, Judgment['state']>,
    piece: Piece,
  ): Promise<void> {
    const { retryFailed, part } = this.options;
    const generate = this.generating;
    const all = this.plan.units(planned.position);
    const units = part === undefined ? all : all.filter(({ judge }) => judge === part.judge);
    const idOf = (unit: Unit) => judgmentId({ run_id: this.run.id, ...unit });
    const due =
      states.size === 0
        ? units
        : units.filter((unit) => {
            const state = states.get(idOf(unit));
            return state === undefined || (state === 'failed' && retryFailed === true);
          });
    const repeats = generate === undefined ? new Set(due.map((unit) => unit.repeat)) : this.repeats();
    const whose =
      generate === undefined
        ? due.map(({ judge }) => judge)
        : generate.flatMap((role) => Array.from(repeats, () => role));
    const laps = new Laps(whose, piece);
    await Promise.all(
      [...repeats].map(async (repeat) => {
        const [baseline, candidate] = await Promise.all(
          ROLES.map(async (role) => {
            const found = this.standing(stored, role, repeat);
            const asks = generate === undefined ? part === undefined : generate.includes(role);
            const response = found === undefined && asks ? await this.response(role, planned, repeat) : (found ?? null);
            if (generate !== undefined && asks) laps.done(role, found === undefined);
            return response;
          }),
        );
        if (generate !== undefined || baseline?.state !== 'answered' || candidate?.state !== 'answered') return;
        const pair = { baseline, candidate };
        const own = due.filter((unit) => unit.repeat === repeat);
        laps.characters += own.length * (lengthOf(baseline) + lengthOf(candidate));
        await Promise.all(
          own.map(async (unit) => {
            const asked = await this.judgment(unit, planned, pair, states.get(idOf(unit)) === 'failed');
            laps.done(unit.judge, asked && this.callers.has(unit.judge));
          }),
        );
      }),
    );
  }

  /** The response that is there; a failed one is asked for again once, and only where that is wanted. */
  private standing(stored: readonly Response[], role: Role, repeat: number): Response | undefined {
    const found = stored.find((r) => r.role === role && r.repeat === repeat);
    const again = found?.state === 'failed' && this.options.retryFailed === true && !this.failedNow.has(found.id);
    return again ? undefined : found;
  }

  private repeats(): number[] {
    return Array.from({ length: this.config.sampling.repeats }, (_, repeat) => repeat);
  }

  private async response(role: Role, planned: PlannedPrompt, repeat: number): Promise<Response | null> {
    if (this.stopped || this.troubles.down.roles.has(role)) return null;
    const { recorded, digests } = this.options;
    try {
      const { config, run, hands } = this;
      const response =
        config[role].provider === 'recorded'
          ? recordedResponse(role, planned, repeat, config, run.id, recorded)
          : await respond(role, planned, repeat, config, run.id, digests[role], hands);
      if (response === null) return null;
      await this.journal.response({ response, position: planned.position });
      if (response.state === 'answered') this.counts.responses++;
      else this.failedNow.add(response.id);
      this.progress();
      return response;
    } catch (error) {
      this.failed(error, 'roles', role);
      return null;
    }
  }

  /** True when its judge was asked. @param again it failed before, and is counted among the failed ones */
  private async judgment(unit: Unit, planned: PlannedPrompt, pair: Pair, again: boolean): Promise<boolean> {
    if (this.stopped || this.troubles.down.judges.has(unit.judge) || this.batching?.takes(unit.judge) === true)
      return false;
    const { config, run, hands } = this;
    try {
      const question = questionOf(unit, planned, pair, config, hands.cache);
      const asked = await askJudge(question, hands);
      const judgment = judgmentOf(question, asked, config, run.id, hands.now());
      await this.journal.judgment({ judgment, position: planned.position, own_texts: unit.canary !== null });
      if (again) this.counts.failed--;
      if (judgment.state === 'judged') this.counts.judged++;
      else this.counts.failed++;
      this.progress();
      return asked.attempts > 0;
    } catch (error) {
      this.failed(error, 'judges', unit.judge);
      return false;
    }
  }

  /** An endpoint that is of no more use ends the work of who is asked there; others go on, until nobody is left to ask. */
  private failed(error: unknown, of: 'roles' | 'judges', who: string): void {
    if (!(error instanceof ModelFailure) || !error.stops) return this.stop(error);
    this.troubles.ended(of, who, error.message);
    const { roles, judges } = this.troubles.down;
    const { part } = this.options;
    const generate = this.generating;
    const nobodyLeft =
      generate === undefined
        ? this.config.judges.every(({ name }) => judges.has(name) || (part !== undefined && part.judge !== name))
        : generate.every((role) => roles.has(role));
    if (nobodyLeft) this.stop(this.troubles.error);
  }

  private stop(error: unknown): void {
    if (this.signal.aborted && error === this.signal.reason) return;
    this.halt ??= error instanceof DoubleblindError ? error : (databaseLost(error) ?? error);
    this.stopping.abort(this.halt);
  }

  /**
   * Waits until there is room for another prompt: enough to keep every endpoint busy, little enough to stay small. A
   * prompt that one of several judges is through with gives room, so that whoever waits holds up nobody else.
   */
  private async room(): Promise<void> {
    const perPrompt = Math.max(1, this.config.judges.length * 2 * this.config.sampling.repeats);
    const prompts = Math.max(8, Math.ceil((this.world.models.capacity() * 2) / perPrompt));
    // What looks whether it is decided begins no prompt that it may not need.
    const held = this.options.decided === undefined ? HELD : 0;
    await this.underWay.below(prompts, () => this.stopped, held);
  }

  /** The first responses of each role that answers live, looked at before any judge is called. */
  private async lookFirst(): Promise<void> {
    if (this.looks.allRecorded)
      return this.options.strictResponses === true ? this.looks.atAll(this.plan) : this.looks.atFirst(this.plan);
    const positions = [...this.plan.order.subarray(0, FIRST_LOOK)];
    const stored = await this.world.store.responsesAt(this.run.id, positions);
    const roles = this.options.generate ?? ROLES;
    const first = await Promise.all(
      positions.flatMap((position) =>
        roles.map(async (role) => {
          const own = stored.filter((r) => r.position === position);
          return this.standing(own, role, 0) ?? (await this.response(role, this.plan.at(position), 0));
        }),
      ),
    );
    await this.looks.at(first.filter((response) => response !== null));
    if (this.options.strictResponses === true && this.generating === undefined) await this.answerAll();
  }

  /** Who is strict has every response made and looked at before any judge is called. */
  private async answerAll(): Promise<void> {
    this.generating = ROLES;
    await this.windows(this.plan.order);
    await this.underWay.drained();
    if (this.troubles.error !== null) throw this.troubles.error;
    if (!this.over) await this.looks.atAll(this.plan);
    this.generating = undefined;
  }

  /** Recorded responses are looked at while the first are judged; what is found then stops nobody, and the end waits for it. */
  private lookOn(): void {
    const { generate, part } = this.options;
    if (generate === undefined && part === undefined && this.looks.allRecorded)
      this.looks.atAll(this.plan).catch(() => undefined);
  }

  private progress(): void {
    this.world.onProgress?.({
      done: this.counts.judged + this.counts.failed,
      due: this.plan.size.judgments,
      failed: this.counts.failed,
      responses: this.counts.responses,
      responses_due: responsesDue(this.plan, this.options.generate),
      spent_usd: this.budget.charged_usd,
      unpriced: this.budget.unpriced,
      left_usd: this.budget.left_usd,
      retried: this.world.models.endpoints().reduce((n, e) => n + e.retried, 0),
      under_way: this.underWay.count,
      batches: this.batching?.progress ?? null,
    });
  }

  private async end(): Promise<RunEnd> {
    const { judged, failed } =
      this.options.part === undefined ? await this.world.store.spent(this.run.id) : this.counts;
    const missing = Math.max(0, this.plan.size.judgments - judged - failed);
    const error = (this.halt as DoubleblindError | null) ?? this.troubles.error;
    const { signal } = this.world;
    // Responses alone leave a run that was done as it is, and finish no other.
    const unfinished = this.options.generate !== undefined && this.run.status !== 'done';
    const status = signal.aborted || error !== null || unfinished ? 'stopped' : 'done';
    const reason = error?.line ?? (signal.aborted ? reasonOf(signal) : null);
    return { status, reason, error, planned: this.plan.size, judged, failed, missing };
  }
}

function lengthOf({ response }: Response): number {
  return response?.length ?? 0;
}
