// Simple tables beside a Bradley-Terry fit, and its strengths in the units people know. Online Elo is not offered: it
// depends on the order of games and on K (Boubdir et al. 2023, arXiv 2311.17295).
import { halfWins, type Pairings } from './pairings.js';

/** Elo units of log strengths: anchor + (400/ln 10) b, 173.72 points per logit. */
export function eloOf(logStrengths: number[], anchor = 1000): number[] {
  return logStrengths.map((b) => anchor + (400 / Math.LN10) * b);
}

/** Mean over the opponents met of the pairwise win rate, ties half; null for an item that met nobody. */
export function averageWinRate(met: Pairings): Record<string, number | null> {
  const wins = halfWins(met);
  const size = met.names.length;
  return Object.fromEntries(
    met.names.map((name, i) => {
      const rates: number[] = [];
      for (let j = 0; j < size; j++) {
        const games = wins[i * size + j]! + wins[j * size + i]!;
        if (games > 0) rates.push(wins[i * size + j]! / games);
      }
      return [name, rates.length === 0 ? null : rates.reduce((sum, r) => sum + r, 0) / rates.length];
    }),
  );
}

/** Points: `win` for each win and `tie` for each tie. */
export function points({ names, wins, ties }: Pairings, { win = 1, tie = 0.5 } = {}): Record<string, number> {
  const size = names.length;
  return Object.fromEntries(
    names.map((name, i) => {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += win * wins[i * size + j]! + tie * ties[i * size + j]!;
      return [name, sum];
    }),
  );
}
