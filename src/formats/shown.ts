// What a judge was shown, read back from the prompt that a file keeps: the question and the two answers, between the
// delimiters of Arena-Hard (also used by JudgeBench) and of MT-bench.
export interface Shown {
  question: string;
  first: string;
  second: string;
}

const ARENA = [
  '<|User Prompt|>\n',
  "<|The Start of Assistant A's Answer|>\n",
  "\n<|The End of Assistant A's Answer|>",
  "<|The Start of Assistant B's Answer|>\n",
  "\n<|The End of Assistant B's Answer|>",
];
const MT_BENCH = [
  '[User Question]\n',
  "[The Start of Assistant A's Answer]\n",
  "\n[The End of Assistant A's Answer]",
  "[The Start of Assistant B's Answer]\n",
  "\n[The End of Assistant B's Answer]",
];

/** Question and answers; null where a delimiter is missing or stands more than once, so that nothing is cut wrongly. */
export function readShown(prompt: string): Shown | null {
  for (const marks of [ARENA, MT_BENCH]) {
    const at = marks.map((mark) => prompt.indexOf(mark));
    const once = marks.every((mark, i) => at[i]! >= 0 && prompt.indexOf(mark, at[i]! + 1) < 0);
    if (!once || at.some((position, i) => i > 0 && position < at[i - 1]!)) continue;
    const between = (open: number, close: number): string => prompt.slice(at[open]! + marks[open]!.length, at[close]);
    return { question: between(0, 1).trim(), first: between(1, 2), second: between(3, 4) };
  }
  return null;
}
