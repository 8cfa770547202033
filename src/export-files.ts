// Every file of a run, written when it ends or when somebody asks: its records, and what says of them what they are.
import { type Exporter, writeRecords } from './export.js';
import type { Run } from './records.js';
import { MANIFEST_SCHEMA, runDocument } from './run-document.js';
import { sheetOf } from './sheet.js';
import type { Store } from './store/index.js';
import type { Summary } from './summary.js';
import { type Hashes, writeLines } from './whole-files.js';

/** The files of an export folder beside its manifest, which states the hash of each. */
export const EXPORTED = [
  'judged.jsonl', 'responses.jsonl', 'prompts.csv', 'run.json', 'summary.json', 'report.html',
] as const; // prettier-ignore

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
  const records = await writeRecords(store, run.id, folder, appended);
  const document = runDocument(run, suites, await store.knownAnswers(run.id));
  const hashes = {
    ...records,
    ...(await writeLines(
      folder,
      'prompts.csv',
      sheetOf(run, await store.stored(run.id), store.judgmentOutlines(run.id)),
    )),
    ...(await writeJson(folder, 'run.json', document)),
    ...(await writeJson(folder, 'summary.json', summary)),
    ...(await writeLines(folder, 'report.html', [await report(records['judged.jsonl']!)])),
  };
  const manifest = {
    schema: MANIFEST_SCHEMA,
    run_id: run.id,
    files: Object.fromEntries(EXPORTED.map((file) => [file, { sha256: hashes[file] }])),
  };
  await writeJson(folder, 'manifest.json', manifest);
}

function writeJson(folder: string, name: string, value: unknown): Promise<Hashes> {
  return writeLines(folder, name, [`${JSON.stringify(value, null, 2)}\n`]);
}
