import { beforeEach, describe, expect, it } from 'vitest';
import { peopleRow } from '../bench/people.js';
import { calibrate } from '../src/calibration.js';
import { agreementOf } from '../src/jury-rule.js';
import { weighJudges } from '../src/labels.js';
import { promptScores } from '../src/ledger/scores.js';
import type { Run, Winner } from '../src/records.js';
import { seeded } from '../src/random.js';
import { createQueue } from '../src/review-queue.js';
import { agreementWithPeople, correct, type Labelled } from '../src/stats/index.js';
import { castVote } from '../src/votes.js';
import { winRates } from '../src/win-rates.js';
import { seedRun, service, type Service } from './http/seeded.js';

const NOW = '2026-11-21T12:00:00.000Z';

describe('agreement with people', () => {
  const row = (i: number, changes: Partial<Labelled>): Labelled => ({
    prompt: `p${i}`,
    person: 'win',
    judge: 'win',
    first: 0.5,
    longer: false,
    ...changes,
  });

  it('counts an order-dependent verdict as a tie, leaves failed ones out, and fills the matrix by hand', () => {
    const { n, failed, agreement, confusion } = agreementWithPeople([
      row(0, {}),
      row(1, { person: 'tie', judge: 'order-dependent' }),
      row(2, { person: 'loss', judge: 'order-dependent' }),
      row(3, { person: 'loss', judge: 'failed' }),
      row(4, { person: 'loss', judge: 'win' }),
    ]);
    expect([n, failed, agreement.value]).toEqual([4, 1, 0.5]);
    expect(confusion.loss).toEqual({ win: 1, loss: 0, tie: 0, 'order-dependent': 1, failed: 1 });
    expect(confusion.tie['order-dependent']).toBe(1);
  });

  it('a judge who takes the longer text never beats that baseline, and one who reads does', () => {
    const random = seeded(5);
    const labels = Array.from({ length: 120 }, (_, i) => {
      const person = random() < 0.5 ? ('win' as const) : ('loss' as const);
      return row(i, { person, judge: person, longer: random() < 0.6, first: random() < 0.5 ? 1 : 0 });
    });
    const reader = agreementWithPeople(labels);
    expect([reader.baselines.longer.beaten, reader.baselines.first.beaten]).toEqual([true, true]);
    const measurer = agreementWithPeople(
      labels.map((one) => ({
        ...one,
        judge: one.longer === true ? one.person : one.person === 'win' ? 'loss' : 'win',
      })),
    );
    expect(measurer.baselines.longer).toMatchObject({ gain: 0, p_value: 1, beaten: false });
  });

  it('two people on one prompt do not make two prompts', () => {
    const once = agreementWithPeople(Array.from({ length: 30 }, (_, i) => row(i, { judge: i < 20 ? 'win' : 'loss' })));
    const twice = agreementWithPeople(
      Array.from({ length: 60 }, (_, i) => row(i % 30, { judge: i % 30 < 20 ? 'win' : 'loss' })),
    );
    expect(twice.agreement.low).toBeCloseTo(once.agreement.low!, 10);
  });
});

describe('corrected win rates', () => {
  /** A judge with given sensitivity and specificity on `n` prompts, of which the first `labels` are labelled. */
  const sample = (
    n: number,
    labels: number,
    sensitivity: number,
    specificity: number,
    theta = 0.5,
    random = seeded(3),
  ) => {
    return Array.from({ length: n }, (_, i) => {
      const truth = Number(random() < theta);
      const judge = Number(random() < (truth === 1 ? sensitivity : 1 - specificity));
      return { judge, person: i < labels ? truth : null };
    });
  };

  it('hold the truth where the raw rate of a generous judge does not', () => {
    const { raw, ppi, sensitivity_specificity: rates } = correct(sample(400, 100, 0.95, 0.6));
    expect(raw.win_rate !== null && raw.low > 0.5).toBe(true);
    for (const one of [ppi, rates]) expect(one.win_rate !== null && one.low < 0.5 && one.high > 0.5).toBe(true);
  });

  it('cover 93 to 97 % where the raw rate covers next to nothing (the whole table: bench/people.ts)', () => {
    const row = peopleRow({ theta: 0.5, sensitivity: 0.9, specificity: 0.7, ties: 0, labels: 100 }, 2000);
    expect(row.raw).toBeLessThan(0.2);
    for (const share of [row.ppi, row.sensitivity_specificity!]) {
      expect(share).toBeGreaterThan(0.93);
      expect(share).toBeLessThan(0.97);
    }
  });

  it('are refused with the reason: few labels, a judge by chance, a person who says one thing, nothing left', () => {
    const reason = (prompts: Parameters<typeof correct>[0]) => correct(prompts).ppi.reason;
    expect(reason(sample(300, 19, 0.9, 0.9))).toContain('at least 20');
    expect(reason(sample(300, 20, 0.9, 0.9))).toBeNull();
    const random = seeded(9);
    const coins = Array.from({ length: 400 }, () => correct(sample(300, 60, 0.5, 0.5, 0.5, random)));
    // 97.5 % by the test's level; less three standard errors.
    expect(coins.filter(({ ppi }) => ppi.win_rate === null).length / 400).toBeGreaterThan(0.95);
    expect(reason(sample(300, 60, 0.1, 0.1))).toContain('better than chance');
    expect(reason(sample(300, 60, 0.9, 0.9, 1))).toContain('same verdict');
    expect(reason(sample(60, 60, 0.9, 0.9))).toContain('every prompt');
  });
});

describe('the votes of a run', () => {
  let s: Service;
  let run: Run;
  beforeEach(async () => {
    s = await service();
    run = await seedRun(s.store, { prompts: [60, 30] });
    return () => s.close();
  });

  /** The person says what `says` makes of what the first judge said. */
  const voteAll = async (
    reviewer: string,
    says: (winner: Winner, place: number) => 'candidate' | 'baseline' | 'tie',
  ) => {
    const rows = new Map<string, Winner>();
    for await (const j of s.store.allJudgments(run.id, { judge: 'first-judge' }))
      if (j.canary === null && j.winner !== null) rows.set(`${j.suite}/${j.prompt_id}`, j.winner);
    for (const { position, repeat, order } of await s.store.reviewItems(run.id, reviewer)) {
      const { suite, prompt_id } = (await s.store.reviewable(run.id, position, repeat))!;
      const winner = says(rows.get(`${suite}/${prompt_id}`) ?? 'tie', position);
      const verdict = winner === 'tie' ? 'tie' : (winner === 'baseline') === (order === 'baseline-first') ? 'A' : 'B';
      await castVote(s.store, run, { position, repeat, reviewer, order }, verdict, {
        at: NOW,
        via: 'file',
        change: false,
      });
    }
  };
  const queue = (strategy: 'random' | 'low-margin', n: number, reviewers: string[], overlap = 1) =>
    createQueue(s.store, run, { n, strategy, reviewers, overlap, now: NOW });

  it('outside of a random queue say nothing about the run, and correct nothing', async () => {
    await queue('low-margin', 60, ['ana']);
    await voteAll('ana', (winner) => winner);
    const { basis, warnings, judges, labels } = await calibrate(s.store, run);
    expect([basis, labels.votes, labels.random_prompts]).toEqual(['all', 60, 0]);
    expect(warnings.map(({ code }) => code)).toEqual(['NOT_RANDOM']);
    for (const { corrected } of judges) expect(corrected[0]).toMatchObject({ labels: 0, ppi: { win_rate: null } });
  });

  it('of targeted queues change no corrected win rate', async () => {
    await queue('random', 40, ['ana']);
    await voteAll('ana', (winner, place) => (place % 7 === 0 ? 'tie' : winner));
    const before = await calibrate(s.store, run);
    await queue('low-margin', 90, ['ben']);
    await voteAll('ben', () => 'baseline');
    const after = await calibrate(s.store, run);
    expect(after.labels.votes).toBe(before.labels.votes + 90);
    for (const field of ['corrected', 'agreement', 'confusion'] as const)
      expect(after.judges.map((judge) => judge[field])).toEqual(before.judges.map((judge) => judge[field]));
    expect(after.disagreements.length).toBeGreaterThan(before.disagreements.length);
  });

  it('of two people are the ceiling; judges, the jury, categories and domains each have their line', async () => {
    await queue('random', 50, ['ana', 'ben']);
    await voteAll('ana', (winner) => winner);
    await voteAll('ben', (winner, place) => (place % 5 === 0 ? 'tie' : winner));
    const { people, judges } = await calibrate(s.store, run);
    expect(people.agreement.value).toBeGreaterThan(0.7);
    expect(people.agreement.value).toBeLessThan(1);
    expect(people.pairs.map((pair) => pair.people)).toEqual([['ana', 'ben']]);
    expect(judges.map(({ judge }) => judge)).toEqual(['first-judge', 'second-judge', 'jury']);
    const [first] = judges;
    expect(first!.by.map(({ group }) => Object.values(group)[0])).toEqual(expect.arrayContaining(['even', 'odd']));
    expect(first!.corrected.map(({ group }) => group.domain)).toEqual([undefined, 'in-domain', 'out-of-domain']);
  });

  it('are told the same over HTTP', async () => {
    await queue('random', 25, ['ana']);
    await voteAll('ana', (winner) => winner);
    const answer = await s.app.inject({ url: `/api/runs/${run.id}/calibration` });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(await calibrate(s.store, run))));
    expect((await s.app.inject({ url: '/api/runs/none/calibration' })).statusCode).toBe(404);
  });

  it('measure a person against a known judge: the raw rate is what the summary shows', async () => {
    await queue('random', 30, ['ana']);
    await voteAll('ana', (winner) => winner);
    const { judges } = await calibrate(s.store, run);
    const summary = (await s.app.inject({ url: `/api/runs/${run.id}/win-rates` })).json<{
      estimates: { group: object; win_rate: number }[];
    }>();
    const jury = judges.find(({ judge }) => judge === 'jury')!;
    expect(jury.corrected[0]!.raw.win_rate).toBeCloseTo(summary.estimates[0]!.win_rate, 12);
  });

  it.each(['mean', 'majority', 'weighted'])('make the jury what its rule says: %s', async (jury) => {
    await s.store.updateRun(run.id, { config: { ...run.config, jury } });
    run = (await s.store.run(run.id))!;
    await queue('random', 40, ['ana']);
    await voteAll('ana', (winner, place) => (place % 4 === 0 ? 'tie' : winner));
    await weighJudges(s.store, run);
    run = (await s.store.run(run.id))!;
    const { win_rate } = (await winRates(s.store, run)).estimates[0]!;
    const { judges } = await calibrate(s.store, run);
    const raw = judges.find(({ judge }) => judge === 'jury')!.corrected[0]!.raw.win_rate!;
    // A labelled prompt is weighed without its own votes, which moves a weighted jury a little.
    expect(Math.abs(raw - win_rate!)).toBeLessThan(jury === 'weighted' ? 0.01 : 1e-12);
    const scores = [...(await promptScores(s.store, run)).values()];
    expect(scores.reduce((sum, { score }) => sum + score, 0) / scores.length).toBeCloseTo(win_rate!, 12);
    expect(run.identities['jury'] !== undefined).toBe(jury === 'weighted');
  });

  it('weigh a judge by what chance drew and by nothing else', async () => {
    await s.store.updateRun(run.id, { config: { ...run.config, jury: 'weighted' } });
    run = (await s.store.run(run.id))!;
    await queue('random', 30, ['ana']);
    await voteAll('ana', (winner) => winner);
    await weighJudges(s.store, run);
    const before = (await s.store.run(run.id))!;
    await queue('low-margin', 60, ['ben']);
    await voteAll('ben', () => 'baseline');
    await weighJudges(s.store, run);
    const after = (await s.store.run(run.id))!;
    const counts = agreementOf(after);
    expect(counts).toEqual(agreementOf(before));
    expect(Object.keys(counts).sort()).toEqual(['first-judge', 'second-judge']);
    expect(counts['second-judge']!.n).toBe(30);
  });

  it('without any vote there is nothing to say, and that is said', async () => {
    const { warnings, judges, people } = await calibrate(s.store, run);
    expect(warnings.map(({ code }) => code)).toEqual(['NO_LABELS']);
    expect(people.agreement).toMatchObject({ value: null });
    expect(judges[0]!.sentence).toContain('No person');
  });
});
