// What did answers of the same models take before? Averages of earlier runs in the store, for estimates of new ones.
import type { RunConfig } from '../config.js';
import type { Store } from '../store/index.js';

interface Average {
  input_tokens: number;
  output_tokens: number;
  latency_ms: number | null;
}

/** Averages by what is asked: a judge is a model with its judge prompt, a checkpoint a model. */
export type Earlier = (kind: 'judge' | 'checkpoint', model: string, template: string | null) => Average | null;

/** The newest runs that are looked at: older prompts and models say less. */
const RUNS = 40;

export async function earlierAverages(store: Store): Promise<Earlier> {
  const sums = new Map<string, { records: number; input: number; output: number; latency: number; timed: number }>();
  const keyOf = (kind: string, model: string, template: string | null) => JSON.stringify([kind, model, template]);
  for (const run of (await store.runs({}, RUNS)).items) {
    const { judges = [], baseline, candidate } = run.config as Partial<RunConfig>;
    for (const cost of await store.costs(run.id)) {
      const judge = cost.kind === 'judge' ? judges.find(({ name }) => name === cost.name) : undefined;
      const asked = cost.kind === 'judge' ? judge : [baseline, candidate].find((one) => one?.name === cost.name);
      if (asked?.model === undefined || !cost.input_tokens || !cost.output_tokens) continue;
      const key = keyOf(cost.kind, asked.model, judge?.template ?? null);
      const sum = sums.get(key) ?? { records: 0, input: 0, output: 0, latency: 0, timed: 0 };
      sum.records += cost.records;
      sum.input += cost.input_tokens;
      sum.output += cost.output_tokens;
      // Those for which nobody was called took no time.
      if (cost.latency_ms !== null) {
        sum.latency += cost.latency_ms * cost.calls;
        sum.timed += cost.calls;
      }
      sums.set(key, sum);
    }
  }
  return (kind, model, template) => {
    const sum = sums.get(keyOf(kind, model, template));
    if (sum === undefined) return null;
    const { records, input, output, latency, timed } = sum;
    return {
      input_tokens: input / records,
      output_tokens: output / records,
      latency_ms: latency > 0 ? latency / timed : null,
    };
  };
}
