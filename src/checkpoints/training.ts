// One training run, whatever folder tree or tracker list it was read from, and what a collection of them amounts to:
// how many trained, how they ended, which fields of their configuration are filled in.
import type { Metric } from '../answers.js';
import type { CheckpointFinding, Fields } from './findings.js';
import type { LossPoint } from './identity.js';

const TRAINING_KINDS = ['training', 'training (configuration only)', 'evaluation only'] as const;
const TRAINING_STATES = ['finished', 'unfinished', 'failed', 'crashed', 'killed', 'running', 'unknown'] as const;
export type TrainingKind = (typeof TRAINING_KINDS)[number];
export type TrainingState = (typeof TRAINING_STATES)[number];

export interface TrainingRun {
  name: string;
  /** The folder, or the list it stands in. */
  path: string;
  kind: TrainingKind;
  state: TrainingState;
  /** Whether its name says that it was a test. */
  test: boolean;
  /** As the source writes it, null where it does not. */
  started_at: string | null;
  purpose: string | null;
  base_model: string | null;
  task: string | null;
  method: string | null;
  data_path: string | null;
  /** Why the training data was made, which is independent of why the training ran. */
  data_purpose: string | null;
  steps_configured: number | null;
  steps_run: number | null;
  config: Fields;
  losses: LossPoint[];
  /** Folders of weights; intermediate ones only where they were asked for. */
  checkpoints: { name: string; step: number | null; path: string }[];
}

/** A run of which nothing but name and place is known yet. */
export const trainingRun = (name: string, path: string, known: Partial<TrainingRun> = {}): TrainingRun => ({
  name,
  path,
  kind: 'training',
  state: 'unknown',
  test: isTestName(name),
  started_at: null,
  purpose: null,
  base_model: null,
  task: null,
  method: null,
  data_path: null,
  data_purpose: null,
  steps_configured: null,
  steps_run: null,
  config: {},
  losses: [],
  checkpoints: [],
  ...known,
});

/** True where `test`, `debug` or the like stands as a word in the name: `260101_test_match_60M`, but not `latest`. */
export const isTestName = (name: string): boolean =>
  /(?<![a-z])(tests?|testing|debug|smoke|sanity|dry[-_ ]?run)(?![a-z])/i.test(name);

export interface ReadOptions {
  /** Also list intermediate checkpoints, not only the last one of each run. */
  intermediate?: boolean;
  /** Also count the rows of large record files. */
  records?: boolean;
}

/** What was read from a folder tree or list; `left_out` says what was passed over and how many there were. */
export interface TrainingRecords {
  format: string;
  runs: TrainingRun[];
  metrics: Metric[];
  findings: CheckpointFinding[];
  left_out: { what: 'intermediate checkpoints' | 'record files'; n: number }[];
  /** Record files with their rows; empty unless asked for. */
  records: { path: string; rows: number }[];
}

/** Numbers in words of a summary; null where there is none. */
interface Spread {
  n: number;
  mean: number | null;
  median: number | null;
  min: number | null;
  max: number | null;
}

export interface TrainingSummary {
  runs: number;
  kinds: Record<TrainingKind, number>;
  states: Record<TrainingState, number>;
  test: number;
  production: number;
  /** Each field of any configuration, in the order of first appearance: runs that fill it in, and their share. */
  coverage: { field: string; n: number; share: number }[];
  steps: {
    configured: Spread;
    run: Spread;
    /** Among runs that state both: as many steps run as configured, or fewer. */
    reached: number;
    short: number;
  };
}

/** What the runs amount to. A field counts as filled in with any value but null and empty text; 0 and false count. */
export function summarizeTraining(runs: readonly TrainingRun[]): TrainingSummary {
  const fields = new Map<string, number>();
  for (const { config } of runs)
    for (const [field, value] of Object.entries(config))
      fields.set(field, (fields.get(field) ?? 0) + (value === null || value === '' ? 0 : 1));
  const both = runs.filter((run) => run.steps_configured !== null && run.steps_run !== null);
  const reached = both.filter((run) => run.steps_run! >= run.steps_configured!).length;
  const test = runs.filter((run) => run.test).length;
  return {
    runs: runs.length,
    kinds: tally(
      TRAINING_KINDS,
      runs.map((run) => run.kind),
    ),
    states: tally(
      TRAINING_STATES,
      runs.map((run) => run.state),
    ),
    test,
    production: runs.length - test,
    coverage: [...fields].map(([field, n]) => ({ field, n, share: n / runs.length })),
    steps: {
      configured: spread(runs.map((run) => run.steps_configured)),
      run: spread(runs.map((run) => run.steps_run)),
      reached,
      short: both.length - reached,
    },
  };
}

function tally<K extends string>(keys: readonly K[], values: readonly K[]): Record<K, number> {
  const counts = Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
  for (const value of values) counts[value]++;
  return counts;
}

function spread(values: readonly (number | null)[]): Spread {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const n = known.length;
  if (n === 0) return { n, mean: null, median: null, min: null, max: null };
  const median = (known[Math.floor((n - 1) / 2)]! + known[Math.floor(n / 2)]!) / 2;
  return { n, mean: known.reduce((sum, value) => sum + value, 0) / n, median, min: known[0]!, max: known[n - 1]! };
}
