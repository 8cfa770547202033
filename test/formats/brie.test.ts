import { describe, expect, it } from 'vitest';
import { brieRow, fileOf, lines, read } from './files.js';

const one = async (more: Record<string, unknown>, name = 'brie.jsonl') =>
  (await read(fileOf(name, lines(brieRow(more)))))[0]!;

describe('a Brie export', () => {
  it('calls the baseline A whichever text was printed first', async () => {
    for (const presentation_order of ['AB', 'BA']) {
      const row = await one({ letter: 'A', presentation_order });
      expect(row.derived).toEqual({ winner: 'baseline', failure: null, how: 'reply' });
      // In slots, A is the text printed first.
      expect(row.judgment.verdict).toBe(presentation_order === 'AB' ? 'A' : 'B');
    }
  });

  it('keeps what it recorded beside what follows from the reply', async () => {
    const row = await one({ letter: 'A', presentation_order: 'BA', winner: 'brie' });
    expect([row.recorded_winner, row.derived.winner, row.judgment.winner, row.judgment.score]).toEqual([
      'candidate',
      'baseline',
      'baseline',
      0,
    ]);
  });

  it('may call its candidate anything', async () => {
    const { brie_response, ...rest } = brieRow();
    const [row] = await read(
      fileOf('x.jsonl', lines({ ...rest, camembert_response: brie_response, winner: 'camembert' })),
    );
    expect([row!.judgment.candidate, row!.recorded_winner]).toEqual(['camembert', 'candidate']);
  });

  it('may hold outputs instead of responses', async () => {
    const [row] = await read(
      fileOf(
        'x.jsonl',
        lines({ prompt: 'p', baseline_output: 'x', brie_output: 'y', judgment: 'Winner: B', presentation_order: 'BA' }),
      ),
    );
    expect(row!.judgment).toMatchObject({
      baseline_response: 'x',
      candidate_response: 'y',
      winner: 'candidate',
      order: 'candidate-first',
    });
    expect(row!.recorded_winner).toBeNull();
  });

  it('holds an error as a failure and a reply without a verdict as another', async () => {
    expect((await one({ judgment: 'ERROR: 429', winner: 'unknown' })).judgment).toMatchObject({
      state: 'failed',
      failure: 'unreachable',
    });
    expect((await one({ judgment: 'Winner: Neither', winner: 'unknown' })).judgment).toMatchObject({
      state: 'failed',
      failure: 'unreadable',
    });
  });

  it('gives the grades by criterion', async () => {
    const judgment = '**Response A** - Creativity: 2, Depth: 3.5\n**Response B** - Creativity: 4, Depth: 4\nWinner: B';
    expect((await one({ judgment })).judgment).toMatchObject({
      baseline_scores: { Creativity: 2, Depth: 3.5 },
      candidate_scores: { Creativity: 4, Depth: 4 },
    });
    expect((await one({ judgment: 'Winner: B' })).judgment.baseline_scores).toBeNull();
  });

  it('has one suite for its stages and its judges', async () => {
    const suites = await Promise.all(
      [
        'eval_1b_final_20250101_000000',
        'eval_1b_intermediate_20250101_000000',
        'eval_1b_final_20250101_000000_CORRECTED_judged_gpt_4o_20250102_000000',
      ].map(async (stem) => (await one({}, `${stem}.jsonl`)).judgment.suite),
    );
    expect(suites).toEqual(['eval_1b', 'eval_1b', 'eval_1b']);
  });

  it.each([
    ['winner', { winner: 'someone' }],
    ['judgment', { judgment: 5 }],
    ['presentation_order', { presentation_order: 'ab' }],
    ['prompt', { prompt: null }],
  ])('with a wrong %s is refused with file and line', async (field, more) => {
    const file = fileOf('x.jsonl', lines(brieRow(), brieRow(more)));
    await expect(read(file)).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringContaining(`"${field}"`),
      place: { file, line: 2 },
    });
  });

  it('that nobody judged is told from one that is in no format', async () => {
    const file = fileOf('x.jsonl', lines({ prompt: 'p', baseline_output: 'x', brie_output: 'y' }));
    await expect(read(file)).rejects.toMatchObject({
      code: 'FILE_UNKNOWN_FORMAT',
      message: expect.stringContaining('nobody has judged'),
    });
  });
});

describe('the judge of a Brie export', () => {
  const judgeOf = async (name: string, ...more: Record<string, unknown>[]) => {
    const rows = await read(fileOf(name, lines(...more.map((fields) => brieRow(fields)))));
    return rows.map(({ judgment, judge_doubt }) => [judgment.judge, judge_doubt === null]);
  };

  it('is the one the row names, where the file name agrees', async () => {
    expect(
      await judgeOf('e_judged_gpt_4o_20250102_000000.jsonl', {
        judge_model: 'gpt-4o',
        timestamp: '2025-01-01T00:00:00',
      }),
    ).toEqual([['gpt-4o', true]]);
  });

  it('is the one the file name names, where the row says otherwise', async () => {
    expect(await judgeOf('e_judged_gpt_4o_20250102_000000.jsonl', { judge_model: 'claude-3' })).toEqual([
      ['gpt_4o', false],
    ]);
  });

  it('is not recorded where the file was judged again after the row says', async () => {
    const row = { judge_model: 'claude-3', timestamp: '2025-01-01T10:00:00.5' };
    expect(await judgeOf('e_judged_20250102_000000.jsonl', row)).toEqual([
      ['unrecorded (judged 20250102_000000)', false],
    ]);
    expect(await judgeOf('e_judged_20250101_090000.jsonl', row)).toEqual([['claude-3', true]]);
    // The program that writes `judge_type` also writes the right judge.
    expect(await judgeOf('e_judged_20250102_000000.jsonl', { ...row, judge_type: 'anthropic' })).toEqual([
      ['claude-3', true],
    ]);
  });

  it('is not recorded where a winner was written after its own correction, whatever the file is called', async () => {
    const stale = { judge_model: 'claude-3', winner_ORIGINAL_BUGGY: 'brie' };
    const judges = await judgeOf('copy.jsonl', { judge_model: 'claude-3' }, stale);
    expect(judges).toEqual([
      ['unrecorded (copy)', false],
      ['unrecorded (copy)', false],
    ]);
    expect(
      await judgeOf('copy.jsonl', { judge_model: 'claude-3' }, { ...stale, winner_ORIGINAL_BUGGY: 'baseline' }),
    ).toEqual([
      ['claude-3', true],
      ['claude-3', true],
    ]);
  });

  it('is the one people name, before all others', async () => {
    const file = fileOf(
      'e_judged_20250102_000000.jsonl',
      lines(brieRow({ judge_model: 'x', timestamp: '2025-01-01T00:00:00' })),
    );
    const [row] = await read(file, { judge: 'opus' });
    expect([row!.judgment.judge, row!.judge_doubt]).toEqual(['opus', null]);
  });
});
