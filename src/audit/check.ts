// What a check is: it looks at one row after another, keeps hashes and counts only, and says what it found.
// To add one: a file, its code below, and a line in the list of index.ts.
import { createHash } from 'node:crypto';
import type { Row, Standing } from '../formats/index.js';
import type { Finding } from '../records.js';

/** A finding, without what the audit knows itself. A finding from `end` names its own place. */
export type Found = Pick<Finding, 'severity' | 'message'> &
  Partial<Pick<Finding, 'recorded' | 'derived' | 'file' | 'line'>> & {
    /** Rows it stands for; 1 by default. */
    rows?: number;
  };

/**
 * `sound`: looked at and nothing found. `unverifiable`: the file lacks what the check needs. `outside`: the check is
 * not about such rows.
 */
type Seen = 'sound' | 'unverifiable' | 'outside' | Found;

/** What an audit may find of rows. */
export const CODES = [
  'WINNER_CONTRADICTS_REPLY',
  'RECORD_CONTRADICTS_ITSELF',
  'ERROR_RECORDED_AS_VERDICT',
  'UNREADABLE_REPLY',
  'LABELLING_BY_EVIDENCE',
  'ORDER_OUTCOME_ASSOCIATION',
  'SCORES_CONTRADICT_WINNER',
  'QUOTE_FOUND_IN_LOSER',
  'DUPLICATE_COMPARISON',
  'MISSING_ROWS',
  'STALE_JUDGE_NAME',
  'LABEL_CONFOUNDED_WITH_MODEL',
  'CONSTANT_RESPONSE',
  'IDENTICAL_RESPONSES',
  'IDENTITY_LEAK',
  'VERDICT_INJECTION',
  'PRESENTATION_HASH_MISMATCH',
  'REPLY_READ_DIFFERENTLY',
  'CONFIGURATION_CHANGED',
  'RECORD_CONTRADICTS_RUN',
  'SUMMARY_MISMATCH',
] as const;

export interface Check {
  code: (typeof CODES)[number];
  /** Looks at one row; `standing` says whether it repeats an earlier one. */
  see(row: Row, standing: Standing): Seen;
  /** What only the whole tells; rows it names count as failed. */
  end?(): Found[];
}

/** A check that starts from nothing. */
export type MakeCheck = () => Check;

/** A short hash of texts, for keys that must not keep the texts. */
export function keyOf(...parts: (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64').slice(0, 22);
}

/** Identity of a row's prompt for comparisons within an audit: its text, or its id where the text is absent. */
export function promptKey({ judgment }: Row): string {
  return keyOf(judgment.suite, judgment.prompt === null ? `id:${judgment.prompt_id}` : `text:${judgment.prompt}`);
}

/** The value of a key, made when it is not there yet. */
export function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** `1 row`, `3 rows`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** The first few of a list of line numbers: `1, 3, 5 and 12 more`. */
export function some(lines: readonly (number | string)[], most = 12): string {
  const shown = lines.slice(0, most).join(', ');
  return lines.length > most ? `${shown} and ${lines.length - most} more` : shown;
}

/** The beginning of a text on one line, at most `most` characters. */
export function startOf(text: string, most: number): string {
  // Through bytes: a slice would keep the whole text in memory for as long as its beginning is needed.
  return Buffer.from(text.trim().slice(0, most).replace(/\s+/g, ' ')).toString();
}
