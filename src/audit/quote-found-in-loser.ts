// Do the words that the judge copied from the text it chose stand only in the other one?
import { findQuote } from '../judging/quote.js';
import type { MakeCheck } from './check.js';

export const quoteFoundInLoser: MakeCheck = () => ({
  code: 'QUOTE_FOUND_IN_LOSER',
  see({ judgment, derived }) {
    const { quote, baseline_response: baseline, candidate_response: candidate } = judgment;
    if (quote === null || baseline === null || candidate === null) return 'unverifiable';
    if (derived.winner === null || derived.winner === 'tie') return 'outside';
    const found = findQuote(quote, baseline, candidate);
    const loser = derived.winner === 'baseline' ? 'candidate' : 'baseline';
    if (found !== loser) return 'sound';
    return {
      severity: 'warning',
      recorded: derived.winner,
      derived: found,
      message: `The words quoted for the winner (${derived.winner}) stand only in the ${loser}'s text: "${quote.slice(0, 80)}".`,
    };
  },
});
