// Which weights lie in a checkpoint folder, and what is their digest? Anyone can recompute it without us:
//   sha256sum adapter_config.json adapter_model.safetensors | cut -c1-64 | sort | sha256sum
// Names do not count, so a renamed file is the same checkpoint; files are streamed, never held.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256 } from '../hash.js';
import { type CheckpointFinding, isFields, readJsonObject, unreadable } from './findings.js';
import { readSafetensors } from './safetensors.js';
import { list } from './walk.js';

/** File version (path, size, times) → SHA-256. A `Map` does; `readDigestCache` makes one from a file. */
export interface DigestCache {
  get(version: string): string | undefined;
  set(version: string, sha256: string): unknown;
}

interface Weights {
  /** Names below the checkpoint folder, in order. */
  files: { file: string; bytes: number; sha256: string | null }[];
  bytes: number;
  /** Counted from safetensors headers; null where no file has one that can be read. */
  tensors: number | null;
  parameters: number | null;
  dtypes: Record<string, number>;
}

export interface Fingerprint {
  /** SHA-256 (hex) over the sorted digests of the files in `digest_of`; null when there is nothing to take it from. */
  digest: string | null;
  digest_of: string[];
  weights: Weights | null;
}

const WEIGHTS = /\.(safetensors|gguf|bin|pt|pth|npz)$/i;
const NOT_WEIGHTS = /^(training_args|optimizer|scheduler|scaler|rng_state|random_states|tokenizer)/i;
const OPTIMIZER = /^optimizer.*\.(pt|bin|pth|safetensors)$|^global_step\d+$|^optimizer(_\d+)?$/i;

/** True for a file that holds model weights; the training's own state (`training_args.bin`, `optimizer.pt`) does not. */
export const isWeights = (file: string): boolean => WEIGHTS.test(file) && !NOT_WEIGHTS.test(basename(file));

/** True where a name among a folder's entries holds optimizer state, so that training can go on from there. */
export const hasOptimizer = (names: readonly string[]): boolean => names.some((name) => OPTIMIZER.test(name));

/**
 * Names of the files of a checkpoint folder. Where its top holds no weights, those of its direct subfolders too: PEFT
 * saves named adapters there.
 */
export async function checkpointFiles(dir: string, findings: CheckpointFinding[]): Promise<string[]> {
  const entries = (await list(dir, findings)) ?? [];
  const names = entries.map((entry) => entry.name);
  if (names.some(isWeights)) return names;
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.') || OPTIMIZER.test(entry.name)) continue;
    const inner = (await list(join(dir, entry.name), findings)) ?? [];
    names.push(...inner.map(({ name }) => join(entry.name, name)));
  }
  return names;
}

/**
 * Digest of `adapter_config.json` and the weight files of a folder. Where weights are missing it is taken from
 * `trainer_state.json` and the configuration instead, with a finding, so that two checkpoints are still told apart.
 */
export async function fingerprint(
  dir: string,
  names: readonly string[],
  cache: DigestCache,
  findings: CheckpointFinding[],
): Promise<Fingerprint> {
  const weights = await readWeights(dir, names.filter(isWeights), cache, findings);
  await checkShards(dir, names, findings);
  const has = (name: string): string[] => names.filter((file) => basename(file) === name);
  const config = has('adapter_config.json');
  const state = ['trainer_state.json', 'config.json', 'training_args.json'].flatMap(has);
  const usable = weights?.files.filter(({ bytes }) => bytes > 0) ?? [];
  const covered = usable.length > 0 ? [...config, ...usable.map(({ file }) => file)] : [...config, ...state];
  if (usable.length === 0) {
    const instead = covered.length > 0 ? `the digest is of ${covered.join(', ')} only` : 'there is nothing to identify';
    findings.push({ code: 'WEIGHTS_MISSING', severity: 'warning', file: dir, message: `no weights here: ${instead}` });
  }
  const digests: (string | null)[] = [];
  for (const file of covered) {
    const weight = usable.find((known) => known.file === file);
    digests.push(weight === undefined ? await digestFile(join(dir, file), cache, findings) : weight.sha256);
  }
  const known = digests.filter((digest) => digest !== null);
  // A file that is there but cannot be read could be anything: a digest of the rest would claim too much.
  const digest = known.length === 0 || known.length < digests.length ? null : combine(known);
  return { digest, digest_of: covered, weights };
}

/** Digest of digests: what `sort | sha256sum` makes of one hex digest per line. */
const combine = (digests: readonly string[]): string =>
  sha256(
    [...digests]
      .sort()
      .map((digest) => `${digest}\n`)
      .join(''),
  );

async function readWeights(
  dir: string,
  files: readonly string[],
  cache: DigestCache,
  findings: CheckpointFinding[],
): Promise<Weights | null> {
  if (files.length === 0) return null;
  const weights: Weights = { files: [], bytes: 0, tensors: null, parameters: null, dtypes: {} };
  for (const file of [...files].sort()) {
    const path = join(dir, file);
    const damaged = (problem: string): void => {
      findings.push({ code: 'WEIGHTS_DAMAGED', severity: 'error', file: path, message: `${file} ${problem}` });
    };
    let bytes = 0;
    let digest: string | null = null;
    try {
      bytes = (await stat(path)).size;
      const header = file.endsWith('.safetensors') ? await readSafetensors(path) : null;
      if (header === null) {
        if (bytes === 0) damaged('is empty (0 bytes)');
      } else if ('problem' in header) damaged(header.problem);
      else {
        weights.tensors = (weights.tensors ?? 0) + header.tensors;
        weights.parameters = (weights.parameters ?? 0) + header.parameters;
        for (const [dtype, n] of Object.entries(header.dtypes))
          weights.dtypes[dtype] = (weights.dtypes[dtype] ?? 0) + n;
      }
      if (bytes > 0) digest = await digestFile(path, cache, findings);
    } catch (error) {
      findings.push(unreadable(path, error));
    }
    weights.bytes += bytes;
    weights.files.push({ file, bytes, sha256: digest });
  }
  return weights;
}

/** Shards that an index names and the folder lacks. */
async function checkShards(dir: string, names: readonly string[], findings: CheckpointFinding[]): Promise<void> {
  for (const index of names.filter((name) => name.endsWith('.index.json'))) {
    const map = (await readJsonObject(join(dir, index), findings))?.['weight_map'];
    if (!isFields(map)) continue;
    const shards = [...new Set(Object.values(map).map(String))];
    const missing = shards.filter((shard) => !names.some((name) => basename(name) === shard));
    if (missing.length === 0) continue;
    const message = `${missing.length} of ${shards.length} shards named in ${index} are missing: ${missing.slice(0, 3).join(', ')}`;
    findings.push({ code: 'WEIGHTS_MISSING', severity: 'error', file: join(dir, index), message });
  }
}

/** SHA-256 (hex) of one file; null with a finding when it cannot be read or changes while it is read. */
async function digestFile(path: string, cache: DigestCache, findings: CheckpointFinding[]): Promise<string | null> {
  try {
    const version = await versionOf(path);
    const known = cache.get(version);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
    if ((await versionOf(path)) !== version) {
      const message = 'changed while it was read: is training still running?';
      findings.push({ code: 'CHANGED_WHILE_READ', severity: 'error', file: path, message });
      return null;
    }
    const digest = hash.digest('hex');
    cache.set(version, digest);
    return digest;
  } catch (error) {
    findings.push(unreadable(path, error));
    return null;
  }
}

/**
 * LoRA checkpoints of one run all have the same size, and copying tools keep the modification time; the change time is
 * the one that no tool can set back.
 */
async function versionOf(path: string): Promise<string> {
  const { size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return `${path}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** The digests kept in a JSON file; empty when there is none yet or it is damaged (they are then taken anew). */
export async function readDigestCache(file: string): Promise<Map<string, string>> {
  try {
    return new Map(Object.entries(JSON.parse(await readFile(file, 'utf8')) as Record<string, string>));
  } catch {
    return new Map();
  }
}

/** Keeps the digests in a JSON file, at most the newest 1,000. */
export async function writeDigestCache(file: string, cache: ReadonlyMap<string, string>): Promise<void> {
  await writeFile(file, `${JSON.stringify(Object.fromEntries([...cache].slice(-1000)), null, 1)}\n`);
}
