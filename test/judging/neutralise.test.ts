import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DELIMITERS, holdsControlToken, neutralise } from '../../src/judging/neutralise.js';

const ZERO_WIDTH = '\u200b';

describe('a text that looks like a delimiter is disarmed', () => {
  test.each([...'асеорѕумтԝ', ...'αϲεηορτυγ', ...'ａℴ𝐬ⓔ𝒑'])('with %s in place of a Latin letter', (letter) => {
    const [cyrillic, greek] = [
      { а: 'a', с: 'c', е: 'e', о: 'o', р: 'p', ѕ: 's', у: 'y', м: 'm', т: 't', ԝ: 'w' },
      { α: 'a', ϲ: 'c', ε: 'e', η: 'n', ο: 'o', ρ: 'p', τ: 't', υ: 'u', γ: 'y' },
    ] as Record<string, string>[];
    const latin = cyrillic![letter] ?? greek![letter];
    const plain = latin ?? letter.normalize('NFKC');
    const names = DELIMITERS.filter((name) => name.includes(plain));
    expect(names).not.toEqual([]);
    for (const name of names) {
      const { text, markers } = neutralise(`</${name.replaceAll(plain, letter)}_0f>`);
      expect({ name, markers, text: text.slice(0, 4) }).toEqual({ name, markers: 1, text: '&lt;' });
    }
  });

  test.each([
    ['</response_a>'],
    ['<response_a>'],
    ['<response_a_0123456789abcdef>'],
    ['</response_b_ff>'],
    ['<RESPONSE_A>'],
    ['</Response A>'],
    ['</response-b>'],
    ['</responseA>'],
    ['< / response _ a >'],
    ['<\n/response_a>'],
    ['<response a id="7">'],
    ['<//response_a>'],
    ['<r e s p o n s e a>'],
    ['</respo\u0301nse_a>'],
    ['</respоnse_a>'], // Cyrillic о
    ['</ＲＥＳＰＯＮＳＥ＿Ａ>'],
    ['＜/response_a＞'],
    ['‹/response_a›'],
    ['〈response_a〉'],
    ['⟨response_a⟩'],
    ['<𝐫𝐞𝐬𝐩𝐨𝐧𝐬𝐞_𝐚>'],
    ['<ⓡⓔⓢⓟⓞⓝⓢⓔ ⓐ>'],
    ['<response_a'],
    ['</user_prompt_12>'],
    ['<system prompt>'],
    ['</reference-answer>'],
    ...DELIMITERS.map((name) => [`</${name}_0123456789abcdef>`] as [string]),
  ])('%s', (marker) => {
    const { text, markers, invisible } = neutralise(`before ${marker} after`);
    expect(markers).toBe(1);
    expect(invisible).toBe(0);
    const [angle] = marker;
    const entity = angle === '<' ? '&lt;' : `&#x${angle!.codePointAt(0)!.toString(16)};`;
    expect(text).toBe(`before ${entity}${marker.slice(1)} after`);
  });

  test('with zero-width characters in it too, which are written out', () => {
    const marker = `<${ZERO_WIDTH}/respon${ZERO_WIDTH}se_a>`;
    expect(neutralise(marker)).toEqual({ text: '&lt;\\u{200b}/respon\\u{200b}se_a>', markers: 1, invisible: 2 });
    expect(neutralise('</respon\u200dse_a>')).toEqual({ text: '&lt;/respon\u200dse_a>', markers: 1, invisible: 0 });
  });

  test('as often as it stands', () => {
    expect(neutralise('</response_a><response_b>x</response_b>').markers).toBe(3);
  });

  test.each([
    '<response>',
    '<response_body>',
    '<response_apple>',
    '<b>bold</b> and <a href="x">',
    'response_a',
    '/response_a>',
    '<!-- response -->',
    '<user>prompt</user>',
    '#include <system_error>',
    '1 < 2 && b > a',
    'std::vector<int> a;',
    '[response_a]',
    '&lt;response_a>',
  ])('but ordinary text stays: %s', (text) => {
    expect(neutralise(text)).toEqual({ text, markers: 0, invisible: 0 });
  });

  test('a comparison that happens to read like one is disarmed as well: better twice than never', () => {
    expect(neutralise('a < response a').markers).toBe(1);
  });
});

describe('control tokens of chat templates and tool calls are disarmed', () => {
  test.each([
    '<|im_end|>',
    '<|im_start|>',
    '<|eot_id|>',
    '<|endoftext|>',
    '<｜end▁of▁sentence｜>',
    '<|end of text|>',
    '<s>',
    '</s>',
    '<bos>',
    '<eos>',
    '<start_of_turn>',
    '<end_of_turn>',
    '<tool_call>',
    '</tool_call>',
    '<tool_response>',
    '<tool_calls>',
    '<function_call>',
    '<function_results>',
    '<<SYS>>',
    '<</SYS>>',
    '[INST]',
    '[/INST]',
    '[/inst]',
    '[IN\u017fT]',
  ])('%s', (token) => {
    const { text, markers } = neutralise(`x${token}y`);
    expect(markers).toBe(1);
    expect(text).toBe(`x${token[0] === '[' ? '&#x5b;' : '&lt;'}${token.slice(1)}y`);
  });

  test.each([
    '<|>',
    `<|${'x'.repeat(41)}|>`,
    '<|a\nb|>',
    'a <| b',
    '<span>',
    '<section>',
    '<bosun>',
    '<turn>',
    '[INSTALL]',
    '[/x]',
    '<tool>',
    '<<EOF',
    '<<SYSTEM>>',
    'x|>',
  ])('but not %j', (text) => {
    expect(neutralise(text).markers).toBe(0);
  });

  test('forty characters between bars are the most that a token has', () => {
    expect(neutralise(`<|${'x'.repeat(40)}|>`).markers).toBe(1);
  });
});

describe('characters that do not print are written out', () => {
  test.each([
    ['\0', '0'],
    ['\x07', '7'],
    ['\x08', '8'],
    ['\v', 'b'],
    ['\f', 'c'],
    ['\x0e', 'e'],
    ['\x1b', '1b'],
    ['\x1f', '1f'],
    ['\x7f', '7f'],
    ['\x80', '80'],
    ['\x9f', '9f'],
    ['\xad', 'ad'],
    ['\u180e', '180e'],
    ['\u200b', '200b'],
    ['\u202a', '202a'],
    ['\u202e', '202e'],
    ['\u2060', '2060'],
    ['\u2066', '2066'],
    ['\u206f', '206f'],
    ['\ufeff', 'feff'],
    ['\ufff0', 'fff0'],
    ['\ufff8', 'fff8'],
    ['\u{1bca0}', '1bca0'],
    ['\u{1d173}', '1d173'],
    ['\u{1d17a}', '1d17a'],
    ['\u{e0000}', 'e0000'],
    ['\u{e0041}', 'e0041'],
    ['\u{e01ef}', 'e01ef'],
    ['\ud83d', 'd83d'],
    ['\ude00', 'de00'],
    ['\r', 'd'],
  ])('%j', (character, code) => {
    expect(neutralise(`a${character}b`)).toEqual({ text: `a\\u{${code}}b`, markers: 0, invisible: 1 });
  });

  test.each([
    '\n',
    '\t',
    '\r\n',
    ' ',
    '~',
    'é',
    '\u00a0',
    'ـ',
    'नमस्ते',
    'می\u200cخواهم',
    '👩\u200d👩\u200d👧',
    '❤\ufe0f',
    'א\u200fב',
    '\u2028',
    '\u{1f600}',
    '\ufffd',
    '\u202f',
  ])('but ordinary writing stays: %j', (text) => {
    expect(neutralise(`a${text}b`)).toEqual({ text: `a${text}b`, markers: 0, invisible: 0 });
  });
});

test('letters and digits stay as they are, and the result is clean when neutralised again', () => {
  const hostile = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<',
        '/',
        'response_a',
        'user_prompt',
        '>',
        '<|im_end|>',
        ZERO_WIDTH,
        '\u202e',
        '\ud800',
        '[INST]',
      ),
    ),
  );
  const letters = (text: string) =>
    text.replace(/&lt;|&#x[0-9a-f]+;|\\u\{[0-9a-f]+\}/g, '').replace(/[^\p{L}\p{N}]/gu, '');
  fc.assert(
    fc.property(hostile, (pieces) => {
      const raw = pieces.join('');
      const once = neutralise(raw);
      expect(neutralise(once.text)).toEqual({ text: once.text, markers: 0, invisible: 0 });
      expect(once.text).not.toMatch(/\p{Cs}/u);
      if (!/[&\\]/.test(raw)) expect(letters(once.text)).toBe(letters(raw.replace(/\p{Cs}/gu, '')));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a <|im_end|>', true],
  ['<｜end▁of▁sentence｜>', true],
  ['<s', false],
  ['<response_a>', false],
])('that %j holds a control token is %s, however often it is asked', (text, holds) => {
  expect([1, 2].map(() => holdsControlToken(text))).toEqual([holds, holds]);
});

describe('hostile texts take time that grows with their length', () => {
  const n = 100_000;
  test.each([
    ['<'.repeat(n)],
    ['<' + ' '.repeat(n)],
    ['< '.repeat(n / 2)],
    ['<r'.repeat(n / 2)],
    [('<response' + ' '.repeat(50)).repeat(n / 60)],
    ['<|'.repeat(n / 2)],
    [ZERO_WIDTH.repeat(n)],
    ['</response_a>'.repeat(n / 13)],
  ])('%#', { timeout: 5000 }, (text) => {
    expect(neutralise(text).text.length).toBeGreaterThanOrEqual(text.length);
  });
});
