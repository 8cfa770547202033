import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DoubleblindError } from '../../src/errors.js';
import { suiteFromChat } from '../../src/suites/chat.js';
import { readCsvSuite } from '../../src/suites/csv.js';
import { readGsm8kSuite } from '../../src/suites/gsm8k.js';
import { loadSuite } from '../../src/suites/index.js';
import { readJsonlSuite } from '../../src/suites/jsonl.js';
import { failure, file, jsonl } from './files.js';

const lineOf = async (path: string, work: Promise<unknown>): Promise<string> =>
  (await failure(work)).line.replace(path, basename(path));

describe('a suite in JSON Lines', () => {
  test('takes name and domain from the file name, and ids from row numbers where a row has none', async () => {
    const path = file('my_in_domain.jsonl', '{"prompt":"a"}\n\n{"id":"own","prompt":"b","category":null}\n{"prompt":"c"}\n');
    const suite = await readJsonlSuite(path);
    expect(suite).toMatchObject({ name: 'my_in_domain', domain: 'in-domain', description: null });
    expect(suite.prompts.map(({ id }) => id)).toEqual(['row-1', 'own', 'row-3']);
  });

  test.each([
    ['val.jsonl', 'out-of-domain', 'val'],
    ['out-of-domain.jsonl', 'out-of-domain', 'out-of-domain'],
    ['new-multi-domain-2.jsonl', 'multi-domain', 'new-multi-domain-2'],
    ['v1.2.jsonl', 'out-of-domain', 'v1.2'],
  ])('%s is of domain %s', async (name, domain, stem) => {
    const path = file(name, jsonl([{ prompt: 'a' }]));
    expect(await readJsonlSuite(path)).toMatchObject({ name: stem, domain });
    expect(await readJsonlSuite(path, { name: 'n', domain: 'in-domain' })).toMatchObject({ name: 'n', domain: 'in-domain' });
  });

  test('is gzipped if its name says so', async () => {
    const path = file('out-of-domain.jsonl.gz', gzipSync(jsonl([{ id: 'a', prompt: 'p' }])));
    expect(await loadSuite(path)).toMatchObject({ name: 'out-of-domain', prompts: [{ id: 'a' }] });
  });

  test.each([
    ['{"prompt":"a"}\n{"promt":"b"}\n', 'x.jsonl:2:2: unknown key "promt". Did you mean "prompt"?'],
    ['{"prompt":"a"}\n\n{"prompt":3}\n', 'x.jsonl:3:11: prompt must be a text, not 3. Put it in quotes.'],
    ['{"id":"a","prompt":"a"}\n{"id":"a","prompt":"b"}\n', 'x.jsonl:2:7: prompt id "a" appears twice. The first stands on line 1.'],
    ['{"prompt":"a"}\n{"prompt":"b",}\n', 'x.jsonl:2:15: not valid JSON: unexpected "}"'],
    ['["a"]\n', 'x.jsonl:1:1: each row must be a JSON object: {"id": …, "prompt": …}'],
    ['{"id":"a"}\n', 'x.jsonl:1:1: the row takes either a prompt or messages'],
    ['\n\n', 'x.jsonl:1:1: the suite "x" has no prompts'],
  ])('%j', async (content, line) => {
    const path = file('x.jsonl', content);
    expect(await lineOf(path, loadSuite(path))).toBe(line);
  });
});

describe('a suite in CSV', () => {
  test('has cells with commas, quotes and line breaks; empty cells count as absent; messages are JSON', async () => {
    const path = file(
      'x.csv',
      '\uFEFFid,prompt,reference,messages\r\na,"Say ""hi"", please\nnow",42,\r\n,plain,,\r\nm,,,"[{""role"":""user"",""content"":""q""}]"\r\n',
    );
    expect((await readCsvSuite(path)).prompts).toEqual([
      { id: 'a', category: null, prompt: 'Say "hi", please\nnow', messages: null, system: null, reference: '42' },
      { id: 'row-2', category: null, prompt: 'plain', messages: null, system: null, reference: null },
      { id: 'm', category: null, prompt: 'user: q', messages: [{ role: 'user', content: 'q' }], system: null, reference: null },
    ]);
  });

  test('is separated by tabs in .tsv and may be gzipped', async () => {
    expect((await loadSuite(file('x.tsv', 'id\tprompt\na\tb, c\n'))).prompts[0]!.prompt).toBe('b, c');
    expect((await loadSuite(file('x.csv.gz', gzipSync('id,prompt\na,b\n')))).prompts).toHaveLength(1);
  });

  test('CSV with mixed, Windows or old Macintosh line ends, semicolons or tabs gives the same rows', async () => {
    const lf = 'id,prompt\na,x\nb,"two\nlines"\n';
    const read = async (content: string) => (await loadSuite(file('x.csv', content))).prompts;
    const prompts = await read(lf);
    expect(prompts.map(({ prompt }) => prompt)).toEqual(['x', 'two\nlines']);
    for (const [from, to] of [
      ['id,prompt\n', 'id,prompt\r\n'],
      ['a,x\n', 'a,x\r\n'],
      [',', ';'],
      [',', '\t'],
    ] as const)
      expect(await read(lf.replaceAll(from, to))).toEqual(prompts);
    expect((await read('id,prompt\ra,x\rb,y\r')).map(({ prompt }) => prompt)).toEqual(['x', 'y']);
    // A return inside a line is a character of its cell.
    expect((await read('id,prompt\na,x\ry\n'))[0]!.prompt).toBe('x\ry');
    expect((await failure(loadSuite(file('x.csv', 'id,prompt\ra,x\ra,y\r')))).line).toMatch(/x\.csv:3:1: prompt id "a" appears twice/);
  });

  test.each([
    ['id,prompt\na,"one\ntwo"\nb,x,y\n', 'CSV_SYNTAX', 4, 1],
    ['id,prompt\r\na,"open\r\nb,c\r\n', 'CSV_SYNTAX', 2, 3],
    ['id,prompt\na,"open"s\n', 'CSV_SYNTAX', 2, 1],
    ['id,prompt\n\na,"x, ""y""\nz"\n\na,z\n', 'SUITE_DUPLICATE_ID', 6, 1],
    ['prompt,id\n"x,y",a\nz,a\n', 'SUITE_DUPLICATE_ID', 3, 3],
    ['id,prompt,id\na,b,c\n', 'INVALID_VALUE', 1, 11],
    ['id,prompt, prompt\na,b,c\n', 'INVALID_VALUE', 1, 11],
    ['id,question\na,b\n', 'UNKNOWN_KEY', 1, 4],
    ['id,messages\na,"[{]"\n', 'JSON_SYNTAX', 2, 3],
    ['id,messages\na,"[{""role"":""usr"",""content"":""x""}]"\n', 'INVALID_VALUE', 2, 3],
    ['id,prompt\n', 'SUITE_EMPTY', 1, 1],
    ['', 'SUITE_EMPTY', 1, 1],
  ])('%j is %s at %i:%i', async (content, code, line, column) => {
    const error = await failure(loadSuite(file('x.csv', content)));
    expect({ code: error.code, line: error.place.line, column: error.place.column }).toEqual({ code, line, column });
  });

  test.each([
    ['id,prompt\nb,x,y\n', 'this row has 3 cells, the header 2'],
    ['id,prompt\nb\n', 'this row has 1 cell, the header 2'],
    ['id,prompt\na,an "open\n', 'a quote stands inside cell 2, which does not begin with one'],
    ['id,prompt\na,"open"s\n', 'cell 2 goes on behind its closing quote'],
    ['id,prompt\na,"open\n', 'a quote is opened and not closed'],
  ])('%j is told in words about rows and cells', async (content, words) => {
    const { message, place } = await failure(loadSuite(file('x.csv', content)));
    expect(message).toBe(`not valid CSV: ${words}.`);
    expect(place.hint).toMatch(/each quote inside it twice/);
  });

  test('that is not UTF-8 is named, not mended', async () => {
    const path = file('x.csv', Buffer.from('id,prompt\na,caf\xe9\n', 'latin1'));
    expect(await failure(loadSuite(path))).toMatchObject({ code: 'FILE_NOT_UTF8', place: { line: 2 } });
  });
});

describe('a GSM8K file', () => {
  test('becomes a suite with the number behind #### as reference', async () => {
    const path = file(
      'test.jsonl',
      jsonl([
        { question: 'How many?', answer: '2 + 2 = <<2+2=4>>4\n#### 4' },
        { question: 'How much?', answer: 'long\n#### 1,234,567 ' },
        { id: 17, question: 'Below zero?', answer: '#### -3.5' },
      ]),
    );
    const suite = await loadSuite(path);
    expect(suite.domain).toBe('out-of-domain');
    expect(suite.prompts.map(({ id, prompt, reference }) => [id, prompt, reference])).toEqual([
      ['row-1', 'How many?', '4'],
      ['row-2', 'How much?', '1234567'],
      ['17', 'Below zero?', '-3.5'],
    ]);
  });

  test('without a result is named by line, and never gives the worked solution as reference', async () => {
    const path = file('test.jsonl', jsonl([{ question: 'a', answer: '#### 1' }, { question: 'b', answer: 'four' }]));
    expect(await lineOf(path, readGsm8kSuite(path))).toBe('test.jsonl:2:26: the answer does not end with "#### " and the result');
  });
});

describe('a suite from a chat-format file', () => {
  const rows = [
    { messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'q1' }, { role: 'assistant', content: 'a1' }], extra: 1 },
    { messages: [{ role: 'user', content: 'q2' }, { role: 'assistant', content: 'a2' }, { role: 'user', content: 'q3' }, { role: 'assistant', content: 'a3', weight: 1 }] },
    { id: 'mine', prompt: 'q4', completion: 'a4' },
    { id: 5, prompt: [{ role: 'user', content: 'q5' }], completion: [{ role: 'assistant', content: 'a5' }] },
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'q6' }, { type: 'text', text: 'more' }] }] },
  ];

  test('asks what the rows asked, without the last answer', async () => {
    const suite = await suiteFromChat(file('val.jsonl', jsonl(rows)));
    expect(suite).toMatchObject({ name: 'val', domain: 'in-domain' });
    expect(suite.prompts).toEqual([
      { id: 'row-1', category: null, prompt: 'q1', messages: null, system: 'Be kind.', reference: null },
      {
        id: 'row-2',
        category: null,
        prompt: 'user: q2\n\nassistant: a2\n\nuser: q3',
        messages: [{ role: 'user', content: 'q2' }, { role: 'assistant', content: 'a2' }, { role: 'user', content: 'q3' }],
        system: null,
        reference: null,
      },
      { id: 'mine', category: null, prompt: 'q4', messages: null, system: null, reference: null },
      { id: '5', category: null, prompt: 'q5', messages: null, system: null, reference: null },
      { id: 'row-5', category: null, prompt: 'q6\nmore', messages: null, system: null, reference: null },
    ]);
    expect(JSON.stringify(suite)).not.toMatch(/a[1345]/);
  });

  test('keeps the last answer as reference only when asked', async () => {
    const suite = await suiteFromChat(file('val.jsonl', jsonl(rows)), { reference: true, name: 'n', domain: 'multi-domain' });
    expect(suite).toMatchObject({ name: 'n', domain: 'multi-domain' });
    expect(suite.prompts.map(({ reference }) => reference)).toEqual(['a1', 'a3', 'a4', 'a5', null]);
  });

  test.each([
    [{ text: 'a' }, 'a chat row has `messages`, or `prompt` and `completion`'],
    [{ messages: [{ role: 'human', content: 'a' }] }, 'messages[0].role must be "system" or "user" or "assistant", not "human"'],
    [{ messages: [{ role: 'assistant', content: 'a' }] }, 'messages must end with a turn of the user'],
    [{ messages: [{ role: 'system', content: 'a' }, { role: 'system', content: 'b' }] }, 'messages must end with a turn of the user'],
    [{ messages: [] }, 'messages must end with a turn of the user'],
    [{ messages: 'a' }, 'messages must be a list, not "a"'],
    [{ prompt: '', completion: 'a' }, 'prompt is empty'],
  ])('%j', async (row, message) => {
    const error = await failure(suiteFromChat(file('val.jsonl', jsonl([rows[0], row]))));
    expect(error).toMatchObject({ message, place: { line: 2 } });
  });
});

test('bytes under any name are a suite or a DoubleblindError, nothing else', async () => {
  const names = fc.constantFrom('x.yaml', 'x.json', 'x.jsonl', 'x.jsonl.gz', 'x.csv', 'x.tsv', 'x.csv.gz', 'x.txt');
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: fc.constantFrom(...'{}[]":,\n id#-prompt\t'), maxLength: 60 }), fc.json().map((text) => text));
  const readers = fc.constantFrom(loadSuite, readJsonlSuite, readCsvSuite, readGsm8kSuite, suiteFromChat);
  await fc.assert(
    fc.asyncProperty(names, bytes, readers, async (name, content, read) => {
      await read(file(name, content)).catch((error: unknown) => {
        expect(error).toBeInstanceOf(DoubleblindError);
      });
    }),
    { numRuns: 300 },
  );
});
