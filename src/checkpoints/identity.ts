// Which checkpoint is this really? Its real path with every link on the way named, and whether a name has meant other
// weights before or two names mean the same ones.
import { lstat, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path';
import * as z from 'zod';
import { DoubleblindError } from '../errors.js';
import { type CheckpointFinding, checkpointFindingSchema, unreadable } from './findings.js';
import { brokenLink, list } from './walk.js';

const count = z.number().int().nonnegative();

const lossPointSchema = z.object({
  step: count,
  epoch: z.number().nullable(),
  loss: z.number().nullable(),
  eval_loss: z.number().nullable(),
});
/** Training and validation loss at one step; null where it was not taken or is no number. */
export type LossPoint = z.infer<typeof lossPointSchema>;

export const checkpointIdentitySchema = z.object({
  /** Real absolute path, links resolved; as given where a link leads nowhere. */
  path: z.string(),
  /** What the link says that was given, null when no link was given. */
  link_target: z.string().nullable(),
  digest: z.string().nullable(),
  base_model: z.string().nullable(),
  step: count.nullable(),
  epoch: z.number().nullable(),
  lora: z.object({ rank: count.nullable(), alpha: z.number().nullable(), targets: z.array(z.string()) }).nullable(),
  state: z.enum(['finished', 'unfinished', 'unknown']),
  losses: z.array(lossPointSchema),
  findings: z.array(checkpointFindingSchema),
  /** The path as it was given. */
  given_path: z.string(),
  /** Names of the files that the digest covers. */
  digest_of: z.array(z.string()),
  weights: z
    .object({
      files: z.array(z.object({ file: z.string(), bytes: count, sha256: z.string().nullable() })),
      bytes: count,
      tensors: count.nullable(),
      parameters: count.nullable(),
      dtypes: z.record(z.string(), count),
    })
    .nullable(),
  /** Whether training could go on from here. */
  optimizer_state: z.boolean(),
  max_steps: count.nullable(),
  num_train_epochs: z.number().nullable(),
});
export type CheckpointIdentity = z.infer<typeof checkpointIdentitySchema>;

export interface Followed {
  path: string;
  link_target: string | null;
  /** False where nothing can be read behind the path. */
  reachable: boolean;
}

/**
 * Where a path leads, each link on the way named in a finding: "runs/brie-v2 is a link to brie-v2-0.5b/checkpoint-100".
 * @throws FILE_MISSING when nothing has that name
 */
export async function follow(given: string, findings: CheckpointFinding[]): Promise<Followed> {
  // A slash at the end would make the system follow the link before it can be seen.
  const clean = normalize(given).replace(/(?<=[^/\\])[/\\]+$/, '');
  let target: string | null = null;
  let links = 0;
  for (const prefix of prefixes(clean)) {
    const hop = await linkAt(prefix);
    if (hop === null) continue;
    links++;
    if (prefix === clean) target = hop;
    findings.push({ code: 'LINK', severity: 'note', file: prefix, message: `${prefix} is a link to ${hop}` });
  }
  try {
    const path = await realpath(clean);
    if (target !== null) await checkNewest(clean, path, findings);
    return { path, link_target: target, reachable: true };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing && links === 0) throw new DoubleblindError('FILE_MISSING', 'no such folder', { file: given });
    findings.push(links === 0 ? unreadable(clean, error) : brokenLink(clean, target ?? '?', error));
    return { path: resolve(clean), link_target: target, reachable: false };
  }
}

function prefixes(path: string): string[] {
  const parts = path.split(sep).filter((part) => part !== '');
  return parts.map((_, i) => (isAbsolute(path) ? sep : '') + join(...parts.slice(0, i + 1)));
}

async function linkAt(path: string): Promise<string | null> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : null;
  } catch {
    return null;
  }
}

/** A link that was set once and then forgotten: a later checkpoint stands beside the one it points to. */
async function checkNewest(link: string, path: string, findings: CheckpointFinding[]): Promise<void> {
  const step = stepInName(path);
  if (step === null) return;
  const beside = (await list(dirname(path), [])) ?? [];
  const newest = beside
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, step: stepInName(name) ?? -1 }))
    .reduce((a, b) => (b.step > a.step ? b : a), { name: '', step });
  if (newest.step === step) return;
  const message = `${link} points to ${basename(path)}, but ${newest.name} stands beside it`;
  findings.push({ code: 'LINK_NOT_NEWEST', severity: 'warning', file: link, message });
}

/** The step in the last part of a path (`checkpoint-290`, `step_290`, `global_step290`, `brie-step-290`), else null. */
export function stepInName(path: string): number | null {
  const found = [...lastPart(path).matchAll(/(?:checkpoint|ckpt|step)[-_]?(\d+)/gi)].at(-1);
  return found === undefined ? null : Number(found[1]);
}

/** The last part of a path of any system, slashes at the end left out. */
export const lastPart = (path: string): string =>
  path
    .split(/[/\\]+/)
    .filter(Boolean)
    .at(-1) ?? '';

/** One sighting of a checkpoint, as stored with a run. */
export interface Sighting {
  name: string;
  digest: string;
  path: string;
  /** ISO 8601 UTC. */
  seen_at: string;
}

/**
 * What sightings over time contradict, as findings: one name that meant two digests (the folder was overwritten, the
 * link moved), and one digest under two names (one of them is not what it is called). With `now`, only what concerns
 * its name or digest. Sightings may come in any order.
 */
export function identityFindings(known: readonly Sighting[], now?: Sighting): CheckpointFinding[] {
  const sightings = [...known, ...(now === undefined ? [] : [now])].sort((a, b) => (a.seen_at < b.seen_at ? -1 : 1));
  const findings: CheckpointFinding[] = [];
  const day = (sighting: Sighting): string => sighting.seen_at.slice(0, 10);
  for (const { key: name, seen } of grouped(sightings, 'name', 'digest')) {
    if (now !== undefined && name !== now.name) continue;
    const history = seen.map((one) => `${one.digest.slice(0, 12)} on ${day(one)}`).join(', then ');
    const message = `${name} has meant ${seen.length} different checkpoints: ${history}`;
    findings.push({ code: 'DIGEST_CHANGED', severity: 'warning', file: seen.at(-1)!.path, message });
  }
  for (const { key: digest, seen } of grouped(sightings, 'digest', 'name')) {
    if (now !== undefined && digest !== now.digest) continue;
    const names = seen.map((one) => `${one.name} (${one.path}, ${day(one)})`).join(' and ');
    const message = `the same weights ${digest.slice(0, 12)} go by ${seen.length} names: ${names}`;
    findings.push({ code: 'SAME_DIGEST', severity: 'warning', file: seen.at(-1)!.path, message });
  }
  return findings;
}

/** Keys under which more than one value was seen, with the first sighting of each value. */
function grouped(
  sightings: readonly Sighting[],
  by: 'name' | 'digest',
  differ: 'name' | 'digest',
): { key: string; seen: Sighting[] }[] {
  const groups = new Map<string, Map<string, Sighting>>();
  for (const sighting of sightings) {
    const group = groups.get(sighting[by]) ?? new Map<string, Sighting>();
    if (!group.has(sighting[differ])) group.set(sighting[differ], sighting);
    groups.set(sighting[by], group);
  }
  return [...groups].filter(([, seen]) => seen.size > 1).map(([key, seen]) => ({ key, seen: [...seen.values()] }));
}
