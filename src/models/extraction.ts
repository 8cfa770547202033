// The answer that stands in a text, for comparing it with a known one: a number, the letter of a choice, the whole text,
// or what a pattern finds. Texts are hostile: every pattern here takes time in proportion to the text.
import * as z from 'zod';

export const extractSchema = z.union([
  z.enum(['number', 'choice', 'exact']),
  z.strictObject({
    regex: z.string().refine((source) => compiled(source) !== null, 'is not a regular expression'),
  }),
]);
export type Extract = z.infer<typeof extractSchema>;

/** The answer in a text, in one canonical spelling; null where there is none. */
export function extracted(text: string, extract: Extract): string | null {
  if (extract === 'exact') return normalised(text) || null;
  if (extract === 'number') return numberIn(text);
  if (extract === 'choice') return choiceIn(text);
  const matches = [...text.matchAll(compiled(extract.regex)!)];
  const last = matches.at(-1);
  return last === undefined ? null : normalised(last[1] ?? last[0]) || null;
}

/**
 * Whether a reference is an answer of this kind: a number that is announced or the only one (`three two one` and
 * `1-4-9-16` are none), the letter of a choice, any words.
 */
export function fits(reference: string, extract: Extract): boolean {
  if (extract === 'choice') return choiceIn(reference) !== null;
  if (extract !== 'number') return normalised(reference) !== '';
  const text = inDigits(reference);
  return announcedNumber(text) !== null || freeNumbers(text).length === 1;
}

/** Whether an extracted answer is the one wanted; numbers may differ by rounding, one part in a million. */
export function isRight(answer: string | null, wanted: string, extract: Extract): boolean {
  if (answer === null) return false;
  if (extract !== 'number') return answer === wanted;
  const [a, b] = [Number(answer), Number(wanted)];
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
}

const OPENING = /^[\s"'“”‘’*`$([{]+/;
/** Begun only where a row of them begins: in the middle of one the rest would be read again and again. */
const CLOSING = /(?<![\s"'“”‘’*`$.!,;:)\]}])[\s"'“”‘’*`$.!,;:)\]}]+$/;

/** Letter case, white space, kinds of dashes, outer punctuation, markup and an article make no other answer. */
export function normalised(text: string): string {
  const plain = text.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
  const dashed = plain.replace(/[\u2010-\u2015−]/g, '-');
  return dashed
    .replace(OPENING, '')
    .replace(CLOSING, '')
    .replace(/^(?:the|an?) /, '');
}

function compiled(source: string): RegExp | null {
  try {
    return new RegExp(source, 'gimu');
  } catch {
    return null;
  }
}

// ── numbers ─────────────────────────────────────────────────────────────────────────────────────

/**
 * Thousands stand apart by commas, blanks or as TeX has them (`12{,}000`); a comma before one or two digits that end
 * there is a decimal comma (`3,5`), unless it is one of a list (`3,5,7`).
 */
const NUMBER = (() => {
  const whole = String.raw`(?:\d{1,3}(?:(?:,|\{,\}|\\,|[ \u00a0\u2009\u202f])\d{3}(?!\d))+|\d+)`;
  const decimals = String.raw`(?:\.\d+|(?<!,\d{1,3}),\d{1,2}(?![\d,]))`;
  const plain = String.raw`(?:${whole}${decimals}?|(?<![\p{L}\d.])\.\d+)(?:e[-+]?\d+)?`;
  const sign = String.raw`(?:(?<![\p{L}\d)\]}])[-−])?`;
  return String.raw`${sign}(?:\\[dt]?frac\{\d+\}\{\d+\}|${plain}(?:\s*\/\s*\d+)?)`;
})();
const NUMBERS = new RegExp(NUMBER, 'giu');

/** What says that the answer comes now. `#### 2. Then …` is a heading. */
const ANNOUNCED =
  /####(?![^\S\n]*\d+[.)]\s)|\\f?boxed\{|\b(?:answer|final\s+(?:number|result|value))\b[*_]*\s*(?:is|was|:|=|[-–—]\s)/gi;
/** What may stand between that and a number. No word of it announces: else a row of them would be read over and over. */
const ANNOUNCED_NUMBER = new RegExp(
  String.raw`(?:[\s*_$€£¥:~≈"“'([{\\]|\b(?:about|approximately|around|roughly|nearly|exactly|precisely|simply|just|only|therefore|thus|text|[a-z]\s*=)(?![\p{L}\d]))*?(${NUMBER})`,
  'iuy',
);
/** Arithmetic that goes on behind a number, at once or after its unit: then it is a step on the way. */
const GOES_ON = /\s*(?:[\p{L}°%²³/]{1,12}\s*)?(?:[=+×÷·^]|[-−*/x]\s*\d|\\(?:times|cdot|div)\b)|\(/iuy;

/** The number announced last (`#### 42`, `\boxed{42}`, `the answer is about 42`), else the last one in the text. */
function numberIn(given: string): string | null {
  const text = inDigits(given);
  const spelled = announcedNumber(text) ?? freeNumbers(text).at(-1);
  return spelled === undefined ? null : canonicalNumber(spelled);
}

function announcedNumber(text: string): string | null {
  let announced: string | null = null;
  for (const { 0: whole, 1: number, index } of behind(text, ANNOUNCED, ANNOUNCED_NUMBER)) {
    GOES_ON.lastIndex = index + whole.length;
    if (!GOES_ON.test(text)) announced = number!;
  }
  return announced;
}

/** Numbers that are part of no word (`H2O`, `cm2`), term (`3x`), ordinal (`20th`) or exponent (`cm^2`). */
function freeNumbers(text: string): string[] {
  return [...text.matchAll(NUMBERS)]
    .filter(({ 0: spelled, index }) => {
      const after = text.slice(index + spelled.length, index + spelled.length + 3);
      return !/[\p{L}_^]$|\^\{$/u.test(text.slice(Math.max(0, index - 2), index)) && !TERM.test(after);
    })
    .map(([spelled]) => spelled);
}

/** A letter that is no unit, or the end of an ordinal. */
const TERM = /^(?:(?![ghlmsw])[a-z](?!\p{L})|(?:st|nd|rd|th)(?!\p{L}))/iu;

function canonicalNumber(spelled: string): string {
  const plain = spelled
    .replace('−', '-')
    .replace(/\\[dt]?frac\{(\d+)\}\{(\d+)\}/, '$1/$2')
    .replace(/(?:,|\{,\}|\\,|\s)(?=\d{3}(?!\d))|\s/g, '')
    .replace(',', '.');
  const [above, below] = plain.split('/');
  const value = below === undefined ? Number(above) : Number(above) / Number(below);
  return Number.isFinite(value) ? String(value) : plain;
}

const COUNTED =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );
const WORDS = new RegExp(String.raw`(?<![\p{L}-])(?:${COUNTED.join('|')})(?![\p{L}-])`, 'giu');
const GREATER =
  /\b(?:thir|for|fif|six|seven|eigh|nine)ty\b|\b(?:twenty[\s-][a-z]|hundred|thousand|million|dozen|half)/i;

/** A text without a digit, its number words up to twenty as digits; greater numbers in words are not read. */
function inDigits(text: string): string {
  if (/\d/.test(text) || GREATER.test(text)) return text;
  return text.replace(WORDS, (word) => String(COUNTED.indexOf(word.toLowerCase())));
}

// ── choices ─────────────────────────────────────────────────────────────────────────────────────

/** A capital that is no word: `I think` and `A man` hold none, `A because` does. */
const CAPITAL = String.raw`([A-J])(?![\p{L}\p{N}'’])(?!(?<=[AI])\s+(?!(?:because|since|as|due|for|but|given|or|and|is|was)\b)\p{Ll})`;
/** In brackets and at the end of a line small letters count too. `A or B` names none. */
const CHOICE = new RegExp(
  String.raw`(?:[\s*_"“'$[{\\]|\b(?:the|[Ll]etter|[Oo]ption|[Cc]hoice|text|likely|probably|definitely|clearly|simply)(?![\p{L}\d]))*?` +
    String.raw`(?:\(([A-Ja-j])\)|${CAPITAL}|([a-j])(?=[.)\s*]{0,8}$))(?!\s*(?:or|and|nor|,|/|&)\s*\(?[A-J](?![\p{L}\p{N}'’]))`,
  'muy',
);
const FINAL = /\\f?boxed\{|\bfinal\s+answer\b[*_]*\s*(?:is\s*:?|:)/gi;
const STATED =
  /\b(?:answer|choice|option|solution)\b[*_]*\s*(?:is\s*:?|must\s+be|:|=|[-–—]\s)|\b(?:it\s+is|it['’]s|must\s+be|(?:i|i['’]d|would|we)\s+(?:choose|pick|select|go\s+with))\b/gi;
const SAID_RIGHT =
  /(?<![\p{L}\p{N}])([A-J])\)?\s+is\s+(?:the\s+)?(?:only\s+|most\s+)?(?:correct|right|best|true|answer)\b/gu;
const LONE = /^[^\p{L}\p{N}]*([A-Ja-j])[^\p{L}\p{N}]*$/gu;
const LEADING = /^[^\p{L}\p{N}\n]{0,8}([A-J])(?:[).:]|[^\p{L}\p{N}\n]{0,8}$)/gmu;
const BRACKETED = /\(([A-Ja-j])\)/g;
const NAMED = new RegExp(
  String.raw`\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+\(?${CAPITAL}(?!\)?\s+is(?:n['’]t|\s+(?:not|wrong|incorrect|false))\b)`,
  'gu',
);

/**
 * The letter of a choice. The surest place that names one decides: the whole text, a final answer, a statement
 * (`the answer is B`, `B is correct`), the start of a line, brackets, `option B`. Null where it names several; only
 * several lines that begin with a letter may be the choices told again.
 */
function choiceIn(text: string): string | null {
  const leading = () => text.matchAll(LEADING);
  const places = [
    () => text.matchAll(LONE),
    () => behind(text, FINAL, CHOICE),
    () => [...behind(text, STATED, CHOICE), ...text.matchAll(SAID_RIGHT)],
    leading,
    () => text.matchAll(BRACKETED),
    () => text.matchAll(NAMED),
  ];
  for (const place of places) {
    const letters = new Set<string>();
    for (const [, ...groups] of place()) letters.add(groups.find((letter) => letter !== undefined)!.toUpperCase());
    if (letters.size === 1) return [...letters][0]!;
    if (letters.size > 1 && place !== leading) return null;
  }
  return null;
}

/** What stands right behind each announcement, where it has the form of an answer. */
function* behind(text: string, announced: RegExp, answer: RegExp): Generator<RegExpExecArray> {
  for (const match of text.matchAll(announced)) {
    answer.lastIndex = match.index + match[0].length;
    const found = answer.exec(text);
    if (found !== null) yield found;
  }
}
