// What a reader of the numbers must know before believing them.
import { coefficient, percent, whole } from '../figures.js';
import type { Summary, Warning } from '../summary.js';
import type { IntervalMethod } from './sample.js';
import { nothingIn, type TallyTable } from '../tally/table.js';

/** Warnings that follow from the numbers themselves, the gravest first; empty when there is nothing to say. */
export function warningsOf(
  summary: Summary,
  { rows, counts, prompts: texts, items: ids }: TallyTable,
  method: 'auto' | IntervalMethod = 'auto',
): Warning[] {
  const warnings: Warning[] = [];
  const overall = summary.estimates[0];
  if (overall === undefined || rows === 0)
    return [{ code: 'NOTHING_JUDGED', message: 'There is no judgment to count.' }];
  const { failed, wins, losses, ties, order_dependent, bounds, win_rate, n_prompts } = overall;
  const asked = wins + losses + ties + order_dependent + failed;
  if (failed > 0 && failed > 0.05 * asked) {
    const crossing = bounds !== null && bounds.low < 0.5 && bounds.high > 0.5;
    warnings.push({
      code: 'MANY_FAILED',
      message: `${whole(failed)} of ${whole(asked)} outcomes, one for each judge and comparison, are missing because a judgment failed${crossing ? '; had they all gone one way, the sign could change' : ''}.`,
      failed,
      asked,
    });
  }
  if (win_rate !== null && n_prompts < 10) {
    warnings.push({
      code: 'FEW_PROMPTS',
      message: `${n_prompts} prompts carry counts, not a percentage.`,
      n_prompts,
    });
  }
  if (texts < ids) {
    warnings.push({
      code: 'SAME_PROMPTS',
      message: `${whole(ids)} prompts are ${whole(texts)} different texts; each text counts once.`,
      prompts: ids,
      texts,
    });
  }
  const { order_unknown_wins, order_unknown_losses, order_unknown_ties } = counts;
  if (![order_unknown_wins, order_unknown_losses, order_unknown_ties].every(nothingIn)) {
    warnings.push({
      code: 'ORDER_UNKNOWN',
      message: 'Some judgments do not state which response was printed first, so a position effect cannot be seen.',
    });
  }
  const other = summary.estimates.filter(({ interval }) => interval !== null && interval.method !== 'tango').length;
  if (method === 'tango' && other > 0) {
    warnings.push({
      code: 'METHOD_NOT_USED',
      message: `Tango's interval needs one verdict a prompt: ${whole(other)} of ${whole(summary.estimates.length)} estimates have effective-n Wilson's.`,
    });
  }
  const length = overall.length_controlled;
  if ('win_rate' in length && win_rate !== null && Math.abs(length.win_rate - win_rate) > 0.1) {
    warnings.push({
      code: 'LENGTH_MATTERS',
      message: `At equal length the win rate would be ${percent(length.win_rate, n_prompts)} % instead of ${percent(win_rate, n_prompts)} %.`,
    });
  }
  for (const { judge, family_overlap, position_consistency: consistency } of summary.judges) {
    if (family_overlap.length > 0) {
      warnings.push({
        code: 'SAME_FAMILY',
        message: `Judge ${judge} is of the same model family as the ${family_overlap.join(' and the ')}.`,
        judge,
      });
    }
    if (consistency.value !== null && consistency.value < 0.5) {
      warnings.push({
        code: 'ORDER_DECIDES',
        message: `Judge ${judge} names another winner when the order is turned in ${Math.round(100 * (1 - consistency.value))} % of comparisons.`,
        judge,
      });
    }
  }
  for (const { judges, observed, cohen_kappa: kappa, gwet_ac1: ac1 } of summary.agreement.pairs) {
    if (observed !== null && kappa !== null && ac1 !== null && observed >= 0.8 && kappa < 0.4) {
      warnings.push({
        code: 'KAPPA_PARADOX',
        message: `${judges[0]} and ${judges[1]} agree on ${Math.round(100 * observed)} % but kappa is ${coefficient(kappa)}: they nearly always name the same side, so chance agreement is high; see AC1 (${coefficient(ac1)}).`,
        judges,
      });
    }
  }
  return warnings;
}
