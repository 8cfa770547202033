// Judges' error rates and the likely true class without any truth, by EM (Dawid & Skene 1979, Appl. Stat. 28). It learns
// agreement, not truth; below 3 judges or 100 prompts it is not identified or overfits.

export interface DawidSkene {
  /** Share of each class. */
  marginals: number[];
  /** By item, the chance of each class; null for an item without a rating. */
  posteriors: (number[] | null)[];
  /** By judge, true class, given class: the chance of giving it. A row with no evidence is null. */
  confusion: (number[] | null)[][];
  log_likelihood: number;
  iterations: number;
  /** False below 3 judges or 100 items: shown beside the result. */
  enough: boolean;
}

/**
 * EM from the vote shares to convergence (largest change of a posterior below 1e-10, at most 5,000 rounds).
 * `responses[item][judge]` is the list of classes the judge gave, usually one; `classes` lists them. `smoothing` is
 * added to each cell of a confusion matrix. Null when no item is rated.
 */
export function dawidSkene<T>(responses: T[][][], classes: T[], { smoothing = 0.01 } = {}): DawidSkene | null {
  const place = new Map(classes.map((c, k) => [c, k]));
  const K = classes.length;
  const judges = Math.max(0, ...responses.map((item) => item.length));
  const items = responses.map((item) =>
    Array.from({ length: judges }, (_, j) => {
      const counts = new Array<number>(K).fill(0);
      for (const given of item[j] ?? []) {
        const k = place.get(given);
        if (k !== undefined) counts[k]! += 1;
      }
      return counts;
    }),
  );
  const rated = items.map((_, i) => i).filter((i) => items[i]!.flat().some((x) => x > 0));
  if (rated.length === 0) return null;
  let posterior = rated.map((i) => {
    const votes = classes.map((_, k) => items[i]!.reduce((sum, counts) => sum + counts[k]!, 0));
    return normalised(votes);
  });
  let marginals: number[] = [];
  let confusion: (number[] | null)[][] = [];
  let logLikelihood = 0;
  let iterations = 0;
  for (let change = 1; change > 1e-10 && iterations < 5000; iterations++) {
    marginals = classes.map((_, k) => posterior.reduce((sum, p) => sum + p[k]!, 0) / rated.length);
    confusion = Array.from({ length: judges }, (_, j) =>
      classes.map((_, k) => {
        const row = new Array<number>(K).fill(smoothing);
        rated.forEach((i, at) => {
          for (let l = 0; l < K; l++) row[l]! += posterior[at]![k]! * items[i]![j]![l]!;
        });
        return row.some((x) => x > 0) ? normalised(row) : null;
      }),
    );
    logLikelihood = 0;
    change = 0;
    posterior = rated.map((i, at) => {
      const logs = marginals.map((p, k) => {
        let log = Math.log(p);
        for (let j = 0; j < judges; j++) {
          for (let l = 0; l < K; l++) {
            const count = items[i]![j]![l]!;
            if (count > 0) log += count * Math.log(confusion[j]![k]?.[l] ?? 0);
          }
        }
        return log;
      });
      const top = Math.max(...logs);
      const weights = logs.map((log) => Math.exp(log - top));
      logLikelihood += top + Math.log(weights.reduce((sum, w) => sum + w, 0));
      const next = normalised(weights);
      next.forEach((p, k) => (change = Math.max(change, Math.abs(p - posterior[at]![k]!))));
      return next;
    });
  }
  const posteriors = new Array<number[] | null>(items.length).fill(null);
  rated.forEach((i, at) => (posteriors[i] = posterior[at]!));
  const enough = judges >= 3 && rated.length >= 100;
  return { marginals, posteriors, confusion, log_likelihood: logLikelihood, iterations, enough };
}

function normalised(weights: number[]): number[] {
  const sum = weights.reduce((total, w) => total + w, 0);
  return weights.map((w) => w / sum);
}
