// Metrics that other programs measured (pass@k of a benchmark, `eval_*` of a Trainer, a tracker's columns), by
// checkpoint and step, so that they can stand beside the win-rate curve; with one name per benchmark from `metrics.yaml`.
import { parse as parseCsv } from 'csv-parse/sync';
import { parseDocument } from 'yaml';
import type { Metric } from '../answers.js';
import { csvSyntax } from '../csv.js';
import { DoubleblindError } from '../errors.js';
import { readText } from '../jsonl.js';
import { type CheckpointFinding, type Fields, finite, isFields } from './findings.js';

export interface MetricOrigin {
  checkpoint: string;
  step: number | null;
  dataset: string | null;
  sampling?: Metric['sampling'];
}

/** Columns that number or name a row and measure nothing. */
const NO_MEASURE =
  /^(|.*_?(idx|index|id)|step|global_step|epoch|seed|checkpoint|model|run|dataset|task|metric|value|timestamp|time|date)$/i;

/**
 * The metrics of a `metrics.csv`: the mean of each numeric column over its rows, one group for each `step` and
 * `checkpoint` where it has such columns (one row a question and one row a step are both read so); a file with the
 * columns `metric` and `value` is taken as it stands.
 * @throws FILE_MISSING, FILE_UNREADABLE, CSV_SYNTAX
 */
export async function readMetricsCsv(
  path: string,
  origin: MetricOrigin,
  findings: CheckpointFinding[],
): Promise<Metric[]> {
  const rows = parseTable(await readText(path), path);
  const groups = new Map<string, { checkpoint: string; step: number | null; columns: Map<string, number[]> }>();
  const broken = new Map<string, number>();
  for (const row of rows) {
    const step = finite(row['step'] ?? row['global_step']) ?? origin.step;
    const checkpoint = row['checkpoint'] || origin.checkpoint;
    const key = JSON.stringify([checkpoint, step]);
    const group = groups.get(key) ?? { checkpoint, step, columns: new Map<string, number[]>() };
    groups.set(key, group);
    const long = row['metric'] !== undefined && row['value'] !== undefined;
    for (const [column, cell] of long ? [[row['metric']!, row['value']!] as const] : Object.entries(row)) {
      if (!long && NO_MEASURE.test(column)) continue;
      const value = measured(cell);
      if (value !== null) group.columns.set(column, [...(group.columns.get(column) ?? []), value]);
      else if (/^\s*-?(nan|inf(inity)?)\s*$/i.test(cell)) broken.set(column, (broken.get(column) ?? 0) + 1);
    }
  }
  for (const [column, n] of broken) {
    const message = `${column} is no number in ${n} of ${rows.length} rows, which are left out of its mean`;
    findings.push({ code: 'METRIC_NOT_A_NUMBER', severity: 'warning', file: path, message });
  }
  return [...groups.values()].flatMap(({ checkpoint, step, columns }) =>
    [...columns].map(([column, values]) => ({
      checkpoint,
      step,
      metric: origin.dataset === null ? column : `${origin.dataset}/${column}`,
      value: values.reduce((sum, value) => sum + value, 0) / values.length,
      source: path,
      n: values.length,
      sampling: origin.sampling ?? null,
    })),
  );
}

const measured = (cell: string): number | null =>
  /^(true|false)$/i.test(cell) ? Number(/^t/i.test(cell)) : finite(cell);

/** The rows of a CSV as texts by column. @throws CSV_SYNTAX with the line */
export function parseTable(csv: string, file: string): Record<string, string>[] {
  try {
    return parseCsv(csv, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    throw csvSyntax(error as Error, { file, line: (error as { lines?: number }).lines });
  }
}

/** Columns of an `eval_…` name that set an evaluation up and are no result of it. */
const EVAL_SETTING =
  /^eval_(steps|strategy|delay|batch_size|accumulation_steps|on_start|packing|dataset|interval|every|freq)/;
const RESULT =
  /^(eval|pretrain_eval|test|val|train|perf)\/|^(pretrain_)?eval_|^(train_|val_|test_)?loss$|^pass@|_(acc|accuracy)(_|$)/;

/** True for a column of a tracker that holds a result (`eval_loss`, `test/acc`), false for configuration. */
export const isResult = (column: string): boolean => RESULT.test(column) && !EVAL_SETTING.test(column);

/** The numeric results of one run in a tracker's list, at the step that the run ended with; `_…` is the tracker's own. */
export function trackerMetrics(checkpoint: string, step: number | null, results: Fields, source: string): Metric[] {
  return Object.entries(results).flatMap(([metric, cell]) => {
    const value = metric.startsWith('_') ? null : finite(cell);
    return value === null ? [] : [{ checkpoint, step, metric, value, source, n: 1, sampling: null }];
  });
}

/** Name as measured → the one name it goes by. */
export type NameMap = ReadonlyMap<string, string>;

/**
 * The name map in a `metrics.yaml`, whose keys are the names to use and whose values one or several names as measured:
 * `mmlu: [pretrain_eval_mmlu_acc_raw, eval_mmlu_acc]`.
 * @throws YAML_SYNTAX, INVALID_VALUE (a measured name under two names), FILE_MISSING, FILE_UNREADABLE
 */
export async function readNameMap(file: string): Promise<NameMap> {
  const document = parseDocument(await readText(file), { prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const place = { file, line: fault.linePos?.[0].line, column: fault.linePos?.[0].col };
    throw new DoubleblindError('YAML_SYNTAX', fault.message.split('\n')[0]!, place);
  }
  const entries: unknown = document.toJS();
  if (!isFields(entries))
    throw new DoubleblindError('INVALID_VALUE', 'a name map is `name: [names as measured]`.', { file });
  const names = new Map<string, string>();
  for (const [name, measuredNames] of Object.entries(entries)) {
    for (const measuredName of Array.isArray(measuredNames) ? measuredNames : [measuredNames]) {
      const taken = names.get(String(measuredName));
      if (taken !== undefined)
        throw new DoubleblindError('INVALID_VALUE', `"${measuredName}" stands under both "${taken}" and "${name}".`, {
          file,
        });
      names.set(String(measuredName), name);
    }
  }
  return names;
}

/** The metrics under the names of the map; those that it does not mention keep theirs. */
export const renameMetrics = (metrics: readonly Metric[], names: NameMap): Metric[] =>
  metrics.map((metric) => ({ ...metric, metric: names.get(metric.metric) ?? metric.metric }));
