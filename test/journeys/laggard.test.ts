// Judges of several endpoints, one of which lags behind: whoever waits holds up nobody else.
import { afterEach, describe, expect, it } from 'vitest';
import { FIRST_LOOK } from '../../src/looks.js';
import { startServer, type TestServer } from '../server/index.js';
import { type Journey, openJourney, suiteOf } from './world.js';

let journey: Journey;
let other: TestServer;
afterEach(async () => {
  await journey.close();
  await other.close();
});

const judgedAt = ({ requests }: TestServer, model: string) =>
  requests.filter(({ body, status }) => body['model'] === model && status === 200).length;

/** A server that answers so many and then nobody, until it is told to. */
async function heldBack(after: number): Promise<{ server: TestServer; release: () => void }> {
  let release = (): void => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  let asked = 0;
  return { server: await startServer({ hold: () => (asked++ < after ? Promise.resolve() : until) }), release };
}

async function open(prompts: number, changes: object = {}, after = 0) {
  const { server, release } = await heldBack(after);
  other = server;
  journey = await openJourney();
  const at = (base_url: string) => ({ provider: 'openai', base_url });
  const judges = [
    { name: 'slow', model: 'slow-model', ...at(server.openai) },
    { name: 'quick', model: 'quick-model', ...at(journey.server.openai) },
  ];
  const file = await journey.runFile({ judges, suites: [suiteOf(prompts)], concurrency: 4, ...changes });
  return { file, release };
}

describe('a judge that lags behind', () => {
  it('does not keep another from judging everything', async () => {
    const { file, release } = await open(60);
    const run = journey.run(file);
    await expect.poll(() => judgedAt(journey.server, 'quick-model'), { timeout: 20_000 }).toBe(120);
    expect(judgedAt(other, 'slow-model')).toBe(0);
    release();
    expect(await run).toMatchObject({ status: 'done', missing: 0, failed: 0 });
    expect(judgedAt(other, 'slow-model')).toBe(120);
  });

  it('is not left behind by more than some hundred prompts, fewer of long ones', async () => {
    const { file, release } = await open(400);
    const run = journey.run(file);
    await expect.poll(() => judgedAt(journey.server, 'quick-model'), { timeout: 20_000 }).toBeGreaterThan(500);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(judgedAt(journey.server, 'quick-model')).toBeLessThan(2 * (256 + 20));
    release();
    expect(await run).toMatchObject({ status: 'done', missing: 0 });
  });

  it('holds up the others where the run ends as soon as it is decided', async () => {
    const { file, release } = await open(60, { stop: 'when-decided' });
    const run = journey.run(file);
    await expect.poll(() => judgedAt(journey.server, 'quick-model'), { timeout: 20_000 }).toBeGreaterThan(10);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(judgedAt(journey.server, 'quick-model')).toBeLessThan(30);
    release();
    expect((await run).error).toBeNull();
  });
});

describe('a checkpoint that lags behind', () => {
  it('does not keep the other from answering everything', async () => {
    // The first responses of both are looked at before the rest is asked for.
    const { release } = await open(60, {}, FIRST_LOOK);
    const candidate = { name: 'tuned', provider: 'openai', base_url: other.openai, model: 'tuned-model' };
    const file = await journey.runFile({ suites: [suiteOf(60)], concurrency: 4, candidate });
    const run = journey.run(file, { generate: ['baseline', 'candidate'] });
    await expect.poll(() => judgedAt(journey.server, 'base-model'), { timeout: 20_000 }).toBe(60);
    release();
    expect((await run).error).toBeNull();
  });
});
