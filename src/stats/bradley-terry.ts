// Strengths of several checkpoints from pairwise comparisons (Bradley & Terry 1952), ties as half wins: maximum
// likelihood by the iteration of Newman 2023 (JMLR 24) and then Newton. With two items it is the logit of the win rate.
import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';
import { seeded } from '../random.js';
import {
  connection,
  halfWins,
  pairings,
  stronglyConnected,
  type Comparison,
  type Connection,
  type Pairings,
} from './pairings.js';
import { resampler, sortedQuantile } from './resample.js';

export interface BradleyTerry extends Connection {
  names: string[];
  status: 'ok' | 'disconnected' | 'unbeaten-or-winless' | 'empty';
  /** In `names` order, mean 0; null unless status is ok or a ridge was given. P(i beats j) = logistic(b_i − b_j). */
  log_strength: number[] | null;
  /** The ridge that made an infinite estimate finite, to be shown beside it; 0 for plain maximum likelihood. */
  ridge: number;
}

/**
 * Log strengths of all items. `ridge` > 0 adds (ridge/2) Σb² to the loss, which is finite for any data; without it an
 * unbeaten or winless group has no number and neither have disconnected ones.
 */
export function bradleyTerry(met: Pairings, { ridge = 0 } = {}): BradleyTerry {
  const wins = halfWins(met);
  const { names } = met;
  const groups = connection(met, wins);
  const status =
    names.length === 0
      ? 'empty'
      : groups.components.length > 1
        ? 'disconnected'
        : groups.tiers.length > 1
          ? 'unbeaten-or-winless'
          : 'ok';
  const finite = status === 'ok' || (ridge > 0 && status === 'unbeaten-or-winless');
  const strength = finite ? fit(wins, names.length, ridge) : null;
  return { names, status, ...groups, log_strength: strength, ridge };
}

function fit(wins: Float64Array, size: number, ridge: number, start = warmStart(wins, size)): number[] {
  let b = start;
  for (let round = 0; round < 50; round++) {
    const step = new CholeskyDecomposition(informationOf(wins, size, b, ridge))
      .solve(Matrix.columnVector(gradientOf(wins, size, b, ridge)))
      .to1DArray();
    const largest = Math.max(...step.map(Math.abs));
    const scale = Math.min(1, 2 / largest);
    b = b.map((value, i) => value + scale * step[i]!);
    if (largest < 1e-10) break;
  }
  return centred(b);
}

/** The same for a resample near the sample: steps with the inverse information of the sample, which is close enough. */
function refit(wins: Float64Array, size: number, start: number[], inverted: number[][]): number[] {
  let b = start;
  for (let round = 0; round < 40; round++) {
    const gradient = gradientOf(wins, size, b, 0);
    let largest = 0;
    b = b.map((value, i) => {
      let step = 0;
      for (let j = 0; j < size; j++) step += inverted[i]![j]! * gradient[j]!;
      largest = Math.max(largest, Math.abs(step));
      return value + step;
    });
    if (largest < 1e-8) return centred(b);
    if (!(largest < 2)) break;
  }
  return fit(wins, size, 0, start);
}

function gradientOf(wins: Float64Array, size: number, b: number[], ridge: number): number[] {
  const gradient = b.map((value) => -ridge * value);
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      const won = wins[i * size + j]!;
      const met = won + wins[j * size + i]!;
      if (met === 0) continue;
      const surplus = won - met / (1 + Math.exp(b[j]! - b[i]!));
      gradient[i]! += surplus;
      gradient[j]! -= surplus;
    }
  }
  return gradient;
}

function informationOf(wins: Float64Array, size: number, b: number[], ridge: number): Matrix {
  // A unit on the constant direction fixes the scale, which the likelihood leaves open; the solution stays centred.
  const information = Matrix.zeros(size, size).add(ridge > 0 ? 0 : 1 / size);
  for (let i = 0; i < size; i++) {
    information.set(i, i, information.get(i, i) + ridge);
    for (let j = i + 1; j < size; j++) {
      const met = wins[i * size + j]! + wins[j * size + i]!;
      if (met === 0) continue;
      const p = 1 / (1 + Math.exp(b[j]! - b[i]!));
      addPair(information, i, j, met * p * (1 - p));
    }
  }
  return information;
}

/** What one pair's comparisons tell of the difference of two strengths. */
function addPair(information: Matrix, i: number, j: number, weight: number): void {
  information.set(i, i, information.get(i, i) + weight);
  information.set(j, j, information.get(j, j) + weight);
  information.set(i, j, information.get(i, j) - weight);
  information.set(j, i, information.get(j, i) - weight);
}

/** A few rounds of Newman's iteration from equal strengths, so that Newton starts where it converges. */
function warmStart(wins: Float64Array, size: number): number[] {
  let strength = new Array<number>(size).fill(1);
  for (let round = 0; round < 10; round++) {
    strength = strength.map((own, i) => {
      let [up, down] = [0.1, 0.1 / own];
      for (let j = 0; j < size; j++) {
        const both = own + strength[j]!;
        up += (wins[i * size + j]! * strength[j]!) / both;
        down += wins[j * size + i]! / both;
      }
      return Math.min(1e6, Math.max(1e-6, up / down));
    });
  }
  return centred(strength.map(Math.log));
}

function centred(b: number[]): number[] {
  const mean = b.reduce((sum, x) => sum + x, 0) / b.length;
  return b.map((x) => x - mean);
}

/**
 * Log strengths with `reference` at 0 and their model-based standard errors against it (conservative where ties are
 * counted as halves). Null where `bradleyTerry` has no number or the reference is unknown.
 */
export function againstReference(
  met: Pairings,
  reference: string,
): { log_strength: Record<string, number>; se: Record<string, number> } | null {
  const { names, log_strength: b } = bradleyTerry(met);
  const at = names.indexOf(reference);
  if (b === null || at < 0) return null;
  const wins = halfWins(met);
  const size = names.length;
  const information = Matrix.zeros(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      const p = 1 / (1 + Math.exp(b[j]! - b[i]!));
      addPair(information, i, j, (wins[i * size + j]! + wins[j * size + i]!) * p * (1 - p));
    }
  }
  const se: Record<string, number> = { [reference]: 0 };
  const others = names.map((_, i) => i).filter((i) => i !== at);
  if (others.length > 0) {
    const covariance = inverse(information.selection(others, others));
    others.forEach((i, row) => (se[names[i]!] = Math.sqrt(covariance.get(row, row))));
  }
  return { log_strength: Object.fromEntries(names.map((name, i) => [name, b[i]! - b[at]!])), se };
}

export interface RankInterval {
  name: string;
  log_strength: number;
  low: number;
  high: number;
  /** Ranks held in the central share of resamples, 1 the best. */
  ranks: [number, number];
  best: number;
}

/**
 * Strengths with percentile intervals, ranks as sets and P(best), from resampled prompts (all comparisons of a prompt
 * together; without `prompt` each comparison is its own). Resamples without a finite fit get `ridge`; `ridged` is their
 * share. Null where the sample itself has no fit.
 */
export function bootstrapBradleyTerry(
  comparisons: (Comparison & { prompt?: string })[],
  { resamples = 1000, seed = 0, level = 0.95, ridge = 0.5 } = {},
): { items: RankInterval[]; ridged: number } | null {
  const met = pairings(comparisons);
  const { names, log_strength: b } = bradleyTerry(met);
  if (b === null) return null;
  const size = names.length;
  const patterns = patternsOf(comparisons, names);
  const draw = resampler(
    Float64Array.from(patterns, ({ count }) => count),
    seeded(seed),
  );
  const drawn = new Float64Array(patterns.length);
  const inverted = inverse(informationOf(halfWins(met), size, b, 0)).to2DArray();
  const strengths = names.map(() => new Float64Array(resamples));
  const ranks = names.map(() => new Float64Array(resamples));
  let ridged = 0;
  for (let r = 0; r < resamples; r++) {
    draw(drawn);
    const wins = new Float64Array(size * size);
    patterns.forEach(({ cells }, k) => {
      if (drawn[k]! > 0) for (const [at, score] of cells) wins[at]! += drawn[k]! * score;
    });
    const loose = !stronglyConnected(wins, size);
    if (loose) ridged++;
    const fitted = loose ? fit(wins, size, ridge, b) : refit(wins, size, b, inverted);
    const order = names.map((_, i) => i).sort((i, j) => fitted[j]! - fitted[i]!);
    order.forEach((i, rank) => (ranks[i]![r] = rank + 1));
    fitted.forEach((value, i) => (strengths[i]![r] = value));
  }
  const items = names.map((name, i) => {
    const best = ranks[i]!.filter((rank) => rank === 1).length / resamples;
    const [values, places] = [strengths[i]!.sort(), ranks[i]!.sort()];
    const [p, q] = [(1 - level) / 2, (1 + level) / 2];
    return {
      name,
      log_strength: b[i]!,
      low: sortedQuantile(values, p)!,
      high: sortedQuantile(values, q)!,
      ranks: [sortedQuantile(places, p)!, sortedQuantile(places, q)!] as [number, number],
      best,
    };
  });
  return { items: items.sort((x, y) => y.log_strength - x.log_strength), ridged: ridged / resamples };
}

interface Pattern {
  count: number;
  /** Place in the win matrix and what to add there. */
  cells: [at: number, score: number][];
}

/** Prompts whose comparisons are the same count as one pattern: 3,675 patterns stand for a million single comparisons. */
function patternsOf(comparisons: (Comparison & { prompt?: string })[], names: string[]): Pattern[] {
  const size = names.length;
  const place = new Map(names.map((name, i) => [name, i]));
  const prompts = new Map<string, string[]>();
  const single = new Map<string, number>();
  for (const { a, b, score, prompt } of comparisons) {
    const [i, j] = [place.get(a)!, place.get(b)!];
    if (i === j) continue;
    const key = i < j ? `${i * size + j}:${score}` : `${j * size + i}:${1 - score}`;
    if (prompt === undefined) single.set(key, (single.get(key) ?? 0) + 1);
    else {
      const keys = prompts.get(prompt);
      if (keys) keys.push(key);
      else prompts.set(prompt, [key]);
    }
  }
  for (const keys of prompts.values()) {
    const joined = keys.sort().join(' ');
    single.set(joined, (single.get(joined) ?? 0) + 1);
  }
  return [...single].map(([joined, count]) => ({
    count,
    cells: joined.split(' ').flatMap((key): [number, number][] => {
      const [at, score] = key.split(':').map(Number) as [number, number];
      const mirrored = (at % size) * size + Math.floor(at / size);
      return [
        [at, score],
        [mirrored, 1 - score],
      ];
    }),
  }));
}
