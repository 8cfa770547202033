import { describe, expect, test } from 'vitest';
import { tally } from '../../src/stats/index.js';
import { judgment } from './judged.js';

const both = (first: 'candidate' | 'baseline' | 'tie' | null, second: 'candidate' | 'baseline' | 'tie' | null) =>
  tally([
    judgment({ prompt_id: 'a', winner: first }),
    judgment({ prompt_id: 'a', winner: second, order: 'candidate-first' }),
  ]).tallies[0]!;

describe('a comparison over its orders', () => {
  test.each([
    ['candidate', 'candidate', 'w', 1],
    ['baseline', 'baseline', 'l', 0],
    ['tie', 'tie', 't', 0.5],
    ['candidate', 'baseline', 'o', 0.5],
    ['candidate', 'tie', 'o', 0.75],
    ['tie', 'baseline', 'o', 0.25],
    ['candidate', null, 'f', null],
    [null, null, 'f', null],
  ] as const)('%s then %s is %s with score %s', (first, second, letter, score) => {
    const { outcomes, scores, pairs } = both(first, second);
    expect([outcomes, scores]).toEqual([letter, [score]]);
    expect(pairs).toBe(letter === 'f' ? 0 : 1);
  });

  test('the judged half of a failed comparison stays in the counts of its order', () => {
    const { baseline_first, candidate_first, failures } = both('candidate', null);
    expect(baseline_first).toEqual({ wins: 1, losses: 0, ties: 0, failed: 0, score: 1 });
    expect(candidate_first).toEqual({ wins: 0, losses: 0, ties: 0, failed: 1, score: 0 });
    expect(failures).toEqual({ unreadable: 1 });
  });

  test('a single order is its winner, and no pair', () => {
    const { tallies } = tally([judgment({ prompt_id: 'a', winner: 'baseline' })]);
    expect(tallies[0]).toMatchObject({ outcomes: 'l', scores: [0], pairs: 0 });
  });

  test('a graded score is kept, the letter follows the winner', () => {
    const { tallies } = tally([judgment({ prompt_id: 'a', winner: 'candidate', score: 0.62, order: null })]);
    expect(tallies[0]).toMatchObject({ outcomes: 'w', scores: [0.62], order_unknown: { wins: 1, score: 0.62 } });
  });

  test('repeats stand at their place in whatever order they come; a gap is not judged', () => {
    const { tallies } = tally([
      judgment({ prompt_id: 'a', winner: 'tie', repeat: 3 }),
      judgment({ prompt_id: 'a', winner: 'candidate', repeat: 0 }),
    ]);
    expect(tallies[0]).toMatchObject({ outcomes: 'w--t', scores: [1, null, null, 0.5] });
  });
});

describe('what is counted apart', () => {
  test('a retest is compared with its first in the same order, and no win', () => {
    const { tallies, retests } = tally([
      judgment({ prompt_id: 'a', winner: 'candidate' }),
      judgment({ prompt_id: 'a', winner: 'baseline', order: 'candidate-first' }),
      judgment({ prompt_id: 'a', winner: 'baseline', order: 'candidate-first', replicate: 1 }),
      judgment({ prompt_id: 'a', winner: 'tie', replicate: 1 }),
      judgment({ prompt_id: 'b', winner: 'tie', replicate: 1 }),
    ]);
    expect(retests).toEqual([expect.objectContaining({ judge: 'opus', n: 2, same: 1 })]);
    expect(tallies).toHaveLength(1);
    expect(tallies[0]!.outcomes).toBe('o');
  });

  test('canary judgments are no tally; they count by kind when it is known how they must go', () => {
    const rows = [
      judgment({ prompt_id: 'a', winner: 'tie', canary: 'identical' }),
      judgment({ prompt_id: 'b', winner: 'candidate', canary: 'identical' }),
      judgment({ prompt_id: 'b', winner: 'candidate', canary: 'empty' }),
    ];
    expect(tally(rows)).toEqual({ tallies: [], retests: [], canaries: [] });
    expect(tally(rows, { canaryPassed: ({ winner }) => winner === 'tie' }).canaries).toEqual([
      { judge: 'opus', kind: 'identical', n: 2, passed: 1 },
      { judge: 'opus', kind: 'empty', n: 1, passed: 0 },
    ]);
  });

  test('the same text under two ids, or with other white space, is one prompt', () => {
    const { tallies } = tally([
      judgment({ prompt_id: 'a', prompt: 'Say  hello' }),
      judgment({ prompt_id: 'b', prompt: 'Say hello\n' }),
      judgment({ prompt_id: 'c', prompt: 'say hello' }),
    ]);
    const [a, b, c] = tallies.map(({ prompt_hash }) => prompt_hash);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });
});

describe('what drives a verdict', () => {
  const texts = { baseline_response: '12345', candidate_response: '😀😀😀' };

  test('lengths are code points, once a comparison; longer wins count decisive judgments', () => {
    const { tallies } = tally([
      judgment({ prompt_id: 'a', winner: 'baseline', ...texts }),
      judgment({ prompt_id: 'a', winner: 'candidate', order: 'candidate-first', ...texts }),
      judgment({ prompt_id: 'a', winner: 'tie', repeat: 1, ...texts }),
    ]);
    expect(tallies[0]).toMatchObject({
      lengths: 2,
      length_difference: -4,
      baseline_length: 10,
      candidate_length: 6,
      unequal: 2,
      longer_wins: 1,
    });
  });

  test('a quote that stands only in the loser is a mismatch, in both or for a tie it is none', () => {
    const quoted = (winner: 'candidate' | 'tie', quote_found_in: 'baseline' | 'both' | 'candidate') =>
      judgment({ prompt_id: `${winner}${quote_found_in}`, winner, quote_found_in });
    const { tallies } = tally([
      quoted('candidate', 'baseline'),
      quoted('candidate', 'both'),
      quoted('candidate', 'candidate'),
      quoted('tie', 'baseline'),
    ]);
    expect(tallies.reduce((sum, t) => sum + t.quotes, 0)).toBe(4);
    expect(tallies.reduce((sum, t) => sum + t.quote_mismatches, 0)).toBe(1);
  });

  test('scores that favour the loser contradict; each criterion is told apart', () => {
    const { tallies } = tally([
      judgment({
        prompt_id: 'a',
        winner: 'candidate',
        baseline_scores: { depth: 5, style: 3 },
        candidate_scores: { depth: 2, style: 4 },
      }),
    ]);
    expect(tallies[0]).toMatchObject({
      rated: 1,
      score_contradictions: 1,
      criteria: {
        depth: { n: 1, difference: -3, decisive: 1, agrees: 0 },
        style: { n: 1, difference: 1, decisive: 1, agrees: 1 },
      },
    });
  });

  test('a criterion may have the name of what every object has, and changes no object', () => {
    const scores = (value: number) => JSON.parse(`{"__proto__": ${value}, "constructor": ${value}}`) as never;
    const { tallies } = tally([
      judgment({ prompt_id: 'a', winner: 'candidate', baseline_scores: scores(1), candidate_scores: scores(3) }),
      // One that only one side was given is not compared.
      judgment({ prompt_id: 'b', winner: 'candidate', baseline_scores: {}, candidate_scores: scores(3) }),
    ]);
    const one = { n: 1, difference: 2, decisive: 1, agrees: 1 };
    expect(Object.entries(tallies[0]!.criteria)).toEqual([
      ['__proto__', one],
      ['constructor', one],
    ]);
    expect(Object.entries(tallies[1]!.criteria)).toEqual([]);
    expect(({} as Record<string, unknown>)['n']).toBeUndefined();
  });
});
