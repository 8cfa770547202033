// The work of `power`: one number follows from the others.
import { DoubleblindError } from '../errors.js';
import { counted, marginPoints, percent, points } from '../figures.js';
import { designEffect, detectableEffect, leastPrompts, sampleSize, sampleSizeNonInferiority } from '../stats/index.js';
import type { PowerFlags } from './power.js';

export interface Planned {
  win_rate: number | null;
  level: number;
  power: number;
  ties: number;
  prompts: number | null;
  judges: number;
  /** Set with `--margin`: prompts that exclude a loss of it. */
  margin: number | null;
  /** Why a number is null. */
  reason: string | null;
}

/** @throws USAGE unless exactly one of win rate, prompts and margin is given */
export function planned(flags: PowerFlags): { document: Planned; text: string } {
  const { winRate, prompts, margin, ties, level, power } = flags;
  if ([winRate, prompts, margin].filter((given) => given !== undefined).length !== 1) {
    throw new DoubleblindError('USAGE', 'one of --win-rate, --prompts and --margin is needed.', {
      hint: 'For example: doubleblind power --win-rate 0.6, or doubleblind power --prompts 200.',
    });
  }
  const plan = { alpha: 1 - level, power, ties };
  const { effective_judges: worth } = designEffect(flags.judges, flags.icc, 1);
  const common = { level, power, ties, judges: flags.judges, margin: margin ?? null, reason: null };
  const judged = flags.judges === 1 ? '' : `, ${flags.judges} judges worth ${worth.toFixed(1)}`;
  const asked = `level ${percent(level)} %, power ${percent(power)} %, ties ${percent(ties)} %${judged}`;

  if (prompts !== undefined) {
    const effect = detectableEffect(prompts, prompts * worth, plan);
    if (effect === null) {
      const reason = `${counted(prompts, 'prompt')} detect no effect at this level and power`;
      return { document: { ...common, prompts, win_rate: null, reason }, text: `${reason} (${asked}).` };
    }
    const rate = 0.5 + effect;
    const text = `${counted(prompts, 'prompt')} detect a win rate of ${percent(rate, 100)} % or more, or ${percent(1 - rate, 100)} % or less: an effect of ${points(effect)} (${asked}).`;
    return { document: { ...common, prompts, win_rate: rate }, text };
  }
  const single = winRate === undefined ? sampleSizeNonInferiority(margin!, plan) : sampleSize(winRate, plan);
  if (single === null) {
    const reason = 'a win rate of one half is no effect to detect';
    return { document: { ...common, prompts: null, win_rate: winRate ?? null, reason }, text: `${reason}.` };
  }
  const approximate = Math.ceil(single / worth - 1e-9);
  const needed = winRate === undefined ? approximate : Math.max(leastPrompts(plan.alpha), approximate);
  const what =
    winRate === undefined
      ? `exclude a loss of ${marginPoints(margin!)} when there is none`
      : `tell a win rate of ${percent(winRate, 100)} % from 50 %`;
  return {
    document: { ...common, prompts: needed, win_rate: winRate ?? 0.5 },
    text: `${counted(needed, 'prompt')} ${what} (${asked}).`,
  };
}
