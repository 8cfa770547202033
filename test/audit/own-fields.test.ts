// Every field of an export, one after another: what a number or verdict rests on is found on a copy without a manifest,
// everything else as long as the manifest is there.
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditFile, auditRun } from '../../src/audit/index.js';
import type { Launched } from '../../src/launch.js';
import { type Finding, judgmentSchema, responseSchema } from '../../src/records.js';
import { type Journey, openJourney, suiteOf } from '../journeys/world.js';

let journey: Journey;
let done: Launched;
let copy: string;

beforeAll(async () => {
  journey = await openJourney();
  const suites = [suiteOf(4)];
  done = await journey.run(await journey.runFile({ suites, template: 'pairwise-rubric', retest: 0.5, canaries: true }));
  copy = join(journey.folder, 'copy');
});
afterAll(() => journey.close());

type Line = Record<string, unknown>;
const named = (findings: Finding[]) =>
  findings.filter(({ severity, message }) => severity !== 'note' && !message.startsWith('manifest.json is gone'));

/** What the audit of a copy says after a field of one line was changed. */
async function changed(name: string, pick: (line: Line) => boolean, field: string, manifest: boolean) {
  await rm(copy, { recursive: true, force: true });
  await cp(done.folder, copy, { recursive: true });
  if (!manifest) await rm(join(copy, 'manifest.json'));
  const file = join(copy, name);
  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const line = lines.find(pick)!;
  line[field] = other(field, line[field]);
  await writeFile(file, lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  return named((await auditFile([copy])).findings);
}

const CHOICES: Record<string, unknown[]> = {
  domain: ['in-domain', 'out-of-domain'],
  canary: ['padded', 'identical', null],
  order: ['baseline-first', 'candidate-first'],
  state: ['failed', 'judged'],
  failure: ['refused', 'unreadable'],
  verdict: ['A', 'B', 'tie'],
  winner: ['candidate', 'baseline', 'tie'],
  quote_found_in: ['baseline', 'candidate', 'both', 'neither'],
  role: ['baseline', 'candidate'],
  score: [0, 0.5, 1],
};
const NUMBERS = /_(?:tokens|usd|ms)$/;

/** Another value that the field may have. */
function other(field: string, value: unknown): unknown {
  const choice = CHOICES[field]?.find((one) => one !== value);
  if (choice !== undefined) return choice;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value} changed`;
  if (Array.isArray(value)) return [...(value as unknown[]), 'changed'];
  if (value !== null) return { ...(value as Line), depth: 1.5 };
  return field.endsWith('_scores') ? { depth: 1.5 } : NUMBERS.test(field) ? 7 : 'changed';
}

/** What it took, who answered, and words of a reply that change nothing that is read from it. */
const UNPROVABLE = [
  'schema', 'judge_model_served', 'model_served', 'reply', 'stop_reason', 'input_tokens', 'output_tokens',
  'cached_tokens', 'cost_usd', 'latency_ms', 'attempts', 'judged_at', 'generated_at',
]; // prettier-ignore
const rests = (schema: { shape: object }) => Object.keys(schema.shape).filter((field) => !UNPROVABLE.includes(field));

const KINDS: [string, (line: Line) => boolean][] = [
  ['plain', (j) => j['canary'] === null && j['replicate'] === 0 && j['winner'] === 'candidate'],
  ['canary', (j) => j['canary'] !== null && j['state'] === 'judged'],
  ['retest', (j) => (j['replicate'] as number) > 0],
];

describe('a changed field of an export', () => {
  it.each(KINDS)('of a %s judgment is named without a manifest', async (_, pick) => {
    const missed: string[] = [];
    for (const field of rests(judgmentSchema))
      if ((await changed('judged.jsonl', pick, field, false)).length === 0) missed.push(field);
    expect(missed).toEqual([]);
  });

  it('of a response is named without a manifest, with its line', async () => {
    const missed: string[] = [];
    for (const field of rests(responseSchema)) {
      const found = await changed('responses.jsonl', () => true, field, false);
      if (found.length === 0) missed.push(field);
    }
    expect(missed).toEqual([]);
    const [first] = await changed('responses.jsonl', ({ role }) => role === 'candidate', 'checkpoint', false);
    expect(first).toMatchObject({ code: 'RECORD_CONTRADICTS_RUN', line: 2, derived: done.run.candidate });
    expect(first!.file).toMatch(/responses\.jsonl$/);
  });

  it('that nothing rests on is seen by the manifest', async () => {
    for (const field of ['cost_usd', 'latency_ms', 'attempts', 'judged_at', 'reply', 'judge_model_served'])
      expect(await changed('judged.jsonl', () => true, field, true)).toMatchObject([{ code: 'CONFIGURATION_CHANGED' }]);
    expect(await changed('responses.jsonl', () => true, 'generated_at', true)).toHaveLength(1);
  });

  it('a response that is gone or stands twice is named, and so is a manifest that is gone', async () => {
    await rm(copy, { recursive: true, force: true });
    await cp(done.folder, copy, { recursive: true });
    await rm(join(copy, 'manifest.json'));
    const file = join(copy, 'responses.jsonl');
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    const findings = async (kept: string[]) => {
      await writeFile(file, `${kept.join('\n')}\n`);
      return (await auditFile([copy])).findings;
    };
    expect((await findings(lines)).filter(({ severity }) => severity !== 'note')).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('manifest.json is gone') },
    ]);
    expect(named(await findings(lines.slice(1)))[0]!.message).toContain('no response of the baseline');
    expect(named(await findings([...lines, lines[0]!]))[0]).toMatchObject({
      line: lines.length + 1,
      recorded: expect.any(String),
    });
  });
});

describe('a changed origin', () => {
  it('does not keep a run from being proved', async () => {
    const runs = journey.store.db.updateTable('runs').where('id', '=', done.run.id);
    await runs.set({ origin: 'import' }).execute();
    const run = (await journey.store.run(done.run.id))!;
    expect(named((await auditRun(journey.store, run)).findings)).toMatchObject([
      { recorded: 'import', derived: 'own' },
    ]);
    await runs.set({ origin: 'own' }).execute();
    expect(named((await auditRun(journey.store, done.run)).findings)).toEqual([]);
  });
});
