import { describe, expect, it } from 'vitest';
import { endpointSchema, openModels } from '../../src/models/index.js';
import { type Extract, extracted, type ReferenceReply } from '../../src/models/reference.js';

const models = openModels({ env: {} });
async function judge(extract: Extract, reference: string, first: string, second: string): Promise<ReferenceReply> {
  const spec = endpointSchema.parse({ provider: 'reference', extract });
  const slots = { prompt: 'p', first, second, reference };
  const { text, cost_usd } = await models.model(spec).ask({ messages: [], repeat: 0, slots });
  expect(cost_usd).toBe(0);
  return JSON.parse(text) as ReferenceReply;
}

describe('the answer in a text', () => {
  it.each<[Extract, string, string | null]>([
    ['number', 'She has 3 apples and 4 pears, so 7.', '7'],
    ['number', 'Step 1: 20 + 22 = 42. That took 3 steps.', '42'],
    ['number', 'so we get\n#### 1,250', '1250'],
    ['number', 'The answer is **$18.00**, for 2 people.', '18'],
    ['number', 'Answer: −5', '-5'],
    ['number', 'It is 1/4 of it', '0.25'],
    ['number', 'about 30%', '30'],
    ['number', '\\boxed{12}', '12'],
    ['number', 'I do not know', null],
    ['choice', 'The answer is (B), because A is wrong.', 'B'],
    ['choice', 'C', 'C'],
    ['choice', 'C) Paris', 'C'],
    ['choice', 'Answer: d', 'D'],
    ['choice', 'A man walks into a bar', null],
    ['exact', '  "Paris". ', 'paris'],
    ['exact', '', null],
    [{ regex: 'capital: (\\w+)' }, 'Capital: Rome\ncapital: Paris', 'paris'],
    [{ regex: '\\d{4}' }, 'in 1789 and 1815', '1815'],
    [{ regex: '\\d{4}' }, 'long ago', null],
  ])('%j in %j is %j', (extract, text, answer) => expect(extracted(text, extract)).toBe(answer));
});

describe('a reference judge', () => {
  it.each([
    ['the answer is 42', 'it is 41', 'A'],
    ['it is 41', 'the answer is 42', 'B'],
    ['42', 'forty-two is 42.0', 'tie'],
    ['41', 'no idea', 'tie'],
  ] as const)('between %j and %j says %s: one alone right wins', async (first, second, verdict) => {
    expect((await judge('number', '#### 42', first, second)).verdict).toBe(verdict);
  });

  it('tells what it found for each slot, and whether that is right', async () => {
    expect(await judge('choice', 'B', 'Answer: B', 'Answer: A')).toEqual({
      rationale: 'The reference is B. The first answers B, which is right; the second answers A, which is wrong.',
      first_extracted: 'B',
      second_extracted: 'A',
      first_right: true,
      second_right: false,
      verdict: 'A',
    });
  });

  it('does not take a number for another spelled alike', async () => {
    expect(await judge('number', '42', '420', '4.2')).toMatchObject({ first_right: false, second_right: false });
  });

  it('refuses a regular expression that is none', () => {
    expect(endpointSchema.safeParse({ provider: 'reference', extract: { regex: '(' } }).success).toBe(false);
  });
});
