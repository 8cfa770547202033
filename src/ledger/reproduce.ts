// Does a run come out again? What has changed since: commit, versions, weights, recorded files; and how far the verdicts of
// a second run agree with the first, judgment by judgment.
import { fileHash } from '../bytes.js';
import { type DigestCache, inspect } from '../checkpoints/index.js';
import type { RunConfig } from '../config.js';
import { configOf } from '../configuration.js';
import type { Environment } from '../environment.js';
import { DoubleblindError } from '../errors.js';
import type { Recorded } from '../models/index.js';
import { ROLES, type Role, type Run } from '../records.js';
import type { RecordedFiles } from '../responses.js';
import { wilson } from '../stats/index.js';
import { runFileOf, type WrittenFile } from './run-file.js';
import type { Repeated } from '../store/provenance.js';
import type { Store } from '../store/index.js';

export interface Change {
  what: string;
  then: string | null;
  now: string | null;
  /** True where the run cannot come out the same: other weights or other recorded responses. */
  content: boolean;
}

export interface Reproduction {
  config: RunConfig;
  changes: Change[];
  /** Responses that stand in no file any more, taken from the store. */
  given: RecordedFiles | undefined;
  /** The run file and what it names. */
  files: WrittenFile[];
}

/**
 * The configuration of a stored run and what has changed around it.
 * @throws RUN_CHANGED for an imported run, which asked nobody
 */
export async function reproduction(
  store: Store,
  run: Run,
  environment: Environment,
  cache?: DigestCache,
): Promise<Reproduction> {
  if (run.origin === 'import') {
    throw new DoubleblindError('RUN_CHANGED', `run ${run.id} was imported; there is nothing to run again.`, {
      hint: 'Judge its responses with `doubleblind judge`.',
    });
  }
  const suites = await store.suites(run.id);
  const config = { ...configOf(run, suites), sweep: null };
  const changes = [...placesChanged(run, environment), ...(await contentChanged(run, config, cache))];
  const alone = ROLES.filter((role) => config[role].provider === 'recorded' && config[role].file === undefined);
  const stored = alone.length === 0 ? null : await storedResponses(store, run, alone);
  return { config, changes, given: stored?.given, files: runFileOf(run, suites, stored?.lines) };
}

function placesChanged(run: Run, now: Environment): Change[] {
  const then = run.environment as Partial<Environment>;
  const packages = new Set([...Object.keys(then.packages ?? {}), ...Object.keys(now.packages)]);
  const commit = (git: Environment['git'] | undefined): string | null =>
    git?.commit ? `${git.commit.slice(0, 12)}${git.dirty ? ' with changes' : ''}` : null;
  return [
    { what: 'git commit', then: commit(then.git), now: commit(now.git) },
    { what: 'doubleblind', then: then.doubleblind ?? null, now: now.doubleblind },
    { what: 'node', then: then.node ?? null, now: now.node },
    ...[...packages].map((name) => ({
      what: name,
      then: then.packages?.[name] ?? null,
      now: now.packages[name] ?? null,
    })),
  ]
    .filter((change) => change.then !== change.now || change.then?.includes('with changes'))
    .map((change) => ({ ...change, content: false }));
}

async function contentChanged(run: Run, config: RunConfig, cache?: DigestCache): Promise<Change[]> {
  const stored = (run.identities['content'] ?? {}) as Partial<Record<Role, string>>;
  const changes: Change[] = [];
  for (const role of ROLES) {
    const { provider, file, checkpoint } = config[role];
    const recorded = provider === 'recorded' && file !== undefined;
    if (!recorded && checkpoint === undefined) continue;
    const now = await whenThere(async () => (recorded ? fileHash(file) : (await inspect(checkpoint!, cache)).digest));
    const then = stored[role] ?? null;
    if (now !== then) changes.push({ what: `${role} ${recorded ? file : checkpoint!}`, then, now, content: true });
  }
  return changes;
}

/** Null where the file or folder is gone. */
async function whenThere<T>(read: () => Promise<T | null>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DoubleblindError && error.code === 'FILE_MISSING') return null;
    throw error;
  }
}

async function storedResponses(
  store: Store,
  run: Run,
  roles: readonly Role[],
): Promise<{ given: RecordedFiles; lines: Partial<Record<Role, string>> }> {
  const stored = (run.identities['content'] ?? {}) as Partial<Record<Role, string>>;
  const texts = new Map<string, string>();
  const lines: Partial<Record<Role, string>> = {};
  let repeats = 1;
  for await (const { role, suite, prompt_id, repeat, response } of store.allResponses(run.id)) {
    if (response === null || !roles.includes(role)) continue;
    texts.set(JSON.stringify([role, suite, prompt_id, repeat]), response);
    lines[role] = `${lines[role] ?? ''}${JSON.stringify({ suite, prompt_id, repeat, response })}\n`;
    repeats = Math.max(repeats, repeat + 1);
  }
  const recorded = (role: Role): Recorded => ({
    sha256: stored[role] ?? '',
    repeats,
    find: ({ suite, id }, repeat) => {
      const text = texts.get(JSON.stringify([role, suite, id, repeat]));
      return text === undefined ? undefined : { text, stop_reason: null, model: null, line: 0 };
    },
    missing: () => [],
  });
  return { given: Object.fromEntries(roles.map((role) => [role, recorded(role)])), lines };
}

export interface VerdictAgreement {
  judge: string;
  /** Judgments that both runs made, none of them failed. */
  n: number;
  same: number;
  /** Share of the same winner, 0..1, with its Wilson interval; null without a judgment in both. */
  share: number | null;
  low: number | null;
  high: number | null;
  /** Judgments in which the judge was shown the very same messages, and how many of them gave the same winner. */
  n_same_messages: number;
  same_of_same_messages: number;
}

/** How far the verdicts of two runs of one plan agree, all judges together first. */
export async function verdictAgreement(store: Store, first: string, second: string): Promise<VerdictAgreement[]> {
  const judges = await store.repeated(first, second);
  const all: Repeated = {
    judge: '',
    judgments: 0,
    same_winner: 0,
    both_judged: 0,
    same_presentation: 0,
    same_winner_of_same_presentation: 0,
  };
  for (const one of judges) {
    for (const key of Object.keys(all) as (keyof Repeated)[]) if (key !== 'judge') all[key] += one[key];
  }
  return [{ ...all, judge: 'all' }, ...judges].map((one) => {
    const interval = one.both_judged === 0 ? null : wilson(one.same_winner, one.both_judged);
    return {
      judge: one.judge,
      n: one.both_judged,
      same: one.same_winner,
      share: one.both_judged === 0 ? null : one.same_winner / one.both_judged,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      n_same_messages: one.same_presentation,
      same_of_same_messages: one.same_winner_of_same_presentation,
    };
  });
}
