import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VERDICTS, type StopReason, type Verdict } from '../../src/records.js';
import { readReply } from '../../src/judging/verdict.js';

interface Row {
  name: string;
  template: keyof typeof TEMPLATES;
  text: string;
  stop_reason: StopReason | null;
  expect: Record<string, unknown>;
}

const criteria = ['creativity', 'coherence', 'depth', 'engagement', 'quality'];
const TEMPLATES = {
  verdict: { criteria: [], scale: null, allow_tie: true },
  'no-tie': { criteria: [], scale: null, allow_tie: false },
  rubric: { criteria, scale: [1, 5] as [number, number], allow_tie: true },
};
const replies = new URL('../replies/', import.meta.url);
const rows = readdirSync(replies).flatMap((file) =>
  (JSON.parse(readFileSync(new URL(file, replies), 'utf8')) as Row[]).map((row) => ({ ...row, file })),
);

const read = (text: string, stop_reason: StopReason | null = 'end') =>
  readReply({ text, stop_reason }, TEMPLATES.verdict);
const json = (verdict: unknown, rationale = 'Clear.') => JSON.stringify({ rationale, quote: '', verdict });

describe('the table of replies', () => {
  test.each(rows)('$file: $name', (row) => {
    const reading = readReply(row, TEMPLATES[row.template]);
    expect(reading).toMatchObject(row.expect);
    expect(reading.how).not.toBe('');
    if (reading.state === 'failed') expect(Object.keys(reading)).not.toContain('verdict');
  });

  test('holds every failure that a reply can have, and every verdict', () => {
    const seen = (key: string) => new Set(rows.map((row) => row.expect[key]).filter(Boolean));
    expect(seen('failure')).toEqual(new Set(['refused', 'unreadable', 'truncated', 'contradictory']));
    expect(seen('verdict')).toEqual(new Set(VERDICTS));
  });
});

describe('a rationale that decides for another side contradicts the verdict', () => {
  test.each([
    'Response B is better than Response A.',
    'B is better.',
    'Therefore B is better.',
    'On balance, B is better because it is right.',
    'B was clearly stronger overall.',
    'Response B is clearly superior and should win.',
    'So the winner is Response B.',
    'The winner is the second.',
    'My verdict: B',
    'Final answer: B',
    'I choose B.',
    'I would go with Response B.',
    'B wins.',
    'Response B wins because it is right.',
    'B deserves to win.',
    'The better answer is B.',
    'The second response is better.',
    'Response B is the stronger response overall.',
    'Overall, B is the better choice.',
    'This is a tie.',
    'It is clearly a tie!',
    'Both are equally good; so be it.',
    'Both responses are tied.',
    'Neither is better.',
    'So, "[[B]]" aside: [[B]]',
    'Die bessere Antwort ist B.',
    'Antwort B ist deutlich besser.',
    'La meilleure réponse est la réponse B.',
    'La réponse B est nettement meilleure.',
    'La mejor respuesta es B.',
    'La respuesta B es mejor.',
    'Ответ B лучше.',
    '回答B更好。',
    'Bの方が優れている。',
  ])('%s', (rationale) => {
    expect(read(json('A', rationale))).toMatchObject({ state: 'failed', failure: 'contradictory' });
    expect(read(json('A', `Both are long. ${rationale}`))).toMatchObject({ failure: 'contradictory' });
  });

  test.each([
    'On style, Response A wins. On accuracy, Response B wins, and accuracy matters more here.',
    'For brevity, Response A wins. Response B is nevertheless right where A errs.',
    "I prefer Response A's tone, but B answers the question.",
    'Although I prefer Response A for warmth, Response B answers what was asked.',
    'A is the better of the two in style, but B is correct.',
    'Response A is the better answer to the first half; B answers both halves.',
    'A is better overall in tone.',
    'A is better, yet it is wrong.',
    'Response A contains [[A]] as an attempt to sway the judge, which earns nothing.',
    'It contains [[A]]',
    'The first text says „the winner is A“ to the judge; ignored.',
    'The first text claims 「the winner is A」 and 『A is better』; ignored.',
    'A says: "I am sure the better\nresponse is A". Ignored.',
    '> The winner is A.\nThat line is quoted.',
    '```\nThe winner is A.\n```\nThat block is quoted.',
    'If style were all that counts, Response A wins.',
    'One might think the winner is A at first sight.',
    'It is wrong to say that Response A is the better response.',
    'A reader in a hurry would say A is the winner; B is deeper.',
    'Response A is not the winner.',
    "The winner isn't A.",
    "I can't say the better response is A, since it errs.",
    'Nobody would claim that the better response is A.',
    'Regarding depth, A is better.',
    'As for depth, A is better.',
    'The winner is A in style only.',
    'A is better written, and A is better at detail.',
    'Such a is better.',
    'Class A-rated gear is better.',
    'It is a tie in style.',
    'Both are equally good at rhyme.',
  ])('but not: %s', (rationale) => {
    expect(read(json('B', rationale))).toMatchObject({ state: 'judged', verdict: 'B' });
  });

  test('and so does a verdict under another key', () => {
    for (const key of [
      'winner',
      'final_verdict',
      'choice',
      'preferred',
      'preferred_response',
      'preferredResponse',
      'overallWinner',
    ])
      expect(read(JSON.stringify({ verdict: 'A', [key]: 'B' })), key).toMatchObject({ failure: 'contradictory' });
    expect(read(JSON.stringify({ verdict: 'A', winner: 'Response A' }))).toMatchObject({ verdict: 'A' });
    for (const key of ['nonwinner', 'winners', 'draft'])
      expect(read(JSON.stringify({ verdict: 'A', [key]: 'B' })), key).toMatchObject({ verdict: 'A' });
    expect(read(JSON.stringify({ verdict: 'A', winner: '' }))).toMatchObject({ verdict: 'A' });
    expect(read(JSON.stringify({ verdict: 'A', winner: 'the first', choice: null, draft: 'B' }))).toMatchObject({
      verdict: 'A',
    });
  });
});

describe('what a thought considers is not what the judge decides', () => {
  test.each([
    `<think>\nMaybe A? Verdict: A. Hmm, no.\n</think>\n${json('B')}`,
    `<think>I could write ${json('A')}, but no.</think>${json('B')}`,
    ` <Reasoning>Verdict: A</Reasoning>\nVerdict: B`,
    `Verdict: A? No.\n</think>\nVerdict: B`,
    json('B', 'The first closes </think> and says "Verdict: A".'),
    '```json\n' + json('B', 'It closes </thinking>.') + '\n```',
  ])('%j', (text) => {
    expect(read(text)).toMatchObject({ state: 'judged', verdict: 'B' });
  });

  test.each([
    'Verdict: A\n\nResponse B ends with\n</think>\n\nVerdict: B',
    '\n**Winner:** Response A\n<think>Or not?</think>\nVerdict: B',
  ])('a tag behind a verdict ends no thought: %j', (text) => {
    expect(read(text)).toMatchObject({ state: 'failed', failure: 'contradictory' });
  });

  test.each([
    'The user wants a verdict. Verdict: A? No.\n</think>\n\nVerdict: B',
    'I shall answer as {"verdict": "A"} or the like.\nVerdict: A\nBut B is right.\n</think>\n\nVerdict: B',
  ])('a thought that was opened elsewhere may state and draft what it likes: %j', (text) => {
    expect(read(text)).toMatchObject({ state: 'judged', verdict: 'B' });
  });

  test('one that never ends decides nothing', () => {
    const text = '<think>\nFirst glance.\nVerdict: A\nBut wait, let me see B, which';
    expect(read(text)).toMatchObject({ failure: 'unreadable', how: 'the reply ends within a thought' });
    expect(read('I <think> so.\n\nVerdict: A')).toMatchObject({ verdict: 'A' });
  });
});

describe("a verdict in plain text is the judge's own, of the whole", () => {
  test.each([
    'Response B contains the text [[B]] which tries to manipulate me. I do not reward that.',
    'Response B says "[[B]]". Response A is right.',
    'Response B says:\n> Verdict: B\nwhich is manipulation; Response A is clearly right.',
    'Response B ends with\n```\nVerdict: B\n```\nand that is an injection. Response A is right.',
    'Do not say\nVerdict: A\nwhen B is right.',
    'If I ignore accuracy:\nVerdict: A\nBut accuracy counts.',
    '## Creativity\nWinner: A\n\n## Depth\nB is deeper.',
    '**Creativity**\n\nWinner: A\n\nB is deeper.',
    'Creativity\nWinner: A',
    'Final answer: 42',
    'The answer is B12.',
  ])('%j is unreadable', (text) => {
    expect(read(text)).toMatchObject({ state: 'failed', failure: 'unreadable' });
  });

  test.each([
    'Verdict: A\nNo, on reflection B is better.',
    'Verdict: A\n\nCorrection: my choice is B.',
    'Creativity:\nWinner: A\n\nFinal answer: B',
    'Verdict: A\nOn second thoughts:\nVerdict: B',
    'It holds [[A]], which is nothing.\n\nVerdict: B',
  ])('%j is contradictory', (text) => {
    expect(read(text)).toMatchObject({ state: 'failed', failure: 'contradictory' });
  });

  test.each([
    ['The final verdict is: **B**', 'B'],
    ['1. Verdict: A', 'A'],
    ['Final answer: A', 'A'],
    ['Preferred response: B', 'B'],
    ['Verdict: "A"', 'A'],
    ['```\nVerdict: A\n```', 'A'],
    ['~~~text\nB says more.\n\nVerdict: B\n~~~', 'B'],
    ['My verdict follows:\nVerdict: A', 'A'],
    ['## Overall\n\nWinner: B', 'B'],
    ['Verdict: A\nbecause it is right.', 'A'],
    ['So my choice is [[B]]', 'B'],
    ['It holds "[[A]]".\n\nVerdict: B', 'B'],
  ])('%j is %s', (text, verdict) => {
    expect(read(text)).toMatchObject({ state: 'judged', verdict });
  });

  test.each(["I can't fault Response A; it is right.", "I won't lie: B is right.", 'I cannot tell which is right.'])(
    'an opening that declines nothing is no refusal: %s',
    (text) => {
      expect(read(text)).toMatchObject({ failure: 'unreadable' });
    },
  );
});

describe('reasons under another key than the one that was asked for', () => {
  test.each(['reason', 'Reasoning', 'explanation', 'analysis', 'thought', 'thoughts', 'comment', 'conclusion'])(
    '%s: decide too',
    (key) => {
      const reply = (words: string): string => JSON.stringify({ [key]: words, verdict: 'A' });
      expect(read(reply('B is better.'))).toMatchObject({ state: 'failed', failure: 'contradictory' });
      expect(read(reply('A is better.'))).toMatchObject({ state: 'judged', verdict: 'A', rationale: null });
    },
  );

  test.each(['evidence', 'response_b', 'reason_for_b', 'quoted_reason', 'quote'])(
    '%s: may hold the words of a response',
    (key) => {
      expect(read(JSON.stringify({ [key]: 'B is better.', verdict: 'A' }))).toMatchObject({ verdict: 'A' });
    },
  );
});

test.each(['A.', '[[A]]', 'Response A', '"a"'])('a verdict with decoration is one: %s', (verdict) => {
  expect(read(json(verdict))).toMatchObject({ state: 'judged', verdict: 'A' });
});

test('two objects with the same verdict in other letters are one', () => {
  expect(read(`${json('A')}\n${json('a ')}`)).toMatchObject({ state: 'judged', verdict: 'A' });
  expect(read('{"verdict": 1}\n{"verdict": "1"}')).toMatchObject({ failure: 'contradictory' });
});

describe('how a reply was read is said', () => {
  test.each([
    [json('A'), 'JSON'],
    [`\n ${json('A')}\n`, 'JSON'],
    ['```json\n' + json('A') + '\n```', 'JSON in a code fence'],
    ['```\n' + json('A') + '\n```  ', 'JSON in a code fence'],
    [`So: ${json('A')}`, 'JSON in prose'],
    [`${json('A')} so`, 'JSON in prose'],
    ['```json\n' + json('A'), 'JSON in prose'],
    [json('A') + '\n```', 'JSON in prose'],
    ['Verdict: A', 'verdict line in plain text'],
    [' \n', 'the reply is empty'],
    ['```json  \n' + json('A') + '\n\n ```\nDone.', 'JSON in a code fence'],
    ['```js\nf()\n```\nSo: ' + json('A') + '\n```', 'JSON in prose'],
    ['```json\n' + json('A') + '\nand more ```', 'JSON in prose'],
    ['', 'the reply is empty'],
    [json('C'), 'JSON: "C" is not a verdict'],
    [json('x'.repeat(50)), `JSON: "${'x'.repeat(40)}" is not a verdict`],
    [json(3), 'JSON: a value of type number is not a verdict'],
    [json('A', 'The winner is B.'), 'JSON: the verdict is A, the words around it say B'],
    [`Winner: none\n${json('A')}`, 'JSON in prose: the verdict is A, the words around it say neither'],
    ['{"verdict": "A", "verdict": "B"}', 'the key "verdict" stands twice with other values'],
    ['{"verdict": "A", "\\u0076erdict": "B"}', 'the key "verdict" stands twice with other values'],
    ['{"\\u0076erdict": "A", "\\u0076\\u0065rdict": "B"}', 'the key "verdict" stands twice with other values'],
    [`${json('A')}${json('B')}`, 'several JSON objects name different verdicts'],
    ['{"verdict": A}', 'the reply is not valid JSON'],
    ['{"verdict": "A"', 'the JSON of the reply is cut off'],
    ['{"x"'.repeat(17), 'the reply is full of braces that never close'],
    ['{"x"'.repeat(16), 'plain text without a verdict line'],
    ['Hm.', 'plain text without a verdict line'],
    ['I cannot judge this.', 'plain text that declines to judge'],
    ['Verdict: A\nVerdict: B', 'plain text names both verdicts'],
    ['Verdict: A\nVerdict: tie', 'plain text names several verdicts'],
    ['Verdict: none', 'the verdict line names no verdict'],
    ['Verdict: A\nVerdict: none', 'the verdict line names no verdict'],
  ])('%j', (text, how) => {
    expect(read(text).how).toBe(how);
  });

  test('a rubric reply without usable scores says so, a reply without a rubric does not', () => {
    expect(readReply({ text: json('A'), stop_reason: 'end' }, TEMPLATES.rubric).how).toBe(
      'JSON, scores missing or off the scale',
    );
    expect(readReply({ text: json('A'), stop_reason: 'end' }, TEMPLATES.verdict).how).toBe('JSON');
  });

  test('stop reasons are named', () => {
    expect(read('x', 'refusal').how).toBe('the endpoint reports a refusal');
    expect(read('x', 'length').how).toBe('the reply reached the token limit');
  });

  test('a tie that is not allowed is named, structured or plain', () => {
    const noTie = (text: string) => readReply({ text, stop_reason: 'end' }, TEMPLATES['no-tie']).how;
    expect(noTie(json('tie'))).toBe('JSON: a tie where none is allowed');
    expect(noTie('Verdict: tie')).toBe('verdict line: a tie where none is allowed');
  });
});

test('a judge without a template answers with a verdict alone, and may call a tie', () => {
  expect(readReply({ text: json('tie'), stop_reason: null }, null)).toMatchObject({ state: 'judged', verdict: 'tie' });
  const rated = JSON.stringify({ scores_a: { quality: 3 }, scores_b: { quality: 3 }, verdict: 'A' });
  expect(readReply({ text: rated, stop_reason: null }, null)).toMatchObject({ scores_a: null, how: 'JSON' });
});

test('a reply of 200,000 characters is read, a longer one is unreadable', () => {
  const padded = (length: number) => json('A').padEnd(length, ' ');
  expect(read(padded(200_000))).toMatchObject({ state: 'judged', verdict: 'A' });
  expect(read(padded(200_001))).toMatchObject({
    failure: 'unreadable',
    how: 'the reply has more than 200000 characters',
  });
});

test('scores are those of the criteria that were asked, on the scale that was given', () => {
  const text = JSON.stringify({ scores_a: { wit: 2 }, scores_b: { wit: 3 }, verdict: 'B' });
  const scores = (criteria: string[], scale: [number, number] | null) => {
    const reading = readReply({ text, stop_reason: 'end' }, { criteria, scale, allow_tie: true });
    return reading.state === 'judged' ? reading.scores_a : undefined;
  };
  expect(scores(['wit'], [1, 5])).toEqual({ wit: 2 });
  expect(scores([], [1, 5])).toBe(null);
  expect(scores(['wit'], null)).toBe(null);
});

test('an inherited property is no score', () => {
  const template = { criteria: ['constructor'], scale: [1, 5] as [number, number], allow_tie: true };
  const text = JSON.stringify({ scores_a: {}, scores_b: {}, verdict: 'A' });
  expect(readReply({ text, stop_reason: 'end' }, template)).toMatchObject({ verdict: 'A', scores_a: null });
});

describe('for any text', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...rows.map((row) => row.text)),
    fc.constantFrom(
      'Verdict: A',
      'Winner: B',
      '[[A]]',
      '[[B]]',
      json('A'),
      json('B'),
      json('tie'),
      '{"',
      '}',
      '"',
      '\n',
      '```',
    ),
  );
  const text = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('\n'));

  test('reading never throws, and fails with a reason or gives a verdict', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('end', 'length', 'refusal', 'tool', 'other', null), (text, stop) => {
        const reading = readReply({ text, stop_reason: stop }, TEMPLATES.rubric);
        if (reading.state === 'judged') expect(VERDICTS).toContain(reading.verdict);
        else expect(['refused', 'unreadable', 'truncated', 'contradictory']).toContain(reading.failure);
        if (stop === 'length' || stop === 'refusal') expect(reading.state).toBe('failed');
      }),
      { numRuns: 500 },
    );
  });

  test('a text that states no verdict is never given one', () => {
    const words = fc.array(fc.constantFrom('A', 'B', 'tie', 'better', 'Response', 'good', 'is', 'the', '.', '\n'), {
      maxLength: 30,
    });
    // This does state one.
    const states = /^ *(?:the )?better Response is (?:Response )?(?:A|B|tie)\b/m;
    expect(read('the better Response is A')).toMatchObject({ state: 'judged', verdict: 'A' });
    fc.assert(
      fc.property(
        words.map((all) => all.join(' ')).filter((text) => !states.test(text)),
        (text) => {
          expect(read(text).state).toBe('failed');
        },
      ),
    );
  });

  test('a verdict comes back whatever its rationale and quote hold, unless the rationale decides otherwise', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom<Verdict>(...VERDICTS),
        (rationale, quote, verdict) => {
          const reading = read(JSON.stringify({ rationale, quote, verdict }));
          expect(reading).toMatchObject({ state: 'judged', verdict, quote: quote.trim() === '' ? null : quote.trim() });
        },
      ),
    );
  });

  test('what no database holds is replaced in rationale and quote, as it is in the reply', () => {
    const reading = read('{"rationale": "half \\ud83d of it", "quote": "nothing\\u0000", "verdict": "A"}');
    expect(reading).toMatchObject({ verdict: 'A', rationale: 'half \uFFFD of it', quote: 'nothing\uFFFD' });
  });

  test('a whole reply cut anywhere is never read', () => {
    const whole = JSON.stringify({ rationale: 'The winner is {clear} and "quoted".', quote: 'a [b] c', verdict: 'A' });
    for (let length = 0; length < whole.length; length++) {
      expect(read(whole.slice(0, length)), whole.slice(0, length)).toMatchObject({ state: 'failed' });
    }
    expect(read(whole)).toMatchObject({ state: 'judged', verdict: 'A' });
  });
});

describe('hostile replies are read in time that grows with their length', () => {
  const n = 190_000;
  test.each([
    ['{"'.repeat(n / 2)],
    ['{"verdict":'.repeat(n / 11)],
    ['{"a":' + '['.repeat(n)],
    ['{"verdict":' + '['.repeat(n / 2) + ']'.repeat(n / 2) + '}'],
    ['"'.repeat(n)],
    ['x' + '\n'.repeat(n) + 'x'],
    ['Verdict:' + ' '.repeat(n) + 'x'],
    ['[[' + ' '.repeat(n)],
    ['[['.repeat(n / 2)],
    ['“'.repeat(n)],
    ["'a ".repeat(n / 3)],
    ['the '.repeat(n / 4)],
    ['winner' + ' '.repeat(n)],
    ['response '.repeat(n / 9)],
    [JSON.stringify({ rationale: '“‘«`'.repeat(n / 8), verdict: 'A' })],
    [JSON.stringify({ rationale: 'overall, '.repeat(n / 9), verdict: 'A' })],
  ])('%#', { timeout: 5000 }, (text) => {
    expect(text.length).toBeLessThanOrEqual(200_000);
    expect(() => read(text)).not.toThrow();
  });
});
