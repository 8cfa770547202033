// Responses that exist already, judged from the command line.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './here.js';

interface Line {
  prompt_id: string;
  prompt: string;
  repeat: number;
  candidate_response: string;
  winner: string;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-judge-'));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});

const lines = (rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
/** Rows as a training script writes them: the candidate under its own name. */
const paired = (n: number, round: number): object[] =>
  Array.from({ length: n }, (_, i) => ({
    ...{ prompt_num: i + 1, prompt: `What is ${i} and why?`, category: 'coding' },
    ...{ baseline_output: 'It is so.', brie_output: `Round ${round}: it is ${i}, because it follows from one.` },
  }));

async function judged(...args: string[]): Promise<{ document: Document; rows: Line[] }> {
  const { end, stdout, stderr } = await run('judge', ...args, '--purpose', 'test', '--json');
  expect(stderr).not.toContain('error');
  expect(end, stderr).toBe(0);
  const document = JSON.parse(stdout) as Document;
  const text = await readFile(join(document.run.exports, 'judged.jsonl'), 'utf8');
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line & { canary: string | null })
    .filter(({ canary }) => canary === null);
  return { document, rows };
}
interface Document {
  run: { exports: string; candidate: string };
  estimates: { group: object; n_prompts: number; n_comparisons: number; n_judgments: number }[];
  decision: { domains: Record<string, { verdict: string }> };
}

describe('paired files', () => {
  it('of the same prompts are repeats of one run, in the order of the files', async () => {
    for (const round of [1, 2]) await writeFile(`philosophy_run${round}.jsonl`, lines(paired(4, round)));
    const { document, rows } = await judged(
      'philosophy_run1.jsonl',
      'philosophy_run2.jsonl',
      '--judge',
      'offline:plain',
    );
    expect(document.run.candidate).toBe('brie');
    expect(document.estimates[0]).toMatchObject({ n_prompts: 4, n_comparisons: 8, n_judgments: 16 });
    expect(rows).toHaveLength(16);
    for (const row of rows) expect(row.candidate_response).toContain(`Round ${row.repeat + 1}:`);
  });

  it('are of the domain that their name says, or of the one that is given', async () => {
    await writeFile('out_of_domain_run1.jsonl', lines(paired(3, 1)));
    const named = await judged('out_of_domain_run1.jsonl', '--judge', 'offline');
    expect(named.document.decision.domains['in-domain']!.verdict).toBe('not tested');
    expect(named.document.decision.domains['out-of-domain']!.verdict).not.toBe('not tested');
    const given = await judged('out_of_domain_run1.jsonl', '--judge', 'offline', '--domain', 'multi-domain');
    expect(given.document.decision.domains['out-of-domain']!.verdict).toBe('not tested');
  });

  it('of several domains are suites of one run, each prompt in the domain of its file', async () => {
    const other = paired(5, 1).map((row) => ({ ...row, prompt: `${(row as Line).prompt} Say it in verse.` }));
    await writeFile('philosophy.jsonl', lines(paired(4, 1)));
    await writeFile('out_of_domain_verse.jsonl', lines(other));
    const { document } = await judged('philosophy.jsonl', 'out_of_domain_verse.jsonl', '--judge', 'offline');
    const counts = document.estimates.filter(({ group }) => Object.keys(group).join() === 'domain');
    const byDomain = Object.fromEntries(counts.map(({ group, n_prompts }) => [Object.values(group)[0], n_prompts]));
    expect(byDomain).toEqual({ 'in-domain': 4, 'out-of-domain': 5 });
  });

  it('with a prompt twice judge every row, and count the prompt once', async () => {
    const [first, ...others] = paired(3, 1);
    const [again] = paired(1, 2);
    await writeFile('uneven.jsonl', lines([first!, ...others, again!]));
    const { document, rows } = await judged('uneven.jsonl', '--judge', 'offline');
    expect(document.estimates[0]).toMatchObject({ n_prompts: 3, n_comparisons: 4, n_judgments: 8 });
    const texts = rows.filter(({ prompt }) => prompt === 'What is 0 and why?').map((row) => row.candidate_response);
    expect(new Set(texts)).toEqual(
      new Set(['Round 1: it is 0, because it follows from one.', 'Round 2: it is 0, because it follows from one.']),
    );
  });
});

describe('paired files that differ', () => {
  const row = (i: number, names: readonly string[]) => ({
    ...{ prompt: `Say ${i}.`, baseline_response: `${i}.` },
    ...Object.fromEntries(names.map((name) => [`${name}_response`, `I am ${name} and say ${i}.`])),
  });
  const file = async (name: string, ...names: string[]) => {
    await writeFile(name, lines([1, 2, 3].map((i) => row(i, names))));
    return name;
  };
  const said = ({ rows }: { rows: Line[] }) => new Set(rows.map((one) => one.candidate_response.split(' ')[2]));

  it('in their candidates are refused, and are one checkpoint where it is named', async () => {
    const both = [await file('brie.jsonl', 'brie'), await file('other.jsonl', 'other')];
    const { end, stderr } = await run('judge', ...both, '--judge', 'offline');
    expect(end).toBe(2);
    expect(stderr).toMatch(/other\.jsonl:1: holds responses of "other", rows before it of "brie"\. .*--candidate-name/);
    const named = await judged(...both, '--judge', 'offline', '--candidate-name', 'cheese');
    expect(named.document.run.candidate).toBe('cheese');
    expect(said(named)).toEqual(new Set(['brie', 'other']));
  });

  it('within a row are refused too, and --candidate-name chooses', async () => {
    const two = await file('two.jsonl', 'brie', 'other');
    for (const more of [[], ['--candidate-name', 'cheddar']]) {
      const { end, stderr } = await run('judge', two, '--judge', 'offline', ...more);
      expect(end).toBe(2);
      expect(stderr).toMatch(/two\.jsonl:1: holds responses of "brie" and "other"\. .*--candidate-name/);
    }
    expect(said(await judged(two, '--judge', 'offline', '--candidate-name', 'other'))).toEqual(new Set(['other']));
  });

  it('in white space alone hold one prompt', async () => {
    const spaced = [1, 2, 3].map((i) => ({ ...row(i, ['brie']), prompt: ` Say\t ${i}.\n` }));
    await writeFile('spaced.jsonl', lines(spaced));
    const { document, rows } = await judged(await file('plain.jsonl', 'brie'), 'spaced.jsonl', '--judge', 'offline');
    expect(document.estimates[0]).toMatchObject({ n_prompts: 3, n_comparisons: 6 });
    expect(new Set(rows.map(({ repeat }) => repeat))).toEqual(new Set([0, 1]));
  });

  it.each([
    ['null', { brie_response: null }],
    ['absent', { brie_response: undefined }],
  ])('by a response that is %s go on without it when allowed', async (_, lacking) => {
    const rows = [1, 2, 3, 4].map((i) => ({ ...row(i, ['brie']), ...(i === 3 && lacking) }));
    await writeFile('lacking.jsonl', lines(rows));
    const refused = await run('judge', 'lacking.jsonl', '--judge', 'offline');
    expect(refused.end).toBe(2);
    expect(refused.stderr).toContain('the candidate "brie" has no recorded response for 1 prompt: lacking.jsonl:3.');
    const allowed = await judged('lacking.jsonl', '--judge', 'offline', '--allow-missing', '--max-failed', '0.5');
    expect(new Set(allowed.rows.map(({ prompt }) => prompt))).toEqual(new Set(['Say 1.', 'Say 2.', 'Say 4.']));
  });
});

it('one file per checkpoint is matched by prompt', async () => {
  const answers = (text: string) => lines([1, 2, 3].map((i) => ({ prompt: `Say ${i}.`, response: `${text} ${i}` })));
  await writeFile('old.jsonl', answers('old'));
  await writeFile('new.jsonl', answers('new and longer'));
  const { document, rows } = await judged('--baseline', 'old.jsonl', '--candidate', 'new.jsonl', '--judge', 'offline');
  expect(document.run.candidate).toBe('new');
  expect(rows).toHaveLength(6);
  for (const row of rows) expect(row.candidate_response).toBe(`new and longer ${row.prompt[4]!}`);
});

describe('files of several responses to a prompt', () => {
  const answers = (who: string, counts: readonly number[]) =>
    lines(
      counts.flatMap((n, i) => Array.from({ length: n }, (_, k) => ({ prompt: `Say ${i}.`, response: `${who} ${k}` }))),
    );
  const judgedOf = async (baseline: readonly number[], candidate: readonly number[]) => {
    await writeFile('several-old.jsonl', answers('old', baseline));
    await writeFile('several-new.jsonl', answers('new', candidate));
    const files = ['--baseline', 'several-old.jsonl', '--candidate', 'several-new.jsonl'];
    const { document, rows } = await judged(...files, '--judge', 'offline', '--orders', 'random');
    const pairs = rows.map(({ candidate_response, repeat }) => `${candidate_response} at ${repeat}`);
    return { ...document.estimates[0], pairs: [...new Set(pairs)].sort() };
  };

  it('are judged in all repeats that both hold', async () => {
    const three = await judgedOf([3, 3, 3], [4, 4, 4]);
    expect(three).toMatchObject({ n_prompts: 3, n_comparisons: 9, pairs: ['new 0 at 0', 'new 1 at 1', 'new 2 at 2'] });
  });

  it('are judged in those that both hold of every prompt, and what is left is told', async () => {
    expect(await judgedOf([3, 2, 4], [3, 3, 3])).toMatchObject({ n_prompts: 3, n_comparisons: 6 });
    const files = ['--baseline', 'several-old.jsonl', '--candidate', 'several-new.jsonl'];
    const { stderr } = await run('judge', ...files, '--judge', 'offline', '--purpose', 'again');
    expect(stderr).toContain(
      '"several-new" has up to 3 recorded responses to a prompt; the first 2 are taken (not every',
    );
    expect(stderr).not.toContain('sampling.repeats');
  });

  it('do not lose a repeat by a prompt that one of them does not know', async () => {
    await writeFile('several-old.jsonl', answers('old', [2, 2, 2]));
    await writeFile('several-new.jsonl', answers('new', [2, 2]));
    const files = ['--baseline', 'several-old.jsonl', '--candidate', 'several-new.jsonl'];
    const { document } = await judged(...files, '--judge', 'offline', '--allow-missing', '--max-failed', '1');
    expect(document.estimates[0]).toMatchObject({ n_prompts: 2, n_comparisons: 4 });
  });

  it('of which some have no id are repeats of the prompt with their text', async () => {
    const rows = (who: string) =>
      lines(
        [0, 1, 2].flatMap((i) => [
          { prompt: `Say ${i}.`, response: `${who} ${i} first` },
          { prompt_id: `p${i}`, prompt: `Say ${i}.`, response: `${who} ${i} again` },
        ]),
      );
    await writeFile('several-old.jsonl', rows('old'));
    await writeFile('several-new.jsonl', rows('new'));
    const files = ['--baseline', 'several-old.jsonl', '--candidate', 'several-new.jsonl'];
    const { document, rows: judgments } = await judged(...files, '--judge', 'offline');
    expect(new Set(judgments.map(({ prompt_id }) => prompt_id))).toEqual(new Set(['p0', 'p1', 'p2']));
    expect(document.estimates[0]).toMatchObject({ n_prompts: 3, n_comparisons: 6 });
    const said = new Set(judgments.map(({ candidate_response }) => candidate_response));
    expect(said).toEqual(new Set([0, 1, 2].flatMap((i) => [`new ${i} first`, `new ${i} again`])));
  });

  it('under one id with two texts are refused', async () => {
    const rows = [0, 1].map((i) => ({ prompt_id: 'same', prompt: `Say ${i}.`, response: 'Yes.' }));
    await writeFile('twice.jsonl', lines(rows));
    const refused = await run('judge', '--baseline', 'twice.jsonl', '--candidate', 'twice.jsonl', '--judge', 'offline');
    expect(refused.end).toBe(2);
    expect(refused.stderr).toContain('twice.jsonl:2: prompt id "same" stands for two texts.');
  });

  it('whose prompts differ in white space are repeats of one', async () => {
    for (const who of ['old', 'new'])
      await writeFile(
        `several-${who}.jsonl`,
        lines(['Say it.', ' Say  it. '].map((prompt, k) => ({ prompt, response: `${who} ${k}` }))),
      );
    const files = ['--baseline', 'several-old.jsonl', '--candidate', 'several-new.jsonl'];
    const { document } = await judged(...files, '--judge', 'offline');
    expect(document.estimates[0]).toMatchObject({ n_prompts: 1, n_comparisons: 2 });
  });
});

describe('responses of runs, as their folders hold them', () => {
  it('are judged again in the suites that they name', async () => {
    const row = (suite: string, checkpoint: string, i: number) => ({
      ...{ schema: 'doubleblind/response@1', id: `${suite}${checkpoint}${i}`, suite, prompt_id: `q${i}` },
      ...{ prompt: `What is ${i} in ${suite}?`, repeat: 0, checkpoint, response: `${checkpoint} says ${i}.` },
    });
    const suites = ['out-of-domain', 'letters'];
    const rows = suites.flatMap((suite) => [0, 1, 2].flatMap((i) => ['old', 'new'].map((who) => row(suite, who, i))));
    await writeFile('responses.jsonl', lines(rows));
    const files = ['--baseline', 'responses.jsonl', '--candidate', 'responses.jsonl'];
    const { document } = await judged(
      ...[...files, '--baseline-name', 'old', '--candidate-name', 'new', '--judge', 'offline'],
    );
    const counts = document.estimates.filter(({ group }) => Object.keys(group).join() === 'suite');
    expect(counts.map(({ group, n_prompts }) => [Object.values(group)[0], n_prompts])).toEqual([
      ['letters', 3],
      ['out-of-domain', 3],
    ]);
    expect(document.decision.domains['out-of-domain']!.verdict).not.toBe('not tested');
  });
});

describe('bad input is one line, and nothing is judged', () => {
  it.each([
    ['no judge', ['philosophy_run1.jsonl'], 'no judge is named'],
    ['a judge that cannot be', ['philosophy_run1.jsonl', '--judge', 'foo:bar'], 'provider:model'],
    ['a missing file', ['nowhere.jsonl', '--judge', 'offline'], 'nowhere.jsonl: no such file'],
    [
      'files of both kinds',
      ['old.jsonl', '--baseline', 'old.jsonl', '--judge', 'offline'],
      'either paired files or both',
    ],
    [
      'a judge with nothing to go by',
      ['philosophy_run1.jsonl', '--judge', 'reference:number'],
      'no prompt has a reference',
    ],
    ['a file of one side', ['old.jsonl', '--judge', 'offline'], 'old.jsonl:1: "baseline_response"'],
  ])('%s', async (_, args, says) => {
    const { end, stderr, stdout } = await run('judge', ...args);
    expect(end).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(says);
  });
});
