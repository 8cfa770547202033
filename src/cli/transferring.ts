// The work of `export`: the folder anew from the store, or one file in a format of others.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportFolder, judgedLines } from '../export.js';
import { writeExports } from '../export-files.js';
import { runDocument } from '../run-document.js';
import { WRITERS } from '../formats/write.js';
import { findRun } from '../find-run.js';
import { historyOf } from '../ledger/history.js';
import { writeBelow } from '../ledger/run-file.js';
import type { Run } from '../records.js';
import { report } from '../report.js';
import type { Store } from '../store/index.js';
import { concluded } from '../win-rates.js';
import { print, refuseFileAndDocument } from './action.js';
import type { EXPORT_FORMATS, ExportFlags } from './transfer.js';

export async function exportRun(store: Store, id: string, flags: ExportFlags): Promise<void> {
  const run = await findRun(store, id);
  const { summary } = await concluded(store, run);
  if (flags.output === undefined && flags.format === undefined) {
    const folder = await exportFolder(flags.exports, run);
    await writeExports({ store, run, folder, summary, report: (hash) => report(store, run, summary, hash) });
    return print(flags, { run: { id: run.id, status: run.status, exports: folder } }, () => folder);
  }
  const format = flags.format ?? formatOf(flags.output!);
  const output = flags.output ?? '-';
  if (output === '-' && format !== 'json' && format !== 'history') refuseFileAndDocument(flags);
  if (format === 'history') {
    const folder = flags.output ?? join(await exportFolder(flags.exports, run), 'history');
    const files = await historyOf(store, run);
    await writeBelow(folder, files);
    const named = { folder, files: files.map(({ path }) => path) };
    return print(flags, { run: { id: run.id, status: run.status, exports: null }, ...named }, () => folder);
  }
  const pieces =
    format === 'json'
      ? [
          `${JSON.stringify({ ...runDocument(run, await store.suites(run.id), await store.knownAnswers(run.id)), summary }, null, 2)}\n`,
        ]
      : piecesOf(store, run, format);
  if (output === '-') return writeTo(process.stdout, pieces);
  await pipeline(Readable.from(pieces), createWriteStream(output));
  const { judged, failed } = await store.counts(run.id);
  const named = { run: { id: run.id, status: run.status, exports: null }, file: output, judgments: judged + failed };
  print(flags, named, () => output);
}

function piecesOf(
  store: Store,
  run: Run,
  format: Exclude<(typeof EXPORT_FORMATS)[number], 'json' | 'history'>,
): AsyncIterable<string> {
  return format === 'jsonl' ? judgedLines(store, run.id) : WRITERS[format](store.allJudgments(run.id));
}

function formatOf(file: string): (typeof EXPORT_FORMATS)[number] {
  return file.endsWith('.csv') ? 'csv' : file.endsWith('.json') ? 'json' : 'jsonl';
}

/** stdout must stay open for what the program still says. */
async function writeTo(stream: NodeJS.WriteStream, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  for await (const piece of pieces) if (!stream.write(piece)) await once(stream, 'drain');
}
