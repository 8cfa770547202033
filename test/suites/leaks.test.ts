import { describe, expect, test } from 'vitest';
import { findLeaks } from '../../src/suites/leaks.js';
import { suiteOf } from '../../src/suites/yaml.js';
import { failure, file, jsonl } from './files.js';

const LONG =
  'Write a meditation on how time feels different while waiting for a late train than while working in a garden at noon';
const TEN = 'Describe the first ten minutes of light in a kitchen';
const SHORT = 'What is time?';
const suite = suiteOf({
  name: 'mine',
  domain: 'in-domain',
  prompts: [
    { id: 'long', prompt: LONG },
    { id: 'ten', prompt: TEN },
    { id: 'short', prompt: SHORT },
    { id: 'turns', messages: [{ role: 'user', content: 'Hello there' }, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'Tell me slowly and in plain words what a promise is' }] },
    { id: 'clean', prompt: 'Name seven angles for an essay on boredom that do not end in praising boredom at any price' },
  ],
});
const leaks = async (rows: unknown[]) => (await findLeaks([suite], file('sft.jsonl', jsonl(rows)))).leaks;

describe('a suite that leaked into training data', () => {
  test('is named with the rows, whatever shape they have', async () => {
    const report = await findLeaks(
      [suite],
      file(
        'sft.jsonl',
        jsonl([
          { messages: [{ role: 'user', content: 'Something else' }, { role: 'assistant', content: 'Fine' }] },
          { messages: [{ role: 'user', content: `${LONG}!` }, { role: 'assistant', content: 'Time…' }] },
          { prompt: SHORT.toUpperCase(), completion: 'A river.' },
          { text: `### Question\n${TEN}, please.\n### Answer\nAt first` },
          { conversations: [{ from: 'human', value: LONG }] },
        ]),
      ),
    );
    expect(report.n_rows).toBe(5);
    expect(report.leaks).toEqual([
      { kind: 'duplicate', suite: 'mine', prompt_id: 'long', rows: [2, 5], n_rows: 2, share: 1 },
      { kind: 'overlap', suite: 'mine', prompt_id: 'ten', rows: [4], n_rows: 1, share: 1 },
      { kind: 'duplicate', suite: 'mine', prompt_id: 'short', rows: [3], n_rows: 1, share: 1 },
    ]);
  });

  test('overlaps from thirteen shared words on, and the share says how much of it', async () => {
    const words = LONG.split(' ');
    expect(await leaks([{ text: `so ${words.slice(3, 16).join(' ')} so` }])).toEqual([
      { kind: 'overlap', suite: 'mine', prompt_id: 'long', rows: [1], n_rows: 1, share: 1 / (words.length - 12) },
    ]);
    expect(await leaks([{ text: `so ${words.slice(3, 15).join(' ')} so` }])).toEqual([]);
    expect(await leaks([{ text: [...words.slice(0, 12), 'or', ...words.slice(12)].join(' ').slice(0, 75) }])).toEqual([]);
  });

  test('a short prompt counts only as a whole text, a run of words never crosses two texts', async () => {
    expect(await leaks([{ text: `He asked: ${SHORT} Nobody knew.` }])).toEqual([]);
    const [a, b] = [TEN.slice(0, 20), TEN.slice(20)];
    expect(await leaks([{ messages: [{ role: 'user', content: a }, { role: 'user', content: b }] }])).toEqual([]);
  });

  test('turns of the user are looked for, not the roles of the transcript', async () => {
    expect(await leaks([{ text: 'Tell me slowly and in plain words what a promise is' }])).toEqual([]);
    expect(await leaks([{ text: 'Hello there\n\nTell me slowly and in plain words what a promise is' }])).toMatchObject([
      { kind: 'duplicate', prompt_id: 'turns' },
    ]);
  });

  test('lists the first twenty rows and counts them all', async () => {
    const [leak] = await leaks(Array.from({ length: 33 }, () => ({ text: SHORT })));
    expect(leak).toMatchObject({ n_rows: 33 });
    expect(leak!.rows).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test('rows nested without end and rows that are no objects are read too', async () => {
    const deep = `${'['.repeat(20_000)}"${SHORT}"${']'.repeat(20_000)}`;
    const report = await findLeaks([suite], file('sft.jsonl', `${deep}\n"${SHORT}"\nnull\n3\n`));
    expect(report.leaks).toMatchObject([{ prompt_id: 'short', rows: [1, 2] }]);
  });

  test('a training file that is not JSON Lines is one clear line', async () => {
    expect(await failure(findLeaks([suite], file('sft.jsonl', '{"a":1}\n{"a"\n')))).toMatchObject({
      code: 'JSON_SYNTAX',
      place: { line: 2, column: 5 },
    });
  });
});
