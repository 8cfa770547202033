// Training runs kept as Hugging Face Trainer output: a folder with `checkpoint-<step>/` in it. The last checkpoint's
// log holds the whole curve, so the others are listed by name and not opened.
import { join } from 'node:path';
import type { CheckpointFinding } from './findings.js';
import { readTrainerFolder } from './huggingface.js';
import { lastPart, stepInName } from './identity.js';
import { type ReadOptions, type TrainingRecords, type TrainingRun, trainingRun } from './training.js';
import { type Folder, folders } from './walk.js';
import { checkpointFiles } from './weights.js';

const CHECKPOINT = /^checkpoint-\d+$/;

const checkpointsIn = ({ path, entries }: Folder): TrainingRun['checkpoints'] =>
  entries
    .filter((entry) => entry.isDirectory() && CHECKPOINT.test(entry.name))
    .map(({ name }) => ({ name, step: stepInName(name), path: join(path, name) }))
    .sort((a, b) => a.step! - b.step!);

const isRun = (folder: Folder): boolean => checkpointsIn(folder).length > 0;
const isCheckpoint = ({ entries }: Folder): boolean =>
  entries.some(({ name }) => name === 'trainer_state.json' || name === 'adapter_config.json');

/** True where the folder, or one below it, holds Trainer checkpoints. */
export async function isTrainerRuns(root: string): Promise<boolean> {
  for await (const folder of folders(root, [], () => true, 4)) if (isRun(folder) || isCheckpoint(folder)) return true;
  return false;
}

/** The training runs at or below a folder. A single checkpoint folder is a run with one checkpoint. */
export async function readTrainerRuns(root: string, options: ReadOptions = {}): Promise<TrainingRecords> {
  const findings: CheckpointFinding[] = [];
  const records: TrainingRecords = { format: 'trainer', runs: [], metrics: [], findings, left_out: [], records: [] };
  let intermediate = 0;
  for await (const folder of folders(root, findings, (inner) => !isRun(inner))) {
    const checkpoints = isRun(folder)
      ? checkpointsIn(folder)
      : isCheckpoint(folder)
        ? [{ name: lastPart(folder.path), step: stepInName(folder.path), path: folder.path }]
        : [];
    const last = checkpoints.at(-1);
    if (last === undefined) continue;
    const { evaluations, ...trained } = await readTrainerFolder(
      last.path,
      await checkpointFiles(last.path, findings),
      findings,
    );
    const name = lastPart(folder.path);
    if (!options.intermediate) intermediate += checkpoints.length - 1;
    records.runs.push(
      trainingRun(name, folder.path, {
        state: trained.state,
        base_model: trained.base_model,
        method: trained.lora === null ? null : 'lora',
        steps_configured: trained.max_steps,
        steps_run: trained.step,
        config: {
          base_model: trained.base_model,
          lora_rank: trained.lora?.rank ?? null,
          lora_alpha: trained.lora?.alpha ?? null,
          lora_targets: trained.lora?.targets ?? null,
          max_steps: trained.max_steps,
          num_train_epochs: trained.num_train_epochs,
        },
        losses: trained.losses,
        checkpoints: options.intermediate ? checkpoints : [last],
      }),
    );
    const source = join(last.path, 'trainer_state.json');
    for (const { step, metric, value } of evaluations)
      records.metrics.push({ checkpoint: name, step, metric, value, source, n: 1, sampling: null });
  }
  if (intermediate > 0) records.left_out.push({ what: 'intermediate checkpoints', n: intermediate });
  return records;
}
