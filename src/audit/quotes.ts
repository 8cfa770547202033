// What the judge's own quotations say about its labels: a phrase in quotation marks that stands in exactly one of the
// two responses, behind "Response A" or "Response B", tells which text that letter meant.
import { findQuote } from '../judging/quote.js';
import type { Role } from '../records.js';

export interface TellingQuote {
  phrase: string;
  label: 'A' | 'B';
  /** The one response in which the phrase stands. */
  role: Role;
}

const QUOTES = /"([^"\n]{4,300})"|“([^”\n]{4,300})”|«([^»\n]{4,300})»|(?<![\w’'])['‘]([^'‘’\n]{4,300})['’](?!\w)/g;
/** "Response A", "Assistant B's", "answer (A)"; a bare letter only where it can be neither article nor grade. */
const LABELS =
  /\b(?:[Rr]esponse|[Aa]ssistant|[Aa]nswer|[Oo]utput|[Mm]odel|[Oo]ption|[Tt]ext|[Ss]tory|[Ee]ssay)\s+\(?([AB])\b|(?<![\w'’"“-])([AB])(?=['’]s\b|,? (?:is|was|has|does|offers|provides|uses|lacks|feels|reads|attempts|presents|contains|shows|includes)\b)/g;
/** Characters of a reply that are looked at. */
const LIMIT = 100_000;

/** The quotations of a reply that tell: each stands in exactly one response, and a letter is named before it. */
export function tellingQuotes(reply: string, baseline: string, candidate: string): TellingQuote[] {
  const text = reply.slice(0, LIMIT);
  const labels = [...text.matchAll(LABELS)].map((match) => ({
    at: match.index,
    label: (match[1] ?? match[2]) as 'A' | 'B',
  }));
  if (labels.length === 0) return [];
  return [...text.matchAll(QUOTES)].flatMap((match) => {
    const label = labels.findLast(({ at }) => at < match.index)?.label;
    if (label === undefined) return [];
    const phrase = match.slice(1).find((group) => group !== undefined)!;
    const role = findQuote(phrase, baseline, candidate);
    return role === 'baseline' || role === 'candidate' ? [{ phrase, label, role }] : [];
  });
}
