// The signs of the five outcomes, and of a warning: drawn, so that they look alike in every font.
import type { Outcome } from '../records.js';
import { OUTCOME_WORDS } from '../words.js';

const SHAPES: Record<Outcome, string> = {
  win: 'M8 2.5 14 13H2Z',
  loss: 'M8 13.5 14 3H2Z',
  tie: 'M2.5 5.5h11M2.5 10.5h11',
  'order-dependent': 'M2 5.5h11m-3-3 3 3-3 3M14 10.5H3m3-3-3 3 3 3',
  failed: 'M3.5 3.5l9 9m0-9-9 9',
};

/** The sign of an outcome. With `silent` its words stand beside it, and it is not read out. */
export function Glyph({ outcome, silent = false }: { outcome: Outcome; silent?: boolean }) {
  const named = silent ? { 'aria-hidden': true } : { role: 'img', 'aria-label': OUTCOME_WORDS[outcome] };
  return (
    <svg className={`glyph ${outcome}`} viewBox="0 0 16 16" {...named}>
      <path d={SHAPES[outcome]} />
    </svg>
  );
}

/** The sign before words that say what is wrong. */
export function Trouble() {
  return (
    <svg className="glyph trouble" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M8 1.8 15 14H1Z" />
      <path d="M8 6v4M8 11.6v.9" />
    </svg>
  );
}
