import { describe, expect, it } from 'vitest';
import { type AgreementCounts, juryOf } from '../src/jury-rule.js';
import type { Run, Tally } from '../src/records.js';
import { sequenceWarnings } from '../src/stopping.js';
import type { Look } from '../src/summary.js';
import { Tallies } from '../src/tally/table.js';
import { summaryOf } from '../src/win-rates.js';

const none = { wins: 0, losses: 0, ties: 0, failed: 0, score: 0 };
const SCORE: Record<string, number | null> = { w: 1, l: 0, t: 0.5, o: 0.5, f: null };

/** One judge on prompt i; the letter is its outcome, one judgment in one order. */
function tallyOf(judge: string, i: number, letter: string): Tally {
  const counts = {
    ...none,
    wins: Number(letter === 'w'),
    losses: Number(letter === 'l'),
    ties: Number('to'.includes(letter)),
    failed: Number(letter === 'f'),
  };
  return {
    suite: 's', domain: 'in-domain', category: null, prompt_id: `p${i}`, prompt_hash: `h${i}`, judge,
    outcomes: letter, scores: [SCORE[letter]!], pairs: 0, baseline_first: counts, candidate_first: none,
    order_unknown: none, failures: {}, length_difference: 0, lengths: 0, baseline_length: 0, candidate_length: 0,
    unequal: 0, longer_wins: 0, quotes: 0, quote_mismatches: 0, rated: 0, score_contradictions: 0, criteria: {},
  }; // prettier-ignore
}

/** `votes[judge]` is a letter a prompt. */
const talliesOf = (votes: Record<string, string>): Tally[] =>
  Object.entries(votes).flatMap(([judge, letters]) => [...letters].map((letter, i) => tallyOf(judge, i, letter)));

const runOf = (jury: string, agreement?: AgreementCounts): Run =>
  ({
    id: 'r',
    status: 'done',
    config: { jury },
    decision_rule: {},
    identities: agreement === undefined ? {} : { jury: agreement },
    planned: {},
  }) as unknown as Run;

const rateOf = (jury: string, votes: Record<string, string>, agreement?: AgreementCounts) => {
  const tallies = talliesOf(votes);
  return summaryOf(runOf(jury, agreement), { tallies, retests: [], canaries: [], due: undefined, accuracy: {} });
};

const VOTES = { a: 'wwlwl', b: 'wlltf', c: 'wwwll' };

describe('the rule of a jury', () => {
  it('is the mean where nothing else is said', () => {
    // Prompts: 1, 2/3, 1/3, 1/2, 0.
    expect(rateOf('mean', VOTES).estimates[0]!.win_rate).toBeCloseTo(0.5, 12);
    expect(juryOf(runOf('mean'), talliesOf(VOTES), {})).toEqual({ warnings: [] });
  });

  it('may be the majority: more than half of the votes, else a tie; a failed vote is not cast', () => {
    const { estimates, warnings } = rateOf('majority', VOTES);
    // win, win, loss, tie (one each way), loss (two of two).
    expect(estimates[0]).toMatchObject({ win_rate: 0.5, wins: 2, losses: 2, ties: 1, failed: 0, n_judgments: 14 });
    expect(warnings.map(({ code }) => code)).toContain('JURY_RULE');
    expect(estimates.find(({ group }) => group.judge === 'a')!.win_rate).toBeCloseTo(0.6, 12);
  });

  it('may weigh judges by their agreement with people: who says the opposite has no say', () => {
    const votes = { a: 'wwwwwwwl', b: 'llllllll' };
    const agreement = { a: { agreed: 6, n: 6 }, b: { agreed: 0, n: 6 } };
    const summary = rateOf('weighted', votes, agreement);
    expect(summary.estimates[0]!.win_rate).toBeCloseTo(7 / 8, 12);
    expect(rateOf('mean', votes, agreement).estimates[0]!.win_rate).toBeCloseTo(7 / 16, 12);
    expect(summary.warnings.find(({ code }) => code === 'JURY_RULE')!['weights']).toMatchObject({ b: 0 });
  });

  it('weighs nobody by votes that chance did not draw', () => {
    const votes = { a: 'wwwwwwwl', b: 'llllllll', 'human:ana': 'wwwwww' };
    const summary = rateOf('weighted', votes);
    expect(summary.estimates[0]!.win_rate).toBeCloseTo(7 / 16, 12);
    expect(summary.warnings.map(({ code }) => code)).toContain('JURY_UNWEIGHTED');
  });

  it('calls equal weights on both sides a tie, whatever the sum rounds to', () => {
    const three = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((judge) => [judge, { agreed: 7, n: 9 }]));
    const votes = { a: 't', b: 't', c: 't', d: 't', e: 't', f: 't' };
    expect(rateOf('weighted', votes, three).estimates[0]).toMatchObject({ wins: 0, ties: 1, losses: 0 });
  });

  it('weighs all alike without people, and says so', () => {
    const summary = rateOf('weighted', VOTES);
    expect(summary.estimates[0]!.win_rate).toBeCloseTo(0.5, 12);
    expect(summary.warnings.map(({ code }) => code)).toContain('JURY_UNWEIGHTED');
  });

  it('changes nothing where one judge decides', () => {
    const votes = { a: 'wlt' };
    expect(rateOf('majority', votes)).toEqual(rateOf('mean', votes));
  });
});

describe('the sequence that a run may stop by', () => {
  const asked = {
    judges: ['a', 'b', 'c'].map((name) => ({ name, provider: 'openai', share: 1 })),
    orders: 'random',
    sampling: { repeats: 1 },
    suites: [{ domain: 'in-domain' }],
  };
  const look = (jury: string, votes: Record<string, string>, changes: Partial<Run> = {}) => {
    const run = { ...runOf(jury), config: { ...asked, jury }, status: 'running', ...changes } as Run;
    return (sequenceWarnings(run, Tallies.of(talliesOf(votes)))[0]!['sequence'] as Look[])[0]!;
  };
  // Two of three always say win: by majority every prompt is won, by the mean two thirds of it.
  const votes = { a: 'wwwwwwwwwwww', b: 'wwwwwwwwwwww', c: 'llllllllllll' };

  it.each(['mean', 'majority', 'weighted'])('is of the win rate that the run states: %s', (jury) => {
    for (const some of [VOTES, votes]) {
      const { win_rate } = rateOf(jury, some).estimates[0]!;
      expect(look(jury, some).win_rate).toBeCloseTo(win_rate!, 12);
    }
  });

  it('is decided by the rule: what a majority settles the mean may leave open', () => {
    expect(look('majority', votes)).toMatchObject({ win_rate: 1, n: 12, verdict: 'better' });
    expect(look('mean', votes).verdict).toBe('undecided');
  });

  it('leaves out a prompt that one judge of the panel has yet to judge', () => {
    expect(look('majority', { ...votes, c: 'lllllllllll' }).n).toBe(11);
  });

  it('keeps the weights of the first look when people vote later', () => {
    const agreement = { a: { agreed: 9, n: 9 }, b: { agreed: 9, n: 9 }, c: { agreed: 1, n: 9 } };
    const rule = { method: 'universal-mixture', alpha: 0.05, minimum: 10, margins: { 'in-domain': 0.1 } };
    const weights = { a: 1, b: 1, c: 1 };
    const later = { identities: { jury: agreement }, decision_rule: { stopping: { ...rule, weights } } };
    expect(look('weighted', votes, later).win_rate).toBeCloseTo(2 / 3, 12);
    expect(look('weighted', votes, { ...later, decision_rule: { stopping: rule } }).win_rate).toBeCloseTo(1, 12);
  });
});
