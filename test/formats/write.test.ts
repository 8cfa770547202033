import { describe, expect, it } from 'vitest';
import { WRITERS } from '../../src/formats/write.js';
import type { Judgment } from '../../src/records.js';
import { brieRow, fileOf, lines, read } from './files.js';

const [template] = await read(fileOf('e.jsonl', lines(brieRow({ judge_model: 'j' }))));
type Patch = { [K in keyof Judgment]?: unknown };
const judgment = (prompt_id: string, winner: 'baseline' | 'candidate' | 'tie' | null, more: Patch = {}): Judgment => {
  const score = winner === 'candidate' ? 1 : winner === 'tie' ? 0.5 : winner === 'baseline' ? 0 : null;
  const state = winner === null ? { state: 'failed', failure: 'refused' } : { state: 'judged', failure: null };
  return {
    ...template!.judgment,
    verdict: null,
    id: 'x',
    prompt_id,
    prompt: prompt_id,
    winner,
    score,
    ...state,
    ...more,
  } as Judgment;
};
async function write(name: keyof typeof WRITERS, judgments: Judgment[]): Promise<string> {
  async function* stream() {
    yield* judgments;
  }
  let text = '';
  for await (const piece of WRITERS[name](stream())) text += piece;
  return text;
}
const second: Patch = { order: 'candidate-first' };

describe('preference pairs for training', () => {
  it('are consistent wins only', async () => {
    const text = await write('dpo', [
      judgment('both', 'candidate'), judgment('both', 'candidate', second), judgment('both', 'candidate', { judge: 'k' }),
      judgment('flips', 'candidate'), judgment('flips', 'baseline', second),
      judgment('ties', 'candidate'), judgment('ties', 'tie', second),
      judgment('fails', 'candidate'), judgment('fails', null, second),
      judgment('tie', 'tie'), judgment('failed', null),
      judgment('lost', 'baseline'),
    ]); // prettier-ignore
    const pairs = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { prompt: string; chosen: string; rejected: string });
    expect(pairs.map(({ prompt }) => prompt)).toEqual(['both', 'lost']);
    const { baseline_response, candidate_response } = template!.judgment;
    expect(pairs[0]).toMatchObject({ chosen: candidate_response, rejected: baseline_response });
    expect(pairs[1]).toMatchObject({ chosen: baseline_response, rejected: candidate_response });
  });

  it('leave out canaries and repeated judgments', async () => {
    expect(
      await write('dpo', [
        judgment('p', 'candidate', { canary: 'empty' }),
        judgment('q', 'candidate', { replicate: 1 }),
      ]),
    ).toBe('');
  });

  it('do not mix repeats of a prompt', async () => {
    const text = await write('dpo', [judgment('p', 'candidate'), judgment('p', 'baseline', { repeat: 1 })]);
    expect(text.trim().split('\n')).toHaveLength(2);
  });
});

describe('AlpacaEval annotations', () => {
  it('are read back with the same win rate, one per comparison and judge', async () => {
    const text = await write('alpaca-eval', [
      judgment('a', 'candidate'), judgment('a', 'candidate', second), judgment('a', 'baseline', { judge: 'k' }),
      judgment('b', 'candidate'), judgment('b', 'baseline', second),
      judgment('c', 'candidate'), judgment('c', null, second),
    ]); // prettier-ignore
    const rows = await read(fileOf('x.json', text));
    expect(rows.map((row) => [row.judgment.prompt, row.judgment.judge, row.judgment.score])).toEqual([
      ['a', 'j', 1],
      ['a', 'k', 0],
      ['b', 'j', 0.5],
      ['c', 'j', null],
    ]);
  });

  it('of nothing are an empty array', async () => expect(JSON.parse(await write('alpaca-eval', []))).toEqual([]));
});

describe('an LLM Comparator file', () => {
  it('scores a win of the candidate, shown as A, above zero', async () => {
    const file = JSON.parse(
      await write('llm-comparator', [judgment('a', 'candidate'), judgment('a', 'tie', second), judgment('b', null)]),
    ) as {
      examples: {
        score: number;
        individual_rater_scores: { is_flipped: boolean; rating_label: string }[];
        output_text_a: string;
      }[];
      models: { name: string }[];
      metadata: { left_out: number };
    };
    expect(file.models).toEqual([{ name: 'brie' }, { name: 'baseline' }]);
    expect(file.examples.map(({ score }) => score)).toEqual([0.5]);
    expect(file.examples[0]!.output_text_a).toBe(template!.judgment.candidate_response);
    expect(file.examples[0]!.individual_rater_scores).toMatchObject([
      { is_flipped: true, rating_label: 'B is better' },
      { is_flipped: false, rating_label: 'same' },
    ]);
    expect(file.metadata.left_out).toBe(1);
  });

  it('of nothing is a file all the same', async () =>
    expect(JSON.parse(await write('llm-comparator', []))).toMatchObject({ examples: [], models: [] }));
});

describe('a spreadsheet', () => {
  it('is read back as judged rows', async () => {
    const text = await write('csv', [
      judgment('a', 'candidate'),
      judgment('b', 'baseline', { prompt: 'x, "y"\nz' }),
      judgment('c', null),
    ]);
    const rows = await read(fileOf('x.csv', text));
    expect(rows.map(({ judgment: { prompt, winner, order } }) => [prompt, winner, order])).toEqual([
      ['a', 'candidate', 'baseline-first'], ['x, "y"\nz', 'baseline', 'baseline-first'], ['c', null, 'baseline-first'],
    ]); // prettier-ignore
  });

  it('never runs a response as a formula', async () => {
    const text = await write('csv', [
      judgment('a', 'tie', { candidate_response: '=HYPERLINK("http://x")', rationale: '+1', reply: '@x' }),
    ]);
    const [row] = await read(fileOf('x.csv', text));
    expect(row!.judgment.candidate_response).toBe(`'=HYPERLINK("http://x")`);
    expect(row!.judgment.rationale).toBe("'+1");
  });
});
