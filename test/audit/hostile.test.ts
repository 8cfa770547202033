// Files that are cut, mixed, mistyped or made to confuse: each gives a report that is right, or one clear error.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { auditFile, sentence } from '../../src/audit/index.js';
import { DoubleblindError } from '../../src/errors.js';
import { statsOfFiles } from '../../src/file-stats.js';
import { importFiles } from '../../src/import.js';
import { openStore } from '../../src/store/index.js';
import { winRates } from '../../src/win-rates.js';
import { judgment } from '../stats/judged.js';
import { brieRow, fileOf } from '../formats/files.js';

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    null,
    1e308,
    -0,
    2 ** 53,
    1_000_000_000,
    '',
    ' ',
    '\u2028',
    '\u0000',
    '\ud800',
    'ERROR: 500',
    'Winner: A',
    '[[A>B]]',
    'tie',
    'AB',
    [],
    {},
    true,
  ),
);
const generic = {
  prompt: 'p',
  judge: 'j',
  winner: 'candidate',
  order: 'AB',
  candidate_response: 'c',
  baseline_response: 'b',
};
const alpaca = {
  instruction: 'p',
  output_1: 'b',
  output_2: 'c',
  generator_1: 'g',
  generator_2: 'h',
  annotator: 'j',
  preference: 1.2,
  raw_completion: null,
};
const arena = {
  uid: 'u',
  judge: 'j',
  model: 'm',
  baseline: 'b',
  games: [{ score: 'A>B', judgment: { answer: '[[A>B]]' } }, null],
};
const mt = {
  question_id: 1,
  model_1: 'a',
  model_2: 'b',
  g1_winner: 'model_1',
  g2_winner: 'tie',
  judge: ['j', 'p'],
  g1_judgment: '[[A]]',
  g2_judgment: '[[C]]',
  turn: 1,
};
const bench = {
  pair_id: 'p',
  source: 's',
  question: 'q',
  response_A: 'a',
  response_B: 'b',
  label: 'A>B',
  judge_name: 'arena_hard',
  judgments: [{ judgment: { response: '[[A>B]]' }, decision: 'A>B' }],
};
const own = {
  ...judgment({ prompt_id: 'p', winner: 'candidate' }),
  id: 'f'.repeat(32),
  run_id: '20260101_000000-aaaa',
};
const sound = fc.constantFrom<Record<string, unknown>>(
  own,
  brieRow(),
  brieRow({ letter: 'A', presentation_order: 'BA' }),
  generic,
  alpaca,
  arena,
  mt,
  bench,
);

/** A record of some format with up to three fields replaced, removed or added. */
const record = fc
  .tuple(sound, fc.array(fc.tuple(fc.nat(), fc.option(odd, { nil: undefined })), { maxLength: 3 }))
  .map(([base, changes]) => {
    const changed: Record<string, unknown> = { ...base };
    const names = [...Object.keys(base), 'verdict', 'winner', 'reply', 'quote'];
    for (const [at, value] of changes) changed[names[at % names.length]!] = value;
    return changed;
  });
const damage = fc.oneof(
  { weight: 4, arbitrary: fc.constant((text: string) => text) },
  fc.nat(400).map((at) => (text: string) => text.slice(0, Math.max(0, text.length - at))),
  fc.constant((text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`),
  fc.constant((text: string) => text.replace('"winner"', '"winner":"baseline","winner"')),
  fc.constant((text: string) => text.replace(/:1\.2/, ':1e999')),
  fc.constant((text: string) => text.replace('{', `{"deep":${'['.repeat(50_000)}${']'.repeat(50_000)},`)),
  fc.constant((text: string) => text.replaceAll('"p"', '"p\u2028q"')),
  fc.string().map((junk) => (text: string) => text + junk),
);
const file = fc.record({
  records: fc.array(record, { maxLength: 6 }),
  mixed: fc.boolean(),
  dress: fc.constantFrom('x.jsonl', 'x.json', 'x.jsonl.gz', 'x.csv'),
  damage,
});

function textOf({
  records,
  mixed,
  dress,
  damage,
}: {
  records: Record<string, unknown>[];
  mixed: boolean;
  dress: string;
  damage: (text: string) => string;
}): string {
  const kept = mixed ? records : records.slice(0, 1).flatMap((first) => [first, first]);
  if (dress === 'x.json') return damage(JSON.stringify(kept, null, 1));
  if (dress !== 'x.csv') return damage(kept.map((value) => `${JSON.stringify(value)}\n`).join(''));
  const cell = (value: unknown) =>
    `"${(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).replaceAll('"', '""')}"`;
  const names = Object.keys(kept[0] ?? {});
  return damage(
    [names, ...kept.map((row) => names.map((name) => row[name]))].map((row) => row.map(cell).join(',')).join('\n'),
  );
}

const opened = openStore('sqlite::memory:');
afterAll(async () => (await opened).close());

/** One clear error: our own, on one line, with the file. */
function expectClear(error: unknown, path: string): void {
  expect(error).toBeInstanceOf(DoubleblindError);
  const { place, line } = error as DoubleblindError;
  expect(place.file).toBe(path);
  expect(line.split('\n')).toHaveLength(1);
  expect(line.length).toBeLessThan(1000);
}

describe('hostile files', () => {
  it('200 of them: a report whose numbers add up, or one clear error with its code and file', async () => {
    const seen = { reports: 0, errors: 0 };
    let imports = 0;
    await fc.assert(
      fc.asyncProperty(file, async (made) => {
        const path = fileOf(made.dress, textOf(made));
        const report = await auditFile(path).catch((error: unknown) => error);
        const stats = await statsOfFiles([path], {}, {}).catch((error: unknown) => error);
        const store = await opened;
        const imported = await importFiles(store, [path], { now: new Date(++imports * 1000).toISOString() }).catch(
          (error: unknown) => error,
        );
        if (report instanceof Error) {
          seen.errors++;
          for (const error of [report, stats, imported]) expectClear(error, path);
          return;
        }
        seen.reports++;
        const audited = report as Awaited<ReturnType<typeof auditFile>>;
        expect(JSON.parse(JSON.stringify(audited))).toEqual(audited);
        if (stats instanceof Error) {
          // What contradicts itself is told by an audit, and counted by nobody.
          expect(audited.findings.some(({ code }) => code === 'RECORD_CONTRADICTS_ITSELF')).toBe(true);
          for (const error of [stats, imported]) expectClear(error, path);
          return;
        }
        const { wins, losses, ties, failed, win_rate } = audited.derived;
        expect(wins + losses + ties).toBe(audited.judged);
        const { summary } = stats as Awaited<ReturnType<typeof statsOfFiles>>;
        expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
        expect(summary.estimates[0]!.n_judgments).toBe(audited.judged);
        if (audited.rows === 0) expectClear(imported, path);
        else if (imported instanceof Error) {
          // Only for an import a run needs a name that can be a folder's.
          expectClear(imported, path);
          expect(imported.message).toContain('"run_id"');
        } else {
          const { runs } = imported as Awaited<ReturnType<typeof importFiles>>;
          const numbers = await Promise.all(runs.map((run) => winRates(store, run)));
          const [a, b] = [numbers, [summary]].map((each) =>
            each.reduce((sum, { estimates }) => sum + estimates[0]!.n_judgments, 0),
          );
          // Our own lines may name a run that an earlier file has begun.
          if (runs.every(({ id }) => id !== own.run_id)) expect(a).toBe(b);
          expect(JSON.parse(JSON.stringify(numbers))).toEqual(numbers);
        }
        expect(wins + losses + ties + failed).toBeLessThanOrEqual(audited.rows);
        if (win_rate !== null) expect(win_rate >= 0 && win_rate <= 1).toBe(true);
        const differ = JSON.stringify(audited.recorded) !== JSON.stringify(audited.derived);
        if (differ) expect(audited.findings.some(({ severity }) => severity === 'error')).toBe(true);
        expect(sentence(audited).split('\n')).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
    // The property says nothing if all files end in one way.
    expect(seen.reports).toBeGreaterThan(20);
    expect(seen.errors).toBeGreaterThan(20);
  });
});
