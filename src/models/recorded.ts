// Answers that exist already: a file of responses, found again by prompt id or prompt text. Reads our own and plain
// JSONL or CSV, and the answer files of AlpacaEval, Arena-Hard and MT-bench (recorded-rows.ts).
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { DoubleblindError } from '../errors.js';
import { normalisePrompt, storable } from '../hash.js';
import type { StopReason } from '../records.js';
import { readRows, type RecordedRow } from './recorded-rows.js';

export interface RecordedAnswer {
  text: string;
  stop_reason: StopReason | null;
  model: string | null;
  line: number;
}

/** A prompt as it is looked for; `suite` counts where the file names suites. */
export interface SoughtPrompt {
  id: string;
  prompt: string;
  suite?: string;
}

export interface Recorded {
  /** SHA-256 (hex) of the file as it lies on disk. */
  sha256: string;
  /** The most answers that any prompt has. */
  repeats: number;
  /** The answer to a prompt; undefined where there is none. Found by id, else by the prompt's normalised text. */
  find(prompt: SoughtPrompt, repeat: number): RecordedAnswer | undefined;
  /** Ids of prompts without an answer for some repeat below `repeats` (default 1). */
  missing(prompts: SoughtPrompt[], repeats?: number): string[];
}

/**
 * The answers of one checkpoint in a file. Where the file names several checkpoints, rows of others than `checkpoint`
 * are skipped. Several rows of a prompt are its repeats, numbered by `repeat` or in file order.
 * @throws FILE_MISSING and the like; JSON_SYNTAX, CSV_SYNTAX, INVALID_VALUE with the line
 */
export async function loadRecorded(path: string, options: { checkpoint?: string } = {}): Promise<Recorded> {
  const rows: RecordedRow[] = [];
  for await (const row of readRows(path)) rows.push(row);
  const index = new Index();
  for (const row of ofCheckpoint(rows, path, options.checkpoint)) index.add(row);
  const find = (prompt: SoughtPrompt, repeat: number): RecordedAnswer | undefined => index.find(prompt, repeat);
  return {
    sha256: await fileHash(path),
    repeats: index.repeats,
    find,
    missing: (prompts, repeats = 1) =>
      prompts
        .filter((prompt) => Array.from({ length: repeats }).some((_, repeat) => find(prompt, repeat) === undefined))
        .map(({ id }) => id),
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

/** Rows by what they can be found with; a row that names a suite is found in that suite only. */
class Index {
  repeats = 0;
  private readonly answers = { id: new Found(), prompt: new Found() };

  add(row: RecordedRow): void {
    const { id, prompt } = this.answers;
    const lists = [
      ...(row.id === null ? [] : [id.list(row.suite, row.id)]),
      ...(row.prompt === null ? [] : [prompt.list(row.suite, normalisePrompt(row.prompt))]),
    ];
    const repeat = row.repeat ?? lists[0]?.length ?? 0;
    // Rows of other ids may hold the same text: they are repeats of the text, in file order.
    for (const list of lists) list[row.repeat === null && list !== lists[0] ? list.length : repeat] = row;
    this.repeats = Math.max(this.repeats, repeat + 1);
  }

  find({ id, prompt, suite }: SoughtPrompt, repeat: number): RecordedAnswer | undefined {
    let normal: string | null = null;
    const text = (): string => (normal ??= normalisePrompt(prompt));
    const same = (row: RecordedRow): boolean =>
      !row.states_prompt || row.prompt === prompt || normalisePrompt(row.prompt!) === text();
    for (const within of suite === undefined ? [null] : [suite, null]) {
      const byId = this.answers.id.at(within, id)?.[repeat];
      // The same id with another prompt beside it is another prompt.
      if (byId !== undefined && same(byId)) return answer(byId);
      const byText = this.answers.prompt.at(within, text())?.[repeat];
      if (byText !== undefined) return answer(byText);
    }
    return undefined;
  }
}

type Rows = (RecordedRow | undefined)[];

/** Rows by suite and something else, a row for each repeat. */
class Found {
  private readonly suites = new Map<string | null, Map<string, Rows>>();

  at(suite: string | null, value: string): Rows | undefined {
    return this.suites.get(suite)?.get(value);
  }

  list(suite: string | null, value: string): Rows {
    const values = this.suites.get(suite) ?? new Map<string, Rows>();
    const rows = values.get(value) ?? [];
    this.suites.set(suite, values.set(value, rows));
    return rows;
  }
}

const answer = ({ text, stop_reason, model, line }: RecordedRow): RecordedAnswer => ({
  text: storable(text),
  stop_reason,
  model,
  line,
});

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
