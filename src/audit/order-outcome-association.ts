// Does the recorded winner depend on the order far beyond any plausible position bias? An inverted mapping looks like
// that even where no text was kept; so does a judge that is led by position. Only reply or quotes tell them apart.
import { findQuote } from '../judging/quote.js';
import type { Row } from '../formats/index.js';
import { type MakeCheck, entry } from './check.js';
import { fisherExact } from './fisher.js';

/** Judges that read the texts differ between orders by less than this (points of the rate, 0 to 1). */
const PLAUSIBLE = 0.3;
const P_VALUE = 0.001;

interface Cells {
  wins: number;
  losses: number;
  /** Recorded winners that the reply or the quote speaks for or against. */
  supported: number;
  opposed: number;
}
type Table = Record<'baseline-first' | 'candidate-first', Cells>;

export const orderOutcomeAssociation: MakeCheck = () => {
  const tables = new Map<string, { file: string; line: number; judge: string; table: Table }>();
  const cells = (): Cells => ({ wins: 0, losses: 0, supported: 0, opposed: 0 });
  return {
    code: 'ORDER_OUTCOME_ASSOCIATION',
    see(row) {
      const { judgment, file, line, recorded_winner: recorded } = row;
      if (judgment.canary !== null || recorded === null || recorded === 'unknown' || recorded === 'tie')
        return 'outside';
      if (judgment.order === null) return 'unverifiable';
      const { table } = entry(tables, JSON.stringify([file, judgment.judge]), () => ({
        file,
        line,
        judge: judgment.judge,
        table: { 'baseline-first': cells(), 'candidate-first': cells() },
      }));
      const cell = table[judgment.order];
      cell[recorded === 'candidate' ? 'wins' : 'losses']++;
      const evidence = evidenceOf(row);
      if (evidence !== null) cell[evidence === recorded ? 'supported' : 'opposed']++;
      return 'sound';
    },
    end: () =>
      [...tables.values()].flatMap(({ file, line, judge, table }) => {
        const found = judgeOf(table);
        return found === null ? [] : [{ ...found, file, line, message: `Judge ${judge}: ${found.message}` }];
      }),
  };
};

function judgeOf(table: Table): { severity: 'error' | 'warning'; rows: number; message: string } | null {
  const [first, second] = [table['baseline-first'], table['candidate-first']];
  const [n1, n2] = [first.wins + first.losses, second.wins + second.losses];
  if (n1 === 0 || n2 === 0) return null;
  const p = fisherExact(first.wins, first.losses, second.wins, second.losses);
  const difference = Math.abs(first.wins / n1 - second.wins / n2);
  if (p >= P_VALUE || difference <= PLAUSIBLE) return null;
  const counts = `the candidate is recorded as winner in ${first.wins} of ${n1} rows with the baseline first and in ${second.wins} of ${n2} with the candidate first (Fisher's exact p ${p < 1e-6 ? 'below 0.000001' : `= ${p.toPrecision(2)}`})`;
  const inverted = invertedOrder(table);
  if (inverted !== null) {
    const { opposed, supported } = table[inverted];
    const message = `${counts}. The winner is inverted in ${inverted} rows: reply or quote speaks against it in ${opposed} of ${opposed + supported}.`;
    return { severity: 'error', rows: opposed, message };
  }
  const message = `${counts}. Either the winner is mapped back wrongly in one of the orders, or the judge is led by position; from the order alone both look the same.`;
  return { severity: 'warning', rows: n1 + n2, message };
}

/** The order in which replies or quotes speak against most recorded winners, while they support those of the other. */
function invertedOrder(table: Table): keyof Table | null {
  for (const [here, there] of [
    ['baseline-first', 'candidate-first'],
    ['candidate-first', 'baseline-first'],
  ] as const) {
    const [a, b] = [table[here], table[there]];
    if (a.opposed >= 3 && a.opposed >= 0.8 * (a.opposed + a.supported) && b.opposed <= 0.2 * (b.opposed + b.supported))
      return here;
  }
  return null;
}

/** The winner that the judge's words speak for, apart from what is recorded: its verdict, or the words it copied. */
function evidenceOf({ derived, judgment }: Row): 'baseline' | 'candidate' | null {
  if (derived.how === 'reply' || derived.how === 'log-probabilities')
    return derived.winner === 'tie' ? null : derived.winner;
  const { quote, baseline_response, candidate_response } = judgment;
  if (quote === null || baseline_response === null || candidate_response === null) return null;
  const found = findQuote(quote, baseline_response, candidate_response);
  return found === 'baseline' || found === 'candidate' ? found : null;
}
