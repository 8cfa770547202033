import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openModels } from '../../src/models/index.js';
import type { Judgment, Verdict } from '../../src/records.js';
import { fastClock } from '../models/clock.js';
import { findResponses, judgeSays, MIND } from '../server/answers.js';
import { type FaultRates, type LoggedRequest, startServer, type TestServer } from '../server/index.js';
import { type Journey, openJourney, suiteOf } from './world.js';

const TRANSPORT: FaultRates = { '429': 0.06, '429-after': 0.05, '500': 0.06, '529': 0.03, reset: 0.05, cut: 0.05 };
const MIXED: FaultRates = {
  ...{ '429': 0.04, '429-after': 0.04, '500': 0.04, '529': 0.02, reset: 0.04, hang: 0.002, cut: 0.038 },
  ...{ refusal: 0.02, unreadable: 0.02, 'cut-reply': 0.02, 'wrong-enum': 0.02 },
};
const mind = { position_bias: 0.2, quality: { 'tuned-model': 0.55 } };

let journey: Journey;
let checkpoints: TestServer;
afterEach(async () => {
  await journey.close();
  await checkpoints.close();
});

type Messages = { role: string; content: string }[];
const messagesOf = (request: LoggedRequest) => request.body['messages'] as Messages;
const presentationOf = (request: LoggedRequest): string =>
  createHash('sha256')
    .update(JSON.stringify(messagesOf(request).map(({ content, role }) => ({ content, role }))))
    .digest('hex');

/** What the judge says to these messages where nothing goes wrong. */
function saidWithoutFaults(messages: Messages): Verdict {
  const question = messages.at(-1)!.content;
  const { first, second } = findResponses(question)!;
  return judgeSays(question, first, second, { ...MIND, ...mind });
}

/** How a unit must end, from what the server did to its requests in turn. */
function endOf(requests: LoggedRequest[]): string {
  const last = requests.at(-1)!;
  if (last.fault === null) return last.status === 200 ? 'judged' : 'unreachable';
  const ends = { refusal: 'refused', 'cut-reply': 'truncated', unreadable: 'unreadable', 'wrong-enum': 'unreadable' };
  return ends[last.fault as keyof typeof ends] ?? 'unreachable';
}

const rate = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('2,000 units under 30 % mixed faults', () => {
  it('each ends judged, or failed with its true reason, and is judged once; the rates are those of a run without faults', async () => {
    checkpoints = await startServer({ ...mind, faults: TRANSPORT });
    journey = await openJourney({
      ...mind,
      faults: MIXED,
      rule: (request) =>
        messagesOf(request).at(-1)!.content.includes('Question 13 ') ? { status: 500, body: { error: {} } } : null,
    });
    const checkpoint = { provider: 'openai', base_url: checkpoints.openai, timeout_s: 4 };
    const file = await journey.runFile({
      suites: [suiteOf(1000)],
      baseline: { name: 'base', model: 'base-model', ...checkpoint },
      candidate: { name: 'tuned', model: 'tuned-model', ...checkpoint },
      judges: [
        { name: 'judge', provider: 'openai', model: 'judge-model', base_url: journey.server.openai, timeout_s: 5 },
      ],
    });
    const models = openModels({ env: {}, concurrency: 64, clock: fastClock(400), random: () => 0.5 });
    const { summary, run, status, missing, failed } = await journey.run(file, {}, { models });
    expect({ status, missing }).toEqual({ status: 'done', missing: 0 });

    const judgments: Judgment[] = [];
    for await (const judgment of journey.store.allJudgments(run.id)) judgments.push(judgment);
    expect(judgments).toHaveLength(2000);
    expect(new Set(judgments.map(({ id }) => id)).size).toBe(2000);

    const asked = new Map<string, LoggedRequest[]>();
    for (const request of journey.server.requests) {
      const sha = presentationOf(request);
      asked.set(sha, [...(asked.get(sha) ?? []), request]);
    }
    expect(asked.size).toBe(2000);
    const ends = new Map<string, number>();
    for (const judgment of judgments) {
      const requests = asked.get(judgment.presentation_sha256!)!;
      const end = endOf(requests);
      expect(judgment.failure ?? 'judged').toBe(end);
      expect(judgment.attempts).toBe(requests.length);
      if (end === 'judged') expect(judgment.verdict).toBe(saidWithoutFaults(messagesOf(requests[0]!)));
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    expect(ends.get('unreachable')).toBe(2);
    for (const reason of ['refused', 'truncated']) expect(ends.get(reason)).toBeGreaterThan(20);
    expect(failed).toBe(2000 - ends.get('judged')!);
    expect(failed).toBeGreaterThan(80);

    const without = new Map([...asked].map(([sha, [first]]) => [sha, saidWithoutFaults(messagesOf(first!))]));
    const firstSlot = [...without.values()].filter((v) => v !== 'tie').map((v) => (v === 'A' ? 1 : 0));
    const scoreOf = ({ order, presentation_sha256 }: Judgment): number => {
      const verdict = without.get(presentation_sha256!)!;
      return verdict === 'tie' ? 0.5 : (verdict === 'A') === (order === 'candidate-first') ? 1 : 0;
    };
    expect(summary.judges[0]!.first_slot_rate.value).toBeCloseTo(rate(firstSlot), 1.5);
    expect(summary.estimates[0]!.win_rate).toBeCloseTo(rate(judgments.map(scoreOf)), 1.5);
  }, 300_000);
});
