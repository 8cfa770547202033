// The export of a run of any size leaves the service as it is read, never faster than the client takes it.
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Judgment } from '../../src/records.js';
import { openStore } from '../../src/store/index.js';
import { freshDatabase } from '../stores.js';
import { seedRun, service, type Service } from './seeded.js';

/** 200 megabytes of lines. */
const LINES = 20_000;
const REPLY = 'a'.repeat(10_000);

let s: Service;
let url: string;
const read = { lines: 0, ended: false };

beforeEach(async () => {
  Object.assign(read, { lines: 0, ended: false });
  const store = await openStore(await freshDatabase());
  const run = await seedRun(store, { prompts: [1] });
  const [judgment] = (await store.judgments(run.id)).items;
  async function* allJudgments(): AsyncGenerator<Judgment> {
    try {
      for (; read.lines < LINES; read.lines++) {
        yield { ...judgment!, reply: REPLY };
        // As often as a store that reads its rows in pages.
        if (read.lines % 500 === 0) await new Promise(setImmediate);
      }
    } finally {
      read.ended = true;
    }
  }
  s = await service({ store: { ...store, allJudgments } });
  await s.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(s.app.server.address() as AddressInfo).port}/api/runs/${run.id}/export`;
});
afterEach(() => s.close());

describe('the export of a large run', () => {
  it('is read no further ahead than its client takes it, and no further once the client has gone', async () => {
    const answer = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    const reader = answer.body!.getReader();
    for (let taken = 0; taken < 4_000_000;) taken += (await reader.read()).value!.length;
    await reader.cancel();
    await expect.poll(() => read.ended, { timeout: 30_000 }).toBe(true);
    expect(read.lines).toBeGreaterThan(300);
    expect(read.lines).toBeLessThan(LINES / 4);
  });

  it('the control: a client that takes everything is sent every line', async () => {
    const answer = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    let lines = 0;
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    expect(lines).toBe(LINES);
    expect(read).toEqual({ lines: LINES, ended: true });
  });
});
