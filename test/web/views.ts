// Runs that have everything a run's page can show: votes of people, scores by criterion, repeats, a sweep over training
// steps, one that goes on and one that stopped because it was decided.
import type { Run, Winner } from '../../src/records.js';
import { drawAt } from '../../src/random.js';
import { createQueue } from '../../src/review-queue.js';
import { openStopping } from '../../src/stopping.js';
import type { Store } from '../../src/store/index.js';
import { castVote } from '../../src/votes.js';
import { configOf } from '../../src/configuration.js';
import { type SeededRun, seedRun, suiteOf } from './seed.js';

export const VIEWS = {
  whole: '20261121_101000',
  plain: '20261121_100000',
  steps: ['20261121_111000', '20261121_112000', '20261121_113000'],
  live: '20261121_121000',
  stopped: '20261121_131000',
} as const;

const AT = '2026-11-21T12:00:00.000Z';
const RULE = {
  method: 'universal-mixture',
  alpha: 0.05,
  minimum: 10,
  margins: { 'in-domain': 0.1, 'out-of-domain': 0.1 },
};

const SMALL = [suiteOf('in-domain', 'in-domain', 36), suiteOf('out-of-domain', 'out-of-domain', 40)];

/** A run that goes on: both domains are judged up to the prompt p026. */
export const LIVE: SeededRun = {
  id: VIEWS.live,
  status: 'running',
  suites: SMALL,
  strength: { 'in-domain': 0.95, 'out-of-domain': 0.5 },
  judges: ['opus'],
  candidate: 'brie-live',
  run: { decision_rule: { level: 0.95, stopping: RULE } },
};

export async function seedViews(store: Store): Promise<void> {
  const suites = [suiteOf('in-domain', 'in-domain', 40), suiteOf('out-of-domain', 'out-of-domain', 60)];
  const strength = { 'in-domain': 0.75, 'out-of-domain': 0.45 };
  const judges = ['opus', 'gpt-4o', 'sonnet'];
  const certified = {
    opus: [
      {
        ...{ group: 'certified: all', value: 0.84, low: 0.78, high: 0.89, n: 160 },
        certification: {
          run: VIEWS.plain,
          consistency: { value: 0.9, low: 0.8, high: 0.95, n: 160 },
          cost_per_correct_usd: 0.012,
        },
      },
      { group: 'certified: coding', value: 0.79, low: 0.66, high: 0.88, n: 52 },
    ],
  };
  const whole = await seedRun(store, {
    id: VIEWS.whole,
    suites,
    strength,
    judges,
    repeats: 2,
    scored: true,
    run: { identities: { certified } },
  });
  await store.updateRun(whole.id, { config: { ...whole.config, jury: 'majority' } });
  await seedVotes(store, (await store.run(whole.id))!);
  await seedRun(store, {
    id: VIEWS.plain,
    suites,
    strength,
    judges: ['opus'],
    candidate: 'brie-v2-0.5b-checkpoint-100',
  });
  await seedSweep(store);
  await seedRun(store, { ...LIVE, leftOut: ({ id }) => id > 'p026' });
  await seedStopped(store);
}

async function seedStopped(store: Store): Promise<void> {
  const rule = { level: 0.95, stopping: RULE };
  const run = await seedRun(store, {
    id: VIEWS.stopped,
    status: 'stopped',
    suites: SMALL,
    leftOut: ({ id }) => id > 'p026',
    strength: { 'in-domain': 0.95, 'out-of-domain': 0.05 },
    judges: ['opus'],
    candidate: 'brie-decided',
    run: { decision_rule: rule, reason: 'decided after 52 of 76 prompts: in-domain better, out-of-domain worse' },
  });
  const stopping = openStopping(store, run, configOf(run, await store.suites(run.id)), undefined);
  await stopping.decided();
  await store.updateRun(run.id, { decision_rule: { ...rule, decided: { at: AT, looks: stopping.looks } } });
}

/** Two people on prompts drawn by chance: one mostly agrees with the first judge, the other less. */
async function seedVotes(store: Store, run: Run): Promise<void> {
  await createQueue(store, run, { n: 60, strategy: 'random', reviewers: ['ana', 'ben'], overlap: 0.4, now: AT });
  const said = new Map<string, Winner>();
  for await (const j of store.allJudgments(run.id, { judge: 'opus' }))
    if (j.winner !== null) said.set(JSON.stringify([j.suite, j.prompt_id, j.repeat]), j.winner);
  for (const reviewer of ['ana', 'ben'])
    for (const { position, repeat, order } of await store.reviewItems(run.id, reviewer)) {
      const { suite, prompt_id } = (await store.reviewable(run.id, position, repeat))!;
      const same = drawAt(3, reviewer, suite, prompt_id) < (reviewer === 'ana' ? 0.9 : 0.75);
      const judged = said.get(JSON.stringify([suite, prompt_id, repeat])) ?? 'tie';
      const winner = same ? judged : judged === 'candidate' ? 'baseline' : 'candidate';
      const verdict = winner === 'tie' ? 'tie' : (winner === 'baseline') === (order === 'baseline-first') ? 'A' : 'B';
      await castVote(store, run, { position, repeat, reviewer, order }, verdict, {
        at: AT,
        via: 'page',
        change: false,
      });
    }
}

async function seedSweep(store: Store): Promise<void> {
  const suites = [suiteOf('in-domain', 'in-domain', 40), suiteOf('out-of-domain', 'out-of-domain', 60)];
  const losses = Array.from({ length: 30 }, (_, i) => ({
    step: (i + 1) * 10,
    epoch: ((i + 1) * 10) / 150,
    loss: 1.1 + 1.6 * Math.exp(-i / 8) + 0.05 * Math.sin(i * 2),
    eval_loss: i % 5 === 4 ? 1.3 + 1.3 * Math.exp(-i / 7) + (i > 20 ? 0.05 * (i - 20) : 0) : null,
  }));
  const rates = [
    [0.45, 0.5],
    [0.7, 0.47],
    [0.78, 0.36],
  ] as const;
  for (const [k, step] of [100, 200, 290].entries()) {
    const candidate = `brie-v2-0.5b-checkpoint-${step}`;
    await seedRun(store, {
      id: VIEWS.steps[k]!,
      suites,
      candidate: k === 2 ? 'brie-v2-0.5b-step-290' : candidate,
      judges: ['opus', 'gpt-4o'],
      strength: { 'in-domain': rates[k]![0], 'out-of-domain': rates[k]![1] },
      purpose: 'hyperparameter_tuning',
      run: { sweep: 'sweep-1', identities: { candidate: { step, epoch: step / 150, losses } } },
    });
    await store.keepMetrics(
      [
        ['gsm8k pass@1', 0.21 + 0.05 * k],
        ['mmlu', 0.48 - 0.01 * k],
      ].map(([metric, value]) => ({
        checkpoint: k === 2 ? 'brie-v2-0.5b-step-290' : candidate,
        step,
        metric: metric as string,
        value: value as number,
        source: 'metrics.csv',
        n: 1,
        sampling: null,
      })),
      AT,
    );
  }
}
