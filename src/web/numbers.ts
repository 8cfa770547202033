// Numbers as people read them on the page: those of figures.ts, with blanks that do not break.
import * as figures from '../figures.js';
import type { Estimate } from '../summary.js';

const NBSP = '\u00a0';
const unbroken = (text: string): string => text.replace(/^[<>](?=\d)/, '$& ').replaceAll(' ', NBSP);

/** A share of 0..1 as "62 %", in the digits of figures.ts: 0.9999 is "> 99.9 %". */
export const percent = (share: number, n = 0): string => unbroken(`${figures.percent(share, n)} %`);

/** The win rate of an estimate; below ten prompts its counts: "5 of 8". */
export const headline = (e: Estimate): string => unbroken(figures.headline(e));

/** A win rate that no counts stand for: of fewer than ten prompts none is said. A dash where there is none. */
export function rateOf(rate: number | null, n: number): string {
  if (rate === null) return '–';
  return n < figures.FEW ? unbroken('too few') : percent(rate, n);
}

/** A share of few as its count: "5 of 9". */
export const shareOf = (share: number, n: number): string => unbroken(`${count(Math.round(share * n))} of ${count(n)}`);

/** An interval of shares as "60–81". */
export const range = (low: number, high: number, n = 0): string => figures.range({ low, high }, n);

/** A p value: "0.031", "< 0.001"; a dash where none was asked for. */
export function pValue(p: number | null): string {
  if (p === null) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** A difference of shares in points: 0.09 is "9 points". */
export const points = (share: number): string => unbroken(figures.points(share));

/** A count with thousands set apart: "1,200". */
export const count = figures.whole;

/** A count with its noun: "1 prompt", "40 prompts". */
export const counted = (n: number, noun: string): string => unbroken(figures.counted(n, noun));

/** Money with two significant digits: "$4.10", "$0.0041", "$1,200". An unknown price is said, never shown as nothing. */
export const money = (usd: number | null): string => (usd === null ? 'price unknown' : figures.money(usd));

/** A duration in milliseconds in its largest unit: "20 s", "3 min", "2 h", "4 days". */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 1) return `${Math.round(ms)}${NBSP}ms`;
  if (seconds < 90) return `${Math.round(seconds)}${NBSP}s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)}${NBSP}min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)}${NBSP}h`;
  return `${Math.round(seconds / 86400)}${NBSP}days`;
}

/** An ISO time as "2026-11-21 10:30" in the reader's own zone; the text itself where it is no time. */
export function moment(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** The start of a text on one line, cut at a word where one ends near: for rows of a list. */
export function excerpt(text: string, length: number): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= length) return line;
  const cut = line.slice(0, length);
  const word = cut.lastIndexOf(' ');
  return `${word > length * 0.8 ? cut.slice(0, word) : cut.replace(/[\ud800-\udbff]$/, '')}…`;
}
