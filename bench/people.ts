// Do corrected win rates hold the truth? Simulated prompts with a true winner, a judge of known sensitivity and
// specificity, and people (who see the truth) on a random sample of prompts: coverage of the 95 % interval of the raw
// win rate, of PPI++ and of sensitivity/specificity, in points. `tsx bench/people.ts [runs]` prints the table; seeded.
import { pathToFileURL } from 'node:url';
import { seeded } from '../src/random.js';
import { correct } from '../src/stats/index.js';
import type { Corrected } from '../src/summary.js';

export interface PeopleRow {
  theta: number;
  sensitivity: number;
  specificity: number;
  ties: number;
  prompts: number;
  labels: number;
  /** Shares of runs whose interval holds theta; of the corrections, among runs that gave one. */
  raw: number;
  ppi: number;
  sensitivity_specificity: number | null;
  /** Share of runs in which the correction was refused. */
  refused: number;
  /** Mean widths. */
  raw_width: number;
  ppi_width: number;
  people_width: number;
}

interface Cell {
  theta: number;
  sensitivity: number;
  specificity: number;
  ties: number;
  labels: number;
}

const PROMPTS = 400;
const CELLS: Cell[] = [
  { theta: 0.6, sensitivity: 0.85, specificity: 0.7, ties: 0, labels: 50 },
  { theta: 0.6, sensitivity: 0.85, specificity: 0.7, ties: 0, labels: 100 },
  { theta: 0.5, sensitivity: 0.9, specificity: 0.7, ties: 0, labels: 100 },
  { theta: 0.4, sensitivity: 0.9, specificity: 0.75, ties: 0, labels: 100 },
  { theta: 0.7, sensitivity: 0.75, specificity: 0.8, ties: 0, labels: 100 },
  { theta: 0.6, sensitivity: 0.85, specificity: 0.7, ties: 0.2, labels: 100 },
  { theta: 0.5, sensitivity: 0.9, specificity: 0.7, ties: 0.2, labels: 100 },
];

export function peopleRow(cell: Cell, runs: number, seed = 1): PeopleRow {
  const { theta, sensitivity, specificity, ties, labels } = cell;
  const random = seeded(seed);
  const tally = { raw: 0, ppi: 0, rates: 0, made: 0, ratesMade: 0, rawWidth: 0, ppiWidth: 0, peopleWidth: 0 };
  const holds = (one: Corrected, truth: number): number =>
    one.win_rate !== null && one.low <= truth && truth <= one.high ? 1 : 0;
  const width = (one: Corrected): number => (one.win_rate === null ? 0 : one.high - one.low);
  // Ties are seen as such half of the time; else the judge flips a coin. The truth counts them one half.
  const win = (theta - ties / 2) / (1 - ties);
  for (let run = 0; run < runs; run++) {
    const prompts = Array.from({ length: PROMPTS }, (_, i) => {
      const truth = random() < ties ? 0.5 : random() < win ? 1 : 0;
      const draw = random();
      const judge =
        truth === 0.5
          ? draw < 0.5
            ? 0.5
            : Number(draw < 0.75)
          : Number(draw < (truth === 1 ? sensitivity : 1 - specificity));
      return { judge, person: i < labels ? truth : null };
    });
    const { raw, ppi, people, sensitivity_specificity: rates } = correct(prompts);
    tally.raw += holds(raw, theta);
    tally.rawWidth += width(raw);
    tally.peopleWidth += width(people);
    if (ppi.win_rate !== null) {
      tally.made++;
      tally.ppi += holds(ppi, theta);
      tally.ppiWidth += width(ppi);
    }
    if (rates.win_rate !== null) {
      tally.ratesMade++;
      // Ties are dropped there: its truth is the share of wins among decisive prompts.
      tally.rates += holds(rates, win);
    }
  }
  return {
    ...cell,
    prompts: PROMPTS,
    raw: tally.raw / runs,
    ppi: tally.ppi / tally.made,
    // A judge who guesses at ties breaks what the formula takes for granted.
    sensitivity_specificity: ties > 0 || tally.ratesMade === 0 ? null : tally.rates / tally.ratesMade,
    refused: 1 - tally.made / runs,
    raw_width: tally.rawWidth / runs,
    ppi_width: tally.ppiWidth / tally.made,
    people_width: tally.peopleWidth / runs,
  };
}

export const peopleRows = (runs: number): PeopleRow[] => CELLS.map((cell) => peopleRow(cell, runs));

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  // Of 2,000 runs a coverage of 95 % is known to half a point, which is as much as there is to tell apart here.
  const runs = Number(process.argv[2] ?? 10_000);
  const share = (x: number | null): string => (x === null ? '–' : (x * 100).toFixed(1)).padStart(7);
  const error = (100 * Math.sqrt((0.95 * 0.05) / runs)).toFixed(2);
  console.log(
    `${runs} seeded runs a row, ${PROMPTS} prompts; coverage of nominal 95 % intervals, standard error ${error} points\n`,
  );
  console.log('theta  sens  spec  ties  labels     raw    ppi  sens/spec  refused   widths raw, ppi, people alone');
  for (const row of peopleRows(runs)) {
    const settings = [row.theta, row.sensitivity, row.specificity, row.ties].map((x) => x.toFixed(2)).join('  ');
    const widths = [row.raw_width, row.ppi_width, row.people_width].map((x) => (x * 100).toFixed(1)).join(', ');
    console.log(
      ` ${settings}  ${String(row.labels).padStart(6)} ${share(row.raw)}${share(row.ppi)}${share(row.sensitivity_specificity)}    ${share(row.refused)}   ${widths}`,
    );
  }
}
