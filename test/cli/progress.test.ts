import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openProgress } from '../../src/cli/progress.js';
import { breadth } from '../../src/cli/terminal.js';
import type { Progress } from '../../src/run-world.js';

afterEach(() => vi.restoreAllMocks());

const at = (changes: Partial<Progress>): Progress => ({
  ...{ done: 0, due: 1200, failed: 0, responses: 600, responses_due: 600, spent_usd: 0, unpriced: 0, left_usd: null },
  ...{ retried: 0, under_way: 0, batches: null },
  ...changes,
});

/** What is said on a pipe, a minute after each other. */
function said(...seen: Progress[]): string {
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  let now = 0;
  const progress = openProgress(() => now);
  for (const one of seen) {
    now += 60_000;
    progress.update(one);
  }
  progress.end();
  return lines.join('');
}

describe.skipIf(process.stderr.isTTY)('progress on a pipe', () => {
  it('tells what is done, spent and left', () => {
    const line = said(at({ done: 300, spent_usd: 1.5, left_usd: 8.5, failed: 2, retried: 7 }));
    expect(line).toMatch(/^judging 300\/1,200 .*7 retried {2}2 failed {2}\$1\.50 of \$10/);
  });

  it('tells open batches and how much of them is answered, and nothing of batches where none is open', () => {
    expect(said(at({ batches: { open: 2, done: 310, total: 1200 } }))).toContain(
      '2 batches open, 310 of 1,200 answered',
    );
    expect(said(at({ batches: { open: 1, done: 0, total: 7 } }))).toContain('1 batch open, 0 of 7 answered');
    expect(said(at({ done: 5 }))).not.toContain('batch');
  });

  it('has a rate and the time that is left also while only responses come', () => {
    const asking = { done: 0, responses: 60, responses_due: 600 };
    expect(said(at(asking), at({ ...asking, responses: 121 }))).toMatch(/\nasking 121\/600 {2}0\.5\/s {2}15 min left/);
    // What was there before is not what this process has done.
    expect(said(at({ done: 600 }), at({ done: 661 }))).toMatch(/\njudging 661\/1,200 {2}0\.5\/s {2}17 min left/);
  });

  it('tells a wait for an endpoint once for as long as it takes, whoever waits, and short ones never', () => {
    const lines: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line).trim()) > 0);
    let now = 0;
    const progress = openProgress(() => now);
    const wait = (address: string, wait_ms: number, message = '429 slow down'): void =>
      progress.wait({ address, message, wait_ms });
    for (let unit = 0; unit < 8; unit++) wait('http://one', 30_000);
    now = 10_000;
    wait('http://one', 30_000, '500 broken');
    wait('http://two', 6000);
    wait('http://three', 4999);
    now = 30_000;
    wait('http://one', 8000, '500 broken');
    progress.end();
    expect(lines).toEqual([
      'http://one: 429 slow down; trying again in 0:30',
      'http://two: 429 slow down; trying again in 0:06',
      'http://one: 500 broken; trying again in 0:08',
    ]);
  });
});

describe('progress on a terminal', () => {
  const terminal = { isTTY: process.stderr.isTTY, columns: process.stderr.columns };
  afterEach(() => void Object.assign(process.stderr, terminal));
  const line = (columns: number, of: Partial<Progress>): string => {
    Object.assign(process.stderr, { isTTY: true, columns });
    const lines = stripVTControlCharacters(said(at({ done: 300, ...of }))).split(/(?=judging)/);
    return lines.at(-1)!.trimEnd();
  };

  it('has a bar in eighty columns, which gives way where the words need the room', () => {
    expect(line(80, { spent_usd: 1.5, left_usd: 8.5 })).toMatch(/25% {2}▕████ +▏ /);
    const crowded = { failed: 2000, retried: 7000 };
    expect(line(80, crowded)).not.toContain('▕');
    expect(line(120, crowded)).toContain('▕');
    for (const of of [{}, crowded]) expect(breadth(line(80, of))).toBeLessThanOrEqual(80);
  });
});
