// A list of runs exported from a tracker (CSV, JSON or JSON Lines; one run a row): which of them trained, which only
// evaluated, how they ended, and what their configuration says. Columns of Weights & Biases and MLflow are known by
// their names; `config.…` and `params.…` are configuration, `summary.…` and `metrics.…` results, in any other list
// what is neither the run's own data nor a result is configuration.
import { extname } from 'node:path';
import { DoubleblindError } from '../errors.js';
import { parseJsonLine, readText } from '../jsonl.js';
import { type CheckpointFinding, type Fields, finite, isFields, parsePythonJson, text } from './findings.js';
import { losses } from './huggingface.js';
import { isResult, parseTable, trackerMetrics } from './metrics.js';
import {
  type TrainingKind,
  type TrainingRecords,
  type TrainingRun,
  type TrainingState,
  trainingRun,
} from './training.js';

/** The file names that can be a run list. */
export const isRunList = (file: string): boolean => /\.(csv|json|jsonl)(\.gz)?$/i.test(file);

/** @throws CSV_SYNTAX, JSON_SYNTAX, FILE_UNKNOWN_FORMAT (no rows of runs), FILE_MISSING, FILE_UNREADABLE */
export async function readRunList(file: string): Promise<TrainingRecords> {
  const findings: CheckpointFinding[] = [];
  const rows = parseRows(await readText(file), file).map(sortColumns);
  if (rows.length === 0) throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'holds no rows of runs.', { file });
  const hasHistory = rows.some((row) => row.history !== null);
  const records: TrainingRecords = { format: 'run-list', runs: [], metrics: [], findings, left_out: [], records: [] };
  rows.forEach((row, i) => {
    const run = readRun(row, i, hasHistory, file, findings);
    records.runs.push(run);
    records.metrics.push(...trackerMetrics(run.name, run.steps_run, row.results, file));
  });
  return records;
}

interface Row {
  own: Map<string, unknown>;
  config: Fields;
  results: Fields;
  /** Logged rows; null where the list does not say. */
  history: number | null;
  log: Fields[];
}

function parseRows(content: string, file: string): Fields[] {
  const name = file.replace(/\.gz$/i, '');
  if (extname(name).toLowerCase() === '.csv') return parseTable(content, file);
  if (/^\s*[[{]/.test(content)) {
    try {
      const value = parsePythonJson(content);
      const rows = isFields(value) ? (value['runs'] ?? value['data'] ?? value['items']) : value;
      if (Array.isArray(rows)) return rows.filter(isFields);
    } catch {
      // JSON Lines start with a brace as well, and a broken array is reported with its place below.
    }
  }
  if (/^\s*\[/.test(content)) parseJsonLine(content, file);
  const lines = content.split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [parsePythonJson(line)].filter(isFields);
    } catch {
      return [parseJsonLine(line, file, i + 1)].filter(isFields);
    }
  });
}

/** `historyLineCount`, `History Length` and `history/length` are one name. */
const plain = (column: string): string =>
  column
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '_')
    .replace(/^_+|_+$/g, '');

const OWN = new Set(
  `id run_id uuid name run_name display_name state status created created_at updated_at heartbeat_at started_at
  start_time end_time finished_at runtime duration user username author notes description tags sweep group job_type
  project entity url path host hostname commit artifact_uri lifecycle_stage experiment_id step global_step
  last_history_step steps_run steps_completed actual_steps trained_steps final_step timestamp`.split(/\s+/),
);
const HISTORY = /^(n_|num_)?history(_(length|len|size|rows|records|lines|line_count|count|steps|points))?$/;
const STEPS_RUN = [
  'step',
  'global_step',
  'train_global_step',
  'last_history_step',
  'steps_run',
  'steps_completed',
  'actual_steps',
  'trained_steps',
  'final_step',
];
const STEPS_CONFIGURED = [
  'max_train_steps',
  'max_steps',
  'total_steps',
  'num_train_steps',
  'train_steps',
  'num_steps',
  'steps',
];
const TRAINING_SETTINGS = [...STEPS_CONFIGURED, 'num_train_epochs', 'num_epochs', 'epochs', 'learning_rate', 'lr'];
const PREFIXED = /^(config|params|summary|metrics|tags)[./](.+)$/;

function sortColumns(fields: Fields): Row {
  const row: Row = { own: new Map(), config: {}, results: {}, history: null, log: [] };
  const prefixed = Object.entries(fields).some(
    ([key, value]) => /^(config|params)[./]/.test(key) || (key === 'config' && isFields(value)),
  );
  for (const [column, raw] of Object.entries(fields)) {
    const value = known(raw);
    const [, room, name] = PREFIXED.exec(column) ?? [];
    if ((column === 'config' || column === 'params') && isFields(value)) Object.assign(row.config, unwrap(value));
    else if (/^(summary|summary_metrics|summaryMetrics|metrics)$/.test(column) && isFields(value))
      Object.assign(row.results, value);
    else if (room === 'config' || room === 'params') row.config[name!] = value;
    else if (room === 'summary' || room === 'metrics') row.results[name!] = value;
    else if (room === 'tags') row.own.set(plain(name!), value);
    else if (HISTORY.test(plain(column))) {
      if (Array.isArray(value)) row.log = value.filter(isFields);
      row.history = Array.isArray(value) ? value.length : (finite(value) ?? 0);
    } else if (OWN.has(plain(column)) || column.startsWith('_')) row.own.set(plain(column), value);
    else if (isResult(column) || prefixed) row.results[column] = value;
    else row.config[column] = value;
  }
  return row;
}

/** Weights & Biases wraps configuration values as `{ value, desc }`. */
const unwrap = (config: Fields): Fields =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      known(isFields(value) && 'value' in value ? value['value'] : value),
    ]),
  );

/** Trackers and pandas write an absent value in many ways. */
const known = (value: unknown): unknown =>
  value === undefined || (typeof value === 'string' && /^\s*(|null|none|nan|n\/a)\s*$/i.test(value)) ? null : value;

function readRun(
  row: Row,
  index: number,
  hasHistory: boolean,
  file: string,
  findings: CheckpointFinding[],
): TrainingRun {
  const own = (...names: string[]): unknown =>
    names.map((name) => row.own.get(name)).find((value) => value !== undefined && value !== null);
  const name = String(own('display_name', 'run_name', 'mlflow_run_name', 'name', 'run_id', 'id') ?? `row ${index + 1}`);
  const logged = row.log.reduce(
    (most, { step, _step, global_step }) => Math.max(most, finite(_step ?? step ?? global_step) ?? 0),
    0,
  );
  const result = new Map(Object.entries(row.results).map(([column, value]) => [plain(column), value]));
  const steps = STEPS_RUN.map((column) => finite(row.own.get(column) ?? result.get(column))).find(
    (value) => value !== null,
  );
  const trained = (hasHistory ? row.history : steps) ?? 0;
  const steps_run = steps ?? (logged > 0 ? logged : row.history);
  const state = stateOf(own('state', 'status'));
  if (state === null) {
    const message = `${name}: the state "${String(own('state', 'status'))}" is not one that trackers write`;
    findings.push({ code: 'CONFIG_DISAGREES', severity: 'note', file, message });
  }
  const setting = (...names: string[]): unknown =>
    Object.entries(row.config).find(([field, value]) => names.includes(plain(field)) && value !== null)?.[1];
  const configured = TRAINING_SETTINGS.some((field) => (finite(setting(field)) ?? 0) > 0);
  const steps_configured = STEPS_CONFIGURED.map((field) => finite(setting(field))).find(
    (value) => value !== null && value > 0,
  );
  return trainingRun(name, file, {
    kind: kindOf(name, trained > 0, configured),
    state: state ?? 'unknown',
    started_at: text(own('created_at', 'created', 'started_at', 'start_time')),
    purpose: text(setting('purpose', 'experiment_purpose')),
    base_model: text(setting('model_name_or_path', 'model_name', 'base_model', 'model')),
    task: text(setting('task', 'task_name')),
    method: text(setting('method')),
    data_path: text(setting('data_path', 'dataset_path', 'train_file', 'dataset_name', 'dataset')),
    steps_configured: steps_configured ?? null,
    steps_run,
    config: row.config,
    losses: losses(row.log, file, findings),
  });
}

/**
 * An evaluation inherits the configuration of the model that it evaluates and logs its own history, so its name counts
 * for more than either.
 */
function kindOf(name: string, trained: boolean, configured: boolean): TrainingKind {
  if (/eval/i.test(name) && !/fine[-_]?tun|dpo|train|sft/i.test(name)) return 'evaluation only';
  if (trained) return 'training';
  return configured ? 'training (configuration only)' : 'evaluation only';
}

const STATES: Record<string, TrainingState> = {
  finished: 'finished',
  completed: 'finished',
  complete: 'finished',
  done: 'finished',
  success: 'finished',
  failed: 'failed',
  error: 'failed',
  crashed: 'crashed',
  killed: 'killed',
  preempted: 'killed',
  cancelled: 'killed',
  canceled: 'killed',
  running: 'running',
  preempting: 'running',
  pending: 'running',
  scheduled: 'running',
  queued: 'running',
};

/** `unknown` where the list has no state, null where it has one that nobody knows. */
const stateOf = (value: unknown): TrainingState | null =>
  value === undefined ? 'unknown' : (STATES[String(value).toLowerCase()] ?? null);
