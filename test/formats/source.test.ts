import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonArray } from '../../src/formats/array.js';
import { openRecords, repeatedKey } from '../../src/formats/source.js';
import { fileOf, lines } from './files.js';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
const fault = async (name: string, content: string | Uint8Array) => {
  const error = await all(openRecords(fileOf(name, content))).catch((e: unknown) => e);
  return error as { code: string; line: string; place: { line?: number } };
};

describe('a JSON array', () => {
  it('is the same values as JSON.parse gives, however it is printed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.constantFrom(0, 1, 4), async (values, indent) => {
        const text = JSON.stringify(values, null, indent);
        const file = fileOf('a.json', text);
        const rows = await all(readJsonArray(file));
        expect(rows.map(({ value }) => value)).toEqual(JSON.parse(text));
      }),
      { numRuns: 60 },
    );
  });

  it('is cut at its own commas when it is larger than a piece of the file', async () => {
    const values = Array.from({ length: 40 }, (_, i) => ({ i, text: `],[{"\\,${'é'.repeat(20_000)}` }));
    const rows = await all(readJsonArray(fileOf('a.json.gz', JSON.stringify(values))));
    expect(rows.map(({ value }) => value)).toEqual(values);
  });

  it('says on which line an element begins', async () => {
    const rows = await all(readJsonArray(fileOf('a.json', '[\n  {"a": 1},\n\n  {\n "a": 2}\n]\n')));
    expect(rows.map(({ line }) => line)).toEqual([2, 4]);
  });

  it.each(['[1,', '[1,]', '[,1]', '[1]2', '[1 2]', '[{"a":1}', '["a', '[}]', '[1,,2]'])(
    '%s is a fault',
    async (text) => {
      await expect(all(readJsonArray(fileOf('a.json', text)))).rejects.toMatchObject({ code: 'JSON_SYNTAX' });
    },
  );

  it('with an element above the limit is refused before memory is spent on it', async () => {
    const file = fileOf('a.json', `["${'x'.repeat(5000)}"]`);
    await expect(all(readJsonArray(file, 1000))).rejects.toMatchObject({ code: 'FILE_TOO_LARGE_LINE' });
    await expect(all(readJsonArray(file, 6000))).resolves.toHaveLength(1);
  });
});

describe('records', () => {
  it('are read alike from lines, an array and a table', async () => {
    const records = [
      { a: 'one', b: 'two\nlines' },
      { a: 'A, "B"', b: 'é\u2028' },
    ];
    const csv = 'a,b\none,"two\nlines"\n"A, ""B""",é\u2028\n';
    for (const [name, content] of [
      ['x.jsonl', lines(...records)],
      ['x.json', JSON.stringify(records, null, 2)],
      ['x.csv', csv],
      ['x.csv', `\uFEFF${csv.replaceAll('\n', '\r\n').replace('two\r\n', 'two\n')}`],
      ['x.tsv', csv.replace('a,b', 'a\tb').replace('one,', 'one\t').replace('""",', '"""\t')],
      ['x.csv.gz', csv],
    ] as const) {
      const items = await all(openRecords(fileOf(name, content)));
      expect(items.map(({ fields }) => ({ a: fields.text('a'), b: fields.text('b') }))).toEqual(records);
      expect(items.map(({ row }) => row)).toEqual([1, 2]);
    }
  });

  it('of a table stand on the line where they begin', async () => {
    const items = await all(openRecords(fileOf('x.csv', 'a,b\n1,"x\ny\nz"\n2,w\n')));
    expect(items.map(({ line }) => line)).toEqual([2, 5]);
  });

  it('have no field that only every object has', async () => {
    const [item] = await all(openRecords(fileOf('x.jsonl', '{"a":1}\n')));
    expect(item!.fields.value('constructor')).toBeNull();
    expect(item!.fields.knows('toString')).toBe(false);
  });

  it('that state a key twice are refused, since either value could be meant', async () => {
    expect(await fault('x.jsonl', '{"winner":"brie","winner":"baseline"}\n')).toMatchObject({ code: 'INVALID_VALUE' });
    expect(await fault('x.csv', 'winner,winner\na,b\n')).toMatchObject({ code: 'INVALID_VALUE' });
    expect(repeatedKey('{"a":{"b":1},"b":2}')).toBeNull();
    expect(repeatedKey('{"a":"\\"b\\":","b":2,"c":["b",{"b":1}]}')).toBeNull();
    expect(repeatedKey('{"\\u0061":1,"a":2}')).toBe('a');
  });

  it('never state a key twice when they were written by JSON.stringify', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => repeatedKey(JSON.stringify(value)) === null),
    );
  });

  it.each([
    ['empty', 'x.jsonl', '', 'FILE_UNKNOWN_FORMAT'],
    ['blank', 'x.json', ' \n\n', 'FILE_UNKNOWN_FORMAT'],
    ['a row that is a list', 'x.jsonl', '[1]\n', 'INVALID_VALUE'],
    ['a row that is a number', 'x.jsonl', '{"a":1}\n5\n', 'INVALID_VALUE'],
    ['a cut row', 'x.jsonl', '{"a":1}\n{"a":', 'JSON_SYNTAX'],
    ['a table with a row too long', 'x.csv', 'a,b\n1,2\n1,2,3\n', 'CSV_SYNTAX'],
    ['a table with an open quote', 'x.csv', 'a,b\n1,"2\n', 'CSV_SYNTAX'],
  ])('%s: one error with its code', async (_, name, content, code) => {
    expect(await fault(name, content)).toMatchObject({ code });
  });

  it('that are not UTF-8 are refused in every dress', async () => {
    for (const [name, text] of [
      ['x.jsonl', '{"a":"\xff"}\n'],
      ['x.json', '[{"a":"\xff"}]'],
      ['x.csv', 'a\n\xff\n'],
    ] as const)
      expect(await fault(name, Buffer.from(text, 'latin1'))).toMatchObject({ code: 'FILE_NOT_UTF8' });
  });
});

describe('a table', () => {
  it('with mixed line ends, semicolons or tabs holds the same records', async () => {
    const lf = 'prompt,winner\nx,baseline\ny,candidate\n';
    const read = async (content: string) =>
      (await all(openRecords(fileOf('t.csv', content)))).map(({ fields, line }) => [fields.text('winner'), line]);
    expect(await read(lf)).toEqual([
      ['baseline', 2],
      ['candidate', 3],
    ]);
    for (const [from, to] of [
      ['winner\n', 'winner\r\n'],
      ['baseline\n', 'baseline\r\n'],
      [',', ';'],
      [',', '\t'],
    ] as const)
      expect(await read(lf.replaceAll(from, to))).toEqual(await read(lf));
  });
});
