// The pairs of JudgeBench, which stay outside of the repository: a local judge over HTTP, whose right verdicts are known.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { certify, fromKnownPairs } from '../src/certification.js';
import { judgeLines } from '../src/cli/screen.js';
import { type KnownPair, readKnownPairs } from '../src/formats/known-pairs.js';
import { launch } from '../src/launch.js';
import { openModels } from '../src/models/index.js';
import { report } from '../src/report.js';
import { reportMarkdown } from '../src/report/markdown.js';
import { rateBy } from '../src/stats/index.js';
import { winRates } from '../src/win-rates.js';
import { service } from './http/seeded.js';
import { type Journey, openJourney } from './journeys/world.js';
import { judgeSays, MIND, trueVerdict } from './server/answers.js';

const FILE = '../shared/data/raw/judgebench/claude-pairs__arena_hard__claude-3-haiku-20240307.jsonl.gz';
const there = existsSync(FILE);
if (!there) console.log(`${FILE} is not there: no judge is certified on JudgeBench`);

let journey: Journey | undefined;
afterEach(() => journey?.close());

const pairsOf = async (): Promise<KnownPair[]> => {
  const all: KnownPair[] = [];
  for await (const pair of readKnownPairs(FILE)) all.push(pair);
  return all;
};

async function certified(here: Journey) {
  const judge = `openai:judge-model@${here.server.openai}`;
  const options = { judges: [judge], template: 'pairwise', orders: 'both' as const, seed: 3, cwd: here.folder };
  const { config, given, answers } = await fromKnownPairs(FILE, options);
  const models = openModels({ env: {}, prices: { 'judge-model': { input_usd_per_mtok: 1, output_usd_per_mtok: 2 } } });
  const world = { store: here.store, models, clock: () => Date.now(), signal: new AbortController().signal };
  try {
    const more = { exports: join(here.folder, 'exports'), environment: {}, given };
    const { run } = await launch({ ...config, concurrency: 16 }, world, more);
    return (await certify(here.store, run, answers, '2026-11-21T12:00:00.000Z'))[0]!;
  } finally {
    await models.close();
  }
}

it.runIf(there)(
  'certifies on all 270 pairs of JudgeBench what a plain count of its verdicts comes to, and says it wherever the judge is used',
  async () => {
    const here = (journey = await openJourney());
    const result = await certified(here);
    // An honest judge reads two texts alike in both orders; whom it calls right follows from the texts.
    const expected = (await pairsOf()).map(({ prompt, group, winner, response_a, response_b }) => {
      const said = trueVerdict(response_a, response_b);
      return { prompt, group, right: Number(said === (winner === 'baseline' ? 'A' : 'B')) };
    });
    expect(expected).toHaveLength(270);
    const groups = ['coding', 'knowledge', 'math', 'reasoning'];
    expect(result.accuracy.map(({ group }) => group)).toEqual(['all', ...groups]);
    expect([result.pairs, result.failed, result.consistency.value]).toEqual([270, 0, 1]);
    for (const { group, value, low, high, n } of result.accuracy) {
      const own = expected.filter((one) => group === 'all' || one.group === group);
      const counted = rateBy(own, ({ right }) => right);
      expect([n, value]).toEqual([own.length, counted.value]);
      expect(low).toBeCloseTo(counted.low!, 10);
      expect(high).toBeCloseTo(counted.high!, 10);
    }
    const right = expected.reduce((sum, one) => sum + one.right, 0);
    expect(result.cost_per_correct_usd).toBeCloseTo(result.cost_usd! / right, 12);
    // Both orders of each pair, once.
    expect(here.server.requests.filter(({ body }) => body !== null)).toHaveLength(540);

    const judges = [{ name: 'mine', provider: 'openai', model: 'judge-model', base_url: here.server.openai }];
    const { run } = await here.run(await here.runFile({ judges }));
    const summary = await winRates(here.store, run);
    const words = /certified: right in \d+\.\d % \(\d+\.\d–\d+\.\d\) of 270 pairs.*same winner in both orders in 100/;
    expect(judgeLines(summary).join(' ').replace(/\s+/g, ' ')).toMatch(words);
    expect((await report(here.store, run, summary)).replace(/\s+/g, ' ')).toMatch(words);
    expect(await reportMarkdown(here.store, run, summary)).toMatch(words);
    const s = await service({ store: here.store });
    const told = (await s.app.inject({ url: `/api/runs/${run.id}/judges` })).json<{
      items: { accuracy: object[] }[];
    }>();
    await s.app.close();
    expect(told.items[0]!.accuracy[0]).toMatchObject({
      group: 'certified: all',
      n: 270,
      value: result.accuracy[0]!.value,
      certification: { run: result.run, consistency: { value: 1 }, cost_per_correct_usd: result.cost_per_correct_usd },
    });
  },
  120_000,
);

it.runIf(there)(
  'sees on the same pairs a judge who often names the first slot',
  async () => {
    const bias = { position_bias: 0.5 };
    journey = await openJourney(bias);
    const { consistency, accuracy } = await certified(journey);
    expect(consistency.high).toBeLessThan(0.7);
    expect(consistency.low).toBeGreaterThan(0.2);
    expect(accuracy[0]!.value).toBeLessThan(0.5);
    expect(judgeSays('a question', 'x', 'y', { ...MIND, position_bias: 1 })).toBe('A');
  },
  120_000,
);
