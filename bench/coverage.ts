// How often do the 95 % intervals hold the true win rate? Simulated (seeded), in the grid of STATISTICS 2.5: single
// verdicts, and three judges a prompt with ICC 0.6. `tsx bench/coverage.ts [runs]` prints the table. The few possible
// counts make single cells jump (13 single verdicts without ties: exactly 97.8 % at 0.5, 91.0 % at 0.77), so the mean over
// the win rates follows. Of 48 cells two lie outside 93.5–98.5 %, and the formulas leave no choice: that one, and three
// judges at 0.9 without ties on 30 prompts (93.0 %). Of the 16 means none does.
import { pathToFileURL } from 'node:url';
import { seeded, type Random } from '../src/random.js';
import { normalCdf, normalQuantile } from '../src/stats/distributions.js';
import { bootstrapMean, countScores, effectiveN, tango, wilson } from '../src/stats/index.js';

export interface CoverageRow {
  judges: 1 | 3;
  n: number;
  ties: number;
  theta: number;
  /** Shares of runs whose interval holds theta. */
  shown: number;
  effective_n: number;
  percentile: number;
  /** Rows taken for independent: the wrong way, to show what it costs. */
  rows_wilson: number;
  /** Mean width of the interval shown. */
  width: number;
}

const ICC = 0.6;
const THETAS = [0.5, 0.77, 0.9];

/** A verdict's score: ties with chance `ties`, decisive ones won so that the mean is theta. */
const verdict = (theta: number, ties: number, random: Random): number =>
  random() < ties ? 0.5 : random() < (theta - ties / 2) / (1 - ties) ? 1 : 0;

/**
 * Draws of one prompt's scores by three judges who see its common strength through noise of their own (normal, cut at the
 * tie and win thresholds), the noise set so that two scores correlate by ICC.
 */
function threeJudges(theta: number, ties: number, random: Random): () => number[] {
  const toTie = normalQuantile(Math.max(0, 1 - theta - ties / 2));
  const toWin = normalQuantile(1 - theta + ties / 2);
  const meanAt = (strength: number, shared: number): number => {
    const above = (cut: number): number => 1 - normalCdf((cut - Math.sqrt(shared) * strength) / Math.sqrt(1 - shared));
    return (above(toTie) + above(toWin)) / 2;
  };
  const strengths = Array.from({ length: 400 }, (_, k) => normalQuantile((k + 0.5) / 400));
  const variance = theta * (1 - theta) - ties / 4;
  let [low, high] = [0.01, 0.999];
  for (let step = 0; step < 40; step++) {
    const shared = (low + high) / 2;
    const covariance = strengths.reduce((sum, g) => sum + (meanAt(g, shared) - theta) ** 2, 0) / strengths.length;
    if (covariance < ICC * variance) low = shared;
    else high = shared;
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return () => {
    const strength = Math.sqrt(low) * normal();
    return [0, 1, 2].map(() => {
      const seen = strength + Math.sqrt(1 - low) * normal();
      return seen > toWin ? 1 : seen > toTie ? 0.5 : 0;
    });
  };
}

/** Coverage in one cell of the grid over `runs` simulated samples. */
export function coverageOf(
  judges: 1 | 3,
  n: number,
  ties: number,
  theta: number,
  runs: number,
  random: Random,
): CoverageRow {
  const held = { shown: 0, effective_n: 0, percentile: 0, rows_wilson: 0, width: 0 };
  const holds = (interval: { low: number; high: number }): number =>
    Number(interval.low <= theta + 1e-12 && interval.high >= theta - 1e-12);
  const prompt = judges === 1 ? () => [verdict(theta, ties, random)] : threeJudges(theta, ties, random);
  for (let run = 0; run < runs; run++) {
    const prompts = Array.from({ length: n }, prompt);
    const counts = countScores(prompts.map((scores) => scores.reduce((sum, x) => sum + x, 0) / scores.length));
    const rows = prompts.flat();
    const of = (score: number): number => rows.filter((x) => x === score).length;
    const effective = effectiveN(counts)!;
    const shown = judges === 1 ? tango({ wins: of(1), ties: of(0.5), losses: of(0) })! : effective;
    const { percentile } = bootstrapMean(counts)!;
    held.shown += holds(shown);
    held.effective_n += holds(effective);
    held.percentile += holds({ low: percentile[0], high: percentile[1] });
    held.rows_wilson += holds(wilson(of(1) + of(0.5) / 2, rows.length)!);
    held.width += shown.high - shown.low;
  }
  return {
    judges,
    n,
    ties,
    theta,
    shown: held.shown / runs,
    effective_n: held.effective_n / runs,
    percentile: held.percentile / runs,
    rows_wilson: held.rows_wilson / runs,
    width: held.width / runs,
  };
}

/** The whole grid: n 13, 30, 57, 200; theta .5, .77, .9; ties 0 and 20 %; one judge and three. */
export function coverage(runs: number, seed = 1): CoverageRow[] {
  const random = seeded(seed);
  const rows: CoverageRow[] = [];
  for (const judges of [1, 3] as const) {
    for (const n of [13, 30, 57, 200]) {
      for (const ties of [0, 0.2]) {
        for (const theta of THETAS) rows.push(coverageOf(judges, n, ties, theta, runs, random));
      }
    }
  }
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const say = ({ judges, n, ties }: CoverageRow, theta: string, shares: number[]): void => {
    const odd = shares[0]! < 0.935 || shares[0]! > 0.985 ? '  outside 93.5–98.5' : '';
    const cells = shares.map((share) => (100 * share).toFixed(1).padStart(6)).join(' ');
    console.log(`${judges}      ${String(n).padStart(4)}  ${ties.toFixed(1)}   ${theta}  ${cells}${odd}`);
  };
  const sharesOf = (row: CoverageRow) => [row.shown, row.effective_n, row.percentile, row.rows_wilson, row.width];
  console.log('judges    n  ties  theta   shown  eff-n  perc.  rows   width');
  const rows = coverage(Number(process.argv[2] ?? 4000));
  for (const row of rows) say(row, row.theta.toFixed(2), sharesOf(row));
  for (let i = 0; i < rows.length; i += THETAS.length) {
    const column = rows.slice(i, i + THETAS.length).map(sharesOf);
    const mean = column[0]!.map((_, k) => column.reduce((sum, shares) => sum + shares[k]!, 0) / column.length);
    say(rows[i]!, 'mean', mean);
  }
}
