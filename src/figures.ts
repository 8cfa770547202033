// Numbers for people: percent without decimals below 100 prompts, intervals as 60–81, money with two significant
// digits, times as "3 min". One place, so that terminal, report, gate and page print a number alike.
import type { Estimate, Look, Rate } from './summary.js';

/** A share of 0..1 as percent, one decimal from 100 prompts on. Never rounds up to certainty: 0.9999 is ">99.9". */
export function percent(share: number | null, n = 0): string {
  if (share === null) return '–';
  const digits = n >= 100 ? 1 : 0;
  const least = 10 ** -digits;
  const text = (share * 100).toFixed(digits);
  if (share < 1 && Number(text) >= 100) return `>${(100 - least).toFixed(digits)}`;
  if (share > 0 && Number(text) === 0) return `<${least.toFixed(digits)}`;
  return text;
}

/** `60–81`, or a dash where there is no interval. */
export function range(interval: { low: number; high: number } | null, n = 0): string {
  if (interval === null) return '–';
  const digits = n >= 100 ? 1 : 0;
  return `${(interval.low * 100).toFixed(digits)}–${(interval.high * 100).toFixed(digits)}`;
}

/** `51 % (46–56)`, or a dash where it is not measured. */
export function rated({ value, low, high, n }: Rate): string {
  if (value === null) return '–';
  const interval = low === undefined || high === undefined ? '' : ` (${range({ low, high }, n)})`;
  return `${percent(value, n)} %${interval}`;
}

/** The win rate of an estimate; below ten prompts a percentage says too much, so the counts: `5 of 8`. */
export function headline(e: Estimate): string {
  if (e.win_rate === null) return '–';
  if (e.n_prompts >= FEW) return `${percent(e.win_rate, e.n_prompts)} %`;
  return `${e.wins} of ${e.wins + e.losses + e.ties + e.order_dependent}`;
}

/** Prompts below which counts stand in place of a percentage. */
export const FEW = 10;

/** A difference of shares in points: 0.09 is `9 points`. */
export function points(share: number): string {
  const text = (share * 100).toFixed(share < 0.01 ? 1 : 0).replace(/\.0$/, '');
  return `${text} ${text === '1' ? 'point' : 'points'}`;
}

/** A loss that is not excluded, rounded up: rounded down, the rest of it would read as excluded. */
export const pointsUp = (share: number): string => points(Math.ceil(100 * share - 1e-9) / 100);

/** The points of a margin as it was set, 2.5: rounded, a claim would be of another one. */
export const inPoints = (margin: number): number => Number((100 * margin).toFixed(2));

/** The same in words, `2.5 points`. */
export function marginPoints(margin: number): string {
  const text = String(inPoints(margin));
  return `${text} ${text === '1' ? 'point' : 'points'}`;
}

/** A difference with its sign: `+0.42`, `−0.10`, `0.00`; a dash where it is not known. */
export function signed(x: number | null): string {
  if (x === null) return '–';
  const text = Math.abs(x).toFixed(2);
  return Number(text) === 0 ? text : `${x > 0 ? '+' : '−'}${text}`;
}

/** Whole numbers in order, neighbours as spans, at most so many of them: `1, 3, 10–46`. */
export function spans(numbers: readonly number[], most = 20): string {
  const found: [number, number][] = [];
  for (const n of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last?.[1] === n - 1) last[1] = n;
    else found.push([n, n]);
  }
  const shown = found.slice(0, most).map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  return `${shown.join(', ')}${found.length > most ? ', …' : ''}`;
}

/** A coefficient: `0.51`, `−0.08`. */
export function coefficient(x: number): string {
  return signed(x).replace('+', '');
}

/** Dollars with two significant digits; an unknown price is said. */
export function money(usd: number | null): string {
  if (usd === null) return 'unknown';
  if (usd === 0) return '$0';
  const rounded = Number(usd.toPrecision(2));
  const digits = rounded >= 10 ? 0 : rounded >= 0.1 ? 2 : Math.min(12, 1 - Math.floor(Math.log10(rounded)));
  return `$${rounded.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** A duration that fits a line: `0:20`, `3 min`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `0:${String(seconds).padStart(2, '0')}`;
  if (seconds < 90) return `1:${String(seconds - 60).padStart(2, '0')}`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1,200`. */
export function whole(n: number): string {
  return n.toLocaleString('en-US');
}

/** A count with its noun: `1 prompt`, `40 prompts`. */
export function counted(n: number, noun: string): string {
  return `${whole(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** The five outcomes, always in this order and shape. */
export const SIGNS = { win: '▲', loss: '▼', tie: '=', 'order-dependent': '⇄', failed: '×' } as const;

/** Counts of an estimate in the order of `SIGNS`. */
export function countsOf(e: Estimate): number[] {
  return [e.wins, e.losses, e.ties, e.order_dependent, e.failed];
}

/** The name of a group: `in-domain`, `coding × opus`, or `overall`. */
export function groupName({ group }: Pick<Estimate, 'group'>): string {
  return Object.values(group).join(' × ') || 'overall';
}

/** `in-domain 62 % (45–77) of 64 prompts, undecided`. */
export function lookLine({ domain, n, win_rate, low, high, verdict }: Look): string {
  return `${domain} ${percent(win_rate)} % (${range({ low, high })}) of ${n} prompts, ${verdict}`;
}
