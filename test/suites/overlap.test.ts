import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Prompt, Suite } from '../../src/records.js';
import { findPairs } from '../../src/suites/overlap.js';
import { wordsOf } from '../../src/suites/words.js';

const prompt = (id: string, text: string, rest: Partial<Prompt> = {}): Prompt => ({
  id,
  category: null,
  prompt: text,
  messages: null,
  system: null,
  reference: null,
  ...rest,
});
const suite = (name: string, ...texts: (string | Prompt)[]): Suite => ({
  name,
  domain: 'in-domain',
  description: null,
  prompts: texts.map((text, i) => (typeof text === 'string' ? prompt(`p${i}`, text) : text)),
});
const brief = (suites: Suite[], threshold?: number): string[] =>
  findPairs(suites, threshold).map(
    ({ kind, first, second, similarity }) =>
      `${kind} ${first.suite}/${first.prompt_id} ${second.suite}/${second.prompt_id} ${similarity.toFixed(2)}`,
  );

describe('prompts that stand twice', () => {
  test('are found inside a suite and across suites, white space aside, with the system prompt', () => {
    const a = suite('a', 'What is time?', 'Why?', ' What\n is  time? ');
    const b = suite('b', prompt('q', 'What is time?'), prompt('s', 'Why?', { system: 'Be brief.' }));
    expect(brief([a, b]).filter((line) => line.startsWith('duplicate'))).toEqual([
      'duplicate a/p0 a/p2 1.00',
      'duplicate a/p0 b/q 1.00',
      'duplicate a/p2 b/q 1.00',
    ]);
  });

  test('are near when only case and punctuation differ, and when one word of eleven does', () => {
    const eleven = 'one two three four five six seven eight nine ten eleven';
    expect(brief([suite('a', 'What is time?', 'what is TIME')])).toEqual(['near-duplicate a/p0 a/p1 1.00']);
    expect(brief([suite('a', eleven, eleven.replace('five', 'FIFTY'))])).toEqual(['near-duplicate a/p0 a/p1 0.71']);
    expect(brief([suite('a', eleven.slice(0, -7), eleven.slice(0, -7).replace('five', 'fifty'))])).toEqual([]);
  });

  test('are not near when another operator, number or order of words makes another question', () => {
    expect(brief([suite('a', 'What is 7 + 5?', 'What is 7 * 5?', 'What is 7 / 5?', 'What is 5 + 7?')])).toEqual([]);
    expect(brief([suite('a', 'the dog bit the man', 'the man bit the dog')])).toEqual([]);
    expect(brief([suite('a', '!!!', '???', '…')])).toEqual([]);
  });

  test('are compared by what the user says, not by the roles of a transcript', () => {
    const messages = [{ role: 'user' as const, content: 'Tell me about the sea at night' }];
    const b = prompt('m', 'user: Tell me about the sea at night', { messages });
    expect(brief([suite('a', 'Tell me about the sea at night'), suite('b', b)])).toEqual(['near-duplicate a/p0 b/m 1.00']);
  });

  test('are found in scripts without blanks between words', () => {
    expect(wordsOf('時間とは何か why')).toEqual(['時', '間', 'と', 'は', '何', 'か', 'why']);
    expect(brief([suite('a', '時間とは何かを三つの文で説明してください', '時間とは何かを四つの文で説明してください')])).toEqual([
      'near-duplicate a/p0 a/p1 0.83',
    ]);
  });

  test('are the same pairs that comparing each with each finds', () => {
    const text = fc.array(fc.constantFrom(...'abcd'), { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), fc.constantFrom(0.3, 0.5, 0.6, 0.7, 0.75, 1), (texts, threshold) => {
        const found = brief([suite('a', ...texts)], threshold);
        const alone: string[] = [];
        for (let i = 0; i < texts.length; i++)
          for (let j = 0; j < i; j++) {
            const both = [suite('a', prompt(`p${j}`, texts[j]!), prompt(`p${i}`, texts[i]!))];
            const sets = [texts[j]!, texts[i]!].map((t) => {
              const words = ['', ...t.split(' '), ''];
              return new Set(words.slice(1).map((word, k) => `${words[k]!}|${word}`));
            });
            const shared = [...sets[0]!].filter((pair) => sets[1]!.has(pair)).length;
            if (shared / (sets[0]!.size + sets[1]!.size - shared) >= threshold) alone.push(...brief(both, threshold));
          }
        expect(found).toEqual(alone);
      }),
      { numRuns: 300 },
    );
  });
});
