// Which verdicts do the lines of a text state? A plain reply is read only from lines and marks that state nothing but a
// verdict; what others are quoted as saying is no statement. Every pattern is linear, since a reply may be anything.
import type { Verdict } from '../records.js';

/** A line that begins with a label; `is` binds only before a verdict, because "the verdict is clear" states none. */
const LABELLED_LINE =
  /^[ \t#*_`-]*(?:\d+[.)][ \t]+)?(?:(?:my|the|final|overall)[ \t]+)*(?:(verdict|winner|judge?ment|decision)|choice|answer|(?:better|preferred)[ \t]+(?:response|answer))[ \t*_`"]*(?:[:=：]|(is)[ \t:])(.*)/i;
/** `[[A]]` and its kin, anywhere. */
const MARK = /\[\[([^[\]\n]{1,40})\]\]/g;
/** A mark that ends its line, alone or behind a sentence or words that lead to it. */
const STATED_MARK =
  /(?:^|[.!?:]|\b(?:so|thus|therefore|hence|overall|verdict|winner|answer|choice|decision|is),?)[ \t"'*]*\[\[[^[\]]{1,40}\]\][ \t.!"'*]*$/i;
const VALUE = /^(?:(?:response|answer|slot|option) +)?(a|b|tie)$/i;
/** Markdown, quotes, brackets, a full stop around a value. */
const DECORATION = /^[\s*_`"'“”‘’()[\]]+|[\s*_`"'“”‘’()[\].!]+$/g;
/** Characters of the longest line end that can be a decorated value. */
const LONGEST_VALUE = 60;

/** Verdicts in the words of a text; null stands for a statement that names no verdict, such as `Winner: Neither`. */
export interface Statements {
  /** Of lines of their own (`Verdict: A`, `**Winner:** Response B`) and marks that end a line (`[[A]]`). */
  stated: (Verdict | null)[];
  /** Of lines and marks amid other words: they state nothing, and contradict what is stated otherwise. */
  mentioned: (Verdict | null)[];
}

/** What a text states outside of what it quotes. */
export function statementsIn(text: string): Statements {
  const found: Statements = { stated: [], mentioned: [] };
  // Stryker disable next-line all: a blank text states nothing, it only takes time
  if (text.trim() === '') return found;
  const lines = ownWords(text).split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const labelled = LABELLED_LINE.exec(line);
    const verdict = labelled === null ? undefined : verdictIn(labelled[3]!);
    // An answer or choice may be one to anything.
    const counts = verdict !== null || (labelled![1] !== undefined && labelled![2] === undefined);
    if (verdict !== undefined && counts) (standsAlone(lines, i) ? found.stated : found.mentioned).push(verdict);
    const marks = Array.from(line.matchAll(MARK), ([, value]) => verdictIn(value!) ?? null);
    (marks.length === 1 && STATED_MARK.test(line) ? found.stated : found.mentioned).push(...marks);
  }
  return found;
}

/** Words of a heading or lead that announces the verdict on the whole. */
const OF_THE_WHOLE = /verdict|winner|overall|final|conclu|decision|judge?ment|summary/i;

/** Whether a line belongs to no sentence and no section of a single criterion. */
function standsAlone(lines: readonly string[], i: number): boolean {
  // Stryker disable next-line StringLiteral: no line begins no sentence
  if (/^\s*(?!because\b|since\b|as\b)\p{Ll}/u.test(lines[i + 1] ?? '')) return false;
  // Stryker disable next-line StringLiteral: no line leads to nothing
  const leads = /[:,]$/.test(lines[i - 1]?.trim() ?? '');
  // Stryker disable next-line StringLiteral: no line is no heading
  const before = lines.slice(0, i).findLast((line) => line.trim() !== '') ?? '';
  const isHeading = /^\s*#|^\s*\*\*[^*]+\*\*\s*$|^\s*\p{L}+(?: \p{L}+){0,2}\s*$/u.test(before);
  return !(leads || isHeading) || OF_THE_WHOLE.test(before);
}

/** The verdict a value names, null when it names none, undefined when there is no value at all. */
export function verdictIn(value: string): Verdict | null | undefined {
  if (value.length > LONGEST_VALUE) return null;
  const plain = value.replace(DECORATION, '');
  return plain === '' ? undefined : asVerdict(VALUE.exec(plain)?.[1]);
}

/** A verdict in any case of letters, or null. */
export function asVerdict(value: string | undefined): Verdict | null {
  const plain = value?.trim().toLowerCase();
  if (plain === 'tie') return 'tie';
  return plain === 'a' ? 'A' : plain === 'b' ? 'B' : null;
}

const QUOTED =
  /"[^"]*"|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|「[^「」]*」|『[^『』]*』|`[^`\n]*`|(?<!\w)['‘][^'‘’\n]*['’](?!\w)/g;
const FENCED = /^[ \t]*(```|~~~)[^\n]*\n(?:[^]*?\n)??[ \t]*\1[ \t]*$/gm;
/** A reply that stands in a fence as a whole. */
const FENCED_WHOLE = /^\s*(```|~~~)[^\n]*\n((?:(?!```|~~~)[^])*)\1\s*$/;
const QUOTED_LINE = /^[ \t]*>.*/gm;

/** A text without what it quotes: fenced blocks, quoted lines, what stands in quotation marks, unless it is a bare value. */
export function ownWords(text: string): string {
  const open = FENCED_WHOLE.exec(text)?.[2] ?? text.replace(FENCED, '""');
  return open.replace(QUOTED_LINE, '""').replace(QUOTED, (quoted) => (VALUE.test(quoted.slice(1, -1)) ? quoted : '""'));
}
