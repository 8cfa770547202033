import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditFile, auditRun } from '../src/audit/index.js';
import type { RunConfig } from '../src/config.js';
import { FIRST_LOOK, Looks, type LookingWorld } from '../src/looks.js';
import type { Plan } from '../src/plan.js';
import type { RecordedFiles } from '../src/responses.js';
import { winRates } from '../src/win-rates.js';
import { openJourney, suiteOf } from './journeys/world.js';

const PROMPTS = 10 * FIRST_LOOK;
const plan = {
  order: Uint32Array.from({ length: PROMPTS }, (_, i) => i),
  at: (position: number) => ({ position, suite: 'suite', prompt: { id: `p${position}` } }),
} as unknown as Plan;

/** Looks at recorded files in which the candidate's responses to some prompts are empty. */
function looksAt(empty: (prompt: number, repeat: number) => boolean, strictResponses = false, repeats = 1) {
  const told: string[] = [];
  const file = (text: (prompt: number, repeat: number) => string) => ({
    find: ({ id }: { id: string }, repeat: number) => ({ text: text(Number(id.slice(1)), repeat), stop_reason: 'end' }),
  });
  const recorded = {
    baseline: file((prompt) => `What was known of ${prompt}.`),
    candidate: file((prompt, repeat) => (empty(prompt, repeat) ? '' : `What is known of ${prompt}.`)),
  } as unknown as RecordedFiles;
  const config = { baseline: { name: 'base' }, candidate: { name: 'tuned' }, sampling: { repeats } } as RunConfig;
  const run = { identities: { served: {} } };
  const store = {
    allResponses: () => expect.unreachable('files are looked at, not the store'),
    run: () => Promise.resolve(run),
    spent: () => Promise.resolve({ judged: 0, failed: 0 }),
    updateRun: (_: string, changes: object) => Promise.resolve(void Object.assign(run, changes)),
  } as unknown as LookingWorld['store'];
  const world = {
    store,
    onWarning: ({ message }: { message: string }) => void (message.endsWith('are empty.') && told.push(message)),
  };
  return { told, run, looks: new Looks('run', config, world, { recorded, strictResponses }) };
}

describe('recorded responses', () => {
  it('whose first ones are faulty are told at once, and again of all', async () => {
    const { told, looks, run } = looksAt((prompt) => prompt % 2 === 0);
    const [first, whole] = [FIRST_LOOK, PROMPTS].map((n) => `${n / 2} of ${n} candidate responses are empty.`);
    looks.atFirst(plan);
    expect(told).toEqual([first]);
    expect(run.identities).toEqual({ served: {} });
    await looks.atAll(plan);
    expect(told).toEqual([first, whole]);
    expect(run.identities).toEqual({
      served: {},
      responses: expect.arrayContaining([
        expect.objectContaining({ code: 'RESPONSES_EMPTY', message: whole }),
      ]) as unknown,
    });
  });

  it('whose first ones alone are faulty are told once, and nothing of it is kept', async () => {
    const { told, looks, run } = looksAt((prompt) => prompt < FIRST_LOOK / 2);
    looks.atFirst(plan);
    await looks.atAll(plan);
    expect(told).toEqual([`${FIRST_LOOK / 2} of ${FIRST_LOOK} candidate responses are empty.`]);
    expect(run.identities).toEqual({ served: {} });
  });

  it('that are faulty further on are told of all, while others go on in between', async () => {
    const { told, looks } = looksAt((prompt) => prompt >= PROMPTS / 2);
    const all = looks.atAll(plan);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    await all;
    expect(told).toEqual([`${PROMPTS / 2} of ${PROMPTS} candidate responses are empty.`]);
  });

  it('are looked at in all repeats', async () => {
    const { told, looks } = looksAt((_, repeat) => repeat === 2, false, 3);
    looks.atFirst(plan);
    await looks.atAll(plan);
    expect(told).toEqual([FIRST_LOOK, PROMPTS].map((n) => `${n} of ${3 * n} candidate responses are empty.`));
  });

  it('are looked at whole, once, before a strict run begins', async () => {
    const { told, looks } = looksAt((prompt) => prompt >= PROMPTS / 2, true);
    const empty = `${PROMPTS / 2} of ${PROMPTS} candidate responses are empty.`;
    const same = `${PROMPTS / 2} of ${PROMPTS} candidate responses are one and the same text.`;
    const refused = { code: 'RESPONSES_SUSPICIOUS', message: `${empty} ${same}` };
    await expect(looks.atAll(plan)).rejects.toMatchObject(refused);
    await expect(looks.atAll(plan)).rejects.toMatchObject(refused);
    expect(told).toEqual([]);
  });

  it('are told of before any judge is called, and again of all by the end', async () => {
    const journey = await openJourney();
    try {
      const checkpoint = async (name: string, text: (i: number) => string) => {
        const lines = Array.from({ length: 30 }, (_, i) => JSON.stringify({ prompt_id: `p${i}`, response: text(i) }));
        await writeFile(join(journey.folder, `${name}.jsonl`), lines.join('\n'));
        return { name, provider: 'recorded', file: `${name}.jsonl` };
      };
      const baseline = await checkpoint('base', (i) => `What was known of ${i}.`);
      const candidate = await checkpoint('tuned', () => '');
      const told: { message: string; judged: number }[] = [];
      const onWarning = ({ code, message }: { code: string; message: string }) => {
        if (code === 'RESPONSES_EMPTY') told.push({ message, judged: journey.server.counts.requests });
      };
      await journey.run(await journey.runFile({ suites: [suiteOf(30)], baseline, candidate }), {}, { onWarning });
      expect(told.map(({ message }) => message)).toEqual(
        [FIRST_LOOK, 30].map((n) => `${n} of ${n} candidate responses are empty.`),
      );
      expect(told[0]!.judged).toBe(0);
      expect(journey.server.counts.requests).toBe(60);
    } finally {
      await journey.close();
    }
  });

  it('the control: sound ones are told nothing of', async () => {
    const { told, looks } = looksAt((prompt) => prompt % 20 === 0);
    await looks.atAll(plan);
    expect(told).toEqual([]);
  });
});

describe('responses that were asked for', () => {
  /** A journey whose candidate says nothing any more after the first look, and what its judge was asked. */
  const falling = async () => {
    let answers = 0;
    const journey = await openJourney({
      answer: (model) => (model === 'tuned-model' && ++answers > FIRST_LOOK ? '' : null),
    });
    const of = (model: string) => journey.server.requests.filter(({ body }) => body['model'] === model).length;
    return { journey, of, file: await journey.runFile({ suites: [suiteOf(60)] }) };
  };

  it('are made and looked at whole before a strict run calls a judge, and judged as they are without it', async () => {
    const { journey, of, file } = await falling();
    try {
      const strict = await journey.run(file, { strictResponses: true });
      expect(strict).toMatchObject({ status: 'stopped', judged: 0, missing: 120 });
      expect(strict.error).toMatchObject({ code: 'RESPONSES_SUSPICIOUS' });
      expect(strict.error!.line).toContain('40 of 60 candidate responses are empty.');
      expect(strict.error!.line).toContain('No judge was called;');
      expect([of('base-model'), of('tuned-model'), of('judge-model')]).toEqual([60, 60, 0]);
      const again = await journey.resume(strict.run.id, { strictResponses: true });
      expect(again.reason).toBe(strict.reason);
      expect(of('judge-model')).toBe(0);
      expect(await journey.resume(strict.run.id)).toMatchObject({ status: 'done', judged: 120, error: null });
      expect([of('base-model'), of('tuned-model'), of('judge-model')]).toEqual([60, 60, 120]);
    } finally {
      await journey.close();
    }
  });

  it('the control: without strictness they are judged, and strictness that comes later refuses only what is left', async () => {
    const { journey, of, file } = await falling();
    try {
      expect(await journey.run(file, { limit: 30 })).toMatchObject({ status: 'done', judged: 60 });
      expect(await journey.run(file, { limit: 30, strictResponses: true })).toMatchObject({
        status: 'done',
        error: null,
      });
      const { error, judged, missing } = await journey.run(file, { strictResponses: true });
      expect({ judged, missing }).toEqual({ judged: 60, missing: 60 });
      expect(error!.line).toContain('No judge was called since;');
      expect(of('judge-model')).toBe(60);
    } finally {
      await journey.close();
    }
  });

  it('are told of twice, and the summary, its file and the audit keep what was found of all', async () => {
    const journey = await openJourney({
      answer: (model, prompt) => (model === 'tuned-model' ? 'I cannot help with that.' : `Of ${prompt}`),
    });
    try {
      const message = (n: number) => `${n} of ${n} candidate responses are refusals.`;
      const { run, summary, folder } = await journey.run(await journey.runFile({ suites: [suiteOf(24)] }));
      const refused = ({ code }: { code: string }) => code === 'RESPONSES_REFUSED';
      expect(journey.warnings.filter(refused).map((told) => told.message)).toEqual([FIRST_LOOK, 24].map(message));
      const kept = { code: 'RESPONSES_REFUSED', role: 'candidate', share: 1, n: 24, message: message(24) };
      expect(summary.warnings.filter(refused)).toEqual([kept]);
      const file = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8')) as typeof summary;
      expect(file.warnings.filter(refused)).toEqual([kept]);
      expect((await winRates(journey.store, run)).warnings).toEqual(summary.warnings);
      const audits = [await auditRun(journey.store, run), await auditFile(folder)];
      for (const { findings } of audits) expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    } finally {
      await journey.close();
    }
  });
});
