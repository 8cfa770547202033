// Two closed-form intervals for a spreadsheet: Bonett & Price 2012 (with ties) and Agresti & Coull 1998 (without).
import { zOf } from './distributions.js';

/** Bonett-Price interval of the win rate with half ties, inside [0, 1]. Null for n = 0. */
export function bonettPrice(
  { wins, ties, losses }: { wins: number; ties: number; losses: number },
  level = 0.95,
): { low: number; high: number } | null {
  const n = wins + ties + losses;
  if (!(n > 0)) return null;
  const p = (wins + 1) / (n + 2);
  const q = (losses + 1) / (n + 2);
  const half = zOf(level) * Math.sqrt((p + q - (p - q) ** 2) / (n + 2));
  const clip = (d: number): number => (1 + Math.min(1, Math.max(-1, d))) / 2;
  return { low: clip(p - q - half), high: clip(p - q + half) };
}

/** Agresti-Coull interval of `successes` out of `n`, inside [0, 1]. Null for n = 0. */
export function agrestiCoull(successes: number, n: number, level = 0.95): { low: number; high: number } | null {
  if (!(n > 0)) return null;
  const z = zOf(level);
  const adjusted = n + z * z;
  const p = (successes + (z * z) / 2) / adjusted;
  const half = z * Math.sqrt((p * (1 - p)) / adjusted);
  return { low: Math.max(0, p - half), high: Math.min(1, p + half) };
}
