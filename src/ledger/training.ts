// Training folders and run lists of others: what trained, how it ended, what was measured; the measurements are kept.
import type { Metric } from '../answers.js';
import {
  type NameMap,
  readTree,
  renameMetrics,
  summarizeTraining,
  type TrainingRecords,
  type TrainingRun,
  type TrainingSummary,
} from '../checkpoints/index.js';
import { parseRunName } from '../checkpoints/run-name.js';
import type { ReadOptions } from '../checkpoints/training.js';
import type { Store } from '../store/index.js';

export interface TrainingImport extends Pick<TrainingRecords, 'format' | 'findings' | 'left_out' | 'records'> {
  path: string;
  summary: TrainingSummary;
  runs: (Omit<TrainingRun, 'losses'> & {
    /** Points of the loss curve; they are kept as metrics. */
    losses: number;
    /** Which rule of `<experiment>_<date>_<model>_<hardware>_<N>steps` its name breaks; null where it keeps all. */
    name_problem: string | null;
  })[];
  metrics: { read: number; added: number; names: string[] };
}

/** Reads a folder or list and keeps its metrics and losses. @throws as `readTree` */
export async function importTree(
  store: Store,
  path: string,
  now: string,
  options: ReadOptions & { names?: NameMap } = {},
): Promise<TrainingImport> {
  const { names = new Map() as NameMap, ...reading } = options;
  const { format, runs, metrics, findings, left_out, records } = await readTree(path, reading);
  const keyOf = ({ checkpoint, step, metric }: Metric): string => JSON.stringify([checkpoint, step, metric]);
  const read = new Set(metrics.map(keyOf));
  // Some readers count validation losses among the metrics already.
  const measured = [...metrics, ...runs.flatMap(lossMetrics).filter((loss) => !read.has(keyOf(loss)))];
  const added = await store.keepMetrics(measured, now);
  const shown = renameMetrics(measured, names);
  return {
    path,
    format,
    summary: summarizeTraining(runs),
    runs: runs.map((run) => {
      const name = parseRunName(run.name);
      return { ...run, losses: run.losses.length, name_problem: 'problem' in name ? name.problem : null };
    }),
    metrics: { read: measured.length, added, names: [...new Set(shown.map(({ metric }) => metric))].sort() },
    findings,
    left_out,
    records,
  };
}

/** The loss curve of a training run as metrics `loss` and `eval_loss` by step. */
function lossMetrics({ name, path, losses }: TrainingRun): Metric[] {
  return losses.flatMap((point) =>
    (['loss', 'eval_loss'] as const).flatMap((metric) => {
      const value = point[metric];
      const { step } = point;
      return value === null ? [] : [{ checkpoint: name, step, metric, value, source: path, n: 1, sampling: null }];
    }),
  );
}
