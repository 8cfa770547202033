// What a worker finds at a checkpoint or judge before anything is asked there: the same looks as at the start of a run on
// one machine, made where the endpoint can be reached and told to whoever handed the run out.
import type { RunConfig } from './config.js';
import type { CheckpointIdentity } from './checkpoints/index.js';
import { DoubleblindError, type ErrorCode } from './errors.js';
import { compareWithServers, type ServedIdentity } from './identity.js';
import type { Models } from './models/index.js';
import { preflight } from './preflight.js';
import { type Role, ROLES, type Run } from './records.js';
import { sampled } from './responses.js';
import type { Store } from './store/index.js';

/** As it travels through the queue. */
export interface Reached {
  error: { code: ErrorCode; message: string; hint?: string | undefined } | null;
  served: Partial<Record<Role, ServedIdentity>>;
  warnings: { code: string; message: string }[];
}

/** Looks for the checkpoint or judge of a name. What a person has to mend is an answer, not thrown. */
export async function reachedFrom(
  { run, config, models }: { run: Run; config: RunConfig; models: Models },
  who: string,
  allowMismatch: boolean,
  store: Pick<Store, 'seenCheckpoints'>,
): Promise<Reached> {
  const roles = ROLES.filter((role) => config[role].name === who);
  const judges = config.judges.filter(({ name }) => name === who);
  const warnings: Reached['warnings'] = [];
  const of = (role: Role) => [role, run.identities[role]] as [Role, CheckpointIdentity | undefined];
  const identities = Object.fromEntries(roles.map(of).filter(([, identity]) => identity !== undefined));
  try {
    await preflight({ ...config, judges }, models, { roles, onWarning: (warning) => warnings.push(warning) });
    const served = await compareWithServers(config, identities, allowMismatch, {
      store,
      get: (role) => (url, body) => models.look(sampled(config[role], config.sampling), url, body),
      onWarning: (warning) => warnings.push(warning),
    });
    return { error: null, served, warnings };
  } catch (error) {
    if (!(error instanceof DoubleblindError)) throw error;
    const { code, message, place } = error;
    return { error: { code, message, hint: place.hint }, served: {}, warnings };
  }
}
