// What people said of comparisons, beside what judges said of the same: the votes that count are the blind ones, and
// those on what chance drew are told apart, because only they may weigh a judge or correct a win rate.
import type { AgreementCounts } from './jury-rule.js';
import type { Outcome, Run, Winner } from './records.js';
import { drawnKey } from './review-queue.js';
import type { KeptVote, LabelledRow } from './store/queues.js';
import type { Store } from './store/index.js';
import type { Label } from './summary.js';

const LABEL: Record<Winner, Label> = { candidate: 'win', baseline: 'loss', tie: 'tie' };

/** One comparison with what people and judges said of it. */
export interface Comparison {
  row: LabelledRow;
  people: { person: string; label: Label; random: boolean }[];
  judges: Map<string, LabelledRow[]>;
}

/** The comparisons of a run that people have judged, by their blind votes. */
export async function labelled(store: Store, run: Run): Promise<{ comparisons: Comparison[]; revealed: number }> {
  const [rows, votes, items] = await Promise.all([
    store.labelledRows(run.id),
    store.votes(run.id),
    store.reviewItems(run.id),
  ]);
  const drawn = new Set(items.filter(({ stratum }) => stratum === 'random').map(drawnKey));
  const { blind, revealed } = blindVotes(votes);
  return { comparisons: comparisonsOf(rows, blind, drawn), revealed };
}

/** Keeps with a run whose jury is weighted how far each judge agrees with people: what its weights are made from. */
export async function weighJudges(store: Store, run: Run): Promise<void> {
  if (run.config['jury'] !== 'weighted') return;
  const { comparisons } = await labelled(store, run);
  const counts: AgreementCounts = {};
  for (const own of agreementByPrompt(comparisons).values())
    for (const [judge, { agreed, n }] of Object.entries(own)) {
      const sum = (counts[judge] ??= { agreed: 0, n: 0 });
      sum.agreed += agreed;
      sum.n += n;
    }
  const { identities } = (await store.run(run.id)) ?? run;
  await store.updateRun(run.id, { identities: { ...identities, jury: counts } });
}

/** By prompt, on comparisons that chance drew: how often each judge said what people said. */
export function agreementByPrompt(comparisons: Comparison[]): Map<string, AgreementCounts> {
  const prompts = new Map<string, AgreementCounts>();
  for (const { row, people, judges } of comparisons) {
    const counts = prompts.get(row.prompt_hash) ?? {};
    prompts.set(row.prompt_hash, counts);
    for (const { label } of people.filter(({ random }) => random)) {
      for (const [judge, rows] of judges) {
        const outcome = outcomeOf(rows);
        if (outcome === null || outcome === 'failed') continue;
        const own = (counts[judge] ??= { agreed: 0, n: 0 });
        own.n++;
        if (label === (outcome === 'order-dependent' ? 'tie' : outcome)) own.agreed++;
      }
    }
  }
  return prompts;
}

/** The last vote of each person on each comparison that was given blind; those after a reveal are counted. */
function blindVotes(votes: KeptVote[]): { blind: Map<string, Winner>; revealed: number } {
  const blind = new Map<string, Winner>();
  const told = new Set<string>();
  let revealed = 0;
  for (const vote of votes) {
    const key = drawnKey(vote);
    if (told.has(key)) revealed++;
    else blind.set(key, vote.winner);
    if (vote.via === 'page') told.add(key);
  }
  return { blind, revealed };
}

function comparisonsOf(rows: LabelledRow[], blind: Map<string, Winner>, drawn: Set<string>): Comparison[] {
  const comparisons = new Map<string, Comparison>();
  for (const row of rows) {
    const key = JSON.stringify([row.position, row.repeat]);
    let one = comparisons.get(key);
    if (one === undefined) comparisons.set(key, (one = { row, people: [], judges: new Map() }));
    if (!row.judge.startsWith('human:')) {
      one.judges.set(row.judge, [...(one.judges.get(row.judge) ?? []), row]);
      continue;
    }
    const person = row.judge.slice('human:'.length);
    const at = drawnKey({ ...row, reviewer: person });
    const winner = blind.get(at) ?? row.winner;
    if (winner !== null) one.people.push({ person, label: LABEL[winner], random: drawn.has(at) });
  }
  return [...comparisons.values()].filter(({ people }) => people.length > 0);
}

/** Outcome of judgments of one comparison: their common winner, order-dependent where it differs, failed where one did. */
export function outcomeOf(rows: LabelledRow[]): Outcome | null {
  if (rows.length === 0) return null;
  const winners = new Set(rows.map(({ winner }) => winner));
  if (winners.has(null)) return 'failed';
  return winners.size > 1 ? 'order-dependent' : LABEL[rows[0]!.winner!];
}

/** Mean score that people gave each prompt chance drew for them. */
export function labelsByPrompt(comparisons: Comparison[]): Map<string, number> {
  const sums = new Map<string, { sum: number; n: number }>();
  for (const { row, people } of comparisons) {
    for (const { label, random } of people) {
      if (!random) continue;
      const own = sums.get(row.prompt_hash) ?? { sum: 0, n: 0 };
      sums.set(row.prompt_hash, { sum: own.sum + (label === 'win' ? 1 : label === 'tie' ? 0.5 : 0), n: own.n + 1 });
    }
  }
  return new Map([...sums].map(([prompt, { sum, n }]) => [prompt, sum / n]));
}
