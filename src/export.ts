// A run as files: lines appended while it goes, everything written anew from the store at the end. `audit` proves
// every number from these files alone.
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AppendedLines } from './appended-lines.js';
import { DoubleblindError } from './errors.js';
import { makeFolder } from './folders.js';
import { type Judgment, judgmentSchema, type Response, responseSchema, type Run } from './records.js';
import type { Store } from './store/index.js';
import { copyLines, type Hashes, writeLines } from './whole-files.js';

/** A judgment as a line of `judged.jsonl`, without the line break: its fields in the order of the contract. */
export function judgmentLine(judgment: Judgment): string {
  return JSON.stringify(judgmentFields(judgment));
}

/** A response as a line of `responses.jsonl`, without the line break. */
export function responseLine(response: Response): string {
  return JSON.stringify(responseFields(response));
}

const judgmentFields = inOrderOf<Judgment>(Object.keys(judgmentSchema.shape) as (keyof Judgment)[]);
const responseFields = inOrderOf<Response>(Object.keys(responseSchema.shape) as (keyof Response)[]);

/** Gives records these fields in this order; those that have them so, as ours do, are not made anew. */
function inOrderOf<T extends object>(fields: (keyof T)[]): (record: T) => Partial<T> {
  return (record) => {
    let at = 0;
    for (const key in record) if (key !== fields[at++]) at = Infinity;
    return at === fields.length
      ? record
      : (Object.fromEntries(fields.map((field) => [field, record[field]])) as Partial<T>);
  };
}

/**
 * The folder of a run's files below `root`, made: `<purpose>/<candidate>/<run-id>`.
 * @throws PATH_OUTSIDE when a link leads out of `root`
 */
export async function exportFolder(root: string, run: Pick<Run, 'id' | 'purpose' | 'candidate'>): Promise<string> {
  const parts = [run.purpose, run.candidate, run.id].map(folderName);
  const folder = join(root, ...parts);
  makeFolder(root);
  // Made step by step, so that nothing is created behind a link that leads elsewhere.
  let made = await realpath(root);
  const top = made;
  for (const part of parts) {
    makeFolder(join(made, part));
    made = await realpath(join(made, part));
    if (made !== top && !made.startsWith(top + sep)) {
      throw new DoubleblindError('PATH_OUTSIDE', `"${part}" is a link that leads out of the exports folder.`, {
        file: folder,
        hint: 'Remove the link or choose another --exports folder.',
      });
    }
  }
  return folder;
}

/** A name as one part of a path: nothing that separates, hides or climbs. */
export function folderName(name: string): string {
  const safe = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 100);
  return safe === '' ? 'unnamed' : safe;
}

/** Lines that are appended while the run goes. */
export class Exporter {
  private constructor(
    readonly judged: AppendedLines,
    readonly answered: AppendedLines,
  ) {}

  /** Begins, or goes on: what the store holds is written anew, so that a line cut by a crash is gone. */
  static async open(store: Store, runId: string, folder: string): Promise<Exporter> {
    await writeRecords(store, runId, folder);
    const at = (name: string): AppendedLines => new AppendedLines(join(folder, name));
    return new Exporter(at('judged.jsonl'), at('responses.jsonl'));
  }

  append(responses: readonly Response[], judgments: readonly Judgment[]): void {
    this.answered.append(responses, responseLine);
    this.judged.append(judgments, judgmentLine);
  }

  close(): void {
    this.judged.close();
    this.answered.close();
  }
}

/**
 * Writes `judged.jsonl` and `responses.jsonl` as the store holds them: one line per id, in the order of the contract.
 * Lines that were appended are put in order, where they are known to be the same. The hashes of the files by name.
 */
export async function writeRecords(store: Store, runId: string, folder: string, appended?: Exporter): Promise<Hashes> {
  const judged = await appended?.judged.inOrder(store.judgmentOutlines(runId));
  const answered = await appended?.answered.inOrder(store.responseIds(runId));
  return {
    ...(await (judged
      ? copyLines(folder, 'judged.jsonl', appended!.judged, judged)
      : writeLines(folder, 'judged.jsonl', judgedLines(store, runId)))),
    ...(await (answered
      ? copyLines(folder, 'responses.jsonl', appended!.answered, answered)
      : writeLines(folder, 'responses.jsonl', lines(store.allResponses(runId), responseLine)))),
  };
}

/** The judgments of a run as JSONL text, a line at a time: the bytes of `judged.jsonl`. */
export function judgedLines(store: Store, runId: string): AsyncIterable<string> {
  return lines(store.allJudgments(runId), judgmentLine);
}

async function* lines<T>(records: AsyncIterable<T>, lineOf: (record: T) => string): AsyncIterable<string> {
  for await (const record of records) yield `${lineOf(record)}\n`;
}
