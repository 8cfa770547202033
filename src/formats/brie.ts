// Brie exports: `baseline_response` beside `<name>_response` (or `_output`), the judge's text, and which was printed
// first. `Response A` is always the baseline, whatever the order; re-judged files keep fields of the judge before.
import { basename } from 'node:path';
import { promptHash } from '../hash.js';
import type { Order } from '../records.js';
import type { Fields } from './fields.js';
import { readWinnerLine } from './label.js';
import { type Format, type Input, type Labels, type Row, rowOf, winnerOf } from './row.js';
import type { Item } from './source.js';

const LABELS: Labels = { A: 'baseline', B: 'candidate' };
const EXTRAS = [
  'config_name',
  'prompt_num',
  'temperature',
  'max_tokens',
  'timestamp',
  'winner_ORIGINAL_BUGGY',
] as const;
/** Records read ahead to see whether a file was judged again. */
const AHEAD = 1000;

export const brie: Format = {
  name: 'brie',
  // `judge` and `candidate_response` are words of the generic rows.
  fits: (first) =>
    pairOf(first) !== null && !first.knows('judge') && (first.knows('judgment') || first.knows('presentation_order')),
  async *read(input) {
    const name = nameParts(input.file);
    const rejudged = await judgedAgain(input);
    for await (const item of input.records()) yield readRow(item, input, name, rejudged);
  },
};

/** The fields that hold the two texts of a comparison, and the candidate's name in them. */
export interface PairFields {
  baseline: string;
  candidate: string;
  name: string;
}

/** The fields of the first pair in a record; null where there is none. */
export function pairOf(fields: Fields): PairFields | null {
  return pairsOf(fields)[0] ?? null;
}

/** The fields of every pair in a record, one for each candidate beside the baseline. */
export function pairsOf(fields: Fields): PairFields[] {
  return ['response', 'output'].flatMap((kind) => {
    const baseline = `baseline_${kind}`;
    const candidates = fields.names.filter((field) => field !== baseline && field.endsWith(`_${kind}`));
    if (!fields.knows(baseline)) return [];
    return candidates.map((candidate) => ({ baseline, candidate, name: candidate.slice(0, -kind.length - 1) }));
  });
}

function readRow({ fields, ...at }: Item, input: Input, name: NameParts, rejudged: boolean): Row {
  const { options } = input;
  const pair = pairOf(fields);
  if (pair === null) throw fields.wrong('baseline_response', 'must stand beside the response of a candidate');
  const prompt = fields.need('prompt');
  const reply = fields.text('judgment');
  const { said, failure } = reply === null ? { said: null, failure: null } : readWinnerLine(reply);
  const recorded = recordedOf(fields, pair.name);
  const stated = recorded === 'unknown' ? null : recorded;
  const derived =
    reply === null
      ? { winner: stated, failure: 'unreadable' as const, how: 'recorded' as const }
      : { winner: said && winnerOf(said, LABELS), failure, how: 'reply' as const };
  const judge = judgeOf(fields, name, rejudged);
  return rowOf({ fields, ...at }, input, {
    format: 'brie',
    recorded_winner: recorded,
    derived,
    labels: LABELS,
    said,
    judge_doubt: options.judge === undefined ? judge.doubt : null,
    extras: fields.scalars(EXTRAS),
    judgment: {
      suite: options.suite ?? name.suite,
      category: fields.text('category'),
      prompt_id: promptHash(prompt).slice(0, 12),
      prompt,
      baseline: options.baseline ?? 'baseline',
      candidate: options.candidate ?? pair.name,
      baseline_response: fields.text(pair.baseline),
      candidate_response: fields.text(pair.candidate),
      judge: options.judge ?? judge.name,
      judge_provider: fields.text('judge_type'),
      judge_model: judge.doubt === null ? fields.text('judge_model') : null,
      order: orderOf(fields),
      reply,
      baseline_scores: reply === null ? null : scoresOf(reply, 'A'),
      candidate_scores: reply === null ? null : scoresOf(reply, 'B'),
      rationale: reply === null ? null : (/^\W*Reasoning\W*:\s*([\s\S]+)$/im.exec(reply)?.[1]?.trim() ?? null),
    },
  });
}

function orderOf(fields: Fields): Order | null {
  const order = fields.text('presentation_order');
  if (order === null) return null;
  if (order !== 'AB' && order !== 'BA') throw fields.wrong('presentation_order', 'must be AB or BA');
  return order === 'AB' ? 'baseline-first' : 'candidate-first';
}

function recordedOf(fields: Fields, name: string): Row['recorded_winner'] {
  const winner = fields.text('winner');
  if (winner === null) return null;
  if (winner === name) return 'candidate';
  if (winner === 'baseline' || winner === 'tie' || winner === 'unknown') return winner;
  throw fields.wrong('winner', `must be ${name}, baseline, tie or unknown`);
}

/** Criterion → number of the line `Response A - Creativity: 3, Coherence: 4`; null where there is none. */
function scoresOf(reply: string, letter: 'A' | 'B'): Record<string, number> | null {
  const line = new RegExp(`^\\W*Response ${letter}\\b\\W*?-(.*)$`, 'm').exec(reply)?.[1];
  if (line === undefined) return null;
  const found = [...line.matchAll(/([A-Za-z][A-Za-z -]{0,40}?)\**:\s*(\d{1,3}(?:\.\d{1,3})?)\b/g)];
  return found.length === 0 ? null : Object.fromEntries(found.map(([, name, value]) => [name!, Number(value)]));
}

interface NameParts {
  stem: string;
  /** The evaluation without judge, date and stage, so that final, intermediate and re-judged files are one suite. */
  suite: string;
  /** `<model>` and time of `…_judged_<model>_<YYYYMMDD_HHMMSS>`. */
  judge: string | null;
  judged: string | null;
}

function nameParts(file: string): NameParts {
  const stem = basename(file)
    .replace(/\.gz$/i, '')
    .replace(/\.[a-z]+$/i, '');
  const again = /_judged_(?:(.+)_)?(\d{8}_\d{6})$/.exec(stem);
  const suite = stem
    .replace(/_judged_.*$/, '')
    .replace(/_CORRECTED$/, '')
    .replace(/(?:_(?:final|intermediate))?_\d{8}_\d{6}$/, '')
    .replace(/_(?:final|intermediate)$/, '');
  return { stem, suite, judge: again?.[1] ?? null, judged: again?.[2] ?? null };
}

/** The judge of a row, and why the one it states cannot be it. */
function judgeOf(fields: Fields, name: NameParts, rejudged: boolean): { name: string; doubt: string | null } {
  const stated = fields.text('judge_model');
  const unrecorded = name.judged === null ? `unrecorded (${name.stem})` : `unrecorded (judged ${name.judged})`;
  if (stated === null) return { name: name.judge ?? name.stem, doubt: null };
  if (name.judge !== null) {
    if (plain(name.judge) === plain(stated)) return { name: stated, doubt: null };
    return { name: name.judge, doubt: `the file name says ${name.judge}, the row ${stated}` };
  }
  // `judge_type` is written by the program that also writes the right `judge_model`.
  if (fields.has('judge_type')) return { name: stated, doubt: null };
  const timestamp = fields.text('timestamp');
  if (name.judged !== null && timestamp !== null && plain(timestamp).slice(0, 15) < plain(name.judged))
    return {
      name: unrecorded,
      doubt: `the row names ${stated} at ${timestamp}, the file was judged again at ${name.judged}`,
    };
  if (rejudged)
    return { name: unrecorded, doubt: `the row names ${stated}, but its winner was written after its correction` };
  return { name: stated, doubt: null };
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * Whether the file was judged again after its winners were corrected: `winner_ORIGINAL_BUGGY` is written only where a
 * correction changed the winner, so the two are equal only where a later judge wrote another winner.
 */
async function judgedAgain(input: Input): Promise<boolean> {
  for await (const { fields, row } of input.records()) {
    if (row > AHEAD) return false;
    const before = fields.text('winner_ORIGINAL_BUGGY');
    if (before !== null && before === fields.text('winner')) return true;
  }
  return false;
}
