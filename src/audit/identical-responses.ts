// Are the two texts one and the same, so that there is nothing to prefer?
import type { MakeCheck } from './check.js';

export const identicalResponses: MakeCheck = () => ({
  code: 'IDENTICAL_RESPONSES',
  see({ judgment, derived }) {
    const { baseline_response: baseline, candidate_response: candidate, canary } = judgment;
    if (canary !== null) return 'outside';
    if (baseline === null || candidate === null) return 'unverifiable';
    if (baseline.trim() !== candidate.trim()) return 'sound';
    const decided = derived.winner === 'baseline' || derived.winner === 'candidate';
    return {
      severity: decided ? 'warning' : 'note',
      recorded: derived.winner,
      derived: 'tie',
      message: decided
        ? `Both responses are the same text, yet the judge prefers the ${derived.winner}.`
        : 'Both responses are the same text.',
    };
  },
});
