// Columns of text without lines: as wide as they need; where the terminal ends, the widest text columns give way.
import Table from 'cli-table3';
import { paint, plain, room } from './terminal.js';

export interface Column {
  title: string;
  /** Numbers stand at the right. */
  right?: boolean;
  /** Never cut: something people copy. */
  whole?: boolean;
}

const GAP = 2;
const LEAST = 10;
const PARTS = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const MORE = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'];
const NO_LINES = Object.fromEntries([...PARTS, ...MORE].map((part) => [part, '']));

/** Rows under dim titles, indented by two; a pipe has no end, so nothing is cut there. */
export function table(heads: readonly Column[], rows: readonly string[][], width = room()): string[] {
  const cells = rows.map((row) => row.map((cell) => plain(cell).replace(/\s+/g, ' ')));
  const widths = heads.map(({ title }, i) => Math.max(...[title, ...cells.map((row) => row[i]!)].map(lengthOf)) + GAP);
  for (let over = widths.reduce((sum, one) => sum + one, 0) - width; over > 0; over--) {
    const yielding = widths.map((one, i) => (heads[i]!.right === true || heads[i]!.whole === true ? 0 : one));
    const widest = yielding.indexOf(Math.max(...yielding));
    if (yielding[widest]! <= LEAST) break;
    widths[widest]!--;
  }
  const drawn = new Table({
    head: heads.map(({ title }) => paint.dim(title)),
    colWidths: widths,
    colAligns: heads.map(({ right }) => (right === true ? 'right' : 'left')),
    chars: NO_LINES,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': GAP },
  });
  drawn.push(...cells.map((row) => row.map((cell, i) => shortened(cell, widths[i]! - GAP))));
  return drawn
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`);
}

const lengthOf = (text: string): number => [...text].length;

/** Cut in the middle: names of checkpoints differ at their end. */
function shortened(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return `${characters.slice(0, width - 1 - end).join('')}…${characters.slice(-end).join('')}`;
}
