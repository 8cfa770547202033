import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findQuote } from '../../src/web/quote.js';

const marked = (text: string, quote: string) => findQuote(text, quote).map(([start, end]) => text.slice(start, end));

describe('a quote is found', () => {
  it('through Markdown marks, white space, case, dashes and the style of quotation marks', () => {
    expect(marked('The **moon**\n  is far – very far.', 'the moon is far - very')).toEqual([
      'The **moon**\n  is far – very',
    ]);
    expect(marked('He said “no”.', "said 'no'")).toEqual(['said “no']);
  });
  it('piece by piece where the judge left words out', () => {
    expect(marked('Take a deep breath, then count slowly to ten.', 'a deep breath … slowly to ten')).toEqual([
      'a deep breath',
      'slowly to ten',
    ]);
  });
  it('wherever it was taken from', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('alpha', 'Beta', 'gamma,', '*delta*'), { minLength: 3 }),
        fc.nat(),
        (words, at) => {
          const from = at % (words.length - 1);
          const quote = words.slice(from, from + 2).join(' ');
          const [found] = marked(words.join(' '), quote);
          expect(found?.toLowerCase().replace(/[^a-z]/g, '')).toBe(quote.toLowerCase().replace(/[^a-z]/g, ''));
        },
      ),
    );
  });
});

describe('a quote is not found', () => {
  it('where one of its words is missing, or its pieces stand the other way round', () => {
    expect(findQuote('The moon is far.', 'the moon is near')).toEqual([]);
    expect(findQuote('slowly to ten, a deep breath', 'a deep breath … slowly to ten')).toEqual([]);
  });
  it('where it holds no letter at all', () => {
    expect(findQuote('**', '""')).toEqual([]);
    expect(findQuote('text', '')).toEqual([]);
  });
});
