// A forest plot in characters: a point with its interval on an axis from 0 to 100, a line at 50, its numbers beside it.
import { countsOf, groupName, headline, percent, range, SIGNS, whole } from '../figures.js';
import { DOMAINS } from '../records.js';
import type { Estimate, Summary } from '../summary.js';
import { oneLine, paint } from './terminal.js';

/** The plot with its numbers. Narrow: counts and bootstrap on a line below each row; wide: on the row. */
export function plot(summary: Summary, width: number, rows = plotted(summary)): string[] {
  const name = Math.min(18, Math.max(8, ...rows.map((e) => [...groupName(e)].length)));
  const longest = (texts: string[], least: number) => Math.max(least, ...texts.map((text) => text.length));
  const rate = longest(rows.map(headline), 8);
  const interval = longest(
    rows.map((e) => range(e.interval, e.n_prompts)),
    7,
  );
  const boot = longest(rows.map(bootstrapOf), 9);
  const prompts = longest(
    rows.map((e) => whole(e.n_prompts)),
    3,
  );
  const count = longest(
    rows.flatMap((e) => countsOf(e).map(whole)),
    2,
  );
  const figures = rate + 2 + interval + 2 + prompts;
  const extra = 2 + boot + 1 + (count + 1) * 5;
  const wide = width >= 2 + name + 2 + 41 + 2 + figures + extra;
  const room = width - (2 + name + 2 + 2 + figures) - (wide ? extra : 0);
  const axisWidth = Math.max(21, Math.min(wide ? 61 : 37, room)) - (room % 2 === 0 && room < 61 ? 1 : 0);

  const signs = Object.values(SIGNS);
  const heads = [
    'win rate'.padStart(rate),
    'n'.padStart(2 + interval + 2 + prompts),
    wide ? `  ${'bootstrap'.padEnd(boot)} ${signs.map((sign) => sign.padStart(count + 1)).join('')}` : '',
  ].join('');
  const out = [`  ${' '.repeat(name)}  ${paint.dim(axis(axisWidth))}  ${paint.dim(heads)}`];
  for (const e of rows) {
    const beside = [
      headline(e).padStart(rate),
      '  ',
      range(e.interval, e.n_prompts).padEnd(interval),
      '  ',
      whole(e.n_prompts).padStart(prompts),
      wide ? `  ${bootstrapOf(e).padEnd(boot)} ` : '',
      wide
        ? countsOf(e)
            .map((n) => whole(n).padStart(count + 1))
            .join('')
        : '',
    ].join('');
    const label = oneLine(groupName(e), name).padEnd(name);
    out.push(`  ${label}  ${row(e, axisWidth)}  ${e.size === 'too-few' ? paint.dim(beside) : beside}`.trimEnd());
    if (!wide) {
      const counts = signs.map((sign, i) => `${sign} ${whole(countsOf(e)[i]!)}`).join('  ');
      const below = `${counts.padEnd(axisWidth + rate - 3)} boot  ${bootstrapOf(e)}`;
      out.push(`  ${' '.repeat(name)}  ${paint.dim(below)}`.trimEnd());
    }
  }
  return [...out, paint.dim(`  (${legend(rows).join('; ')})`)];
}

const bootstrapOf = ({ bootstrap, n_prompts }: Estimate): string =>
  bootstrap?.degenerate === true ? 'degenerate' : range(bootstrap, n_prompts);

function legend(rows: readonly Estimate[]): string[] {
  const level = rows.find((e) => e.interval !== null)?.interval?.level ?? 0.95;
  const drawn = rows.map((e) => e.bootstrap?.resamples).find((resamples) => typeof resamples === 'number');
  return [
    `${percent(level)} % by prompt`,
    drawn === undefined ? 'exact bootstrap' : `bootstrap of ${whole(drawn)} resamples`,
    ...(rows.some((e) => e.size === 'too-few') ? ['grey: too few prompts'] : []),
  ];
}

/** The rows of the plot: the domains that were tested, or the suites where none is known, and overall beside several. */
export function plotted({ estimates }: Summary): Estimate[] {
  const single = (key: 'domain' | 'suite') => estimates.filter((e) => Object.keys(e.group).join() === key);
  const domains = single('domain').sort(
    (a, b) => DOMAINS.indexOf(a.group.domain as never) - DOMAINS.indexOf(b.group.domain as never),
  );
  const rows = domains.length > 0 ? domains : single('suite');
  return rows.length === 1 ? rows : [...rows, ...estimates.slice(0, 1)];
}

/** The axis above the rows, `width` characters. */
export function axis(width: number): string {
  const line = Array<string>(width).fill(' ');
  for (const [share, label] of [
    [0, '0%'],
    [0.25, '25%'],
    [0.5, '50%'],
    [0.75, '75%'],
    [1, '100%'],
  ] as const) {
    const at = Math.round(share * (width - 1));
    const start = Math.max(0, Math.min(width - label.length, at - Math.floor(label.length / 2)));
    [...label].forEach((c, i) => (line[start + i] = c));
  }
  return line.join('');
}

/** One row: `├───┼─●──┤`, grey when the sample is too small to say much. */
export function row(
  { win_rate, interval, size }: Pick<Estimate, 'win_rate' | 'interval' | 'size'>,
  width: number,
): string {
  const place = (share: number) => Math.round(share * (width - 1));
  const cells = Array<string>(width).fill(' ');
  for (const share of [0, 0.25, 0.75, 1]) cells[place(share)] = '·';
  if (interval !== null) {
    const [low, high] = [place(interval.low), place(interval.high)];
    for (let i = low; i <= high; i++) cells[i] = '─';
    cells[low] = '├';
    cells[high] = '┤';
  }
  const middle = place(0.5);
  cells[middle] = cells[middle] === '─' ? '┼' : cells[middle] === ' ' ? '│' : cells[middle]!;
  const text = cells.map((c, i) => (win_rate !== null && i === place(win_rate) ? '●' : c)).join('');
  if (size === 'too-few' || interval === null) return paint.dim(text);
  return interval.low > 0.5 ? paint.blue(text) : interval.high < 0.5 ? paint.yellow(text) : text;
}
