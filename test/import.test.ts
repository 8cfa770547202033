import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditFile, auditRun, sentence } from '../src/audit/index.js';
import type { DoubleblindError } from '../src/errors.js';
import { exportFolder } from '../src/export.js';
import { writeExports } from '../src/export-files.js';
import { statsOfFiles } from '../src/file-stats.js';
import { importFiles } from '../src/import.js';
import { offlineAmong } from '../src/judges.js';
import { type Judgment, type Response, ROLES, type Run } from '../src/records.js';
import { openStore, type Store } from '../src/store/index.js';
import { concluded } from '../src/win-rates.js';
import { brieRow, fileOf, lines } from './formats/files.js';
import { type Journey, openJourney, suiteOf } from './journeys/world.js';
import { freshDatabase } from './stores.js';

const now = '2026-01-01T00:00:00.000Z';
const game = (said: string | null) =>
  said === null ? null : { judgment: { judge_model: 'haiku', response: `[[${said}]]` }, decision: said };
/** JudgeBench pairs: right in both orders, in one with the other lost, in one with a tie, in none. */
const PAIRS = [
  ['B>A', 'livebench-math', 'B>A', 'A>B'],
  ['B>A', 'livebench-math', 'B>A', null],
  ['A>B', 'mmlu-pro-law', 'A=B', 'A=B'],
  ['A>B', 'mmlu-pro-law', 'B>A', 'A>B'],
].map(([label, source, first, second], i) => ({
  pair_id: `pair-${i}`,
  source,
  question: `Question ${i}?`,
  response_A: `a${i}`,
  response_B: `b${i}`,
  label,
  judge_name: 'arena_hard',
  judgments: [game(first!), game(second ?? null)],
}));

let stores: Store[];
beforeEach(async () => {
  stores = [await openStore(await freshDatabase()), await openStore(await freshDatabase())];
});
afterEach(() => Promise.all(stores.map((store) => store.close())));

const written = async (store: Store, run: Run, root: string) => {
  const folder = await exportFolder(root, run);
  const { summary } = await concluded(store, run);
  await writeExports({ store, run, folder, summary, report: () => Promise.resolve('') });
  return folder;
};
const bytesOf = async (folder: string) =>
  Object.fromEntries(
    await Promise.all((await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  ) as Record<string, string>;

describe('the right answer that a file states', () => {
  const accuracy = [
    ['all', 0.5, 4],
    ['math', 1, 2],
    ['knowledge', 0, 2],
  ];
  const shown = (judge: { accuracy: { group: string; value: number | null; n?: number }[] } | undefined) =>
    judge?.accuracy.map(({ group, value, n }) => [group, value, n]);

  it('gives the same accuracy in the audit, in stats of the file and of the imported run', async () => {
    const file = fileOf('pairs.jsonl', lines(...PAIRS));
    expect((await auditFile(file)).accuracy[0]).toMatchObject({ right: 2, wrong: 1, tie: 1, value: 0.5 });
    expect(shown((await statsOfFiles([file], {}, {})).summary.judges[0])).toEqual(accuracy);
    const { runs } = await importFiles(stores[0]!, [file], { now });
    const { summary } = await concluded(stores[0]!, runs[0]!);
    expect(shown(summary.judges[0])).toEqual(accuracy);
    expect(summary.judges[0]!.accuracy[0]!.low).toBeLessThan(0.5);
    expect((await auditRun(stores[0]!, runs[0]!)).accuracy[0]).toMatchObject({ right: 2, n: 4 });
  });

  it('is not made up where a file states none', async () => {
    const votes = [{ prompt: 'p', judge: 'j', winner: 'candidate' }];
    const { summary } = await statsOfFiles([fileOf('x.jsonl', lines(...votes))], {}, {});
    expect(summary.judges[0]!.accuracy).toEqual([]);
  });

  it('survives export, import and export again, every file to the byte', async () => {
    const file = fileOf('pairs.jsonl', lines(...PAIRS));
    const root = dirname(file);
    const [first, second] = stores as [Store, Store];
    const { runs } = await importFiles(first, [file], { now });
    const folder = await written(first, runs[0]!, join(root, 'first'));
    const again = await importFiles(second, [join(folder, 'judged.jsonl')], { now: '2027-01-01T00:00:00.000Z' });
    expect(again.runs[0]!.id).toBe(runs[0]!.id);
    const before = await bytesOf(folder);
    expect(await bytesOf(await written(second, again.runs[0]!, join(root, 'second')))).toEqual(before);
    expect(JSON.parse(before['run.json']!)).toMatchObject({ known_answers: [{ prompt_id: 'pair-0' }, {}, {}, {}] });
    expect((await auditRun(second, again.runs[0]!)).accuracy[0]).toMatchObject({ right: 2, n: 4 });
  });
});

describe('the export of an imported run', () => {
  it('is audited by its own verdicts: letters of a foreign reply are not read as our slots', async () => {
    // In these replies A is the baseline also where the candidate was printed first.
    const rows = ['AB', 'BA', 'BA', 'BA'].map((presentation_order, i) =>
      brieRow({
        prompt: `Question ${i}?`,
        presentation_order,
        baseline_response: `the ground below ${i}`,
        judgment: `Response A says "the ground below ${i}", that is all.\nWinner: A`,
        winner: 'baseline',
      }),
    );
    const file = fileOf('x.jsonl', lines(...rows));
    const { runs } = await importFiles(stores[0]!, [file], { now });
    const folder = await written(stores[0]!, runs[0]!, join(dirname(file), 'out'));
    for (const report of [await auditFile([folder]), await auditRun(stores[0]!, runs[0]!)]) {
      expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(report.derived).toMatchObject({ wins: 0, losses: 4, win_rate: 0 });
    }
  });
});

it('an imported run without replies can only be taken as stated, as the file it came from', async () => {
  const order = 'baseline-first';
  const rows = ['candidate', 'tie'].map((winner, i) => ({ prompt: `Question ${i}?`, judge: 'j', winner, order }));
  const file = fileOf('x.jsonl', lines(...rows));
  const { runs } = await importFiles(stores[0]!, [file], { now });
  const folder = await written(stores[0]!, runs[0]!, join(dirname(file), 'out'));
  const reports = [await auditFile(file), await auditFile([folder]), await auditRun(stores[0]!, runs[0]!)];
  for (const report of reports) expect(sentence(report)).toContain('can only be taken as stated');
});

describe('the folder of a run', () => {
  const FAILED = { state: 'failed', failure: 'unreachable', verdict: null, winner: null, score: null, reply: null };
  let journey: Journey;
  let folder: string;
  beforeAll(async () => {
    journey = await openJourney();
    const launched = await journey.run(await journey.runFile({ suites: [suiteOf(3)] }));
    folder = launched.folder;
  });
  afterAll(() => journey.close());

  const linesOf = async (name: string) => (await readFile(join(folder, name), 'utf8')).trim().split('\n');
  const copyOf = async () => {
    const copy = dirname(fileOf('x', ''));
    await cp(folder, copy, { recursive: true });
    return copy;
  };

  it('is imported by its name, with or without what the run says of itself', async () => {
    const [{ runs }, alone] = [await importFiles(stores[0]!, [folder], { now }), dirname(fileOf('x', ''))];
    expect(runs).toMatchObject([
      { origin: 'own', planned: { prompts: 3, comparisons: 3, responses: 6, judgments: 6 } },
    ]);
    await cp(join(folder, 'judged.jsonl'), join(alone, 'judged.jsonl'));
    const { runs: bare } = await importFiles(stores[1]!, [alone], { now });
    expect(bare).toMatchObject([{ id: runs[0]!.id, origin: 'import', planned: runs[0]!.planned }]);
    const empty = dirname(fileOf('x', ''));
    await expect(importFiles(stores[1]!, [empty], { now })).rejects.toMatchObject({ code: 'FILE_UNKNOWN_FORMAT' });
  });

  it('tells that its run was made before from the judged lines alone, and that the rest is not taken over', async () => {
    const alone = fileOf('judged.jsonl', `${(await linesOf('judged.jsonl')).join('\n')}\n`);
    expect((await importFiles(stores[0]!, [alone], { now })).warnings).toEqual([]);
    expect((await importFiles(stores[0]!, [folder], { now })).warnings).toMatchObject([
      { code: 'RUN_NOT_TAKEN_OVER', message: expect.stringContaining(folder) },
    ]);
    for (const _ of [1, 2]) expect((await importFiles(stores[1]!, [folder], { now })).warnings).toEqual([]);
  });

  it('tells which files are not those of its manifest, and imports them', async () => {
    const copy = await copyOf();
    const [first, ...rest] = await linesOf('judged.jsonl');
    const other = first!.replace('"attempts":1', '"attempts":2');
    await writeFile(join(copy, 'judged.jsonl'), `${[other, ...rest].join('\n')}\n`);
    await writeFile(join(copy, 'report.html'), '');
    const { added, warnings } = await importFiles(stores[0]!, [copy], { now });
    expect(added).toBe(6);
    expect(warnings).toMatchObject([
      { code: 'FILES_CHANGED', message: expect.stringMatching(/^judged\.jsonl in .* doubleblind audit /) },
    ]);
  });

  it.each(['../../../../pwned', 'a/b', '.', '.hidden'])('is refused where a run is called "%s"', async (run_id) => {
    const judged = await linesOf('judged.jsonl');
    judged[1] = JSON.stringify({ ...(JSON.parse(judged[1]!) as Judgment), run_id });
    const file = fileOf('judged.jsonl', judged.join('\n'));
    const message = expect.stringContaining('"run_id" must be the name of a folder');
    const refusal = { code: 'INVALID_VALUE', message, place: { file, line: 2 } };
    await expect(importFiles(stores[0]!, [file], { now })).rejects.toMatchObject(refusal);
    expect((await stores[0]!.runs()).items).toEqual([]);
  });

  it('may hold a judgment that failed and the one that took its place: they are one, in one file or two', async () => {
    const judged = JSON.parse((await linesOf('judged.jsonl'))[0]!) as Judgment;
    const failed = { ...judged, ...FAILED, judged_at: '2026-01-01T00:00:00.000Z', attempts: 2 };
    for (const [i, files] of [[lines(failed, judged)], [lines(failed), lines(judged)]].entries()) {
      const paths = files.map((text, n) => fileOf(`${n}.jsonl`, text));
      const { runs, added } = await importFiles(stores[i]!, paths, { now });
      expect(added).toBe(2);
      const stored: Judgment[] = [];
      for await (const judgment of stores[i]!.allJudgments(runs[0]!.id)) stored.push(judgment);
      expect(stored).toMatchObject([{ id: judged.id, state: 'judged', attempts: judged.attempts + 2 }]);
    }
  });

  it('may hold an answer behind a failure, whose place it takes, and a later failure, which counts for nothing', async () => {
    const copy = await copyOf();
    const answers = await linesOf('responses.jsonl');
    const failed = { ...(JSON.parse(answers[0]!) as Response), state: 'failed', failure: 'refused', response: null };
    const line = JSON.stringify(failed);
    await writeFile(join(copy, 'responses.jsonl'), `${[line, ...answers, line].join('\n')}\n`);
    const { runs } = await importFiles(stores[0]!, [join(copy, 'judged.jsonl')], { now });
    for (const role of ROLES) expect(await stores[0]!.answered(runs[0]!.id, [role])).toBe(3);
    const errors = (await auditRun(stores[0]!, runs[0]!)).findings.filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
  });

  it.each([
    ['"role":"baseline"', '"role":"judge"', 'role must be'],
    ['"role":"baseline",', '', 'role is missing'],
    [/"stop_reason":[^,]*,/, '', 'stop_reason is missing'],
    [/.+/, 'null', 'the response must be a map'],
  ])(
    'is refused at the line of a response where %s is "%s", and nothing of it is stored',
    async (from, to, message) => {
      const copy = await copyOf();
      const file = join(copy, 'responses.jsonl');
      const answers = await linesOf('responses.jsonl');
      answers[2] = answers[2]!.replace(from, to);
      await writeFile(file, `${answers.join('\n')}\n`);
      const refusal = { code: 'INVALID_VALUE', message: expect.stringContaining(message), place: { file, line: 3 } };
      await expect(auditFile([copy])).rejects.toMatchObject(refusal);
      await expect(importFiles(stores[0]!, [copy], { now })).rejects.toMatchObject(refusal);
      expect((await stores[0]!.runs()).items).toEqual([]);
    },
  );

  it.each([
    ['run.json', '{"schema": "doubleblind/run@1", "id"', 'JSON_SYNTAX'],
    ['run.json', '{"schema": "doubleblind/run@1"}', 'INVALID_VALUE'],
    ['summary.json', '{', 'JSON_SYNTAX'],
    ['manifest.json', '{"schema": "doubleblind/manifest@1", "files": 3}', 'INVALID_VALUE'],
  ] as const)('is refused by the name of its file where %s is %s', async (name, text, code) => {
    const copy = await copyOf();
    const file = join(copy, name);
    await writeFile(file, text);
    await expect(auditFile([copy])).rejects.toMatchObject({ code, place: { file } });
    if (name !== 'run.json') return;
    const imported = importFiles(stores[0]!, [join(copy, 'judged.jsonl')], { now });
    await expect(imported).rejects.toMatchObject({ code, place: { file } });
    expect((await stores[0]!.runs()).items).toEqual([]);
  });
});

describe('run.json', () => {
  it.each([
    ['status', 'finished', 'status must be "queued" or'],
    ['purpose', 3, 'purpose must be a text'],
    ['tags', { step: 3 }, 'tags.step must be a text'],
    ['environment', undefined, 'environment is missing'],
    ['planned', { prompts: 1 }, 'planned.comparisons is missing'],
    ['created_at', 'yesterday', 'created_at must be a time'],
    ['config', { judges: [null] }, 'config.judges[0] must be a map'],
    ['decision_rule', { level: 'high' }, 'decision_rule.level must be a number'],
    ['suites', [{ name: 's', domain: 'elsewhere', description: null, prompts: [] }], 'suites[0].domain must be'],
  ])('is refused at the line of a value of `%s` that no list could show', async (field, value, message) => {
    const { runs } = await importFiles(stores[0]!, [fileOf('pairs.jsonl', lines(...PAIRS))], { now });
    const folder = await written(stores[0]!, runs[0]!, dirname(fileOf('x', '')));
    const file = join(folder, 'run.json');
    const document = { ...(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>), [field]: value };
    const text = JSON.stringify(document, null, 2);
    await writeFile(file, text);
    const line = text.split('\n').findIndex((each) => each.startsWith(`  "${field}"`)) + 1;
    const refused = await importFiles(stores[1]!, [folder], { now }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining(message) });
    expect((refused as DoubleblindError).place).toMatchObject({ file, line: expect.any(Number) });
    expect((refused as DoubleblindError).place.line).toBeGreaterThanOrEqual(Math.max(line, 1));
    expect((await stores[1]!.runs()).items).toEqual([]);
  });
});

describe('the lines of a run alone', () => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await openJourney({ answer: (model, prompt) => (model === 'tuned-model' ? prompt : 'The answer is 7.') });
  });
  afterAll(() => journey.close());

  it('say which judges are rules: a reference judge makes no win rate, results of an offline one are named', async () => {
    const prompts = Array.from({ length: 8 }, (_, i) => ({ id: `n${i}`, prompt: `Name ${i}.`, reference: `${i}` }));
    const judges = [
      { name: 'rules', provider: 'offline', model: 'plain' },
      { name: 'truth', provider: 'reference', extract: 'number' },
    ];
    const { summary, folder } = await journey.run(
      await journey.runFile({ suites: [{ name: 'math', domain: 'in-domain', prompts }], judges }),
    );
    expect(summary.estimates[0]!.n_judgments).toBe(16);
    const offline = summary.warnings.filter(({ code }) => code === 'OFFLINE_JUDGE');
    expect(offline).toHaveLength(1);
    const alone = fileOf('judged.jsonl', await readFile(join(folder, 'judged.jsonl'), 'utf8'));
    const { runs } = await importFiles(stores[0]!, [alone], { now });
    const root = dirname(fileOf('x', ''));
    const first = await written(stores[0]!, runs[0]!, join(root, 'first'));
    const again = await importFiles(stores[1]!, [first], { now });
    for (const { estimates, warnings } of [
      (await statsOfFiles([alone], {}, {})).summary,
      (await concluded(stores[0]!, runs[0]!)).summary,
      (await concluded(stores[1]!, again.runs[0]!)).summary,
    ]) {
      expect(estimates[0]).toMatchObject({ group: {}, n_judgments: 16, win_rate: summary.estimates[0]!.win_rate });
      expect(estimates.filter(({ group }) => group.judge === 'truth')[0]).toMatchObject({ n_judgments: 8 });
      expect(warnings.filter(({ code }) => code === 'OFFLINE_JUDGE')).toEqual(offline);
    }
    expect(offlineAmong(runs)).toHaveLength(1);
    expect(await bytesOf(await written(stores[1]!, again.runs[0]!, join(root, 'second')))).toEqual(
      await bytesOf(first),
    );
  });
});

describe('a file that cannot be read to its end', () => {
  const votes = Array.from({ length: 6000 }, (_, i) => ({ prompt: `p${i}`, judge: 'j', winner: 'candidate' }));

  it.each([
    ['cut', lines(...votes).slice(0, -9), 'JSON_SYNTAX', 6000],
    ['wrong in one line', `${lines(...votes)}{"prompt": "q", "judge": "j", "winner": 3}\n`, 'INVALID_VALUE', 6001],
  ])('leaves no run where it is %s', async (_, text, code, line) => {
    const file = fileOf('votes.jsonl', text);
    const sound = fileOf('sound.jsonl', lines(votes[0]));
    await expect(importFiles(stores[0]!, [sound, file], { now })).rejects.toMatchObject({
      code,
      place: { file, line },
    });
    expect((await stores[0]!.runs()).items).toEqual([]);
    const { added } = await importFiles(stores[0]!, [sound], { now });
    expect(added).toBe(1);
  });

  it('is refused where it is a named pipe, which nobody may ever write to', async () => {
    const pipe = join(dirname(fileOf('x', '')), 'pipe.jsonl');
    execFileSync('mkfifo', [pipe]);
    const refusal = { code: 'FILE_UNREADABLE', message: 'is no regular file.', place: { file: pipe } };
    await expect(importFiles(stores[0]!, [pipe], { now })).rejects.toMatchObject(refusal);
  });

  it('takes nothing from a run that was there', async () => {
    const [store] = stores;
    const { runs } = await importFiles(store!, [fileOf('pairs.jsonl', lines(...PAIRS))], { now });
    const folder = await written(store!, runs[0]!, dirname(fileOf('x', '')));
    const cut = fileOf('judged.jsonl', (await readFile(join(folder, 'judged.jsonl'), 'utf8')).slice(0, -9));
    const before = await store!.judgments(runs[0]!.id);
    await expect(importFiles(store!, [cut], { now })).rejects.toMatchObject({ code: 'JSON_SYNTAX' });
    expect(await store!.run(runs[0]!.id)).toEqual(runs[0]);
    expect(await store!.judgments(runs[0]!.id)).toEqual(before);
    expect(before.items.length).toBeGreaterThan(0);
  });
});

describe('a line that contradicts itself', () => {
  it('is refused by its number, and nothing of the file is counted as if it were sound', async () => {
    const file = fileOf('pairs.jsonl', lines(...PAIRS));
    const { runs } = await importFiles(stores[0]!, [file], { now });
    const folder = await written(stores[0]!, runs[0]!, join(dirname(file), 'out'));
    const judged = (await readFile(join(folder, 'judged.jsonl'), 'utf8')).trim().split('\n');
    const wrong = judged.map((line, i) => (i === 2 ? line.replace(/"score":(?:0|1)\b/, '"score":0.5') : line));
    const copy = fileOf('judged.jsonl', `${wrong.join('\n')}\n`);
    const refusal = { code: 'INVALID_VALUE', place: { file: copy, line: 3 } };
    await expect(statsOfFiles([copy], {}, {})).rejects.toMatchObject(refusal);
    await expect(importFiles(stores[1]!, [copy], { now })).rejects.toMatchObject(refusal);
    expect((await stores[1]!.runs()).items).toEqual([]);
    expect((await auditFile(copy)).findings).toMatchObject([{ code: 'RECORD_CONTRADICTS_ITSELF', line: 3 }]);
  });
});

it('the kept numbers of an imported run are found when they are changed', async () => {
  const store = stores[0]!;
  const votes = ['candidate', 'baseline', 'candidate'].map((winner, i) => ({ prompt: `p${i}`, judge: 'j', winner }));
  const { runs } = await importFiles(store, [fileOf('votes.jsonl', lines(...votes))], { now });
  const run = (await store.run(runs[0]!.id))!;
  await concluded(store, run);
  const errors = async () => (await auditRun(store, run)).findings.filter(({ severity }) => severity === 'error');
  expect(await errors()).toEqual([]);
  for (const [column, number] of [
    ['summary', '"n_judgments":'],
    ['glance', '"judged":'],
  ] as const) {
    const { text } = await store.db
      .selectFrom('runs')
      .select(`${column} as text`)
      .where('id', '=', run.id)
      .executeTakeFirstOrThrow();
    expect(text).toContain(`${number}3`);
    const set = (value: string) =>
      store.db
        .updateTable('runs')
        .set({ [column]: value })
        .where('id', '=', run.id)
        .execute();
    await set(text!.replace(`${number}3`, `${number}4`));
    expect((await errors()).map(({ code }) => code)).toEqual(['SUMMARY_MISMATCH']);
    await set(text!);
  }
});
