import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointSchema, OFFLINE_RULES, OFFLINE_VARIANTS, openModels } from '../../src/models/index.js';
import type { Slots } from '../../src/records.js';

const models = openModels({ env: {} });
async function judge(variant: string, slots: Partial<Slots>, reply_schema?: Record<string, unknown>): Promise<Reply> {
  const spec = endpointSchema.parse({ provider: 'offline', model: variant });
  const whole = { prompt: 'How do plants make sugar from sunlight?', first: '', second: '', reference: null, ...slots };
  const ask = { messages: [], repeat: 0, slots: whole, ...(reply_schema && { reply_schema }) };
  return JSON.parse((await models.model(spec).ask(ask)).text) as Reply;
}
interface Reply {
  verdict: 'A' | 'B' | 'tie';
  rationale: string;
  quote: string;
  scores_a?: Record<string, number>;
}

const GOOD =
  'Plants make sugar in their leaves. Sunlight splits water into oxygen and hydrogen there, and with six molecules of carbon dioxide the hydrogen becomes one molecule of sugar. For example, a sunflower leaf makes about one gram per hour on a bright day, because its pores stand open.';
const VAGUE =
  'This is a very interesting question that many people ask. It depends on a lot of things. There are many things to say about it and it depends.';
const swap = { A: 'B', B: 'A', tie: 'tie' } as const;

describe.each(OFFLINE_VARIANTS)('the offline judge %s', (variant) => {
  it('prefers the text that takes up the prompt and is concrete, in either slot', async () => {
    expect((await judge(variant, { first: GOOD, second: VAGUE })).verdict).toBe('A');
    expect((await judge(variant, { first: VAGUE, second: GOOD })).verdict).toBe('B');
  });

  it.each([
    ['sentences said twice', `${GOOD} ${GOOD.split('. ').slice(0, 2).join('. ')}. `.repeat(2)],
    ['template debris', `${GOOD.slice(0, -1)}<|im_end|>`],
    ['an end in mid-sentence', GOOD.slice(0, 220)],
    ['nothing at all', ''],
  ])('holds %s against a text', async (_, worse) => {
    expect((await judge(variant, { first: GOOD, second: worse })).verdict).toBe('A');
    expect((await judge(variant, { first: worse, second: GOOD })).verdict).toBe('B');
  });

  it('follows the reference answer where there is one', async () => {
    const slots = { prompt: 'What is 6 × 7?', first: 'The answer is 42.', second: 'The answer is 54.' };
    expect((await judge(variant, { ...slots, reference: '42' })).verdict).toBe('A');
    expect((await judge(variant, { ...slots, reference: '54' })).verdict).toBe('B');
  });

  it('calls the same text twice a tie', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        expect((await judge(variant, { first: text, second: text })).verdict).toBe('tie');
      }),
    );
  });

  it('quotes words that stand in the text it chose, says why, and says the same thing again', async () => {
    const reply = await judge(variant, { first: VAGUE, second: GOOD });
    expect(reply.quote.length).toBeGreaterThan(10);
    expect(GOOD).toContain(reply.quote);
    expect(reply.rationale).toMatch(/^The better text .+\.$/);
    expect(await judge(variant, { first: VAGUE, second: GOOD })).toEqual(reply);
  });

  it('never throws, whatever the texts', async () => {
    const text = fc.string({ unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(text, text, text, fc.option(text), async (prompt, first, second, reference) => {
        expect((await judge(variant, { prompt, first, second, reference })).verdict).toMatch(/^(A|B|tie)$/);
      }),
    );
  });

  it('rates criteria on the scale that a template asks for', async () => {
    const criteria = { properties: { depth: { type: 'number', description: '1 to 5' } } };
    const reply = await judge(variant, { first: GOOD, second: VAGUE }, { properties: { scores_a: criteria } });
    expect(reply.scores_a!['depth']).toBeGreaterThanOrEqual(1);
    expect(reply.scores_a!['depth']).toBeLessThanOrEqual(5);
  });
});

describe('the variants', () => {
  it('differ in one thing by design: `plain` knows no order, `strict` leans to the first of two close texts', async () => {
    const words = fc.constantFrom(...GOOD.split(' '), ...VAGUE.split(' '));
    const text = fc.array(words, { minLength: 20, maxLength: 60 }).map((list) => `${list.join(' ')}.`);
    let leaning = 0;
    await fc.assert(
      fc.asyncProperty(text, text, async (first, second) => {
        const [there, back] = [
          await judge('plain', { first, second }),
          await judge('plain', { first: second, second: first }),
        ];
        expect(back.verdict).toBe(swap[there.verdict]);
        const [a, b] = [
          await judge('strict', { first, second }),
          await judge('strict', { first: second, second: first }),
        ];
        if (b.verdict !== swap[a.verdict]) leaning++;
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(leaning).toBeGreaterThan(5);
    expect(leaning).toBeLessThan(100);
  });

  it('are described where their results stand', () => {
    for (const variant of OFFLINE_VARIANTS) expect(OFFLINE_RULES).toContain(`${variant}:`);
    expect(OFFLINE_RULES).toContain('not for claims');
  });
});
