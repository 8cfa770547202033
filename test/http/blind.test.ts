// Before the vote a reviewer learns nothing: whatever the review routes say, refusals too, holds no piece of text by
// which any other answer of the service could be found.
import { beforeEach, describe, expect, it } from 'vitest';
import type { BlindPair, Reveal } from '../../src/answers.js';
import type { Run } from '../../src/records.js';
import { createQueue } from '../../src/review-queue.js';
import { seedRun, service, type Service } from './seeded.js';

let s: Service;
let run: Run;
/** Everything that other routes say of the run. */
let known: string;

beforeEach(async () => {
  s = await service();
  run = await seedRun(s.store, { prompts: [4, 3] });
  const paths = ['', '/export', '/judgments', '/win-rates', '/agreement', '/judges', '/audit', '/report'];
  const bodies = await Promise.all(paths.map((path) => s.app.inject({ url: `/api/runs/${run.id}${path}` })));
  expect(bodies.map(({ statusCode }) => statusCode)).toEqual(paths.map(() => 200));
  known = bodies.map(({ body }) => body).join('\n');
  return () => s.close();
});

/** Pieces of eight characters that could lead somewhere: of words and figures, as ids and names are made. */
const piecesOf = (text: string): string[] => [...text.matchAll(/(?=([\w-]{8}))/g)].map(([, piece]) => piece!);
const leads = (text: string): string[] => piecesOf(text).filter((piece) => known.includes(piece));

const next = (reviewer: string) => s.app.inject({ url: `/api/runs/${run.id}/review/next?reviewer=${reviewer}` });
const vote = (payload: object) => s.app.inject({ method: 'POST', url: `/api/runs/${run.id}/review`, payload });

/** What an answer says beside the texts that are to be judged. */
function beside(answer: Awaited<ReturnType<typeof next>>): string {
  const { token, progress } = answer.json<BlindPair>();
  const opened = Buffer.from(token, 'base64url').toString('latin1');
  return JSON.stringify([token, opened, progress, answer.headers['etag'], answer.headers['set-cookie']]);
}

describe('a reviewer before the vote', () => {
  it.each(['without a queue', 'with a queue'])('is told nothing that leads anywhere, %s', async (how) => {
    if (how === 'with a queue')
      await createQueue(s.store, run, {
        ...{ n: 7, strategy: 'random', reviewers: ['ana'], overlap: 0, now: run.created_at },
      });
    for (let voted = 0; voted < 7; voted++) {
      const answer = await next('ana');
      const pair = answer.json<BlindPair>();
      expect(leads(beside(answer))).toEqual([]);
      const refused = [
        await vote({ token: pair.token, verdict: 'C' }),
        await vote({ token: `${pair.token.slice(0, -4)}AAAA`, verdict: 'A' }),
        await vote({ token: pair.token, verdict: 'A', winner: 'candidate' }),
      ];
      for (const { body } of refused) {
        const { instance, ...rest } = JSON.parse(body) as Record<string, unknown>;
        expect(instance).toBe(`/api/runs/${run.id}/review`);
        expect(JSON.stringify(rest)).not.toMatch(/base-model-x|tuned-model-y|first-judge|second-judge/);
      }
      expect((await s.store.judgments(run.id, { judge: 'human:ana' })).items).toHaveLength(voted);
      const reveal = (await vote({ token: pair.token, verdict: 'A' })).json<Reveal>();
      // The control: the reveal leads to the judgment, to the judges and to the checkpoints.
      expect(leads(JSON.stringify(reveal)).length).toBeGreaterThan(0);
      expect(leads(reveal.candidate).length).toBeGreaterThan(0);
    }
    expect((await next('ana')).statusCode).toBe(204);
  });

  it('asking for a change before there is a vote is a vote like any other', async () => {
    const { token } = (await next('ana')).json<BlindPair>();
    const reveal = (await vote({ token, verdict: 'B', change: true })).json<Reveal>();
    expect(reveal.progress.done).toBe(1);
    expect(await s.store.votes(run.id)).toHaveLength(1);
  });

  it('a vote is changed on demand only, and every vote stays in the history', async () => {
    const { token } = (await next('ana')).json<BlindPair>();
    const first = (await vote({ token, verdict: 'A' })).json<Reveal>();
    expect((await vote({ token, verdict: 'B' })).json()).toMatchObject({ code: 'ALREADY_VOTED' });
    const second = (await vote({ token, verdict: 'B', change: true })).json<Reveal>();
    expect(second).toMatchObject({ judgment_id: first.judgment_id, winner: first.b, progress: first.progress });
    expect((await s.store.votes(run.id)).map(({ winner }) => winner)).toEqual([first.winner, second.winner]);
    const evidence = (await s.app.inject({ url: `/api/judgments/${first.judgment_id}` })).json<{
      trace: { says: string }[];
    }>();
    const said = evidence.trace.map(({ says }) => says).join('\n');
    expect(said).toMatch(new RegExp(`Voted ${first.winner} at \\S+, blind; then ${second.winner} at \\S+, after the`));
  });
});
