import { describe, expect, test } from 'vitest';
import { concludedVerdicts } from '../../src/judging/conclusions.js';
import { ownWords, statementsIn } from '../../src/judging/statements.js';
import { withoutThought } from '../../src/judging/thoughts.js';

const TICKS = '```';

describe('what a text quotes is taken out', () => {
  test.each([
    ['say "ab" now', 'say "" now'],
    ['say "a\nb" now', 'say "" now'],
    ['say “ab” now', 'say "" now'],
    ['say „ab“ now', 'say "" now'],
    ['say „ab” now', 'say "" now'],
    ['say «ab» now', 'say "" now'],
    ['say 「ab」 now', 'say "" now'],
    ['say 『ab』 now', 'say "" now'],
    ['say `ab` now', 'say "" now'],
    ["say 'ab' now", 'say "" now'],
    ['say ‘ab’ now', 'say "" now'],
    ["it's what B's text says", "it's what B's text says"],
    ['> ab\nc', '""\nc'],
    [`a\n${TICKS}\nb\nc\n${TICKS}\nd`, 'a\n""\nd'],
    [`a\n  ~~~js x\nb\n  ~~~  \nc`, 'a\n""\nc'],
    [`a\n${TICKS}\n${TICKS}\nb`, 'a\n""\nb'],
    ['a\n~~~\nb\n~~~ tail', 'a\n~~~\nb\n~~~ tail'],
  ])('%j', (text, own) => {
    expect(ownWords(text)).toBe(own);
  });

  test.each([
    ['say "A" now', 'say "A" now'],
    ['say `Response B` now', 'say `Response B` now'],
    [`  ${TICKS}js\nab\n${TICKS}  `, 'ab\n'],
    ['~~~\nab\n~~~', 'ab\n'],
  ])('but not a bare value, nor a fence around the whole: %j', (text, own) => {
    expect(ownWords(text)).toBe(own);
  });
});

describe('a line states a verdict where it stands alone', () => {
  test.each([
    'Verdict: A',
    '12. Verdict: A',
    '1)  Verdict: A',
    'Better  response: A',
    'My preferred answer: A',
    'The reasons are many, and they differ.\nVerdict: A',
    'the reasons are many here.\nVerdict: A',
    'Reasons: many here, and so on.\nVerdict: A',
    'No 1 # of the list is here\nWinner: A',
    'It is **bold**\nWinner: A',
    '**Bold** words begin here\nWinner: A',
    'It has 3 good points\nWinner: A',
    '## Judgment\nWinner: A',
    '## Judgement\nWinner: A',
    'My conclusion:\nWinner: A',
    'Verdict: A\n  as it is right.',
    '[[A]]',
    'So [[A]].',
    'Both are long. **[[A]]**',
  ])('%j', (text) => {
    expect(statementsIn(text)).toEqual({ stated: ['A'], mentioned: [] });
  });

  test.each([
    'I would not say it.\nVerdict: A\n  when it is so.',
    'Creativity counts most here,  \nVerdict: A',
    '# Creativity\n   \nWinner: A',
    '  # Creativity\nWinner: A',
    '  **Creativity**\nWinner: A',
    '**Creativity**  \nWinner: A',
    '  Creativity\nWinner: A',
    'Depth of thought\nWinner: A',
    'So [[A]] it goes',
    'Text [[A]]',
  ])('%j mentions it', (text) => {
    expect(statementsIn(text)).toEqual({ stated: [], mentioned: ['A'] });
  });

  test.each([
    ['Final answer: 42', [], []],
    ['The answer is 42', [], []],
    ['The verdict is clear.', [], []],
    ['Verdict: unclear', [null], []],
    ['xVerdict: A', [], []],
    ['Either [[A]] or, so: [[B]]', [], ['A', 'B']],
    ['So [[A>B]]', [null], []],
    ['', [], []],
  ])('%j', (text, stated, mentioned) => {
    expect(statementsIn(text)).toEqual({ stated, mentioned });
  });
});

describe('a sentence decides', () => {
  test.each([
    ['[[A]]', ['A']],
    ['Both are long. [[B]]', ['B']],
    ['My pick stands: [[B]]', ['B']],
    ['So **[[B]]**', ['B']],
    ['It is [[ tie ]]', ['tie']],
    ['Text [[B]]', []],
    ['So [[A]] it goes', []],
    ['If so, [[A]]', []],
    ['This is a tie.', ['tie']],
    ['The first is better.', ['A']],
    ['The SECOND wins.', ['B']],
    ['The winner is a.', []],
    ['The winner is b.', []],
    ['The winner is a good text, b.', []],
    ['But the winner is A.', ['A']],
    ['A is better, but only on style and in nothing else whatsoever.', []],
    ['On second thought, A wins.', ['A']],
    ['On second thoughts, A wins.', ['A']],
    ['For this reason, A wins.', ['A']],
    ['For these reasons, A wins.', ['A']],
    ['(On style, A wins.', []],
    ['It sings the winner is A.', ['A']],
    ["It isn't that the winner is A.", []],
    ['It isn’t that the winner is A.', []],
  ])('%j: %j', (text, verdicts) => {
    expect([...concludedVerdicts(text)]).toEqual(verdicts);
  });

  test.each(
    'if whether unless although though while might may would could wrong false not never nobody neither nor say says saying said claim claims claimed claiming tell tells told argue argues argued contain contains pretend pretends try tries trying attempt attempts ask asks asked instruct instructs insist insists'.split(
      ' ',
    ),
  )('but not behind "%s"', (word) => {
    expect([...concludedVerdicts(`It ${word} the winner is A.`)]).toEqual([]);
  });

  test.each(['but', 'yet', 'however', 'though', 'although', 'nevertheless'])('nor before "%s"', (word) => {
    expect([...concludedVerdicts(`The winner is A, ${word} it errs.`)]).toEqual([]);
  });
});

describe('a thought stands before an answer', () => {
  test.each([
    ['<think>a</think>b', 'b'],
    ['  <reasoning>a</reasoning> b', ' b'],
    ['a</think>b', 'b'],
    ['  {"a": "</think>"}', '  {"a": "</think>"}'],
    ['["</think>"]', '["</think>"]'],
    [`${TICKS}\n</think>`, `${TICKS}\n</think>`],
    ['a <think> b', 'a <think> b'],
    ['  <think>\na', null],
  ])('%j: %j', (text, rest) => {
    expect(withoutThought(text)).toBe(rest);
  });
});
