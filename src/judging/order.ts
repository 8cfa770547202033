// Which response is printed first? A pure function of coordinates and seed: it depends neither on concurrency nor on
// what was judged before, and anyone can draw it again.
import { drawAt } from '../random.js';
import { ORDERS, type Order } from '../records.js';

/** `both` orders of each comparison, or one: `balanced` within suite × category, or `random` on its own. */
export type OrderMode = 'both' | 'balanced' | 'random';

export interface Coordinates {
  seed: number;
  suite: string;
  category: string | null;
  prompt_id: string;
  repeat: number;
  judge: string;
  /** Place of the comparison in its stratum (suite × category), from 0; each place is taken once. */
  position: number;
}

/** The orders in which a judge is asked about a comparison: two for `both`, else one. */
export function ordersOf(mode: OrderMode, at: Coordinates): Order[] {
  if (mode === 'both') return [...ORDERS];
  return [mode === 'random' ? randomOrder(at) : balancedOrder(at)];
}

function randomOrder({ seed, suite, prompt_id, repeat, judge }: Coordinates): Order {
  // Stryker disable next-line EqualityOperator: a draw is exactly one half once in 2^48
  return drawAt(seed, 'order', suite, prompt_id, repeat, judge) < 0.5 ? 'baseline-first' : 'candidate-first';
}

/**
 * Permuted blocks of two (each block holds both orders, a draw says which comes first): every stratum, and every
 * beginning of one, has half of each order, or one more of either when its size is odd.
 */
function balancedOrder({ seed, suite, category, judge, position }: Coordinates): Order {
  // Stryker disable next-line EqualityOperator: a draw is exactly one half once in 2^48
  const flipped = drawAt(seed, 'block', suite, category, judge, Math.floor(position / 2)) < 0.5;
  return (position % 2 === 0) !== flipped ? 'baseline-first' : 'candidate-first';
}
