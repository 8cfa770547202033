import { describe, expect, it } from 'vitest';
import { resolveRun } from '../src/config.js';
import { runFileSchema } from '../src/run-file.js';
import type { Extract } from '../src/models/extraction.js';
import { planOf } from '../src/plan.js';

const endpoint = { provider: 'recorded', file: 'answers.jsonl' };

/** A run of the bundled suite with references, judged by nothing but them. */
async function judgedBy(...judges: { extract: Extract; share?: number }[]) {
  const file = runFileSchema.parse({
    purpose: 'test',
    suites: ['out-of-domain'],
    baseline: { name: 'base', ...endpoint },
    candidate: { name: 'tuned', ...endpoint },
    sampling: { repeats: 2 },
    judges: judges.map((judge, i) => ({ name: `truth-${i}`, provider: 'reference', ...judge })),
  });
  const [config] = await resolveRun(file, { dir: '.' });
  return { config: config!, plan: planOf(config!) };
}

describe('a prompt whose reference a reference judge cannot read', () => {
  it.each<[Extract, due: number, told: string[]]>([
    [
      'number',
      78,
      [
        '114 have no reference, that of 30 is not one number; a second reference judge with `extract: exact` takes these',
      ],
    ],
    [
      'choice',
      0,
      [
        '114 have no reference, that of 108 names no choice; a second reference judge with `extract: exact` takes these',
      ],
    ],
    ['exact', 108, []],
    [{ regex: '\\d+' }, 108, []],
  ])('is not due for it: %j asks %d of the bundled ones', async (extract, due, told) => {
    const { config, plan } = await judgedBy({ extract });
    const asked = [...plan.order].flatMap((position) => plan.units(position));
    expect(new Set(asked.map(({ prompt_id }) => prompt_id)).size).toBe(due);
    expect(plan.size.judgments).toBe(2 * due);
    expect(asked).toHaveLength(2 * due);
    expect(config.warnings.map(({ message }) => message)).toEqual(
      told.map((why) => `Judge truth-0 leaves out ${222 - due} of 222 prompts: ${why}.`),
    );
  });

  it('the size of a plan counts the share of a reference judge, as its units do', async () => {
    const { plan } = await judgedBy({ extract: 'number' }, { extract: 'exact', share: 0.5 });
    const units = [...plan.order].flatMap((position) => plan.units(position));
    expect(plan.size.judgments).toBe(units.length);
    expect(units.length).toBeLessThan(2 * (78 + 108));
  });
});

it('balanced orders are half and half in every stratum also for a judge that sees a share of it', async () => {
  const file = runFileSchema.parse({
    purpose: 'test',
    suites: ['out-of-domain', 'in-domain'],
    baseline: { name: 'base', ...endpoint },
    candidate: { name: 'tuned', ...endpoint },
    judges: [
      { name: 'all', provider: 'offline' },
      { name: 'half', provider: 'offline', share: 0.5 },
      { name: 'few', provider: 'offline', share: 0.3 },
    ],
    orders: 'balanced',
    canaries: false,
  });
  for (const seed of [1, 2, 3]) {
    const [config] = await resolveRun({ ...file, seed }, { dir: '.' });
    const shown = new Map<string, { n: number; ahead: number }>();
    for (const { suite, category, judge, order, judgments } of planOf(config!).due()) {
      const key = JSON.stringify([suite, category, judge]);
      const { n, ahead } = shown.get(key) ?? { n: 0, ahead: 0 };
      shown.set(key, { n: n + judgments, ahead: ahead + (order === 'baseline-first' ? judgments : -judgments) });
    }
    expect(new Set([...shown.keys()].map((key) => (JSON.parse(key) as string[])[2]))).toEqual(
      new Set(['all', 'half', 'few']),
    );
    for (const [key, { n, ahead }] of shown) expect([key, Math.abs(ahead)]).toEqual([key, n % 2]);
  }
});
