import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isError, readAny, readComparison, readLetter, readWinnerLine } from '../../src/formats/label.js';

describe('a Winner line', () => {
  it.each([
    ['Winner: A', 'A'],
    ['Response A - Depth: 2\n**Winner:** Response B  \nReasoning: A is fine too', 'B'],
    ['Winner: Tie', 'tie'],
    ['Winner: Neither (a tie)', 'tie'],
    ['Winner: B\nWinner: A', 'B'],
  ])('%j names %s', (reply, said) => expect(readWinnerLine(reply)).toEqual({ said, failure: null }));

  it.each([
    ['Winner: Neither', 'unreadable'],
    ['Winner: Anna', 'unreadable'],
    ['Winner:', 'unreadable'],
    ['The winner is A', 'unreadable'],
    ['', 'unreadable'],
    ['Winner: A and B', 'contradictory'],
    ['ERROR: 429 Winner: A', 'unreachable'],
  ])('%j names nobody', (reply, failure) => expect(readWinnerLine(reply)).toEqual({ said: null, failure }));
});

describe('a comparison in brackets', () => {
  it('is read in both directions and strengths', () => {
    const said = (label: string) => readComparison(`so: [[${label}]]`, 'contradictory').said;
    expect(['A>>B', 'A>B', 'B<A', 'B<<A'].map(said)).toEqual(['A', 'A', 'A', 'A']);
    expect(['B>>A', 'B>A', 'A<B', 'A<<B'].map(said)).toEqual(['B', 'B', 'B', 'B']);
    expect(['A=B', 'B=A', 'A', '>'].map(said)).toEqual(['tie', 'tie', null, null]);
  });

  it('that stands twice with two labels is a contradiction, or the last one, as the format has it', () => {
    expect(readComparison('[[A>B]] or [[B>A]]', 'contradictory').failure).toBe('contradictory');
    expect(readComparison('[[A>B]] or [[B>A]]', 'last').said).toBe('B');
    expect(readComparison('[[A>B]], as I said: [[A>B]]', 'contradictory').said).toBe('A');
  });
});

it('a letter in brackets is read, C as a tie, two letters as none', () => {
  expect(readLetter('[[A]]').said).toBe('A');
  expect(readLetter('[[C]]').said).toBe('tie');
  expect(readLetter('[[A]] no, [[B]]')).toEqual({ said: null, failure: 'contradictory' });
});

it('a reply of unknown making is read only where all ways of reading agree', () => {
  expect(readAny('{"verdict": "b"}').said).toBe('B');
  expect(readAny('Winner: B\n[[B]]').said).toBe('B');
  expect(readAny('Winner: A\n[[B]]')).toEqual({ said: null, failure: 'contradictory' });
  expect(readAny('B is nice').said).toBeNull();
});

it('an error is known by how it begins, not by a word inside', () => {
  expect(isError(' ERROR: quota')).toBe(true);
  expect(isError('Error handling is better in A')).toBe(false);
  expect(isError('An ERROR was made')).toBe(false);
});

it('no text makes a reading throw, and a verdict comes without a failure', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const { said, failure } of [
        readAny(text),
        readWinnerLine(text),
        readLetter(text),
        readComparison(text, 'last'),
      ])
        expect(said === null).toBe(failure !== null);
    }),
  );
});
