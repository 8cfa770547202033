import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { promptHash } from '../../src/hash.js';
import { readJsonl } from '../../src/jsonl.js';
import { extracted } from '../../src/models/extraction.js';
import type { Suite } from '../../src/records.js';
import { BUNDLED_SUITES, bundledSuites, findPairs, loadSuite } from '../../src/suites/index.js';

const suites = new Map<string, Suite>();
beforeAll(async () => {
  for (const { name, path } of bundledSuites()) suites.set(name, await loadSuite(path));
});
const categories = (name: string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { category } of suites.get(name)!.prompts) counts.set(category!, (counts.get(category!) ?? 0) + 1);
  return counts;
};

describe('the suites that come with the package', () => {
  test('are three and three demo suites, each named after its file and of the domain in its name', () => {
    expect(bundledSuites().map(({ name }) => name)).toEqual([
      'in-domain',
      'multi-domain',
      'out-of-domain',
      'demo-in-domain',
      'demo-multi-domain',
      'demo-out-of-domain',
    ]);
    for (const [name, suite] of suites) {
      expect(suite.name).toBe(name);
      expect(suite.domain).toBe(name.replace('demo-', ''));
      expect(suite.description).not.toBeNull();
    }
  });

  test('in-domain has at least 40 prompts in four kinds of reflective and creative work', () => {
    expect(suites.get('in-domain')!.prompts.length).toBeGreaterThanOrEqual(40);
    expect([...categories('in-domain').keys()].sort()).toEqual(['brainstorming', 'contemplative', 'creative', 'philosophy']);
  });

  test('out-of-domain has at least 200 short prompts, 40 or more of each kind, 90 or more with a reference', () => {
    const { prompts } = suites.get('out-of-domain')!;
    expect(prompts.length).toBeGreaterThanOrEqual(210);
    const counts = categories('out-of-domain');
    expect([...counts.keys()].sort()).toEqual(['coding', 'creative', 'factual', 'math', 'practical']);
    for (const count of counts.values()) expect(count).toBeGreaterThanOrEqual(40);
    expect(prompts.filter(({ reference }) => reference !== null).length).toBeGreaterThanOrEqual(90);
    for (const { prompt } of prompts) expect(prompt.length).toBeLessThan(300);
  });

  test('multi-domain has at least 60 prompts over at least ten categories', () => {
    expect(suites.get('multi-domain')!.prompts.length).toBeGreaterThanOrEqual(64);
    expect(categories('multi-domain').size).toBeGreaterThanOrEqual(12);
  });

  test('share no prompt and no nearly equal prompt, and no id', () => {
    const all = [...suites.values()];
    const prompts = all.flatMap((suite) => suite.prompts);
    expect(new Set(prompts.map(({ prompt, system }) => promptHash(prompt, system))).size).toBe(prompts.length);
    expect(new Set(prompts.map(({ id }) => id)).size).toBe(prompts.length);
    expect(findPairs(all)).toEqual([]);
  });

  test('have ids that can stand in a URL and a file name', () => {
    for (const suite of suites.values()) for (const { id } of suite.prompts) expect(id).toMatch(/^[a-z][a-z0-9-]+$/);
  });

  test('have math references that are numbers', () => {
    for (const { category, reference } of suites.get('out-of-domain')!.prompts) {
      if (category === 'math') expect(reference).toMatch(/^-?\d+$/);
    }
  });
});

describe('references in words', () => {
  const words = () => suites.get('out-of-domain')!.prompts.filter(({ reference }) => /[a-z]/i.test(reference ?? ''));

  test('are asked for so that one spelling is the answer', () => {
    for (const { id, category, prompt, reference } of words()) {
      if (category === 'coding') continue;
      const asked = reference!.includes(' ') ? /\bonly\b/ : /\bone word\b|\bonly\b|nothing else|alone/i;
      expect(prompt, id).toMatch(asked);
      if (prompt.includes('___')) expect(prompt, id).not.toContain(reference);
    }
    expect(words()).toHaveLength(29);
  });

  test('are found in every sensible answer', () => {
    for (const { reference } of words()) {
      const wanted = extracted(reference!, 'exact');
      for (const answer of [reference!, `${reference}.`, `**${reference!.toUpperCase()}**`, `The ${reference}`, `"${reference}"\n`])
        expect(extracted(answer, 'exact')).toBe(wanted);
    }
  });
});

const python = spawnSync('python3', ['--version']).status === 0;
if (!python) console.log('python3 is absent: the outputs of the coding prompts are not run again');

test.skipIf(!python)('the Python programs in the prompts print what their reference says', () => {
  const programs = suites.get('out-of-domain')!.prompts.flatMap(({ prompt, reference }) => {
    const code = /```python\n([\s\S]*)\n```/.exec(prompt)?.[1];
    return code === undefined ? [] : [{ code, reference }];
  });
  expect(programs.length).toBeGreaterThanOrEqual(20);
  const script = 'import sys, json, io, contextlib\nfor code in json.load(sys.stdin):\n  out = io.StringIO()\n  with contextlib.redirect_stdout(out): exec(code, {})\n  print(json.dumps(out.getvalue().strip()))';
  const run = spawnSync('python3', ['-c', script], { input: JSON.stringify(programs.map(({ code }) => code)), encoding: 'utf8' });
  const printed = run.stdout.trim().split('\n').map((line) => JSON.parse(line) as string);
  expect(printed).toEqual(programs.map(({ reference }) => reference));
});

describe('the sample responses of the demo', () => {
  test.each(['baseline', 'candidate'])('%s answers each demo prompt once and says that it is a sample', async (role) => {
    const due = ['demo-in-domain', 'demo-out-of-domain', 'demo-multi-domain'].flatMap((name) =>
      suites.get(name)!.prompts.map(({ id }) => `${name}/${id}`),
    );
    const answered: string[] = [];
    for await (const { value } of readJsonl(join(BUNDLED_SUITES, 'demo', `${role}.jsonl`))) {
      const row = value as Record<string, string>;
      answered.push(`${row['suite']!}/${row['prompt_id']!}`);
      expect(row).toMatchObject({ checkpoint: `demo-${role}`, note: 'sample response written for the demo' });
      expect(row['response']!.trim()).not.toBe('');
    }
    expect(due).toHaveLength(36);
    expect(answered.sort()).toEqual(due.sort());
  });
});
