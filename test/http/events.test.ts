import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Run } from '../../src/records.js';
import type { PlacedJudgment } from '../../src/store/judgment-writes.js';
import { seedRun, service, type Service } from './seeded.js';

interface Event {
  id: string | null;
  event: string;
  data: Record<string, unknown>;
}

let s: Service;
let run: Run;
/** Judgments of the run, taken out again so that they can land while somebody listens. */
let landing: PlacedJudgment[];
let base: string;

beforeEach(async () => {
  s = await service();
  run = await seedRun(s.store, { status: 'running', prompts: [3] });
  const { items } = await s.store.judgments(run.id, { canary: false });
  landing = items.map((judgment) => ({ judgment, position: Number(judgment.prompt_id.slice(1)), own_texts: false }));
  await s.store.db.deleteFrom('judgments').execute();
  await s.app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(s.app.server.address() as AddressInfo).port}/api/runs/${run.id}/events`;
});
afterEach(() => s.close());

/** Reads events of a stream one by one, as an EventSource would. */
async function* events(url: string, headers: Record<string, string> = {}): AsyncGenerator<Event> {
  const answer = await fetch(url, { headers: { accept: 'text/event-stream', ...headers } });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: (.*)/s)),
      );
      text = text.slice(end + 2);
      if (fields['event'] !== undefined) {
        yield { id: fields['id'] ?? null, event: fields['event'], data: JSON.parse(fields['data']!) as Event['data'] };
      }
    }
  }
}

const finish = () => s.store.updateRun(run.id, { status: 'done', reason: null });

describe('live events', () => {
  it('tell progress, each judgment once as it lands, and the end', async () => {
    const seen: Event[] = [];
    for await (const event of events(base)) {
      seen.push(event);
      if (seen.length === 1) {
        await s.store.addJudgments(landing.slice(0, 2));
        await s.store.addJudgments(landing.slice(2));
        await finish();
      }
    }
    expect(seen[0]).toMatchObject({ event: 'progress', data: { status: 'running', judged: 0, failed: 0 } });
    const judgments = seen.filter(({ event }) => event === 'judgment');
    expect(judgments.map(({ data }) => data['id'])).toEqual(landing.map(({ judgment }) => judgment.id));
    expect(judgments[0]!.data).not.toHaveProperty('baseline_response');
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { status: 'done' } });
    const progress = seen.filter(({ event }) => event === 'progress').at(-1)!;
    expect(progress.data).toMatchObject({ status: 'done', judged: landing.length - 1, failed: 1 });
  });

  it('go on after the last event that a client saw, without a gap or a repeat', async () => {
    await s.store.addJudgments(landing);
    let last = '';
    for await (const { id, event } of events(`${base}?after=0`)) {
      if (event !== 'judgment') continue;
      last = id!;
      break;
    }
    await finish();
    const rest: unknown[] = [];
    for await (const { event, data } of events(base, { 'last-event-id': last })) {
      if (event === 'judgment') rest.push(data['id']);
    }
    expect(rest).toEqual(landing.slice(1).map(({ judgment }) => judgment.id));
  });

  it('tell how far open batches are, judge by judge, as it changes, and nothing of batches when none is open', async () => {
    const batch = (id: string, judge: string, day: number) => ({
      ...{ id, judge, run_id: run.id, provider_id: id, submitted_at: `2026-11-0${day}T00:00:00.000Z` },
      ...{ total: 4, done: 0, reserved_usd: 0, ended_at: null },
    });
    await s.store.addBatch(batch('one', 'first-judge', 2), []);
    await s.store.addBatch(batch('two', 'first-judge', 1), []);
    await s.store.addBatch(batch('three', 'second-judge', 3), []);
    // What changes next, once the change before was told.
    const changes = [
      () => s.store.updateBatch('one', { done: 3 }),
      () => s.store.endBatch('one', 'now', 0),
      () => s.store.endBatch('two', 'now', 0),
      () => s.store.endBatch('three', 'now', 0),
      finish,
    ];
    const told: unknown[] = [];
    for await (const { event, data } of events(base)) {
      if (event !== 'progress' || data['status'] === 'done') continue;
      told.push(data['batches']);
      await changes.shift()!();
    }
    const first = { judge: 'first-judge', since: '2026-11-01T00:00:00.000Z', open: 2, done: 0, total: 8 };
    const second = { judge: 'second-judge', since: '2026-11-03T00:00:00.000Z', open: 1, done: 0, total: 4 };
    expect(told).toEqual([
      { open: 3, done: 0, total: 12, judges: [first, second] },
      { open: 3, done: 3, total: 12, judges: [{ ...first, done: 3 }, second] },
      { open: 2, done: 0, total: 8, judges: [{ ...first, open: 1, total: 4 }, second] },
      { open: 1, done: 0, total: 4, judges: [second] },
      null,
    ]);
  });

  it('a client that has heard everything of a finished run is told to stop asking', async () => {
    await s.store.addJudgments(landing);
    await finish();
    const last = String(await s.store.lastSeq(run.id));
    expect((await fetch(base, { headers: { 'last-event-id': last } })).status).toBe(204);
  });

  it('a service that stops ends its streams and is gone at once, also with connections kept open', async () => {
    const stream = events(base);
    await stream.next();
    await fetch(base.replace(/\/events$/, ''));
    await s.app.close();
    let rest = 0;
    for await (const event of stream) rest += event.event === 'end' ? 1 : 0;
    expect(rest).toBe(0);
  });

  it('a service that stops does not wait for a client that connected and never asked', async () => {
    // Nothing else would close the connection.
    Object.assign(s.app.server, { headersTimeout: 0, requestTimeout: 0 });
    const accepted = once(s.app.server, 'connection');
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    await accepted;
    await Promise.all([s.app.close(), once(socket, 'close')]);
  });
});
