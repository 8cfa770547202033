import { describe, expect, it } from 'vitest';
import { askJudge, type JudgingWorld, type Question } from '../src/judgment.js';
import type { Model } from '../src/models/index.js';
import type { Answer } from '../src/records.js';

const ANSWER = { text: '{"verdict": "A"}', stop_reason: 'end', model_served: null, attempts: 1, cost_usd: 0 };

describe('replies that came together', () => {
  it('make room for as many calls, which go out before the first of them is read', async () => {
    const told: string[] = [];
    const waiting: (() => void)[] = [];
    let free = 2;
    // Two at once; a call that waited for room goes out some way of promises after a reply, as at a real endpoint.
    const model = {
      async ask() {
        if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
        else free--;
        for (let step = 0; step < 20; step++) await Promise.resolve();
        told.push('out');
        await new Promise((resolve) => setImmediate(resolve));
        waiting.shift()?.();
        return ANSWER as unknown as Answer;
      },
    } as unknown as Model;
    const world = {
      model: () => model,
      cache: 'off',
      now: () => '',
      admit: () => undefined,
      paid: () => told.push('paid'),
      keep: () => told.push('read'),
      stopping: new AbortController().signal,
    } as unknown as JudgingWorld;
    const question = { key: 'k', spec: { name: 'judge', provider: 'offline' }, template: null, ask: {} };
    await Promise.all([1, 2, 3, 4].map(() => askJudge(question as unknown as Question, world)));
    expect(told.slice(0, told.indexOf('read')).filter((word) => word === 'out')).toHaveLength(4);
    expect(told.filter((word) => word === 'read')).toHaveLength(4);
  });
});
