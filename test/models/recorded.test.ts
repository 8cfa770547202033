import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { loadRecorded } from '../../src/models/index.js';
import { readRows } from '../../src/models/recorded-rows.js';

const folder = mkdtempSync(join(tmpdir(), 'recorded-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(name: string, content: string | object[]): string {
  const path = join(folder, `${files++}-${name}`);
  const text = typeof content === 'string' ? content : content.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}
const rain = { id: 'rain', prompt: 'What is rain?' };
const snow = { id: 'snow', prompt: 'What is snow?' };

describe('a file of recorded responses', () => {
  it('is searched by prompt id, else by the text of the prompt, white space aside', async () => {
    const path = write('a.jsonl', [
      { prompt_id: 'rain', response: 'Water.' },
      { prompt: 'What  is\nsnow?', response: 'Ice.' },
    ]);
    const recorded = await loadRecorded(path);
    expect(recorded.find(rain, 0)?.text).toBe('Water.');
    expect(recorded.find(snow, 0)?.text).toBe('Ice.');
    expect(recorded.missing([rain, snow, { id: 'hail', prompt: 'What is hail?' }])).toEqual([
      { id: 'hail', repeats: [0] },
    ]);
    expect(recorded.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
  });

  it('numbers several rows of a prompt as repeats, in file order or as they say', async () => {
    const inOrder = await loadRecorded(
      write(
        'b.jsonl',
        [0, 1, 2].map((i) => ({ prompt_id: 'rain', response: `r${i}` })),
      ),
    );
    expect([0, 1, 2, 3].map((repeat) => inOrder.find(rain, repeat)?.text)).toEqual(['r0', 'r1', 'r2', undefined]);
    expect(inOrder.repeats).toBe(3);
    expect(inOrder.missing([rain], 4)).toEqual([{ id: 'rain', repeats: [3] }]);
    const stated = [2, 0, 1].map((repeat) => ({ prompt_id: 'rain', repeat, response: `r${repeat}` }));
    const said = await loadRecorded(write('c.jsonl', stated));
    expect([0, 1, 2].map((repeat) => said.find(rain, repeat)?.text)).toEqual(['r0', 'r1', 'r2']);
  });

  it('numbers rows without an id after those of the id that have their prompt, wherever they stand', async () => {
    const named = { prompt_id: 'rain', prompt: 'What is rain?', response: 'named' };
    const unnamed = { prompt: 'What is rain?', response: 'unnamed' };
    for (const rows of [
      [named, unnamed],
      [unnamed, named],
    ]) {
      const recorded = await loadRecorded(write('e.jsonl', rows));
      expect([0, 1, 2].map((repeat) => recorded.find(rain, repeat)?.text)).toEqual(['named', 'unnamed', undefined]);
    }
  });

  it('does not give the answer of one id to another prompt that stands beside the same id elsewhere', async () => {
    const recorded = await loadRecorded(
      write('d.jsonl', [{ prompt_id: 'rain', prompt: 'What is fog?', response: 'x' }]),
    );
    expect(recorded.find(rain, 0)).toBeUndefined();
    expect(recorded.find({ id: 'rain', prompt: 'What is fog?' }, 0)?.text).toBe('x');
  });

  it('keeps suites apart where it names them', async () => {
    const rows = ['one', 'two'].map((suite) => ({ suite, prompt_id: 'rain', response: suite }));
    const recorded = await loadRecorded(write('e.jsonl', rows));
    expect(recorded.find({ ...rain, suite: 'two' }, 0)?.text).toBe('two');
    expect(recorded.find({ ...rain, suite: 'three' }, 0)).toBeUndefined();
  });

  it('that holds several checkpoints gives the answers of one', async () => {
    const rows = ['base', 'tuned'].map((checkpoint) => ({ checkpoint, prompt_id: 'rain', response: checkpoint }));
    const path = write('f.jsonl', rows);
    expect((await loadRecorded(path, { checkpoint: 'tuned' })).find(rain, 0)?.text).toBe('tuned');
    expect((await loadRecorded(path, { checkpoint: 'tuned' })).find(rain, 1)).toBeUndefined();
    await expect(loadRecorded(path, { checkpoint: 'tunde' })).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      place: { file: path, hint: 'It holds base, tuned.' },
    });
    const alone = write('g.jsonl', [{ checkpoint: 'other-name', prompt_id: 'rain', response: 'x' }]);
    expect((await loadRecorded(alone, { checkpoint: 'tuned' })).find(rain, 0)?.text).toBe('x');
  });

  it('keeps an empty answer, and leaves out one that never came', async () => {
    const rows = [
      { prompt_id: 'rain', response: '' },
      { prompt_id: 'snow', response: null },
    ];
    const recorded = await loadRecorded(write('h.jsonl', rows));
    expect(recorded.find(rain, 0)?.text).toBe('');
    expect(recorded.find(snow, 0)).toBeUndefined();
  });

  it('may be CSV, tab separated, compressed, or under other column names', async () => {
    const csv = 'prompt_id, response \nrain,"Water, falling\nfrom ""clouds"""\n';
    expect((await loadRecorded(write('i.csv', csv))).find(rain, 0)?.text).toBe('Water, falling\nfrom "clouds"');
    expect(
      (await loadRecorded(write('j.tsv', csv.replace(',', '\t').replace(',"', '\t"')))).find(rain, 0),
    ).toBeDefined();
    expect((await loadRecorded(write('k.csv.gz', csv))).find(rain, 0)).toBeDefined();
    for (const name of ['output', 'answer', 'completion']) {
      const recorded = await loadRecorded(write('l.jsonl.gz', [{ prompt: 'What is rain?', [name]: 'W' }]));
      expect(recorded.find(rain, 0)?.text).toBe('W');
    }
  });

  it('says why answers stopped, in our words', async () => {
    const rows = ['end', 'length', 'stop', 'max_tokens', 'moon', undefined].map((stop_reason, i) => ({
      prompt_id: String(i),
      response: 'x',
      stop_reason,
    }));
    const recorded = await loadRecorded(write('m.jsonl', rows));
    const reasons = rows.map(({ prompt_id }) => recorded.find({ id: prompt_id, prompt: '' }, 0)?.stop_reason);
    expect(reasons).toEqual(['end', 'length', 'end', 'length', 'other', null]);
  });

  it('gives prompts and texts that both databases can hold', async () => {
    const own = { prompt_id: 'rain', prompt: 'What\0?', response: 'Wa\ud83dter\0' };
    const arena = {
      uid: 'rain',
      messages: [
        { role: 'user', content: 'What\0?' },
        { role: 'assistant', content: 'Wa\ud83dter\0' },
      ],
    };
    for (const row of [own, arena]) {
      const rows = [];
      for await (const block of readRows(write('held.jsonl', [row])))
        for (const { prompt, text } of block) rows.push({ prompt, text });
      expect(rows).toEqual([{ prompt: 'What\uFFFD?', text: 'Wa\uFFFDter\uFFFD' }]);
    }
  });

  it('is searched by text among the rows of its suite first, then among those of none, after ids', async () => {
    const path = write('suites.jsonl', [
      { suite: 's', prompt_id: 'other', prompt: 'What is rain?', response: 's by text' },
      { prompt_id: 'rain', prompt: 'What is rain?', response: 'none by id' },
    ]);
    const recorded = await loadRecorded(path);
    expect(recorded.find({ ...rain, suite: 's' }, 0)?.text).toBe('s by text');
    expect(recorded.find({ ...rain, suite: 't' }, 0)?.text).toBe('none by id');
    expect(recorded.find({ id: 'new', prompt: 'What is  rain?' }, 0)?.text).toBe('none by id');
  });

  it('of ours is read by prompt, not by the id of the response', async () => {
    const row = { schema: 'doubleblind/response@1', id: 'f00', suite: 's', prompt_id: 'rain', prompt: 'What is rain?' };
    const rows = [
      { ...row, repeat: 0, checkpoint: 'c', response: 'Water.', state: 'answered', stop_reason: 'end', model: 'm' },
      { ...row, repeat: 1, checkpoint: 'c', response: null, state: 'failed' },
    ];
    const recorded = await loadRecorded(write('n.jsonl', rows));
    expect(recorded.find({ ...rain, suite: 's' }, 0)).toMatchObject({
      text: 'Water.',
      stop_reason: 'end',
      model: 'm',
      line: 1,
    });
    expect(recorded.find({ id: 'f00', prompt: 'x', suite: 's' }, 0)).toBeUndefined();
    expect(recorded.repeats).toBe(1);
  });
});

describe('a file that others write to while its answers are used', () => {
  const rows = ['rain', 'snow'].map((prompt_id) => ({ prompt_id, response: `About ${prompt_id}: a ü.` }));

  it('gives what stands behind a byte order mark, between CRLF and in more than one piece', async () => {
    const long = Array.from({ length: 3000 }, (_, i) => ({
      prompt_id: `p${i}`,
      response: `${i} — ${'süß '.repeat(i % 300)}`,
    }));
    const lines = long.map((row) => `${JSON.stringify(row)}\r\n`).join('\r\n');
    const recorded = await loadRecorded(write('crlf.jsonl', `\uFEFF${lines}`));
    for (const { prompt_id: id, response } of long) expect(recorded.find({ id, prompt: 'x' }, 0)?.text).toBe(response);
  });

  it('gives what it held, also when more is appended or another is put in its place', async () => {
    const path = write('used.jsonl', rows);
    const recorded = await loadRecorded(path);
    appendFileSync(path, '{"prompt_id":"hail","response":"x"}\n');
    expect(recorded.find(snow, 0)?.text).toBe('About snow: a ü.');
    const other = write('other.jsonl', [{ prompt_id: 'snow', response: 'another' }]);
    renameSync(other, path);
    expect(recorded.find(rain, 0)?.text).toBe('About rain: a ü.');
    expect(recorded.find(snow, 0)?.text).toBe('About snow: a ü.');
  });

  it.each([
    ['changed', (line: string) => line.replace('About', 'about')],
    ['no longer JSON', (line: string) => line.replace('{', ' ')],
    ['shorter', (line: string) => line.slice(0, -4)],
  ])('is named with the line that is %s, and the others are given', async (_, changed) => {
    const path = write('used.jsonl', rows);
    const [first, second] = readFileSync(path, 'utf8').split('\n');
    const recorded = await loadRecorded(path);
    writeFileSync(path, `${first}\n${changed(second!)}`);
    expect(recorded.find(rain, 0)?.text).toBe('About rain: a ü.');
    const place = expect.objectContaining({ file: path, line: 2 }) as object;
    const stopped = { code: 'FILE_CHANGED', exitCode: 3, place };
    expect(() => recorded.find(snow, 0)).toThrow(expect.objectContaining(stopped) as Error);
  });
});

describe('answer files of others', () => {
  it('AlpacaEval: an array joined by instruction', async () => {
    const rows = [{ instruction: 'What is rain?', output: 'Water.', generator: 'phi-2', dataset: 'x' }];
    const recorded = await loadRecorded(write('model_outputs.json', JSON.stringify(rows)));
    expect(recorded.find(rain, 0)).toMatchObject({ text: 'Water.', model: 'phi-2' });
  });

  it('Arena-Hard: the answer of the last message, its thought left out', async () => {
    const messages = [
      { role: 'user', content: 'What is rain?' },
      { role: 'assistant', content: { thought: 'hm', answer: 'Water.' } },
    ];
    const recorded = await loadRecorded(write('o.jsonl', [{ uid: 'u1', ans_id: 'a', model: 'm', messages }]));
    expect(recorded.find({ id: 'u1', prompt: 'something else' }, 0)?.text).toBe('Water.');
    expect(recorded.find(rain, 0)?.text).toBe('Water.');
  });

  it('Arena-Hard before 2025 and MT-bench: choices are repeats, turns follow each other', async () => {
    const early = {
      question_id: 'q1',
      model_id: 'm',
      choices: [{ index: 0, turns: [{ content: 'W', token_len: 1 }] }],
    };
    expect((await loadRecorded(write('p.jsonl', [early]))).find({ id: 'q1', prompt: '' }, 0)?.text).toBe('W');
    const choices = [
      { index: 0, turns: ['first', 'second'] },
      { index: 1, turns: ['other'] },
    ];
    const recorded = await loadRecorded(write('q.jsonl', [{ question_id: 81, model_id: 'm', choices }]));
    expect(recorded.find({ id: '81', prompt: '' }, 0)?.text).toBe('first\n\nsecond');
    expect(recorded.find({ id: '81', prompt: '' }, 1)?.text).toBe('other');
    // Asked for again, the last one counts, and that is told.
    const [first, again] = ['first', 'again'].map((text) => ({
      question_id: 81,
      choices: [{ turns: [text] }, { turns: [`${text} 1`] }],
    }));
    const rerun = await loadRecorded(write('q.jsonl', [first!, { question_id: 82, choices: [] }, again!]));
    expect(rerun.find({ id: '81', prompt: '' }, 0)?.text).toBe('again');
    expect(rerun.find({ id: '81', prompt: '' }, 1)?.text).toBe('again 1');
    expect(rerun).toMatchObject({ repeats: 2, restated: { n: 2, lines: [1, 3] } });
    const never = { question_id: 'q2', choices: [{ turns: [{ content: null }] }] };
    expect(
      (await loadRecorded(write('r.jsonl', [never, { prompt_id: 'q1', response: 'x' }]))).find(
        { id: 'q2', prompt: '' },
        0,
      ),
    ).toBeUndefined();
  });
});

describe('a faulty file is named with its line', () => {
  it.each([
    ['a.jsonl', '{"prompt_id":"a","response":"x"}\n{"prompt_id":"b"}\n', 'INVALID_VALUE', 2, 'no response'],
    ['b.jsonl', '{"response":"x"}\n', 'INVALID_VALUE', 1, 'no prompt_id and no prompt'],
    ['c.jsonl', '{"prompt_id":"a","response":5}\n', 'INVALID_VALUE', 1, 'must be a text'],
    ['d.jsonl', '{"prompt_id":"a","response":"x","repeat":-1}\n', 'INVALID_VALUE', 1, 'whole number'],
    ['e.jsonl', '["x"]\n', 'INVALID_VALUE', 1, 'must be an object'],
    ['f.jsonl', '{"prompt_id"\n', 'JSON_SYNTAX', 1, 'JSON'],
    ['h.jsonl', '\n{"question_id":"b","choices":[null]}\n', 'INVALID_VALUE', 2, 'choices[0] must be a map'],
    ['i.jsonl', '{"uid":"b","choices":[{}]}\n', 'INVALID_VALUE', 1, 'choices[0].turns is missing'],
    ['j.jsonl', '{"uid":"b","choices":[{"turns":["x",null]}]}\n', 'INVALID_VALUE', 1, 'choices[0].turns[1] must be'],
    ['k.jsonl', '{"uid":"b","choices":[{"turns":[{"content":{}}]}]}\n', 'INVALID_VALUE', 1, 'turns[0].content must be'],
    ['l.jsonl', '{"uid":"b","messages":[null]}\n', 'INVALID_VALUE', 1, 'messages[0] must be a map'],
    ['m.jsonl', '{"uid":"b","messages":[null,{"role":"x","content":"y"}]}\n', 'INVALID_VALUE', 1, 'messages[0]'],
    ['g.csv', 'prompt_id,response\na,x\nb\n', 'CSV_SYNTAX', 3, ''],
    ['n.csv', 'response,prompt_id, response\nx,a,y\n', 'INVALID_VALUE', 1, 'the column "response" stands twice'],
    ['o.csv', 'prompt_id,response\na,x\nb,"open\nc,y\n', 'CSV_SYNTAX', 3, 'a quote is opened and not closed'],
    ['p.json', '[{"prompt_id":"a","response":"x"},\n {"prompt_id":"b"}]', 'INVALID_VALUE', 2, 'no response'],
  ])('%s', async (name, content, code, line, words) => {
    const error = await loadRecorded(write(name, content)).then(
      () => null,
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code, place: { line } });
    expect((error as Error).message).toContain(words);
  });

  it.each([
    ['a.jsonl', '{"prompt_id":"a","response":5}\n', 1, 29],
    ['b.jsonl', '\n{"prompt_id":"a","repeat":-1,"response":"x"}\n', 2, 27],
    ['c.jsonl', '{"uid":"b","choices":[{"turns":["x",null]}]}\n', 1, 37],
    ['d.json', '[{"prompt_id":"a","response":"x"},\n  {"prompt_id":"b","response":5}]', 2, 31],
    ['e.csv', 'prompt_id,repeat,response\na,x,y\n', 2, 3],
  ])('%s: and with its column', async (name, content, line, column) => {
    await expect(loadRecorded(write(name, content))).rejects.toMatchObject({ place: { line, column } });
  });

  it.each([
    ['a.jsonl', ''],
    ['b.csv', 'prompt_id,response\n'],
    ['c.json', '[]'],
    ['d.jsonl', '{"prompt_id":"a","response":null}\n'],
  ])('%s: or as one that holds nothing', async (name, content) => {
    const said = { code: 'FILE_UNKNOWN_FORMAT', message: 'holds no responses.' };
    await expect(loadRecorded(write(name, content))).rejects.toMatchObject(said);
  });

  it('an array among lines with the name it should have', async () => {
    const array = '[{"prompt_id":"a","response":"x"}]';
    await expect(loadRecorded(write('a.jsonl', array))).rejects.toMatchObject({
      place: { hint: 'A file that is one JSON array must be named .json.' },
    });
    const within = await loadRecorded(write('b.json', `[${array}]`)).catch((error: unknown) => error);
    expect((within as { place: object }).place).not.toHaveProperty('hint', expect.any(String));
  });

  it('or as missing', async () => {
    await expect(loadRecorded(join(folder, 'nowhere.jsonl'))).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });
});
