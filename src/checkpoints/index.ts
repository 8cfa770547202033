// Everything that is known about a checkpoint folder (`inspect`), and the list of readers of training folders and run
// lists (`readTree`). A new kind of tree is one file and one line here.
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DoubleblindError } from '../errors.js';
import { type CheckpointFinding, unreadable } from './findings.js';
import { readTrainerFolder } from './huggingface.js';
import { type CheckpointIdentity, follow } from './identity.js';
import { isMetricsFile, readMetricsFile } from './metrics-file.js';
import { isResultTree, readResultTree } from './result-tree.js';
import { isRunList, readRunList } from './run-list.js';
import { isRunTree, readRunTree } from './run-tree.js';
import { isTrainerRuns, readTrainerRuns } from './trainer-runs.js';
import type { ReadOptions, TrainingRecords } from './training.js';
import { checkpointFiles, type DigestCache, fingerprint, hasOptimizer } from './weights.js';

interface TreeReader {
  format: string;
  reads: 'folder' | 'file';
  fits(path: string): Promise<boolean> | boolean;
  read(path: string, options: ReadOptions): Promise<TrainingRecords>;
}

/** In the order in which they are tried: the more a tree says about itself, the earlier. */
export const READERS: readonly TreeReader[] = [
  { format: 'metrics', reads: 'file', fits: isMetricsFile, read: readMetricsFile },
  { format: 'run-list', reads: 'file', fits: isRunList, read: readRunList },
  { format: 'result-tree', reads: 'folder', fits: isResultTree, read: readResultTree },
  { format: 'run-tree', reads: 'folder', fits: isRunTree, read: readRunTree },
  { format: 'trainer', reads: 'folder', fits: isTrainerRuns, read: readTrainerRuns },
];

/**
 * Identity, lineage and training state of a checkpoint folder, or of a single weight file. What cannot be read is a
 * finding. `cache` keeps digests of large files between calls.
 * @throws FILE_MISSING when nothing has that name
 */
export async function inspect(given: string, cache: DigestCache = new Map()): Promise<CheckpointIdentity> {
  const findings: CheckpointFinding[] = [];
  const { path, link_target, reachable } = await follow(given, findings);
  const isFile = reachable && (await stat(path)).isFile();
  const folder = isFile ? dirname(path) : path;
  const names = isFile ? [basename(path)] : reachable ? await checkpointFiles(path, findings) : [];
  const trained = await readTrainerFolder(folder, names, findings);
  const { digest, digest_of, weights } = reachable
    ? await fingerprint(folder, names, cache, findings)
    : { digest: null, digest_of: [], weights: null };
  return {
    path,
    link_target,
    digest,
    base_model: trained.base_model,
    step: trained.step,
    epoch: trained.epoch,
    lora: trained.lora,
    state: trained.state,
    losses: trained.losses,
    findings,
    given_path: given,
    digest_of,
    weights,
    optimizer_state: hasOptimizer(names),
    max_steps: trained.max_steps,
    num_train_epochs: trained.num_train_epochs,
  };
}

/**
 * The training runs, metrics and findings of a folder tree or a tracker's run list.
 * @throws FILE_MISSING, FILE_UNREADABLE, FILE_UNKNOWN_FORMAT with what would be read, and for a list the errors of `readRunList`
 */
export async function readTree(path: string, options: ReadOptions = {}): Promise<TrainingRecords> {
  let reads: TreeReader['reads'];
  try {
    reads = (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new DoubleblindError('FILE_MISSING', 'no such file or folder', { file: path }, { cause: error });
    throw new DoubleblindError('FILE_UNREADABLE', unreadable(path, error).message, { file: path }, { cause: error });
  }
  for (const reader of READERS)
    if (reader.reads === reads && (await reader.fits(path))) return reader.read(path, options);
  const hint =
    reads === 'file'
      ? 'A run list is .csv, .json or .jsonl, one run a row; metrics are a …metrics.csv.'
      : 'Known are Trainer folders (checkpoint-<step>/), run trees (training_run/, eval_results/) and result trees (experiment_config.yaml).';
  throw new DoubleblindError('FILE_UNKNOWN_FORMAT', `no known training ${reads}.`, { file: path, hint });
}

export {
  type CheckpointIdentity,
  checkpointIdentitySchema,
  identityFindings,
  type LossPoint,
  type Sighting,
} from './identity.js';
export { type NameMap, readNameMap, renameMetrics } from './metrics.js';
export { askServed, compareServed, type GetJson, type Served, type ServedComparison } from './served.js';
export { summarizeTraining, type TrainingRecords, type TrainingRun, type TrainingSummary } from './training.js';
export { type DigestCache, readDigestCache, writeDigestCache } from './weights.js';
