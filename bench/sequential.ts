// Does `--stop when-decided` keep its promise? Single verdicts at a known win rate, a look after every prompt, at most
// `cap` prompts: how often a run is called decided at one half (must stay under alpha), and the mean number of prompts
// beside STATISTICS section 11. `tsx bench/sequential.ts [runs]` prints the table; seeded.
import { pathToFileURL } from 'node:url';
import { seeded } from '../src/random.js';
import { logEValue } from '../src/stats/index.js';

export interface SequentialRow {
  theta: number;
  cap: number;
  runs: number;
  /** Share of runs called decided before the cap. */
  decided: number;
  mean_prompts: number;
  /** What the method's note measured for the same cap; null where it names none. */
  expected_prompts: number | null;
}

/** Win rate, cap and mean prompts as section 11 has them. */
const CELLS: [number, number, number | null][] = [
  [0.5, 200, 195],
  [0.5, 400, 389],
  [0.65, 200, 95],
  [0.65, 400, 100],
  [0.7, 200, 54],
  [0.7, 400, 54],
  [0.77, 200, 29],
  [0.77, 400, 29],
];

/** E by (wins, losses) at one half, computed once: 2^n B(w + 1, l + 1). */
function table(): (wins: number, n: number) => number {
  const rows: (Float64Array | undefined)[] = [];
  return (wins, n) => {
    let row = rows[n];
    if (row === undefined) {
      row = Float64Array.from({ length: n + 1 }, (_, w) =>
        logEValue({ values: [0, 1], counts: [n - w, w], n } as never),
      );
      rows[n] = row;
    }
    return row[wins]!;
  };
}

/** One cell over `runs` seeded runs, alpha 0.05. */
export function sequentialRow(
  theta: number,
  cap: number,
  runs: number,
  seed = 1,
): Omit<SequentialRow, 'expected_prompts'> {
  const random = seeded(seed);
  const bound = -Math.log(0.05);
  const logE = table();
  let [decided, prompts] = [0, 0];
  for (let run = 0; run < runs; run++) {
    let wins = 0;
    let n = 0;
    let over = false;
    while (n < cap && !over) {
      n++;
      if (random() < theta) wins++;
      over = logE(wins, n) >= bound;
    }
    if (over) decided++;
    prompts += n;
  }
  return { theta, cap, runs, decided: decided / runs, mean_prompts: prompts / runs };
}

export function sequentialRows(runs: number): SequentialRow[] {
  return CELLS.map(([theta, cap, expected_prompts]) => ({ ...sequentialRow(theta, cap, runs), expected_prompts }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const runs = Number(process.argv[2] ?? 10_000);
  console.log(`${runs} seeded runs a row, a look after every prompt, alpha 0.05\n`);
  console.log('win rate  cap  decided  mean prompts  expected  off by');
  for (const { theta, cap, decided, mean_prompts, expected_prompts } of sequentialRows(runs)) {
    const off = expected_prompts === null ? '' : `${((mean_prompts / expected_prompts - 1) * 100).toFixed(1)} %`;
    console.log(
      [
        theta.toFixed(2).padStart(8),
        String(cap).padStart(4),
        `${(decided * 100).toFixed(1)} %`.padStart(8),
        mean_prompts.toFixed(1).padStart(13),
        String(expected_prompts ?? '').padStart(9),
        off.padStart(7),
      ].join(' '),
    );
  }
}
