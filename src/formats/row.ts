// One judgment of somebody else's file: what the file states, what follows from its raw text, and where it stands.
import { type Fields } from './fields.js';
import type { Domain, Failure, Judgment, Order, Role, Verdict, Winner } from '../records.js';
import type { Item } from './source.js';

/** Which text each letter of the judge's reply means, under the file's own labelling. */
export type Labels = Record<'A' | 'B', Role>;

/** Where the order of a row comes from. */
export type OrderSource = 'stated' | 'format' | 'log-probabilities' | 'referenced-models' | 'seed';

/** The winner as it follows from the row's raw parts; no winner comes with the reason. */
export interface Derived {
  winner: Winner | null;
  failure: Failure | null;
  /** From the judge's text, its log-probabilities, a stated verdict with its order; `recorded`: nothing else was kept. */
  how: 'reply' | 'log-probabilities' | 'verdict' | 'recorded';
}

export interface Row {
  format: string;
  file: string;
  /** 1-based line where the record begins, and 1-based number of the record in its file. */
  line: number;
  row: number;
  /**
   * What is imported. Its winner is the derived one; `run_id` and `id` are empty and `repeat` is 0 until `numberRows`
   * and the importer fill them. For our own files it is the line as it stands.
   */
  judgment: Judgment;
  /** What the file states: `unknown` where it says that there is no winner, null where it says nothing. */
  recorded_winner: Winner | 'unknown' | null;
  /** The stated score of the candidate, 0 to 1; graded files keep their grade. Null without a stated winner. */
  recorded_score: number | null;
  derived: Derived;
  /** The declared labelling; null where nobody documented it. */
  labels: Labels | null;
  /** The letter the reply names, in the file's own labels; null where it names none. */
  said: Verdict | null;
  order_source: OrderSource | null;
  /** The format says that rows of one comparison show it in both orders. */
  paired: boolean;
  /** Why the stated judge cannot be the judge of this row; null when nothing speaks against it. */
  judge_doubt: string | null;
  /** How the stated fields contradict each other, such as a winner in a failed judgment; null when they do not. */
  fault: string | null;
  /** Line of the later row that replaces this one, in formats that append when a judgment is made again. */
  superseded_by: number | null;
  /** The known right answer, where the file states one, and the group it is counted in. */
  truth: { winner: Winner; group: string } | null;
  /** Further fields of the file, as they stand. */
  extras: Record<string, string | number | boolean>;
}

/** What people may say about a file: names win over what the file says. */
export interface ReadOptions {
  format?: string | undefined;
  suite?: string | undefined;
  domain?: Domain | undefined;
  judge?: string | undefined;
  baseline?: string | undefined;
  candidate?: string | undefined;
  /** Our field → the file's column; an empty column hides the field. */
  columns?: Record<string, string> | undefined;
  /** `baseline`, `candidate`, `tie`, `unknown` → the words the file uses. */
  values?: Record<string, string[]> | undefined;
}

/** A file that can be read more than once, and what people said about it. */
export interface Input {
  file: string;
  options: ReadOptions;
  records(): AsyncIterable<Item>;
}

/** One reader of foreign files. To add one: a file, and a line in the list of `index.ts`. */
export interface Format {
  name: string;
  /** Whether a file whose first record looks like this is of this format. */
  fits(first: Fields): boolean;
  read(input: Input): AsyncIterable<Row>;
}

/** What a reader found; everything it leaves out is unknown. */
export interface Found extends Partial<Omit<Row, 'judgment' | 'derived' | 'file' | 'line' | 'row'>> {
  format: string;
  judgment: Partial<Judgment> & Pick<Judgment, 'suite' | 'prompt_id' | 'baseline' | 'candidate' | 'judge'>;
  derived: Derived;
  /** The candidate's graded score, 0 to 1, where the file states grades. */
  score?: number;
}

/** The row of a record: a judged judgment where a winner follows, else a failed one with the reason. */
export function rowOf(
  { line, row }: Item,
  { file, options }: Input,
  { score, judgment, derived, ...found }: Found,
): Row {
  const { winner, failure } = derived;
  const order = judgment.order ?? null;
  const common = {
    schema: 'doubleblind/judgment@1' as const,
    id: '',
    run_id: '',
    domain: options.domain ?? null,
    category: null,
    prompt: null,
    repeat: 0,
    replicate: 0,
    canary: null,
    baseline_response: null,
    candidate_response: null,
    baseline_stop_reason: null,
    candidate_stop_reason: null,
    presentation_notes: [],
    judge_provider: null,
    judge_model: null,
    judge_model_served: null,
    template: null,
    order,
    presentation_sha256: null,
    reply: null,
    stop_reason: null,
    baseline_scores: null,
    candidate_scores: null,
    rationale: null,
    quote: null,
    quote_found_in: null,
    input_tokens: null,
    output_tokens: null,
    cached_tokens: null,
    cost_usd: null,
    latency_ms: null,
    attempts: 1,
    judged_at: null,
    ...judgment,
  };
  const outcome =
    winner === null
      ? { state: 'failed' as const, failure: failure ?? 'unreadable', verdict: null, winner: null, score: null }
      : {
          state: 'judged' as const,
          failure: null,
          verdict: slotOf(winner, order),
          winner,
          score: score ?? scoreOf(winner),
        };
  return {
    recorded_winner: null,
    recorded_score: scoreOf(found.recorded_winner ?? null),
    labels: null,
    said: null,
    order_source: order === null ? null : 'stated',
    paired: false,
    judge_doubt: null,
    fault: null,
    superseded_by: null,
    truth: null,
    extras: {},
    ...found,
    file,
    line,
    row,
    derived: { winner, failure: outcome.failure, how: derived.how },
    judgment: { ...common, ...outcome } as Judgment,
  };
}

/** Score of the candidate, 1, 0.5 or 0; null without a winner. */
function scoreOf(winner: Winner): number;
function scoreOf(winner: Winner | 'unknown' | null): number | null;
function scoreOf(winner: Winner | 'unknown' | null): number | null {
  return winner === 'candidate' ? 1 : winner === 'tie' ? 0.5 : winner === 'baseline' ? 0 : null;
}

/** The slot (A printed first) in which the winner stood; null where the order is unknown. */
function slotOf(winner: Winner, order: Order | null): Verdict | null {
  if (winner === 'tie') return 'tie';
  return order === null ? null : (winner === 'baseline') === (order === 'baseline-first') ? 'A' : 'B';
}

/** The labelling in which A is the text printed first; null where the order is unknown. */
export function slotLabels(order: Order | null): Labels | null {
  if (order === null) return null;
  return order === 'baseline-first' ? { A: 'baseline', B: 'candidate' } : { A: 'candidate', B: 'baseline' };
}

/** What a letter of the reply means; null where the labelling is unknown. */
export function winnerOf(said: Verdict, labels: Labels | null): Winner | null {
  return said === 'tie' ? 'tie' : (labels?.[said] ?? null);
}
