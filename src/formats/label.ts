// Which letter a judge's text names, in the ways that foreign judges write it: `[[A>B]]` (Arena-Hard, JudgeBench),
// `[[A]]` (MT-bench), `Winner: A`, `"verdict": "A"`. Nothing is guessed: two different answers are no answer.
import type { Failure, Verdict } from '../records.js';

export interface Said {
  said: Verdict | null;
  failure: Failure | null;
}

const NOTHING: Said = { said: null, failure: 'unreadable' };

/** A text that stands where a reply should be and reports an error of the endpoint instead. */
export function isError(reply: string): boolean {
  return /^\s*(?:ERROR\b|Traceback \(most recent call last\)|\$ERROR\$|API_ERROR)/.test(reply);
}

const COMPARISON = /\[\[([AB<>=]+)\]\]/g;
const DIRECTION: Record<string, Verdict> = {
  'A>>B': 'A', 'A>B': 'A', 'B<A': 'A', 'B<<A': 'A',
  'B>>A': 'B', 'B>A': 'B', 'A<B': 'B', 'A<<B': 'B',
  'A=B': 'tie', 'B=A': 'tie',
}; // prettier-ignore

/** `A>B` and its kin as a verdict; null for anything else. */
export function comparisonLabel(label: string): Verdict | null {
  return Object.hasOwn(DIRECTION, label) ? DIRECTION[label]! : null;
}

/**
 * The verdict of a text that states `[[A>B]]`. `conflict`: what two different labels mean: `contradictory` in
 * Arena-Hard v0.1 and JudgeBench, in later Arena-Hard the last one counts.
 */
export function readComparison(reply: string, conflict: 'contradictory' | 'last'): Said {
  if (isError(reply)) return { said: null, failure: 'unreachable' };
  const labels = [...reply.matchAll(COMPARISON)].map((match) => match[1]!);
  if (labels.length === 0) return NOTHING;
  if (conflict === 'contradictory' && new Set(labels).size > 1) return { said: null, failure: 'contradictory' };
  const said = comparisonLabel(labels.at(-1)!);
  return said === null ? NOTHING : { said, failure: null };
}

/** The verdict of a text that states `[[A]]`, `[[B]]` or `[[C]]` (tie). */
export function readLetter(reply: string): Said {
  if (isError(reply)) return { said: null, failure: 'unreachable' };
  const letters = new Set([...reply.matchAll(/\[\[([ABC])\]\]/g)].map((match) => match[1]!));
  if (letters.size > 1) return { said: null, failure: 'contradictory' };
  const [letter] = letters;
  if (letter === undefined) return NOTHING;
  return { said: letter === 'C' ? 'tie' : (letter as Verdict), failure: null };
}

/**
 * The verdict of a text that states `Winner: …`: the first line that starts so decides; A or B as a whole word, the
 * word tie, else none. "Neither" is no verdict, "Neither (Tie)" is a tie.
 */
export function readWinnerLine(reply: string): Said {
  if (isError(reply)) return { said: null, failure: 'unreachable' };
  const line = /^[ \t*#>_-]*Winner\b[*_ \t]*:(.*)$/im.exec(reply)?.[1];
  if (line === undefined) return NOTHING;
  if (/\btie\b/i.test(line)) return { said: 'tie', failure: null };
  const letters = new Set(line.match(/\b[AB]\b/g));
  if (letters.size > 1) return { said: null, failure: 'contradictory' };
  const [letter] = letters;
  return letter === undefined ? NOTHING : { said: letter as Verdict, failure: null };
}

/** The verdict of a text of unknown making, where exactly one of the ways above reads it. */
export function readAny(reply: string): Said {
  if (isError(reply)) return { said: null, failure: 'unreachable' };
  const stated = /"(?:verdict|winner)"\s*:\s*"(A|B|tie)"/i.exec(reply)?.[1];
  const json: Said =
    stated === undefined
      ? NOTHING
      : { said: stated.toLowerCase() === 'tie' ? 'tie' : (stated.toUpperCase() as Verdict), failure: null };
  const readings = [json, readComparison(reply, 'contradictory'), readLetter(reply), readWinnerLine(reply)];
  if (readings.some(({ failure }) => failure === 'contradictory')) return { said: null, failure: 'contradictory' };
  const named = new Set(readings.flatMap(({ said }) => (said === null ? [] : [said])));
  if (named.size > 1) return { said: null, failure: 'contradictory' };
  const [said] = named;
  return said === undefined ? NOTHING : { said, failure: null };
}
