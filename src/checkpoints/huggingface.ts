// How was this checkpoint trained, and how far? Read from the JSON files of a Hugging Face Trainer or PEFT folder:
// trainer_state.json, adapter_config.json, training_args.json, config.json, each of which may be missing.
import { basename, join } from 'node:path';
import { type CheckpointFinding, type Fields, finite, isFields, readJsonObject, text } from './findings.js';
import { type CheckpointIdentity, type LossPoint, lastPart, stepInName } from './identity.js';

export interface TrainerFolder extends Pick<
  CheckpointIdentity,
  'base_model' | 'lora' | 'step' | 'epoch' | 'state' | 'losses' | 'max_steps' | 'num_train_epochs'
> {
  /** Validation metrics of the log other than the loss: name as logged (`eval_…`), with its step. */
  evaluations: { step: number; metric: string; value: number }[];
}

/** What the files of a checkpoint folder say about its training; `names` as from `checkpointFiles`. */
export async function readTrainerFolder(
  dir: string,
  names: readonly string[],
  findings: CheckpointFinding[],
): Promise<TrainerFolder> {
  const read = (name: string): Promise<Fields | null> => {
    const file = names.find((path) => basename(path) === name);
    return file === undefined ? Promise.resolve(null) : readJsonObject(join(dir, file), findings);
  };
  const [state, adapter, args, config] = [
    await read('trainer_state.json'),
    await read('adapter_config.json'),
    await read('training_args.json'),
    await read('config.json'),
  ];
  const named = stepInName(dir);
  const step = whole(state?.['global_step']) ?? named;
  const file = join(dir, 'trainer_state.json');
  if (named !== null && step !== named) {
    const message = `the folder is called ${lastPart(dir)}, but its trainer_state.json is of step ${step}`;
    findings.push({ code: 'STEP_DISAGREES', severity: 'error', file, message });
  }
  const epoch = finite(state?.['epoch']);
  const max_steps = positive(state?.['max_steps']) ?? positive(args?.['max_steps']);
  const num_train_epochs = positive(state?.['num_train_epochs']) ?? positive(args?.['num_train_epochs']);
  const log = Array.isArray(state?.['log_history']) ? state['log_history'].filter(isFields) : [];
  checkBest(state, step, file, findings);
  return {
    base_model:
      text(adapter?.['base_model_name_or_path']) ??
      text(config?.['_name_or_path']) ??
      text(args?.['model_name_or_path']),
    lora: adapter === null ? null : lora(adapter),
    step,
    epoch,
    state: progress({ step: state === null ? null : step, epoch, max_steps, num_train_epochs }, file, findings),
    losses: losses(log, file, findings),
    evaluations: evaluations(log),
    max_steps: max_steps === null ? null : Math.round(max_steps),
    num_train_epochs,
  };
}

function lora(adapter: Fields): CheckpointIdentity['lora'] {
  const targets = adapter['target_modules'];
  // PEFT keeps the modules as a set: the order in the file changes from save to save.
  const names = Array.isArray(targets) ? targets.map(String).sort() : [text(targets)].filter((name) => name !== null);
  return { rank: whole(adapter['r']), alpha: finite(adapter['lora_alpha']), targets: names };
}

/** Finished when the steps, or where no number of steps was set the epochs, have been reached. */
function progress(
  at: Pick<TrainerFolder, 'step' | 'epoch' | 'max_steps' | 'num_train_epochs'>,
  file: string,
  findings: CheckpointFinding[],
): CheckpointIdentity['state'] {
  const unfinished = (message: string): 'unfinished' => {
    findings.push({ code: 'UNFINISHED', severity: 'note', file, message });
    return 'unfinished';
  };
  if (at.step !== null && at.max_steps !== null)
    return at.step >= at.max_steps ? 'finished' : unfinished(`step ${at.step} of ${at.max_steps}`);
  if (at.epoch !== null && at.num_train_epochs !== null)
    return at.epoch >= at.num_train_epochs ? 'finished' : unfinished(`epoch ${at.epoch} of ${at.num_train_epochs}`);
  return 'unknown';
}

function checkBest(state: Fields | null, step: number | null, file: string, findings: CheckpointFinding[]): void {
  const best = whole(state?.['best_global_step']);
  if (best === null || step === null || best >= step) return;
  const metric = finite(state?.['best_metric']);
  const message = `validation was best at step ${best}${metric === null ? '' : ` (${metric})`}, this is step ${step}`;
  findings.push({ code: 'BEST_IS_EARLIER', severity: 'note', file, message });
}

/**
 * The loss curve of log rows (`step`, `loss`, `eval_loss`, `epoch`), one point a step in order of step. A row of the
 * same step adds to the point; one that was logged again after a resume replaces it.
 */
export function losses(log: readonly Fields[], file: string, findings: CheckpointFinding[]): LossPoint[] {
  const points = new Map<number, LossPoint>();
  const broken = new Set<number>();
  for (const row of log) {
    const step = whole(row['step'] ?? row['global_step'] ?? row['_step']);
    const columns = { loss: ['loss', 'train/loss', 'train_loss'], eval_loss: ['eval_loss', 'eval/loss', 'val_loss'] };
    // `train_loss` in the Trainer's closing row is the mean of the whole training, not the loss of its last step.
    if (step === null || 'train_runtime' in row) continue;
    for (const [field, names] of Object.entries(columns) as ['loss' | 'eval_loss', string[]][]) {
      const column = names.find((name) => name in row);
      if (column === undefined) continue;
      const value = finite(row[column]);
      if (value === null) broken.add(step);
      const point = points.get(step) ?? { step, epoch: null, loss: null, eval_loss: null };
      points.set(step, { ...point, epoch: finite(row['epoch']) ?? point.epoch, [field]: value });
    }
  }
  if (broken.size > 0) {
    const steps = [...broken].sort((a, b) => a - b);
    const message = `the loss is no number at ${steps.length} of ${points.size} steps, first at step ${steps[0]}`;
    findings.push({ code: 'LOSS_NOT_A_NUMBER', severity: 'warning', file, message });
  }
  return [...points.values()].sort((a, b) => a.step - b.step);
}

/** `eval_runtime`, `eval_samples_per_second` and the like measure the machine. */
const MACHINE = /_(runtime|per_second|num_tokens|model_preparation_time)$/;

function evaluations(log: readonly Fields[]): TrainerFolder['evaluations'] {
  return log.flatMap((row) => {
    const step = whole(row['step']);
    if (step === null) return [];
    return Object.entries(row).flatMap(([metric, logged]) => {
      const value = metric.startsWith('eval_') && !MACHINE.test(metric) ? finite(logged) : null;
      return value === null ? [] : [{ step, metric, value }];
    });
  });
}

function whole(value: unknown): number | null {
  const number = finite(value);
  return number !== null && Number.isInteger(number) && number >= 0 ? number : null;
}

/** The Trainer writes −1 for "not set". */
function positive(value: unknown): number | null {
  const number = finite(value);
  return number !== null && number > 0 ? number : null;
}
