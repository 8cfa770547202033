// Score interval of a win rate with ties, one verdict per prompt (Tango 1998, Stat. Med. 17): the win rate with half
// ties is (1 + d)/2 with d = p_win − p_loss, a difference of paired proportions.
import { zOf } from './distributions.js';

/**
 * Interval of the win rate (W + T/2)/n, inside [0, 1]: all d with |W − L − n d| ≤ z √(n (2q + d(1−d))), mapped by
 * (1 + d)/2. With no ties it is exactly Wilson; all ties give 0.5 ± z²/(2(n + z²)). Null for n = 0.
 */
export function tango(
  counts: { wins: number; ties: number; losses: number },
  level = 0.95,
): { low: number; high: number } | null {
  const { wins, ties, losses } = counts;
  const n = wins + ties + losses;
  const difference = tangoDifference(wins, losses, n, level);
  if (difference === null) return null;
  return { low: (1 + difference.low) / 2, high: (1 + difference.high) / 2 };
}

/**
 * The paired difference (b − c)/n with its score interval, in [−1, 1]; b and c are the discordant counts, the rest of
 * the n pairs agree. Null for n = 0.
 */
export function tangoDifference(
  b: number,
  c: number,
  n: number,
  level = 0.95,
): { estimate: number; low: number; high: number } | null {
  if (!(n > 0)) return null;
  const z = zOf(level);
  const estimate = (b - c) / n;
  const inside = (d: number): boolean => {
    const A = 2 * n;
    const B = -b - c + (2 * n - b + c) * d;
    const C = -c * d * (1 - d);
    const q = (Math.sqrt(Math.max(0, B * B - 4 * A * C)) - B) / (2 * A);
    return Math.abs(b - c - n * d) <= z * Math.sqrt(Math.max(0, n * (2 * q + d * (1 - d))));
  };
  return { estimate, low: -edge((d) => inside(-d), -estimate), high: edge(inside, estimate) };
}

/** The largest d in [from, 1] that is still inside, by bisection to the last digit. */
function edge(inside: (d: number) => boolean, from: number): number {
  if (inside(1)) return 1;
  let [low, high] = [from, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (inside(middle)) low = middle;
    else high = middle;
  }
  return low;
}
