// Judgments and tallies for the tests of the statistics: written short, defaults filled in.
import type { Failure, Judgment, OrderCounts, Tally, Winner } from '../../src/records.js';

/** A judgment with everything not given left plain; `failure` makes it a failed one. */
export function judgment(given: Partial<Judgment> & { prompt_id: string; winner?: Winner | null }): Judgment {
  const failure: Failure | null = given.failure ?? (given.winner === null ? 'unreadable' : null);
  const winner = failure === null ? (given.winner ?? 'tie') : null;
  return {
    schema: 'doubleblind/judgment@1',
    id: '',
    run_id: '',
    suite: 'suite',
    domain: 'in-domain',
    category: null,
    prompt: `prompt ${given.prompt_id}`,
    repeat: 0,
    replicate: 0,
    canary: null,
    baseline: 'base',
    candidate: 'tuned',
    baseline_response: null,
    candidate_response: null,
    baseline_stop_reason: null,
    candidate_stop_reason: null,
    presentation_notes: [],
    judge: 'opus',
    judge_provider: null,
    judge_model: null,
    judge_model_served: null,
    template: null,
    order: 'baseline-first',
    presentation_sha256: null,
    reply: null,
    stop_reason: null,
    verdict: null,
    score: winner === null ? null : winner === 'candidate' ? 1 : winner === 'baseline' ? 0 : 0.5,
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
    ...given,
    state: failure === null ? 'judged' : 'failed',
    failure,
    winner,
  } as Judgment;
}

const counts = (given: Partial<OrderCounts> = {}): OrderCounts => ({
  wins: 0,
  losses: 0,
  ties: 0,
  failed: 0,
  score: (given.wins ?? 0) + (given.ties ?? 0) / 2,
  ...given,
});

/** A tally of one order (baseline first) from its letters w, l, t, f. */
export function tallyOf(prompt: string, letters: string, given: Partial<Tally> = {}): Tally {
  const of = (letter: string): number => [...letters].filter((l) => l === letter).length;
  const scores = { w: 1, l: 0, t: 0.5 } as Record<string, number>;
  return {
    suite: 'suite',
    domain: 'in-domain',
    category: null,
    prompt_id: prompt,
    prompt_hash: prompt,
    judge: 'opus',
    outcomes: letters,
    scores: [...letters].map((letter) => scores[letter] ?? null),
    pairs: 0,
    baseline_first: counts({ wins: of('w'), losses: of('l'), ties: of('t'), failed: of('f') }),
    candidate_first: counts(),
    order_unknown: counts(),
    failures: of('f') > 0 ? { unreadable: of('f') } : {},
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
    criteria: {},
    ...given,
  };
}

/** Tallies of wins, ties and losses, one prompt each, numbered from `from`. */
export function verdicts(wins: number, ties: number, losses: number, given: Partial<Tally> = {}, from = 0): Tally[] {
  return [...'w'.repeat(wins), ...'t'.repeat(ties), ...'l'.repeat(losses)].map((letter, i) =>
    tallyOf(`p${from + i}`, letter, given),
  );
}
