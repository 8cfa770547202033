import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Journey, openJourney } from './journeys/world.js';
import { auditFile, auditRun } from '../src/audit/index.js';
import { knownAnswers } from '../src/known-answers.js';
import type { Judgment } from '../src/records.js';

let journey: Journey | null = null;
afterEach(() => journey?.close());

describe('known answers', () => {
  it('the reference judge tells how often each checkpoint is right, and every other judge is held against it', async () => {
    // The baseline is right on the first two of four, the candidate on all but the last; nobody answers that one.
    const right: Record<string, string[]> = { base: ['1', '2'], tuned: ['1', '2', '3'] };
    journey = await openJourney({
      answer: (model, prompt) => {
        const asked = /\d/.exec(prompt)![0];
        const own = right[model.replace('-model', '')]!;
        return own.includes(asked)
          ? `[q=0.9] The answer is ${asked}.`
          : asked === '4'
            ? 'I cannot say.'
            : '[q=0.1] The answer is 77.';
      },
    });
    const prompts = ['1', '2', '3', '4'].map((n) => ({ id: `n${n}`, prompt: `Name ${n}.`, reference: n }));
    const file = await journey.runFile({
      suites: [{ name: 'math', domain: 'out-of-domain', prompts }],
      judges: [
        { name: 'truth', provider: 'reference', extract: 'number' },
        { name: 'judge', provider: 'openai', model: 'judge-model', base_url: journey.server.openai },
      ],
    });
    const { summary, run } = await journey.run(file);
    const of = (judge: string) =>
      Object.fromEntries(summary.judges.find((j) => j.judge === judge)!.accuracy.map((a) => [a.group, a.value]));
    expect(of('truth')).toEqual({
      'baseline right': 0.5,
      'baseline in the asked format': 0.75,
      'candidate right': 0.75,
      'candidate in the asked format': 0.75,
    });
    // One comparison has one right side (n3), and an honest judge sees it.
    expect(of('judge')).toEqual({ reference: 1 });
    // The truth makes no win rate beside a judge.
    expect(summary.estimates[0]!.n_judgments).toBe(8);
    expect(summary.estimates.find((e) => e.group.judge === 'truth')!.win_rate).toBe(0.625);
    expect((await auditRun(journey.store, run)).findings.filter((f) => f.severity === 'error')).toEqual([]);
  });

  it.each(['hello', 'null', '[]', null])(
    'a reply of a reference judge that was changed to %s is found, in the store and in the files',
    async (reply) => {
      journey = await openJourney();
      const prompts = [{ id: 'n', prompt: 'Name 1.', reference: '1' }];
      const judges = [{ name: 'truth', provider: 'reference', extract: 'number' }];
      const { run, folder } = await journey.run(
        await journey.runFile({ suites: [{ name: 'math', domain: 'in-domain', prompts }], judges }),
      );
      const file = join(folder, 'judged.jsonl');
      const judgment = JSON.parse(await readFile(file, 'utf8')) as Judgment;
      await writeFile(file, `${JSON.stringify({ ...judgment, reply })}\n`);
      await journey.store.db.updateTable('judgments').set({ reply }).where('id', '=', judgment.id).execute();
      for (const { findings } of [await auditRun(journey.store, run), await auditFile(folder)])
        expect(findings.map(({ code }) => code)).toContain('REPLY_READ_DIFFERENTLY');
    },
  );

  it('without a decisive truth there is no accuracy, and that is said', () => {
    expect(knownAnswers(['truth'], [], [])['truth']![0]).toEqual({
      group: 'baseline right',
      value: null,
      reason: 'nothing with a known answer was judged',
    });
  });
});
