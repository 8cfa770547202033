// Does a model give one answer to many prompts? A constant text can win against honest answers (Zheng et al. 2024,
// arXiv 2410.07137), and an adapter that failed to load often repeats itself.
import { type MakeCheck, count, entry, keyOf, promptKey, startOf } from './check.js';

/** Distinct prompts below which one answer may serve several by chance, and the share that is told. */
const FEWEST = 3;
const SHARE = 0.5;

interface Side {
  file: string;
  role: 'baseline' | 'candidate';
  prompts: Set<string>;
  pairs: Set<string>;
  answers: Map<string, { prompts: number; line: number; start: string }>;
}

export const constantResponse: MakeCheck = () => {
  const sides = new Map<string, Side>();
  return {
    code: 'CONSTANT_RESPONSE',
    see(row) {
      const { judgment, file, line } = row;
      if (judgment.canary !== null) return 'outside';
      if (judgment.baseline_response === null && judgment.candidate_response === null) return 'unverifiable';
      const prompt = promptKey(row);
      for (const role of ['baseline', 'candidate'] as const) {
        const text = judgment[`${role}_response`];
        if (text === null) continue;
        const side = entry(sides, JSON.stringify([file, role, judgment[role]]), () => ({
          file,
          role,
          prompts: new Set<string>(),
          pairs: new Set<string>(),
          answers: new Map(),
        }));
        const answer = keyOf(text.trim());
        side.prompts.add(prompt);
        const pair = prompt + answer;
        if (side.pairs.has(pair)) continue;
        side.pairs.add(pair);
        entry(side.answers, answer, () => ({ prompts: 0, line, start: startOf(text, 60) })).prompts++;
      }
      return 'sound';
    },
    end: () =>
      [...sides.values()].flatMap(({ file, role, prompts, answers }) => {
        const most = [...answers.values()].reduce((a, b) => (b.prompts > a.prompts ? b : a));
        if (prompts.size < FEWEST || most.prompts < FEWEST || most.prompts < SHARE * prompts.size) return [];
        const message = `The ${role} gives one answer to ${most.prompts} of ${count(prompts.size, 'prompt')}: "${most.start}".`;
        return [{ severity: 'warning' as const, file, line: most.line, rows: most.prompts, message }];
      }),
  };
};
