// Is the text where a reply should stand an error of the endpoint, and was it counted?
import type { MakeCheck } from './check.js';

export const errorRecordedAsVerdict: MakeCheck = () => ({
  code: 'ERROR_RECORDED_AS_VERDICT',
  see({ judgment, derived, recorded_winner: recorded }) {
    if (judgment.reply === null) return 'unverifiable';
    if (derived.winner !== null || derived.failure !== 'unreachable' || derived.how === 'recorded') return 'sound';
    const text = judgment.reply.trim().replace(/\s+/g, ' ').slice(0, 80);
    if (recorded === null || recorded === 'unknown')
      return {
        severity: 'warning',
        recorded,
        derived: null,
        message: `No judgment but an error ("${text}"): it must not be counted as a row that was judged.`,
      };
    return {
      severity: 'error',
      recorded,
      derived: null,
      message: `An error ("${text}") is recorded as a win of ${recorded === 'tie' ? 'neither (tie)' : `the ${recorded}`}.`,
    };
  },
});
