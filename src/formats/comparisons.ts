// Judgments of one comparison together, for files in which a comparison is one entry.
import type { Judged, Judgment } from '../records.js';

/**
 * The judgments of each comparison (suite, prompt, repeat), in the order they come. They must stand together, as every
 * export of ours has them. Canaries and repeated judgments are left out: they say something about judges only.
 */
export async function* comparisons(judgments: AsyncIterable<Judgment>): AsyncGenerator<[Judgment, ...Judgment[]]> {
  let together: Judgment[] = [];
  const whole = ([first, ...rest]: Judgment[]): [Judgment, ...Judgment[]][] => (first ? [[first, ...rest]] : []);
  for await (const judgment of judgments) {
    if (judgment.canary !== null || judgment.replicate > 0) continue;
    const [first] = together;
    if (first && !(['suite', 'prompt_id', 'repeat'] as const).every((name) => first[name] === judgment[name])) {
      yield* whole(together);
      together = [];
    }
    together.push(judgment);
  }
  yield* whole(together);
}

/** The judgments of a comparison by judge, in the order of their first appearance. */
export function byJudge(judgments: readonly Judgment[]): Judgment[][] {
  const judges = new Map<string, Judgment[]>();
  for (const judgment of judgments) judges.set(judgment.judge, [...(judges.get(judgment.judge) ?? []), judgment]);
  return [...judges.values()];
}

export const isJudged = (judgment: Judgment): judgment is Judged => judgment.state === 'judged';

/** Mean score of a judge over its orders, 0 to 1; null when one of them failed, since the half that is left may be biased. */
export function meanScore(judgments: readonly Judgment[]): number | null {
  const judged = judgments.filter(isJudged);
  if (judged.length < judgments.length || judged.length === 0) return null;
  return judged.reduce((sum, { score }) => sum + score, 0) / judged.length;
}
