// Did the judge give the loser the better grades? Means over the criteria that both texts were graded on.
import type { MakeCheck } from './check.js';

export const scoresContradictWinner: MakeCheck = () => ({
  code: 'SCORES_CONTRADICT_WINNER',
  see({ judgment, derived }) {
    const { baseline_scores: baseline, candidate_scores: candidate } = judgment;
    if (baseline === null || candidate === null) return 'unverifiable';
    if (derived.winner === null || derived.winner === 'tie') return 'outside';
    const shared = Object.keys(baseline).filter((criterion) => Object.hasOwn(candidate, criterion));
    const total = (scores: Record<string, number>): number => shared.reduce((sum, name) => sum + scores[name]!, 0);
    const [b, c] = [total(baseline), total(candidate)];
    if (shared.length === 0 || b === c || c > b === (derived.winner === 'candidate')) return 'sound';
    const [won, lost] = derived.winner === 'candidate' ? [c, b] : [b, c];
    return {
      severity: 'warning',
      recorded: derived.winner,
      derived: c > b ? 'candidate' : 'baseline',
      message: `The judge prefers the ${derived.winner} and grades it ${round(won)} in all, the other ${round(lost)}.`,
    };
  },
});

const round = (value: number): number => Math.round(value * 100) / 100;
