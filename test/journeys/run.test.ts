import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { importFiles } from '../../src/import.js';
import { type Judgment, ROLES } from '../../src/records.js';
import type { Progress } from '../../src/run-world.js';
import { openStore } from '../../src/store/index.js';
import { judgedLines } from '../../src/export.js';
import { type Journey, openJourney, suiteOf } from './world.js';

let journey: Journey;
afterEach(() => journey.close());

const linesOf = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Judgment);

describe('a run against a server', () => {
  it('asks each checkpoint once per prompt and each judge in both orders, and stores every reply', async () => {
    journey = await openJourney();
    const { run, folder, status, missing } = await journey.run(await journey.runFile());
    expect({ status, missing }).toEqual({ status: 'done', missing: 0 });
    const judged = await linesOf(join(folder, 'judged.jsonl'));
    expect(judged).toHaveLength(24);
    for (const line of judged) {
      expect(line.run_id).toBe(run.id);
      expect(line.state).toBe('judged');
      expect(line.reply).toContain('verdict');
      expect(line.judge_model_served).not.toBeNull();
    }
    expect(new Set(judged.map((line) => line.order))).toEqual(new Set(['baseline-first', 'candidate-first']));
    const asked = journey.server.requests.filter((r) => r.path.endsWith('/completions'));
    expect(asked).toHaveLength(24 + 24);
  });

  it('the same command on a finished run asks nothing', async () => {
    journey = await openJourney();
    const file = await journey.runFile();
    const first = await journey.run(file);
    const before = journey.server.counts.requests;
    const second = await journey.run(file);
    expect(second.run.id).toBe(first.run.id);
    expect(journey.server.counts.requests).toBe(before);
  });

  it('a finished run keeps its end, and says when a command names another address for what it holds', async () => {
    journey = await openJourney();
    const { run } = await journey.run(await journey.runFile());
    const judges = [{ name: 'judge', provider: 'openai', model: 'judge-model', base_url: 'http://127.0.0.1:9/v1' }];
    const again = await journey.run(await journey.runFile({ judges }));
    expect(again.run).toMatchObject({ id: run.id, ended_at: run.ended_at });
    const [warning, ...others] = journey.warnings;
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ code: 'ADDRESS_CHANGED' });
    expect(warning!.message).toContain(
      `judge was asked at ${journey.server.openai} in run ${run.id}, not at http://127.0.0.1:9/v1`,
    );
  });

  it('a response that failed is asked for once a run, again by resume, and not by the same command', async () => {
    let flagged = true;
    let asked = 0;
    journey = await openJourney({
      rule: ({ body }) => {
        if (body['model'] !== 'tuned-model' || !JSON.stringify(body).includes('Question 3 of')) return null;
        asked++;
        return flagged ? { status: 400, body: { error: { message: 'content_filter: flagged' } } } : null;
      },
    });
    const file = await journey.runFile();
    expect(await journey.run(file)).toMatchObject({ status: 'done', judged: 22, missing: 2 });
    expect(asked).toBe(1);
    expect(journey.warnings.filter(({ code }) => code === 'CALL_FAILED')).toEqual([
      {
        code: 'CALL_FAILED',
        message: expect.stringMatching(/^tuned: http:\S+: 400 content_filter: flagged/) as string,
      },
    ]);
    const { run } = await journey.run(file);
    expect(asked).toBe(1);
    await journey.resume(run.id);
    expect(asked).toBe(2);
    flagged = false;
    expect(await journey.resume(run.id)).toMatchObject({ status: 'done', judged: 24, missing: 0 });
    expect(asked).toBe(3);
  });

  it('responses of one role are due and counted by themselves', async () => {
    journey = await openJourney();
    const file = await journey.runFile();
    for (const role of ROLES) {
      const seen: string[] = [];
      const onProgress = ({ responses, responses_due }: Progress) => seen.push(`${responses} of ${responses_due}`);
      await journey.run(file, { generate: [role] }, { onProgress });
      expect([seen[0], seen.at(-1)]).toEqual(['1 of 12', '12 of 12']);
    }
  });

  it('a limited run and then the whole one are one run, and nothing is paid twice', async () => {
    journey = await openJourney();
    const file = await journey.runFile({ suites: [suiteOf(12), suiteOf(12, 'out-of-domain')] });
    const limited = await journey.run(file, { limit: 3 });
    expect(limited.planned.prompts).toBe(6);
    const whole = await journey.run(file);
    expect(whole.run.id).toBe(limited.run.id);
    expect(whole.planned.prompts).toBe(24);
    const contents = journey.server.requests.filter((r) => r.path.endsWith('/completions')).map((r) => r.content);
    expect(new Set(contents).size).toBe(contents.length);
  });

  it('whose responses were made for more prompts than were judged looks for its judges before it goes on', async () => {
    journey = await openJourney();
    await journey.run(await journey.runFile(), { limit: 3 });
    const { status } = await journey.run(await journey.runFile(), { generate: [...ROLES] });
    expect(status).toBe('done');
    const judges = [{ name: 'judge', provider: 'openai', model: 'judge-model', base_url: 'http://127.0.0.1:9/v1' }];
    await expect(journey.run(await journey.runFile({ judges }))).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
    });
    expect((await journey.run(await journey.runFile())).missing).toBe(0);
  });

  it('a changed template is another run; another name or concurrency is not', async () => {
    journey = await openJourney();
    const first = await journey.run(await journey.runFile());
    const renamed = await journey.run(await journey.runFile({ name: 'other', concurrency: 3, tags: { a: 'b' } }));
    expect(renamed.run.id).toBe(first.run.id);
    const other = await journey.run(await journey.runFile({ template: 'pairwise-rubric' }));
    expect(other.run.id).not.toBe(first.run.id);
  });

  it('a judge led by position shows it in its line, and both orders give the true win rate all the same', async () => {
    const quality = { 'tuned-model': 0.56 };
    const suites = [suiteOf(120)];
    journey = await openJourney({ quality });
    const fair = (await journey.run(await journey.runFile({ suites }))).summary.estimates[0]!.win_rate!;
    await journey.close();
    journey = await openJourney({ quality, position_bias: 0.4 });
    const { summary } = await journey.run(await journey.runFile({ suites }));
    const { first_slot_rate, order_dependent_rate } = summary.judges[0]!;
    expect(first_slot_rate.low).toBeGreaterThan(0.5);
    expect(order_dependent_rate.value).toBeGreaterThan(0.2);
    // Two judgments in five are slot A, which both orders turn into one half.
    expect(fair).toBeGreaterThan(0.6);
    expect(summary.estimates[0]!.win_rate!).toBeCloseTo(0.5 + 0.6 * (fair - 0.5), 1);
  });

  it('a fair judge of the same texts shows no lead', async () => {
    journey = await openJourney({ position_bias: 0 });
    const { summary } = await journey.run(await journey.runFile({ suites: [suiteOf(120)] }));
    const { first_slot_rate, order_dependent_rate } = summary.judges[0]!;
    expect(first_slot_rate.value).toBeCloseTo(0.5, 10);
    expect(order_dependent_rate.value).toBe(0);
  });

  it('with one random order a judge that always names slot A shows as led by position', async () => {
    journey = await openJourney({ position_bias: 1 });
    const { summary } = await journey.run(await journey.runFile({ suites: [suiteOf(60)], orders: 'random' }));
    expect(summary.judges[0]!.first_slot_rate.value).toBe(1);
    expect(summary.judges[0]!.position_consistency.value).toBeNull();
  });

  it('retests and canaries are made, paid for and counted apart', async () => {
    journey = await openJourney();
    const { run, summary } = await journey.run(await journey.runFile({ canaries: true, retest: 0.5 }));
    const { items } = await journey.store.judgments(run.id, {}, { limit: 1000 });
    const plain = items.filter((j) => j.canary === null && j.replicate === 0);
    expect(plain).toHaveLength(24);
    expect(items.filter((j) => j.canary !== null)).toHaveLength(10);
    expect(items.filter((j) => j.replicate === 1).length).toBeGreaterThan(0);
    expect(summary.estimates[0]!.n_judgments).toBe(24);
    expect(summary.judges[0]!.canaries.reduce((n, c) => n + c.n, 0)).toBe(5);
    expect(summary.judges[0]!.repeat_consistency.n).toBeGreaterThan(0);
  });
});

describe('exports', () => {
  it('export, import into an empty database, export again: the same bytes', async () => {
    journey = await openJourney({ faults: { refusal: 0.2, unreadable: 0.2 } });
    const { run, folder } = await journey.run(
      await journey.runFile({ canaries: true, retest: 0.3, template: 'pairwise-rubric' }),
    );
    const file = join(folder, 'judged.jsonl');
    const other = await openStore('sqlite::memory:');
    const imported = await importFiles(other, [file], { now: '2026-01-01T00:00:00.000Z' });
    expect(imported.runs.map((r) => r.id)).toEqual([run.id]);
    let text = '';
    for await (const line of judgedLines(other, run.id)) text += line;
    expect(text).toBe(await readFile(file, 'utf8'));
    const again = await importFiles(other, [file], { now: '2026-01-02T00:00:00.000Z' });
    expect(again.added).toBe(0);
    await other.close();
  });

  it('the lines alone, without run.json beside them, come back as the same bytes too', async () => {
    journey = await openJourney();
    const { run, folder } = await journey.run(await journey.runFile());
    const text = await readFile(join(folder, 'judged.jsonl'), 'utf8');
    const { mkdir, writeFile } = await import('node:fs/promises');
    await mkdir(join(journey.folder, 'alone'));
    await writeFile(join(journey.folder, 'alone', 'judged.jsonl'), text);
    const other = await openStore('sqlite::memory:');
    await importFiles(other, [join(journey.folder, 'alone', 'judged.jsonl')], { now: '2026-01-01T00:00:00.000Z' });
    let again = '';
    for await (const line of judgedLines(other, run.id)) again += line;
    expect(again).toBe(text);
    await other.close();
  });
});
