// Which comparisons are people to judge, and who judges which? A queue is drawn by chance, or where judges disagree,
// change with the order or are nearly even. Only what chance drew may correct a win rate, so that stratum stays apart;
// it is met in the order of the draw, so that a queue that is half done is still a sample.
import { randomBytes } from 'node:crypto';
import { DoubleblindError } from './errors.js';
import { ORDERS, type Run, type Tally } from './records.js';
import { drawAt } from './random.js';
import type { ReviewablePlace, ReviewItem } from './store/queues.js';
import type { Store } from './store/index.js';
import { panelOf } from './stats/index.js';
import { judgesOf } from './judges.js';

export type Strategy = 'random' | 'disagreement' | 'order-dependent' | 'low-margin';

/** What a person may be called in a review; the vowels of many scripts are marks. */
export const REVIEWER = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@-]{0,63}$/u;

export interface QueueOptions {
  /** Comparisons; of a random queue the size it is to have in all. */
  n: number;
  strategy: Strategy;
  reviewers: readonly string[];
  /** Share of the comparisons that every reviewer judges. */
  overlap: number;
  now: string;
}

export interface CreatedQueue {
  run: string;
  strategy: Strategy;
  /** Comparisons in the queue of this strategy, and how many of them several people judge. */
  comparisons: number;
  shared: number;
  /** Comparisons that the strategy could have taken. */
  eligible: number;
  reviewers: { reviewer: string; items: number }[];
}

/**
 * Adds comparisons to the review queues of a run. Asked again with the same words nothing changes; a random queue made
 * larger keeps what it has. A and B are drawn by chance for each person.
 * @throws USAGE without reviewers, or where the strategy finds nothing
 */
export async function createQueue(store: Store, run: Run, options: QueueOptions): Promise<CreatedQueue> {
  const { n, strategy, overlap, now } = options;
  const reviewers = [...new Set(options.reviewers.map((name) => name.trim()))];
  const wrong = reviewers.find((name) => !REVIEWER.test(name));
  if (reviewers.length === 0 || wrong !== undefined) {
    throw new DoubleblindError('USAGE', wrong === undefined ? 'no reviewer is named.' : `"${wrong}" is no name.`, {
      hint: 'Name people by letters, digits, blanks and . _ @ -: --reviewers ana,ben.',
    });
  }
  const eligible = await eligibleFor(store, run, strategy);
  if (eligible.length === 0) {
    throw new DoubleblindError('USAGE', `strategy "${strategy}" finds no comparison in run ${run.id}.`, {
      hint: strategy === 'random' ? 'It has no responses to show.' : 'Use --strategy random.',
    });
  }
  const taken = eligible.slice(0, n);
  const items: ReviewItem[] = [];
  let shared = 0;
  taken.forEach(({ position, repeat }, place) => {
    const all = reviewers.length > 1 && Math.floor((place + 1) * overlap + 1e-9) > Math.floor(place * overlap + 1e-9);
    if (all) shared++;
    for (const reviewer of all ? reviewers : [reviewers[place % reviewers.length]!]) {
      // 128 bits that nobody can guess, and a coin that no seed gives away.
      const [token, coin] = [randomBytes(16).toString('hex'), randomBytes(1)[0]! % 2];
      const order = ORDERS[coin]!;
      items.push({
        run_id: run.id,
        position,
        repeat,
        reviewer,
        stratum: strategy,
        place,
        order,
        token,
        created_at: now,
      });
    }
  });
  await store.addReviewItems(items);
  return {
    run: run.id,
    strategy,
    comparisons: taken.length,
    shared,
    eligible: eligible.length,
    reviewers: reviewers.map((reviewer) => ({
      reviewer,
      items: items.filter((item) => item.reviewer === reviewer).length,
    })),
  };
}

/** Comparisons a strategy may take, the first to be taken first. */
async function eligibleFor(store: Store, run: Run, strategy: Strategy): Promise<ReviewablePlace[]> {
  const places = await store.reviewablePlaces(run.id);
  const drawn = places
    .map((place) => ({ place, draw: drawAt('review', run.id, place.prompt_hash, place.suite, place.repeat) }))
    .sort((a, b) => a.draw - b.draw);
  // One comparison of each prompt text: the prompt is what win rates are a mean over.
  if (strategy === 'random') return firstOfEach(drawn.map(({ place }) => place));
  const rank = ranking(strategy, run, await store.tallies(run.id));
  return drawn
    .map(({ place }) => ({ place, rank: rank(place) }))
    .filter((one): one is { place: ReviewablePlace; rank: number } => one.rank !== null)
    .sort((a, b) => b.rank - a.rank)
    .map(({ place }) => place);
}

function firstOfEach(places: ReviewablePlace[]): ReviewablePlace[] {
  const seen = new Map<string, ReviewablePlace>();
  for (const place of places) if (!seen.has(place.prompt_hash)) seen.set(place.prompt_hash, place);
  return [...seen.values()];
}

/** How much a comparison is what the strategy looks for; null where it is not. */
function ranking(strategy: Strategy, run: Run, tallies: Tally[]): (place: ReviewablePlace) => number | null {
  const judges = [...new Set(tallies.map(({ judge }) => judge))].filter((judge) => !judge.startsWith('human:'));
  const panel = new Set(panelOf(judges, judgesOf(run)));
  const byPrompt = new Map<string, Tally[]>();
  const keyOf = (one: { suite: string; prompt_id: string }) => JSON.stringify([one.suite, one.prompt_id]);
  for (const tally of tallies) {
    const wanted = strategy === 'disagreement' ? !tally.judge.startsWith('human:') : panel.has(tally.judge);
    if (!wanted) continue;
    const own = byPrompt.get(keyOf(tally));
    if (own === undefined) byPrompt.set(keyOf(tally), [tally]);
    else own.push(tally);
  }
  return (place) => {
    const own = byPrompt.get(keyOf(place)) ?? [];
    const scores = own.flatMap(({ scores }) => scores[place.repeat] ?? []);
    if (strategy === 'order-dependent') {
      const n = own.filter(({ outcomes }) => outcomes[place.repeat] === 'o').length;
      return n === 0 ? null : n;
    }
    if (scores.length === 0) return null;
    if (strategy === 'disagreement') {
      const spread = Math.max(...scores) - Math.min(...scores);
      return spread === 0 ? null : spread;
    }
    return -Math.abs(scores.reduce((sum, score) => sum + score, 0) / scores.length - 0.5);
  };
}

/** How far each person is, by stratum. */
export interface QueueState {
  run: string;
  reviewers: {
    reviewer: string;
    done: number;
    total: number;
    strata: Record<string, { done: number; total: number }>;
  }[];
}

export async function queueState(store: Store, run: Run): Promise<QueueState> {
  const reviewers: QueueState['reviewers'] = [];
  for (const { reviewer, stratum, done } of await store.reviewItems(run.id)) {
    let own = reviewers.at(-1);
    if (own?.reviewer !== reviewer) reviewers.push((own = { reviewer, done: 0, total: 0, strata: {} }));
    const part = (own.strata[stratum] ??= { done: 0, total: 0 });
    for (const counts of [own, part]) {
      counts.total++;
      if (done) counts.done++;
    }
  }
  return { run: run.id, reviewers };
}

/** Key of the random stratum: which comparisons a person was given by chance. */
export const drawnKey = (one: { position: number; repeat: number; reviewer: string }): string =>
  JSON.stringify([one.position, one.repeat, one.reviewer]);
