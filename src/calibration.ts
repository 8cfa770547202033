// Can the judges of a run be believed, by the votes of people on the same comparisons? Agreement beside the ceiling that
// people set among themselves, where a judge goes wrong, and the win rate with the judge's error carried in.
import { juryScore, type Vote } from './judging/jury.js';
import { type AgreementCounts, agreementOf, type Jury, juryNamed, ofPanel, sideOf, weighed } from './jury-rule.js';
import { agreementByPrompt, type Comparison, labelled, labelsByPrompt, outcomeOf } from './labels.js';
import type { Domain, Outcome, Run, Tally, Winner } from './records.js';
import { agreementWithPeople, correct, type Labelled, rateBy } from './stats/index.js';
import type { LabelledRow } from './store/queues.js';
import type { Store } from './store/index.js';
import type {
  AgreementWithPeople,
  Calibration,
  Correction,
  Disagreement,
  GroupAgreement,
  JudgeCalibration,
  Label,
  Warning,
} from './summary.js';
import { judgesOf, offlineAmong } from './judges.js';

/** Lengths within a fifth of each other are similar. */
const SIMILAR = 0.2;

/** Everything the votes of people say about a run and its judges. */
export async function calibrate(store: Store, run: Run): Promise<Calibration> {
  const [{ comparisons, revealed }, tallies] = await Promise.all([labelled(store, run), store.tallies(run.id)]);
  const random = comparisons.some(({ people }) => people.some((one) => one.random));
  const models = [...new Set(tallies.map(({ judge }) => judge))].filter((judge) => !judge.startsWith('human:')).sort();
  const level = (run.decision_rule as { level?: number }).level ?? 0.95;
  const jury = juryNamed(run, models, judgesOf(run));
  const judges = models.map((judge) => calibrationOf(judge, single(judge, comparisons, tallies), random, level));
  if (jury.panel.length > 1)
    judges.push(calibrationOf('jury', together(jury, run, comparisons, tallies), random, level));
  const all = comparisons.flatMap(({ people }) => people);
  return {
    run: run.id,
    labels: {
      votes: all.length,
      people: [...new Set(all.map(({ person }) => person))].sort(),
      comparisons: comparisons.length,
      random_prompts: labelsByPrompt(comparisons).size,
      changed_after_reveal: revealed,
    },
    basis: random ? 'random' : 'all',
    people: peopleOf(comparisons, level),
    judges,
    disagreements: models.flatMap((judge) => disagreementsOf(judge, comparisons)),
    warnings: [...warningsOf(all.length, random, revealed), ...offlineAmong([run])],
  };
}

/** A judge, or several as one: who sat, what they said of each comparison, and what they say of all prompts. */
interface Bench {
  panel: string[];
  says: { one: Comparison; outcome: Outcome | null }[];
  tallies: Tally[];
}

function single(judge: string, comparisons: Comparison[], tallies: Tally[]): Bench {
  const says = comparisons.map((one) => ({ one, outcome: outcomeOf(one.judges.get(judge) ?? []) }));
  return { panel: [judge], says, tallies: tallies.filter((tally) => tally.judge === judge) };
}

/**
 * The jury by the run's rule. Where it is weighted, a prompt that people judged is judged with the weights that the
 * other prompts give: with its own, agreement would be measured on what it was made from.
 */
function together(jury: Jury, run: Run, comparisons: Comparison[], tallies: Tally[]): Bench {
  const own = jury.rule === 'weighted' ? agreementByPrompt(comparisons) : new Map<string, AgreementCounts>();
  const juries = new Map([...own].map(([prompt, counts]) => [prompt, withoutPrompt(jury, agreementOf(run), counts)]));
  const at = (prompt: string): Jury => juries.get(prompt) ?? jury;
  const says = comparisons.map((one) => ({ one, outcome: juryOutcome(one, at(one.row.prompt_hash)) }));
  return { panel: jury.panel, says, tallies: ofPanel(jury, tallies, at) };
}

function withoutPrompt(jury: Jury, all: AgreementCounts, own: AgreementCounts): Jury {
  const rest = Object.entries(all).map(([judge, { agreed, n }]) => {
    const less = own[judge] ?? { agreed: 0, n: 0 };
    return [judge, { agreed: agreed - less.agreed, n: n - less.n }] as const;
  });
  return { ...jury, ...weighed(jury.panel, Object.fromEntries(rest)) };
}

/** Outcome of several judges on one comparison: the side of their score. */
function juryOutcome(one: Comparison, { rule, panel, weights }: Jury): Outcome | null {
  const votes = panel.flatMap((judge): Vote[] => {
    const rows = one.judges.get(judge) ?? [];
    const outcome = outcomeOf(rows);
    return outcome === null ? [] : [{ judge, outcome, score: outcome === 'failed' ? null : meanScore(rows) }];
  });
  const { score } = juryScore(rule, votes, weights);
  if (score === null) return votes.length === 0 ? null : 'failed';
  return ({ w: 'win', l: 'loss', t: 'tie' } as const)[sideOf(score)];
}

const SCORE: Record<Winner, number> = { candidate: 1, baseline: 0, tie: 0.5 };
const meanScore = (rows: LabelledRow[]): number =>
  rows.reduce((sum, { winner }) => sum + SCORE[winner!], 0) / rows.length;

type Pair = Labelled & { category: string | null; length: string | null };

function pairsOf({ panel, says }: Bench, randomOnly: boolean): Pair[] {
  return says.flatMap(({ one, outcome }) => {
    if (outcome === null) return [];
    const shown = panel.flatMap((judge) => one.judges.get(judge) ?? []).filter(({ order }) => order !== null);
    const { baseline_length: b, candidate_length: c, category, prompt_hash: prompt } = one.row;
    const longest: Label | null = b === null || c === null ? null : c > b ? 'win' : c < b ? 'loss' : 'tie';
    const length =
      b === null || c === null
        ? null
        : Math.abs(c - b) <= SIMILAR * Math.max(b, c)
          ? 'similar'
          : c > b
            ? 'candidate longer'
            : 'candidate shorter';
    return one.people
      .filter(({ random }) => random || !randomOnly)
      .map(({ label: person }) => ({
        prompt,
        person,
        judge: outcome,
        first:
          shown.length === 0
            ? null
            : shown.filter(({ order }) => person === (order === 'candidate-first' ? 'win' : 'loss')).length /
              shown.length,
        longer: longest === null ? null : longest === person,
        category,
        length,
      }));
  });
}

function calibrationOf(judge: string, bench: Bench, randomOnly: boolean, level: number): JudgeCalibration {
  const pairs = pairsOf(bench, randomOnly);
  const agreement = agreementWithPeople(pairs, level);
  const groups = (field: 'category' | 'length'): GroupAgreement[] =>
    [...new Set(pairs.map((pair) => pair[field]).filter((name) => name !== null))].sort().map((name) => ({
      group: { [field]: name } as GroupAgreement['group'],
      agreement: agreementWithPeople(
        pairs.filter((pair) => pair[field] === name),
        level,
      ).agreement,
    }));
  const { tallies } = bench;
  const domains = [...new Set(tallies.map(({ domain }) => domain).filter((domain) => domain !== null))].sort();
  const labels = labelsByPrompt(bench.says.map(({ one }) => one));
  const within = (domain?: Domain): Correction =>
    correct(
      scoredPrompts(domain === undefined ? tallies : tallies.filter((tally) => tally.domain === domain), labels),
      level,
    );
  return {
    judge,
    ...agreement,
    by: [...groups('category'), ...groups('length')],
    sentence: sentenceOf(agreement),
    corrected: [
      { group: {}, ...within() },
      ...(domains.length < 2 ? [] : domains.map((domain) => ({ group: { domain }, ...within(domain) }))),
    ],
  };
}

function scoredPrompts(tallies: Tally[], labels: Map<string, number>) {
  const sums = new Map<string, { sum: number; n: number }>();
  for (const { prompt_hash, scores } of tallies) {
    const own = sums.get(prompt_hash) ?? { sum: 0, n: 0 };
    for (const score of scores) {
      if (score === null) continue;
      own.sum += score;
      own.n++;
    }
    if (own.n > 0) sums.set(prompt_hash, own);
  }
  return [...sums].map(([prompt, { sum, n }]) => ({ judge: sum / n, person: labels.get(prompt) ?? null }));
}

function sentenceOf({ n, baselines }: AgreementWithPeople): string {
  if (n === 0) return 'No person has judged what this judge judged.';
  const { longer, first } = baselines;
  const unbeaten = [
    ...(longer.beaten ? [] : ['always taking the longer text']),
    ...(first.beaten ? [] : ['always taking the first text']),
  ];
  return unbeaten.length === 0
    ? 'Agrees with people beyond both baselines.'
    : `Not shown to beat ${unbeaten.join(' nor ')}: its verdicts are no evidence yet.`;
}

function peopleOf(comparisons: Comparison[], level: number): Calibration['people'] {
  const both = comparisons.flatMap(({ row, people }) =>
    people.flatMap((a, i) =>
      people.slice(i + 1).map((b) => ({
        prompt: row.prompt_hash,
        names: [a.person, b.person].sort() as [string, string],
        same: Number(a.label === b.label),
      })),
    ),
  );
  const agreement = rateBy(both, ({ same }) => same, level);
  const names = new Map(both.map((one) => [JSON.stringify(one.names), one.names]));
  return {
    agreement: agreement.value === null ? { value: null, reason: 'no comparison was judged by two people' } : agreement,
    pairs: [...names].sort().map(([key, people]) => {
      const own = both.filter((one) => JSON.stringify(one.names) === key);
      return { people, agreement: rateBy(own, ({ same }) => same, level) };
    }),
  };
}

function disagreementsOf(judge: string, comparisons: Comparison[]): Disagreement[] {
  return comparisons.flatMap((one) => {
    const rows = one.judges.get(judge) ?? [];
    const outcome = outcomeOf(rows);
    if (outcome === null || outcome === 'failed') return [];
    const { suite, prompt_id, repeat, category } = one.row;
    const judgment_id = rows[0]!.id;
    return one.people
      .filter(({ label }) => label !== (outcome === 'order-dependent' ? 'tie' : outcome))
      .map(({ person, label }) => ({ suite, prompt_id, repeat, category, judge, outcome, person, label, judgment_id }));
  });
}

function warningsOf(votes: number, random: boolean, revealed: number): Warning[] {
  const warnings: Warning[] = [];
  if (votes === 0)
    warnings.push({
      code: 'NO_LABELS',
      message: 'No person has judged a comparison of this run: see `review create`.',
    });
  else if (!random)
    warnings.push({
      code: 'NOT_RANDOM',
      message:
        'No vote is from a random queue: agreement holds for the comparisons people judged, not for the run, and no win rate is corrected.',
    });
  if (revealed > 0)
    warnings.push({
      code: 'CHANGED_AFTER_REVEAL',
      message: `${revealed} ${revealed === 1 ? 'vote was' : 'votes were'} changed after the person had been told what is which; the blind vote before counts.`,
    });
  return warnings;
}
