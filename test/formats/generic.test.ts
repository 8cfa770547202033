import { describe, expect, it } from 'vitest';
import { parsePairs } from '../../src/formats/index.js';
import { fileOf, lines, read } from './files.js';

const winners = async (...args: Parameters<typeof read>) =>
  (await read(...args)).map(({ judgment }) => judgment.winner);
const row = (more: Record<string, unknown>) => ({ prompt: 'p', judge: 'j', ...more });

describe('judged rows of any making', () => {
  it('need a prompt, a judge and a winner', async () => {
    const [only] = await read(fileOf('x.jsonl', lines({ prompt_id: 7, judge: 'j', winner: 'candidate' })));
    expect(only!.judgment).toMatchObject({
      prompt_id: '7',
      prompt: null,
      judge: 'j',
      winner: 'candidate',
      order: null,
      verdict: null,
    });
    expect(only!.derived.how).toBe('recorded');
  });

  it('or a verdict with its order, which is unblinded', async () => {
    const orders = {
      'baseline-first': ['baseline', 'candidate'],
      'candidate-first': ['candidate', 'baseline'],
      AB: ['baseline', 'candidate'],
      BA: ['candidate', 'baseline'],
    };
    for (const [order, expected] of Object.entries(orders))
      expect(
        await winners(fileOf('x.jsonl', lines(row({ verdict: 'A', order }), row({ verdict: 'B', order })))),
      ).toEqual(expected);
    await expect(read(fileOf('x.jsonl', lines(row({ verdict: 'A', order: null }))))).rejects.toMatchObject({
      code: 'INVALID_VALUE',
    });
  });

  it('with both keep the recorded winner beside the one that follows', async () => {
    const [only] = await read(fileOf('x.jsonl', lines(row({ verdict: 'A', order: 'BA', winner: 'baseline' }))));
    expect([only!.recorded_winner, only!.derived.winner]).toEqual(['baseline', 'candidate']);
  });

  it('with an error for a reply are failures whatever was recorded', async () => {
    const [only] = await read(fileOf('x.jsonl', lines(row({ winner: 'baseline', reply: 'ERROR: 500' }))));
    expect(only!.judgment).toMatchObject({ state: 'failed', failure: 'unreachable' });
  });

  it('may have other column names and other words', async () => {
    const file = fileOf('x.csv', 'question,label,who\np1,model_b,x\np2,model_a,x\np3,both,x\n');
    const options = {
      columns: { prompt: 'question', winner: 'label', judge: 'who' },
      values: { candidate: ['model_b'], baseline: ['model_a'], tie: ['both', 'draw'] },
    };
    expect(await winners(file, options)).toEqual(['candidate', 'baseline', 'tie']);
    await expect(read(file, { columns: { prompt: 'frage' } })).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringContaining('frage'),
    });
    await expect(read(file, { columns: { question: 'prompt' } })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(read(file, { ...options, values: { winner: ['x'] } })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('hide a column that is named empty', async () => {
    const file = fileOf('x.jsonl', lines(row({ prompt_id: 1, winner: 'tie' })));
    expect((await read(file))[0]!.judgment.prompt_id).toBe('1');
    expect((await read(file, { columns: { prompt_id: '' } }))[0]!.judgment.prompt_id).toMatch(/^[0-9a-f]{12}$/);
  });

  it('of AutoArena are votes over model_a and model_b', async () => {
    const file = fileOf(
      'x.csv',
      'prompt,model_a,model_b,response_a,response_b,judge,winner\np,base,tiny,x,y,gpt,B\np,base,tiny,x,y,gpt,-\n',
    );
    const rows = await read(file);
    expect(rows.map(({ judgment }) => judgment.winner)).toEqual(['candidate', 'tie']);
    expect(rows[0]!.judgment).toMatchObject({
      baseline: 'base',
      candidate: 'tiny',
      baseline_response: 'x',
      candidate_response: 'y',
    });
  });

  it('of LMSYS votes mark the winner in one of three columns', async () => {
    const head = 'id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie\n';
    const body = '1,x,y,p,r,s,1,0,0\n2,x,y,p,r,s,0,1,0\n3,x,y,p,r,s,0,0,1\n4,x,y,p,r,s,0,0,0\n';
    expect(await winners(fileOf('x.csv', head + body), { judge: 'people' })).toEqual([
      'baseline',
      'candidate',
      'tie',
      null,
    ]);
    await expect(read(fileOf('x.csv', head + body))).rejects.toMatchObject({
      place: { hint: expect.stringContaining('--judge') },
    });
    await expect(read(fileOf('x.csv', `${head}1,x,y,p,r,s,1,1,0\n`), { judge: 'people' })).rejects.toMatchObject({
      code: 'INVALID_VALUE',
    });
  });

  it('take a name as its model, where the row says which is which', async () => {
    const named = row({ baseline: 'base', candidate: 'tiny', winner: 'tiny' });
    expect(await winners(fileOf('x.jsonl', lines(named, { ...named, winner: 'base' })))).toEqual([
      'candidate',
      'baseline',
    ]);
    await expect(read(fileOf('x.jsonl', lines({ ...named, winner: 'other' })))).rejects.toMatchObject({
      code: 'INVALID_VALUE',
    });
  });

  it('never take A for a model where A may be a slot', async () => {
    await expect(read(fileOf('x.jsonl', lines(row({ winner: 'A' }))))).rejects.toMatchObject({
      place: { hint: expect.stringContaining('slots') },
    });
  });
});

it('pairs of names are split at the first equals sign, and a part without one is a mistake', () => {
  expect(parsePairs('tie=both,tie=a=b', '--values')).toEqual([
    ['tie', 'both'],
    ['tie', 'a=b'],
  ]);
  expect(() => parsePairs('tie', '--values')).toThrow('--values');
});
