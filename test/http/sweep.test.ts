// A sweep that comes over HTTP: one run for each candidate, and the baseline is asked once.
import { afterEach, describe, expect, it } from 'vitest';
import type { Run } from '../../src/records.js';
import { type Carried, openCarried, postedFile } from './carried.js';

let carried: Carried;
afterEach(() => carried.close());

const STEPS = [100, 200, 300];
const PROMPTS = 6;

function sweepFile(): object {
  const { candidate: one, ...rest } = postedFile(carried.server.openai, PROMPTS);
  const candidates = STEPS.map((step) => ({ ...one, name: `tuned-${step}`, model: `tuned-${step}`, step }));
  return { ...rest, candidates };
}
const asked = (model: string): number =>
  carried.server.requests.filter(({ body, status }) => body['model'] === model && status === 200).length;
const started = async (file: object) => (await carried.post(file)).json<Run & { runs: string[] }>();

describe('a sweep that is posted', () => {
  it('becomes a run for each candidate; the baseline answers each prompt once for all of them', async () => {
    carried = await openCarried({ latency_ms: 3 });
    const answer = await carried.post(sweepFile());
    const { id, sweep, runs } = answer.json<Run & { runs: string[] }>();
    expect([answer.statusCode, answer.headers['location'], runs.length]).toEqual([202, `/api/runs/${id}`, 3]);
    for (const run of runs) await carried.ends(run);
    expect(asked('base')).toBe(PROMPTS);
    for (const step of STEPS) expect(asked(`tuned-${step}`)).toBe(PROMPTS);
    const listed = await carried.app.inject({ url: `/api/runs?sweep=${sweep}` });
    const { items } = listed.json<{ items: Run[] }>();
    expect(items.map((run) => run.candidate).sort()).toEqual(STEPS.map((step) => `tuned-${step}`));
    for (const run of runs) expect(await carried.store.counts(run)).toEqual({ judged: 2 * PROMPTS, failed: 0 });
  });

  it('the same sweep again is the same runs, and nothing is asked', async () => {
    carried = await openCarried();
    const { runs } = await started(sweepFile());
    for (const run of runs) await carried.ends(run);
    const { requests } = carried.server.counts;
    expect((await started(sweepFile())).runs).toEqual(runs);
    expect(carried.server.counts.requests).toBe(requests);
  });

  it('goes on with its next candidate when one is cancelled, also one that still stands in line', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => (release = done));
    carried = await openCarried({ hold: () => held });
    const { runs } = await started(sweepFile());
    const [first, second, third] = runs as [string, string, string];
    const cancel = (id: string) => carried.app.inject({ method: 'POST', url: `/api/runs/${id}/cancel` });
    expect((await cancel(second)).json()).toMatchObject({ status: 'cancelled' });
    await cancel(first);
    release();
    await carried.ends(first, 'cancelled');
    await carried.ends(third);
    expect(asked('tuned-200')).toBe(0);
    expect(asked('base')).toBe(PROMPTS);
  });
});

describe('runs that are no sweep', () => {
  it('the control: two candidates posted one by one are carried out at once, and each asks the baseline', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => (release = done));
    carried = await openCarried({ hold: () => held });
    const file = (seed: number) => postedFile(carried.server.openai, PROMPTS, { seed, sampling: { temperature: 1 } });
    const ids = [(await started(file(1))).id, (await started(file(2))).id];
    await expect.poll(async () => (await carried.store.run(ids[1]!))!.status).toBe('running');
    expect((await carried.store.run(ids[0]!))!.status).toBe('running');
    release();
    for (const id of ids) await carried.ends(id);
    expect(asked('base')).toBe(2 * PROMPTS);
  });
});
