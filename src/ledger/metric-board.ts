// Checkpoints ranked by a number that another program measured: pass@k of a benchmark, a loss, a tracker's column.
import type { Metric } from '../answers.js';
import { type NameMap, renameMetrics } from '../checkpoints/index.js';
import { DoubleblindError, suggest } from '../errors.js';
import type { Store } from '../store/index.js';

export interface MetricRow extends Metric {
  /** 1 is the best; equal values share one. */
  rank: number;
}

/** Names of numbers that are better when they are smaller. */
const SMALLER_IS_BETTER = /loss|perplexity|(^|[_/])(ppl|nll|bpb|cer|wer|error|latency)([_/]|$)/i;

/**
 * Every checkpoint and step the metric was measured on, best first; measured several times, each stands by itself.
 * @throws NOT_COMPARABLE for values that were sampled differently, INVALID_VALUE for a metric that nobody measured
 */
export async function metricBoard(store: Store, metric: string, names: NameMap = new Map()): Promise<MetricRow[]> {
  const measured = [metric, ...[...names].filter(([, name]) => name === metric).map(([as]) => as)];
  const found = renameMetrics(await store.metrics({ metric: measured }), names).filter((one) => one.metric === metric);
  if (found.length === 0) throw await unknown(store, metric, names);
  const samplings = new Set(found.map(({ sampling }) => JSON.stringify(sampling)));
  if (samplings.size > 1) {
    throw new DoubleblindError(
      'NOT_COMPARABLE',
      `"${metric}" was sampled in ${samplings.size} ways: ${[...samplings].join(', ')}.`,
      {
        hint: 'Import the measurements of one sampling, or name them apart.',
      },
    );
  }
  const sign = SMALLER_IS_BETTER.test(metric) ? 1 : -1;
  found.sort((a, b) => sign * (a.value - b.value) || (a.checkpoint < b.checkpoint ? -1 : 1));
  return found.map((one) => ({ rank: found.findIndex(({ value }) => value === one.value) + 1, ...one }));
}

async function unknown(store: Store, metric: string, names: NameMap): Promise<DoubleblindError> {
  const known = (await store.metricNames()).map((one) => names.get(one.metric) ?? one.metric);
  const near = suggest(metric, known);
  const hint =
    known.length === 0
      ? 'Read some with `doubleblind ledger import`.'
      : near === null
        ? `Known are ${[...new Set(known)].slice(0, 12).join(', ')}.`
        : `Did you mean "${near}"?`;
  return new DoubleblindError('INVALID_VALUE', `nothing was measured as "${metric}".`, { hint });
}
