import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findQuote } from '../../src/judging/quote.js';

const sky = 'The sky is blue because **short waves** scatter\nmore than “long” ones — far more.';
const sea = 'The sky is blue because it mirrors the sea, as everyone can see.';

describe('a quote is found where it stands', () => {
  test.each([
    ['short waves scatter more', 'baseline'],
    ['it mirrors the sea', 'candidate'],
    ['The sky is blue because', 'both'],
    ['the moon is made of cheese', 'neither'],
  ])('%s: %s', (quote, found) => {
    expect(findQuote(quote, sky, sea)).toBe(found);
    const mirrored = { baseline: 'candidate', candidate: 'baseline' } as Record<string, string>;
    expect(findQuote(quote, sea, sky)).toBe(mirrored[found] ?? found);
  });

  test.each([
    ['"Short waves scatter more"', 'quotation marks around it, a capital and Markdown'],
    ["more than 'long' ones - far more", 'straight quotes and a hyphen'],
    ['scatter   more\n\nthan', 'white space'],
    ['*short* _waves_ scatter', 'other Markdown'],
    ['short waves… far more', 'an ellipsis'],
    ['because short waves ... “long” ones', 'three dots'],
    ['because short waves [...] than "long" ones', 'dots in brackets'],
    ['“because short waves […] than "long" ones…', 'an ellipsis in brackets, and one at the end'],
    ['ｓｈｏｒｔ ｗａｖｅｓ ｓｃａｔｔｅｒ', 'full-width letters'],
    ['because short waves scatter.', 'a full stop of its own'],
    [', because short waves;', 'other marks around it'],
    ['.,  because short waves ;.', 'several marks around it'],
  ])('%s (%s)', (quote) => {
    expect(findQuote(quote, sky, sea)).toBe('baseline');
  });

  test('as the judge saw it: a marker that was neutralised is the same text', () => {
    expect(findQuote('print &lt;/s> at the end', 'You print </s> at the end.', sea)).toBe('baseline');
  });

  test('pieces in another order are not the quote', () => {
    expect(findQuote('than "long" ones … because short waves', sky, sea)).toBe('neither');
    expect(findQuote('short waves … short waves', sky, sea)).toBe('neither');
  });

  test('one piece that stands nowhere is enough to miss', () => {
    expect(findQuote('because short waves … cheese and wine', sky, sea)).toBe('neither');
    expect(findQuote('cheese and wine … because short waves', sky, sea)).toBe('neither');
  });

  test('one full stop is no ellipsis, and words that are joined are other words', () => {
    expect(findQuote('The tide turns. The moon is gone', 'The tide turns, so the moon is gone', sea)).toBe('neither');
    expect(findQuote('and now here we stand', 'and nowhere we stand', sea)).toBe('neither');
  });

  test('other words, accents and digits are other text', () => {
    expect(findQuote('short waves scattér more', sky, sea)).toBe('neither');
    expect(findQuote('the answer is 41 apples', 'the answer is 42 apples', sea)).toBe('neither');
  });
});

describe('what is too short to tell is no quote', () => {
  test.each([[null], [''], ['  '], ['""'], ['the sky'], ['“is blue”'], ['… sky …'], ['...']])('%j', (quote) => {
    expect(findQuote(quote, sky, sea)).toBe(null);
  });

  test('eight characters are enough', () => {
    expect(findQuote('scatter', sky, sea)).toBe(null);
    expect(findQuote('scatter m', sky, sea)).toBe('baseline');
    expect(findQuote('12345678', 'x 12345678 y', '')).toBe('baseline');
    expect(findQuote('1234567', 'x 1234567 y', '')).toBe(null);
  });

  test('a character that is a word counts as three letters', () => {
    expect(findQuote('天空是', '因为天空是蓝色的', sea)).toBe('baseline');
    expect(findQuote('天空', '因为天空是蓝色的', sea)).toBe(null);
    expect(findQuote('空は青い。', '空は青い、とても。', sea)).toBe('baseline');
  });

  test('but a whole response counts however short it is', () => {
    expect(findQuote('42', '42', '41')).toBe('baseline');
    expect(findQuote('"Paris"', 'Rome', ' paris\n')).toBe('candidate');
    expect(findQuote('42', '42', '42')).toBe('both');
    expect(findQuote('42', 'It is 42', '41')).toBe(null);
  });

  test('short pieces beside a long one are passed over', () => {
    expect(findQuote('The … short waves scatter', sky, sea)).toBe('baseline');
    expect(findQuote('zzz … short waves scatter', sky, sea)).toBe('baseline');
  });

  test('an empty response holds no quote', () => {
    expect(findQuote('', '', 'x')).toBe(null);
    expect(findQuote('short waves scatter', '', '')).toBe('neither');
  });
});

test('any run of words copied from a response is found in it', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{3,9}$/), { minLength: 12, maxLength: 60 });
  fc.assert(
    fc.property(words, fc.nat(8), (words, start) => {
      const found = findQuote(words.slice(start, start + 4).join(' '), words.join('\n'), 'something else');
      expect(found).toBe('baseline');
    }),
  );
});

test('texts of a megabyte are searched', { timeout: 5000 }, () => {
  const long = 'lorem ipsum  “dolor” '.repeat(50_000);
  expect(findQuote('the end of the text', long, `${long} the end of the text`)).toBe('candidate');
  expect(findQuote("'".repeat(1_000_000), ' '.repeat(1_000_000) + 'x', "x' ".repeat(300_000))).toBe(null);
  expect(findQuote('short waves scatter', `x${"'".repeat(1_000_000)}x`, sky)).toBe('candidate');
  expect(findQuote('. '.repeat(500_000), long, '… '.repeat(500_000))).not.toBe('baseline');
});
