// Are the weights that a run names the ones that answer? What the folders hold, what was seen under these names before,
// and what the servers say they serve; said loudly at the start of each run and kept with it.
import {
  askServed,
  type CheckpointIdentity,
  compareServed,
  type GetJson,
  identityFindings,
  type Served,
  type ServedComparison,
  type Sighting,
} from './checkpoints/index.js';
import type { RunConfig } from './config.js';
import { DoubleblindError } from './errors.js';
import { ROLES, type Role } from './records.js';
import type { Store } from './store/index.js';

/** What a server says of the checkpoint it answers for, set beside the folder. */
export interface ServedIdentity extends ServedComparison {
  served: Served;
}

type Identities = Partial<Record<Role, CheckpointIdentity>>;

export interface IdentityWorld {
  store: Pick<Store, 'seenCheckpoints'>;
  /** Reads JSON from the server of a checkpoint; absent where no server is to be asked. */
  get?: ((role: Role) => GetJson) | undefined;
  onWarning?: ((warning: { code: string; message: string }) => void) | undefined;
}

/**
 * Tells what is odd about the folders: links, missing weights, a name that meant other weights before, weights that go
 * by another name, a path whose content has changed.
 */
export async function warnOfFolders(
  identities: Identities,
  names: Record<Role, string>,
  now: string,
  { store, onWarning }: IdentityWorld,
): Promise<void> {
  const sightings = ROLES.flatMap((role) => sightingsOf(names[role], identities[role], now));
  const said = new Set<string>();
  for (const role of ROLES) {
    const identity = identities[role];
    const found = (identity?.findings ?? []).filter(({ code, severity }) => severity !== 'note' || code === 'LINK');
    for (const own of sightingsOf(names[role], identity, now)) {
      const known = [...(await store.seenCheckpoints(own)), ...sightings.filter((one) => one !== own)];
      found.push(...identityFindings(known, own));
      const byPath = (one: Sighting): Sighting => ({ ...one, name: one.path });
      found.push(
        ...identityFindings(known.map(byPath), byPath(own)).filter(
          ({ code }) => code === 'DIGEST_CHANGED' && !found.some((one) => one.code === code),
        ),
      );
    }
    for (const { code, message } of found) {
      if (said.has(message)) continue;
      said.add(message);
      onWarning?.({ code, message: `${role} ${names[role]}: ${message}` });
    }
  }
}

function sightingsOf(name: string, identity: CheckpointIdentity | undefined, seen_at: string): Sighting[] {
  return identity === undefined || identity.digest === null
    ? []
    : [{ name, digest: identity.digest, path: identity.path, seen_at }];
}

/**
 * What the servers serve, by role, for checkpoints with a folder and a server. One that tells nothing is `unverified`:
 * told, and not a stop.
 * @throws IDENTITY_MISMATCH unless allowed
 */
export async function compareWithServers(
  config: Pick<RunConfig, Role>,
  identities: Identities,
  allowMismatch: boolean,
  { get, onWarning }: IdentityWorld,
): Promise<Partial<Record<Role, ServedIdentity>>> {
  const compared: Partial<Record<Role, ServedIdentity>> = {};
  for (const role of ROLES) {
    const identity = identities[role];
    const { base_url, model, name } = config[role];
    if (get === undefined || identity === undefined || base_url === undefined || model === undefined) continue;
    const served = await askServed(base_url, model, get(role));
    const comparison = compareServed(served, identity);
    compared[role] = { ...comparison, served };
    if (comparison.status === 'verified') continue;
    const message = `${role} ${name}: ${comparison.why}`;
    if (comparison.status === 'mismatch' && !allowMismatch) {
      throw new DoubleblindError('IDENTITY_MISMATCH', `${message}.`, {
        hint: 'Serve the folder that is named, or go on with --allow-identity-mismatch.',
      });
    }
    const code = comparison.status === 'mismatch' ? 'IDENTITY_MISMATCH' : 'IDENTITY_UNVERIFIED';
    onWarning?.({ code, message });
  }
  return compared;
}
