import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { tally } from '../src/stats/index.js';
import type { Judgment } from '../src/records.js';
import { demoLines, KEPT } from '../scripts/keep-demo.js';

describe('the demo', () => {
  it('judges as the kept export says, but for ids, times and durations (npm run keep-demo rewrites it)', async () => {
    expect(await demoLines()).toBe(await readFile(KEPT, 'utf8'));
  });

  it('has something of everything: wins on both sides, ties, verdicts that change with the order, canaries that pass', async () => {
    const lines = (await readFile(KEPT, 'utf8')).trim().split('\n');
    const { tallies } = tally(lines.map((line) => JSON.parse(line) as Judgment));
    const letters = new Set(tallies.flatMap((t) => [...t.outcomes]));
    expect(letters).toEqual(new Set(['w', 'l', 't', 'o']));
  });
});
