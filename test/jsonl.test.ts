import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { DoubleblindError } from '../src/errors.js';
import { fileHash, openBytes } from '../src/bytes.js';
import { parseJsonLine, readJsonl, readJsonlBlocks, readText, type JsonlRow, type Source } from '../src/jsonl.js';
import { loadRecorded } from '../src/models/index.js';
import { loadSuite } from '../src/suites/index.js';

const dir = mkdtempSync(join(tmpdir(), 'doubleblind-jsonl-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});
let files = 0;
const file = (content: string | Uint8Array, name = 'rows.jsonl'): string => {
  const path = join(dir, `${files++}-${name}`);
  writeFileSync(path, content);
  return path;
};
const rows = async (source: Source, options?: { file?: string; limit?: number }): Promise<JsonlRow[]> => {
  const all: JsonlRow[] = [];
  for await (const { value, line, text } of readJsonl(source, options)) all.push({ value, line, text });
  return all;
};
const failure = async (work: Promise<unknown>): Promise<DoubleblindError> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DoubleblindError);
  return error as DoubleblindError;
};
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}
/** Each piece in the place of the one before it, as files are read. */
async function* piecesInPlace(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const place = new Uint8Array(size);
  for await (const piece of pieces(bytes, size)) {
    place.fill(0).set(piece);
    yield place.subarray(0, piece.length);
  }
}

describe('rows of a JSON Lines file', () => {
  test('come with their line, empty lines counted but skipped, with or without a last line feed', async () => {
    const path = file('{"a":1}\n\n  \n[2]\n"three"');
    expect(await rows(path)).toEqual([
      { value: { a: 1 }, line: 1, text: '{"a":1}' },
      { value: [2], line: 4, text: '[2]' },
      { value: 'three', line: 5, text: '"three"' },
    ]);
  });

  test('may have a byte order mark and CRLF, and a gzipped file gives the same rows', async () => {
    const content = '\uFEFF{"a":"ü"}\r\n{"a":2}\r\n';
    const expected = [{ a: 'ü' }, { a: 2 }];
    expect((await rows(file(content))).map((row) => row.value)).toEqual(expected);
    expect((await rows(file(gzipSync(content), 'rows.jsonl.gz'))).map((row) => row.value)).toEqual(expected);
  });

  test('end at a line feed only: U+2028, U+2029 and U+0085 stay inside their string', async () => {
    const value = { text: 'a\u2028b\u2029c\u0085d' };
    expect(await rows(file(`${JSON.stringify(value)}\n{}`))).toMatchObject([{ value, line: 1 }, { line: 2 }]);
  });

  test('are the same however the bytes are cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), async (values, size) => {
        const text = values.map((value) => JSON.stringify(value)).join('\n');
        const read = await rows(pieces(Buffer.from(text), size));
        expect(read.map(({ value }) => value)).toEqual(
          values.map((value) => JSON.parse(JSON.stringify(value)) as unknown),
        );
        expect(read.map(({ line }) => line)).toEqual([...values.keys()].map((i) => i + 1));
        expect(await rows(piecesInPlace(Buffer.from(text), size))).toEqual(read);
      }),
      { numRuns: 50 },
    );
  });

  test('say where they stand among the bytes, whatever stands between them and however the bytes are cut', async () => {
    const line = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.constantFrom('', ' '),
    );
    const end = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(line, end)),
        fc.constantFrom('', '\uFEFF'),
        fc.integer({ min: 3, max: 40 }),
        async (lines, mark, size) => {
          const bytes = Buffer.from(mark + lines.flat().join(''));
          for await (const block of readJsonlBlocks(piecesInPlace(bytes, size)))
            for (const row of block) {
              expect(
                bytes
                  .subarray(row.at, row.at + row.size)
                  .toString()
                  .replace(/\r$/, ''),
              ).toBe(row.text);
              expect(bytes.subarray(0, row.at).filter((byte) => byte === 0x0a)).toHaveLength(row.line - 1);
            }
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of a large file leave others their turn while they are read', async () => {
    const path = file('"a line of some length"\n'.repeat(100_000));
    let turns = 0;
    const count = () => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    for await (const block of readJsonlBlocks(path)) expect([...block]).not.toHaveLength(0);
    clearImmediate(next);
    expect(turns).toBeGreaterThan(1);
  });

  test('of a file longer than what is read at once are all there, and so are its bytes and its text', async () => {
    const content = Array.from({ length: 9000 }, (_, i) =>
      JSON.stringify({ i, text: 'so weit — '.repeat(i % 40) }),
    ).join('\n');
    const path = file(content);
    expect(await rows(path)).toEqual(
      content.split('\n').map((text, i) => ({ value: JSON.parse(text) as unknown, line: i + 1, text })),
    );
    expect(await readText(path)).toBe(content);
    expect(await fileHash(path)).toBe(createHash('sha256').update(content).digest('hex'));
    const zipped = file(gzipSync(content), 'rows.jsonl.gz');
    expect(await readText(zipped)).toBe(content);
    expect(await rows(zipped)).toHaveLength(9000);
  });

  test('are asked for where JSON stands over several lines, and not where a line is cut', async () => {
    const hintOf = async (content: string) => ((await failure(rows(file(content)))).place as { hint?: string }).hint;
    const hint = 'One row must stand on each line; is this JSON over several lines?';
    expect(await hintOf(JSON.stringify([{ a: 1 }], null, 2))).toBe(hint);
    expect(await hintOf(JSON.stringify({ a: 1 }, null, 2).replaceAll('\n', '\r\n'))).toBe(hint);
    expect(await hintOf('{"a":1}\n{"a":')).toBeUndefined();
  });

  test('are handed out one at a time: the rows before a broken one arrive', async () => {
    const seen: unknown[] = [];
    const error = await failure(
      (async () => {
        for await (const row of readJsonl(file('1\n2\n{\n4'))) seen.push(row.value);
      })(),
    );
    expect(seen).toEqual([1, 2]);
    expect(error).toMatchObject({ code: 'JSON_SYNTAX', place: { line: 3, column: 2 } });
  });
});

describe('a file that cannot be read is one clear line', () => {
  test('missing, a folder, or not gzip in spite of its name', async () => {
    expect(await failure(rows(join(dir, 'none.jsonl')))).toMatchObject({ code: 'FILE_MISSING' });
    expect(await failure(readText(dir))).toMatchObject({ code: 'FILE_UNREADABLE', message: 'is a folder, not a file' });
    expect(await failure(rows(file('{}', 'x.jsonl.gz')))).toMatchObject({ code: 'FILE_UNREADABLE' });
    const cut = gzipSync('{"a":1}\n'.repeat(1000)).subarray(0, 30);
    expect(await failure(rows(file(cut, 'cut.jsonl.gz')))).toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  test('bytes that are not UTF-8 name their line, for rows and for whole texts', async () => {
    const latin1 = Buffer.concat([Buffer.from('"fine"\n"also fine"\n"caf'), Buffer.from([0xe9]), Buffer.from('"\n')]);
    const path = file(latin1);
    expect(await failure(rows(path))).toMatchObject({
      code: 'FILE_NOT_UTF8',
      place: { file: path, line: 3, column: 5 },
    });
    expect(await failure(readText(path))).toEqual(await failure(rows(path)));
    const late = file(Buffer.concat([Buffer.from('é\n\uFFFDé'), Buffer.from([0xff])]));
    expect(await failure(readText(late))).toMatchObject({ place: { line: 2, column: 3 } });
    const utf16 = file(Buffer.from('\uFEFF{"a":1}', 'utf16le'));
    expect(await failure(rows(utf16))).toMatchObject({ code: 'FILE_NOT_UTF8', place: { line: 1 } });
  });

  test('so do bytes that are not UTF-8 in a long file: the rows before them arrive', async () => {
    const good = '{}\n'.repeat(30_000);
    const seen: number[] = [];
    const error = await failure(
      (async () => {
        for await (const row of readJsonl(
          file(Buffer.concat([Buffer.from(good), Buffer.from([0x22, 0xff]), Buffer.from(good)])),
        ))
          seen.push(row.line);
      })(),
    );
    expect(seen).toHaveLength(30_000);
    expect(error).toMatchObject({ code: 'FILE_NOT_UTF8', place: { line: 30_001, column: 2 } });
  });

  test('a line above the limit stops there instead of filling memory', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{}\n"');
      for (;;) {
        given++;
        yield await Promise.resolve(Buffer.alloc(1 << 20, 'a'));
      }
    }
    const error = await failure(rows(endless(), { file: 'stdin' }));
    expect(error.line).toBe(
      'stdin:2:1: the line is longer than 32 MB. Is this a JSON array? One row must stand on each line.',
    );
    expect(given).toBeLessThanOrEqual(33);
    const long = await failure(rows(pieces(Buffer.from(`"${'a'.repeat(99)}"\n`), 1000), { limit: 100 }));
    expect(long.code).toBe('FILE_TOO_LARGE_LINE');
    expect(await rows(pieces(Buffer.from(`"${'a'.repeat(98)}"\n`), 7), { limit: 100 })).toHaveLength(1);
  });

  test.each(['suite.yaml', 'suite.json', 'suite.csv', 'answers.json', 'answers.csv.gz'])(
    '%s: a line above the limit is named before anything tries to parse it',
    async (name) => {
      const text = `first\n${'a'.repeat(33 << 20)}\n`;
      const path = file(name.endsWith('.gz') ? gzipSync(text) : text, name);
      const read = name.startsWith('suite') ? loadSuite(path) : loadRecorded(path);
      expect((await failure(read)).line).toBe(`${path}:2:1: the line is longer than 32 MB. Break it into several.`);
    },
  );

  test('a reader that stops early leaves the file closed and throws nothing', async () => {
    const path = file(gzipSync('{}\n'.repeat(200_000)), 'many.jsonl.gz');
    for await (const row of readJsonl(path)) if (row.line === 3) break;
    for await (const bytes of openBytes(path)) if (bytes.length > 0) break;
  });

  test('random bytes give rows or a DoubleblindError, nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
        await rows(pieces(bytes, size)).catch((error: unknown) => {
          expect(error).toBeInstanceOf(DoubleblindError);
        });
      }),
    );
  });
});

describe('the column of a JSON error', () => {
  const at = (text: string): (number | undefined)[] => {
    try {
      parseJsonLine(text, 'x.jsonl', 7);
    } catch (error) {
      const { line, column } = (error as DoubleblindError).place;
      return [line, column];
    }
    return [];
  };

  test.each([
    ['{"a":1,}', 8],
    ['{"a" 1}', 6],
    ["{'a':1}", 2],
    ['[1,,2]', 4],
    ['{"a":tru}', 6],
    ['{"a":"b', 8],
    ['{"a":"\\x"}', 7],
    ['{"a":[1,2}', 10],
    ['{} {}', 4],
    ['', 1],
    ['NaN', 1],
    ['{"a":1', 7],
    ['01', 2],
    [']', 1],
    ['{"a":"tab\there"}', 10],
  ])('%j breaks at column %i', (text, column) => {
    expect(at(text)).toEqual([7, column]);
  });

  test('counts lines in a text of several', () => {
    expect(at('{\n  "a": 1\n  "b": 2\n}')).toEqual([9, 3]);
  });

  test('never lies behind the place where the engine itself saw the fault, and never inside a text that parses', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', 'x', '0', '\\'), (json, n, insert) => {
        const cut = n % (json.length + 1);
        const text = json.slice(0, cut) + insert + json.slice(cut + 1);
        const own = at(text);
        let message = '';
        try {
          JSON.parse(text);
        } catch (error) {
          message = (error as Error).message;
        }
        expect(own.length).toBe(message === '' ? 0 : 2);
        const position = /at position (\d+)/.exec(message)?.[1];
        if (position === undefined) return;
        expect(own[1]! - 1).toBeLessThanOrEqual(Number(position));
        expect(text.slice(own[1]! - 1, Number(position))).toMatch(/^[\w.+\\-]*$/);
      }),
      { numRuns: 500 },
    );
  });
});
