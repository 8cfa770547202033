// What stands behind the names of a configuration, by content: recorded files and checkpoint folders.
import { type CheckpointIdentity, type DigestCache, inspect } from './checkpoints/index.js';
import type { RunConfig } from './config.js';
import { namedAt } from './errors.js';
import { type Role, ROLES } from './records.js';
import { openRecorded, type RecordedFiles } from './responses.js';

export interface Content {
  recorded: RecordedFiles;
  digests: Record<Role, string | null>;
  hashes: Partial<Record<Role, string>>;
  identities: Partial<Record<Role, CheckpointIdentity>>;
}

/** What stands behind the names of a configuration: recorded files and checkpoint folders, by content. */
export async function contentOf(
  config: RunConfig,
  given?: RecordedFiles,
  stored: Content['hashes'] = {},
  cache?: DigestCache,
): Promise<Content> {
  const recorded = given ?? (await openRecorded(config));
  const content: Content = { recorded, digests: { baseline: null, candidate: null }, hashes: {}, identities: {} };
  for (const role of ROLES) {
    const folder = config[role].checkpoint;
    if (folder !== undefined) {
      const identity = await inspect(folder, cache).catch((error: unknown) => {
        throw namedAt(error, config.places?.[role], `the ${role} "${config[role].name}"`);
      });
      content.identities[role] = identity;
      content.digests[role] = identity.digest;
    }
    // What was given without a file is all in the store since the start.
    const kept = config[role].provider === 'recorded' && config[role].file === undefined ? stored[role] : undefined;
    const hash = recorded[role]?.sha256 ?? content.digests[role] ?? kept;
    if (hash !== undefined) content.hashes[role] = hash;
  }
  return content;
}
