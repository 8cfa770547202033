// Where the words that a judge copied stand in a text, though white space, Markdown marks, dashes and quotation marks
// differ. The same differences are passed over in ../judging/quote.ts, which says in which response they stand.

/** A character that may differ between a text as written, as shown and as copied. */
const LOOSE = /[\s*_`~#>|\\[\]"'“”„‟″«»‘’‚‛′´]/u;
const DASH = /[‐‑‒–—―−]/u;
/** A judge leaves words out with these. */
const ELLIPSIS = /\[?(?:\.{3,}|…)\]?/u;
/** Letters below which a piece between two ellipses stands in a text by chance. */
const MIN_PIECE = 8;

/**
 * Start and end (UTF-16 offsets, end not included) of each piece of the quote in the text, in order; empty where one is
 * missing. A quote with ellipses is its pieces.
 * @example findQuote('The **moon** is far.', 'moon is') // [[6, 14]]
 */
export function findQuote(text: string, quote: string): [number, number][] {
  const places: number[] = [];
  const haystack = bare(text, places);
  const pieces = quote.split(ELLIPSIS).map((piece) => bare(piece));
  const whole = pieces.filter((piece) => piece.length >= (pieces.length > 1 ? MIN_PIECE : 1));
  const found: [number, number][] = [];
  let from = 0;
  for (const piece of whole) {
    const at = haystack.indexOf(piece, from);
    if (at < 0) return [];
    from = at + piece.length;
    found.push([places[at]!, places[from - 1]! + 1]);
  }
  return found;
}

/** The letters that count, in small, with the place of each in the text. */
function bare(text: string, places?: number[]): string {
  let letters = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text[i]!;
    if (LOOSE.test(unit)) continue;
    const lower = DASH.test(unit) ? '-' : unit.toLowerCase();
    // One unit in, one unit out, so that places stay right ("İ" grows when it is made small).
    letters += lower.length === 1 ? lower : unit;
    places?.push(i);
  }
  return letters;
}
