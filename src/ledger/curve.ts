// Win rate over the training steps of a sweep, every step on the same prompts: pointwise intervals, a band that holds for
// all steps at once, and the earliest step that cannot be told apart from the best (STATISTICS 13).
import type { Curve, CurveStep, SweepCurve } from '../answers.js';
import { renameMetrics, type LossPoint, type NameMap } from '../checkpoints/index.js';
import { stepInName } from '../checkpoints/identity.js';
import type { RunConfig } from '../config.js';
import { type Domain, DOMAINS, type Run } from '../records.js';
import { effectiveN, simultaneousBand, slopeInterval, stepToKeep } from '../stats/index.js';
import type { Store } from '../store/index.js';
import type { Estimate, Group, Interval } from '../summary.js';
import { endedDecided } from '../stopping.js';
import { runsOfSweep } from '../sweep.js';
import { concluded } from '../win-rates.js';
import { baselineResponses, basisOf, keyOf, mattersOf } from './basis.js';
import { stepSentence } from './curve-sentence.js';
import { promptScores, scoreIn, type PromptScores } from './scores.js';

export interface CurveOptions {
  seed?: number | undefined;
  names?: NameMap | undefined;
}

/** The training step of a run's candidate: as stated, as the folder says, or as its name does; null where nobody knows. */
export function stepOf(run: Pick<Run, 'config' | 'identities' | 'candidate'>): number | null {
  const { candidate } = run.config as Partial<Pick<RunConfig, 'candidate'>>;
  const identity = run.identities['candidate'] as { step?: number | null } | undefined;
  return candidate?.step ?? identity?.step ?? stepInName(run.candidate);
}

/** The curve of a sweep, from whatever of it is judged; null for a sweep that no run belongs to. */
export async function sweepCurve(store: Store, sweep: string, options: CurveOptions = {}): Promise<SweepCurve | null> {
  const runs = await runsOfSweep(store, sweep);
  const [newest] = runs;
  if (newest === undefined) return null;
  const warnings: SweepCurve['warnings'] = [];
  const warn = (code: string, message: string): void => void warnings.push({ code, message });
  const placed = new Map<number, Run>();
  for (const run of runs) {
    const step = stepOf(run);
    if (step === null) warn('STEP_UNKNOWN', `nothing says which step ${run.candidate} is of; it is left out`);
    else if (!placed.has(step)) placed.set(step, run);
  }
  const level = (newest.decision_rule['level'] as number | undefined) ?? 0.95;
  const made = { sweep, name: newest.name, baseline: newest.baseline, level };
  const steps = await Promise.all(
    [...placed].sort(([a], [b]) => a - b).map(([step, run]) => stepFacts(store, step, run, options.names ?? new Map())),
  );
  const own = steps.map(({ step }) => placed.get(step)!);
  if (own.length === 0) return { ...made, steps, curves: [], losses: [], warnings };
  for (const run of own) {
    if (endedDecided(run))
      warn('STOPPED_EARLY', `${run.candidate} was judged until it was decided: its win rate leans away from one half`);
    else if (run.status !== 'done') warn('UNFINISHED', `${run.candidate} is not finished (${run.status})`);
  }

  const bases = await Promise.all(own.map((run) => basisOf(store, run)));
  if (new Set(bases.map(keyOf)).size > 1) {
    for (const { same, message } of mattersOf(bases)) if (same === false) warn('NOT_COMPARABLE', message);
  }
  const responses = await baselineResponses(store, own);
  if (responses.same === false) warn('BASELINE_RESPONSES_DIFFER', responses.message);
  const scores = await Promise.all(own.map((run) => promptScores(store, run)));
  const estimates = await Promise.all(own.map(async (run) => (await concluded(store, run)).summary.estimates));
  const groups: Group[] = [{}, ...DOMAINS.map((domain) => ({ domain }))];
  const seed = options.seed ?? (newest.config['seed'] as number | undefined) ?? 0;
  const curves = groups.flatMap((group) => curveOf(group, steps, scores, estimates, { level, seed }) ?? []);
  const everyone = Math.max(...scores.map((one) => one.size));
  const shared = curves[0]?.n_prompts ?? 0;
  if (shared < everyone)
    warn('PROMPTS_MISSING', `${shared} of ${everyone} prompts are judged at every step; the curve is of these`);
  return { ...made, steps, curves, losses: lossesOf(own), warnings };
}

async function stepFacts(store: Store, step: number, run: Run, names: NameMap): Promise<CurveStep> {
  const identity = (run.identities['candidate'] ?? {}) as {
    path?: string;
    digest?: string | null;
    epoch?: number | null;
    losses?: LossPoint[];
  };
  const parts = identity.path?.split(/[/\\]+/).filter(Boolean) ?? [];
  const known = [run.candidate, run.name, ...parts.slice(-2)];
  const measured = await store.metrics({ checkpoint: [...new Set(known)] });
  const here = renameMetrics(measured, names).filter((metric) => metric.step === step);
  const metrics = Object.fromEntries(here.map(({ metric, value }) => [metric, value]));
  const before = (identity.losses ?? []).filter((point) => point.step <= step);
  const last = (key: 'loss' | 'eval_loss') =>
    before.findLast((point) => point[key] !== null)?.[key] ?? metrics[key] ?? null;
  return {
    step,
    epoch: identity.epoch ?? before.at(-1)?.epoch ?? null,
    run_id: run.id,
    candidate: run.candidate,
    status: run.status,
    digest: identity.digest ?? null,
    loss: last('loss'),
    eval_loss: last('eval_loss'),
    metrics,
  };
}

function curveOf(
  group: Group,
  steps: CurveStep[],
  scores: PromptScores[],
  estimates: Estimate[][],
  { level, seed }: { level: number; seed: number },
): Curve | null {
  const domain = group.domain as Domain | undefined;
  const inGroup = [...scores[0]!.values()].filter((prompt) => scoreIn(prompt, domain) !== undefined);
  if (inGroup.length === 0) return null;
  const rows = inGroup
    .map(({ prompt_hash }) => scores.flatMap((one) => scoreIn(one.get(prompt_hash), domain) ?? []))
    .filter((row) => row.length === scores.length);
  const band = simultaneousBand(rows, { level, seed });
  const key = JSON.stringify(group);
  if (band === null) {
    const reason = 'fewer than two prompts are judged at every step';
    const none = { points: [], critical: null, best_step: null, step_to_keep: null, slope_per_1000_steps: null };
    return { group, n_prompts: rows.length, ...none, sentence: `No curve: ${reason}.`, reason };
  }
  const points = steps.map(({ step, run_id }, k) => ({
    step,
    run_id,
    win_rate: band.means[k]!,
    pointwise: pointwiseOf(
      estimates[k]!.find((one) => JSON.stringify(one.group) === key),
      rows.map((row) => row[k]!),
      level,
    ),
    low: Math.max(0, band.low[k]!),
    high: Math.min(1, band.high[k]!),
  }));
  const best = band.means.indexOf(Math.max(...band.means));
  const keep = stepToKeep(band)!;
  const slope = slopeInterval(
    steps.map(({ step }) => step / 1000),
    rows,
    { level, seed },
  );
  return {
    group,
    n_prompts: rows.length,
    points,
    critical: band.critical,
    best_step: steps[best]!.step,
    step_to_keep: steps[keep]!.step,
    slope_per_1000_steps: slope,
    sentence: stepSentence(steps, band.means, best, keep),
    reason: null,
  };
}

/** The interval of a step's own run where that is of the same prompts; of fewer ones the curve makes its own. */
function pointwiseOf(estimate: Estimate | undefined, scores: number[], level: number): Interval | null {
  if (estimate?.n_prompts === scores.length) return estimate.interval;
  const interval = effectiveN(scores, level);
  return interval && { low: interval.low, high: interval.high, level, method: 'wilson-effective-n' };
}

/** The log of the latest step holds the whole training. */
function lossesOf(runs: readonly Run[]): LossPoint[] {
  const logs = runs.map((run) => (run.identities['candidate'] as { losses?: LossPoint[] } | undefined)?.losses ?? []);
  return logs.reduce((longest, log) => (log.length > longest.length ? log : longest), []);
}
