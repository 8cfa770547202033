// Bradley-Terry with ties of their own (Davidson 1970, JASA 65): P(i beats j) = π_i/(π_i + π_j + ν√(π_i π_j)), P(tie) the
// share of the last term. For predicting ties; strengths are those of Newman's golden files up to scale, ν = 2v.
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { connection, halfWins, type Pairings } from './pairings.js';

export interface Davidson {
  status: 'ok' | 'disconnected' | 'unbeaten-or-winless' | 'all-ties' | 'empty';
  /** By name, geometric mean 1; null unless status is ok. */
  strength: Record<string, number> | null;
  /** Tie propensity, 0 when there are no ties. */
  nu: number | null;
  log_likelihood: number | null;
}

/** Maximum-likelihood strengths and tie propensity, by damped Newton on their logarithms. */
export function davidson(met: Pairings): Davidson {
  const { names, wins, ties } = met;
  const none = { strength: null, nu: null, log_likelihood: null };
  const groups = connection(met, halfWins(met));
  if (names.length === 0) return { status: 'empty', ...none };
  if (groups.components.length > 1) return { status: 'disconnected', ...none };
  if (groups.tiers.length > 1) return { status: 'unbeaten-or-winless', ...none };
  const tied = ties.reduce((sum, t) => sum + t, 0) / 2;
  if (wins.every((w) => w === 0) && tied > 0) return { status: 'all-ties', ...none };
  const size = names.length;
  const parameters = tied > 0 ? size + 1 : size;
  let theta = new Array<number>(parameters).fill(0);
  let value = evaluate(met, theta, tied > 0);
  for (let round = 0; round < 200; round++) {
    const step = new CholeskyDecomposition(value.information).solve(Matrix.columnVector(value.gradient)).to1DArray();
    let scale = Math.min(1, 2 / Math.max(1e-300, ...step.map(Math.abs)));
    let next = value;
    for (; scale > 1e-10; scale /= 2) {
      const tried = theta.map((t, i) => t + scale * step[i]!);
      next = evaluate(met, tried, tied > 0);
      if (next.logLikelihood >= value.logLikelihood - 1e-12) {
        theta = tried;
        break;
      }
    }
    value = next;
    if (Math.max(...step.map(Math.abs)) < 1e-11) break;
  }
  const mean = theta.slice(0, size).reduce((sum, t) => sum + t, 0) / size;
  return {
    status: 'ok',
    strength: Object.fromEntries(names.map((name, i) => [name, Math.exp(theta[i]! - mean)])),
    nu: tied > 0 ? Math.exp(theta[size]!) : 0,
    log_likelihood: value.logLikelihood,
  };
}

/** Log-likelihood with its gradient and information; outcomes have the features e_i, e_j, and (e_i + e_j)/2 + e_ν. */
function evaluate({ names, wins, ties }: Pairings, theta: number[], withTies: boolean) {
  const size = names.length;
  const gradient = new Array<number>(theta.length).fill(0);
  // The constant direction of the strengths is free; a unit on it keeps the matrix positive and the mean at 0.
  const information = Matrix.zeros(theta.length, theta.length);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) information.set(i, j, 1 / size);
  let logLikelihood = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      const seen = [wins[i * size + j]!, wins[j * size + i]!, withTies ? ties[i * size + j]! : 0];
      const met = seen[0]! + seen[1]! + seen[2]!;
      if (met === 0) continue;
      const eta = [theta[i]!, theta[j]!, withTies ? theta[size]! + (theta[i]! + theta[j]!) / 2 : -Infinity];
      const top = Math.max(...eta);
      const weights = eta.map((e) => Math.exp(e - top));
      const total = weights[0]! + weights[1]! + weights[2]!;
      const p = weights.map((w) => w / total);
      seen.forEach((count, o) => {
        if (count > 0) logLikelihood += count * (eta[o]! - top - Math.log(total));
      });
      const places = withTies ? [i, j, size] : [i, j];
      const features = [
        [1, 0, 0],
        [0, 1, 0],
        [0.5, 0.5, 1],
      ];
      const expected = places.map((_, f) => features.reduce((sum, x, o) => sum + p[o]! * x[f]!, 0));
      places.forEach((row, f) => {
        gradient[row]! += features.reduce((sum, x, o) => sum + seen[o]! * x[f]!, 0) - met * expected[f]!;
        places.forEach((column, g) => {
          const second = features.reduce((sum, x, o) => sum + p[o]! * x[f]! * x[g]!, 0);
          const add = met * (second - expected[f]! * expected[g]!);
          information.set(row, column, information.get(row, column) + add);
        });
      });
    }
  }
  return { logLikelihood, gradient, information };
}
