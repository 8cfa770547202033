// `stats --explain`: the formulas behind one group's row, with its numbers filled in, so that a reader can redo them.
import type { Tally } from '../records.js';
import type { Estimate } from '../summary.js';
import { rowsWhere } from '../tally/rows.js';
import { tableOf } from '../tally/table.js';
import { zOf } from './distributions.js';
import { orderColumns, wholeColumns } from './columns.js';
import { grouped, type Grouping } from './groups.js';
import { panelOf, type PanelOptions } from './panel.js';
import { effectiveOf, sampleOf, Scratch } from './sample.js';

const number = (x: number): string => String(Number(x.toPrecision(4)));
const range = ({ low, high }: { low: number; high: number }): string => `${number(low)}–${number(high)}`;

/**
 * Lines of text that derive the estimate from the tallies of the whole run: its group and the judges that make it are
 * picked here, by the options that `summarize` was given.
 */
export function explain(
  estimate: Estimate,
  tallies: Tally[],
  options: PanelOptions & {
    judges?: string[] | undefined;
    excludeOrderDependent?: boolean | undefined;
    pooled?: boolean | undefined;
  } = {},
): string[] {
  const table = tableOf(tallies);
  const judges = table.judges.filter((judge) => options.judges?.includes(judge) ?? true);
  const panel = 'judge' in estimate.group ? judges : panelOf(judges, options);
  const rows = rowsWhere(table, (row) => panel.includes(table.judges[table.judge[row]!]!));
  const grouping = Object.keys(estimate.group) as Grouping;
  const columns = grouping.includes('order')
    ? orderColumns(table, rows)
    : wholeColumns(table, rows, options.excludeOrderDependent);
  const found = grouped(columns, grouping).find(({ group }) =>
    grouping.every((field) => group[field] === estimate.group[field]),
  );
  const sample = sampleOf(columns, found?.rows ?? new Int32Array(), new Scratch(table.prompts), options.pooled);
  const name =
    grouping.length === 0 ? 'overall' : grouping.map((field) => `${field} ${estimate.group[field]}`).join(', ');
  const { wins, losses, ties, order_dependent, failed } = estimate;
  const lines = [
    `${name}: ${wins} wins, ${losses} losses, ${ties} ties, ${order_dependent} order-dependent, ${failed} failed; ` +
      `${estimate.n_judgments} judgments of ${estimate.n_comparisons} comparisons on ${estimate.n_prompts} prompts`,
  ];
  if (estimate.win_rate === null) return [...lines, `win rate: none, ${estimate.reason}`];
  lines.push('score of a comparison: win 1, tie 0.5, loss 0, mean over its orders');
  if (sample.patterns !== null) {
    const scored = sample.patterns.reduce((sum, p) => sum + p.count * p.scored, 0);
    lines.push(
      `win rate, pooled = sum of scores / scores = ${number(estimate.win_rate * scored)} / ${scored} = ${number(estimate.win_rate)}; prompts stay whole below`,
    );
  } else {
    lines.push(
      'score of a prompt: mean over its comparisons and judges',
      `prompt scores: ${sample.counts.values.map((value, k) => `${number(value)} × ${sample.counts.counts[k]}`).join(', ')}`,
      `win rate = sum of prompt scores / prompts = ${number(estimate.win_rate * sample.n)} / ${sample.n} = ${number(estimate.win_rate)}`,
    );
  }
  return [...lines, ...intervalLines(estimate, sample), ...testLines(estimate)];
}

function intervalLines(estimate: Estimate, sample: ReturnType<typeof sampleOf>): string[] {
  const lines: string[] = [];
  const { interval, bootstrap, bca, exact, bounds } = estimate;
  if (interval !== null) {
    const z = number(zOf(interval.level));
    const effective = effectiveOf(sample, interval.level)!;
    lines.push(
      `effective n: phi = s²/(m(1−m)) = ${number(effective.phi)}, shrunk (n phi + 3)/(n + 3) = ${number(effective.phi_shrunk)}, ` +
        `n_eff = ${sample.n}/${number(effective.phi_shrunk)} = ${number(effective.n_effective)}`,
    );
    if (interval.method === 'tango' && sample.verdicts !== null) {
      const { wins: W, ties: T, losses: L } = sample.verdicts;
      lines.push(
        `interval (Tango 1998), z = ${z}: all d with |W − L − n d| ≤ z √(n (2q + d(1−d))), W = ${W}, T = ${T}, L = ${L}, ` +
          `n = ${sample.n}; (1 + d)/2 runs over ${range(interval)}`,
      );
    } else {
      lines.push(
        `interval (Wilson 1927 at effective n), z = ${z}: (m + z²/2n_eff ± z √(m(1−m)/n_eff + z²/4n_eff²))/(1 + z²/n_eff) ` +
          `with m = ${number(effective.mean)} = ${range(interval)}`,
      );
    }
  }
  if (bootstrap !== null) {
    const how =
      bootstrap.resamples === 'exact'
        ? 'exact convolution'
        : `${bootstrap.resamples} resamples, seed ${bootstrap.seed}`;
    const note = bootstrap.degenerate ? '; degenerate: every prompt scores the same, it says nothing' : '';
    lines.push(`bootstrap of whole prompts (Efron 1979), percentile, ${how} = ${range(bootstrap)}${note}`);
  }
  if (bca !== null) lines.push(`BCa (Efron 1987), bias from the mid rank = ${range(bca)}`);
  if (exact !== null) lines.push(`Clopper-Pearson 1934 on W + T/2 of n = ${range(exact)}`);
  if (bounds !== null && estimate.failed > 0) {
    lines.push(`bounds if all ${estimate.failed} failed outcomes were losses, or wins = ${range(bounds)}`);
  }
  if (estimate.standard_error !== null) {
    lines.push(
      `standard error of the pooled rate ${number(estimate.win_rate_pooled!)}, rows as they are: ${number(estimate.standard_error)}`,
    );
  }
  return lines;
}

function testLines(estimate: Estimate): string[] {
  const lines: string[] = [];
  if (estimate.p_value !== null) {
    lines.push(
      `p (exact sign-flip of prompt score − 0.5: the share of sign patterns at least as far out, both sides) = ${number(estimate.p_value)}`,
    );
  }
  if (estimate.p_adjusted !== null) lines.push(`p adjusted (${estimate.adjustment}) = ${number(estimate.p_adjusted)}`);
  if (estimate.minimum_detectable_effect !== null) {
    lines.push(
      `smallest effect found with power 0.8 at n_eff = ${number(estimate.n_effective!)}: 0.5 ± ${number(estimate.minimum_detectable_effect)}`,
    );
  }
  lines.push(
    `size: ${estimate.size} (too-few below effective n 30 or at width 0.30, wide from 0.20; Parker et al. 2017)`,
  );
  const length = estimate.length_controlled;
  lines.push(
    'reason' in length
      ? `length-controlled: none, ${length.reason}`
      : `length-controlled: logit E[score] = a + b tanh(Δlength/sd), ridge 1 on b; at Δlength 0 the rate is ${number(length.win_rate)} (${range(length)}), b = ${number(length.slope)}`,
  );
  return lines;
}
