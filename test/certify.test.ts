import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditRun } from '../src/audit/index.js';
import { certify, fromKnownPairs } from '../src/certification.js';
import { readKnownPairs } from '../src/formats/known-pairs.js';
import { launch, type Launched } from '../src/launch.js';
import { leaderboard } from '../src/ledger/leaderboard.js';
import { openModels } from '../src/models/index.js';
import { cli } from './cli.js';
import { type Journey, openJourney } from './journeys/world.js';

const GROUPS = ['math', 'math', 'coding'];
/** Pairs whose better text is known; every fifth label is wrong, so that an honest judge is right in four of five. */
const pairs = (n: number, wrong = 5) =>
  Array.from({ length: n }, (_, i) => {
    const aIsBetter = i % 2 === 0;
    const label = aIsBetter === (i % wrong !== 0) ? 'A>B' : 'B>A';
    const [a, b] = aIsBetter ? ['0.900', '0.100'] : ['0.100', '0.900'];
    const group = GROUPS[i % 3];
    return { prompt: `Task ${i}?`, response_A: `One [q=${a}]`, response_B: `Two [q=${b}]`, label, group };
  });
const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

let journey: Journey;
beforeEach(async () => {
  journey = await openJourney();
});
afterEach(() => journey.close());

async function certifyHere(rows: object[], judge = `openai:judge-model@${journey.server.openai}`) {
  const file = join(journey.folder, 'pairs.jsonl');
  await writeFile(file, lines(rows));
  const options = { judges: [judge], template: 'pairwise', orders: 'both' as const, seed: 3, cwd: journey.folder };
  const { config, given, answers } = await fromKnownPairs(file, options);
  const models = openModels({ env: {}, prices: { 'judge-model': { input_usd_per_mtok: 1, output_usd_per_mtok: 2 } } });
  const world = { store: journey.store, models, clock: () => Date.now(), signal: new AbortController().signal };
  try {
    const launched = await launch(config, world, { exports: join(journey.folder, 'exports'), environment: {}, given });
    const results = await certify(journey.store, launched.run, answers, new Date().toISOString());
    return { launched, result: results[0]!, answers };
  } finally {
    await models.close();
  }
}

const accuracyOf = ({ summary }: Pick<Launched, 'summary'>) => summary.judges[0]!.accuracy;

describe('certification', () => {
  it('says how often a judge is right, by group, what it is worth and what a right verdict costs', async () => {
    const { launched, result, answers } = await certifyHere(pairs(30));
    expect(launched.run.purpose).toBe('judge_certification');
    expect(result).toMatchObject({ pairs: 30, failed: 0, model: 'judge-model', consistency: { value: 1, n: 30 } });
    expect(result.accuracy.map(({ group, value, n }) => [group, value, n])).toEqual([
      ['all', 0.8, 30],
      ['coding', 0.8, 10],
      ['math', 0.8, 20],
    ]);
    expect(result.accuracy[0]!.low).toBeLessThan(0.8);
    expect(result.accuracy[0]!.high).toBeGreaterThan(0.8);
    expect(result.cost_usd).toBeGreaterThan(0);
    expect(result.cost_per_correct_usd).toBeCloseTo(result.cost_usd! / 24, 12);
    expect(await journey.store.knownAnswers(launched.run.id)).toHaveLength(answers.length);
  });

  it('no judge is shown the label or the group', async () => {
    await certifyHere(pairs(6));
    for (const { body } of journey.server.requests)
      for (const secret of ['A>B', 'B>A', 'math', 'coding']) expect(JSON.stringify(body)).not.toContain(secret);
  });

  it('is shown with runs of the same judge before and after, whose numbers still prove themselves', async () => {
    const openai = { provider: 'openai', base_url: journey.server.openai };
    const before = await journey.run(
      await journey.runFile({ judges: [{ name: 'mine', model: 'judge-model', ...openai }] }),
    );
    expect(accuracyOf(before)).toEqual([]);
    await certifyHere(pairs(30));
    const shown = ['certified: all', 'certified: coding', 'certified: math'];
    const { winRates } = await import('../src/win-rates.js');
    const told = await winRates(journey.store, (await journey.store.run(before.run.id))!);
    expect(accuracyOf({ summary: told }).map(({ group }) => group)).toEqual(shown);
    const after = await journey.run(
      await journey.runFile({ seed: 8, judges: [{ name: 'mine', model: 'judge-model', ...openai }] }),
    );
    expect(accuracyOf(after).map(({ group }) => group)).toEqual(shown);
    for (const { run } of [before, after]) {
      const { findings } = await auditRun(journey.store, (await journey.store.run(run.id))!);
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    }
    const other = await journey.run(
      await journey.runFile({ judges: [{ name: 'other', model: 'another-model', ...openai }] }),
    );
    expect(accuracyOf(other)).toEqual([]);
  });

  it('ranks no checkpoint', async () => {
    const { launched } = await certifyHere(pairs(12));
    const { items, left_out } = await leaderboard(journey.store);
    expect(items).toEqual([]);
    expect(left_out).toMatchObject([{ run_id: launched.run.id, why: expect.stringContaining('certifies') as string }]);
  });
});

it('a judge who follows the slot is right by chance only, and is seen to change with the order', async () => {
  await journey.close();
  journey = await openJourney({ position_bias: 1 });
  const { result } = await certifyHere(pairs(20));
  expect(result.accuracy[0]).toMatchObject({ group: 'all', value: 0 });
  expect(result.consistency.value).toBe(0);
  expect(result.cost_per_correct_usd).toBeNull();
});

describe('files of known pairs', () => {
  const read = async (rows: object[]) => {
    const file = join(journey.folder, 'known.jsonl');
    await writeFile(file, lines(rows));
    const all = [];
    for await (const pair of readKnownPairs(file)) all.push(pair);
    return all;
  };

  it('may be JudgeBench, whose sources are groups', async () => {
    const row = { pair_id: 'p', question: 'Q', response_A: 'a', response_B: 'b', label: 'B>A', source: 'mmlu-pro-law' };
    expect(await read([row])).toMatchObject([{ prompt_id: 'p', winner: 'candidate', group: 'knowledge' }]);
  });

  it('without a right answer are refused with the line', async () => {
    const row = { prompt: 'Q', response_A: 'a', response_B: 'b', label: 'A=B' };
    await expect(read([{ ...row, label: 'A>B' }, row])).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      place: { line: 2 },
    });
    await expect(read([{ ...row, label: undefined }])).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });
});

describe('the command line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doubleblind-certify-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('certifies a judge, and refuses to without one', async () => {
    await writeFile(join(folder, 'pairs.jsonl'), lines(pairs(12)));
    const { stdout, end } = await cli(['certify', 'pairs.jsonl', '--judge', 'offline:plain', '--json'], {
      cwd: folder,
    });
    expect(end).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'done', judges: [{ judge: 'offline-plain', pairs: 12 }] });
    const text = await cli(['certify', 'pairs.jsonl', '--judge', 'offline:plain'], { cwd: folder });
    expect(text.stdout).toContain('same winner in both orders');
    expect((await cli(['certify', 'pairs.jsonl'], { cwd: folder })).end).toBe(2);
  });
});
