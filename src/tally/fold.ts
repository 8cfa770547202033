// From judgments to tallies: one row per prompt and judge holds all that the statistics need. Files are counted here as
// they are read, and the store counts its rows here before it keeps what they come to.
import { codePoints, hashOf, promptHash } from '../hash.js';
import type { CanaryTally, Judgment, Order, OrderCounts, Retest, Tally, Winner } from '../records.js';

export interface Tallied {
  tallies: Tally[];
  retests: Retest[];
  canaries: CanaryTally[];
}

export interface TallyOptions {
  /** Identity of a judgment's prompt; default: hash of its normalised text, or of suite and prompt id without a text. */
  promptHash?: (judgment: Judgment) => string;
  /** Whether a canary judgment went as it must; without it canaries are left out. */
  canaryPassed?: (judgment: Judgment) => boolean;
}

/**
 * Tallies in the order their prompts first appear. A comparison is (suite, prompt_id, judge, repeat) with its judgments
 * in one or both orders:
 * - any failed judgment: outcome `f`, no score; it is not half a comparison;
 * - all the same winner: `w`, `l` or `t`; winners that differ in any way (win and tie too): `o`;
 * - score: the mean of the scores of its judgments, graded ones as they are.
 * Rows with `replicate` > 0 are retests, compared with replicate 0 of the same order where both are judged. Canary rows
 * are counted apart. Neither is in a tally.
 */
export function tally(judgments: Iterable<Judgment>, options: TallyOptions = {}): Tallied {
  const tallying = new Tallying(options);
  for (const judgment of judgments) tallying.add(judgment);
  return tallying.result;
}

/** The same, one judgment at a time: no text is kept, so that a file of any size can be counted as it is read. */
export class Tallying {
  private readonly tallies = new Map<string, Tally>();
  private readonly comparisons = new Map<string, Comparison>();
  private readonly hashes = new Map<string, string>();
  private readonly replicates: Replicate[] = [];
  private readonly canaries = new Map<string, CanaryTally>();

  constructor(private readonly options: TallyOptions = {}) {}

  add(judgment: Judgment): void {
    if (judgment.canary !== null) addCanary(this.canaries, judgment, this.options);
    else this.count(judgment, this.hashOf(judgment), () => lengthsOf(judgment));
  }

  /** The same of what a tally needs of a judgment that is no canary. `lengths` is asked once for a comparison. */
  count(judgment: Counted, hash: string, lengths: () => Lengths | null): void {
    const { suite, prompt_id, judge, order, winner } = judgment;
    const key = keyOf(judgment);
    if (judgment.replicate > 0) {
      this.replicates.push({ key, judge, hash, order, winner });
      return;
    }
    const at = `${suite}\0${prompt_id}\0${judge}`;
    let into = this.tallies.get(at);
    if (into === undefined) this.tallies.set(at, (into = emptyTally(judgment, hash)));
    let comparison = this.comparisons.get(key);
    if (comparison === undefined)
      this.comparisons.set(key, (comparison = openComparison(into, judgment.repeat, lengths())));
    addToComparison(into, comparison, judgment);
    addJudgment(into, judgment);
  }

  get result(): Tallied {
    return {
      tallies: [...this.tallies.values()],
      retests: retestsOf(this.replicates, this.comparisons),
      canaries: [...this.canaries.values()],
    };
  }

  private hashOf(judgment: Judgment): string {
    const key = `${judgment.suite}\0${judgment.prompt_id}`;
    let known = this.hashes.get(key);
    if (known === undefined) this.hashes.set(key, (known = (this.options.promptHash ?? defaultHash)(judgment)));
    return known;
  }
}

/** What a tally needs of a judgment. */
export type Counted = Pick<
  Judgment,
  | 'suite'
  | 'domain'
  | 'category'
  | 'prompt_id'
  | 'judge'
  | 'repeat'
  | 'replicate'
  | 'order'
  | 'failure'
  | 'winner'
  | 'score'
  | 'baseline_scores'
  | 'candidate_scores'
  | 'quote_found_in'
>;

/** Lengths of the two texts in code points. */
interface Lengths {
  baseline: number;
  candidate: number;
}

function lengthsOf({ baseline_response: baseline, candidate_response: candidate }: Judgment): Lengths | null {
  return baseline === null || candidate === null
    ? null
    : { baseline: codePoints(baseline), candidate: codePoints(candidate) };
}

/** What the judgments of a comparison have said so far. */
interface Comparison {
  failed: boolean;
  /** Sum and number of the scores of the judged ones. */
  score: number;
  judged: number;
  /** The winner that every judged one names; `differ` once two do not. */
  winner: Winner | 'differ' | null;
  /** The winner in each order as first judged; null for a failed judgment, absent where none came. */
  orders: Partial<Record<Order | 'unknown', Winner | null>>;
  /** Null where one is not known. */
  lengths: Lengths | null;
  paired: boolean;
}

/** A judgment that was asked again. */
interface Replicate {
  key: string;
  judge: string;
  hash: string;
  order: Order | null;
  winner: Winner | null;
}

const keyOf = (j: Counted): string => `${j.suite}\0${j.prompt_id}\0${j.judge}\0${j.repeat}`;

function defaultHash(judgment: Judgment): string {
  return judgment.prompt === null ? hashOf([judgment.suite, judgment.prompt_id]) : promptHash(judgment.prompt);
}

function addCanary(canaries: Map<string, CanaryTally>, judgment: Judgment, { canaryPassed }: TallyOptions): void {
  if (!canaryPassed || judgment.replicate > 0) return;
  const kind = judgment.canary!;
  const key = `${judgment.judge}\0${kind}`;
  let into = canaries.get(key);
  if (into === undefined) canaries.set(key, (into = { judge: judgment.judge, kind, n: 0, passed: 0 }));
  into.n++;
  if (canaryPassed(judgment)) into.passed++;
}

function emptyTally(judgment: Counted, hash: string): Tally {
  const none = (): OrderCounts => ({ wins: 0, losses: 0, ties: 0, failed: 0, score: 0 });
  return {
    suite: judgment.suite,
    domain: judgment.domain,
    category: judgment.category,
    prompt_id: judgment.prompt_id,
    prompt_hash: hash,
    judge: judgment.judge,
    outcomes: '',
    scores: [],
    pairs: 0,
    baseline_first: none(),
    candidate_first: none(),
    order_unknown: none(),
    failures: {},
    length_difference: 0,
    lengths: 0,
    baseline_length: 0,
    candidate_length: 0,
    unequal: 0,
    longer_wins: 0,
    quotes: 0,
    quote_mismatches: 0,
    rated: 0,
    score_contradictions: 0,
    // Names that every object has are names of criteria in other people's files.
    criteria: Object.create(null) as Tally['criteria'],
  };
}

const LETTERS = { candidate: 'w', baseline: 'l', tie: 't' } as const;

/** A comparison whose first judgment this is; its lengths count once. */
function openComparison(into: Tally, repeat: number, lengths: Lengths | null): Comparison {
  // Repeats may arrive in any order; the letters stand at their own place.
  into.outcomes = into.outcomes.padEnd(repeat + 1, '-');
  while (into.scores.length <= repeat) into.scores.push(null);
  if (lengths !== null) {
    into.lengths++;
    into.length_difference += lengths.candidate - lengths.baseline;
    into.baseline_length += lengths.baseline;
    into.candidate_length += lengths.candidate;
  }
  return { failed: false, score: 0, judged: 0, winner: null, orders: {}, lengths, paired: false };
}

function addToComparison(into: Tally, comparison: Comparison, { repeat, order, winner, score }: Counted): void {
  const slot = order ?? 'unknown';
  if (comparison.orders[slot] === undefined) comparison.orders[slot] = winner;
  if (winner === null) comparison.failed = true;
  else {
    comparison.winner = comparison.winner === null || comparison.winner === winner ? winner : 'differ';
    comparison.score += score!;
    comparison.judged++;
  }
  const { failed, judged, orders, lengths } = comparison;
  const letter = failed ? 'f' : comparison.winner === 'differ' ? 'o' : LETTERS[comparison.winner!];
  into.outcomes = into.outcomes.slice(0, repeat) + letter + into.outcomes.slice(repeat + 1);
  into.scores[repeat] = failed ? null : comparison.score / judged;
  const paired = !failed && orders['baseline-first'] !== undefined && orders['candidate-first'] !== undefined;
  into.pairs += Number(paired) - Number(comparison.paired);
  comparison.paired = paired;
  if (lengths === null || lengths.baseline === lengths.candidate || winner === null || winner === 'tie') return;
  into.unequal++;
  if ((winner === 'candidate') === lengths.candidate > lengths.baseline) into.longer_wins++;
}

function addJudgment(into: Tally, row: Counted): void {
  const order =
    row.order === null
      ? into.order_unknown
      : row.order === 'baseline-first'
        ? into.baseline_first
        : into.candidate_first;
  if (row.failure !== null) {
    order.failed++;
    into.failures[row.failure] = (into.failures[row.failure] ?? 0) + 1;
    return;
  }
  order.score += row.score!;
  if (row.winner === 'candidate') order.wins++;
  else if (row.winner === 'baseline') order.losses++;
  else order.ties++;
  if (row.quote_found_in !== null) {
    into.quotes++;
    const loser = row.winner === 'candidate' ? 'baseline' : row.winner === 'baseline' ? 'candidate' : null;
    if (row.quote_found_in === loser) into.quote_mismatches++;
  }
  addCriteria(into, row);
}

function addCriteria(into: Tally, row: Counted): void {
  const { baseline_scores: baseline, candidate_scores: candidate } = row;
  if (baseline === null || candidate === null) return;
  const sign = row.winner === 'candidate' ? 1 : row.winner === 'baseline' ? -1 : 0;
  let [total, n] = [0, 0];
  for (const [criterion, value] of Object.entries(candidate)) {
    if (!Object.hasOwn(baseline, criterion)) continue;
    const other = baseline[criterion]!;
    const difference = value - other;
    total += difference;
    n++;
    const c = (into.criteria[criterion] ??= { n: 0, difference: 0, decisive: 0, agrees: 0 });
    c.n++;
    c.difference += difference;
    if (sign !== 0 && difference !== 0) {
      c.decisive++;
      if (Math.sign(difference) === sign) c.agrees++;
    }
  }
  if (n === 0 || sign === 0) return;
  into.rated++;
  if (Math.sign(total) === -sign) into.score_contradictions++;
}

function retestsOf(replicates: Replicate[], comparisons: Map<string, Comparison>): Retest[] {
  const retests = new Map<string, Retest>();
  for (const again of replicates) {
    const first = comparisons.get(again.key)?.orders[again.order ?? 'unknown'] ?? null;
    if (first === null || again.winner === null) continue;
    const key = `${again.judge}\0${again.hash}`;
    let into = retests.get(key);
    if (into === undefined) retests.set(key, (into = { judge: again.judge, prompt_hash: again.hash, n: 0, same: 0 }));
    into.n++;
    if (again.winner === first) into.same++;
  }
  return [...retests.values()];
}
