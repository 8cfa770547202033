// Columns of text without lines: as wide as they need; where the terminal ends, the widest text column gives way.
import Table from 'cli-table3';
import { columns, paint, plain } from './terminal.js';

export interface Column {
  title: string;
  /** Numbers stand at the right. */
  right?: boolean;
  /** Never cut: something people copy. */
  whole?: boolean;
}

const GAP = 2;
const LEAST = 12;
const PARTS = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const MORE = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'];
const NO_LINES = Object.fromEntries([...PARTS, ...MORE].map((part) => [part, '']));

/** Rows under dim titles, indented by two; a pipe has no end, so nothing is cut there. */
export function table(heads: readonly Column[], rows: readonly string[][], width = room()): string[] {
  const cells = rows.map((row) => row.map((cell) => plain(cell).replace(/\s+/g, ' ')));
  const widths = heads.map(({ title }, i) => Math.max(...[title, ...cells.map((row) => row[i]!)].map(lengthOf)) + GAP);
  const over = widths.reduce((sum, one) => sum + one, GAP) - width;
  if (over > 0) {
    const yielding = widths.map((one, i) => (heads[i]!.right === true || heads[i]!.whole === true ? 0 : one));
    const widest = yielding.indexOf(Math.max(...yielding));
    if (yielding[widest]! > LEAST) widths[widest] = Math.max(LEAST, widths[widest]! - over);
  }
  const drawn = new Table({
    head: heads.map(({ title }) => paint.dim(title)),
    colWidths: widths,
    colAligns: heads.map(({ right }) => (right === true ? 'right' : 'left')),
    chars: NO_LINES,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': GAP },
  });
  drawn.push(...cells);
  return drawn
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`);
}

const room = (): number => (process.stdout.isTTY ? columns() : Infinity);

const lengthOf = (text: string): number => [...text].length;
