// Tokens of texts that nobody has counted.
import type { Ask } from '../records.js';

/** Tokens of a text of so many characters: about four make one. */
export function tokensIn(characters: number): number {
  return Math.ceil(characters / 4);
}

/** Input tokens of a question; what is counted is what the server says afterwards. */
export function estimatedTokens(ask: Pick<Ask, 'messages'>): number {
  let characters = 0;
  for (const { content } of ask.messages) characters += content.length;
  return tokensIn(characters);
}
