// Which estimates stand in a plot or table, what they are called, and which judgments are behind them.
import type { Estimate } from '../summary.js';
import type { Filters } from './filters.js';
import { counted, headline, range } from './numbers.js';
import { DOMAINS } from '../words.js';

export const KINDS = ['domain', 'suite', 'category', 'judge'] as const;
export type Kind = (typeof KINDS)[number];

/** Estimates grouped by one thing alone, in the order they come; domains in their own. */
export function estimatesBy(estimates: readonly Estimate[], kind: Kind): Estimate[] {
  const rows = estimates.filter((e) => Object.keys(e.group).join() === kind);
  const place = (e: Estimate) => DOMAINS.findIndex((domain) => domain === e.group.domain);
  return kind === 'domain' ? rows.toSorted((a, b) => place(a) - place(b)) : rows;
}

/** The estimate over everything. */
export const overallOf = (estimates: readonly Estimate[]): Estimate | undefined =>
  estimates.find((e) => Object.keys(e.group).length === 0);

/** What a row is called. */
export const labelOf = (e: Estimate, kind: Kind): string => e.group[kind] ?? 'all prompts';

/** Filters that lead to the judgments of an estimate. */
export function filtersOf({ group }: Estimate): Filters {
  const filters: Filters = {};
  for (const kind of KINDS) {
    const value = group[kind];
    if (value !== undefined) filters[kind] = value;
  }
  return filters;
}

/** An estimate in words: "62 %, 54–70, 40 prompts", "5 of 8, 31–86, 4 prompts", or why there is none. */
export function estimateWords(e: Estimate): string {
  if (e.win_rate === null) return e.reason ?? 'no win rate';
  const interval = e.interval === null ? '' : `, ${range(e.interval.low, e.interval.high, e.n_prompts)}`;
  return `${headline(e)}${interval}, ${counted(e.n_prompts, 'prompt')}`;
}
