// Our own lines (`judged.jsonl`): read as they stand; the winner is derived again from verdict and order.
import { DoubleblindError } from '../errors.js';
import { type Judgment, judgmentSchema } from '../records.js';
import { type Derived, type Format, type Row, slotLabels, winnerOf } from './row.js';

/** Samples of one prompt at most: outcomes stand at their number, and a number without end would fill the memory. */
const REPEATS = 100_000;

const FIELDS = Object.keys(judgmentSchema.shape).filter((name) => name !== 'schema');

export const doubleblind: Format = {
  name: 'doubleblind',
  // By its schema or by all other fields: a line that lacks one of them is told so, and not read as somebody else's.
  // A CSV export holds the same names with every value as text; `generic` reads that.
  fits: (first) =>
    !first.cells && (first.value('schema') === 'doubleblind/judgment@1' || FIELDS.every((name) => first.knows(name))),
  async *read(input) {
    for await (const item of input.records()) {
      const { fields } = item;
      const parsed = judgmentSchema.safeParse(fields.storable());
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new DoubleblindError('INVALID_VALUE', `"${issue!.path.join('.')}": ${issue!.message}`, fields.place);
      }
      if (parsed.data.repeat >= REPEATS) throw fields.wrong('repeat', `must be below ${REPEATS}`);
      yield ownRow(parsed.data as Judgment, { file: input.file, ...item });
    }
  },
};

/** One of our own judgments as a row: the line as it stands, the winner derived from its verdict and order. */
export function ownRow(judgment: Judgment, at: { file: string; line: number; row: number }): Row {
  const { winner, score, order, verdict, presentation_sha256 } = judgment;
  // In the reply of an imported judgment a letter means what it meant in the file it came from.
  const imported = presentation_sha256 === null;
  return {
    format: 'doubleblind',
    file: at.file,
    line: at.line,
    row: at.row,
    judgment,
    recorded_winner: winner ?? 'unknown',
    recorded_score: score,
    derived: derive(judgment),
    labels: imported ? null : slotLabels(order),
    said: imported ? null : verdict,
    order_source: order === null ? null : 'stated',
    paired: true,
    judge_doubt: null,
    fault: faultOf(judgment),
    superseded_by: null,
    truth: null,
    extras: {},
  };
}

function derive({ verdict, order, winner, failure, state }: Judgment): Derived {
  if (state === 'failed') return { winner: null, failure, how: 'verdict' };
  if (verdict === null) return { winner, failure: null, how: 'recorded' };
  const derived = winnerOf(verdict, slotLabels(order));
  return derived === null
    ? { winner, failure: null, how: 'recorded' }
    : { winner: derived, failure: null, how: 'verdict' };
}

/** How outcome fields contradict each other; null when they fit. Unlike types, a file may hold any of them together. */
function faultOf({ state, failure, verdict, winner, score }: Record<keyof Judgment, unknown>): string | null {
  const stated = [winner, verdict, score].filter((field) => field !== null);
  if (state === 'failed') {
    if (stated.length > 0) return 'it is failed and has a winner, verdict or score';
    return failure === null ? 'it is failed without a reason' : null;
  }
  if (winner === null || score === null) return 'it is judged and has no winner or score';
  if (failure !== null) return 'it is judged and has a reason of failure';
  const side = Math.sign((score as number) - 0.5);
  const won = winner === 'candidate' ? 1 : winner === 'baseline' ? -1 : 0;
  return side === won ? null : `its winner is ${String(winner)} and its score ${String(score)}`;
}
