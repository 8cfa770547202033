// A mistake by a person: one class, one code, one line that says what is wrong, where, and what to do.
// Failures of the world during a run are records (state `failed`), never thrown past the run.
import { isAbsolute, relative } from 'node:path';

/** Every code a user can meet: what it means, and the exit code it leads to (2 could not start, 3 stopped on the way). */
export const ERRORS = {
  USAGE: { exit: 2, means: 'the command line or request is not understood' },
  FILE_MISSING: { exit: 2, means: 'there is no such file' },
  FILE_UNREADABLE: { exit: 2, means: 'a file cannot be read' },
  FILE_NOT_UTF8: { exit: 2, means: 'a file is not UTF-8 text' },
  FILE_TOO_LARGE_LINE: { exit: 2, means: 'a line is longer than 32 MB' },
  FILE_UNKNOWN_FORMAT: { exit: 2, means: 'a file is in no known format, or empty' },
  YAML_SYNTAX: { exit: 2, means: 'a YAML file cannot be parsed' },
  JSON_SYNTAX: { exit: 2, means: 'a JSON text cannot be parsed' },
  CSV_SYNTAX: { exit: 2, means: 'a CSV file cannot be parsed' },
  UNKNOWN_KEY: { exit: 2, means: 'a key is not known; the nearest one is named' },
  INVALID_VALUE: { exit: 2, means: 'a value is not allowed where it stands' },
  SUITE_EMPTY: { exit: 2, means: 'a suite holds no prompts' },
  SUITE_DUPLICATE_ID: { exit: 2, means: 'a prompt id appears twice' },
  SUITE_DUPLICATE_NAME: { exit: 2, means: 'two suites have one name' },
  SUITE_UNKNOWN: { exit: 2, means: 'no bundled suite has that name' },
  TEMPLATE_UNKNOWN: { exit: 2, means: 'there is no such judge prompt' },
  TEMPLATE_SYNTAX: { exit: 2, means: 'a judge prompt cannot be parsed' },
  TEMPLATE_UNKNOWN_VARIABLE: { exit: 2, means: 'a judge prompt names a variable that does not exist' },
  TEMPLATE_SLOT_MISSING: {
    exit: 2,
    means: 'a judge prompt does not show what was asked, or both responses between their delimiters',
  },
  JUDGE_DUPLICATE_NAME: { exit: 2, means: 'two judges have one name' },
  KEY_MISSING: { exit: 2, means: 'the variable that holds a key is not set' },
  KEY_REFUSED: { exit: 2, means: 'an endpoint does not take the key' },
  ENDPOINT_UNREACHABLE: { exit: 2, means: 'an endpoint does not answer' },
  MODEL_NOT_SERVED: { exit: 2, means: 'an endpoint does not serve the model' },
  PARAMETER_REFUSED: { exit: 2, means: 'a parameter is known to be refused by the provider' },
  RECORDED_PROMPTS_MISSING: { exit: 2, means: 'a recorded file lacks responses to some prompts' },
  RESPONSES_SUSPICIOUS: { exit: 2, means: 'responses look faulty, and --strict-responses was given' },
  IDENTITY_MISMATCH: { exit: 2, means: 'a server serves another checkpoint than the folder holds' },
  PRICE_UNKNOWN: { exit: 2, means: 'a budget is set and a price is unknown' },
  RUN_UNKNOWN: { exit: 2, means: 'there is no such run' },
  RUN_HELD: { exit: 2, means: 'another process carries out the run, or a provider has its batches' },
  RUN_CHANGED: { exit: 2, means: 'what a run was made from has changed' },
  JUDGMENT_UNKNOWN: { exit: 2, means: 'there is no such judgment' },
  REVIEW_TOKEN_INVALID: { exit: 2, means: 'a vote is not for a comparison that this server handed out' },
  ALREADY_VOTED: { exit: 2, means: 'this person has voted on this comparison' },
  PATH_OUTSIDE: { exit: 2, means: 'a path leads out of the folder it must stay in' },
  DATABASE_UNUSABLE: { exit: 2, means: 'the database cannot be opened or migrated' },
  COPY_DIFFERS: { exit: 2, means: 'a database that is copied to holds something else under a name' },
  NOT_COMPARABLE: { exit: 2, means: 'runs cannot be compared or ranked, with the reason' },
  FILE_CHANGED: { exit: 3, means: 'a file of responses changed while a run read it; what was judged is kept' },
  BUDGET_REACHED: { exit: 3, means: 'the budget is spent; what was judged is kept' },
  ENDPOINT_DOWN: { exit: 3, means: 'an endpoint is of no more use; its work stays due' },
  DATABASE_LOST: { exit: 3, means: 'the database or disk failed on the way' },
} as const;
export type ErrorCode = keyof typeof ERRORS;

export interface Place {
  file?: string | undefined;
  /** 1-based. */
  line?: number | undefined;
  column?: number | undefined;
  /** What to do about it, as a sentence. */
  hint?: string | undefined;
}

/** An error a person can mend. `message` holds the rule and the value; `where` and `hint` stand apart for `--json`. */
export class DoubleblindError extends Error {
  override name = 'DoubleblindError';
  readonly place: Place;
  constructor(
    readonly code: ErrorCode,
    message: string,
    place: Place = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.place = place.file === undefined ? place : { ...place, file: fromHere(place.file) };
  }

  get exitCode(): number {
    return ERRORS[this.code].exit;
  }

  /** One line: `suites/x.yaml:12:3: message. Hint`. */
  get line(): string {
    const { file, line, column, hint } = this.place;
    const where = [file, line, column].filter((part) => part !== undefined).join(':');
    const sentence = hint !== undefined && !/[.!?:]$/.test(this.message) ? `${this.message}.` : this.message;
    return [where && `${where}:`, sentence, hint].filter(Boolean).join(' ');
  }

  /** The shape printed with `--json`. */
  toJSON(): { error: { code: ErrorCode; message: string } & Place } {
    return { error: { code: this.code, message: this.message, ...this.place } };
  }
}

/**
 * A fault of something that has a name, as told where it is named, with who it is: a line within a file stays, else the
 * place is that of the name. Anything but a person's mistake comes back as it is.
 */
export function namedAt(error: unknown, place: Place | undefined, who?: string): unknown {
  if (!(error instanceof DoubleblindError) || error.place.line !== undefined) return error;
  const { file, hint } = error.place;
  if (file !== undefined && place === undefined) return error;
  const about = [who, file, error.message].filter((part) => part !== undefined).join(': ');
  return new DoubleblindError(error.code, about, { ...place, hint }, { cause: error });
}

/** A path from the working folder when it lies below, as a person there would type it. */
function fromHere(file: string): string {
  const path = isAbsolute(file) ? relative(process.cwd(), file) : '';
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path;
}

/** The reason of a stop by a person: open batches are cancelled. After any other stop they are found again later. */
export class CalledOff extends Error {
  override name = 'CalledOff';
}

/** What SQLite, Postgres and the file system say when they can go no further. */
const LOST = /^(?:SQLITE_|ECONN|ENOSPC|EDQUOT|EROFS|EIO|57P0|53|08)/;

/** What `pg` says, without a code, of a connection that the server let go. */
const TERMINATED = /^Connection terminated/;

/** Why a signal was aborted, in words. */
export function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : 'stopped';
}

/** A fault of database or disk as an error that people can mend; null for anything else. */
export function databaseLost(error: unknown): DoubleblindError | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (!(error instanceof Error)) return null;
  if (!TERMINATED.test(error.message) && (typeof code !== 'string' || !LOST.test(code))) return null;
  const hint = 'What was judged is kept; the same command goes on.';
  return new DoubleblindError(
    'DATABASE_LOST',
    `the database or disk failed: ${error.message}.`,
    { hint },
    { cause: error },
  );
}

/**
 * The choice nearest to a mistyped word, or null when none is near: at most a third of the word's letters are wrong
 * (one is always allowed). A change, a missing or extra letter and two swapped neighbours count one each; case and
 * the difference between `-`, `_` and blank count nothing.
 * @example suggest('temprature', ['temperature', 'template']) // 'temperature'
 */
export function suggest(word: string, choices: Iterable<string>): string | null {
  let nearest: string | null = null;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const choice of choices) {
    if (Math.abs(choice.length - word.length) >= least) continue;
    const distance = edits(plain(word), plain(choice));
    if (distance < least) [nearest, least] = [choice, distance];
  }
  return nearest;
}

const plain = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, '_');

/** Edits between two words, two swapped neighbours counting as one (optimal string alignment). */
function edits(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)]);
  rows[0] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = best;
    }
  }
  return rows[a.length]![b.length]!;
}
