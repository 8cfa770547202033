// Suites × comparisons × judges × orders: what a run asks for, as a pure function of its configuration. Nothing is
// held but the order of prompts; units are made when their prompt's turn comes, so a plan of any size stays small.
import type { RunConfig } from './config.js';
import type { Judge } from './run-file.js';
import { ordersOf } from './judging/order.js';
import { fits } from './models/extraction.js';
import { drawAt, permutation, seeded } from './random.js';
import {
  CANARIES,
  type Canary,
  type Domain,
  type Due,
  type Order,
  type Planned,
  type Prompt,
  type Role,
  ROLES,
  type Run,
} from './records.js';

/** One judgment to be made. */
export interface Unit {
  suite: string;
  domain: Domain;
  category: string | null;
  prompt_id: string;
  repeat: number;
  judge: string;
  order: Order;
  replicate: number;
  canary: Canary | null;
}

/** A prompt with its place among all prompts of the run. */
export interface PlannedPrompt {
  suite: string;
  domain: Domain;
  position: number;
  prompt: Prompt;
}

export interface Plan {
  /** Positions of the prompts that are due, in the seeded random order in which work goes out. */
  order: Uint32Array;
  at(position: number): PlannedPrompt;
  /** Judgments of one prompt: all repeats, judges and orders together, then retests and canaries. */
  units(position: number): Unit[];
  size: Planned;
  /** Judgments by stratum, canaries and retests left out. */
  due(): Due[];
}

/** Responses that are due of a plan, or of some roles alone. */
export function responsesDue({ size }: Pick<Plan, 'size'>, roles: readonly Role[] = ROLES): number {
  return (size.responses * roles.length) / ROLES.length;
}

/** The limit a run was last carried out with: what is due of it. */
export function limitOf(run: Pick<Run, 'decision_rule'>): number | undefined {
  return (run.decision_rule['limit'] as number | null | undefined) ?? undefined;
}

/**
 * The plan of a run.
 * @param limit at most this many prompts of each suite, the first in the seeded order, so that a limited run is the
 * beginning of the whole one.
 */
export function planOf(config: RunConfig, limit?: number): Plan {
  const { seed, suites } = config;
  const starts: number[] = [];
  let total = 0;
  for (const suite of suites) {
    starts.push(total);
    total += suite.prompts.length;
  }
  const suiteIndexOf = (position: number): number => {
    let i = starts.length - 1;
    while (starts[i]! > position) i--;
    return i;
  };
  const at = (position: number): PlannedPrompt => {
    const i = suiteIndexOf(position);
    const suite = suites[i]!;
    return { suite: suite.name, domain: suite.domain, position, prompt: suite.prompts[position - starts[i]!]! };
  };

  const whole = permutation(total, seeded(seed));
  const taken = suites.map(() => 0);
  const order = whole.filter((position) => {
    const i = suiteIndexOf(position);
    return taken[i]!++ < (limit ?? Infinity);
  });

  const strata = stratify(whole, at);
  const placeOf = placesOf(config, strata, total);
  const canaries = canariesOf(config, whole, suites.length, suiteIndexOf);
  const { repeats } = config.sampling;

  const retested = (suite: string, promptId: string, repeat: number) =>
    config.retest > 0 && drawAt(seed, 'retest', suite, promptId, repeat) < config.retest;

  const units = (position: number): Unit[] => {
    const { suite, domain, prompt } = at(position);
    const made: Unit[] = [];
    const unit = (judge: string, repeat: number, order: Order, replicate: number, canary: Canary | null) => {
      made.push({
        suite,
        domain,
        category: prompt.category,
        prompt_id: prompt.id,
        repeat,
        judge,
        order,
        replicate,
        canary,
      });
    };
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const judge of config.judges) {
        const place = placeOf(judge.name, position);
        if (!asks(judge, prompt) || place === null) continue;
        // A rule that compares with a reference cannot be led by order: one order says all it can say.
        const drawn =
          judge.provider === 'reference'
            ? (['baseline-first'] as const)
            : ordersOf(config.orders, {
                seed,
                suite,
                category: prompt.category,
                prompt_id: prompt.id,
                repeat,
                judge: judge.name,
                position: place * repeats + repeat,
              });
        const again = judge.provider !== 'reference' && retested(suite, prompt.id, repeat);
        for (const o of drawn) unit(judge.name, repeat, o, 0, null);
        if (again) for (const o of drawn) unit(judge.name, repeat, o, 1, null);
      }
    }
    for (const kind of canaries.get(position) ?? []) {
      for (const judge of config.judges) {
        if (judge.provider === 'reference') continue;
        for (const o of ['baseline-first', 'candidate-first'] as const) unit(judge.name, 0, o, 0, kind);
      }
    }
    return made;
  };

  // Counted without making the units: a plan may hold millions.
  const perOrder = config.orders === 'both' ? 2 : 1;
  const llmJudges = config.judges.filter((judge) => judge.provider !== 'reference');
  const references = config.judges.filter((judge) => judge.provider === 'reference');
  let judgments = 0;
  for (const position of order) {
    const { suite, prompt } = at(position);
    const judges = llmJudges.filter((judge) => placeOf(judge.name, position) !== null).length;
    for (let repeat = 0; repeat < repeats; repeat++) {
      judgments += judges * perOrder * (retested(suite, prompt.id, repeat) ? 2 : 1);
    }
    judgments +=
      repeats * references.filter((judge) => asks(judge, prompt) && placeOf(judge.name, position) !== null).length;
    judgments += (canaries.get(position)?.length ?? 0) * llmJudges.length * 2;
  }
  return {
    order,
    at,
    units,
    size: {
      prompts: order.length,
      comparisons: order.length * repeats,
      responses: order.length * repeats * 2,
      judgments,
    },
    due: () => {
      const strata = new Map<string, Due>();
      for (const position of order) {
        for (const u of units(position)) {
          if (u.canary !== null || u.replicate > 0) continue;
          const key = JSON.stringify([u.suite, u.category, u.judge, u.order]);
          const due = strata.get(key);
          if (due !== undefined) due.judgments++;
          else {
            const { suite, domain, category, judge, order } = u;
            strata.set(key, { suite, domain, category, judge, order, judgments: 1 });
          }
        }
      }
      return [...strata.values()];
    },
  };
}

/** Whether a judge has anything to say of a prompt: one that compares with references needs one it can read. */
function asks({ provider, extract }: Judge, { reference }: Prompt): boolean {
  return provider !== 'reference' || (reference !== null && fits(reference, extract!));
}

/** Whether all judges compare with references, and no prompt has one. */
export function lacksReferences({ judges, suites }: Pick<RunConfig, 'judges' | 'suites'>): boolean {
  const judged = judges.some(({ provider }) => provider !== 'reference');
  return !judged && !suites.some(({ prompts }) => prompts.some(({ reference }) => reference !== null));
}

/** What each reference judge leaves out because it cannot read the reference, in one sentence a judge. */
export function leftOut({ judges, suites }: Pick<RunConfig, 'judges' | 'suites'>): RunConfig['warnings'] {
  const prompts = suites.flatMap((suite) => suite.prompts);
  const without = prompts.filter(({ reference }) => reference === null).length;
  return judges.flatMap((judge) => {
    const left = prompts.filter((prompt) => !asks(judge, prompt)).length;
    if (left === without || judge.provider !== 'reference') return [];
    const { name, extract } = judge;
    const what = extract === 'number' ? 'is not one number' : extract === 'choice' ? 'names no choice' : 'is empty';
    const other = extract === 'exact' ? '' : '; a second reference judge with `extract: exact` takes these';
    const why = `${without} have no reference, that of ${left - without} ${what}${other}`;
    const message = `Judge ${name} leaves out ${left} of ${prompts.length} prompts: ${why}.`;
    return [{ code: 'REFERENCES_LEFT_OUT', message }];
  });
}

/** Positions by suite and category, each stratum in the seeded order. */
function stratify(whole: Uint32Array, at: Plan['at']): number[][] {
  const strata = new Map<string, number[]>();
  for (const position of whole) {
    const { suite, prompt } = at(position);
    const key = JSON.stringify([suite, prompt.category]);
    const stratum = strata.get(key);
    if (stratum === undefined) strata.set(key, [position]);
    else stratum.push(position);
  }
  return [...strata.values()];
}

/**
 * Place of a prompt among those of its stratum that a judge sees: what permuted blocks are cut from. Null where it does
 * not see it: with `share` < 1 it gets its share of each stratum, taken evenly along the seeded order.
 */
function placesOf(
  config: RunConfig,
  strata: number[][],
  total: number,
): (judge: string, position: number) => number | null {
  const rank = new Uint32Array(total);
  for (const stratum of strata) stratum.forEach((position, i) => (rank[position] = i));
  const samples = new Map<string, Map<number, number>>();
  for (const { name, share } of config.judges) {
    if (share >= 1) continue;
    const sample = new Map<number, number>();
    const start = drawAt(config.seed, 'share', name);
    let before = start;
    for (const stratum of strata) {
      let place = 0;
      for (const position of stratum) {
        const after = before + share;
        if (Math.floor(after) > Math.floor(before)) sample.set(position, place++);
        before = after;
      }
    }
    samples.set(name, sample);
  }
  return (judge, position) => {
    const sample = samples.get(judge);
    return sample === undefined ? rank[position]! : (sample.get(position) ?? null);
  };
}

/** Canary kinds by position: kind after kind on the first prompts of each suite, so that a limited run has them too. */
function canariesOf(
  config: RunConfig,
  whole: Uint32Array,
  suites: number,
  suiteIndexOf: (position: number) => number,
): Map<number, Canary[]> {
  const made = new Map<number, Canary[]>();
  if (!config.canaries) return made;
  const seen = Array<number>(suites).fill(0);
  for (const position of whole) {
    const suite = suiteIndexOf(position);
    const kind = CANARIES[seen[suite]! * suites + suite];
    seen[suite]!++;
    if (kind !== undefined) made.set(position, [kind]);
    if (seen.every((n, i) => n * suites + i >= CANARIES.length)) break;
  }
  return made;
}
