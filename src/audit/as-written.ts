// Are the files of an export folder those that were written? Their bytes against its manifest, whatever `run.json` says.
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileHash } from '../bytes.js';
import { responseLine } from '../export.js';
import { EXPORTED } from '../export-files.js';
import { readJsonl } from '../jsonl.js';
import type { Run } from '../records.js';
import { type Manifest, readManifest, readRunDocument } from '../run-document.js';
import type { Store } from '../store/index.js';
import { FINISHED } from '../win-rates.js';
import type { Check, Found, MakeCheck } from './check.js';
import { isOwn } from './own-run.js';

/** A file whose bytes are not those of the manifest or of the database; null where it is gone. */
export interface ChangedFile {
  file: string;
  recorded: string;
  derived: string | null;
}

/** The files that a manifest names and whose bytes are others. Nothing outside of the folder is read, and no device. */
export async function changedFiles(folder: string, { files }: Manifest): Promise<ChangedFile[]> {
  const changed: ChangedFile[] = [];
  for (const [name, { sha256 }] of Object.entries(files)) {
    const file = join(folder, name);
    const there = basename(name) === name && isRegular(file) ? await fileHash(file) : null;
    if (there !== sha256) changed.push({ file, recorded: String(sha256), derived: there });
  }
  return changed;
}

const isRegular = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true;

/** The check of the folder of a judged file of ours; rows of other files are not its. */
export async function asWritten(file: string): Promise<MakeCheck> {
  const folder = dirname(file);
  const exported = basename(file) === 'judged.jsonl';
  const run = exported ? ((await readRunDocument(folder))?.run ?? null) : null;
  const manifest = exported ? await readManifest(folder) : null;
  const found: Found[] = [];
  // It is written when a run ends.
  if (manifest === null && run !== null && isOwn(run) && FINISHED.includes(run.status)) {
    const message = 'manifest.json is gone or none of ours, so that nobody can tell whether bytes were changed.';
    found.push({ severity: 'warning', message });
  }
  if (manifest !== null) {
    found.push(...(await changedFiles(folder, manifest)).map(changedFile));
    const unnamed = EXPORTED.filter((name) => !(name in manifest.files) && existsSync(join(folder, name)));
    if (unnamed.length > 0) {
      const message = `manifest.json does not name ${unnamed.join(', ')}: nobody can tell whether bytes were changed.`;
      found.push({ severity: 'warning', message });
    }
  }
  return () => {
    let other: string | null = null;
    let unproven = false;
    return {
      code: 'CONFIGURATION_CHANGED',
      see({ file: of, format, judgment }) {
        if (of !== file || format !== 'doubleblind') return 'outside';
        if (manifest !== null && judgment.run_id !== manifest.run_id) other ??= judgment.run_id;
        unproven ||= run === null && judgment.presentation_sha256 !== null;
        return 'outside';
      },
      end() {
        const said = [...found];
        if (other !== null) {
          const message = 'manifest.json is that of another run.';
          said.push({ severity: 'error', message, recorded: manifest!.run_id ?? null, derived: other });
        }
        if (unproven) {
          const message =
            'No run.json of ours stands beside it: whether judgments are missing, and whether orders, presentations, responses and numbers follow from the run, was not checked.';
          said.push({ severity: 'note', message });
        }
        return said.map((one) => ({ file, ...one }));
      },
    };
  };
}

/** The same of files that a database knows of. */
export function changedCheck(changed: readonly ChangedFile[]): Check {
  return { code: 'CONFIGURATION_CHANGED', see: () => 'outside', end: () => changed.map(changedFile) };
}

function changedFile({ file, recorded, derived }: ChangedFile): Found {
  const name = basename(file);
  const message =
    derived === null
      ? `The manifest names ${name}, and it is gone.`
      : `${name} is not what was written: its bytes are not those of the manifest or of the database.`;
  return { severity: 'error', message, file, recorded, derived };
}

/**
 * Files in the export folder of a finished run that are not those that were written, or do not hold what the store
 * holds. Votes of people come after the files are written; they are left aside.
 */
export async function exportDiffers(store: Store, run: Run, judged: AsyncIterable<string>): Promise<ChangedFile[]> {
  const folder = run.exports;
  const manifest = folder === null || !FINISHED.includes(run.status) ? null : await readManifest(folder);
  if (folder === null || manifest === null) return [];
  const changed = await changedFiles(folder, manifest);
  const responses = (async function* () {
    for await (const response of store.allResponses(run.id)) yield responseLine(response);
  })();
  for (const [name, lines] of [
    ['judged.jsonl', judged],
    ['responses.jsonl', responses],
  ] as const) {
    const file = join(folder, name);
    if (manifest.files[name] === undefined || changed.some((one) => one.file === file)) continue;
    const [recorded, derived] = [await hashOfLines(linesOf(file)), await hashOfLines(lines)];
    if (recorded !== derived) changed.push({ file, recorded, derived });
  }
  return changed;
}

async function* linesOf(file: string): AsyncIterable<string> {
  for await (const { text } of readJsonl(file)) yield text;
}

/** As it stands in a line of ours; within a text its quotation marks would be escaped. */
const BY_A_PERSON = '"judge":"human:';

async function hashOfLines(lines: AsyncIterable<string>): Promise<string> {
  const hash = createHash('sha256');
  for await (const line of lines) if (!line.includes(BY_A_PERSON)) hash.update(`${line.trimEnd()}\n`);
  return hash.digest('hex');
}
