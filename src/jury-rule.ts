// What several judges decide together: the mean of their scores, or where the run file names another rule, one tally of
// the jury for each prompt. Win rate, ledger, calibration and the looks of a run that may stop all take it from here.
import { juryScore, type JuryRule, juryWeights, type Vote } from './judging/jury.js';
import type { OrderCounts, Outcome, Run, Tally } from './records.js';
import { panelOf, type PanelOptions } from './stats/index.js';
import type { Warning } from './summary.js';

const OUTCOME: Record<string, Outcome> = { w: 'win', l: 'loss', t: 'tie', o: 'order-dependent', f: 'failed' };

/** How often each judge said what people said of comparisons that chance drew for them. */
export type AgreementCounts = Record<string, { agreed: number; n: number }>;

/** The judges that decide, and how. */
export interface Jury {
  rule: JuryRule;
  panel: string[];
  weights: Record<string, number>;
  /** Whether the weights come from people; else all judges weigh one. */
  labelled: boolean;
}

type Known = Pick<Run, 'config' | 'identities'>;

/** Who of some judges decides, by the run's rule. One judge, and people, decide by the mean whatever the rule is. */
export function juryNamed(run: Known, judges: string[], options: PanelOptions): Jury {
  const panel = panelOf(judges, options);
  const named = (run.config['jury'] ?? 'mean') as JuryRule;
  const rule = panel.length < 2 || panel.some((judge) => judge.startsWith('human:')) ? 'mean' : named;
  return { rule, panel, ...weighed(panel, rule === 'weighted' ? agreementOf(run) : {}) };
}

/** What is kept with a run of the votes of people on it, for a rule that weighs by them. */
export const agreementOf = ({ identities }: Pick<Run, 'identities'>): AgreementCounts =>
  (identities['jury'] ?? {}) as AgreementCounts;

/** Weights from agreement with people; alike where nobody has voted. */
export function weighed(panel: readonly string[], counts: AgreementCounts): Pick<Jury, 'weights' | 'labelled'> {
  const labelled = panel.some((judge) => (counts[judge]?.n ?? 0) > 0);
  const own = Object.fromEntries(panel.map((judge) => [judge, counts[judge] ?? { agreed: 0, n: 0 }]));
  return { labelled, weights: labelled ? juryWeights(own) : Object.fromEntries(panel.map((judge) => [judge, 1])) };
}

/** The jury's tallies and what must be said of them; none where the rule is the mean. */
export function juryOf(run: Known, tallies: Tally[], options: PanelOptions): { jury?: Tally[]; warnings: Warning[] } {
  const jury = juryNamed(run, judgesIn(tallies), options);
  if (jury.rule === 'mean') return { warnings: [] };
  return { jury: juryTallies(jury, tallies), warnings: [said(jury)] };
}

/** The tallies whose scores make the win rate of a run: of the judges that decide, or of their jury. */
export function deciding(run: Known, tallies: Tally[], options: PanelOptions): Tally[] {
  return ofPanel(juryNamed(run, judgesIn(tallies), options), tallies);
}

/** What a jury says of each prompt; `at` may name another jury for some of them, by prompt hash. */
export function ofPanel(jury: Jury, tallies: Tally[], at: (prompt: string) => Jury = () => jury): Tally[] {
  const panel = new Set(jury.panel);
  return jury.rule === 'mean' ? tallies.filter(({ judge }) => panel.has(judge)) : juryTallies(jury, tallies, at);
}

const judgesIn = (tallies: readonly Tally[]): string[] => [...new Set(tallies.map(({ judge }) => judge))].sort();

function said({ rule, weights, labelled }: Jury): Warning {
  if (rule === 'majority')
    return { code: 'JURY_RULE', message: 'Each comparison counts as the majority of the judges has it.', rule };
  const shares = Object.entries(weights).map(([judge, weight]) => `${judge} ${weight.toFixed(2)}`);
  const message = labelled
    ? `Judges are weighted by the log-odds of their agreement with people: ${shares.join(', ')}.`
    : 'No person has judged a comparison that chance drew, so the weighted jury weighs all judges alike.';
  return { code: labelled ? 'JURY_RULE' : 'JURY_UNWEIGHTED', message, rule, weights };
}

/**
 * One tally a prompt: what the jury says of each comparison. Judgments are counted over all its judges, so that a prompt
 * is wholly judged when the jury's count is the sum of theirs.
 */
export function juryTallies(jury: Jury, tallies: readonly Tally[], at = (_prompt: string): Jury => jury): Tally[] {
  const prompts = new Map<string, Tally[]>();
  for (const tally of tallies) {
    if (!jury.panel.includes(tally.judge)) continue;
    const key = JSON.stringify([tally.suite, tally.prompt_id]);
    const own = prompts.get(key);
    if (own === undefined) prompts.set(key, [tally]);
    else own.push(tally);
  }
  return [...prompts.values()].map((own) => juryTally(own, at(own[0]!.prompt_hash)));
}

/** A sum of weighed scores may miss one half by its rounding. */
export const sideOf = (score: number): 'w' | 'l' | 't' =>
  Math.abs(score - 0.5) < 1e-9 ? 't' : score > 0.5 ? 'w' : 'l';

function juryTally(own: Tally[], { rule, weights }: Jury): Tally {
  const repeats = Math.max(...own.map(({ outcomes }) => outcomes.length));
  let outcomes = '';
  const scores: (number | null)[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const votes = own.flatMap(({ judge, outcomes: letters, scores: given }): Vote[] => {
      const outcome = OUTCOME[letters[repeat] ?? '-'];
      return outcome === undefined ? [] : [{ judge, outcome, score: given[repeat] ?? null }];
    });
    const { score } = juryScore(rule, votes, weights);
    scores.push(score);
    outcomes += score === null ? (votes.length === 0 ? '-' : 'f') : sideOf(score);
  }
  const sum = (field: 'baseline_first' | 'candidate_first' | 'order_unknown'): OrderCounts => {
    const total = { wins: 0, losses: 0, ties: 0, failed: 0, score: 0 };
    for (const tally of own)
      for (const key in total) total[key as keyof OrderCounts] += tally[field][key as keyof OrderCounts];
    return total;
  };
  return {
    ...own[0]!,
    judge: 'jury',
    outcomes,
    scores,
    pairs: Math.max(...own.map(({ pairs }) => pairs)),
    baseline_first: sum('baseline_first'),
    candidate_first: sum('candidate_first'),
    order_unknown: sum('order_unknown'),
  };
}
