// Candidates ranked, where ranking means something: runs of the same suites, judges and template make one board. Against
// one baseline the win rate ranks; where candidates met each other, Bradley-Terry does.
import type { Board, Early, Leaderboard, LeaderboardRow } from '../answers.js';
import { CERTIFICATION } from '../certified.js';
import { isTestName } from '../checkpoints/training.js';
import { DoubleblindError, suggest } from '../errors.js';
import { DOMAINS, ROLES, type Role, type Run } from '../records.js';
import { adjust, bootstrapBradleyTerry, bradleyTerry, pairings, signFlip } from '../stats/index.js';
import { earlyOf, endedDecided } from '../stopping.js';
import type { Store } from '../store/index.js';
import type { Estimate, Rate } from '../summary.js';
import { offlineJudges } from '../judges.js';
import { concluded } from '../win-rates.js';
import { type Basis, basisOf, keyOf, mattersOf } from './basis.js';
import { promptScores, type PromptScores } from './scores.js';

export interface LeaderboardQuery {
  suite?: string | undefined;
  domain?: string | undefined;
  purpose?: string | undefined;
  tag?: string | undefined;
  /** Unfinished and test runs too. */
  all?: boolean | undefined;
  /** These runs and no others; they must be comparable. */
  runs?: readonly Run[] | undefined;
}

interface Entry {
  run: Run;
  /** Names of the checkpoints, with a digest where one name meant several. */
  names: Record<Role, string>;
  basis: Basis;
  estimate: Estimate;
  runs: number;
  scores: PromptScores;
  early: Early | null;
}

/**
 * Every finished run in its board, best first; one that stopped because it was decided is finished and marked.
 * @throws NOT_COMPARABLE when runs are named that no board holds together, INVALID_VALUE for a domain that is none and
 * for a suite that no run has
 */
export async function leaderboard(store: Store, query: LeaderboardQuery = {}): Promise<Leaderboard> {
  if (query.domain !== undefined) refuseUnless(query.domain, DOMAINS, 'there is no domain');
  const left_out: Leaderboard['left_out'] = [];
  const entries: Entry[] = [];
  const configurations = new Map<string, Entry>();
  for await (const run of runsOf(store, query)) {
    const why = query.all === true || query.runs !== undefined ? null : unfit(run);
    const newer = configurations.get(run.configuration);
    if (newer !== undefined && query.runs === undefined) newer.runs++;
    else if (why !== null) left_out.push({ run_id: run.id, why });
    else {
      const entry = await entryOf(store, run, query);
      if (typeof entry === 'string') left_out.push({ run_id: run.id, why: entry });
      else {
        entries.push(entry);
        configurations.set(run.configuration, entry);
      }
    }
  }
  if (entries.length === 0 && query.suite !== undefined)
    refuseUnless(query.suite, await suitesOf(store, query), 'no run has a suite named');
  nameCheckpoints(entries);
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) groups.set(keyOf(entry.basis), [...(groups.get(keyOf(entry.basis)) ?? []), entry]);
  const boards = [...groups.values()].flatMap(connected).sort((a, b) => b.length - a.length);
  if (query.runs !== undefined && boards.length > 1) throw refusal(boards);
  const first = boards[0]?.[0];
  const made = boards.map((own, i) => boardOf(own, i + 1, first === undefined ? [] : apart(first, own[0]!)));
  return {
    items: made.flatMap(({ rows }) => rows),
    next_cursor: null,
    boards: made.map(({ board }) => board),
    left_out,
  };
}

async function* runsOf(store: Store, { runs, purpose, tag }: LeaderboardQuery): AsyncIterable<Run> {
  if (runs !== undefined) return yield* runs;
  for (let cursor: string | undefined, more = true; more;) {
    const page = await store.runs({ purpose, tag }, 1000, cursor);
    yield* page.items;
    more = page.next_cursor !== null;
    cursor = page.next_cursor ?? undefined;
  }
}

/** Names of the suites of all runs, whether they are ranked or not. */
async function suitesOf(store: Store, query: LeaderboardQuery): Promise<string[]> {
  const names = new Set<string>();
  for await (const run of runsOf(store, query)) for (const { name } of await store.suites(run.id)) names.add(name);
  return [...names].sort();
}

function refuseUnless(word: string, known: readonly string[], none: string): void {
  if (known.includes(word)) return;
  const near = suggest(word, known);
  const hint = near !== null ? `Did you mean "${near}"?` : known.length > 0 ? `Known: ${known.join(', ')}.` : undefined;
  throw new DoubleblindError('INVALID_VALUE', `${none} "${word}".`, { hint });
}

function unfit(run: Run): string | null {
  if (run.purpose === CERTIFICATION) return 'certifies judges; it compares no checkpoints';
  if (run.status !== 'done' && !endedDecided(run)) return `not finished (${run.status})`;
  return [run.name, run.candidate].some(isTestName) ? 'a test by its name' : null;
}

async function entryOf(store: Store, run: Run, { suite, domain }: LeaderboardQuery): Promise<Entry | string> {
  const { summary } = await concluded(store, run);
  const { estimates } = summary;
  const wanted = JSON.stringify(suite === undefined ? (domain === undefined ? {} : { domain }) : { suite });
  const estimate = estimates.find(({ group }) => JSON.stringify(group) === wanted);
  if (estimate === undefined) return `has no prompts of ${suite ?? domain ?? 'any suite'}`;
  if (estimate.win_rate === null) return estimate.reason ?? 'has no win rate';
  const filter = { suite, domain };
  const [basis, scores] = await Promise.all([basisOf(store, run, filter), promptScores(store, run, filter)]);
  const names = { baseline: run.baseline, candidate: run.candidate };
  return { run, names, basis, estimate, runs: 1, scores, early: earlyOf(summary, domain) };
}

/** A name that meant different weights is told apart by their digests, so that they are never ranked as one. */
function nameCheckpoints(entries: Entry[]): void {
  const digestOf = ({ run }: Entry, role: Role) =>
    (run.identities[role] as { digest?: string | null } | undefined)?.digest ?? null;
  const digests = new Map<string, Set<string>>();
  const each = entries.flatMap((entry) => ROLES.map((role) => ({ entry, role, digest: digestOf(entry, role) })));
  for (const { entry, role, digest } of each) {
    if (digest !== null) digests.set(entry.run[role], (digests.get(entry.run[role]) ?? new Set()).add(digest));
  }
  for (const { entry, role, digest } of each) {
    const name = entry.run[role];
    if ((digests.get(name)?.size ?? 0) > 1) entry.names[role] = `${name}@${digest?.slice(0, 8) ?? 'unknown'}`;
  }
}

/** Entries whose checkpoints met, directly or through others: only these have a common scale. */
function connected(entries: Entry[]): Entry[][] {
  const { components } = bradleyTerry(pairings(entries.flatMap(metOf)));
  return components
    .map((names) => entries.filter((entry) => names.includes(entry.names.candidate)))
    .filter((g) => g.length > 0);
}

function metOf({ names, scores }: Entry): { a: string; b: string; score: number; prompt: string }[] {
  return [...scores.values()].map(({ score, prompt_hash }) => ({
    a: names.candidate,
    b: names.baseline,
    score,
    prompt: prompt_hash,
  }));
}

/** What keeps two entries from one board, in sentences. */
function apart(first: Entry, other: Entry): string[] {
  return mattersOf([first.basis, other.basis])
    .filter(({ same }) => same === false)
    .map(({ message }) => message);
}

function refusal(boards: Entry[][]): DoubleblindError {
  const [first, ...others] = boards;
  const why = others.flatMap((board) => apart(first![0]!, board[0]!));
  return new DoubleblindError(
    'NOT_COMPARABLE',
    `these runs cannot be ranked together. ${[...new Set(why)].join('. ')}.`,
    {
      hint: 'Rank those with the same suites, judges and template; `doubleblind compare` shows the rest side by side.',
    },
  );
}

function boardOf(entries: Entry[], board: number, why: string[]): { board: Board; rows: LeaderboardRow[] } {
  const baselines = [...new Set(entries.map(({ names }) => names.baseline))].sort();
  const strengths = baselines.length > 1 ? strengthsOf(entries) : null;
  const by = baselines.length === 1 ? 'win rate' : strengths === null ? 'nothing' : 'Bradley-Terry';
  const worth = ({ names, estimate }: Entry): number =>
    strengths?.get(names.candidate)?.log_strength ?? estimate.win_rate!;
  const sorted = [...entries].sort((a, b) => worth(b) - worth(a) || (a.run.id < b.run.id ? 1 : -1));
  const p = againstFirst(sorted);
  const { judges, templates, suites } = entries[0]!.basis;
  const unranked =
    'a checkpoint won or lost every comparison, so no finite strengths exist; more comparisons settle it';
  return {
    board: {
      board,
      by,
      suites: Object.keys(suites).sort(),
      judges: Object.keys(judges).sort(),
      offline_judges: [...new Set(entries.flatMap(({ run }) => offlineJudges(run)))].filter((j) => j in judges).sort(),
      templates,
      baselines,
      why: by === 'nothing' ? [...why, unranked] : why,
    },
    rows: sorted.map(({ run, names, estimate, runs, early }, i) => ({
      board,
      rank: by === 'nothing' ? null : sorted.findIndex((other) => worth(other) === worth(sorted[i]!)) + 1,
      checkpoint: names.candidate,
      baseline: names.baseline,
      run_id: run.id,
      runs,
      purpose: run.purpose,
      win_rate: rateOf(estimate),
      interval: estimate.interval,
      n_prompts: estimate.n_prompts,
      strength: strengths?.get(names.candidate) ?? null,
      p_against_first: p[i]!,
      early,
    })),
  };
}

function rateOf({ win_rate, interval, n_prompts }: Estimate): Rate {
  return { value: win_rate, n: n_prompts, ...(interval !== null && { low: interval.low, high: interval.high }) };
}

function strengthsOf(entries: Entry[]): Map<string, NonNullable<LeaderboardRow['strength']>> | null {
  const fitted = bootstrapBradleyTerry(entries.flatMap(metOf));
  if (fitted === null) return null;
  return new Map(fitted.items.map(({ name, best: _, ...strength }) => [name, strength]));
}

/** Only rows against the same baseline can be paired prompt by prompt. */
function againstFirst(sorted: Entry[]): (number | null)[] {
  const [first] = sorted;
  const raw = sorted.map((entry) => {
    if (entry === first || entry.names.baseline !== first!.names.baseline) return null;
    const differences = [...entry.scores.values()].flatMap(({ prompt_hash, score }) => {
      const best = first!.scores.get(prompt_hash);
      return best === undefined ? [] : [best.score - score];
    });
    return differences.length === 0 ? null : signFlip(differences);
  });
  const adjusted = adjust(
    raw.filter((p) => p !== null),
    'holm',
  );
  let next = 0;
  return raw.map((p) => (p === null ? null : adjusted[next++]!));
}
