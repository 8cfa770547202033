// What a report tells besides the numbers: samples to read, money, hashes, and how often this candidate was tried.
import { createHash } from 'node:crypto';
import type { SweepCurve } from '../answers.js';
import { calibrate } from '../calibration.js';
import { judgedLines } from '../export.js';
import { sweepCurve } from '../ledger/curve.js';
import type { Domain, Judgment, Run, Spent } from '../records.js';
import type { Store } from '../store/index.js';
import type { Cost } from '../answers.js';
import type { Calibration, Summary } from '../summary.js';

/** One comparison with every judgment of it: all judges and orders, no canary, no retest. */
export interface Sample {
  suite: string;
  category: string | null;
  prompt_id: string;
  repeat: number;
  prompt: string | null;
  baseline_response: string | null;
  candidate_response: string | null;
  judgments: Judgment[];
}

export interface Facts {
  run: Run;
  summary: Summary;
  spent: Spent;
  costs: readonly Cost[];
  suites: { name: string; domain: Domain | null; prompts: number }[];
  /** SHA-256 (hex) of the bytes of `judged.jsonl`. */
  judged_sha256: string;
  /** Of the sweep the run belongs to. */
  curve: SweepCurve | null;
  /** Null where no person has judged. */
  calibration: Calibration | null;
  order_dependent: Sample[];
  disagreeing: Sample[];
  /** Runs of this candidate in the database, this one included; by suite those of our own that asked it. */
  history: { runs: number; by_suite: { suite: string; runs: number }[] };
}

/** Comparisons of each kind that are shown. */
const SAMPLES = 8;
const HISTORY_PAGE = 500;

export async function factsOf(store: Store, run: Run, summary: Summary, judged_sha256?: string): Promise<Facts> {
  const suites = (await store.suites(run.id)).map(({ name, domain, prompts }) => ({
    name,
    domain: domain as Domain | null,
    prompts: prompts.length,
  }));
  return {
    run,
    summary,
    suites,
    spent: await store.spent(run.id),
    costs: await store.costs(run.id),
    judged_sha256: judged_sha256 ?? (await judgedHash(store, run)),
    curve: run.sweep === null ? null : await sweepCurve(store, run.sweep),
    calibration: summary.judges.some(({ judge }) => judge.startsWith('human:')) ? await calibrate(store, run) : null,
    order_dependent: await samplesOf(store, run, { outcome: 'order-dependent' }),
    disagreeing: await samplesOf(store, run, { disagreement: true }),
    history: await historyOf(
      store,
      run,
      suites.map((suite) => suite.name),
    ),
  };
}

/** SHA-256 (hex) of the judged file of a run, from the store that the file is written from. */
export async function judgedHash(store: Store, run: Pick<Run, 'id'>): Promise<string> {
  const hash = createHash('sha256');
  for await (const line of judgedLines(store, run.id)) hash.update(line);
  return hash.digest('hex');
}

async function samplesOf(
  store: Store,
  run: Run,
  filter: { outcome?: 'order-dependent'; disagreement?: true },
): Promise<Sample[]> {
  // Rows of one comparison stand together, at most two orders a judge.
  const judges = (run.config['judges'] as unknown[] | undefined)?.length ?? 4;
  const { items } = await store.judgments(run.id, { ...filter, canary: false }, { limit: SAMPLES * 2 * judges });
  const found = new Map<string, Judgment>();
  for (const one of items) found.set(JSON.stringify([one.suite, one.prompt_id, one.repeat]), one);
  return Promise.all([...found.values()].slice(0, SAMPLES).map((one) => sampleOf(store, run, one)));
}

async function sampleOf(store: Store, run: Run, one: Judgment): Promise<Sample> {
  const placed = await store.prompt(run.id, one.suite, one.prompt_id);
  const all = placed === null ? [one] : await store.judgmentsOf(run.id, placed.position, one.repeat);
  const { suite, category, prompt_id, repeat, prompt, baseline_response, candidate_response } = one;
  const judgments = all.filter((judgment) => judgment.canary === null && judgment.replicate === 0);
  return { suite, category, prompt_id, repeat, prompt, baseline_response, candidate_response, judgments };
}

async function historyOf(store: Store, { candidate }: Run, suites: string[]): Promise<Facts['history']> {
  const asked = new Map(suites.map((suite) => [suite, 0]));
  let runs = 0;
  let cursor: string | undefined;
  do {
    const page = await store.runs({ candidate }, HISTORY_PAGE, cursor);
    for (const { config } of page.items) {
      runs++;
      for (const { name } of (config['suites'] ?? []) as { name: string }[]) {
        const n = asked.get(name);
        if (n !== undefined) asked.set(name, n + 1);
      }
    }
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return { runs, by_suite: [...asked].map(([suite, n]) => ({ suite, runs: n })) };
}
