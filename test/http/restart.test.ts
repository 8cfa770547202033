// A service that is stopped, or killed, in the middle of a posted run: what was answered is kept, the next one goes on.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Progress } from '../../src/answers.js';
import type { Run } from '../../src/records.js';
import { cliPath } from '../cli.js';
import { startServer, type TestServer } from '../server/index.js';
import { postedFile } from './carried.js';
import { Gate, type Served, serveIn } from './served.js';

const PROMPTS = 10;
const CALLS = 4 * PROMPTS;

let folder: string;
let gate: Gate;
let models: TestServer;
let service: Served;
let main: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doubleblind-restart-'));
  gate = new Gate();
  models = await startServer({ hold: gate.pass });
  main = await cliPath();
  service = await serveIn({ main, cwd: folder, endpoint: models.openai });
});
afterEach(async () => {
  service.child.kill('SIGKILL');
  await models.close();
  rmSync(folder, { recursive: true });
});

const restart = async () => {
  service = await serveIn({ main, cwd: folder, endpoint: models.openai });
};
const runOf = async (id: string) =>
  (await (await fetch(`${service.address}/api/runs/${id}`)).json()) as Run & { progress: Progress };
const stateOf = async (id: string) => {
  const { status, reason } = await runOf(id);
  return { status, reason };
};
const judged = async (id: string) => (await runOf(id)).progress.judged;
const send = () =>
  fetch(`${service.address}/api/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(postedFile(models.openai, PROMPTS)),
  });
const post = async () => {
  const answer = await send();
  expect(answer.status).toBe(202);
  return ((await answer.json()) as Run).id;
};
const judgments = () => models.requests.filter(({ body, status }) => body['model'] === 'judge' && status === 200);

describe('a service in the middle of a posted run', { timeout: 120_000 }, () => {
  it('told to stop lets the calls under way finish and writes them; the next one asks only what is left', async () => {
    const id = await post();
    gate.open(2 * PROMPTS + 8);
    await expect.poll(() => judged(id), { timeout: 30_000 }).toBeGreaterThan(2);
    await expect.poll(() => models.counts.under_way).toBe(4);
    const ended = service.end('SIGTERM');
    // From here on it starts nothing, and waits for four answers.
    await expect.poll(async () => (await send()).status, { timeout: 30_000 }).toBe(503);
    gate.open(4);
    expect(await ended).toBe(0);
    const kept = judgments().length;
    expect(kept).toBeLessThan(2 * PROMPTS);

    await restart();
    expect(await judged(id)).toBe(kept);
    gate.open(CALLS);
    await expect.poll(() => stateOf(id), { timeout: 30_000 }).toEqual({ status: 'done', reason: null });
    expect((await runOf(id)).progress).toEqual({ judged: 2 * PROMPTS, failed: 0, due: 2 * PROMPTS });
    expect(models.counts.answered).toBe(CALLS);
    expect(existsSync(join(folder, (await runOf(id)).exports!, 'summary.json'))).toBe(true);
    expect(service.said.stderr).not.toContain('"level":50');
  });

  it('killed loses only the calls under way; the next one picks the run up though nobody said that it ended', async () => {
    const id = await post();
    gate.open(2 * PROMPTS + 8);
    await expect.poll(() => judged(id), { timeout: 30_000 }).toBeGreaterThan(2);
    await expect.poll(() => models.counts.under_way).toBe(4);
    const kept = await judged(id);
    expect(await service.end('SIGKILL')).toBe('SIGKILL');

    await restart();
    gate.open(2 * CALLS);
    await expect.poll(() => stateOf(id), { timeout: 30_000 }).toEqual({ status: 'done', reason: null });
    expect((await runOf(id)).progress).toEqual({ judged: 2 * PROMPTS, failed: 0, due: 2 * PROMPTS });
    expect(kept).toBeGreaterThan(2);
    // Each call that was under way is asked once more.
    expect(models.counts.requests).toBeLessThanOrEqual(CALLS + 4);
  });
});
