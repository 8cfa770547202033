// From a resolved configuration to a finished run: find or make the run, hold it, carry it out, export it.
import { checkBatch, inBatches } from './batch.js';
import { checkBudget } from './budget.js';
import { certified } from './certified.js';
import type { RunConfig } from './config.js';
import { configDocument, configOf, configurationHash } from './configuration.js';
import type { DigestCache } from './checkpoints/index.js';
import { type Content, contentOf } from './content.js';
import { databaseLost, DoubleblindError } from './errors.js';
import { Exporter, exportFolder } from './export.js';
import { findRun } from './find-run.js';
import { compareWithServers, warnOfFolders } from './identity.js';
import { holderOf, holding } from './holder.js';
import { later } from './later.js';
import { limitOf, type Plan, planOf } from './plan.js';
import { preflight } from './preflight.js';
import { ROLES, type Role, type Run } from './records.js';
import { checkRecorded, type RecordedFiles, recordedResponses, sampled } from './responses.js';
import { carryOut } from './run.js';
import type { RunEnd, RunOptions, World } from './run-world.js';
import type { Stopping } from './stopping.js';
import type { Store } from './store/index.js';
import { takeBaseline } from './sweep.js';
import type { Look, Summary } from './summary.js';

export interface LaunchOptions extends Omit<RunOptions, 'recorded' | 'digests' | 'exporter'> {
  /** Folder below which files are written. */
  exports: string;
  /** A second run of the same configuration. */
  again?: boolean | undefined;
  allowMissing?: boolean | undefined;
  /** Responses that stand in no file which could be read again (`judge` on paired files). */
  given?: RecordedFiles | undefined;
  /** Digests of weight files from earlier runs. */
  digestCache?: DigestCache | undefined;
  /** Who carries the run out; this process, unless it is handed to workers. */
  carryOut?: typeof carryOut | undefined;
  /** What is recorded about where and how the run was started; may be looked up while files are read. */
  environment: Record<string, unknown> | Promise<Record<string, unknown>>;
  /** Told of the run before anything of it is asked. */
  onRun?: ((run: Run) => void) | undefined;
  /** Told of every look at a run that stops when decided. */
  onLook?: ((looks: Look[]) => void) | undefined;
}

export interface Launched extends RunEnd {
  run: Run;
  summary: Summary;
  folder: string;
}

/** A run that is there, with what stands behind the names of its configuration. */
export interface Opened {
  run: Run;
  recorded: RecordedFiles;
  digests: Record<Role, string | null>;
}

/** Starts or goes on with the run of a configuration. The same configuration is the same run, unless `again`. */
export async function launch(config: RunConfig, world: World, options: LaunchOptions): Promise<Launched> {
  await affordable(config, world, options);
  if (options.batch === true) checkBatch(config, options.carryOut !== undefined);
  const opened = await beginning(openRun(config, opening(world, options), options));
  const budget_usd = keptBudget(opened.run, options);
  if (budget_usd !== (options.budget_usd ?? null)) {
    await affordable(config, world, { ...options, budget_usd });
    const message = `the budget of $${budget_usd} that this run was given still holds; --budget-usd gives it another.`;
    world.onWarning?.({ code: 'BUDGET_KEPT', message });
  }
  // An interrupted run is gone on with as `resume` does; a finished one asks nothing.
  const retryFailed = INTERRUPTED.includes(opened.run.status);
  return carry(opened, config, world, { retryFailed, ...options });
}

const INTERRUPTED: readonly Run['status'][] = ['running', 'stopped', 'cancelled'];

/**
 * Goes on with a stored run, failed judgments asked again.
 * @throws RUN_UNKNOWN; RUN_CHANGED when a recorded file or checkpoint folder is no longer what it was
 */
export async function resume(id: string, world: World, options: LaunchOptions): Promise<Launched> {
  const run = await findRun(world.store, id);
  if (run.origin === 'import') {
    throw new DoubleblindError('RUN_CHANGED', `run ${run.id} was imported; there is nothing to resume.`);
  }
  const config = configOf(run, await world.store.suites(run.id));
  await affordable(config, world, { ...options, budget_usd: keptBudget(run, options) });
  const stored = (run.identities['content'] ?? {}) as Content['hashes'];
  const content = await contentOf(config, undefined, stored, options.digestCache);
  if (configurationHash(config, content.hashes) !== run.configuration) {
    throw new DoubleblindError(
      'RUN_CHANGED',
      `what run ${run.id} was made from has changed (a recorded file or a checkpoint folder).`,
      {
        hint: 'A changed configuration is a new run: use `doubleblind run`.',
      },
    );
  }
  await beginning(identify(run, config, content, opening(world, options), options));
  // Who resumes a run that stopped because it was decided asks for more.
  const { decided, continued } = run.decision_rule;
  const more = decided === undefined && continued === undefined ? config : { ...config, stop: null };
  const { limit = limitOf(run) } = options;
  return carry({ run: limited(run, config, options.limit), ...content }, more, world, {
    retryFailed: true,
    ...options,
    limit,
  });
}

/** A run of which another limit says what is due; as it is where none is given. */
function limited(run: Run, config: RunConfig, limit: number | undefined): Run {
  if (limit === undefined) return run;
  return { ...run, planned: planOf(config, limit).size, decision_rule: { ...run.decision_rule, limit } };
}

/** Before anything is asked, a database that fails lets nothing start, and nothing is lost. @throws DATABASE_UNUSABLE */
async function beginning<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (databaseLost(error) === null) throw error;
    const message = `the database cannot be used: ${(error as Error).message}.`;
    throw new DoubleblindError('DATABASE_UNUSABLE', message, { hint: 'Nothing was asked.' }, { cause: error });
  }
}

/** The budget of a run: it stays until another one is given. */
function keptBudget(run: Run, { budget_usd }: Pick<LaunchOptions, 'budget_usd'> = {}): number | null {
  const kept = run.environment['budget_usd'] ?? run.config['budget_usd'] ?? null;
  return budget_usd ?? (kept as number | null);
}

/** Refused before anything is made or spent. @throws PRICE_UNKNOWN */
async function affordable(
  config: RunConfig,
  { models }: Pick<World, 'models'>,
  { budget_usd, generate }: Pick<LaunchOptions, 'budget_usd' | 'generate'>,
): Promise<void> {
  if (typeof budget_usd === 'number')
    await checkBudget(config, models, { roles: generate, judges: generate === undefined });
}

/** Says what is odd about the checkpoints and keeps what the servers say they serve. @throws IDENTITY_MISMATCH */
async function identify(
  run: Pick<Run, 'id' | 'identities'> | null,
  config: RunConfig,
  { identities }: Content,
  world: OpeningWorld,
  options: LaunchOptions,
): Promise<Run['identities']> {
  const { store, models, onWarning } = world;
  const names = { baseline: config.baseline.name, candidate: config.candidate.name };
  const get =
    models === undefined
      ? undefined
      : (role: Role) => (url: string, body?: Record<string, unknown>) =>
          models.look(sampled(config[role], config.sampling), url, body);
  const seeing = { store, get, onWarning };
  await warnOfFolders(identities, names, new Date(world.clock()).toISOString(), seeing);
  const served = await compareWithServers(config, identities, options.allowIdentityMismatch === true, seeing);
  const kept = { ...run?.identities, ...identities, served: { ...(run?.identities['served'] as object), ...served } };
  if (run !== null) await store.updateRun(run.id, { identities: kept });
  return kept;
}

/** What opening a run needs of the world; without models nobody is asked anything. */
type OpeningWorld = Pick<World, 'store' | 'clock' | 'signal' | 'onWarning'> & Partial<Pick<World, 'models'>>;

/** Who hands a run to workers may not reach what they reach: then nobody is looked for. */
function opening({ models, ...world }: World, { carryOut: elsewhere }: LaunchOptions): OpeningWorld {
  return elsewhere === undefined ? { ...world, models } : world;
}

/**
 * The run of a configuration, made when it is not there. With models, everybody who will be asked is looked for first,
 * so that a run which could not start leaves no trace.
 */
export async function openRun(config: RunConfig, world: OpeningWorld, options: LaunchOptions): Promise<Opened> {
  const { store } = world;
  const content = await contentOf(config, options.given, {}, options.digestCache);
  checkRecorded(content.recorded, config, options.allowMissing === true, world.onWarning);
  const configuration = configurationHash(config, content.hashes);
  const plan = planOf(config, options.limit);
  const rule = { margin: config.margin, level: config.level, stop: config.stop };
  const [known] = options.again === true ? [] : await store.runsOfConfiguration(configuration);
  const done = known?.status === 'done' && (await nothingDue(store, known, plan));
  if (!done && world.models !== undefined) {
    const { onWarning } = world;
    await preflight(config, world.models, {
      roles: options.generate,
      judges: options.generate === undefined,
      onWarning,
    });
  }
  const identities = done ? known.identities : await identify(known ?? null, config, content, world, options);
  if (known !== undefined) {
    for (const message of otherAddresses(known, config)) world.onWarning?.({ code: 'ADDRESS_CHANGED', message });
    const first = known.decision_rule;
    const changed = Object.entries(rule).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(first[key]));
    const later = changed.length === 0 ? {} : { later: Object.fromEntries(changed) };
    const decision_rule = { ...first, ...later, limit: options.limit ?? null };
    // A run that was made by itself joins the sweep that names it; one of a sweep done again stays with its own.
    const joins = config.sweep !== null && known.sweep?.startsWith(config.sweep) !== true;
    const changes = { planned: plan.size, decision_rule, ...(joins && { sweep: config.sweep }) };
    // Whoever carries the run out does so to the end as it began.
    if ((await holderOf(store, known.id)) === null) await store.updateRun(known.id, changes);
    return { run: { ...known, ...changes, identities }, ...content };
  }
  const now = new Date(world.clock());
  const run: Run = {
    id: await freeId(store, now, configuration),
    configuration,
    name: config.name,
    purpose: config.purpose,
    description: config.description,
    data_purpose: config.data_purpose,
    data_path: config.data_path,
    tags: config.tags,
    baseline: config.baseline.name,
    candidate: config.candidate.name,
    sweep: config.sweep,
    origin: 'own',
    status: 'queued',
    reason: null,
    config: configDocument(config),
    decision_rule: { ...rule, limit: options.limit ?? null },
    environment: await options.environment,
    identities: { ...identities, content: content.hashes },
    planned: plan.size,
    exports: null,
    created_at: now.toISOString(),
    started_at: null,
    ended_at: null,
  };
  // A run whose files have no place is not made.
  await exportFolder(options.exports, run);
  await store.createRun(run, config.suites);
  // Responses that stand in no file are kept at once, so that the run can be resumed without them.
  if (options.given !== undefined)
    for (const position of planOf(config).order)
      await store.addResponses(recordedResponses([position], plan, config, run.id, options.given));
  for (const role of ROLES) {
    const identity = content.identities[role];
    if (identity === undefined || identity.digest === null) continue;
    await store.seeCheckpoint({
      name: config[role].name,
      digest: identity.digest,
      path: identity.path,
      seen_at: now.toISOString(),
      identity: { ...identity },
    });
  }
  return { run, ...content };
}

/** Whether a run that is done has nothing more to ask for: `generate` ends one without its judgments. */
async function nothingDue(store: Store, run: Run, { size }: Pick<Plan, 'size'>): Promise<boolean> {
  if (run.planned.judgments < size.judgments) return false;
  const { judged, failed } = await store.spent(run.id);
  return judged + failed >= size.judgments;
}

/** Who was asked at another address when the run was made: its records are of what answered there. */
function otherAddresses(run: Run, config: RunConfig): string[] {
  const first = run.config as unknown as Pick<RunConfig, Role | 'judges'>;
  const all = ({ baseline, candidate, judges }: Pick<RunConfig, Role | 'judges'>) => [baseline, candidate, ...judges];
  return all(config).flatMap(({ name, base_url: now = 'its provider' }, i) => {
    const then = all(first)[i]?.base_url ?? 'its provider';
    if (now === then) return [];
    return [
      `${name} was asked at ${then} in run ${run.id}, not at ${now}; what is there stays. \`--again\` asks anew.`,
    ];
  });
}

/** `YYYYMMDD_HHMMSS` in UTC and four digits of the configuration; a second run in the same second gets the next one. */
async function freeId(store: Store, now: Date, configuration: string): Promise<string> {
  for (let seconds = 0; ; seconds++) {
    const time = new Date(now.getTime() + seconds * 1000).toISOString();
    const id = `${time.slice(0, 19).replace(/[-:]/g, '').replace('T', '_')}-${configuration.slice(0, 4)}`;
    if ((await store.run(id)) === null) return id;
  }
}

/** Holds a run, carries it out and writes its files. @throws RUN_HELD */
async function carry(
  { run, recorded, digests }: Opened,
  config: RunConfig,
  world: World,
  options: LaunchOptions,
): Promise<Launched> {
  const { store } = world;
  const batched = inBatches(run);
  const batch = options.batch ?? batched;
  if (batch) checkBatch(config, options.carryOut !== undefined);
  const now = () => new Date(world.clock()).toISOString();
  options.onRun?.(run);
  const budget_usd = keptBudget(run, options);
  return holding(store, run.id, now(), async () => {
    const { judged, failed, responses } = await store.spent(run.id);
    const due = run.planned.judgments - judged - (options.retryFailed === true ? 0 : failed);
    const isOver = run.status === 'done' && options.retryFailed !== true;
    const before = { ended_at: isOver ? run.ended_at : null, records: judged + failed + responses };
    const folder = await exportFolder(options.exports, run);
    await store.updateRun(run.id, {
      status: 'running',
      reason: null,
      planned: run.planned,
      exports: folder,
      started_at: run.started_at ?? now(),
      ended_at: null,
      environment: {
        ...run.environment,
        ...(batch !== batched && { batch }),
        ...(budget_usd !== keptBudget(run) && { budget_usd }),
      },
    });
    await takeBaseline(store, run);
    const stopping =
      config.stop === null || options.generate !== undefined
        ? null
        : (await import('./stopping.js')).openStopping(store, run, config, options.limit, options.onLook);
    const known = await certified(store, config.judges);
    const identities = {
      ...(await store.run(run.id))!.identities,
      ...(Object.keys(known).length > 0 && { certified: known }),
    };
    await store.updateRun(run.id, { decision_rule: ruleBefore(run, stopping), identities });
    const exporter = await Exporter.open(store, run.id, folder);
    // Statistics and the report.
    const conclusion = later(() => import('./conclusion.js'));
    try {
      // Where all is judged, strictness comes too late to stop anything.
      const strictResponses = options.strictResponses === true && due > 0;
      const given = { ...options, strictResponses, batch, budget_usd };
      const more = { ...given, recorded, digests, exporter, decided: stopping?.decided };
      const end = await (options.carryOut ?? carryOut)(run, config, world, more);
      const { conclude } = await conclusion.now();
      return await conclude(run.id, end, { store, folder, exporter, stopping, now, before });
    } finally {
      conclusion.drop();
      exporter.close();
    }
  });
}

/** The rule of a run as it is carried out: what a stop had found gives way to what is judged now. */
function ruleBefore(run: Run, stopping: Stopping | null): Run['decision_rule'] {
  const { decided, ...rule } = run.decision_rule;
  if (stopping === null) return decided === undefined ? rule : { ...rule, continued: decided };
  return { ...rule, stopping: stopping.rule };
}
