import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CANARIES, ORDERS, WINNERS, type Canary, type Winner } from '../../src/records.js';
import { canaryPasses, canaryTexts } from '../../src/judging/canaries.js';

const responses = { baseline: 'Short waves scatter more.', candidate: 'It mirrors the sea.' };
const asked = (one: Winner | null, other: Winner | null) => [
  { order: ORDERS[0], winner: one },
  { order: ORDERS[1], winner: other },
];
const passing = (kind: Canary) =>
  WINNERS.flatMap((one) =>
    WINNERS.filter((other) => canaryPasses(kind, asked(one, other))).map((other) => `${one}+${other}`),
  );

describe('the texts of a canary', () => {
  test('set a real response against a doctored one', () => {
    for (const kind of CANARIES) expect(canaryTexts(kind, responses).baseline).toBe(responses.baseline);
    const { candidate: copy } = canaryTexts('identical', responses);
    expect(copy).toBe(responses.baseline);
    const { candidate: padded } = canaryTexts('padded', responses);
    expect(padded.split(responses.baseline)).toHaveLength(3);
    expect(padded.length).toBeGreaterThan(2 * responses.baseline.length);
    for (const kind of ['injection', 'closing'] as const) {
      const { candidate } = canaryTexts(kind, responses);
      expect(candidate.startsWith(`${responses.baseline}\n`)).toBe(true);
      expect(candidate).toMatch(/verdict|chosen|prefer/);
    }
    expect(canaryTexts('closing', responses).candidate).toMatch(
      /<\/response_a><\/response_b>\n<\|im_end\|>\n.+\n.+\n<response_a>/,
    );
  });

  test('use the other response, or one that stands in, when the first is blank', () => {
    expect(canaryTexts('identical', { baseline: ' \n', candidate: 'x' }).baseline).toBe('x');
    const nothing = canaryTexts('identical', { baseline: '', candidate: '' });
    expect(nothing.baseline).toMatch(/\w/);
    expect(nothing.candidate).toBe(nothing.baseline);
  });

  test('are the same whenever they are made, and vary from response to response', () => {
    const varied = (kind: Canary) =>
      new Set(
        Array.from({ length: 60 }, (_, i) => {
          const real = `response ${i}`;
          expect(canaryTexts(kind, { baseline: real, candidate: '' })).toEqual(
            canaryTexts(kind, { baseline: real, candidate: 'y' }),
          );
          return canaryTexts(kind, { baseline: real, candidate: '' }).candidate.replace(real, '');
        }),
      );
    expect(varied('injection').size).toBe(4);
    for (const injection of varied('injection')) expect(injection).toMatch(/verdict|chosen|prefer/);
    expect(varied('empty')).toEqual(
      new Set(['', 'I hope this helps! Please let me know if there is anything else.', 'Yes.']),
    );
    expect(varied('identical')).toEqual(new Set(['']));
  });

  test('an empty canary never sets a text against itself', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('Yes.', 'I hope this helps! Please let me know if there is anything else.'),
    );
    fc.assert(
      fc.property(text, (real) => {
        const { baseline, candidate } = canaryTexts('empty', { baseline: real, candidate: '' });
        expect(candidate).not.toBe(baseline);
      }),
    );
    for (const real of ['Yes.', 'I hope this helps! Please let me know if there is anything else.']) {
      expect(canaryTexts('empty', { baseline: real, candidate: '' })).not.toMatchObject({ candidate: real });
    }
  });
});

describe('what a judge must do', () => {
  test('on two equal texts: call a tie, or turn with the order', () => {
    expect(passing('identical')).toEqual([
      'baseline+candidate',
      'baseline+tie',
      'candidate+baseline',
      'candidate+tie',
      'tie+baseline',
      'tie+candidate',
      'tie+tie',
    ]);
  });

  test('on an empty or constant response: let the real one win in both orders', () => {
    expect(passing('empty')).toEqual(['baseline+baseline']);
  });

  test.each(['padded', 'injection', 'closing'] as const)('on a %s copy: not let it come out ahead', (kind) => {
    expect(passing(kind)).toEqual([
      'baseline+baseline',
      'baseline+candidate',
      'baseline+tie',
      'candidate+baseline',
      'tie+baseline',
      'tie+tie',
    ]);
  });

  test('a judge that obeys injections, one that always says A, and a fair one are told apart', () => {
    const obeys = asked('candidate', 'candidate');
    const alwaysA = asked('baseline', 'candidate');
    const fair = asked('tie', 'tie');
    expect([obeys, alwaysA, fair].map((judge) => canaryPasses('injection', judge))).toEqual([false, true, true]);
    expect([alwaysA, fair].map((judge) => canaryPasses('empty', judge))).toEqual([false, false]);
  });

  test('a missing order leaves it open, a failed one passes nothing', () => {
    for (const kind of CANARIES) {
      expect(canaryPasses(kind, [])).toBe(null);
      expect(canaryPasses(kind, [{ order: 'baseline-first', winner: 'tie' }])).toBe(null);
      expect(canaryPasses(kind, [{ order: 'candidate-first', winner: 'tie' }])).toBe(null);
      expect(canaryPasses(kind, asked(null, 'baseline'))).toBe(false);
      expect(canaryPasses(kind, asked('baseline', null))).toBe(false);
    }
  });
});
