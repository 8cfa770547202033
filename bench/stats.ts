// How long the statistics take: medians of 7 after a warm-up, with the bound they must keep. `tsx bench/stats.ts`.
import { pathToFileURL } from 'node:url';
import { seeded, type Random } from '../src/random.js';
import type { Domain, OrderCounts, Tally } from '../src/records.js';
import {
  bootstrapBradleyTerry,
  bootstrapMean,
  bootstrapStatistic,
  bradleyTerry,
  countsOf,
  pairings,
  signFlip,
  summarize,
  winRateByPrompt,
  countScores,
  type Comparison,
} from '../src/stats/index.js';
import { resampleStatistic } from '../src/stats/resample.js';

export interface Row {
  name: string;
  /** Median milliseconds. */
  ms: number;
  /** What it must keep, and the aim; null where none is set. */
  must: number | null;
  aim: number | null;
}

/** Median time of `runs` calls after one that is not counted. */
export function medianMs(work: () => unknown, runs = 7): number {
  work();
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)]!;
}

/** Tallies of a run of `prompts` prompts, 2 judges, both orders, 3 domains, 10 categories. */
export function exampleTallies(prompts: number, random: Random): Tally[] {
  const none = (): OrderCounts => ({ wins: 0, losses: 0, ties: 0, failed: 0, score: 0 });
  const domains: Domain[] = ['in-domain', 'out-of-domain', 'multi-domain'];
  return Array.from({ length: prompts }, (_, p) => {
    const strength = 0.3 + 0.5 * random();
    const longer = Math.round((random() - 0.45) * 1000);
    return ['gpt-4o', 'opus'].map((judge): Tally => {
      const draw = (): number => (random() < 0.1 ? 0.5 : random() < strength ? 1 : 0);
      const scores = [draw(), draw()] as const;
      const [first, second] = scores.map((score) => {
        const counts = none();
        counts[score === 1 ? 'wins' : score === 0 ? 'losses' : 'ties'] = 1;
        counts.score = score;
        return counts;
      });
      const same = scores[0] === scores[1];
      const longerWins = scores.filter((score) => score === (longer > 0 ? 1 : 0)).length;
      return {
        suite: `suite-${p % 3}`,
        domain: domains[p % 3]!,
        category: `category-${p % 10}`,
        prompt_id: `prompt-${p}`,
        prompt_hash: `hash-${p}`,
        judge,
        outcomes: same ? (scores[0] === 1 ? 'w' : scores[0] === 0 ? 'l' : 't') : 'o',
        scores: [(scores[0] + scores[1]) / 2],
        pairs: 1,
        baseline_first: first!,
        candidate_first: second!,
        order_unknown: none(),
        failures: {},
        length_difference: longer,
        lengths: 1,
        baseline_length: 1000,
        candidate_length: 1000 + longer,
        unequal: scores.filter((score) => score !== 0.5).length,
        longer_wins: longerWins,
        quotes: 2,
        quote_mismatches: 0,
        rated: 2,
        score_contradictions: 0,
        criteria: { depth: { n: 2, difference: scores[0] - scores[1], decisive: 2, agrees: 1 } },
      };
    });
  }).flat();
}

function exampleComparisons(n: number, models: number, random: Random): Comparison[] {
  return Array.from({ length: n }, () => {
    const i = Math.floor(random() * models);
    const j = (i + 1 + Math.floor(random() * (models - 1))) % models;
    const score = random() < 0.1 ? 0.5 : random() < 1 / (1 + Math.exp((i - j) / (models / 2))) ? 1 : 0;
    return { a: `model-${i}`, b: `model-${j}`, score };
  });
}

/** All rows; the heavy one (1,000 resamples of a million comparisons) is timed once. */
export function benchStats(): Row[] {
  const random = seeded(1);
  const rows: Row[] = [];
  const time = (name: string, must: number | null, aim: number | null, work: () => unknown, runs = 7): void => {
    rows.push({ name, ms: medianMs(work, runs), must, aim });
  };
  for (const n of [57, 1000, 100_000, 1_000_000]) {
    const counts = countsOf([
      [1, Math.round(0.5 * n)],
      [0.5, Math.round(0.2 * n)],
      [0, n - Math.round(0.5 * n) - Math.round(0.2 * n)],
    ]);
    const mean = (drawn: Float64Array): number => (drawn[1]! / 2 + drawn[2]!) / n;
    time(`bootstrap, exact, n = ${n}`, 8, 3, () => bootstrapMean(counts));
    time(`bootstrap, 10,000 resamples, n = ${n}`, 8, 3, () =>
      resampleStatistic(counts.counts, mean, { resamples: 10_000, seed: 1 }),
    );
    time(`sign-flip test, n = ${n}`, null, null, () =>
      signFlip({ ...counts, values: counts.values.map((value) => value - 0.5) }),
    );
  }
  const graded = Array.from({ length: 1000 }, random);
  time('bootstrap, 10,000 resamples, 1,000 graded scores', 8, 3, () => bootstrapMean(countScores(graded)));
  const clusters = Array.from({ length: 25_000 }, () =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, () => Math.floor(random() * 3) / 2),
  );
  time('bootstrap by prompt of 25,000 unequal clusters, pooled and by prompt', 30, 10, () =>
    clusterBootstrap(clusters),
  );
  const comparisons = exampleComparisons(1_000_000, 50, random);
  time('Bradley-Terry, 1,000,000 comparisons of 50 models', 150, 30, () => bradleyTerry(pairings(comparisons)));
  time('Bradley-Terry, 1,000 resamples of it', 3000, 1000, () => bootstrapBradleyTerry(comparisons), 1);
  for (const prompts of [2500, 25_000]) {
    const tallies = exampleTallies(prompts, random);
    const full = prompts === 25_000;
    time(`summarize ${4 * prompts} judgments`, full ? 1500 : null, full ? 500 : null, () => summarize({ tallies }));
  }
  return rows;
}

/** Percentile intervals of both rates of prompts with several scores each. */
function clusterBootstrap(clusters: number[][]): unknown {
  const patterns = new Map<number, { sum: number; n: number; count: number }>();
  for (const scores of clusters) {
    let sum = 0;
    for (const score of scores) sum += score;
    const key = sum * 1024 + scores.length;
    const known = patterns.get(key);
    if (known) known.count++;
    else patterns.set(key, { sum, n: scores.length, count: 1 });
  }
  const list = [...patterns.values()];
  const pooled = bootstrapStatistic(
    list.map(({ count }) => count),
    (drawn) => {
      let sum = 0;
      let n = 0;
      for (let k = 0; k < drawn.length; k++) {
        sum += drawn[k]! * list[k]!.sum;
        n += drawn[k]! * list[k]!.n;
      }
      return sum / n;
    },
    { resamples: 10_000 },
  );
  return [pooled, bootstrapMean(countScores(winRateByPrompt(clusters).prompt_means))];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { name, ms, must, aim } of benchStats()) {
    const bound = must === null ? '' : `must ${must}, aim ${aim}${ms > must ? '  TOO SLOW' : ''}`;
    console.log(`${ms.toFixed(2).padStart(9)} ms  ${name.padEnd(70)} ${bound}`);
  }
}
