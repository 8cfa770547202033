import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../src/config.js';
import { FIRST_LOOK, Looks } from '../src/looks.js';
import type { Plan } from '../src/plan.js';
import type { RecordedFiles } from '../src/responses.js';

const PROMPTS = 10 * FIRST_LOOK;
const plan = {
  order: Int32Array.from({ length: PROMPTS }, (_, i) => i),
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
  const store = { allResponses: () => expect.unreachable('files are looked at, not the store') };
  const world = {
    store,
    onWarning: ({ message }: { message: string }) => void (message.endsWith('are empty.') && told.push(message)),
  };
  return { told, looks: new Looks('run', config, world, { recorded, strictResponses }) };
}

describe('recorded responses', () => {
  it('whose first ones are faulty are told before anything else can begin', async () => {
    const { told, looks } = looksAt(() => true);
    const all = looks.atAll(plan);
    expect(told).toEqual([`${FIRST_LOOK} of ${FIRST_LOOK} candidate responses are empty.`]);
    await all;
    expect(told).toHaveLength(1);
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
    await looks.atAll(plan);
    expect(told[0]).toBe(`${FIRST_LOOK} of ${3 * FIRST_LOOK} candidate responses are empty.`);
  });

  it('are looked at whole, once, before a strict run begins', async () => {
    const { told, looks } = looksAt((prompt) => prompt >= PROMPTS / 2, true);
    await expect(looks.atAll(plan)).rejects.toMatchObject({ code: 'RESPONSES_SUSPICIOUS' });
    await expect(looks.atAll(plan)).rejects.toMatchObject({ code: 'RESPONSES_SUSPICIOUS' });
    expect(told).toEqual([`${PROMPTS / 2} of ${PROMPTS} candidate responses are empty.`]);
  });

  it('the control: sound ones are told nothing of', async () => {
    const { told, looks } = looksAt((prompt) => prompt % 20 === 0);
    await looks.atAll(plan);
    expect(told).toEqual([]);
  });
});
