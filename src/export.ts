// A run as files: lines appended while it goes, everything written anew from the store at the end. `audit` proves
// every number from these files alone.
import { createReadStream } from 'node:fs';
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { createHash } from 'node:crypto';
import { stringify } from 'csv-stringify/sync';
import { AppendedLines } from './appended-lines.js';
import { DoubleblindError } from './errors.js';
import { Gathered } from './gathered.js';
import { type Judgment, judgmentSchema, ORDERS, type Response, responseSchema, type Run } from './records.js';
import { runDocument } from './run-document.js';
import type { JudgmentOutline } from './store/judgments.js';
import type { Store } from './store/index.js';
import type { Summary } from './summary.js';

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
  const folder = join(root, folderName(run.purpose), folderName(run.candidate), run.id);
  await mkdir(root, { recursive: true });
  // Made step by step, so that nothing is created behind a link that leads elsewhere.
  let made = await realpath(root);
  const top = made;
  for (const part of [folderName(run.purpose), folderName(run.candidate), run.id]) {
    await mkdir(join(made, part), { recursive: true });
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
function folderName(name: string): string {
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
async function writeRecords(store: Store, runId: string, folder: string, appended?: Exporter): Promise<Hashes> {
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

/** SHA-256 (hex) of files, by name. */
type Hashes = Record<string, string>;

function writeLines(folder: string, name: string, text: AsyncIterable<string> | Iterable<string>): Promise<Hashes> {
  return written(folder, name, async (gathered, flush) => {
    for await (const line of text) {
      gathered.text(line);
      await flush();
    }
  });
}

function copyLines(folder: string, name: string, from: AppendedLines, numbers: readonly number[]): Promise<Hashes> {
  return written(folder, name, async (gathered, flush) => {
    for (const number of numbers) {
      from.copy(number, gathered);
      await flush();
    }
  });
}

/** Bytes gathered before they are written. */
const CHUNK = 1 << 18;

/** Writes a file whole or not at all: beside its place first, then into it. The hash of what was written. */
async function written(
  folder: string,
  name: string,
  work: (gathered: Gathered, flush: () => Promise<void> | undefined) => Promise<void>,
): Promise<Hashes> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  const gathered = new Gathered(CHUNK);
  const file = await open(`${path}.part`, 'w');
  const write = (): Promise<void> => {
    const bytes = gathered.take();
    hash.update(bytes);
    return file.appendFile(bytes);
  };
  try {
    await work(gathered, () => (gathered.length < CHUNK ? undefined : write()));
    await write();
  } catch (error) {
    await rm(`${path}.part`, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
  return { [name]: hash.digest('hex') };
}

export interface Finished {
  store: Store;
  run: Run;
  folder: string;
  summary: Summary;
  /** What was appended while the run went. */
  appended?: Exporter;
  /** The report as HTML, told the SHA-256 (hex) of `judged.jsonl`. */
  report: (judged_sha256: string) => Promise<string>;
}

/** Writes every file of a run, and `manifest.json` with the SHA-256 of each. */
export async function writeExports({ store, run, folder, summary, appended, report }: Finished): Promise<void> {
  const suites = await store.suites(run.id);
  const judges = [...new Set((await store.stored(run.id)).map(({ judge }) => judge))].sort();
  const records = await writeRecords(store, run.id, folder, appended);
  const document = runDocument(run, suites, await store.knownAnswers(run.id));
  const hashes = {
    ...records,
    ...(await writeLines(folder, 'prompts.csv', sheetOf(store.judgmentOutlines(run.id), judges))),
    ...(await writeJson(folder, 'run.json', document)),
    ...(await writeJson(folder, 'summary.json', summary)),
    ...(await writeLines(folder, 'report.html', [await report(records['judged.jsonl']!)])),
  };
  const files = ['judged.jsonl', 'responses.jsonl', 'prompts.csv', 'run.json', 'summary.json', 'report.html'];
  const manifest = {
    schema: 'doubleblind/manifest@1',
    run_id: run.id,
    files: Object.fromEntries(files.map((file) => [file, { sha256: hashes[file] }])),
  };
  await writeJson(folder, 'manifest.json', manifest);
}

function writeJson(folder: string, name: string, value: unknown): Promise<Hashes> {
  return writeLines(folder, name, [`${JSON.stringify(value, null, 2)}\n`]);
}

/** SHA-256 (hex) of a file's bytes. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** `prompts.csv`: one row per prompt with the winner per judge and order and the mean score. */
async function* sheetOf(judgments: AsyncIterable<JudgmentOutline>, judges: string[]): AsyncIterable<string> {
  const sheet = new Sheet(judges);
  yield sheet.head();
  for await (const judgment of judgments) yield sheet.take(judgment);
  yield sheet.end();
}

class Sheet {
  private key: string | null = null;
  private row: string[] = [];
  private cells = new Map<string, string[]>();
  /** By judge and repeat: what the comparison's orders scored; null once one has failed. */
  private comparisons = new Map<string, number[] | null>();

  constructor(private readonly judges: string[]) {}

  head(): string {
    return csv(['suite', 'domain', 'category', 'prompt_id', 'score', ...this.columns()]);
  }

  /** Takes judgments in the order of exports; the row of the prompt before when another one begins. */
  take(judgment: JudgmentOutline): string {
    const { suite, domain, category, prompt_id, judge, repeat, order, score } = judgment;
    if (judgment.canary !== null || judgment.replicate > 0) return '';
    const key = `${suite}\0${prompt_id}`;
    const before = key === this.key ? '' : this.end();
    this.key = key;
    this.row = [suite, domain ?? '', category ?? '', prompt_id];
    const cell = `${judge} ${order ?? 'baseline-first'}`;
    this.cells.set(cell, [...(this.cells.get(cell) ?? []), (judgment.winner ?? judgment.failure)!]);
    const comparison = `${judge}\0${repeat}`;
    const scores = this.comparisons.get(comparison);
    this.comparisons.set(comparison, score === null || scores === null ? null : [...(scores ?? []), score]);
    return before;
  }

  /** The row of the last prompt. */
  end(): string {
    if (this.key === null) return '';
    const scores = [...this.comparisons.values()].filter((each) => each !== null).map(mean);
    const cells = this.columns().map((column) => this.cells.get(column)?.join(' ') ?? '');
    const line = csv([...this.row, scores.length === 0 ? '' : mean(scores), ...cells]);
    this.key = null;
    this.cells = new Map();
    this.comparisons = new Map();
    return line;
  }

  private columns(): string[] {
    return this.judges.flatMap((judge) => ORDERS.map((order) => `${judge} ${order}`));
  }
}

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const csv = (row: unknown[]): string => stringify([row], { escape_formulas: true });
