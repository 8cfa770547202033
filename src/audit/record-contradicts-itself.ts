// Do the fields of one judgment fit together: its state, failure, verdict, winner and score?
import type { MakeCheck } from './check.js';

export const recordContradictsItself: MakeCheck = () => ({
  code: 'RECORD_CONTRADICTS_ITSELF',
  see({ fault, recorded_winner: recorded, derived, format }) {
    if (format !== 'doubleblind' && format !== 'imported') return 'outside';
    if (fault === null) return 'sound';
    return {
      severity: 'error',
      recorded,
      derived: derived.winner,
      message: `The judgment contradicts itself: ${fault}.`,
    };
  },
});
