// Which side do the sentences of a rationale decide for? One that decides for another side than the structured verdict
// contradicts it. Praise for a part of a response decides nothing, nor what is granted to a side in some respect, what
// would be so under a condition, or what somebody else is said to say. Every pattern is linear.
import type { Verdict } from '../records.js';
import { asVerdict, ownWords } from './statements.js';

const KIND = '(?:response|answer|slot|option|one|text)';
/** A side by its letter or place: A is printed first. "Neither A nor B", "whether B" and "not A" name none. */
const SIDE = String.raw`(?<!\b(?:nor|or|and|not|if|whether|unless) (?:${KIND} )?)(?<![\w'’-])(A|B|first|second)(?: ${KIND})?`;
const BETTER = '(?:better|stronger|superior|preferable|best)';
/** What may stand behind a conclusion: nothing, or its reason, but no respect in which it holds. */
const END = String.raw`(?=(?: overall)?(?:\W*$|,? (?:because|since|as it|and (?:should|deserves|so))\b))`;

/**
 * Sentences that decide for the whole comparison, behind a word that each of them holds, so that others are passed over
 * at once. A pattern's group names the side; one without a group names a tie.
 */
const CONCLUSIONS = (
  [
    [
      'verdict|winner|preferred|choice|answer|pick|preference|better|stronger|superior|preferable|best',
      String.raw`\b(?:verdict|winner|${BETTER} ${KIND}|preferred ${KIND}|better choice|(?:my|final) (?:choice|answer|pick|preference)) ?(?:is|:|=) ?["'*]*(?:the |a )?(?:${KIND} )?["'*]*(A|B|tie|first|second)\b(?!['’-]| (?:or|and|in|on|for|at|only|if|when)\b)`,
    ],
    [
      'winner|better|stronger|superior|preferable|best',
      String.raw`${SIDE} (?:is|was) (?:\w+ly )?the (?:\w+ )?(?:winner|${BETTER} (?:${KIND}|choice|of the two))${END}`,
      String.raw`${SIDE} (?:is|was) (?:\w+ly )?${BETTER}(?: than (?:the )?(?:${KIND} )?(?:A|B|first|second)(?: ${KIND})?)?${END}`,
    ],
    ['win', String.raw`${SIDE} (?:wins|should win|deserves (?:to win|the win))${END}`],
    [
      'prefer|choose|pick|favou?r|select|vote|go with',
      String.raw`\bI (?:therefore |would |have to )?(?:prefer|choose|pick|favou?r|select|vote for|go with) (?:the )?(?:${KIND} )?(A|B|first|second)(?!['’\w-])`,
    ],
    [
      'tie|equally|equivalent|neither',
      String.raw`\b(?:it|this) is (?:\w+ly )?a tie${END}`,
      String.raw`\bboth (?:\w+ )?are (?:equally good|equivalent|tied)${END}`,
      String.raw`\bneither (?:\w+ )?is better${END}`,
    ],
    [
      'antwort',
      String.raw`\b(?:bessere|stärkere) antwort ist (?:antwort )?(A|B)\b`,
      String.raw`\bantwort (A|B) ist (?:\p{L}+ )?besser${END}`,
    ],
    [
      'meilleure',
      String.raw`\bmeilleure réponse est (?:la )?(?:réponse )?(A|B)\b`,
      String.raw`\bréponse (A|B) est (?:\p{L}+ )?meilleure${END}`,
    ],
    [
      'mejor',
      String.raw`\bmejor respuesta es (?:la )?(?:respuesta )?(A|B)\b`,
      String.raw`\brespuesta (A|B) es (?:\p{L}+ )?mejor${END}`,
    ],
    ['лучше', String.raw`ответ (A|B) (?:\p{L}+ )?лучше${END}`],
    ['更|胜', String.raw`(?:回答|答案|回复|响应) ?(A|B) ?(?:明显|显然)?(?:更好|更优|更佳|胜出|获胜)`],
    ['が', String.raw`(A|B) ?の(?:方|ほう)が(?:優れ|良|よ|い)`],
  ] as [word: string, ...patterns: string[]][]
).map(([word, ...patterns]) => ({
  word: new RegExp(word, 'iu'),
  patterns: patterns.map((source) => new RegExp(source, 'giu')),
}));
/** A mark at the end of a sentence. */
const MARKED = /(?:^|[:*]|\b(?:so|thus|therefore|hence|overall|is),?)[ "'*]*\[\[ ?(A|B|tie) ?\]\]["'*]*$/i;

/** What stands before a conclusion in its sentence and takes it back: a condition, a denial, somebody else who says it. */
const HEDGED =
  /\b(?:if|whether|unless|although|though|while|might|may|would|could|wrong|false|not|never|nobody|neither|nor|says?|saying|said|claim(?:s|ed|ing)?|tells?|told|argue[sd]?|contains?|pretends?|tr(?:y|ies|ying)|attempts?|ask(?:s|ed)?|instructs?|insists?)\b|n['’]t\b/iu;
/** A sentence that begins with the respect in which it holds. */
const IN_SOME_RESPECT =
  /^\W*(?!in (?:conclusion|sum|summary|short|the end|total)\b|on (?:balance|the whole|reflection|second thoughts?)\b|for (?:this|these|that|those) reasons?\b)(?:on|in|for|at|by|as (?:for|to)|regarding|concerning)\b/iu;
/** What follows a conclusion in its sentence and takes it back. */
const BUT = /\b(?:but|yet|however|though|although|nevertheless)\b/iu;

/** Every verdict that the sentences of a rationale decide for. */
export function concludedVerdicts(rationale: string): Set<Verdict> {
  const verdicts = new Set<Verdict>();
  const text = ownWords(rationale).replace(/\s+/g, ' ');
  for (const sentence of text.split(/[.!?;](?= |$)|[。！？；]/))
    for (const verdict of concludedIn(sentence)) verdicts.add(verdict);
  return verdicts;
}

function concludedIn(sentence: string): Verdict[] {
  const verdicts: Verdict[] = [];
  const take = ({ 0: found, 1: name, index }: RegExpExecArray): void => {
    const verdict = name === undefined ? 'tie' : verdictOf(name);
    if (verdict !== null && !isTakenBack(sentence, index, index + found.length)) verdicts.push(verdict);
  };
  for (const { word, patterns } of CONCLUSIONS) {
    // Stryker disable next-line ConditionalExpression: the patterns find nothing then, it only takes time
    if (!word.test(sentence)) continue;
    for (const pattern of patterns)
      // `matchAll` makes the pattern anew each time, which takes longer than to look.
      for (let match = pattern.exec(sentence); match !== null; match = pattern.exec(sentence)) take(match);
  }
  const mark = MARKED.exec(sentence);
  if (mark !== null) take(mark);
  return verdicts;
}

function isTakenBack(sentence: string, start: number, end: number): boolean {
  const before = sentence.slice(0, start);
  return HEDGED.test(before) || IN_SOME_RESPECT.test(before) || BUT.test(sentence.slice(end));
}

/** "The winner is a matter of taste" names no slot. */
function verdictOf(name: string): Verdict | null {
  const place = name.toLowerCase();
  if (place === 'first' || place === 'second') return place === 'first' ? 'A' : 'B';
  return name === 'a' || name === 'b' ? null : asVerdict(name);
}
