// What may be said of a run while it goes, and when may it stop? By domain, over prompts that are wholly judged: the
// universal-mixture e-process against one half and the confidence sequence, alpha split over the domains (Ville 1939;
// sources in sequential.ts). Valid however often one looks.
import type { Domain } from '../records.js';
import type { Look } from '../summary.js';
import type { TallyTable } from '../tally/table.js';
import { failedIn, judgedIn } from './columns.js';
import { confidenceSequence, logEValue } from './sequential.js';
import { countScores, meanOf } from './counts.js';

/** Fixed before the first look and stored with the run. */
export interface StoppingRule {
  method: 'universal-mixture';
  /** Of the whole run; each domain has its share. */
  alpha: number;
  /** Prompts of a domain before it can be decided. */
  minimum: number;
  /** By domain that is asked: half-width of the range around one half in which a difference does not matter. */
  margins: Partial<Record<Domain, number>>;
  /** Of the judges of a jury that weighs them, as they were known then. */
  weights?: Record<string, number>;
}

/**
 * One look at each domain of the rule. `due(judge)`: judgments of a prompt; prompts that lack one of a judge of the panel
 * are still under way and left out.
 */
export function looks(
  table: TallyTable,
  rule: StoppingRule,
  { panel, due }: { panel: readonly string[]; due: (judge: string) => number },
): Look[] {
  const domains = Object.keys(rule.margins) as Domain[];
  const alpha = rule.alpha / domains.length;
  const scores = scoresOf(table, panel, due);
  return domains.map((domain) => {
    const counts = countScores(scores.get(domain) ?? []);
    const { low, high } = confidenceSequence(counts, alpha);
    const look = { domain, n: counts.n, win_rate: meanOf(counts), log_e: logEValue(counts), low, high };
    return { ...look, verdict: verdictOf(look, alpha, rule.margins[domain]!, rule.minimum) };
  });
}

/** An interval for a fixed number of prompts as far as a look reaches: what is claimed after looking must hold in both. */
export const widened = <T extends { low: number; high: number }>(
  interval: T,
  { low, high }: Pick<Look, 'low' | 'high'>,
): T => ({
  ...interval,
  low: Math.min(interval.low, low),
  high: Math.max(interval.high, high),
});

function verdictOf(
  { n, win_rate, log_e, low, high }: Omit<Look, 'verdict'>,
  alpha: number,
  margin: number,
  minimum: number,
): Look['verdict'] {
  if (n < minimum || win_rate === null) return 'undecided';
  if (log_e >= -Math.log(alpha)) return win_rate > 0.5 ? 'better' : 'worse';
  return low > 0.5 - margin && high < 0.5 + margin ? 'equivalent' : 'undecided';
}

/**
 * Mean scores of prompts that every judge of the panel has wholly judged, by domain. A text that stands there more than
 * once is one prompt: counted twice it would be evidence twice.
 */
function scoresOf(table: TallyTable, panel: readonly string[], due: (judge: string) => number): Map<string, number[]> {
  const { item, prompt, prompts, domain, domains, judges, judge, start, scores } = table;
  const [judged, failed] = [judgedIn(table), failedIn(table)];
  const asked = judges.map((name) => (panel.includes(name) ? due(name) : null));
  const sums = domains.map(() => ({ sum: new Float64Array(prompts), scored: new Int32Array(prompts) }));
  for (let from = 0; from < table.rows;) {
    let [to, done, sum, scored] = [from, 0, 0, 0];
    for (; to < table.rows && item[to] === item[from]; to++) {
      const least = asked[judge[to]!]!;
      if (least === null) continue;
      if (judged[to]! + failed[to]! >= least) done++;
      for (let cell = start[to]!; cell < start[to + 1]!; cell++) {
        if (Number.isNaN(scores[cell])) continue;
        sum += scores[cell]!;
        scored++;
      }
    }
    const own = sums[domain[from]!];
    if (own !== undefined && done >= panel.length) {
      own.sum[prompt[from]!]! += sum;
      own.scored[prompt[from]!]! += scored;
    }
    from = to;
  }
  const meansOf = ({ sum, scored }: (typeof sums)[number]): number[] =>
    Array.from(scored, (n, text) => (n === 0 ? [] : [sum[text]! / n])).flat();
  return new Map(domains.map((name, d) => [name, meansOf(sums[d]!)]));
}
