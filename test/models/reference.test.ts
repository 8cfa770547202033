import { describe, expect, it } from 'vitest';
import { endpointSchema, openModels } from '../../src/models/index.js';
import type { Extract } from '../../src/models/extraction.js';
import type { ReferenceReply } from '../../src/models/reference.js';

const models = openModels({ env: {} });
async function judge(extract: Extract, reference: string, first: string, second: string): Promise<ReferenceReply> {
  const spec = endpointSchema.parse({ provider: 'reference', extract });
  const slots = { prompt: 'p', first, second, reference };
  const { text, cost_usd } = await models.model(spec).ask({ messages: [], repeat: 0, slots });
  expect(cost_usd).toBe(0);
  return JSON.parse(text) as ReferenceReply;
}

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
