// The commands that carry out a run: a world of real clock, models and signals around `launch`.
import { setFlagsFromString } from 'node:v8';
import { pauseOf } from '../batch.js';
import type { DigestCache } from '../checkpoints/index.js';
import type { RunConfig } from '../config.js';
import type { Overrides } from '../run-file.js';
import { readRunFile } from '../config.js';
import { DoubleblindError } from '../errors.js';
import { commandLine, environment } from '../environment.js';
import { counted, lookLine, whole } from '../figures.js';
import { launch, type Launched, type LaunchOptions, resume } from '../launch.js';
import { findRun } from '../find-run.js';
import { openModels, redactor } from '../models/index.js';
import { later } from '../later.js';
import { ROLES, type Role, type Run } from '../records.js';
import type { World } from '../run-world.js';
import type { Store } from '../store/index.js';
import type { Summary } from '../summary.js';
import { loadEnv, print, say, usingStore } from './action.js';
import { withDigestCache } from './digest-cache.js';
import { next } from './next.js';
import { openPark } from './park.js';
import { openProgress } from './progress.js';
import { type RunFlags, stopOnSignals, DEFAULT_EXPORTS } from './run.js';
import { columns, plain } from './terminal.js';

// Most of what grows old in a run is soon garbage; by default the heap grows to four times what is alive before it goes,
// and goes on growing for tens of thousands of judgments.
setFlagsFromString('--heap-growing-percent=65');

/** `run`: every candidate of the run file, one after another. A file that is refused leaves no database behind. */
export async function runFile(file: string, flags: RunFlags): Promise<number> {
  loadEnv();
  const configs = await readRunFile(file, overridesOf(flags));
  if (flags.dryRun === true) {
    const { dryRun } = await import('./dry-run.js');
    return usingStore(flags, (store) => dryRun(store, configs, flags));
  }
  // A sweep that is stopped has candidates whose runs are not there yet.
  const goOn = configs.length > 1 && flags.again !== true ? 'again' : 'resume';
  return usingStore(flags, (store) =>
    launchAll(store, configs, flags, goOn, (config, world, options) => launch(config, world, options)),
  );
}

/** `generate`: responses only. */
export async function generateFile(file: string, flags: RunFlags): Promise<number> {
  loadEnv();
  const configs = await readRunFile(file, overridesOf(flags));
  const roles: Role[] = flags.role === undefined ? [...ROLES] : [flags.role];
  const carry: Carry = async (config, world, options) => {
    const launched = await launch(config, world, { ...options, generate: roles });
    return { ...launched, summary: { ...launched.summary, estimates: [] } };
  };
  const { strictResponses, limit, exports } = flags;
  const generating = [
    file,
    ...(limit === undefined ? [] : ['--limit', String(limit)]),
    ...(exports === DEFAULT_EXPORTS ? [] : ['--exports', exports]),
    ...(strictResponses === true ? ['--strict-responses'] : []),
  ];
  return usingStore(flags, (store) => launchAll(store, configs, flags, 'again', carry, generating));
}

/** `resume`: one stored run, failed judgments asked again. */
export async function resumeRun(store: Store, id: string, flags: RunFlags): Promise<number> {
  loadEnv();
  const run = await findRun(store, id);
  const config = {
    ...(run.config as unknown as RunConfig),
    ...(flags.concurrency !== undefined && { concurrency: flags.concurrency }),
  };
  return launchAll(store, [config], flags, 'resume', (_config, world, options) => {
    const { budget_usd, ...rest } = options;
    return resume(run.id, world, { ...rest, ...(flags.budgetUsd !== undefined && { budget_usd }) });
  });
}

/** What goes on with a run that is stopped: `resume`, or the same command again where that has more to do. */
export type GoOn = 'resume' | 'again';

/** The command line that goes on with a run, or with what was to become one. */
function going(run: Run | null, goOn: GoOn, flags: RunFlags): string {
  return commandLine(run === null || goOn === 'again' ? process.argv : resuming(run, flags), process.env);
}

/** The words that resume a run where it lies; the run itself keeps its limit, its budget and whether it is judged in batches. */
function resuming({ id }: Run, flags: RunFlags): string[] {
  const { database, exports, cache, fresh, allowIdentityMismatch, strictResponses, distributed } = flags;
  return [
    ...['', '', 'resume', id],
    ...(database === undefined ? [] : ['--database', database]),
    ...(exports === DEFAULT_EXPORTS ? [] : ['--exports', exports]),
    ...(cache === false ? ['--no-cache'] : []),
    ...(fresh === true ? ['--fresh'] : []),
    ...(allowIdentityMismatch === true ? ['--allow-identity-mismatch'] : []),
    ...(strictResponses === true ? ['--strict-responses'] : []),
    ...(distributed === true ? ['--distributed'] : []),
  ];
}

type Carry = (config: RunConfig, world: World, options: LaunchOptions) => Promise<Launched>;

/**
 * Carries out runs one after another; prints each result; the worst exit code.
 * @param generating the run file and flags that hold for the next command too, where responses alone are made
 */
export async function launchAll(
  store: Store,
  configs: RunConfig[],
  flags: RunFlags,
  goOn: GoOn,
  carry: Carry,
  generating?: readonly string[],
): Promise<number> {
  const printing = later(() =>
    Promise.all([import('./screen.js'), import('./curve.js'), import('../ledger/curve.js')]),
  );
  const results: Launched[] = [];
  let exit = 0;
  // Done again, a sweep is a sweep of its own: its baseline answers anew, and its curve is not mixed with the first.
  const batch = flags.again === true ? `-${new Date().toISOString()}` : '';
  for (const given of configs.map(withoutKeys)) {
    const config = batch === '' || given.sweep === null ? given : { ...given, sweep: `${given.sweep}${batch}` };
    for (const warning of config.warnings ?? []) say(`warning: ${plain(warning.message)}`);
    const result = await withDigestCache((cache) => launchOne(store, config, flags, goOn, carry, cache)).catch(
      (error: unknown) => unanswered(config, error),
    );
    if (result === null) continue;
    results.push(result.launched);
    exit = Math.max(exit, result.exit);
    if (result.interrupted) break;
  }
  if (results.length === 0)
    throw new DoubleblindError('MODEL_NOT_SERVED', 'no one answers for any checkpoint of the sweep.');
  const documents = results.map((r) => documentOf(r));
  const sweep = documents.length > 1 ? (results[0]!.run.sweep ?? null) : null;
  const [{ screen }, { curveLines }, { sweepCurve }] = await printing.now();
  const curve = sweep === null ? null : await sweepCurve(store, sweep);
  const bills = await Promise.all(
    results.map(async ({ run: { id } }) => {
      const answered = ROLES.map((role) => store.answered(id, [role]));
      const [spent, costs, ...counts] = await Promise.all([store.spent(id), store.costs(id), ...answered]);
      return { spent, costs, answered: counts };
    }),
  );
  print(flags, documents.length === 1 ? documents[0] : { items: documents, next_cursor: null, curve }, () =>
    [
      ...results.map((r, i) => {
        const { answered } = bills[i]!;
        const then =
          generating === undefined ? goesOn(r, answered, goOn, flags) : afterResponses(r, answered, generating, flags);
        // A run that ended before any judgment has responses to show, and no result.
        return r.summary.estimates.length === 0 || (r.planned.judgments > 0 && r.judged + r.failed === 0)
          ? generated(r, answered, then ?? going(r.run, goOn, flags))
          : screen(r, bills[i], columns(), then, stillDue(r, answered), flags);
      }),
      ...(curve === null || curve.curves.length === 0 ? [] : curveLines(curve)),
    ].join('\n'),
  );
  return exit;
}

/** A checkpoint of a sweep that no one answers for is told and left out; anything else is thrown on. */
function unanswered({ sweep, candidate }: RunConfig, error: unknown): null {
  const missing = error instanceof DoubleblindError && error.code === 'MODEL_NOT_SERVED';
  if (sweep === null || !missing || !error.message.includes(`"${candidate.model}"`)) throw error;
  say(`warning: ${plain(`${candidate.checkpoint ?? candidate.name} is left out: ${error.message}`)}`);
  return null;
}

export async function launchOne(
  store: Store,
  config: RunConfig,
  flags: RunFlags,
  goOn: GoOn,
  carry: Carry,
  digestCache: DigestCache,
): Promise<{ launched: Launched; exit: number; interrupted: boolean }> {
  const progress = openProgress();
  const models = openModels({
    env: process.env,
    prices: config.prices,
    concurrency: config.concurrency,
    onRetry: (event) => progress.wait(event),
    onPause: (event) => progress.wait(event),
  });
  let run: Run | null = null;
  const stop = stopOnSignals(() => going(run, goOn, flags));
  const park = flags.distributed === true ? await openPark(store, flags) : null;
  try {
    const launched = await carry(
      config,
      {
        store,
        models,
        clock: () => Date.now(),
        signal: stop.signal,
        pause: pauseOf(process.env),
        onProgress: (p) => progress.update(p),
        onWarning: (warning) => progress.warn(plain(warning.message)),
      },
      {
        exports: flags.exports,
        limit: flags.limit,
        cache: flags.cache === false ? 'off' : flags.fresh === true ? 'fresh' : 'use',
        again: flags.again,
        allowMissing: flags.allowMissing,
        allowIdentityMismatch: flags.allowIdentityMismatch,
        digestCache,
        carryOut: park?.carryOut,
        strictResponses: flags.strictResponses,
        batch: flags.batch,
        onRun: (opened) => (run = opened),
        onLook: (looks) => progress.tell(plain(looks.map(lookLine).join('; '))),
        budget_usd: flags.budgetUsd ?? config.budget_usd,
        environment: environment({ cwd: process.cwd(), argv: process.argv, env: process.env }),
      },
    );
    progress.end();
    for (const line of models.learned()) say(`note: ${plain(line)}`);
    if (launched.error !== null) say(`error: ${plain(launched.error.line)}`);
    return {
      launched,
      exit: stop.exit() ?? exitOf(launched, config, flags.maxFailed),
      interrupted: stop.exit() !== null,
    };
  } finally {
    progress.end();
    stop.done();
    await park?.stop();
    await models.close();
  }
}

/** A configuration whose words hold no key that slipped in from the environment. */
function withoutKeys(config: RunConfig): RunConfig {
  const clean = redactor(process.env);
  const cleaned = (text: string | null) => (text === null ? null : clean(text));
  return {
    ...config,
    tags: Object.fromEntries(Object.entries(config.tags).map(([key, value]) => [clean(key), clean(value)])),
    description: cleaned(config.description),
    data_purpose: cleaned(config.data_purpose),
  };
}

/** 0 done, 1 done with findings, 3 stopped from outside. */
function exitOf(launched: Launched, config: RunConfig, maxFailed: number): number {
  if (launched.error !== null) {
    // Responses that look faulty keep a run from its start only where nobody had to be asked for them.
    const paid = ROLES.some((role) => config[role].provider !== 'recorded');
    return launched.error.code === 'RESPONSES_SUSPICIOUS' && paid ? 3 : launched.error.exitCode;
  }
  const due = launched.planned.judgments;
  return due > 0 && launched.status === 'done' && (launched.failed + launched.missing) / due > maxFailed ? 1 : 0;
}

/** The document of CONTRACT section 5 with the run's id, folder and status. */
export function documentOf({ summary, run, folder }: Launched): Summary {
  return { ...summary, run: { ...summary.run, id: run.id, status: run.status, exports: folder } };
}

/** The command that goes on with a run; undefined where it was decided, or has nothing left that asking could bring. */
function goesOn(
  { run, failed }: Launched,
  answered: readonly number[],
  goOn: GoOn,
  flags: RunFlags,
): string | undefined {
  // `endedDecided` would bring the statistics along.
  if ('decided' in run.decision_rule) return undefined;
  if (run.status !== 'done') return going(run, goOn, flags);
  const config = run.config as unknown as RunConfig;
  const lacking = ROLES.some((role, i) => config[role].provider !== 'recorded' && lackingOf(run, answered, i) > 0);
  // The same command asks nothing of a run that is done.
  return failed > 0 || lacking ? going(run, 'resume', flags) : undefined;
}

const lackingOf = ({ planned }: Run, answered: readonly number[], role: number): number =>
  Math.max(0, planned.comparisons - answered[role]!);

/** What stays due of a run, and for want of whose responses where it is done; null where nothing does. */
function stillDue({ run, missing, judged, failed }: Launched, answered: readonly number[]): string | null {
  if (missing === 0 || 'decided' in run.decision_rule) return null;
  const stays = `${counted(missing, 'judgment')} ${missing === 1 ? 'stays' : 'stay'} due`;
  // Before any judgment the count of the responses says how far it came.
  if (run.status !== 'done') return judged + failed === 0 ? null : `The run is ${run.status}: ${stays}.`;
  const lacking = ROLES.flatMap((role, i) => {
    const n = lackingOf(run, answered, i);
    return n === 0 ? [] : [`${counted(n, 'response')} of ${plain(run[role])}`];
  });
  const why = lacking.length === 0 ? '' : ` for want of ${lacking.join(' and ')}`;
  return `${stays}${why}.`;
}

/** The command that comes after `generate`: for the responses that are open yet, else the judging. */
function afterResponses(
  { run }: Launched,
  answered: readonly number[],
  words: readonly string[],
  flags: RunFlags,
): string {
  const open = ROLES.filter((_, i) => lackingOf(run, answered, i) > 0);
  if (open.length === 0) return next(['run', ...words], flags);
  return next(['generate', ...words, ...(open.length === 1 ? ['--role', open[0]!] : [])], flags);
}

/**
 * Whose responses there are, where, and what is to be done next.
 * @param answered how many, in the order of the roles
 */
function generated(launched: Launched, answered: readonly number[], then: string): string {
  const { run, folder } = launched;
  const due = stillDue(launched, answered);
  return [
    ...ROLES.map(
      (role, i) =>
        `${role.padEnd(10)} ${plain(run[role])}: ${whole(answered[i]!)} responses of ${whole(run.planned.comparisons)}`,
    ),
    ...(due === null ? [] : [`due        ${due}`]),
    `files      ${folder}/`,
    `next       npx ${then}`,
    '',
  ].join('\n');
}

function overridesOf(flags: RunFlags): Overrides {
  return {
    seed: flags.seed,
    orders: flags.orders,
    retest: flags.retest,
    concurrency: flags.concurrency,
    budget_usd: flags.budgetUsd,
    stop: flags.stop,
    tags: flags.tag,
  };
}
