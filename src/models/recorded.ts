// Answers that exist already: a file of responses, found again by prompt id or prompt text. Reads our own and plain
// JSONL or CSV, and the answer files of AlpacaEval, Arena-Hard and MT-bench (recorded-rows.ts).
import { crc32 } from 'node:zlib';
import { fileHash } from '../bytes.js';
import { DoubleblindError } from '../errors.js';
import { normalisePrompt, promptHash } from '../hash.js';
import { KeptRows } from './kept-rows.js';
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
  const all = await Index.of(path);
  const own = all.names.size > 1 ? options.checkpoint : undefined;
  if (own !== undefined && !all.names.has(own)) {
    const hint = `It holds ${[...all.names].slice(0, 8).join(', ')}.`;
    const message = `holds several checkpoints, and none is named "${own}".`;
    throw new DoubleblindError('INVALID_VALUE', message, { file: path, hint });
  }
  const index = own === undefined ? all : await Index.of(path, own);
  return {
    sha256: await fileHash(path),
    repeats: index.repeats,
    restated: index.restated,
    whole: own === undefined,
    find: (prompt, repeat) => index.find(prompt, repeat),
    missing(prompts, repeats = 1) {
      const each = Array.from({ length: repeats }, (_, repeat) => repeat);
      return prompts.flatMap((prompt) => {
        const lacking = each.filter((repeat) => !index.has(prompt, repeat));
        return lacking.length === 0 ? [] : [{ id: prompt.id, repeats: lacking }];
      });
    },
  };
}

/** Rows by what they can be found with; a row that names a suite is found in that suite only. */
class Index {
  /** The most answers of one id, or of one text where rows have no id. */
  repeats = 0;
  restated: Restated | null = null;
  /** The checkpoints that rows name. */
  readonly names = new Set<string>();
  private readonly suites = new Set<string | null>();
  private readonly byId = new Found();
  private byText: Found | null = null;
  /** Rows without an id. */
  private readonly unnamed: number[] = [];

  private constructor(private readonly rows: KeptRows) {}

  /** The rows of a file, those of other checkpoints left out where one is named. */
  static async of(path: string, checkpoint?: string): Promise<Index> {
    const index = new Index(await KeptRows.open(path));
    for await (const block of readRows(path)) {
      for (const row of block) {
        if (row.checkpoint !== null) index.names.add(row.checkpoint);
        if (checkpoint !== undefined && row.checkpoint !== null && row.checkpoint !== checkpoint) continue;
        index.add(row);
      }
    }
    if (index.rows.n === 0) throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'holds no responses.', { file: path });
    if (index.unnamed.length > 0) index.texts();
    return index;
  }

  private add(row: RecordedRow): void {
    const number = this.rows.add(row);
    this.suites.add(row.suite);
    if (row.id === null) this.unnamed.push(number);
    else this.place(this.byId, row.id, row, number);
  }

  private place(found: Found, value: string, { suite, repeat: stated }: RecordedRow, number: number): void {
    const { repeat, before } = found.add(suite, value, number, stated);
    this.repeats = Math.max(this.repeats, repeat + 1);
    const { rows } = this;
    if (before === undefined || rows.prompt(before) !== rows.prompt(number)) return;
    this.restated ??= { n: 0, lines: [rows.line(before), rows.line(number)] };
    this.restated.n++;
  }

  find(prompt: SoughtPrompt, repeat: number): RecordedAnswer | undefined {
    const number = this.number(prompt, repeat);
    return number === undefined ? undefined : this.rows.row(number);
  }

  has(prompt: SoughtPrompt, repeat: number): boolean {
    return this.number(prompt, repeat) !== undefined;
  }

  private number({ id, prompt, suite }: SoughtPrompt, repeat: number): number | undefined {
    for (const within of suite === undefined ? [null] : [suite, null]) {
      if (!this.suites.has(within)) continue;
      const byId = this.byId.at(within, id, repeat);
      // The same id with another prompt beside it is another prompt.
      if (byId !== undefined && this.answers(byId, prompt)) return byId;
      const byText = this.texts().at(within, promptHash(prompt), repeat);
      if (byText !== undefined) return byText;
    }
    return undefined;
  }

  private answers(number: number, prompt: string): boolean {
    const stated = this.rows.prompt(number);
    if (stated === null || stated === crc32(prompt)) return true;
    return normalisePrompt(this.rows.row(number).prompt!) === normalisePrompt(prompt);
  }

  /** Made when first wanted: most files name every prompt by its id. */
  private texts(): Found {
    if (this.byText !== null) return this.byText;
    this.byText = new Found();
    for (const number of this.namedFirst()) {
      const row = this.rows.row(number);
      if (row.prompt === null) continue;
      const value = promptHash(row.prompt);
      if (row.id === null) this.place(this.byText, value, row, number);
      else this.byText.add(row.suite, value, number, row.repeat);
    }
    return this.byText;
  }

  /** In this order a text's repeats are numbered on from those of its id, so that each row is one of them. */
  private *namedFirst(): Generator<number> {
    let next = 0;
    for (let number = 0; number < this.rows.n; number++)
      if (number === this.unnamed[next]) next++;
      else yield number;
    yield* this.unnamed;
  }
}

/** Numbers of rows by suite and something else, one for each repeat. */
class Found {
  private readonly suites = new Map<string | null, Map<string, number | (number | undefined)[]>>();

  at(suite: string | null, value: string, repeat: number): number | undefined {
    const numbers = this.suites.get(suite)?.get(value);
    if (Array.isArray(numbers)) return numbers[repeat];
    return repeat === 0 ? numbers : undefined;
  }

  /**
   * The place of a row among the answers of its value, from 0: as it says itself, else after those before it; and the
   * row in whose place it comes.
   */
  add(
    suite: string | null,
    value: string,
    number: number,
    stated: number | null,
  ): { repeat: number; before?: number | undefined } {
    let values = this.suites.get(suite);
    if (values === undefined) this.suites.set(suite, (values = new Map<string, number>()));
    const known = values.get(value);
    // Of most there is one, which needs no list.
    if (known === undefined && (stated ?? 0) === 0) {
      values.set(value, number);
      return { repeat: 0 };
    }
    const numbers = Array.isArray(known) ? known : known === undefined ? [] : [known];
    const repeat = stated ?? numbers.length;
    const before = numbers[repeat];
    numbers[repeat] = number;
    values.set(value, numbers);
    return { repeat, before };
  }
}
