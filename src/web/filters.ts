// The filters of the samples, as they stand in the address and in the question to the server. One place for both, so
// that every number on the page can be a link to the judgments behind it.

/** Filters in the order in which the address names them. */
export const FILTERS = [
  'domain',
  'suite',
  'category',
  'judge',
  'outcome',
  'repeat',
  'disagreement',
  'finding',
  'canary',
  'q',
] as const;
export type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

/** Filters of an address; what is no filter, or empty, is left out. */
export function readFilters(search: string): Filters {
  const query = new URLSearchParams(search);
  const filters: Filters = {};
  for (const name of FILTERS) {
    const value = query.get(name);
    if (value !== null && value !== '') filters[name] = value;
  }
  return filters;
}

/** `?suite=…&judge=…`, or an empty text without filters; the same filters always give the same text. */
export function writeFilters(filters: Filters): string {
  const query = new URLSearchParams();
  for (const name of FILTERS) {
    const value = filters[name];
    if (value !== undefined && value !== '') query.set(name, value);
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** Address of the samples of a run that a filter leaves. */
export const samplesPath = (runId: string, filters: Filters = {}): string =>
  `/runs/${encodeURIComponent(runId)}/samples${writeFilters(filters)}`;

/** Address of a judgment, walked to among the samples that the filters leave. */
export const judgmentPath = (id: string, filters: Filters = {}): string =>
  `/judgments/${encodeURIComponent(id)}${writeFilters(filters)}`;

/** The longest text in a row of the list, in code points. */
const EXCERPT = 400;

/**
 * Where the server lists the judgments that the filters leave. Planted cases are left out unless they are asked for:
 * they enter no win rate, and every number's link shows as many samples as the number says.
 */
export function judgmentsPath(runId: string, filters: Filters = {}): string {
  const query = writeFilters({ canary: 'false', ...filters });
  return `/api/runs/${encodeURIComponent(runId)}/judgments${query}&limit=200&excerpt=${EXCERPT}`;
}
