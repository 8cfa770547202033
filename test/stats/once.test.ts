import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { summarize, type SummarizeInput } from '../../src/stats/index.js';
import { oncePerTable } from '../../src/stats/once.js';
import type { Tally } from '../../src/records.js';
import { tableOf } from '../../src/tally/table.js';
import { tallyOf } from './judged.js';

const JUDGES = ['a', 'b', 'c'];

/** Tallies of three judges: letters by prompt and judge, empty where a judge is missing. */
const talliesOf = (letters: string[][]): Tally[] =>
  letters.flatMap((own, p) =>
    own.flatMap((outcomes, j) =>
      outcomes === ''
        ? []
        : [
            tallyOf(`p${p}`, outcomes, {
              judge: JUDGES[j]!,
              suite: p % 3 === 0 ? 'east' : 'west',
              domain: p % 2 === 0 ? 'in-domain' : 'out-of-domain',
              category: p % 5 === 0 ? null : `c${p % 5}`,
              pairs: outcomes.length,
            }),
          ],
    ),
  );

const anyLetters = fc.array(
  fc.tuple(...JUDGES.map(() => fc.constantFrom('', 'w', 'l', 't', 'o', 'ww', 'wl', 'ft', 'wo'))),
  { minLength: 1, maxLength: 12 },
);
const QUESTIONS: Omit<SummarizeInput, 'tallies'>[] = [
  {},
  { level: 0.9 },
  { seed: 7 },
  { by: [['judge']] },
  { by: [['category', 'order'], ['suite']] },
  { excludeOrderDependent: true },
  { excludeOrderDependent: true, level: 0.8 },
  { pooled: true },
  { judges: ['a', 'b'] },
  { informing: ['a'] },
  { informing: ['b'], level: 0.8 },
  { method: 'wilson-effective-n' },
];

describe('what is kept of a table', () => {
  test('is made once for a table and what is asked of it, and two answers at most', () => {
    const asked: string[][] = [];
    const judgesOf = oncePerTable((table, panel: readonly string[]) => {
      asked.push([...panel]);
      return table.judges.filter((judge) => panel.includes(judge));
    });
    const table = tableOf(talliesOf([['w', 'l', 't']]));
    const first = judgesOf(table, ['a']);
    expect(judgesOf(table, ['a'])).toBe(first);
    expect(judgesOf(table, ['b', 'd'])).toEqual(['b']);
    expect(asked).toEqual([['a'], ['b', 'd']]);
    // Another table that looks the same is another one, and the answer asked for longest ago goes first.
    expect(judgesOf({ ...table }, ['a'])).not.toBe(first);
    judgesOf(table, ['c']);
    expect(judgesOf(table, ['a'])).toEqual(first);
    expect(asked.slice(2)).toEqual([['a'], ['c'], ['a']]);
  });

  test('changes no answer: any questions one after the other are answered as each alone', () => {
    fc.assert(
      fc.property(anyLetters, fc.shuffledSubarray(QUESTIONS, { minLength: 2 }), (letters, questions) => {
        const table = tableOf(talliesOf(letters));
        for (const question of questions)
          expect(summarize({ tallies: table, ...question })).toEqual(
            summarize({ tallies: tableOf(talliesOf(letters)), ...question }),
          );
      }),
      { numRuns: 25 },
    );
  });

  test('is not given for other tallies: each part of the summary follows them', () => {
    const letters = Array.from({ length: 12 }, (_, p) => ['w', p % 3 === 0 ? 'l' : 'w', p % 4 === 0 ? 't' : 'l']);
    const before = summarize({ tallies: tableOf(talliesOf(letters)) });
    for (let p = 1; p < 8; p++) letters[p] = ['l', 'o', 'f'];
    const after = summarize({ tallies: tableOf(talliesOf(letters)) });
    for (const part of ['estimates', 'agreement', 'judges', 'decision', 'variance'] as const)
      expect(after[part], part).not.toEqual(before[part]);
  });

  test('a jury is counted anew each time', () => {
    const table = tableOf(
      talliesOf([
        ['w', 'l', 'l'],
        ['w', 'w', 'l'],
      ]),
    );
    const rate = (letter: string) =>
      summarize({ tallies: table, jury: [tallyOf('p0', letter), tallyOf('p1', letter)] }).estimates[0]!.win_rate;
    expect([rate('w'), rate('l'), rate('w')]).toEqual([1, 0, 1]);
    expect(summarize({ tallies: table }).estimates[0]!.win_rate).toBeCloseTo(0.5);
  });
});
