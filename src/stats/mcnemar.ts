// McNemar's test between two checkpoints against the same baseline, both read as win or not: b and c are the prompts
// where exactly one of them wins (exact, and mid-p after Fagerland, Lydersen & Laake 2013). Half scores: sign-flip.
import { binomialPmf, normalCdf } from './distributions.js';
import { exactBinomial } from './sign-test.js';

export interface McNemar {
  exact: number;
  mid_p: number;
  /** (b − c)²/(b + c) and its asymptotic p; null when b + c = 0. */
  chi2: number | null;
  asymptotic: number | null;
}

/** Tests of b = c; with no discordant prompt both exact p are 1. */
export function mcnemar(b: number, c: number): McNemar {
  const n = b + c;
  const exact = exactBinomial(b, n).two_sided;
  const observed = binomialPmf(b, n, 0.5);
  const midP = n === 0 ? 1 : b === c ? 1 - observed / 2 : exact - observed;
  const chi2 = n === 0 ? null : (b - c) ** 2 / n;
  return { exact, mid_p: midP, chi2, asymptotic: chi2 === null ? null : 2 * normalCdf(-Math.sqrt(chi2)) };
}
