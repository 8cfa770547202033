// In which response do the words stand that the judge copied? A check on the mapping that rests on the texts alone:
// a quote that stands only in the response that lost says that something was mixed up.

/** Characters below which a piece of text may stand in any response by chance. */
const MIN_LENGTH = 8;
/** A character of these scripts says as much as this many letters. */
const WORD_CHARACTER = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
const LETTERS = 3;
/** A quote may stop before a sentence does, or be given a full stop of its own. */
const OUTER_MARKS = /^[\s.,;:!?。，；！？]+|[\s.,;:!?。，；！？]+$/g;

const weight = (piece: string): number => piece.length + (LETTERS - 1) * (piece.match(WORD_CHARACTER)?.length ?? 0);

/**
 * Where the quote stands; null when there is none, or none long enough to tell (a short quote counts when it is a whole
 * response). Letter case, white space, Markdown marks and the style of quotation marks and dashes are passed over; a
 * quote with ellipses is its pieces, in order.
 */
export function findQuote(
  quote: string | null,
  baseline_response: string,
  candidate_response: string,
): 'baseline' | 'candidate' | 'both' | 'neither' | null {
  if (quote === null) return null;
  const whole = fold(quote);
  if (whole === '') return null;
  // Folding has made three dots of an ellipsis.
  const pieces = whole
    .split(/\[?\.{3,}\]?/)
    .map((piece) => piece.replace(OUTER_MARKS, ''))
    .filter((piece) => weight(piece) >= MIN_LENGTH);
  const baseline = holds(folded(baseline_response), whole, pieces);
  const candidate = holds(folded(candidate_response), whole, pieces);
  if (baseline && candidate) return 'both';
  if (baseline) return 'baseline';
  if (candidate) return 'candidate';
  return pieces.length === 0 ? null : 'neither';
}

function holds(text: string, whole: string, pieces: string[]): boolean {
  if (text === whole) return true;
  let from = 0;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at === -1) return false;
    from = at + piece.length;
  }
  return pieces.length > 0;
}

// Stryker disable all: what is kept changes nothing but the time
/** Responses that were folded last: each is looked through once for every judge and order. */
const known = new Map<string, string>();
const MOST_KNOWN = 256;
/** Characters of a response that is worth its place. */
const LONGEST_KNOWN = 20_000;

function folded(response: string): string {
  if (response.length > LONGEST_KNOWN) return fold(response);
  let text = known.get(response);
  if (text === undefined) {
    if (known.size === MOST_KNOWN) known.clear();
    known.set(response, (text = fold(response)));
  }
  return text;
}
// Stryker restore all

/** The text as quotes are compared: what typesetting, Markdown and quoting change goes or is made alike. */
function fold(text: string): string {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/&lt;/g, '<')
      .replace(/[‘’‚‛′´`“”„‟″«»"'*_#>]/g, '')
      .replace(/[‐‑‒–—―−]/g, '-')
      // Single blanks, which are most of them, are left where they are.
      .replace(/\s{2,}|[^\S ]/g, ' ')
      .trim()
  );
}
