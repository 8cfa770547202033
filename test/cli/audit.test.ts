import { describe, expect, it } from 'vitest';
import { brieRow, fileOf, lines } from '../formats/files.js';
import { run } from './here.js';

const rows = (n: number, of: (i: number) => Record<string, unknown>) =>
  lines(
    ...Array.from({ length: n }, (_, i) => brieRow({ prompt: `Question ${i}?`, presentation_order: 'AB', ...of(i) })),
  );
const screenOf = async (file: string) => (await run('audit', file)).stdout;

describe('the screen of an audit', () => {
  it('names every row of a fault that stands in many, and shows the first three', async () => {
    const file = fileOf(
      'x.jsonl',
      rows(9, (i) => (i === 1 || i > 3 ? { judgment: 'ERROR: 429', winner: 'unknown' } : {})),
    );
    const screen = await screenOf(file);
    expect(screen).toContain(`! ERROR_RECORDED_AS_VERDICT  ${file}  6 times: 2, 5–9`);
    expect(screen.match(/line \d+ {2}No judgment but an error/g)).toHaveLength(3);
  });

  it('names a few rows one by one', async () => {
    const file = fileOf(
      'x.jsonl',
      rows(5, (i) => (i === 2 ? { winner: 'baseline' } : {})),
    );
    expect(await screenOf(file)).toMatch(
      /1 finding that changes a number\n {4}✗ WINNER_CONTRADICTS_REPLY {2}\S+:3 {2}The reply says B/,
    );
  });

  it('keeps one fault in many rows from hiding another', async () => {
    const file = fileOf(
      'x.jsonl',
      rows(40, (i) => (i === 0 ? {} : { judgment: 'ERROR: 429', winner: 'unknown', brie_response: 'Always this.' })),
    );
    expect(await screenOf(file)).toMatch(/! CONSTANT_RESPONSE/);
  });

  it('says how often the text printed first wins, where the order comes from, and how often a known answer is named', async () => {
    expect(
      await screenOf(
        fileOf(
          'x.jsonl',
          rows(4, (i) => ({ presentation_order: i < 3 ? 'AB' : 'BA' })),
        ),
      ),
    ).toContain('order      first text preferred 25 % (1 of 4)');
    const pair = {
      source: 'livebench-math', question: 'q', response_A: 'a', response_B: 'b', label: 'B>A', judge_name: 'arena_hard',
    }; // prettier-ignore
    const games = [
      { judgment: { judge_model: 'm', response: '[[B>A]]' }, decision: 'B>A' },
      { judgment: { judge_model: 'm', response: '[[A>B]]' }, decision: 'A>B' },
    ];
    const screen = await screenOf(fileOf('x.jsonl', lines({ pair_id: '1', ...pair, judgments: games })));
    expect(screen).toContain('same winner in both orders 100 % (1 of 1)');
    expect(screen).toContain('accuracy   m names the right one in 100 % (1 of 1)');
    const drawn = {
      instruction: 'p',
      output_1: 'b',
      output_2: 'c',
      generator_1: 'g',
      generator_2: 'h',
      annotator: 'j',
      preference: 1.9,
    };
    expect(await screenOf(fileOf('x.json', JSON.stringify([drawn])))).toContain('order      recovered: 1 by the seed');
  });

  it('puts the rate of a graded file inside its interval', async () => {
    const graded = Array.from({ length: 40 }, (_, i) => ({
      instruction: `p${i}`, output_1: 'b', output_2: 'c', generator_1: 'g', generator_2: 'h', annotator: 'j', preference: 1.45,
    })); // prettier-ignore
    // No row is a win, and the rate is 45 %.
    expect(await screenOf(fileOf('x.json', JSON.stringify(graded)))).toMatch(/derived +45 % \((?:2|3)\d–(?:5|6)\d, /);
  });
});
