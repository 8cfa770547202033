// What may be said of a run while it goes on and after it was stopped because it was decided: the confidence sequence that
// stands in a warning of its summary.
import type { Domain } from '../records.js';
import type { Look, Summary, Warning } from '../summary.js';
import { range, rateOf } from './numbers.js';

/** The confidence sequence of a summary; null where the planned end was reached, or nothing is judged yet. */
export function sequenceOf(warnings: readonly Warning[]): Look[] | null {
  const warning = warnings.find(({ code, sequence }) => SAYS.includes(code) && Array.isArray(sequence));
  return warning === undefined ? null : (warning['sequence'] as Look[]);
}

const SAYS = ['NOT_FINAL', 'STOPPED_EARLY'];

/**
 * A summary with nothing in it that only holds for the planned end: no interval of a fixed number of prompts, no p value,
 * no rate at equal length.
 */
export function unfinished(summary: Summary): Summary {
  const reason = 'not told while the run is under way';
  return {
    ...summary,
    estimates: summary.estimates.map((e) => ({
      ...e,
      interval: null,
      bootstrap: null,
      bca: null,
      exact: null,
      bounds: null,
      p_value: null,
      p_adjusted: null,
      length_controlled: { reason },
    })),
  };
}

/** A summary that blames no judge for what is still due, or was not needed. */
export function withoutCoverage(summary: Summary): Summary {
  const coverage = { value: null, reason: 'judging has not reached its planned end' };
  return { ...summary, judges: summary.judges.map((health) => ({ ...health, coverage })) };
}

/**
 * "Better in-domain (94 %, 71–100); out-of-domain not decided (62 %, 34–85).": only what the confidence sequence bears out.
 */
export function saidOf(looks: readonly Look[]): string {
  if (looks.length === 0) return 'Nothing is decided.';
  if (looks.every(({ n }) => n === 0)) return 'No prompt is wholly judged yet.';
  const parts = looks.map(({ domain, verdict, win_rate, low, high, n }) => {
    const rate = win_rate === null ? '' : ` (${rateOf(win_rate, n)}, ${range(low, high, n)})`;
    return verdict === 'undecided' ? `${domain} not decided${rate}` : `${WORDS[verdict]} ${domain}${rate}`;
  });
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const WORDS = { better: 'better', worse: 'worse', equivalent: 'as good as equal' } as const;

/** Looks of one domain as they came, by prompts judged. */
export type Trail = ReadonlyMap<Domain, readonly Look[]>;

/** A trail that goes on to what is known now; one that runs backwards begins anew. */
export function goneOn(trail: Trail, looks: readonly Look[]): Trail {
  const next = new Map<Domain, readonly Look[]>();
  for (const look of looks) {
    const before = trail.get(look.domain) ?? [];
    const last = before.at(-1);
    if (last === undefined || look.n > last.n) next.set(look.domain, [...before, look]);
    else next.set(look.domain, look.n === last.n ? before : [look]);
  }
  return next;
}
