// Texts as words, for finding the same text in other clothes: case, punctuation and white space do not count.
import type { Prompt } from '../records.js';

// Scripts without blanks between words are taken letter by letter; symbols count, so that 7 + 5 is not 7 * 5.
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}`;
const WORD = new RegExp(String.raw`[${UNSPACED}]\p{M}*|(?:(?![${UNSPACED}])[\p{L}\p{M}\p{N}])+|[\p{S}*/%]`, 'gu');

/** The words of a text in order, lower case, composed (NFC). */
export function wordsOf(text: string): string[] {
  return text.normalize('NFC').toLowerCase().match(WORD) ?? [];
}

/** What a prompt asks, as one text: the turns of the user, without roles; its text where it has no messages. */
export function asked({ prompt, messages }: Prompt): string {
  if (messages === null) return prompt;
  return messages.flatMap(({ role, content }) => (role === 'user' ? [content] : [])).join('\n\n');
}
