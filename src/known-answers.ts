// Held against known answers: how often each checkpoint is right and readable, as the reference judge found, and how
// often the other judges name the checkpoint that alone is right.
import type { Tally } from './records.js';
import { wilson } from './stats/index.js';
import type { ReferenceRow } from './store/tallies.js';
import type { JudgeHealth } from './summary.js';
import { inOrder } from './judging/present.js';

type Accuracy = JudgeHealth['accuracy'];

/**
 * Accuracy by judge. A reference judge gets, per checkpoint, the share of right answers and of answers that could be
 * read at all. Every other judge gets the share of comparisons in which it named the checkpoint that alone was right;
 * ties and verdicts that changed with the order are not right, failed ones are not counted.
 */
export function knownAnswers(
  references: readonly string[],
  rows: readonly ReferenceRow[],
  tallies: readonly Tally[],
): Record<string, Accuracy> {
  const known: Record<string, Accuracy> = {};
  for (const judge of references) {
    known[judge] = ofCheckpoints(rows.filter((row) => row.judge === judge));
    for (const [other, accuracy] of againstTruth(judge, references, tallies)) {
      (known[other] ??= []).push({ ...accuracy, group: references.length === 1 ? 'reference' : `reference ${judge}` });
    }
  }
  return known;
}

function ofCheckpoints(rows: readonly ReferenceRow[]): Accuracy {
  const right = { baseline: 0, candidate: 0 };
  const readable = { baseline: 0, candidate: 0 };
  for (const { order, reply } of rows) {
    const said = saidIn(reply);
    const [first, second] = inOrder<'baseline' | 'candidate'>(order, 'baseline', 'candidate');
    for (const [slot, role] of [
      ['first', first],
      ['second', second],
    ] as const) {
      if (said[`${slot}_right`] === true) right[role]++;
      if ((said[`${slot}_extracted`] ?? null) !== null) readable[role]++;
    }
  }
  return (['baseline', 'candidate'] as const).flatMap((role) => [
    rate(`${role} right`, right[role], rows.length),
    rate(`${role} in the asked format`, readable[role], rows.length),
  ]);
}

/** What a reply states; nothing where it is no reply of ours, which the audit tells. */
function saidIn(reply: string | null): Record<string, unknown> {
  try {
    return (JSON.parse(reply ?? 'null') as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

function againstTruth(
  reference: string,
  references: readonly string[],
  tallies: readonly Tally[],
): Map<string, Accuracy[number]> {
  const at = ({ suite, prompt_id }: Tally) => `${suite}\0${prompt_id}`;
  const truth = new Map(tallies.filter((t) => t.judge === reference).map((t) => [at(t), t.outcomes]));
  const counts = new Map<string, { right: number; n: number }>();
  for (const tally of tallies) {
    const answers = truth.get(at(tally));
    if (answers === undefined || references.includes(tally.judge)) continue;
    const count = counts.get(tally.judge) ?? { right: 0, n: 0 };
    counts.set(tally.judge, count);
    for (const [repeat, letter] of [...tally.outcomes].entries()) {
      const answer = answers[repeat];
      if ((answer !== 'w' && answer !== 'l') || letter === 'f' || letter === '-') continue;
      count.n++;
      if (letter === answer) count.right++;
    }
  }
  return new Map([...counts].map(([judge, { right, n }]) => [judge, rate('', right, n)]));
}

function rate(group: string, count: number, n: number): Accuracy[number] {
  const interval = wilson(count, n);
  return interval === null
    ? { group, value: null, reason: 'nothing with a known answer was judged' }
    : { group, value: count / n, ...interval, n };
}
