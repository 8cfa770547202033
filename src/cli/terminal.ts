// What may reach a terminal: colours where they are wanted, and model text with nothing in it that commands a terminal.
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';

/** Colours and signs by meaning; without colour (NO_COLOR, a pipe) the same text. */
export const paint = pc;

/** A text in which control characters and bidirectional overrides are written out, line breaks and tabs kept. */
export function plain(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text on one line, at most `width` characters. */
export function oneLine(text: string, width: number): string {
  const line = plain(text).replace(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Columns of the terminal, 80 where there is none. */
export function columns(): number {
  return process.stdout.columns || 80;
}

/** Columns that a line may take: a pipe has no end, so that a row stays one line there. */
export function room(stream: NodeJS.WriteStream = process.stdout): number {
  return stream.isTTY ? stream.columns || 80 : Infinity;
}

/** Characters of a text as it stands on the screen: colours take no room. */
export function breadth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/**
 * Pieces on as many lines as they need: pieces of a line stand `gap` apart, lines after the first are indented by
 * `hang`. A piece is never broken.
 */
export function flowed(pieces: readonly string[], width: number, hang: number, gap = '   '): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const piece of pieces) {
    if (piece === '') continue;
    const longer: string = line === null ? piece : `${line}${gap}${piece}`;
    if (line === null || breadth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = `${' '.repeat(hang)}${piece}`;
    }
  }
  return line === null ? lines : [...lines, line];
}

/**
 * Lines that are too long broken between words; what follows stands below the text of the line, beside its label where
 * it has one. A word is never broken.
 */
export function fitted(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => (breadth(line) <= width ? [line] : broken(line, width)))
    .join('\n');
}

/** Sentences, broken between words on a pipe too: only rows are read there line by line. */
export function prose(text: string): string {
  return fitted(text, columns());
}

function broken(line: string, width: number): string[] {
  const shown = stripVTControlCharacters(line);
  const label = /^ *\S+(?: \S+)? {2,}/.exec(shown)?.[0].length ?? Infinity;
  const hang = label <= width / 3 ? label : shown.search(/\S/) + 2;
  const lines: string[] = [];
  let last: string | null = null;
  for (const word of line.split(/(?<=[^ ]) /)) {
    if (last === null || breadth(`${last} ${word}`) <= width) last = last === null ? word : `${last} ${word}`;
    else {
      lines.push(last);
      const own = word.trimStart();
      last = ' '.repeat(Math.max(0, Math.min(hang, width - breadth(own)))) + own;
    }
  }
  return [...lines, last ?? ''];
}

/** A text broken between words to fit the width, every line indented. */
export function wrapped(text: string, width: number, indent: number): string[] {
  const [first = '', ...words] = text.split(' ');
  return flowed([`${' '.repeat(indent)}${first}`, ...words], Math.max(width, indent + 20), indent, ' ');
}
