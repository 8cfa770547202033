// A run, or the sweep it belongs to, for an experiment tracker: one line a training step, a summary and the configuration.
import { stringify } from 'yaml';
import type { SweepCurve } from '../answers.js';
import type { Run } from '../records.js';
import type { Store } from '../store/index.js';
import type { Estimate } from '../summary.js';
import { concluded } from '../win-rates.js';
import { stepOf, sweepCurve } from './curve.js';
import type { WrittenFile } from './run-file.js';
import { settingsOf } from './settings.js';

type Line = Record<string, string | number | null>;

/**
 * `history.jsonl` keyed by `step` (losses at every logged step, win rates and metrics where a checkpoint was judged),
 * `summary.json` and `config.yaml`: what `wandb.log` and `mlflow.log_metrics` take as they stand.
 */
export async function historyOf(store: Store, run: Run): Promise<WrittenFile[]> {
  const { summary } = await concluded(store, run);
  const curve = run.sweep === null ? null : await sweepCurve(store, run.sweep);
  const lines = new Map<number | null, Line>();
  const at = (step: number | null): Line => {
    const line = lines.get(step) ?? { step };
    lines.set(step, line);
    return line;
  };
  const identity = run.identities['candidate'] as { losses?: SweepCurve['losses'] } | undefined;
  for (const { step, epoch, loss, eval_loss } of curve?.losses ?? identity?.losses ?? []) {
    const line = at(step);
    if (epoch !== null) line['epoch'] = epoch;
    if (loss !== null) line['train/loss'] = loss;
    if (eval_loss !== null) line['eval/loss'] = eval_loss;
  }
  const judged = curve?.steps.map(({ step, run_id, metrics }) => ({ step, run_id, metrics })) ?? [
    { step: stepOf(run), run_id: run.id, metrics: {} },
  ];
  for (const { step, run_id, metrics } of judged) {
    const own = run_id === run.id ? run : (await store.run(run_id))!;
    const { estimates } = run_id === run.id ? summary : (await concluded(store, own)).summary;
    Object.assign(at(step), { run_id, candidate: own.candidate }, rates(estimates), metrics);
  }
  const ordered = [...lines.values()].sort((a, b) => Number(a['step'] ?? Infinity) - Number(b['step'] ?? Infinity));
  const best = curve?.curves[0];
  const totals = {
    run_id: run.id,
    candidate: run.candidate,
    baseline: run.baseline,
    ...rates(summary.estimates),
    decision: summary.decision.sentence,
    ...(best !== undefined && { best_step: best.best_step, step_to_keep: best.step_to_keep, curve: best.sentence }),
  };
  return [
    { path: 'history.jsonl', text: ordered.map((line) => `${JSON.stringify(line)}\n`).join('') },
    { path: 'summary.json', text: `${JSON.stringify(totals, null, 2)}\n` },
    { path: 'config.yaml', text: stringify(Object.fromEntries(settingsOf(run)), { lineWidth: 0 }) },
  ];
}

/** Win rates overall and by domain and judge, under names that trackers group by their slash. */
function rates(estimates: readonly Estimate[]): Line {
  const line: Line = {};
  for (const { group, win_rate, interval, n_prompts } of estimates) {
    const keys = Object.keys(group);
    if (keys.length > 1 || !(keys.length === 0 || keys[0] === 'domain' || keys[0] === 'judge')) continue;
    const name = `win_rate/${Object.values(group)[0] ?? 'overall'}`;
    line[name] = win_rate;
    line[`${name}/low`] = interval?.low ?? null;
    line[`${name}/high`] = interval?.high ?? null;
    line[`${name}/prompts`] = n_prompts;
  }
  return line;
}
