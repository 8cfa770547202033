// Oracle methods of the groups length, bt and jury.
import {
  againstReference,
  averageWinRate,
  bradleyTerry,
  davidson,
  dawidSkene,
  effectiveJudges,
  eloOf,
  lengthControl,
  lengthControlL1,
  majorityAccuracy,
  majorityVote,
  medianVote,
  pairings,
  points,
  weightedVote,
  type Comparison,
  type Pairings,
} from '../../src/stats/index.js';
import type { Oracle } from './oracles.js';

interface Met {
  comparisons?: [string, string, string][];
  wins?: { a: string; b: string; a_wins: number; b_wins: number; ties?: number }[];
}

const SCORES: Record<string, number> = { left: 1, right: 0, tie: 0.5 };

function metOf({ comparisons, wins }: Met): Pairings {
  const list: Comparison[] = (comparisons ?? []).map(([a, b, winner]) => ({ a, b, score: SCORES[winner]! }));
  for (const { a, b, a_wins, b_wins, ties = 0 } of wins ?? []) {
    for (let i = 0; i < a_wins; i++) list.push({ a, b, score: 1 });
    for (let i = 0; i < b_wins; i++) list.push({ a, b, score: 0 });
    for (let i = 0; i < ties; i++) list.push({ a, b, score: 0.5 });
  }
  return pairings(list);
}

const STATUS: Record<string, string> = { 'unbeaten-or-winless': 'unbeaten' };

function bradleyTerryScores(input: Met & { normalise?: string }) {
  const { names, status, components, log_strength: b } = bradleyTerry(metOf(input));
  if (b === null) {
    return { status: STATUS[status] ?? status, components, scores: null, mle_exists: false };
  }
  const raw = b.map(Math.exp);
  const sum = raw.reduce((total, x) => total + x, 0);
  const scores = Object.fromEntries(
    names.map((name, i) => [name, input.normalise === 'geometric_mean_one' ? raw[i] : raw[i]! / sum]),
  );
  return { status, components, mle_exists: true, scores, ...scores };
}

export const modelOracles: Record<string, Oracle> = {
  length_control_logistic: ({ scores, length_difference, ridge }) => {
    const fit = lengthControl(scores, length_difference, { ridge: ridge ?? 1 });
    if (fit === null) {
      const none = { sd: null, intercept: null, beta: null, lc_win_rate: null };
      const raw = scores.length === 0 ? null : scores.reduce((a: number, b: number) => a + b, 0) / scores.length;
      return { ...none, raw_win_rate: raw, reason: scores.length === 0 ? 'no_prompts' : 'separated' };
    }
    return { ...fit, beta: fit.slope, lc_win_rate: fit.win_rate };
  },
  length_control_l1: ({ scores, length_difference, C }) => {
    const fit = lengthControlL1(scores, length_difference, C);
    return { intercept: fit?.intercept ?? null, beta: fit?.slope ?? null, lc_win_rate: fit?.win_rate ?? null };
  },

  bradley_terry: bradleyTerryScores,
  bradley_terry_log: (input) => {
    const met = metOf(input);
    const result = againstReference(met, input.reference ?? met.names[0]!);
    const { status } = bradleyTerry(met);
    return {
      log_strength: result?.log_strength ?? null,
      se_vs_reference: result?.se ?? null,
      status: STATUS[status] ?? status,
      mle_exists: result !== null,
    };
  },
  bradley_terry_ridge: (input) => {
    const { names, log_strength: b } = bradleyTerry(metOf(input), { ridge: input.ridge });
    if (b === null) return { log_strength: null, sum: null };
    const sum = b.reduce((total, x) => total + x, 0);
    return { log_strength: Object.fromEntries(names.map((name, i) => [name, b[i]])), sum };
  },
  davidson: (input) => {
    const { strength, nu, log_likelihood, status } = davidson(metOf(input));
    return { strength, nu, newman_v: nu === null ? null : nu / 2, log_likelihood, status };
  },
  average_win_rate: (input) => averageWinRate(metOf(input)),
  counting: (input) => points(metOf(input), { win: input.win ?? 1, tie: input.tie ?? 0.5 }),
  elo_from_log_strength: ({ log_strength, anchor }) => ({ rating: eloOf(log_strength, anchor) }),

  dawid_skene: ({ responses, classes }, keys) => {
    const single = (given: unknown): unknown[] => (given === null ? [] : Array.isArray(given) ? given : [given]);
    const fit = dawidSkene(
      (responses as unknown[][]).map((item) => item.map(single)),
      classes as unknown[],
      {
        smoothing: 0,
      },
    );
    if (fit === null) return Object.fromEntries(keys.map((key) => [key, null]));
    const named = keys.map((key) => {
      const posterior = /^posterior_\w+_(\d+)$/.exec(key);
      if (posterior) return [key, fit.posteriors[Number(posterior[1]) - 1]];
      const error = /^error_rate_observer(\d+)_true(\d+)$/.exec(key);
      if (error) return [key, fit.confusion[Number(error[1]) - 1]?.[classes.map(String).indexOf(error[2]!)]];
      return [key, null];
    });
    return {
      ...Object.fromEntries(named),
      class_marginals: fit.marginals,
      map_class: fit.posteriors.map((p) => (p === null ? null : classes[p.indexOf(Math.max(...p))])),
      log_likelihood: fit.log_likelihood,
    };
  },
  majority_vote: ({ votes }) => ({ majority: votes.map(majorityVote) }),
  median_vote: ({ votes }) => ({ scores: votes.map(medianVote) }),
  log_odds_weights: ({ accuracy, votes }) => {
    const result = weightedVote(accuracy, votes);
    return {
      weights: result?.weights ?? null,
      weighted_margin: result?.margin ?? null,
      decision: result?.decision ?? null,
    };
  },
  majority_accuracy: ({ accuracy, judges }, keys) => {
    // `effective_judges_icc06` names the correlation .6 in its key.
    const effective = keys
      .map((key) => [key, /^effective_judges_icc(\d)(\d+)$/.exec(key)] as const)
      .filter(([, match]) => match !== null)
      .map(([key, match]) => [key, effectiveJudges(judges, Number(`${match![1]}.${match![2]}`))]);
    return { independent: majorityAccuracy(accuracy, judges), ...Object.fromEntries(effective) };
  },
};
