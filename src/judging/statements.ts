// Which verdicts does a text state in words? A plain reply is read only from lines that state nothing but a verdict;
// a rationale that decides for another side than the structured verdict is a contradiction. Every pattern is linear,
// since a reply may be anything.
import type { Verdict } from '../records.js';

/** A line that begins with a label; `is` binds only before a verdict, because "the verdict is clear" states none. */
const LABELLED_LINE =
  /^[ \t>#*_`-]*(?:(?:my|the|final|overall)[ \t]+)*(?:verdict|winner|judge?ment|decision)[ \t*_`"]*(?:[:=：]|(is)[ \t])(.*)/gim;
/** `[[A]]` and its kin, anywhere. */
const BRACKETED = /\[\[([^[\]\n]{1,40})\]\]/g;
const VALUE = /^(?:(?:response|answer|slot|option) +)?(a|b|tie)$/i;
/** Markdown, quotes, brackets, a full stop around a value. */
const DECORATION = /^[\s*_`"'“”‘’()[\]]+|[\s*_`"'“”‘’()[\].!]+$/g;
/** Characters of the longest line end that can be a decorated value. */
const LONGEST_VALUE = 60;

/**
 * The verdicts that lines of their own (`Verdict: A`, `**Winner:** Response B`) or marks (`[[A]]`) state; null stands
 * for a statement that names no verdict, such as `Winner: Neither`.
 */
export function statedVerdicts(text: string): (Verdict | null)[] {
  const labelled = [...text.matchAll(LABELLED_LINE)].flatMap(([, is, value]) => {
    const stated = stateOf(value!);
    return stated === undefined || (is !== undefined && stated === null) ? [] : [stated];
  });
  const bracketed = [...text.matchAll(BRACKETED)].map(([, value]) => stateOf(value!) ?? null);
  return [...labelled, ...bracketed];
}

/** The verdict a value names, null when it names none, undefined when there is no value at all. */
function stateOf(value: string): Verdict | null | undefined {
  if (value.length > LONGEST_VALUE) return null;
  const plain = value.replace(DECORATION, '');
  return plain === '' ? undefined : asVerdict(VALUE.exec(plain)?.[1]);
}

const SLOT = '(?:response|answer|slot|option) ';
/** A side that stands alone: "neither A nor B", "whether B" and "not A" decide nothing. */
const SIDE = String.raw`(?<!\b(?:nor|or|and|not|if|whether|unless) (?:${SLOT})?)(?<![\w'’-])(A|B)`;
const NAMED_SIDE = String.raw`(?<!\b(?:nor|or|and|not|if|whether|unless) )\b${SLOT}(A|B)`;
/** Sentences that decide for the whole comparison; praise for a part of a response is none. */
const CONCLUSIONS = [
  String.raw`\b(?:verdict|winner|better (?:response|answer|one)) ?(?:is|:|=) ?["'*]*(?:${SLOT}|a )?["'*]*(A|B|tie)\b(?! (?:or|and) )`,
  String.raw`\[\[ ?(A|B|tie) ?\]\]`,
  String.raw`${SIDE} (?:is|was) (?:clearly |simply )?(?:the (?:clear |overall )?(?:winner|better (?:response|answer|one|of the two))\b|better overall\b)`,
  String.raw`\b(?:overall|therefore|thus|hence|in conclusion|in sum),? ${NAMED_SIDE} (?:is|was) (?:clearly )?better\b(?! (?:at|in|on|for|with|structured|written)\b)`,
  String.raw`${NAMED_SIDE} wins(?: overall)? ?(?:[.!]|$)`,
  String.raw`\bI (?:therefore )?(?:prefer|choose|pick|favou?r) ${SLOT}(A|B)\b`,
  String.raw`\b(?:overall|therefore|thus|hence),? (?:it|this) is a (tie)\b`,
].map((source) => new RegExp(source, 'gim'));

/** What others are quoted as saying is not the judge's own statement. */
const QUOTED = /"[^"\n]*"|“[^“”\n]*”|«[^«»\n]*»|`[^`\n]*`|(?<!\w)['‘][^'‘’\n]*['’](?!\w)/g;

/** Every verdict that the sentences of a rationale decide for, outside quotation marks. */
export function concludedVerdicts(rationale: string): Set<Verdict> {
  const own = rationale.replace(QUOTED, '""').replace(/\s+/g, ' ');
  const verdicts = CONCLUSIONS.flatMap((pattern) => namesIn(own, pattern))
    // "The winner is a matter of taste" names no slot.
    .filter((value) => value !== 'a' && value !== 'b');
  return new Set(verdicts.map((value) => asVerdict(value)!));
}

/** What a pattern names in a text. `matchAll` makes the pattern anew each time, which takes longer than to look. */
function namesIn(text: string, pattern: RegExp): string[] {
  const names: string[] = [];
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) names.push(match[1]!);
  return names;
}

/** A verdict in any case of letters, or null. */
export function asVerdict(value: string | undefined): Verdict | null {
  const plain = value?.trim().toLowerCase();
  if (plain === 'tie') return 'tie';
  return plain === 'a' ? 'A' : plain === 'b' ? 'B' : null;
}
