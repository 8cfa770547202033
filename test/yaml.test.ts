import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DoubleblindError } from '../src/errors.js';
import { checked, parseYaml } from '../src/yaml.js';

const schema = z.strictObject({
  name: z.string(),
  level: z.number().gt(0).lt(1).default(0.95),
  judges: z
    .array(
      z.discriminatedUnion('provider', [
        z.strictObject({ provider: z.literal('openai'), model: z.string(), temperature: z.number().optional() }),
        z.strictObject({ provider: z.literal('offline'), variant: z.enum(['lexical', 'length']).default('lexical') }),
      ]),
    )
    .optional(),
  template: z.union([z.string(), z.strictObject({ path: z.string(), cut: z.int() })]).optional(),
  margin: z.record(z.string(), z.strictObject({ points: z.number() })).optional(),
  domains: z.partialRecord(z.enum(['in-domain', 'out-of-domain']), z.number()).optional(),
  extract: z.union([z.enum(['number', 'choice']), z.strictObject({ regex: z.string() })]).optional(),
});

const complaint = (text: string): DoubleblindError => {
  try {
    checked(schema, parseYaml(text, 'run.yaml'), 'run.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(DoubleblindError);
    return error as DoubleblindError;
  }
  throw new Error('nothing to complain about');
};

describe('a document that is right', () => {
  test('comes back as data with defaults, from YAML and from JSON', () => {
    const expected = { name: 'x', level: 0.95, judges: [{ provider: 'offline', variant: 'lexical' }] };
    const yaml = 'name: x\njudges:\n  - provider: offline\n';
    const json = '{\n\t"name": "x",\n\t"judges": [{"provider": "offline"}]\n}';
    for (const text of [yaml, json]) expect(checked(schema, parseYaml(text, 'f'), 'f')).toEqual(expected);
  });

  test('gives the place of values and keys, and of the parent where a value is missing', () => {
    const document = parseYaml('name: x\njudges:\n  - provider: offline\n    model: m\n', 'f');
    expect(document.at(['name'])).toEqual({ line: 1, column: 7 });
    expect(document.at(['judges', 0, 'model'])).toEqual({ line: 4, column: 12 });
    expect(document.keyAt(['judges', 0, 'model'])).toEqual({ line: 4, column: 5 });
    expect(document.at(['judges', 0, 'temperature'])).toEqual({ line: 3, column: 5 });
    expect(parseYaml('', 'f').at(['x'])).toEqual({ line: 1, column: 1 });
  });

  test('keeps a duplicate-looking __proto__ key as data without touching any prototype', () => {
    parseYaml('__proto__: { polluted: true }', 'f');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('what a schema refuses is one line with place and nearest word', () => {
  test.each([
    [
      'name: x\njudges:\n  - provider: openai\n    model: m\n    temprature: 0\n',
      'run.yaml:5:5: unknown key "temprature" in judges[0]. Did you mean "temperature"?',
    ],
    ['nmae: x\n', 'run.yaml:1:1: unknown key "nmae". Did you mean "name"?'],
    [
      'name: x\ncolour: red\n',
      'run.yaml:2:1: unknown key "colour". Valid keys: name, level, judges, template, margin, domains, extract.',
    ],
    [
      'name: x\nmargin:\n  out:\n    point: 1\n',
      'run.yaml:4:5: unknown key "point" in margin.out. Did you mean "points"?',
    ],
    ['name: x\njudges:\n  - provider: openai\n', 'run.yaml:3:5: judges[0].model is missing'],
    ['level: 0.9\n', 'run.yaml:1:1: name is missing'],
    ['name: 012\n', 'run.yaml:1:7: name must be a text, not 12. Put it in quotes.'],
    ['name:\n', 'run.yaml:1:6: name must be a text, not nothing'],
    ['name: x\nlevel: high\n', 'run.yaml:2:8: level must be a number, not "high"'],
    ['name: x\nlevel: 95\n', 'run.yaml:2:8: level must be less than 1, not 95'],
    ['name: x\nlevel: 0\n', 'run.yaml:2:8: level must be more than 0, not 0'],
    ['name: x\nlevel: .nan\n', 'run.yaml:2:8: level must be a number, not NaN'],
    [
      'name: x\njudges: [{ provider: ofline }]\n',
      'run.yaml:2:22: judges[0].provider must be "openai" or "offline", not "ofline". Did you mean "offline"?',
    ],
    [
      'name: x\njudges: [{ provider: offline, variant: long }]\n',
      'run.yaml:2:40: judges[0].variant must be "lexical" or "length", not "long"',
    ],
    ['name: x\ntemplate: 3\n', 'run.yaml:2:11: template must be a text or a map of keys and values, not 3'],
    ['name: x\ntemplate: { path: a }\n', 'run.yaml:2:11: template.cut is missing'],
    ['name: x\ntemplate: { paht: a, cut: 1 }\n', 'run.yaml:2:13: unknown key "paht" in template. Did you mean "path"?'],
    ['name: x\nextract: { regx: a }\n', 'run.yaml:2:12: unknown key "regx" in extract. Did you mean "regex"?'],
    [
      'name: x\nextract: nubmer\n',
      'run.yaml:2:10: extract must be "number" or "choice", not "nubmer". Did you mean "number"?',
    ],
    [
      'name: x\ndomains: { out-of-domian: 1 }\n',
      'run.yaml:2:12: unknown key "out-of-domian" in domains. Did you mean "out-of-domain"?',
    ],
    [
      'name: x\ndomains: { x: 1 }\n',
      'run.yaml:2:12: unknown key "x" in domains. Valid keys: in-domain, out-of-domain.',
    ],
    ['name: x\ntemplate: { path: a, cut: 1.5 }\n', 'run.yaml:2:27: template.cut must be a whole number, not 1.5'],
    ['', 'run.yaml:1:1: the file must be a map of keys and values, not nothing'],
    ['- name: x\n', 'run.yaml:1:1: the file must be a map of keys and values, not a list'],
  ])('%j', (text, line) => {
    expect(complaint(text).line).toBe(line);
  });

  test('a mistyped key is named before the key that is missing because of it, and else the first in the file', () => {
    expect(complaint('level: 9\njudges: [{ provider: openai, modle: m }]\nname: x\n').code).toBe('UNKNOWN_KEY');
    expect(complaint('name: 1\nlevel: 9\n').place.line).toBe(1);
    expect(complaint('level: 9\nname: 1\n').place.line).toBe(1);
  });
});

describe('what is not YAML is one line with its place', () => {
  test.each([
    ['a: 1\nb: [1,\nc: 2\n', 3, 1],
    ['a: 1\nb: c: d\n', 2, 4],
    ['a: 1\na: 2\n', 2, 1],
    ['a: 1\n---\nb: 2\n', 2, 1],
    ['\ta: 1\n', 1, 1],
    ['a: !secret x\n', 1, 4],
    ['a: *nowhere\n', 1, 4],
    ['a: &x 1\nb: *x\nc: [*x, *y]\n', 3, 9],
    ['a: &x { b: *x }\n', 1, 12],
    ['? [a, b]\n: 1\n', 1, 3],
    ['a: "open\n', 2, 1],
  ])('%j at %i:%i', (text, line, column) => {
    expect(complaint(text)).toMatchObject({ code: 'YAML_SYNTAX', place: { file: 'run.yaml', line, column } });
  });

  test.each([
    ['{"name": "x",}', '1:14: not valid JSON: unexpected "}"'],
    ['{\n  "name": x\n}', '2:11: not valid JSON: unexpected "x"'],
    ['', '1:1: not valid JSON: ends too early'],
    ['name: x', '1:1: not valid JSON: unexpected "n"'],
    ['{"name": "x",\n "name": "y"}', '2:2: not valid JSON: the same key stands twice in one map'],
  ])('a file that is named JSON is told in its words: %j', (text, words) => {
    expect(() => parseYaml(text, 'run.json')).toThrow(
      expect.objectContaining({ code: 'JSON_SYNTAX', line: `run.json:${words}` }) as Error,
    );
  });

  test('aliases that multiply and nesting without end are refused at once', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...[...'bcdefghi'].map((key, i) => `${key}: &${key} [${Array(10).fill(`*${'abcdefghi'[i]!}`).join(',')}]`),
    ];
    expect(complaint(bomb.join('\n'))).toMatchObject({ code: 'YAML_SYNTAX', place: { line: 9 } });
    for (const text of ['['.repeat(50_000), '? '.repeat(50_000), '- '.repeat(50_000), 'a: {'.repeat(50_000)]) {
      expect(complaint(text).message).toBe('not valid YAML: nested deeper than 100 levels');
    }
  });

  test('any text is data or a DoubleblindError, nothing else', () => {
    const yamlish = fc.string({ unit: fc.constantFrom(...'ab1 \n\t:-[]{}"\'&*!?|>#%@,\\<'), maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(yamlish, fc.string({ unit: 'binary' })), (text) => {
        try {
          checked(schema, parseYaml(text, 'f'), 'f');
        } catch (error) {
          expect(error).toBeInstanceOf(DoubleblindError);
          expect((error as DoubleblindError).place.line).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
