// Answers that exist already: a file of responses, found again by prompt id or prompt text. Reads our own and plain
// JSONL or CSV, and the answer files of AlpacaEval, Arena-Hard and MT-bench (recorded-rows.ts).
import { DoubleblindError } from '../errors.js';
import { normalisePrompt } from '../hash.js';
import { fileHash } from '../bytes.js';
import { readRows, type RecordedRow } from './recorded-rows.js';

type RecordedAnswer = Pick<RecordedRow, 'text' | 'stop_reason' | 'model' | 'line'>;

/** A prompt as it is looked for; `suite` counts where the file names suites. */
interface SoughtPrompt {
  id: string;
  prompt: string;
  suite?: string;
}

interface Restated {
  n: number;
  lines: [number, number];
}

export interface Recorded {
  /** SHA-256 (hex) of the file as it lies on disk. */
  sha256: string;
  /** The most answers that any prompt has. */
  repeats: number;
  /** The answer to a prompt; undefined where there is none. Found by id, else by the prompt's normalised text. */
  find(prompt: SoughtPrompt, repeat: number): RecordedAnswer | undefined;
  /** Prompts without an answer for some repeat below `repeats` (default 1), each with those repeats, and where they should stand. */
  missing(prompts: SoughtPrompt[], repeats?: number): { id: string; repeats: number[]; at?: string }[];
  /** Rows of the same prompt and repeat as one before them, with the lines of the first such pair; the last row counts. */
  restated?: Restated | null;
  /** Whether all rows are taken, whatever the checkpoint is called: the file holds one alone. */
  whole?: boolean;
}

/**
 * The answers of one checkpoint in a file. Where the file names several checkpoints, rows of others than `checkpoint`
 * are skipped. Several rows of a prompt are its repeats, numbered by `repeat` or in file order.
 * @throws FILE_MISSING and the like, also where there are none; JSON_SYNTAX, CSV_SYNTAX, INVALID_VALUE with the line
 */
export async function loadRecorded(path: string, options: { checkpoint?: string } = {}): Promise<Recorded> {
  const rows: RecordedRow[] = [];
  for await (const block of readRows(path)) for (const row of block) rows.push(row);
  if (rows.length === 0) throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'holds no responses.', { file: path });
  const own = ofCheckpoint(rows, path, options.checkpoint);
  const index = new Index(own);
  const find = (prompt: SoughtPrompt, repeat: number): RecordedAnswer | undefined => index.find(prompt, repeat);
  return {
    sha256: await fileHash(path),
    repeats: index.repeats,
    restated: restatedIn(own),
    whole: own === rows,
    find,
    missing(prompts, repeats = 1) {
      const all = Array.from({ length: repeats }, (_, repeat) => repeat);
      return prompts.flatMap((prompt) => {
        const lacking = all.filter((repeat) => !find(prompt, repeat));
        return lacking.length === 0 ? [] : [{ id: prompt.id, repeats: lacking }];
      });
    },
  };
}

function ofCheckpoint(rows: RecordedRow[], file: string, name: string | undefined): RecordedRow[] {
  const names = new Set(rows.flatMap(({ checkpoint }) => (checkpoint === null ? [] : [checkpoint])));
  if (names.size <= 1 || name === undefined) return rows;
  if (!names.has(name)) {
    const held = [...names].slice(0, 8).join(', ');
    throw new DoubleblindError('INVALID_VALUE', `holds several checkpoints, and none is named "${name}".`, {
      file,
      hint: `It holds ${held}.`,
    });
  }
  return rows.filter(({ checkpoint }) => checkpoint === null || checkpoint === name);
}

function restatedIn(rows: readonly RecordedRow[]): Restated | null {
  const seen = new Map<string, number>();
  const pairs: Restated['lines'][] = [];
  for (const { suite, id, prompt, states_prompt, repeat, line } of rows) {
    if (repeat === null) continue;
    const key = JSON.stringify([suite, id, id === null || states_prompt ? prompt : null, repeat]);
    const before = seen.get(key);
    if (before !== undefined) pairs.push([before, line]);
    seen.set(key, line);
  }
  return pairs[0] === undefined ? null : { n: pairs.length, lines: pairs[0] };
}

/** Rows by what they can be found with; a row that names a suite is found in that suite only. */
class Index {
  /** The most answers of one id, or of one text where rows have no id. */
  repeats = 0;
  private readonly byId = new Found();
  private byText: Found | null = null;
  private readonly suites: ReadonlySet<string | null>;

  constructor(private readonly rows: readonly RecordedRow[]) {
    this.suites = new Set(rows.map(({ suite }) => suite));
    for (const row of rows) if (row.id !== null) this.counted(this.byId.add(row.suite, row.id, row));
    if (rows.some(({ id }) => id === null)) this.texts();
  }

  find({ id, prompt, suite }: SoughtPrompt, repeat: number): RecordedAnswer | undefined {
    let normal: string | null = null;
    const text = (): string => (normal ??= normalisePrompt(prompt));
    const same = (row: RecordedRow): boolean =>
      !row.states_prompt || row.prompt === prompt || normalisePrompt(row.prompt!) === text();
    for (const within of suite === undefined ? [null] : [suite, null]) {
      if (!this.suites.has(within)) continue;
      const byId = this.byId.at(within, id)?.[repeat];
      // The same id with another prompt beside it is another prompt.
      if (byId !== undefined && same(byId)) return byId;
      const byText = this.texts().at(within, text())?.[repeat];
      if (byText !== undefined) return byText;
    }
    return undefined;
  }

  /** Made when first wanted: most files name every prompt by its id. */
  private texts(): Found {
    if (this.byText !== null) return this.byText;
    this.byText = new Found();
    for (const row of this.rows) {
      if (row.prompt === null) continue;
      const repeats = this.byText.add(row.suite, normalisePrompt(row.prompt), row);
      if (row.id === null) this.counted(repeats);
    }
    return this.byText;
  }

  private counted(repeats: number): void {
    this.repeats = Math.max(this.repeats, repeats);
  }
}

type Rows = (RecordedRow | undefined)[];

/** Rows by suite and something else, a row for each repeat. */
class Found {
  private readonly suites = new Map<string | null, Map<string, Rows>>();

  at(suite: string | null, value: string): Rows | undefined {
    return this.suites.get(suite)?.get(value);
  }

  /** The place of the row among the answers of its value, from 1: as it says itself, else after those before it. */
  add(suite: string | null, value: string, row: RecordedRow): number {
    let values = this.suites.get(suite);
    if (values === undefined) this.suites.set(suite, (values = new Map<string, Rows>()));
    const rows = values.get(value) ?? [];
    const repeat = row.repeat ?? rows.length;
    rows[repeat] = row;
    // Begun with its row, an array has no room for sixteen more.
    values.set(value, rows.length === 1 ? [row] : rows);
    return repeat + 1;
  }
}
