// Run trees `<experiment>_<YYYY-MM-DD>_<model>_<hardware>_<N>steps/` with training_run/, eval_results/ and base_eval/:
// how the training went, and the benchmark metrics of each step and sampling. Intermediate checkpoints and record files
// are counted and passed over unless asked for.
import type { Dirent } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Metric } from '../answers.js';
import { DoubleblindError } from '../errors.js';
import { openBytes } from '../bytes.js';
import { readText } from '../jsonl.js';
import {
  type CheckpointFinding,
  type Fields,
  finite,
  isFields,
  parsePythonJson,
  readJsonObject,
  readYamlObject,
  text,
} from './findings.js';
import { losses } from './huggingface.js';
import { lastPart, stepInName } from './identity.js';
import { type MetricOrigin, readMetricsCsv } from './metrics.js';
import { parseRunName } from './run-name.js';
import { type ReadOptions, type TrainingRecords, type TrainingRun, trainingRun } from './training.js';
import { type Folder, folders } from './walk.js';

const PARTS = ['training_run', 'eval_results', 'base_eval'];
const SAMPLING = /^temp(\d+(?:\.\d+)?)_p(\d+(?:\.\d+)?)_r(\d+)$/;

const isRun = ({ entries }: Folder): boolean =>
  entries.some((entry) => entry.isDirectory() && PARTS.includes(entry.name));

/** True where the folder, or one below it, is such a run. */
export async function isRunTree(root: string): Promise<boolean> {
  for await (const folder of folders(root, [], () => true, 3)) if (isRun(folder)) return true;
  return false;
}

/** The runs at or below a folder. */
export async function readRunTree(root: string, options: ReadOptions = {}): Promise<TrainingRecords> {
  const findings: CheckpointFinding[] = [];
  const records: TrainingRecords = { format: 'run-tree', runs: [], metrics: [], findings, left_out: [], records: [] };
  const passed = { 'intermediate checkpoints': 0, 'record files': 0 };
  for await (const folder of folders(root, findings, (inner) => !isRun(inner))) {
    if (!isRun(folder)) continue;
    const { run, intermediate } = await readTraining(folder, options, findings);
    const measured = await readEvaluations(folder, run, options, findings);
    if (!folder.entries.some(({ name }) => name === 'training_run')) run.kind = 'evaluation only';
    records.runs.push(run);
    records.metrics.push(...measured.metrics);
    records.records.push(...measured.records);
    passed['intermediate checkpoints'] += intermediate;
    passed['record files'] += measured.passed;
  }
  for (const what of ['intermediate checkpoints', 'record files'] as const)
    if (passed[what] > 0) records.left_out.push({ what, n: passed[what] });
  return records;
}

async function readTraining(
  { path, entries }: Folder,
  options: ReadOptions,
  findings: CheckpointFinding[],
): Promise<{ run: TrainingRun; intermediate: number }> {
  const name = lastPart(path);
  const parsed = parseRunName(name);
  const named = 'problem' in parsed ? null : parsed;
  if ('problem' in parsed)
    findings.push({ code: 'NAME_INVALID', severity: 'warning', file: path, message: parsed.problem });
  const run = trainingRun(name, path, { started_at: named?.date ?? null, base_model: named?.model ?? null });
  run.steps_configured = named?.steps ?? null;
  if (!entries.some((entry) => entry.name === 'training_run')) return { run, intermediate: 0 };
  const inside = join(path, 'training_run');
  const file = join(inside, 'config.yaml');
  run.config = (await readYamlObject(file, findings)) ?? {};
  run.base_model =
    text(run.config['model_name_or_path']) ??
    text(run.config['backbone']) ??
    text(run.config['model']) ??
    run.base_model;
  const configured = finite(run.config['max_steps'] ?? run.config['total_steps']);
  if (configured !== null && named !== null && configured !== named.steps) {
    const message = `the name says ${named.steps} steps, config.yaml says ${configured}`;
    findings.push({ code: 'CONFIG_DISAGREES', severity: 'warning', file, message });
  }
  run.steps_configured = configured ?? run.steps_configured;
  const log = join(inside, 'logs', 'train_log.jsonl');
  const rows = await readLog(log, findings);
  run.losses = losses(rows, log, findings);
  const states = await readStates(inside, findings);
  const logged = rows.reduce((most, row) => Math.max(most, finite(row['step'] ?? row['global_step']) ?? -1), -1);
  run.steps_run = [logged, ...states.map((state) => state.step ?? -1)].reduce((a, b) => Math.max(a, b), -1);
  if (run.steps_run < 0) run.steps_run = null;
  run.kind = rows.length > 0 || states.length > 0 ? 'training' : 'training (configuration only)';
  const final = states.some((state) => state.name === 'step_final');
  if (final || (run.steps_run !== null && run.steps_configured !== null && run.steps_run >= run.steps_configured))
    run.state = 'finished';
  else if (run.steps_run !== null && run.steps_configured !== null) run.state = 'unfinished';
  run.checkpoints = options.intermediate ? states : states.slice(-1);
  return { run, intermediate: states.length - run.checkpoints.length };
}

/** The rows of a log as Python writes it, NaN and all; lines that are half written are noted and the others count. */
async function readLog(path: string, findings: CheckpointFinding[]): Promise<Fields[]> {
  const content = await attempt(path, () => readText(path), findings);
  const rows: Fields[] = [];
  const broken: number[] = [];
  for (const [i, line] of (content ?? '').split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      const row = parsePythonJson(line);
      if (isFields(row)) rows.push(row);
    } catch {
      broken.push(i + 1);
    }
  }
  if (broken.length > 0) {
    const message = `${broken.length} of ${rows.length + broken.length} lines are half written or damaged, first line ${broken[0]}`;
    findings.push({ code: 'HALF_WRITTEN', severity: 'warning', file: path, message });
  }
  return rows;
}

async function countRows(path: string): Promise<number> {
  let rows = 0;
  let last = 0x0a;
  for await (const chunk of openBytes(path)) {
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) rows++;
    last = chunk.at(-1) ?? last;
  }
  return last === 0x0a ? rows : rows + 1;
}

/** What `read` gives; null where the file is missing, and null with a finding where it cannot be read. */
async function attempt<T>(path: string, read: () => Promise<T>, findings: CheckpointFinding[]): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DoubleblindError)) throw error;
    if (error.code !== 'FILE_MISSING')
      findings.push({ code: 'UNREADABLE', severity: 'warning', file: path, message: error.message });
    return null;
  }
}

/** The checkpoints in `training_state/` in order of step, `step_final` last; links such as `step_latest` are checked only. */
async function readStates(inside: string, findings: CheckpointFinding[]): Promise<TrainingRun['checkpoints']> {
  const isState = (entry: Dirent): boolean => entry.isDirectory() && /^step_(\d+|final)$/.test(entry.name);
  const states: TrainingRun['checkpoints'] = [];
  for await (const { path, entries } of folders(inside, findings, (folder) => folder.path === inside))
    if (lastPart(path) === 'training_state')
      states.push(
        ...entries.filter(isState).map(({ name }) => ({ name, step: stepInName(name), path: join(path, name) })),
      );
  return states.sort((a, b) => (a.step ?? Infinity) - (b.step ?? Infinity));
}

async function readEvaluations(
  folder: Folder,
  run: TrainingRun,
  options: ReadOptions,
  findings: CheckpointFinding[],
): Promise<{ metrics: Metric[]; records: TrainingRecords['records']; passed: number }> {
  const metrics: Metric[] = [];
  const records: TrainingRecords['records'] = [];
  let passed = 0;
  for (const part of ['eval_results', 'base_eval'])
    for (const { name } of folder.entries.filter((entry) => entry.name === part && entry.isDirectory()))
      for await (const { path, entries } of folders(join(folder.path, name), findings)) {
        const has = (file: string): boolean => entries.some((entry) => entry.name === file);
        if (has('metrics.csv')) {
          const meta = has('run_meta.json') ? await readJsonObject(join(path, 'run_meta.json'), findings) : null;
          const final = run.steps_run ?? run.steps_configured;
          const origin = { checkpoint: run.name, ...originOf(relative(folder.path, path), meta, final) };
          metrics.push(...(await readMetrics(join(path, 'metrics.csv'), origin, findings)));
        }
        for (const { name: file } of entries.filter((entry) => /records\.jsonl(\.gz)?$/.test(entry.name))) {
          const full = join(path, file);
          const rows = options.records ? await attempt(full, () => countRows(full), findings) : null;
          if (rows !== null) records.push({ path: full, rows });
          else passed++;
        }
      }
  return { metrics, records, passed };
}

async function readMetrics(path: string, origin: MetricOrigin, findings: CheckpointFinding[]): Promise<Metric[]> {
  const metrics = (await attempt(path, () => readMetricsCsv(path, origin, findings), findings)) ?? [];
  if (metrics.some((metric) => metric.step === null)) {
    const message = 'no folder, column or run_meta.json names the step';
    findings.push({ code: 'STEP_UNKNOWN', severity: 'note', file: path, message });
  }
  return metrics;
}

/** What the folders above a `metrics.csv` say; `run_meta.json` fills in what they leave open. `final` is the step of `step_final`. */
function originOf(path: string, meta: Fields | null, final: number | null): Omit<MetricOrigin, 'checkpoint'> {
  const parts = path.split(sep);
  const stepFolder = /^step_(\d+|final)(?:_(.+))?$/.exec(parts.find((part) => part.startsWith('step_')) ?? '');
  const dated = /^run_\d{4}-?\d{2}-?\d{2}[_T-]\d{2}-?\d{2}-?\d{2}_(.+)$/.exec(
    parts.find((part) => part.startsWith('run_')) ?? '',
  );
  const sampled = SAMPLING.exec(parts.find((part) => SAMPLING.test(part)) ?? '');
  const step = parts[0] === 'base_eval' ? 0 : stepFolder?.[1] === 'final' ? final : finite(stepFolder?.[1]);
  return {
    step: step ?? finite(meta?.['step'] ?? meta?.['ckpt_step']),
    dataset: stepFolder?.[2] ?? dated?.[1] ?? text(meta?.['eval_dataset']) ?? text(meta?.['dataset']),
    sampling:
      sampled === null
        ? null
        : { temperature: Number(sampled[1]), top_p: Number(sampled[2]), samples: Number(sampled[3]) },
  };
}
