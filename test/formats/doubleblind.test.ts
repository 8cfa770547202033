import { expect, it } from 'vitest';
import { judgment } from '../stats/judged.js';
import { fileOf, lines, read } from './files.js';

const own = (i: number) => ({
  ...judgment({ prompt_id: `p${i}`, winner: 'candidate' }),
  id: `${i}`,
  run_id: '20260101_000000-aaaa',
});

it.each([
  ['schema', 'doubleblind/judgment@9'],
  ['schema', undefined],
  ['repeat', undefined],
  ['repeat', '0'],
])(
  "a first line of ours whose %s is %s is refused by that field, and not read as somebody else's",
  async (name, value) => {
    const file = fileOf('judged.jsonl', lines({ ...own(0), [name]: value }, own(1)));
    const refusal = { code: 'INVALID_VALUE', message: expect.stringContaining(`"${name}"`), place: { file, line: 1 } };
    await expect(read(file)).rejects.toMatchObject(refusal);
  },
);

it('a table with our columns is read by its words, as every value in it is text', async () => {
  const { run_id, prompt_id, judge, winner } = own(0);
  const file = fileOf(
    'judged.csv',
    `schema,repeat,run_id,prompt_id,judge,winner\ndoubleblind/judgment@1,0,${run_id},${prompt_id},${judge},${winner!}\n`,
  );
  expect((await read(file)).map(({ format }) => format)).toEqual(['generic']);
});
