import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { screen } from '../../src/cli/screen.js';
import { breadth, fitted, flowed, wrapped } from '../../src/cli/terminal.js';
import type { Run } from '../../src/records.js';
import { spend } from '../../src/report/particulars.js';
import type { Cost } from '../../src/answers.js';
import { openStore, type Store } from '../../src/store/index.js';
import type { Summary } from '../../src/summary.js';
import { winRates } from '../../src/win-rates.js';
import { seedRun, suiteOf } from '../web/seed.js';

let store: Store;
let run: Run;
let summary: Summary;

beforeAll(async () => {
  store = await openStore('sqlite::memory:');
  run = await seedRun(store, {
    id: '20261121_103000-aaaa',
    suites: [
      suiteOf('own', 'in-domain', 40),
      suiteOf('coding', 'out-of-domain', 150),
      suiteOf('few', 'multi-domain', 7),
    ],
    judges: ['opus', 'gpt-4o'],
    strength: { 'in-domain': 0.9, 'out-of-domain': 0.4 },
  });
  summary = await winRates(store, run);
});
afterAll(() => store.close());

const lines = async (width: number, of = summary) =>
  screen(
    { run, summary: of, folder: 'exports/x' },
    { spent: await store.spent(run.id), costs: await store.costs(run.id) },
    width,
  ).split('\n');

describe('the screen of a run', () => {
  it.each([80, 100, 140])('fits %d columns', async (width) => {
    for (const line of await lines(width)) expect(breadth(line), line).toBeLessThanOrEqual(width);
  });

  it('has the counts on the row where there is room, below it where there is not, and the bootstrap in both', async () => {
    const [narrow, wide] = [await lines(80), await lines(140)];
    const own = summary.estimates.find(({ group }) => group.domain === 'in-domain')!;
    const rowOf = (all: string[]) => all.findIndex((line) => line.startsWith('  in-domain'));
    const counts = new RegExp(
      `${own.wins}\\s+${own.losses}\\s+${own.ties}\\s+${own.order_dependent}\\s+${own.failed}$`,
    );
    expect(stripVTControlCharacters(wide[rowOf(wide)]!)).toMatch(counts);
    expect(stripVTControlCharacters(narrow[rowOf(narrow)]!)).not.toMatch(counts);
    expect(narrow[rowOf(narrow) + 1]).toContain(`▲ ${own.wins}`);
    expect(narrow[rowOf(narrow) + 1]).toMatch(/boot {2}\d+–\d+/);
    expect(wide.join('\n')).toContain('bootstrap');
  });

  it('says the sentence first, whole, before the picture', async () => {
    const all = (await lines(80)).map(stripVTControlCharacters);
    const axis = all.findIndex((line) => line.includes('50%'));
    const before = all.slice(1, axis).join(' ').replace(/\s+/g, ' ');
    expect(before).toContain(summary.decision.sentence);
  });

  it('below ten prompts has counts in place of a percentage', async () => {
    const row = (await lines(80)).find((line) => line.startsWith('  multi-domain'))!;
    expect(row).toMatch(/\d+ of \d+/);
    expect(row).not.toContain(' %');
    expect((await lines(80)).join('\n')).toContain('grey: too few prompts');
  });

  it('tells a judge that is led by position, failures, and warnings', async () => {
    const judges = {
      ...summary,
      judges: summary.judges.map((one) => ({ ...one, first_slot_rate: { value: 0.61, low: 0.56, high: 0.66, n: 99 } })),
    };
    const warned = { ...judges, warnings: [{ code: 'OFFLINE_JUDGE', message: 'plain: rules, not for claims.' }] };
    const text = (await lines(100, warned)).join('\n');
    expect(text).toContain('! led by position; both orders cancel it');
    expect(text).toContain('plain: rules, not for claims.');
    const fair = {
      ...summary,
      judges: summary.judges.map((one) => ({ ...one, first_slot_rate: { value: 0.51, low: 0.46, high: 0.56, n: 99 } })),
    };
    expect((await lines(100, fair)).join('\n')).not.toContain('led by position');
  });

  it('a margin that was changed after the first start is said', () => {
    const later = { ...run, decision_rule: { level: 0.95, later: { margin: { 'out-of-domain': 0.2 } } } };
    const shown = (of: Run) => screen({ run: of, summary, folder: '' }, undefined, 100);
    expect(shown(later)).toContain('Changed after the first start, and not used: margin');
    const stopped = (stop: unknown) => shown({ ...run, decision_rule: { level: 0.95, later: { stop } } });
    expect(stopped(null)).toContain('! Changed after the first start: no stop when decided.');
    expect(stopped('when-decided')).toContain('! Changed after the first start: stop when decided.');
    expect(shown(run)).not.toContain('Changed after');
  });

  it('says the money of each judge, and an unknown price is never $0', async () => {
    const text = (await lines(140)).join('\n');
    expect(text).toMatch(/spent {7}\$\d/);
    expect(text).toMatch(/opus \$\d/);
    expect(text).toContain('of unknown price');
    expect(text).toContain('qwen2.5-0.5b-instruct unknown');
  });

  it('says the money of each suite where there are several, unknown where any of its prices is', () => {
    const cost = (name: string, suite: string, cost_usd: number | null): Cost => ({
      ...{ kind: 'judge', name, suite, records: 4, calls: 4, cost_usd },
      ...{ input_tokens: 400, output_tokens: 40, latency_ms: 9 },
    });
    const costs = [cost('a', 'own', 1), cost('b', 'own', 2.5), cost('a', 'coding', 4), cost('b', 'coding', null)];
    const spent = { cost_usd: 7.5, unpriced: 4, calls: 16, retried: 0, judged: 16, failed: 0, responses: 0 };
    const bill = { spent: { ...spent, input_tokens: 1, output_tokens: 1 }, costs };
    expect(screen({ run, summary, folder: '' }, bill, 100)).toContain('by suite    own $3.50   coding unknown');
    const one = { ...bill, costs: costs.slice(0, 2) };
    expect(screen({ run, summary, folder: '' }, one, 100)).not.toContain('by suite');
    const page = spend(bill as never).markup.replace(/\s+/g, ' ');
    expect(page).toMatch(
      /<th scope="row">own<\/th> <td>suite<\/td> <td>8<\/td> <td>800<\/td> <td>80<\/td> <td>\$3\.50/,
    );
    expect(page).toMatch(
      /<th scope="row">coding<\/th> <td>suite<\/td> <td>8<\/td> <td>800<\/td> <td>80<\/td> <td>unknown/,
    );
    expect(spend(one as never).markup).not.toContain('<td>suite</td>');
  });

  it('prints the spread between repeats where there are several, and what would shrink it', async () => {
    const variance = { ...summary.variance, prompts: 0.7, responses: 0.2, win_rate_by_repeat: [0.5, 0.58] };
    expect((await lines(100, { ...summary, variance })).join(' ')).toMatch(/repeats: Over 2 repeats .* 50 % to 58 %/);
    expect((await lines(100)).join(' ')).not.toContain('repeats:');
  });

  it('of a run that was stopped offers the command that goes on, and of one that ended none', () => {
    const shown = (goesOn?: string) => screen({ run, summary, folder: '' }, undefined, 80, goesOn);
    expect(shown('doubleblind run run.yaml')).toMatch(/next {8}npx doubleblind run run\.yaml {3}· {3}… report 2026/);
    expect(shown()).toMatch(/next {8}npx doubleblind report 2026/);
  });

  it('names of checkpoints cannot command the terminal', () => {
    const hostile = { ...run, candidate: 'a\u001b[2Jb\u202e' };
    const text = screen({ run: hostile, summary, folder: '' }, undefined, 80);
    expect(text).not.toContain('\u001b[2J');
    expect(text).not.toContain('\u202e');
  });
});

describe('words on a terminal', () => {
  it('break between words, and colours take no room', () => {
    expect(wrapped('one two three', 22, 2)).toEqual(['  one two three']);
    expect(wrapped('one two three four five six', 22, 2)).toEqual(['  one two three four', '  five six']);
    expect(breadth('\u001b[1mbold\u001b[22m')).toBe(4);
  });

  it('pieces stay whole, and a line that fits nothing more is closed', () => {
    expect(flowed(['a b', 'c d', '', 'e f'], 9, 2)).toEqual(['a b   c d', '  e f']);
    expect(flowed([], 9, 2)).toEqual([]);
  });

  it('of a line that is too long stand below its text, beside its label, and none is broken', () => {
    expect(fitted('  sound: one two three four', 16)).toBe('  sound: one two\n    three four');
    expect(fitted('  cost  one   two three four', 24)).toBe('  cost  one   two three\n        four');
    expect(fitted('  files  a/long/path/that/is/whole', 28)).toBe('  files\n   a/long/path/that/is/whole');
    expect(fitted('as it is  and was', 17)).toBe('as it is  and was');
    expect(breadth(fitted('\u001b[2m  dim words are words\u001b[22m', 12).split('\n')[0]!)).toBe(11);
  });
});
