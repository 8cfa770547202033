import { basename } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DoubleblindError } from '../../src/errors.js';
import { DOMAINS, type Message, type Suite } from '../../src/records.js';
import { readYamlSuite, suiteOf, writeSuiteYaml } from '../../src/suites/yaml.js';
import { failure, file } from './files.js';

const HEAD = 'name: x\ndomain: in-domain\nprompts:\n';

describe('a YAML suite', () => {
  test('gives prompts with every field, null where the file is silent', async () => {
    const path = file(
      'x.yaml',
      `${HEAD}  - { id: a, category: c, prompt: "What?", system: Be brief., reference: "42" }\n  - { id: "7", prompt: Why? }\n`,
    );
    expect(await readYamlSuite(path)).toEqual({
      name: 'x',
      domain: 'in-domain',
      description: null,
      prompts: [
        { id: 'a', category: 'c', prompt: 'What?', messages: null, system: 'Be brief.', reference: '42' },
        { id: '7', category: null, prompt: 'Why?', messages: null, system: null, reference: null },
      ],
    });
  });

  test('shows messages as their transcript and keeps a system message among them', async () => {
    const path = file(
      'x.yaml',
      `${HEAD}  - id: a\n    messages:\n      - { role: system, content: Be brief. }\n      - { role: user, content: Hi }\n      - { role: assistant, content: Hello }\n      - { role: user, content: "Two\\nlines" }\n`,
    );
    const [prompt] = (await readYamlSuite(path)).prompts;
    expect(prompt!.prompt).toBe('system: Be brief.\n\nuser: Hi\n\nassistant: Hello\n\nuser: Two\nlines');
    expect(prompt!.messages).toHaveLength(4);
    expect(prompt!.system).toBeNull();
  });

  test('may be JSON', async () => {
    const suite = { name: 'x', domain: 'multi-domain', prompts: [{ id: 'a', prompt: 'p' }] };
    expect((await readYamlSuite(file('x.json', JSON.stringify(suite, null, '\t')))).prompts[0]!.id).toBe('a');
  });
});

describe('a mistake in a YAML suite is one line with file, line and column', () => {
  test.each([
    [`${HEAD}  - { id: q7, prompt: a }\n  - { id: b, prompt: b }\n  - { id: q7, prompt: c }\n`, 'SUITE_DUPLICATE_ID', 'x.yaml:6:11: prompt id "q7" appears twice. The first stands on line 4.'],
    [`${HEAD}  - { id: a, promt: a }\n`, 'UNKNOWN_KEY', 'x.yaml:4:14: unknown key "promt" in prompts[0]. Did you mean "prompt"?'],
    ['name: x\ndomian: in-domain\nprompts: []\n', 'UNKNOWN_KEY', 'x.yaml:2:1: unknown key "domian". Did you mean "domain"?'],
    ['name: x\ndomain: in domain\nprompts: []\n', 'INVALID_VALUE', 'x.yaml:2:9: domain must be "in-domain" or "out-of-domain" or "multi-domain", not "in domain". Did you mean "in-domain"?'],
    ['name: x\ndomain: in-domain\nprompts: []\n', 'SUITE_EMPTY', 'x.yaml:3:10: the suite "x" has no prompts'],
    ['name: x\ndomain: in-domain\nprompts:\n', 'SUITE_EMPTY', 'x.yaml:3:9: the suite "x" has no prompts'],
    ['name: x\ndomain: in-domain\n', 'INVALID_VALUE', 'x.yaml:1:1: prompts is missing'],
    ['', 'SUITE_EMPTY', 'x.yaml:1:1: the suite "x" has no prompts'],
    [`${HEAD}  - { id: 012, prompt: a }\n`, 'INVALID_VALUE', 'x.yaml:4:11: prompts[0].id must be a text, not 12. Put it in quotes.'],
    [`${HEAD}  - { id: a }\n`, 'INVALID_VALUE', 'x.yaml:4:5: prompts[0] takes either a prompt or messages'],
    [`${HEAD}  - { id: a, prompt: p, messages: [{ role: user, content: p }] }\n`, 'INVALID_VALUE', 'x.yaml:4:5: prompts[0] takes either a prompt or messages'],
    [`${HEAD}  - { id: a, messages: [{ role: user, content: p }, { role: assistant, content: q }] }\n`, 'INVALID_VALUE', 'x.yaml:4:24: prompts[0].messages must end with a turn of the user'],
    [`${HEAD}  - { id: a, messages: [{ role: usr, content: p }] }\n`, 'INVALID_VALUE', 'x.yaml:4:33: prompts[0].messages[0].role must be "system" or "user" or "assistant", not "usr". Did you mean "user"?'],
    [`${HEAD}  - { id: a, prompt: "  " }\n`, 'INVALID_VALUE', 'x.yaml:4:22: prompts[0].prompt is empty'],
    [`${HEAD}  - { id: a, prompt: "\\uD800" }\n`, 'INVALID_VALUE', 'x.yaml:4:22: prompts[0].prompt holds half a surrogate pair, which is no character'],
    [`${HEAD}  - { id: a, prompt: "a\\0" }\n`, 'INVALID_VALUE', 'x.yaml:4:22: prompts[0].prompt holds U+0000, which PostgreSQL cannot store'],
    [`${HEAD}  - { id: "a ", prompt: p }\n`, 'INVALID_VALUE', 'x.yaml:4:11: prompts[0].id begins or ends with white space, or holds a control character'],
    [`${HEAD}  - id: a\n    prompt: What: this?\n`, 'YAML_SYNTAX', 'x.yaml:5:13: not valid YAML: nested mappings are not allowed in compact mappings'],
    [`${HEAD}  - just a text\n`, 'INVALID_VALUE', 'x.yaml:4:5: prompts[0] must be a map of keys and values, not "just a text"'],
  ])('%j', async (content, code, line) => {
    const path = file('x.yaml', content);
    const error = await failure(readYamlSuite(path));
    expect(error.code).toBe(code);
    expect(error.line.replace(path, basename(path))).toBe(line);
  });
});

test('a suite inside a run file is checked by the same rules', () => {
  expect(suiteOf({ name: 'x', domain: 'in-domain', prompts: [{ id: 'a', prompt: 'p' }] }).prompts).toHaveLength(1);
  for (const wrong of [null, 3, {}, { name: 'x', domain: 'in-domain', prompts: [] }, { name: 'x', domain: 'in-domain', prompts: [{ id: 1, prompt: 'p' }] }]) {
    expect(() => suiteOf(wrong)).toThrow(DoubleblindError);
  }
});

test('a suite that is written and read again is the same suite, for any texts', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({ unit: fc.constantFrom(...'ab \n\t:#-"\'|>%&*!{}[],?\\\u2028\u0085'), minLength: 1 }),
    fc.constantFrom('012', 'null', 'true', '~', '1e3', '- a', '---', 'a: b', ' lead', 'trail \n\n', '\ttab', '<<'),
  ).filter((value) => value.trim() !== '');
  const id = text.map((value) => value.replace(/[\p{Cc}]/gu, '').trim()).filter((value) => value !== '');
  const messages = fc
    .array(fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: text }), { maxLength: 3 })
    .chain((before) => text.map((content): Message[] => [...(before as Message[]), { role: 'user', content }]));
  const prompt = fc
    .record({ id, category: fc.option(text), system: fc.option(text), reference: fc.option(text), prompt: text, messages: fc.option(messages) })
    .map((p) => (p.messages === null ? p : { ...p, prompt: p.messages.map((m) => `${m.role}: ${m.content}`).join('\n\n') }));
  const suites: fc.Arbitrary<Suite> = fc.record({
    name: id,
    domain: fc.constantFrom(...DOMAINS),
    description: fc.option(text),
    prompts: fc.uniqueArray(prompt, { minLength: 1, maxLength: 4, selector: (p) => p.id }),
  });
  const path = file('again.yaml', '');
  const { writeFileSync } = await import('node:fs');
  await fc.assert(
    fc.asyncProperty(suites, async (suite) => {
      writeFileSync(path, writeSuiteYaml(suite));
      expect(await readYamlSuite(path)).toEqual(suite);
    }),
    { numRuns: 200 },
  );
});
