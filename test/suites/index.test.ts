import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundledSuites, findSuite, loadSuite, promptRows, SUITE_READERS } from '../../src/suites/index.js';
import { suiteOf } from '../../src/suites/yaml.js';
import { failure, file, jsonl } from './files.js';

const PLAIN = { name: 'x', domain: 'in-domain', prompts: [{ id: 'a', prompt: 'p' }] };
const SAMPLES: Record<string, string> = {
  yaml: file('x.yaml', JSON.stringify(PLAIN)),
  gsm8k: file('x.jsonl', jsonl([{ question: 'p', answer: '#### 1' }])),
  jsonl: file('x.jsonl', jsonl([{ id: 'a', prompt: 'p' }])),
  csv: file('x.csv', 'id,prompt\na,p\n'),
};

describe('the readers', () => {
  test.each(SUITE_READERS.map((reader) => [reader.name, reader] as const))('%s reads its own files as a suite', async (name, reader) => {
    const suite = await loadSuite(SAMPLES[name]!);
    expect(suite).toEqual(await reader.read(SAMPLES[name]!));
    expect(suite).toMatchObject({ name: 'x', prompts: [{ prompt: 'p' }] });
  });

  test('a file of another kind, or none, is one clear line', async () => {
    expect(await failure(loadSuite(file('x.parquet', 'PAR1')))).toMatchObject({ code: 'FILE_UNKNOWN_FORMAT' });
    for (const name of ['no.yaml', 'no.jsonl', 'no.csv', 'no.csv.gz']) {
      expect(await failure(loadSuite(join('/nowhere', name)))).toMatchObject({ code: 'FILE_MISSING' });
    }
  });
});

describe('a suite by name', () => {
  test('is bundled when the name is bare, else a path relative to the run file', async () => {
    const path = file('in-domain.yaml', JSON.stringify(PLAIN));
    expect((await findSuite('in-domain', dirname(path))).name).toBe('in-domain');
    expect((await findSuite('in-domain.yaml', dirname(path))).name).toBe('x');
    expect((await findSuite('./in-domain.yaml', dirname(path))).name).toBe('x');
    expect((await findSuite(path, '/elsewhere')).name).toBe('x');
    mkdirSync(join(dirname(path), 'suites'));
    writeFileSync(join(dirname(path), 'suites', 'b.yaml'), JSON.stringify({ ...PLAIN, name: 'b' }));
    expect((await findSuite('suites/b.yaml', dirname(path))).name).toBe('b');
  });

  test('that does not exist names the nearest, or all', async () => {
    const error = await failure(findSuite('out-of-domian', '/nowhere'));
    expect(error).toMatchObject({ code: 'SUITE_UNKNOWN', place: { hint: 'Did you mean "out-of-domain"?' } });
    const names = bundledSuites().map(({ name }) => name);
    expect((await failure(findSuite('xyz', '/nowhere'))).place.hint).toContain(names.join(', '));
    expect(await failure(findSuite('suites/x.yaml', '/nowhere'))).toMatchObject({ code: 'FILE_MISSING' });
  });
});

test('prompts for a generator carry exactly the four keys of the contract', () => {
  const messages = [{ role: 'user', content: 'q' }];
  const suite = suiteOf({ ...PLAIN, prompts: [{ id: 'a', prompt: 'p', reference: 'secret', system: 's' }, { id: 'b', messages }] });
  expect(promptRows(suite)).toEqual([
    { prompt_id: 'a', prompt: 'p', messages: null, system: 's' },
    { prompt_id: 'b', prompt: 'user: q', messages, system: null },
  ]);
});

test('prompts for a generator are a suite again', async () => {
  const messages = [{ role: 'user', content: 'q' }];
  const prompts = [{ id: 'a', prompt: 'p', system: 's' }, { id: 'b', messages }];
  const suite = suiteOf({ ...PLAIN, prompts });
  const written = file('out.jsonl', promptRows(suite).map((row) => `${JSON.stringify(row)}\n`).join(''));
  expect((await loadSuite(written)).prompts).toEqual(suite.prompts);
  const wrong = file('out.jsonl', '{"prompt_id": "a", "promt": "p", "messages": null}');
  expect(await failure(loadSuite(wrong))).toMatchObject({ code: 'UNKNOWN_KEY', place: { line: 1, hint: 'Did you mean "prompt"?' } });
});
