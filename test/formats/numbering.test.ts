import { describe, expect, it } from 'vitest';
import { rowNumbering } from '../../src/formats/index.js';
import { brieRow, fileOf, lines, numbered, read } from './files.js';

const repeats = (rows: Awaited<ReturnType<typeof read>>) => rows.map(({ judgment }) => judgment.repeat);
const judged = (letter: string, more = {}) => brieRow({ letter, judge_model: 'j', ...more });

describe('rows of one file', () => {
  it('with one prompt and judge are comparisons of their own in file order, even when they are equal', async () => {
    const rows = await numbered(
      fileOf(
        'e.jsonl',
        lines(
          judged('A'),
          judged('B', { presentation_order: 'BA' }),
          judged('B', { presentation_order: 'BA' }),
          judged('A', { prompt: 'q' }),
        ),
      ),
    );
    expect(repeats(rows)).toEqual([0, 1, 2, 0]);
  });

  it('of two judges are numbered for each', async () => {
    const rows = await numbered(fileOf('e.jsonl', lines(judged('A'), judged('A', { judge_model: 'k' }), judged('B'))));
    expect(repeats(rows)).toEqual([0, 0, 1]);
  });

  it('with one id for two prompts never make one prompt of them', async () => {
    const base = { prompt_id: '1', judge: 'j', winner: 'tie' };
    const rows = await numbered(
      fileOf('e.jsonl', lines({ ...base, prompt: 'p' }, { ...base, prompt: 'q' }, { ...base, prompt: ' q' })),
    );
    expect(repeats(rows)).toEqual([0, 0, 1]);
    expect(new Set(rows.map(({ judgment }) => judgment.prompt_id)).size).toBe(2);
  });
});

describe('rows of a further file', () => {
  it('that is the same file, or a copy of it, add nothing', async () => {
    const records = lines(judged('A'), judged('A'), judged('B'));
    const [file, copy] = [fileOf('e.jsonl', records), fileOf('e.jsonl', records)];
    expect(await numbered([file, file, copy])).toHaveLength(3);
  });

  const final = lines(judged('A'), judged('B'), judged('B', { judgment: 'Winner: B\nother words' }));

  it('that stand in an earlier one add nothing', async () => {
    const rows = await numbered([
      fileOf('e_final_20250101_000000.jsonl', final),
      fileOf('e_intermediate_20250101_000000.jsonl', lines(judged('A'), judged('B'))),
    ]);
    expect(rows).toHaveLength(3);
    const reversed = await numbered([
      fileOf('e_intermediate_20250101_000000.jsonl', lines(judged('A'), judged('B'))),
      fileOf('e_final_20250101_000000.jsonl', final),
    ]);
    expect(repeats(reversed)).toEqual([0, 1, 2]);
  });

  it('of another judge are numbered alike, so that judges are matched by prompt and repeat', async () => {
    const other = lines(
      judged('B', { judge_model: 'k' }),
      judged('B', { judge_model: 'k' }),
      judged('A', { judge_model: 'k' }),
    );
    expect(
      repeats(
        await numbered([
          fileOf('e_final_20250101_000000.jsonl', final),
          fileOf('e_final_20250101_000000.jsonl', other),
        ]),
      ),
    ).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('with another reply of the same judge are comparisons of their own', async () => {
    const rows = await numbered([
      fileOf('e_final_20250101_000000.jsonl', lines(judged('A'))),
      fileOf('e_final_20250101_000000.jsonl', lines(judged('B'))),
    ]);
    expect(repeats(rows)).toEqual([0, 1]);
  });

  it('that hold one of two equal rows are matched with one of them only', async () => {
    const rows = await numbered([
      fileOf('e_final_20250101_000000.jsonl', lines(judged('A'))),
      fileOf('e_final_20250101_000000.jsonl', lines(judged('A'), judged('A'))),
    ]);
    expect(repeats(rows)).toEqual([0, 1]);
  });

  it('about another model are never taken for a copy, though the reply is one letter', async () => {
    const annotation = {
      instruction: 'p',
      output_1: 'x',
      generator_1: 'gpt',
      output_2: 'y',
      annotator: 'turbo',
      preference: 1.2,
      raw_completion: 'M',
    };
    const rows = await numbered([
      fileOf('a.json', JSON.stringify([{ ...annotation, generator_2: 'm1' }])),
      fileOf('b.json', JSON.stringify([{ ...annotation, generator_2: 'm2', output_2: 'z' }])),
    ]);
    expect(repeats(rows)).toEqual([0, 0]);
  });
});

it('our own lines keep their numbers; a line that stands twice counts once, and a failed one makes room for its retry', async () => {
  const [template] = await read(fileOf('e.jsonl', lines(judged('A'))));
  const { judgment } = template!;
  const line = (id: string, more = {}) => ({ ...judgment, id, repeat: 4, ...more });
  const failed = { state: 'failed', failure: 'unreachable', verdict: null, winner: null, score: null };
  const file = fileOf('judged.jsonl', lines(line('a'), line('b', failed), line('a'), line('b', failed), line('b')));
  const rows = await read(file);
  const number = rowNumbering();
  expect(rows.map((row) => row.format)).toEqual(Array(5).fill('doubleblind'));
  expect(rows.map(number)).toEqual(['new', 'new', 'known', 'known', 'retried']);
  expect(rows[0]!.judgment).toEqual(line('a'));
});
