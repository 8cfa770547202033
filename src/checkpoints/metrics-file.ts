// A `metrics.csv` handed in by itself: the folders above it say which checkpoint and step were measured, where its own
// columns do not.
import { basename, dirname, resolve, sep } from 'node:path';
import type { CheckpointFinding } from './findings.js';
import { stepInName } from './identity.js';
import { readMetricsCsv } from './metrics.js';
import type { TrainingRecords } from './training.js';

/** True for a CSV file whose name says that it holds metrics. */
export const isMetricsFile = (file: string): boolean => /metrics[^/\\]*\.csv(\.gz)?$/i.test(basename(file));

/** @throws FILE_MISSING, FILE_UNREADABLE, CSV_SYNTAX */
export async function readMetricsFile(file: string): Promise<TrainingRecords> {
  const findings: CheckpointFinding[] = [];
  const above = dirname(resolve(file)).split(sep).reverse();
  const measured = above.findIndex((name) => stepInName(name) !== null);
  // The folder above `checkpoint-290` is the training run that it belongs to.
  const checkpoint = above[measured + 1] || basename(file);
  const step = measured < 0 ? null : stepInName(above[measured]!);
  const metrics = await readMetricsCsv(file, { checkpoint, step, dataset: null }, findings);
  if (metrics.some((metric) => metric.step === null)) {
    const message = 'no column and no folder above names the step';
    findings.push({ code: 'STEP_UNKNOWN', severity: 'note', file, message });
  }
  return { format: 'metrics', runs: [], metrics, findings, left_out: [], records: [] };
}
