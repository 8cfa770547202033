// What in a text could pass for the template around it? Text from models and prompts is shown whole, but anything that
// looks like a delimiter of ours, a control token of a chat template, or an invisible character is made visible and
// harmless. Delimiters cannot be forged anyway (they end in a code derived from the texts); this keeps a judge from
// being fooled by one that is nearly right.

export interface Neutralised {
  text: string;
  /** How many delimiters and control tokens were disarmed. */
  markers: number;
  /** How many invisible or control characters were written out. */
  invisible: number;
}

/** The names that our delimiters begin with. `a` and `b` are appended to `response`. */
export const DELIMITERS = ['response_a', 'response_b', 'user_prompt', 'system_prompt', 'reference_answer'] as const;

/**
 * Cyrillic and Greek letters that print like Latin ones; other styles of a letter fold onto it by Unicode's
 * compatibility form.
 */
const ALIKE: Record<string, string> = {
  ...{ a: 'аα', c: 'сϲ', e: 'еε', m: 'м', n: 'η', o: 'оο', p: 'рρ', s: 'ѕ', t: 'тτ', u: 'υ', w: 'ԝω', y: 'уγ' },
};

/** Full-width, letter-like, mathematical and circled letters. */
const STYLED = [
  [0xff21, 0xff5a],
  [0x2100, 0x214f],
  [0x1d400, 0x1d6a5],
  [0x24b6, 0x24e9],
] as const;

// Stryker disable next-line BlockStatement: it runs when the module is loaded, where no mutant is switched on
function lookalikes(): Record<string, string> {
  const letters: Record<string, string> = {};
  // Stryker disable next-line EqualityOperator: no delimiter has a z
  for (let code = 0x61; code <= 0x7a; code++) {
    const letter = String.fromCharCode(code);
    letters[letter] = letter + (ALIKE[letter] ?? '');
  }
  for (const [from, to] of STYLED) {
    // Stryker disable next-line EqualityOperator,UpdateOperator: no delimiter has the last letter of a range, and no mutant is on yet
    for (let code = from; code <= to; code++) {
      const styled = String.fromCodePoint(code);
      // Stryker disable next-line StringLiteral: as above
      const folded = styled.normalize('NFKC').toLowerCase();
      // Stryker disable next-line ConditionalExpression: what is no letter is never looked up
      if (folded in letters) letters[folded] += styled;
    }
  }
  return letters;
}

/** White space, invisible characters, accents, dashes, underscores, slashes: what may stand between the letters. */
const BETWEEN = String.raw`[\s\p{DI}\p{M}\p{Pd}\p{Pc}/\\／⁄∕.:·]*`;
const ANGLE = '[<＜﹤‹〈⟨❮❬≺˂ᐸ]';

/**
 * A delimiter's look: an angle, an optional slash, the name of a delimiter in any case, style or spacing, and no word
 * going on (`<response_body>` is none). BETWEEN shares no character with what follows it, so that matching is linear.
 */
const MARKER = ((): RegExp => {
  const letters = lookalikes();
  const spaced = (word: string): string =>
    [...word].map((letter) => (letter === '_' ? '' : `[${letters[letter]!}]${BETWEEN}`)).join('');
  const names = DELIMITERS.map(spaced).join('|');
  return new RegExp(String.raw`${ANGLE}(?=${BETWEEN}(?:${names})(?!\p{L}{2}))`, 'giu');
})();

/**
 * Control tokens of chat templates (a server that runs a local judge may read them as such even inside a message) and
 * the tags in which models write tool calls.
 */
const CONTROL_TOKEN =
  /<(?=[|｜][\p{L}\p{N}▁_.\- ]{1,40}[|｜]>)|<(?=\/?(?:s|bos|eos|(?:start|end)_of_turn|tool_(?:call|response)s?|function_(?:call|result)s?)>)|<(?=<\/?SYS>>)|\[(?=\/?INST\])/giu;

/**
 * Characters that do not print: controls, bidirectional overrides, zero-width spaces, tags, lone surrogates. Line
 * breaks and tabs stay, and so do joiners, direction marks and variation selectors, which ordinary writing needs.
 */
const INVISIBLE =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufff8\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\p{Cs}]|\r(?!\n)/gu;

// The patterns above are slow and rarely needed; a text without one of these cannot match them.
// Stryker disable next-line Regex: looking at every text with the slow patterns finds the same
const MAY_HOLD_MARKER = /[<＜﹤‹〈⟨❮❬≺˂ᐸ]|\[\/?INST\]/iu;
const MAY_HOLD_INVISIBLE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufff8\ud800-\udfff]/;

/**
 * The text with every marker's opening character written as an entity (`&lt;`) and every invisible character as
 * `\u{…}`, with counts of both. Nothing is left out and nothing else is changed.
 */
export function neutralise(text: string): Neutralised {
  let shown = text;
  let markers = 0;
  let invisible = 0;
  const entity = (opening: string): string => {
    markers++;
    return opening === '<' ? '&lt;' : `&#x${opening.codePointAt(0)!.toString(16)};`;
  };
  // Markers first: written-out characters inside one would hide it from the pattern.
  // Stryker disable next-line ConditionalExpression: as above
  if (MAY_HOLD_MARKER.test(shown)) shown = shown.replace(MARKER, entity).replace(CONTROL_TOKEN, entity);
  // Stryker disable next-line ConditionalExpression: as above
  if (MAY_HOLD_INVISIBLE.test(shown)) {
    shown = shown.replace(INVISIBLE, (character) => {
      invisible++;
      return `\\u{${character.codePointAt(0)!.toString(16)}}`;
    });
  }
  return { text: shown, markers, invisible };
}

/** Whether a text holds a control token of a chat template, or a tag in which models write tool calls. */
export function holdsControlToken(text: string): boolean {
  return text.search(CONTROL_TOKEN) >= 0;
}
