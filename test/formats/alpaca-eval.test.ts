import { describe, expect, it } from 'vitest';
import { seededOrder } from '../../src/formats/alpaca-order.js';
import { fileOf, read } from './files.js';

/** An annotation whose judge gives the text shown first the share `first`. */
function annotation(i: number, first: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  const instruction = `Tell me fact number ${i}.`;
  const preference = seededOrder(instruction) === 'baseline-first' ? 2 - first : 1 + first;
  return {
    instruction,
    output_1: `baseline ${i}`,
    generator_1: 'gpt4',
    output_2: `model ${i}`,
    generator_2: 'tiny',
    dataset: 'facts',
    annotator: 'turbo',
    preference,
    raw_completion: {
      text: first > 0.5 ? 'm' : 'M',
      logprobs: {
        content: [
          {
            token: 'm',
            top_logprobs: [
              { token: 'm', logprob: Math.log(first) },
              { token: 'M', logprob: Math.log(1 - first) },
              { token: 'The', logprob: -20 },
            ],
          },
        ],
      },
    },
    ...more,
  };
}
const rowsOf = (...records: unknown[]) => read(fileOf('tiny.annotations.json', JSON.stringify(records)));
const many = (n: number) => Array.from({ length: n }, (_, i) => annotation(i, i % 3 === 0 ? 0.9 : 0.2));

describe('AlpacaEval annotations', () => {
  it('grade the candidate by preference minus one', async () => {
    const rows = await rowsOf(
      ...[1, 1.25, 1.5, 1.75, 2].map((preference, i) => ({ ...annotation(i, 0.5), raw_completion: null, preference })),
    );
    expect(rows.map(({ judgment }) => [judgment.winner, judgment.score])).toEqual([
      ['baseline', 0], ['baseline', 0.25], ['tie', 0.5], ['candidate', 0.75], ['candidate', 1],
    ]); // prettier-ignore
  });

  it('write a draw as 0 in old files and a missing one as -1 or null', async () => {
    const rows = await rowsOf(
      ...[0, -1, null].map((preference, i) => ({ ...annotation(i, 0.5), raw_completion: null, preference })),
    );
    expect(rows.map(({ judgment, recorded_winner }) => [judgment.state, judgment.winner, recorded_winner])).toEqual([
      ['judged', 'tie', 'tie'], ['failed', null, 'unknown'], ['failed', null, 'unknown'],
    ]); // prettier-ignore
    await expect(rowsOf({ ...annotation(0, 0.5), preference: 3 })).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    await expect(rowsOf({ ...annotation(0, 0.5), preference: '1' })).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });

  it('show the order through the log-probabilities', async () => {
    const records = many(20);
    const rows = await rowsOf(...records);
    expect(rows.map(({ judgment }) => judgment.order)).toEqual(
      records.map(({ instruction }) => seededOrder(instruction as string)),
    );
    expect(new Set(rows.map(({ order_source }) => order_source))).toEqual(new Set(['log-probabilities']));
  });

  it('have their order from the seed where no completion was kept', async () => {
    const [row] = await rowsOf({ ...annotation(3, 0.9), raw_completion: undefined });
    expect([row!.judgment.order, row!.order_source, row!.derived.how]).toEqual([
      seededOrder('Tell me fact number 3.'),
      'seed',
      'recorded',
    ]);
  });

  it('have their order from `referenced_models` where the evaluator wrote it', async () => {
    const other = seededOrder('Tell me fact number 0.') === 'baseline-first' ? 'output_2' : 'output_1';
    const [row] = await rowsOf(
      annotation(0, 0.9, { referenced_models: { m: other, M: 'x' }, raw_completion: '{"a":1}' }),
    );
    expect([row!.judgment.order, row!.order_source, row!.judgment.reply]).toEqual([
      other === 'output_1' ? 'baseline-first' : 'candidate-first',
      'referenced-models',
      '{"a":1}',
    ]);
  });

  it('betray an inverted row, where the seed draws the order of all others', async () => {
    const records = many(30);
    const flipped = { ...records[7]!, preference: 3 - (records[7]!.preference as number) };
    const rows = await rowsOf(...records.map((record, i) => (i === 7 ? flipped : record)));
    const differing = rows.filter((row) => row.derived.winner !== row.recorded_winner);
    expect(differing.map(({ row }) => row)).toEqual([8]);
    expect(differing[0]!.judgment.score).toBeCloseTo((records[7]!.preference as number) - 1, 9);
    // Control: without enough rows to know the seed, the inverted one fits the other order.
    expect((await rowsOf(flipped)).filter((row) => row.derived.winner !== row.recorded_winner)).toEqual([]);
  });

  it('with a preference that no order explains have no winner that follows', async () => {
    const [row] = await rowsOf({ ...annotation(0, 0.9), preference: 1.4 });
    expect(row!.derived).toMatchObject({ winner: null, failure: 'contradictory', how: 'log-probabilities' });
  });

  it('name the model by the file where the rows do not', async () => {
    const { generator_2: _, ...rest } = annotation(0, 0.9);
    expect((await rowsOf(rest))[0]!.judgment.candidate).toBe('tiny');
  });
});
