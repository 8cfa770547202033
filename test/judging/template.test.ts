import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DoubleblindError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';
import type { TextValues } from '../../src/judging/liquid.js';
import { parseTemplate, replySchema } from '../../src/judging/template.js';

const SLOTS = '{{ open_a }}\n{{ first }}\n{{ close_a }}\n{{ open_b }}\n{{ second }}\n{{ close_b }}';
const file = (body: string, head = 'name: own') => `---\n${head}\n---\n${body}`;
const parse = (text: string) => parseTemplate(text, 'prompts/own.md');
const refusal = (text: string): { code: string; line: string; hint: string | undefined } => {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof DoubleblindError)) throw error;
    const { file, line, column } = error.place;
    return { code: error.code, line: [file, line, column, ` ${error.message}`].join(':'), hint: error.place.hint };
  }
  throw new Error('the template was accepted');
};

const values: TextValues = {
  prompt: '<p>Why?</p>',
  messages: [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Yes?' },
  ],
  system: null,
  reference: null,
  first: 'one',
  second: 'two',
  open_a: '<a>',
  close_a: '</a>',
  open_b: '<b>',
  close_b: '</b>',
};

describe('a template file', () => {
  test('has its keys, their defaults, its text and the hash of it', () => {
    const text = file(SLOTS);
    const { render: _, reply_schema, ...rest } = parse(text);
    expect(rest).toEqual({
      name: 'own',
      criteria: [],
      scale: null,
      allow_tie: true,
      path: 'prompts/own.md',
      text,
      hash: sha256(text),
      variables: new Set(['open_a', 'first', 'close_a', 'open_b', 'second', 'close_b']),
    });
    expect(reply_schema).toEqual(replySchema(rest));
  });

  test('is one user message without the dividing line, rubric and texts with it', () => {
    const texts = '<a>\none\n</a>\n<b>\ntwo\n</b>';
    expect(parse(file(SLOTS)).render(values)).toEqual([{ role: 'user', content: texts }]);
    for (const divider of ['<!-- texts -->', '  <!--texts-->  ']) {
      expect(parse(file(`Judge.\n${divider}\n${SLOTS}`)).render(values)).toEqual([
        { role: 'system', content: 'Judge.' },
        { role: 'user', content: texts },
      ]);
    }
    const spoken = parse(file(`Not at the end <!-- texts -->\n<!-- texts --> nor the start\n${SLOTS}`));
    expect(spoken.render(values)).toHaveLength(1);
  });

  test('shows turns, parts that are there, and the criteria with their scale', () => {
    const template = parse(
      file(
        `{{ criteria | join: "+" }} {{ scale[0] }}-{{ scale[1] }}\n<!-- texts -->\n{% for m in messages %}{{ m.role }}={{ m.content }};{% endfor %}{% if system %}S={{ system }}{% endif %}{% if reference %}R={{ reference }}{% endif %}\n${SLOTS}`,
        'name: own\ncriteria: [depth, wit]\nscale: [0, 10]\nallow_tie: false',
      ),
    );
    const bare = template.render(values);
    expect(bare[0]!.content).toBe('depth+wit 0-10');
    expect(bare[1]!.content).toMatch(/^user=Hi;assistant=Yes\?;\n<a>/);
    const full = template.render({ ...values, system: 'sys', reference: '42' });
    expect(full[1]!.content).toMatch(/^user=Hi;assistant=Yes\?;S=sysR=42\n<a>/);
    expect(template.allow_tie).toBe(false);
  });

  test('begins and ends with what it says, not with the blank lines around it', () => {
    const [plain] = parse(file(SLOTS)).render(values);
    expect(parse(file(`\n\n${SLOTS}\n\n`)).render(values)).toEqual([plain]);
    expect(parse(file(`\n{{ messages | size }}\n${SLOTS}\n`)).render(values)[0]!.content).toBe(`2\n${plain!.content}`);
  });

  test('keeps what Liquid said as the cause of a refusal', () => {
    try {
      parse(file(`{% if system %}\n${SLOTS}`));
    } catch (error) {
      return expect((error as Error).cause).toMatchObject({ name: 'ParseError' });
    }
    throw new Error('the template was accepted');
  });

  test('renders Liquid inside a response as text, not as a template', () => {
    const shown = parse(file(SLOTS)).render({ ...values, first: '{{ second }} {% raw %}' })[0]!.content;
    expect(shown).toContain('<a>\n{{ second }} {% raw %}\n</a>');
  });

  test('is the same when it is printed once and filled as when all of it is printed for every comparison', () => {
    const own = [
      SLOTS,
      `{% if system %}{{ system }}{% else %}none{% endif -%}\n  {{- prompt -}}\n${SLOTS}\n{{reference}}`,
      `{% unless reference %}no{% endunless %}${SLOTS}{% if prompt %}{{ prompt }}{{ prompt }}{% endif %}`,
    ];
    const shipped = readdirSync('prompts').map((name) => readFileSync(join('prompts', name), 'utf8'));
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' x ', '{{ first }}', '\0first\0', '$&'));
    for (const whole of [...own.map((body) => file(body)), ...shipped]) {
      const template = parse(whole);
      // A tag that is not known to print nothing but texts.
      const printed = parse(`${whole}{% comment %}{% endcomment %}`);
      const property = fc.property(text, text, text, fc.option(text), fc.option(text), (...texts) => {
        const [prompt, first, second, system, reference] = texts;
        const own = { ...values, prompt, first, second, system, reference };
        expect(template.render(own)).toEqual(printed.render(own));
      });
      fc.assert(property, { numRuns: 60 });
    }
  });

  test.each([
    ['{{ prompt | upcase }}', 'WHY'],
    ['{% if prompt contains "y" %}yes{% endif %}', 'yes'],
    ['{{ messages | size }}', '2'],
    ['{% if system == nil %}none{% endif %}', 'none'],
  ])('%s is done for every comparison', (tag, shows) => {
    const template = parse(file(`${tag}\n${SLOTS}`));
    expect(template.render({ ...values, prompt: 'no' })).not.toBe('');
    expect(template.render({ ...values, prompt: 'why' })[0]!.content.split('\n')[0]).toBe(shows);
  });

  test('reads Windows line ends and a byte order mark as the same template', () => {
    const text = file(`Judge.\n<!-- texts -->\n${SLOTS}`);
    const windows = '\uFEFF' + text.replaceAll('\n', '\r\n');
    expect(parse(windows).render(values)).toEqual(parse(text).render(values));
  });
});

describe('a template that could not be presented is refused at its place', () => {
  test.each<[string, string, string, string, string?]>([
    ['no front matter', SLOTS, 'TEMPLATE_SYNTAX', 'prompts/own.md:1:1: no front matter', 'begins with a line "---"'],
    ['front matter without end', '---\nname: x\n', 'TEMPLATE_SYNTAX', 'prompts/own.md:1:1: no front matter'],
    ['an empty file', '', 'TEMPLATE_SYNTAX', 'prompts/own.md:1:1: no front matter'],
    ['text before the front matter', `hello\n${file(SLOTS)}`, 'TEMPLATE_SYNTAX', 'prompts/own.md:1:1: no front matter'],
    ['no name', file(SLOTS, 'allow_tie: true'), 'INVALID_VALUE', 'prompts/own.md:2:1: name is missing'],
    ['an empty name', file(SLOTS, 'name: ""'), 'INVALID_VALUE', 'prompts/own.md:2:7: name must not be empty'],
    [
      'a mistyped key',
      file(SLOTS, 'name: x\ncritera: []'),
      'UNKNOWN_KEY',
      'prompts/own.md:3:1: unknown key "critera".',
      'Did you mean "criteria"?',
    ],
    [
      'a criterion twice',
      file(SLOTS, 'name: x\nscale: [1, 5]\ncriteria: [wit, wit]'),
      'INVALID_VALUE',
      'prompts/own.md:4:11: criteria must not name a criterion twice',
    ],
    [
      'a criterion with quotes',
      file(SLOTS, `name: x\nscale: [1, 5]\ncriteria: ['a"b']`),
      'INVALID_VALUE',
      'prompts/own.md:4:12: criteria[0] is ',
    ],
    [
      'criteria without a scale',
      file(SLOTS, 'name: x\ncriteria: [wit]'),
      'INVALID_VALUE',
      'prompts/own.md:3:11: criteria need a scale, such as [1, 5]',
    ],
    [
      'a scale the wrong way round',
      file(SLOTS, 'name: x\nscale: [5, 1]'),
      'INVALID_VALUE',
      'prompts/own.md:3:8: scale must begin with the lowest score',
    ],
    [
      'a scale of one point',
      file(SLOTS, 'name: x\nscale: [5, 5]'),
      'INVALID_VALUE',
      'prompts/own.md:3:8: scale must begin with the lowest score',
    ],
    ['broken YAML', file(SLOTS, 'name: [x'), 'YAML_SYNTAX', 'prompts/own.md:'],
    [
      'two dividing lines',
      file(`a\n<!-- texts -->\nb\n<!-- texts -->\n${SLOTS}`),
      'TEMPLATE_SYNTAX',
      'prompts/own.md:7:1: the line "<!-- texts -->" stands twice',
    ],
    [
      'an unknown variable',
      file(`x\n  {{ firts }}\n${SLOTS}`),
      'TEMPLATE_UNKNOWN_VARIABLE',
      'prompts/own.md:5:6: unknown variable "firts"',
      'Did you mean "first"?',
    ],
    [
      'a far variable',
      file(`{{ zebra }}\n${SLOTS}`),
      'TEMPLATE_UNKNOWN_VARIABLE',
      'prompts/own.md:4:4: unknown variable "zebra"',
      'Known variables: criteria, scale, prompt, messages, system, reference, first, second, open_a, close_a, open_b, close_b.',
    ],
    [
      'an unknown variable under the line',
      file(`Judge.\n<!-- texts -->\n{{ promt }}\n${SLOTS}`),
      'TEMPLATE_UNKNOWN_VARIABLE',
      'prompts/own.md:6:4: unknown variable "promt"',
      'Did you mean "prompt"?',
    ],
    [
      'a text in the rubric',
      file(`Judge {{ prompt }}.\n<!-- texts -->\n${SLOTS}`),
      'TEMPLATE_UNKNOWN_VARIABLE',
      'prompts/own.md:4:10: variable "prompt" stands above the texts',
      'The part above "<!-- texts -->" is the same for every comparison; it may name criteria and scale.',
    ],
    [
      'the delimiter in the rubric',
      file(`Between {{ open_a }}\n<!-- texts -->\n${SLOTS}`),
      'TEMPLATE_UNKNOWN_VARIABLE',
      'prompts/own.md:4:12: variable "open_a" stands above the texts',
    ],
    [
      'an unknown variable in the rubric',
      file(`{{ scal }}\n<!-- texts -->\n${SLOTS}`),
      'TEMPLATE_UNKNOWN_VARIABLE',
      'prompts/own.md:4:4: unknown variable "scal"',
      'Did you mean "scale"?',
    ],
    [
      'an unknown property',
      file(`a\n{{ messages[0].rolle }}\n${SLOTS}`),
      'TEMPLATE_UNKNOWN_VARIABLE',
      'prompts/own.md:5:4: undefined variable: messages.0.rolle',
    ],
    [
      'a tag that is not closed',
      file(`a\n{% if system %}\n${SLOTS}`),
      'TEMPLATE_SYNTAX',
      'prompts/own.md:5:1: tag {% if system %} not closed',
    ],
    [
      'what every array inherits',
      file(`a\n{{ criteria.constructor }}\n${SLOTS}`),
      'TEMPLATE_UNKNOWN_VARIABLE',
      'prompts/own.md:5:4: undefined variable: criteria.constructor',
    ],
    [
      'an output that swallows what follows',
      file(`${'\n'.repeat(10)}{{ prompt\n${' '.repeat(12)}${SLOTS}`),
      'TEMPLATE_SYNTAX',
      'prompts/own.md:15:14: expected "|" before filter.',
    ],
    [
      'an output that is not closed and speaks of places',
      file(`${SLOTS}\n{{ first , line:3, col:4 `),
      'TEMPLATE_SYNTAX',
      'prompts/own.md:10:1: output "{{ first , line:3, col:4 " not closed.',
    ],
    [
      'an output that is not closed',
      file(`${SLOTS}\n{{ first `),
      'TEMPLATE_SYNTAX',
      'prompts/own.md:10:1: output "{{ first " not closed',
    ],
    [
      'an unknown filter',
      file(`Judge\n<!-- texts -->\n{{ prompt | shout }}\n${SLOTS}`),
      'TEMPLATE_SYNTAX',
      'prompts/own.md:6:1: undefined filter: shout',
    ],
    [
      'no first response',
      file('{{ open_a }}{{ close_a }}{{ open_b }}{{ second }}{{ close_b }}'),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:1: {{ first }} must be printed once, whole and unaltered.',
      'Print {{ open_a }}, {{ first }}, {{ close_a }}, then {{ open_b }}, {{ second }}, {{ close_b }}.',
    ],
    [
      'no second response',
      file('{{ open_a }}{{ first }}{{ close_a }}'),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:1: {{ second }} must be printed once, whole and unaltered.',
    ],
    [
      'a response twice',
      file(`${SLOTS}\n{{ first }}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:5:4: {{ first }} must be printed once, whole and unaltered; it is printed 2 times.',
    ],
    [
      'a response that is altered',
      file(SLOTS.replace('{{ first }}', '{{ first | upcase }}')),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:5:4: {{ first }} must be printed once, whole and unaltered.',
    ],
    [
      'a response before its delimiter',
      file(`{{ first }}{{ open_a }}{{ close_a }}{{ open_b }}{{ second }}{{ close_b }}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:4: {{ first }} must stand right between {{ open_a }} and {{ close_a }}',
    ],
    [
      'words between delimiter and response',
      file(`{{ open_a }}{{ first }}{{ close_a }}{{ open_b }}Text: {{ second }}{{ close_b }}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:58: {{ second }} must stand right between {{ open_b }} and {{ close_b }}',
    ],
    [
      'an opening delimiter alone',
      file(`{{ open_a }}{{ first }}{{ close_a }}{{ open_b }}{{ second }}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:52: {{ second }} must stand right between {{ open_b }} and {{ close_b }}',
    ],
    [
      'an opening delimiter alone before the other slot',
      file(`{{ open_a }}{{ first }}{{ open_b }}{{ second }}{{ close_b }}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:16: {{ first }} must stand right between {{ open_a }} and {{ close_a }}',
    ],
    [
      'a closing delimiter alone',
      file(`{{ open_a }}{{ first }}{{ close_a }}{{ second }}{{ close_b }}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:40: {{ second }} must stand right between {{ open_b }} and {{ close_b }}',
    ],
    [
      'the delimiters of the other slot',
      file(`{{ open_b }}{{ first }}{{ close_b }}{{ open_a }}{{ second }}{{ close_a }}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:16: {{ first }} must stand right between {{ open_a }} and {{ close_a }}',
    ],
    [
      'the second response first',
      file(`{{ open_b }}{{ second }}{{ close_b }}{{ open_a }}{{ first }}{{ close_a }}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:4:16: {{ second }} must be printed after {{ first }}',
    ],
    [
      'a response only with a reference',
      file(`{% if reference %}${SLOTS}{% endif %}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:5:4: {{ first }} must be printed once, whole and unaltered.',
    ],
    [
      'a response only without a system prompt',
      file(`{% unless system %}${SLOTS}{% endunless %}`),
      'TEMPLATE_SLOT_MISSING',
      'prompts/own.md:5:4: {{ first }} must be printed once, whole and unaltered.',
    ],
  ])('%s', (_, text, code, line, hint) => {
    const refused = refusal(text);
    expect(refused.code).toBe(code);
    expect(refused.line.slice(0, line.length)).toBe(line);
    if (hint !== undefined) expect(refused.hint).toContain(hint);
  });

  test.each([
    ...['truncate: 12', 'truncate: 9000', 'truncatewords: 3', 'slice: 0, 20', 'strip_html', 'escape', 'escape_once'],
    ...[
      'strip_newlines',
      'newline_to_br',
      'remove: "so"',
      'replace: "on", "off"',
      'normalize_whitespace',
      'url_encode',
    ],
  ])('{{ first | %s }} and {{ second | %s }} are refused: a response is shown as it is', (filter) => {
    for (const slot of ['first', 'second'])
      expect(refusal(file(SLOTS.replace(`{{ ${slot} }}`, `{{ ${slot} | ${filter} }}`))).line).toContain(
        `{{ ${slot} }} must be printed once, whole and unaltered.`,
      );
  });

  test.each(['prompt', 'system', 'reference'])('{{ %s }} is not cut either', (variable) => {
    const cut = refusal(file(`{{ ${variable} | truncate: 40 }}\n${SLOTS}`));
    expect(cut.code).toBe('TEMPLATE_SLOT_MISSING');
    expect(cut.line).toContain(`prompts/own.md:4:4: {{ ${variable} }} must be printed whole.`);
    expect(cut.hint).toBe(`Print {{ ${variable} }} without a filter that cuts it.`);
    expect(() => parse(file(`{{ ${variable} | upcase }}{{ prompt }}\n${SLOTS}`))).not.toThrow();
  });

  test('{{ messages }} is not cut either', () => {
    const turns = (content: string) => file(`{% for turn in messages %}{{ ${content} }}{% endfor %}\n${SLOTS}`);
    expect(refusal(turns('turn.content | truncate: 40')).line).toContain('{{ messages }} must be printed whole.');
    expect(() => parse(turns('turn.content'))).not.toThrow();
  });

  test.each(['__proto__', 'constructor', 'toString'])('a criterion named %s is refused', (name) => {
    const text = `---\nname: own\ncriteria: [depth, ${name}]\nscale: [1, 5]\n---\n${SLOTS}`;
    expect(refusal(text).line).toContain('criteria[1] is a name that JavaScript keeps for itself');
  });

  test('white space around a response is no fault, and delimiters may be named elsewhere', () => {
    expect(() =>
      parse(file(`{{ open_a }} \n\n {{ first }} {{ close_a }}{{ open_b }}{{ second }}\n{{ close_b }}`)),
    ).not.toThrow();
    expect(() => parse(file(`A stands after {{ open_a }}.\n${SLOTS}`))).not.toThrow();
  });

  test.each(['{% include "x" %}', '{% render "/etc/passwd" %}', '{% layout "x" %}', '{% block b %}{% endblock %}'])(
    'files are out of reach: %s',
    (tag) => {
      expect(refusal(file(`${tag}\n${SLOTS}`))).toMatchObject({
        code: 'TEMPLATE_SYNTAX',
        line: expect.stringContaining('not found'),
      });
    },
  );

  test.each(['"now" | date: "%s"', 'messages | sample', '"now" | date_to_string'])(
    'clock and chance are out of reach: %s',
    (output) => {
      expect(refusal(file(`{{ ${output} }}\n${SLOTS}`))).toMatchObject({
        code: 'TEMPLATE_SYNTAX',
        line: expect.stringContaining('undefined filter'),
      });
    },
  );
});

describe('the schema of the reply', () => {
  const rubric = { criteria: ['wit', 'depth'], scale: [1, 5] as [number, number], allow_tie: true };

  test('asks for reasons before the verdict, whole and closed', () => {
    expect(replySchema({ criteria: [], scale: null, allow_tie: true })).toEqual({
      type: 'object',
      properties: {
        rationale: { type: 'string', description: expect.stringMatching(/reasons/) },
        quote: { type: 'string', description: expect.stringMatching(/copied exactly/) },
        verdict: { type: 'string', enum: ['A', 'B', 'tie'] },
      },
      required: ['rationale', 'quote', 'verdict'],
      additionalProperties: false,
    });
    expect(Object.keys(replySchema(rubric).properties as object)).toEqual([
      'rationale',
      'quote',
      'scores_a',
      'scores_b',
      'verdict',
    ]);
  });

  test('has a closed object of numbers for each slot where criteria are asked', () => {
    const scores = {
      type: 'object',
      properties: { wit: { type: 'number', description: '1 to 5' }, depth: { type: 'number', description: '1 to 5' } },
      required: ['wit', 'depth'],
      additionalProperties: false,
    };
    expect(replySchema(rubric).properties).toMatchObject({ scores_a: scores, scores_b: scores });
  });

  test('leaves out the tie where none is allowed', () => {
    const { properties } = replySchema({ ...rubric, allow_tie: false }) as { properties: { verdict: unknown } };
    expect(properties.verdict).toEqual({ type: 'string', enum: ['A', 'B'] });
  });
});

describe('the bundled templates', () => {
  const prompts = new URL('../../prompts/', import.meta.url);
  const bundled = readdirSync(prompts).filter((name) => name.endsWith('.md'));

  test('are these three, each named as its file', () => {
    expect(bundled.sort()).toEqual(['pairwise-reference.md', 'pairwise-rubric.md', 'pairwise.md']);
  });

  test.each(bundled)('%s says what a judge must know, and nothing that names a role', (name) => {
    const text = readFileSync(new URL(name, prompts), 'utf8');
    const template = parseTemplate(text, name);
    expect(template.name).toBe(name.replace('.md', ''));
    const [rubric, texts] = template.render({ ...values, system: 'sys', reference: 'ref' });
    expect(rubric!.role).toBe('system');
    expect(rubric!.content).toMatch(/never an instruction/);
    expect(rubric!.content).toMatch(/Length carries no merit/);
    expect(rubric!.content).toMatch(/Order carries no merit/);
    const keys = Object.keys(template.reply_schema.properties as object);
    const places = keys.map((key) => rubric!.content.indexOf(`- \`${key}\`:`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    for (const criterion of template.criteria) expect(rubric!.content).toContain(`- \`${criterion}\`:`);
    expect(texts!.content).toContain('<p>Why?</p>');
    expect(texts!.content).toContain('sys');
    expect(texts!.content.includes('ref')).toBe(template.variables.has('reference'));
    expect(text).not.toMatch(/baseline|candidate|fine-?tuned?|checkpoint|adapter|finetun/i);
  });

  test('the rubric rates five criteria from 1 to 5', () => {
    const rubric = parseTemplate(readFileSync(new URL('pairwise-rubric.md', prompts), 'utf8'), 'x');
    expect(rubric).toMatchObject({
      criteria: ['creativity', 'coherence', 'depth', 'engagement', 'quality'],
      scale: [1, 5],
      allow_tie: true,
    });
  });
});

test('what a template prints hangs on no setting of the machine: its locale is not even asked for', async () => {
  const asked = vi.spyOn(Intl, 'DateTimeFormat');
  try {
    vi.resetModules();
    const { parseTemplate: fresh } = await import('../../src/judging/template.js');
    fresh(file(SLOTS), 'prompts/own.md');
    expect(asked).not.toHaveBeenCalled();
    new Intl.DateTimeFormat();
    expect(asked).toHaveBeenCalledOnce();
  } finally {
    asked.mockRestore();
  }
});
