import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Run } from '../../src/records.js';
import type { BlindPair, Reveal } from '../../src/answers.js';
import { Reviews } from '../../src/review.js';
import { seedRun, service, type Service } from './seeded.js';

let s: Service;
let run: Run;
beforeEach(async () => {
  s = await service();
  run = await seedRun(s.store, { prompts: [4, 3] });
  return () => s.close();
});

const next = (reviewer = 'ana') => s.app.inject({ url: `/api/runs/${run.id}/review/next?reviewer=${reviewer}` });
const vote = (token: string, verdict: string) =>
  s.app.inject({ method: 'POST', url: `/api/runs/${run.id}/review`, payload: { token, verdict } });

describe('blind review over HTTP', () => {
  it('shows two texts and nothing else until the vote: no name, role, order, verdict or id', async () => {
    const secrets = ['base-model-x', 'tuned-model-y', 'baseline', 'candidate', 'judge', run.id, 'suite-', 'winner'];
    for (let voted = 0; voted < 7; voted++) {
      const answer = await next();
      expect(Object.keys(answer.json<object>())).toEqual(['token', 'prompt', 'response_a', 'response_b', 'progress']);
      const { token, progress, ...texts } = answer.json<BlindPair>();
      const whole = JSON.stringify([
        answer.headers,
        token,
        progress,
        Buffer.from(token, 'base64url').toString('latin1'),
      ]);
      for (const secret of secrets) expect(whole).not.toContain(secret);
      for (const secret of secrets.slice(0, 6)) expect(Object.values(texts).join()).not.toContain(secret);
      for (const { id } of (await s.store.judgments(run.id)).items) expect(whole).not.toContain(id);
      expect(progress).toEqual({ done: voted, total: 7 });
      expect((await vote(token, 'A')).statusCode).toBe(200);
    }
    const done = await next();
    expect([done.statusCode, done.body]).toEqual([204, '']);
  });

  it('takes names of every alphabet, whose vowels may be marks, and nothing that is no name', async () => {
    for (const [name, status] of [
      ['Änne de Vries-2', 200],
      ['अनिता', 200],
      ['Jose\u0301', 200],
      ['\u0301', 400],
      ['a/b', 400],
    ] as const)
      expect([name, (await next(encodeURIComponent(name))).statusCode]).toEqual([name, status]);
  });

  it('the length of a token is the same whichever text is A', async () => {
    const lengths = new Map<string, Set<number>>();
    const reviews = Array.from({ length: 20 }, () => new Reviews(s.store, () => 'now', randomBytes(32)));
    for (const review of reviews) {
      const pair = (await review.next(run, 'ana'))!;
      const key = pair.prompt;
      lengths.set(key, (lengths.get(key) ?? new Set()).add(pair.token.length));
    }
    for (const seen of lengths.values()) expect(seen.size).toBe(1);
  });

  it('A is the candidate about half of the time, drawn apart from the judges’ orders', async () => {
    let candidateFirst = 0;
    const n = 200;
    for (let i = 0; i < n; i++) {
      const pair = (await new Reviews(s.store, () => 'now').next(run, 'ana'))!;
      if (pair.response_a.startsWith('A considered')) candidateFirst++;
    }
    // Five standard deviations of a fair coin.
    expect(Math.abs(candidateFirst - n / 2)).toBeLessThan(5 * Math.sqrt(n / 4));
  });

  it('reloading shows the same comparison the same way; another reviewer is drawn apart', async () => {
    const [first, again] = [(await next()).json<BlindPair>(), (await next()).json<BlindPair>()];
    const texts = ({ prompt, response_a, response_b }: BlindPair) => [prompt, response_a, response_b];
    expect(texts(again)).toEqual(texts(first));
    expect(again.token).not.toBe(first.token);
    const others = await Promise.all(['ben', 'cem', 'dov', 'eva', 'fay', 'gil'].map((name) => next(name)));
    expect(others.some((other) => texts(other.json<BlindPair>()).join() !== texts(first).join())).toBe(true);
  });

  it('a vote is a judgment of a person, mapped through its own order, and then all is told', async () => {
    const pair = (await next('ana')).json<BlindPair>();
    const candidateIsA = pair.response_a.startsWith('A considered');
    const reveal = (await vote(pair.token, 'A')).json<Reveal>();
    const winner = candidateIsA ? 'candidate' : 'baseline';
    expect(reveal).toMatchObject({
      verdict: 'A',
      winner,
      a: winner,
      baseline: 'base-model-x',
      candidate: 'tuned-model-y',
      progress: { done: 1, total: 7 },
    });
    expect(new Set(reveal.judges.map((j) => j.judge))).toEqual(new Set(['first-judge', 'second-judge']));
    expect(await s.store.judgment(reveal.judgment_id)).toMatchObject({
      judge: 'human:ana',
      order: candidateIsA ? 'candidate-first' : 'baseline-first',
      winner,
      score: candidateIsA ? 1 : 0,
      reply: null,
      attempts: 0,
    });
    const evidence = (await s.app.inject({ url: `/api/judgments/${reveal.judgment_id}` })).json<{ trace: object[] }>();
    expect(evidence.trace.at(-1)).toMatchObject({ step: 'winner', holds: true });
  });

  it('the same vote twice is one vote; another one on the same comparison is refused', async () => {
    const { token } = (await next()).json<BlindPair>();
    const first = (await vote(token, 'A')).json<Reveal>();
    expect((await vote(token, 'A')).json<Reveal>()).toEqual(first);
    expect((await vote(token, 'B')).json()).toMatchObject({ status: 409, code: 'ALREADY_VOTED' });
    expect((await s.store.judgments(run.id, { judge: 'human:ana' })).items).toHaveLength(1);
  });

  it('two different votes at once: one is kept, the other one is told', async () => {
    const { token } = (await next()).json<BlindPair>();
    const codes = (await Promise.all([vote(token, 'A'), vote(token, 'B')])).map((answer) => answer.statusCode);
    expect(codes.sort()).toEqual([200, 409]);
    expect((await s.store.judgments(run.id, { judge: 'human:ana' })).items).toHaveLength(1);
  });

  it('a token of another run, another service, or changed by one character opens nothing', async () => {
    const { token } = (await next()).json<BlindPair>();
    const other = await seedRun(s.store, { id: '20261121_203000-other', prompts: [2] });
    const answer = await s.app.inject({
      method: 'POST',
      url: `/api/runs/${other.id}/review`,
      payload: { token, verdict: 'A' },
    });
    expect(answer.json()).toMatchObject({ code: 'REVIEW_TOKEN_INVALID' });
    const bytes = Buffer.from(token, 'base64url');
    for (const at of [0, 20, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect((await vote(changed.toString('base64url'), 'A')).json()).toMatchObject({ code: 'REVIEW_TOKEN_INVALID' });
    }
    const stranger = (await new Reviews(s.store, () => 'now').next(run, 'ana'))!;
    expect((await vote(stranger.token, 'A')).json()).toMatchObject({ code: 'REVIEW_TOKEN_INVALID' });
    expect((await s.store.judgments(run.id, { judge: 'human:ana' })).items).toEqual([]);
  });

  it('votes enter agreement and never the win rate of the judges', async () => {
    const url = `/api/runs/${run.id}/win-rates`;
    type Answer = { estimates: { win_rate: number }[]; agreement: { pairs: { judges: string[] }[] } };
    const before = (await s.app.inject({ url })).json<Answer>();
    for (let i = 0; i < 3; i++) await vote((await next()).json<BlindPair>().token, 'B');
    const after = (await s.app.inject({ url })).json<Answer>();
    expect(after.estimates[0]).toEqual(before.estimates[0]);
    expect(after.agreement.pairs.length).toBeGreaterThan(before.agreement.pairs.length);
    expect(after.agreement.pairs.some(({ judges }) => judges.includes('human:ana'))).toBe(true);
  });
});

describe('a run without responses', () => {
  let empty: Service;
  beforeAll(async () => {
    empty = await service();
  });
  afterAll(() => empty.close());

  it('has nothing to review', async () => {
    const bare = await seedRun(empty.store, { prompts: [2] });
    await empty.store.db.deleteFrom('responses').execute();
    expect((await empty.app.inject({ url: `/api/runs/${bare.id}/review/next?reviewer=ana` })).statusCode).toBe(204);
  });
});
