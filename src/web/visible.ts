// Text from models with what a reader cannot see made visible: terminal control characters, and the marks that turn the
// direction of writing, which can make a text read other than it is. Nothing is taken away.
// Direction marks: Unicode Technical Report 36, section 2.

const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/**
 * The same text with C0 controls as their pictures (ESC is "␛") and other unseen characters as "[U+202E]". Line feeds
 * and tabs stay; the carriage return of a line end goes. A joiner (U+200C, U+200D) stays: emoji and several scripts need it.
 */
export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(UNSEEN, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '␡';
    return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}
