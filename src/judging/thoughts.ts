// Models that think aloud put a thought in front of their answer, and some servers leave it in the reply. What is
// considered in it is not what the judge decides.
import { statementsIn } from './statements.js';

const OPENING = /^\s*<(think|thinking|thought|reasoning)>/i;
const CLOSING = /<\/(?:think|thinking|thought|reasoning)>/i;
/** How an answer begins that no thought stands before; a tag in it is a part of it. */
const ANSWER = /^\s*(?:[[{]|```|~~~)/;
const FIRST_LINE = /^\s*.*/;

/** The reply behind its thought, the whole where there is none; null where a thought never ends. */
export function withoutThought(text: string): string | null {
  // Some chat templates open the thought themselves: then only its end is in the reply.
  if (ANSWER.test(text) || beginsWithVerdict(text)) return text;
  const closing = CLOSING.exec(text);
  if (closing !== null) return text.slice(closing.index + closing[0].length);
  return OPENING.test(text) ? null : text;
}

/** A thought ends on a verdict; what begins with one is an answer, and a tag behind it may be quoted from a response. */
function beginsWithVerdict(text: string): boolean {
  return statementsIn(FIRST_LINE.exec(text)![0]).stated.some((verdict) => verdict !== null);
}
