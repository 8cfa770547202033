// Result trees `Results/<purpose>/<org>/<model>/<Task>_<Method>_<DataType>_<LR>/<YYYYMMDD_HHMMSS>/experiment_config.yaml`:
// what was trained on which data, why the training ran, and why its data was made (`experiment_metadata.json`).
import { basename, dirname, join, resolve, sep } from 'node:path';
import {
  type CheckpointFinding,
  type Fields,
  finite,
  isFields,
  readJsonObject,
  readYamlObject,
  text,
} from './findings.js';
import { lastPart } from './identity.js';
import { type TrainingRecords, type TrainingRun, trainingRun } from './training.js';
import { folders } from './walk.js';

export interface ResultName {
  task: string;
  method: 'zo' | 'fo_full' | 'fo_lora';
  data_type: string;
  /** `1_7` in the name is 1e-7. */
  learning_rate: number;
}

/** The parts of a result folder's name, or the rule that it breaks, in words. Task and data type may hold underscores. */
export function parseResultName(name: string): ResultName | { problem: string } {
  const form = '<Task>_<zo|fo_full|fo_lora>_<DataType>_<LR>';
  const found = /^(.+?)_(zo|fo_full|fo_lora)_(.+)_(?:(\d+)_(\d+)|(\d+(?:\.\d+)?e-?\d+))$/.exec(name);
  if (found === null) return { problem: `"${name}" is not ${form}` };
  const [, task, method, data_type, digit, exponent, written] = found;
  const learning_rate = Number(written ?? `${digit}e-${exponent}`);
  return { task: task!, method: method as ResultName['method'], data_type: data_type!, learning_rate };
}

const TIMESTAMP = /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])_([01]\d|2[0-3])[0-5]\d[0-5]\d$/;
const CONFIG = 'experiment_config.yaml';

/** True where the folder, or one below it, has an `experiment_config.yaml`. */
export async function isResultTree(root: string): Promise<boolean> {
  for await (const { entries } of folders(root, [], () => true, 6))
    if (entries.some((entry) => entry.name === CONFIG)) return true;
  return false;
}

/** The results at or below a folder, one run for each timestamp. */
export async function readResultTree(root: string): Promise<TrainingRecords> {
  const findings: CheckpointFinding[] = [];
  const records: TrainingRecords = {
    format: 'result-tree',
    runs: [],
    metrics: [],
    findings,
    left_out: [],
    records: [],
  };
  const top = resolve(root);
  for await (const { path, entries } of folders(top, findings)) {
    const configured = entries.some((entry) => entry.name === CONFIG);
    if (!configured && !TIMESTAMP.test(basename(path))) continue;
    if (!configured)
      findings.push({ code: 'CONFIG_MISSING', severity: 'warning', file: path, message: `a result without ${CONFIG}` });
    const config = configured ? await readYamlObject(join(path, CONFIG), findings) : null;
    records.runs.push(await readResult(path, top, config ?? {}, findings));
  }
  return records;
}

/** What the folders above a result say: counted from the `Results…` folder, or from the root that was given. */
function placeOf(path: string, top: string): { purpose: string | null; model: string | null; home: string } {
  const parts = path.split(sep);
  const at = parts.findLastIndex((part) => /^results/i.test(part));
  const inner = at >= 0 ? parts.slice(at + 1, -2) : parts.slice(top.split(sep).length, -2);
  const home = at >= 0 ? parts.slice(0, at).join(sep) : dirname(top);
  const [purpose = null, ...model] = inner;
  return { purpose, model: model.length > 0 ? model.join('/') : null, home };
}

async function readResult(
  path: string,
  top: string,
  config: Fields,
  findings: CheckpointFinding[],
): Promise<TrainingRun> {
  const file = join(path, CONFIG);
  const name = basename(dirname(path));
  const parsed = parseResultName(name);
  const named = 'problem' in parsed ? null : parsed;
  if ('problem' in parsed)
    findings.push({ code: 'NAME_INVALID', severity: 'warning', file: path, message: parsed.problem });
  if (!TIMESTAMP.test(basename(path)))
    findings.push({
      code: 'NAME_INVALID',
      severity: 'warning',
      file: path,
      message: `"${basename(path)}" is not YYYYMMDD_HHMMSS`,
    });
  const place = placeOf(path, top);
  const [data, hyper, info] = ['data', 'hyperparameters', 'training_info'].map((key) => fieldsOf(config, key)) as [
    Fields,
    Fields,
    Fields,
  ];
  const ran = fieldsOf(info, 'env_vars');
  // A grid search writes the whole grid into each result; what this one ran with stands in its command.
  const learning_rate = finite(ran['LR']) ?? finite(hyper['learning_rate']) ?? named?.learning_rate ?? null;
  const agree = (what: string, said: unknown, configured: unknown): void => {
    if (said === null || said === undefined || configured === null || configured === undefined || said === configured)
      return;
    const message = `the folder says ${what} ${String(said)}, ${CONFIG} says ${String(configured)}`;
    findings.push({ code: 'CONFIG_DISAGREES', severity: 'warning', file, message });
  };
  agree('purpose', place.purpose, text(config['experiment_purpose']));
  const model = text(config['model']);
  if (model === null || place.model?.includes('/') || lastPart(model) !== place.model)
    agree('model', place.model, model);
  agree('task', named?.task, text(config['task']));
  agree('method', named?.method, text(config['method']));
  if (learning_rate === null || !endsInRate(name, learning_rate))
    agree('learning rate', named?.learning_rate, learning_rate);
  const data_path = text(data['path']);
  return trainingRun(name, path, {
    started_at: text(config['timestamp']) ?? basename(path),
    purpose: text(config['experiment_purpose']) ?? place.purpose,
    base_model: model ?? place.model,
    task: text(config['task']) ?? named?.task ?? null,
    method: text(config['method']) ?? named?.method ?? null,
    data_path,
    data_purpose: await dataPurpose(data_path, place.home, file, findings),
    steps_configured: finite(ran['STEPS']) ?? finite(hyper['steps']),
    config: { ...hyper, learning_rate, data_type: text(data['type']) ?? named?.data_type ?? null },
  });
}

/** Names are made without the decimal point: 2.5e-6 ends in `_25_6` or `_25_06`. */
const endsInRate = (name: string, rate: number): boolean =>
  name.replace(/_0+(?=[1-9]\d*$)/, '_').endsWith(`_${rate.toExponential().replace('.', '').replace('e-', '_')}`);

/**
 * Why the data was made: what its `experiment_metadata.json` says, else the folder under `synthetic/`; `original` for
 * data that nobody made. Null where only the older `data.type` is given.
 */
async function dataPurpose(
  path: string | null,
  home: string,
  file: string,
  findings: CheckpointFinding[],
): Promise<string | null> {
  if (path === null) return null;
  const parts = path.split(/[/\\]/);
  if (parts.includes('original')) return 'original';
  const at = parts.indexOf('synthetic');
  for (const folder of [resolve(home, path), dirname(resolve(home, path))]) {
    const metadata = await readJsonObject(join(folder, 'experiment_metadata.json'), findings);
    const purpose = text(metadata?.['experiment_purpose']) ?? text(metadata?.['purpose']);
    if (purpose !== null) return purpose;
  }
  const message = `the trail of the training data ends here: no experiment_metadata.json at ${path}`;
  findings.push({ code: 'DATA_LINEAGE_ENDS', severity: 'note', file, message });
  return at >= 0 ? (parts[at + 1] ?? null) : null;
}

const fieldsOf = (fields: Fields, key: string): Fields => {
  const value = fields[key];
  return isFields(value) ? value : {};
};
