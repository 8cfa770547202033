// A person's vote becomes a judgment of `human:<name>`. A vote can be changed: the judgment is the newest one, and every
// vote is kept as it was given.
import { DoubleblindError } from './errors.js';
import { scoreOf } from './judging/outcome.js';
import { unblind } from './judging/present.js';
import { type Judgment, type Order, type Run, type Verdict, VERDICTS, type Winner } from './records.js';
import { judgmentId } from './store/judgment-writes.js';
import type { Store } from './store/index.js';

/** Which comparison of a run somebody votes on, and what they saw as A. */
export interface Ballot {
  position: number;
  repeat: number;
  reviewer: string;
  order: Order;
}

export interface Cast {
  at: string;
  /** The page tells what is which after the vote; a file does not. */
  via: 'page' | 'file';
  /** Put this vote in place of an earlier one. */
  change: boolean;
}

/** Name of a person among the judges. */
export const judgeName = (reviewer: string): string => `human:${reviewer}`;

/**
 * Keeps a vote; what it was: `new`, the `same` as before, or `changed`.
 * @throws ALREADY_VOTED for another vote on the same comparison without `change`; REVIEW_TOKEN_INVALID when the
 * comparison is gone
 */
export async function castVote(
  store: Store,
  run: Run,
  ballot: Ballot,
  verdict: Verdict,
  { at, via, change }: Cast,
): Promise<{ judgment: Judgment; state: 'new' | 'same' | 'changed' }> {
  const { position, repeat, reviewer, order } = ballot;
  const winner = unblind(verdict, order);
  const known = await standing(store, run, ballot);
  const vote = { run_id: run.id, position, repeat, reviewer, winner, via, voted_at: at };
  if (known === null) {
    const judgment = await judgmentOf(store, run, ballot, verdict, at);
    const added = await store.addJudgments([{ judgment, position, own_texts: false }]);
    await store.forgetSummary(run.id);
    if (added > 0) await store.addVote(vote);
    const kept = (await store.judgment(judgment.id))!;
    // Of two at once the first one is kept.
    if (kept.winner !== winner) throw alreadyVoted(reviewer);
    return { judgment: kept, state: 'new' };
  }
  if (known.winner === winner) return { judgment: known, state: 'same' };
  if (!change) throw alreadyVoted(reviewer);
  const shown = VERDICTS.find((slot) => unblind(slot, known.order ?? order) === winner)!;
  await store.changeJudgment(known.id, { verdict: shown, winner, score: scoreOf(winner), judged_at: at });
  await store.addVote(vote);
  await store.forgetSummary(run.id);
  return { judgment: (await store.judgment(known.id))!, state: 'changed' };
}

function alreadyVoted(reviewer: string): DoubleblindError {
  return new DoubleblindError('ALREADY_VOTED', `${reviewer} has voted on this comparison.`, {
    hint: 'Ask for the next comparison, or say that the vote is to be changed.',
  });
}

async function standing(store: Store, run: Run, { position, repeat, reviewer }: Ballot): Promise<Judgment | null> {
  const all = await store.judgmentsOf(run.id, position, repeat);
  return all.find(({ judge, canary }) => canary === null && judge === judgeName(reviewer)) ?? null;
}

async function judgmentOf(store: Store, run: Run, ballot: Ballot, verdict: Verdict, at: string): Promise<Judgment> {
  const { position, repeat, reviewer, order } = ballot;
  const pair = await store.reviewable(run.id, position, repeat);
  if (pair === null) throw new DoubleblindError('REVIEW_TOKEN_INVALID', 'this comparison is no longer there.');
  const { suite, domain, category, prompt_id, prompt, baseline_response, candidate_response } = pair;
  const winner: Winner = unblind(verdict, order);
  const coordinates = {
    run_id: run.id,
    suite,
    prompt_id,
    repeat,
    judge: judgeName(reviewer),
    order,
    replicate: 0,
    canary: null,
  };
  return {
    schema: 'doubleblind/judgment@1',
    id: judgmentId(coordinates),
    ...coordinates,
    domain,
    category,
    prompt,
    baseline: run.baseline,
    candidate: run.candidate,
    baseline_response,
    candidate_response,
    baseline_stop_reason: null,
    candidate_stop_reason: null,
    presentation_notes: [],
    judge_provider: 'human',
    judge_model: null,
    judge_model_served: null,
    template: null,
    presentation_sha256: null,
    reply: null,
    stop_reason: null,
    state: 'judged',
    failure: null,
    verdict,
    winner,
    score: scoreOf(winner),
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
    attempts: 0,
    judged_at: at,
  };
}
