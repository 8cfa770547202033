// Exact binomial and sign tests (Conover 1999): ties say nothing about the direction and are left out.
import { binomialPmf, binomialTail } from './distributions.js';

export interface ExactBinomial {
  /** Sum of the chances of all outcomes no likelier than the one observed. */
  two_sided: number;
  greater: number;
  less: number;
}

/** Exact binomial test of `successes` out of `n` against the rate `null_`; all p are 1 for n = 0. */
export function exactBinomial(successes: number, n: number, null_ = 0.5): ExactBinomial {
  const greater = binomialTail(successes, n, null_);
  const less = binomialTail(n - successes, n, 1 - null_);
  return { two_sided: twoSided(successes, n, null_), greater, less };
}

function twoSided(successes: number, n: number, p: number): number {
  const expected = n * p;
  if (n === 0 || successes === expected) return 1;
  if (p === 0.5) return Math.min(1, 2 * binomialTail(Math.max(successes, n - successes), n, 0.5));
  const bound = binomialPmf(successes, n, p) * (1 + 1e-7);
  const upper = successes > expected;
  // The other tail starts at the outcome furthest inwards that is no likelier; the pmf falls away from the mode.
  let [low, high] = upper ? [-1, Math.floor(expected) + 1] : [Math.ceil(expected) - 1, n + 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const unlikely = binomialPmf(middle, n, p) <= bound;
    if (unlikely === upper) low = middle;
    else high = middle;
  }
  const other = upper ? binomialTail(n - low, n, 1 - p) : binomialTail(high, n, p);
  const own = upper ? binomialTail(successes, n, p) : binomialTail(n - successes, n, 1 - p);
  return Math.min(1, own + (upper && low < 0 ? 0 : other));
}

/** Two-sided exact sign test over decisive prompts; 1 when none is decisive. */
export function signTest(wins: number, losses: number): { two_sided: number; n_decisive: number } {
  return { two_sided: exactBinomial(wins, wins + losses).two_sided, n_decisive: wins + losses };
}
