import { describe, expect, it } from 'vitest';
import { type Extract, extracted, fits } from '../../src/models/extraction.js';

describe('the number in a text', () => {
  it.each<[string, string | null]>([
    ['She has 3 apples and 4 pears, so 7.', '7'],
    ['It is 1/4 of it', '0.25'],
    ['about 30%', '30'],
    ['I do not know', null],
    // The last one, whatever equations stand before it.
    ['46 + 47 + 48 = 141. The largest is 48', '48'],
    ['The other side is 84/7 = 12 metres, so the perimeter is 38', '38'],
    ['12 = 2^2*3, 15 = 3*5, 20 = 2^2*5, so take 2^2*3*5.\n60', '60'],
    ['15% of 80 = 12 euros off.\n68', '68'],
    ['29 × 4 = 116 pencils; 116 / 12 = 9.67, so you need 10', '10'],
    ['5x - 2x = 27, 3x = 27\n9', '9'],
    ['37 × 27 = 999, so 1000 leaves 1', '1'],
    ['(3/8)(2/7) = 6/56 = 3/28\n28', '28'],
    ['The sum = 5 + 7, which is 12.', '12'],
    ['x = -5', '-5'],
    ['10-3', '3'],
    // Announced.
    ['so we get\n#### 1,250', '1250'],
    ['#### 42\nThat took 3 steps.', '42'],
    ['#### 1. Add\n3 + 4 = 7\n#### 2. Double\nThis makes 14', '14'],
    ['The answer is **$18.00**, for 2 people.', '18'],
    ['**Final Answer:**\n42\n\nChecked 2 times.', '42'],
    ['The answer is 42, as 6*7 = 42 and 5*7 = 35.', '42'],
    ['The answer is 42 because 6*7 = 42 and 5*7 = 35.', '42'],
    ['The answer is approximately 42, from 3 boxes', '42'],
    ['The answer is 7. No: the answer is 8. It took 2 tries.', '8'],
    ['The final number is x = 9 (3 times 3).', '9'],
    ['Answer: −5', '-5'],
    ['Answer - 42, of 50', '42'],
    ['\\boxed{12} of 20', '12'],
    ['\\boxed{\\frac{1}{2}}', '0.5'],
    ['\\boxed{-\\dfrac{1}{2}}', '-0.5'],
    ['\\[\\boxed{12{,}000\\text{ s}}\\]', '12000'],
    // An announcement that goes on as a calculation ends somewhere else.
    ['Answer: 29 × 4 = 116 pencils; 116 / 12 = 9.67, so you need 10', '10'],
    ['Answer: 96 km/h × 2.25 h = 216 km', '216'],
    ['Answer: 2(12 + 7) = 38', '38'],
    ['Answer: 84/7 = 12', '12'],
    ['The answer is found from 5 and 7: 12', '12'],
    // Units, terms, ordinals, exponents and names hold no numbers.
    ['150 cm^2', '150'],
    ['150 cm^{2}', '150'],
    ['150 m²', '150'],
    ['150 cm2', '150'],
    ['216km', '216'],
    ['5m', '5'],
    ['It is 9, from 3x', '9'],
    ['144 is the 20th term', '144'],
    ['It takes 2 of H2O', '2'],
    // Spellings.
    ['12,000 seconds', '12000'],
    ['12 000', '12000'],
    ['10 000', '10000'],
    ['1,234,567.5', '1234567.5'],
    ['.5', '0.5'],
    ['-.5', '-0.5'],
    ['It is 5.', '5'],
    ['3,5', '3.5'],
    ['3,5,7', '7'],
    ['3, 5', '5'],
    ['2.5e3', '2500'],
    // Number words, where there is no digit.
    ['Eight', '8'],
    ['A spider has **eight** legs.', '8'],
    ['The answer is twelve, one more than eleven.', '12'],
    ['eight, as in 7 + 1', '1'],
    ['forty-two', null],
    ['twenty-one', null],
    ['one hundred', null],
    ['no height', null],
  ])('%j is %j', (text, answer) => expect(extracted(text, 'number')).toBe(answer));
});

describe('the choice in a text', () => {
  it.each<[string, string | null]>([
    ['C', 'C'],
    ['c.', 'C'],
    ['**I**', 'I'],
    ['C) Paris', 'C'],
    ['The sum is even.\nB', 'B'],
    ['Answer: d', 'D'],
    ['The answer is (B), because A is wrong.', 'B'],
    ['The answer is **b**.', 'B'],
    ['Answer - C', 'C'],
    ['**Answer:** Option C', 'C'],
    ['\\boxed{C}', 'C'],
    ['\\boxed{\\text{C}}', 'C'],
    ['The answer is A because B is too long.', 'A'],
    ['I would go with D, as the others are too long.', 'D'],
    ['Option B is correct; option A is not.', 'B'],
    ['Option A is wrong, so option B.', 'B'],
    ['The correct option is C because option B ignores friction.', 'C'],
    ['The answer is A. On second thought, final answer: C', 'C'],
    // Words are no letters.
    ['B. That is the answer I would give.', 'B'],
    ['To answer a question like this, count. (B)', 'B'],
    ['The answer is a bit tricky, but it must be (B).', 'B'],
    ['My answer: I think it is B', 'B'],
    ['The correct answer is C, a choice I like', 'C'],
    ['Answer: A man walks into a bar. (D)', 'D'],
    ["That is the answer I'd give", null],
    ['A man walks into a bar', null],
    ['I cannot tell.', null],
    ['Vitamin C and plan B', null],
    // Choices told again are no answer.
    ['A) Paris\nB) Rome\nThe capital of Italy is (B).', 'B'],
    ['A) Paris\nB) Rome', null],
    // Several are none.
    ['The answer is A or B', null],
    ['The answer is A. The answer is B.', null],
    ['It is either (A) or (C).', null],
    ['Option A or option B', null],
    ['The answer is not B.', null],
  ])('%j is %j', (text, answer) => expect(extracted(text, 'choice')).toBe(answer));
});

describe('the answer in a text', () => {
  it.each<[Extract, string, string | null]>([
    ['exact', '  "Paris". ', 'paris'],
    ['exact', '**The Seine**.', 'seine'],
    ['exact', '−273', '-273'],
    ['exact', '1–4–9–16', '1-4-9-16'],
    ['exact', 'Thea', 'thea'],
    ['exact', 'the', 'the'],
    ['exact', '', null],
    [{ regex: 'capital: (\\w+)' }, 'Capital: Rome\ncapital: Paris', 'paris'],
    [{ regex: '\\d{4}' }, 'in 1789 and 1815', '1815'],
    [{ regex: '\\d{4}' }, 'long ago', null],
  ])('%j in %j is %j', (extract, text, answer) => expect(extracted(text, extract)).toBe(answer));
});

it.each<[Extract, string, boolean]>([
  ['number', '-273', true],
  ['number', '12,000 s', true],
  ['number', 'She adds 3 and 4.\n#### 7', true],
  ['number', 'three', true],
  ['number', 'She adds 3 and 4.', false],
  ['number', 'three two one', false],
  ['number', '1-4-9-16', false],
  ['number', 'Canberra', false],
  ['choice', '(B)', true],
  ['choice', 'Canberra', false],
  ['exact', 'Canberra', true],
  ['exact', '""', false],
  [{ regex: '\\d' }, 'Canberra', true],
])('that %j fits the reference %j is %s', (extract, reference, is) => expect(fits(reference, extract)).toBe(is));

it.each([
  'answer is ',
  'answer:\n',
  '\\boxed{',
  '####',
  '# ',
  '1,',
  '1 ',
  '123,456,',
  '1',
  '.',
  '1/',
  ' ',
  '-',
  'x = ',
  'final ',
  '1e',
  '\\frac{1}{',
  'about ',
  'a',
  '(a)',
  'option ',
  'it is the ',
  'eight ',
])(
  'a text of nothing but %j is read in no time',
  (piece) => {
    const text = piece.repeat(300_000 / piece.length);
    for (const extract of ['number', 'choice', 'exact'] as const)
      for (const end of ['', '!', 'x', '0']) extracted(text + end, extract);
  },
  20_000,
);
