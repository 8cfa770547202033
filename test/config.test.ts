// What a run file is refused for: one line with file, line and column, before anything is asked.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBudget } from '../src/budget.js';
import { readRunFile, type RunConfig } from '../src/config.js';
import { configDocument, configurationHash } from '../src/configuration.js';
import { DoubleblindError } from '../src/errors.js';
import { openModels } from '../src/models/index.js';
import { preflight } from '../src/preflight.js';
import { checkRecorded, openRecorded } from '../src/responses.js';

const back = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'doubleblind-config-'));
beforeAll(() => {
  process.chdir(folder);
  const answers = ['a', 'b'].map((id) => JSON.stringify({ prompt_id: id, response: `about ${id}` })).join('\n');
  write({
    's.yaml': 'name: s\ndomain: in-domain\nprompts:\n  - { id: a, prompt: p }\n  - { id: b, prompt: q }\n',
    'ra.jsonl': answers,
    'rb.jsonl': answers.replaceAll('about', 'of'),
    'step-1.jsonl': answers,
  });
});
afterAll(() => {
  process.chdir(back);
  rmSync(folder, { recursive: true, force: true });
});

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(name, text);
}

/** A sound run file, a key a line: `suites` stands on line 2, `judges` on line 5, what is added on line 6. */
const SOUND = {
  purpose: 'trial',
  suites: '[s.yaml]',
  baseline: '{ name: base, provider: recorded, file: ra.jsonl }',
  candidate: '{ name: tuned, provider: recorded, file: rb.jsonl }',
  judges: '[{ provider: offline }]',
};

const SLOTS = '{{ open_a }}{{ first }}{{ close_a }}{{ open_b }}{{ second }}{{ close_b }}';

/** Writes the run file with some keys changed; its name. */
function runFile(changes: Record<string, string | null> = {}): string {
  const entries = Object.entries({ ...SOUND, ...changes }).filter(([, value]) => value !== null);
  write({ 'run.yaml': entries.map(([key, value]) => `${key}: ${value}\n`).join('') });
  return 'run.yaml';
}

/** The line a person reads; empty when there is nothing to complain about. */
async function complaint(changes: Record<string, string | null>): Promise<string> {
  try {
    await readRunFile(runFile(changes));
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(DoubleblindError);
    return (error as DoubleblindError).line;
  }
}

it('a sound run file is read, and nothing is said against it', async () => {
  const [config] = await readRunFile(runFile());
  expect(config).toMatchObject({ purpose: 'trial', baseline: { name: 'base' }, warnings: [] });
});

describe('who cannot judge, or cannot answer, is refused where it stands', () => {
  it.each([
    [
      { judges: '[{ provider: recorded, file: rb.jsonl }]' },
      'run.yaml:5:22: "recorded" answers prompts; it cannot judge. Use openai, anthropic, offline or reference;',
    ],
    [{ judges: '[{ provider: recorded }]' }, 'run.yaml:5:22: "recorded" answers prompts; it cannot judge.'],
    [
      { candidate: '{ name: tuned, provider: offline }' },
      'run.yaml:4:37: "offline" judges; it cannot answer prompts. Use openai, anthropic or recorded.',
    ],
    [
      { candidate: null, candidates: '{ provider: reference, file: "step-{{step}}.jsonl", extract: number }' },
      'run.yaml:5:74: `extract` has no meaning for provider `recorded`.',
    ],
  ])('%j', async (changes, line) => {
    expect(await complaint(changes)).toContain(line);
  });
});

describe('a misspelt key is told with the nearest one, also where several forms may stand', () => {
  it.each([
    [
      { suites: '[{ name: s, domian: in-domain, prompts: [{ id: a, prompt: p }] }]' },
      'run.yaml:2:21: unknown key "domian" in suites[0]. Did you mean "domain"?',
    ],
    [
      { candidate: null, candidates: '{ provider: openai, foldrs: x }' },
      'run.yaml:5:33: unknown key "foldrs" in candidates. Did you mean "folders"?',
    ],
    [
      { judges: '[{ provider: reference, extract: { regx: a } }]' },
      'run.yaml:5:44: unknown key "regx" in judges[0].extract. Did you mean "regex"?',
    ],
    [
      { margin: '{ out-of-domian: 0.1 }' },
      'run.yaml:6:11: unknown key "out-of-domian" in margin. Did you mean "out-of-domain"?',
    ],
  ])('%j', async (changes, line) => {
    expect(await complaint(changes as Record<string, string | null>)).toBe(line);
  });
});

describe('what a run file names and nobody has is told where it is named', () => {
  it.each([
    [
      { suites: '[s.yaml, out-of-domian]' },
      'run.yaml:2:18: no bundled suite is named "out-of-domian". Did you mean "out-of-domain"?',
    ],
    [{ suites: '[nope/s.yaml]' }, 'run.yaml:2:10: nope/s.yaml: no such file'],
    [{ suites: '[ra.txt]' }, 'run.yaml:2:10: ra.txt: not a suite by its name. A suite is'],
    [{ template: 'pairwize' }, 'run.yaml:6:11: there is no template "pairwize". Name a bundled one'],
    [{ judges: '[{ provider: offline, template: a/b.md }]' }, 'run.yaml:5:41: there is no template "a/b.md".'],
    [
      { candidate: null, candidates: '{ provider: recorded, file: "no-{{step}}.jsonl" }' },
      'run.yaml:5:13: no-{{step}}.jsonl: nothing matches',
    ],
    [
      { suites: '\n  - name: x\n    domain: in-domain\n    prompts: [{ id: a, prompt: p }, { id: a, prompt: q }]' },
      'run.yaml:5:43: prompt id "a" appears twice. The first stands on line 5.',
    ],
    [
      { suites: '\n  - name: x\n    domain: in-domain\n    prompts: [{ id: a, promt: p }]' },
      'run.yaml:5:24: unknown key "promt" in prompts[0]. Did you mean "prompt"?',
    ],
  ])('%j', async (changes, line) => {
    expect(await complaint(changes as Record<string, string | null>)).toContain(line);
  });

  it('a fault inside the named file keeps its place there', async () => {
    write({ 'twice.yaml': 'name: s\ndomain: in-domain\nprompts: [{ id: a, prompt: p }, { id: a, prompt: q }]\n' });
    expect(await complaint({ suites: '[twice.yaml]' })).toMatch(/^twice\.yaml:3:39: prompt id "a" appears twice\./);
    write({ 'blind.md': `---\nname: t\n---\n${SLOTS}` });
    expect(await complaint({ template: 'blind.md' })).toBe(
      'blind.md:1:1: the judge never sees what was asked. Print {{ prompt }} or {{ messages }} among the texts.',
    );
    write({ 'blind.md': `---\nname: t\n---\n{{ messages | size }}\n${SLOTS}` });
    expect(await complaint({ template: 'blind.md' })).toBe('');
    mkdirSync('sub', { recursive: true });
    write({ 'sub/t.md': '---\nname: t\n---\n{{ frist }}\n' });
    write({ 'sub/run.yaml': runFile({ template: 't.md', suites: '[../s.yaml]' }) && readFileSync('run.yaml', 'utf8') });
    await expect(readRunFile('sub/run.yaml')).rejects.toMatchObject({
      place: { file: 'sub/t.md', line: 4, column: 4 },
    });
  });
});

describe('who cannot be asked is told by name, and where the run file names it', () => {
  const at = 'base_url: "http://127.0.0.1:1/v1"';
  const looks = async (config: RunConfig): Promise<unknown> => {
    await openRecorded(config);
    const models = openModels({ env: {} });
    try {
      if (config.budget_usd !== null) await checkBudget(config, models);
      return await preflight(config, models);
    } finally {
      await models.close();
    }
  };
  it.each([
    [
      { candidate: '{ name: tuned, provider: recorded, file: no.jsonl }' },
      'run.yaml:4:12: the candidate "tuned": ',
      'no.jsonl: no such file',
    ],
    [
      { baseline: `{ name: base, provider: openai, model: m, ${at} }` },
      'run.yaml:3:11: the baseline "base": http://127.0.0.1:1/v1 ',
      'cannot be reached',
    ],
    [
      { judges: '[{ provider: offline }, { name: j, provider: openai, model: m }]' },
      'run.yaml:5:33: the judge "j": ',
      'OPENAI_API_KEY is not set',
    ],
    [
      { judges: `[{ name: j, provider: openai, model: m, ${at} }]`, budget_usd: '1' },
      'run.yaml:5:10: the price of the judge "j" (m) ',
      'is unknown',
    ],
  ])('%j', async (changes, place, what) => {
    const [config] = await readRunFile(runFile(changes));
    const error = await looks(config!).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DoubleblindError);
    expect((error as DoubleblindError).line).toContain(place);
    expect((error as DoubleblindError).line).toContain(what);
  });

  it('without a run file the name alone is told', async () => {
    const [config] = await readRunFile(runFile({ judges: '[{ name: j, provider: openai, model: m }]' }));
    await expect(looks({ ...config!, places: undefined })).rejects.toMatchObject({
      message: expect.stringMatching(/^the judge "j": OPENAI_API_KEY is not set/) as string,
      place: { hint: 'Set it in the environment or in .env.' },
    });
  });

  it('an address that may not be what it is taken for is told once', async () => {
    const judge = (name: string) => `{ name: ${name}, provider: openai, model: m, ${at} }`;
    const [config] = await readRunFile(runFile({ judges: `[${judge('one')}, ${judge('two')}]` }));
    const reached = { address: 'x', served_models: null, doubt: 'x answers with 404', key_variable: null };
    const models = { ...openModels({ env: {} }), reach: () => Promise.resolve(reached) };
    const warnings: unknown[] = [];
    const contacts = await preflight(config!, models, { onWarning: (warning) => warnings.push(warning) });
    expect(contacts.at(-1)).toMatchObject({ who: 'two', address: 'x', served_models: null });
    expect(warnings).toEqual([{ code: 'ADDRESS_DOUBTFUL', message: 'x answers with 404' }]);
  });

  it('places are neither stored nor part of what a run is', async () => {
    const [config] = await readRunFile(runFile());
    expect(config!.places?.judges).toEqual({ offline: { file: 'run.yaml', line: 5, column: 10 } });
    expect(configDocument(config!)).not.toHaveProperty('places');
    const elsewhere = { ...config!, places: undefined };
    expect(configurationHash(elsewhere, {})).toBe(configurationHash(config!, {}));
  });
});

describe('recorded files that do not fit what is asked', () => {
  const check = async (
    changes: Record<string, string | null>,
    allow = false,
  ): Promise<{ refused: string; warned: string[] }> => {
    const [config] = await readRunFile(runFile(changes));
    const warned = config!.warnings.map(({ message }) => message);
    try {
      checkRecorded(await openRecorded(config!), config!, allow, ({ message }) => warned.push(message));
      return { refused: '', warned };
    } catch (error) {
      return { refused: (error as DoubleblindError).line, warned };
    }
  };
  const candidate = (file: string, name = 'tuned') => ({
    candidate: `{ name: ${name}, provider: recorded, file: ${file} }`,
  });
  const rows = (...ids: string[]) =>
    ids.map((id, i) => JSON.stringify({ prompt_id: id, response: `r${i}` })).join('\n');
  beforeAll(() => write({ 'one.jsonl': rows('a'), 'none.jsonl': rows('x'), 'more.jsonl': rows('a', 'b', 'b') }));
  const numbered = (...repeats: number[]) =>
    repeats.flatMap((repeat, i) =>
      ['a', 'b'].map((id) => JSON.stringify({ prompt_id: id, repeat, response: `r${i}` })),
    );
  beforeAll(() => write({ 'numbered.jsonl': numbered(0, 1).join('\n'), 'twice.jsonl': numbered(0, 1, 0).join('\n') }));
  const AA = expect.stringContaining('Baseline and candidate are the same checkpoint') as string;

  it.each([
    [
      { sampling: '{ repeats: 3 }' },
      false,
      'ra.jsonl: the baseline "base" has no recorded response for 2 prompts: s/a (repeats 1–2), s/b (repeats 1–2). Add',
    ],
    [
      candidate('one.jsonl'),
      false,
      'one.jsonl: the candidate "tuned" has no recorded response for 1 prompt: s/b. Add them,',
    ],
    [candidate('none.jsonl'), true, 'run.yaml:4:12: no prompt has a response of both checkpoints, so that nothing is'],
  ])('%j', async (changes, allow, line) => {
    expect((await check(changes, allow)).refused).toContain(line);
  });

  it.each([
    [
      candidate('one.jsonl'),
      true,
      ['the candidate "tuned" has no recorded response for 1 prompt: s/b. The run goes on without.'],
    ],
    [
      candidate('more.jsonl'),
      false,
      ['the candidate "tuned" has up to 2 recorded responses to a prompt; the first is taken (sampling.repeats).'],
    ],
    [
      {
        ...candidate('twice.jsonl'),
        baseline: '{ name: base, provider: recorded, file: numbered.jsonl }',
        sampling: '{ repeats: 2 }',
      },
      false,
      [
        'the candidate "tuned" has 2 recorded responses to a prompt and repeat that another answers, first on lines 1 and 5; the last is taken.',
      ],
    ],
    [
      {
        ...candidate('numbered.jsonl'),
        baseline: '{ name: base, provider: recorded, file: numbered.jsonl }',
        sampling: '{ repeats: 2 }',
      },
      false,
      [AA],
    ],
    [candidate('ra.jsonl', 'another'), false, [AA]],
    [candidate('ra.jsonl', 'base'), false, [AA]],
  ])('%j is told', async (changes, allow, words) => {
    expect(await check(changes, allow)).toEqual({ refused: '', warned: words });
  });
});

it('one server under two spellings of its address is the same checkpoint', async () => {
  const at = (name: string, path: string) =>
    `{ name: ${name}, provider: openai, model: m, base_url: "http://h${path}" }`;
  const [config] = await readRunFile(runFile({ baseline: at('x', '/v1'), candidate: at('y', '/v1/') }));
  expect(config!.warnings.map(({ code }) => code)).toEqual(['SAME_CHECKPOINT']);
});

it('a judge that compares with references alone is refused where no prompt has one', async () => {
  expect(await complaint({ judges: '[{ provider: reference, extract: number }]' })).toContain(
    'run.yaml:5:9: no prompt has a reference, so that nothing can be judged.',
  );
});

describe('a value out of bounds is told in words of the rule', () => {
  it.each([
    [{ judges: '[]' }, 'run.yaml:5:9: judges must not be empty'],
    [{ sampling: '{ temperature: 9 }' }, 'run.yaml:6:26: sampling.temperature must be at most 2, not 9'],
    [{ concurrency: '0' }, 'run.yaml:6:14: concurrency must be more than 0, not 0'],
    [
      { judges: '[{ provider: openai, model: m, base_url: "localhost:8000/v1" }]' },
      'run.yaml:5:50: judges[0].base_url must be an address that begins with http:// or https://, not "localhost:8000/v1"',
    ],
    [
      { candidate: '{ name: "a\\eb", provider: recorded, file: rb.jsonl }' },
      'run.yaml:4:20: candidate.name holds a control character',
    ],
    [{ name: '"a\\0b"' }, 'run.yaml:6:7: name holds U+0000, which PostgreSQL cannot store'],
    [{ description: '"\\ud800"' }, 'run.yaml:6:14: description holds half a surrogate pair, which is no character'],
    [{ tags: '{ team: "a\\0" }' }, 'run.yaml:6:15: tags.team holds U+0000, which PostgreSQL cannot store'],
  ])('%j', async (changes, line) => {
    expect(await complaint(changes)).toBe(line);
  });

  it('a name with a control character is refused in a suite too, and an empty suite is one', async () => {
    write({ 'bell.yaml': 'name: "a\\ab"\ndomain: in-domain\nprompts: [{ id: a, prompt: p }]\n', 'zero.yaml': '' });
    expect(await complaint({ suites: '[bell.yaml]' })).toBe('bell.yaml:1:7: name holds a control character');
    expect(await complaint({ suites: '[zero.yaml]' })).toBe('zero.yaml:1:1: the suite "zero" has no prompts');
  });

  it('a pipe that nobody writes into is refused, not waited for', async () => {
    execFileSync('mkfifo', ['pipe.yaml']);
    expect(await complaint({ suites: '[pipe.yaml]' })).toBe('run.yaml:2:10: pipe.yaml: is no regular file.');
  });
});
