// Which files an audit is about: files as named, a folder as the judged files in it.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DoubleblindError } from '../errors.js';
import { detect, type ReadOptions } from '../formats/index.js';

const JUDGED = /\.(jsonl|ndjson|json|csv|tsv)(\.gz)?$/i;

export interface JudgedFiles {
  files: string[];
  /** Files of a folder that nobody can read as judged, with the reason. */
  skipped: { file: string; reason: string }[];
}

/**
 * The files to audit, in the order named, those of a folder by name and with its sub-folders. A folder with
 * `judged.jsonl` is an export of ours: the files beside it are made from it.
 * @throws FILE_MISSING; FILE_UNKNOWN_FORMAT when a folder holds no judged file
 */
export async function judgedFiles(paths: readonly string[], options: ReadOptions): Promise<JudgedFiles> {
  const found: JudgedFiles = { files: [], skipped: [] };
  for (const path of paths) {
    if (!(await isFolder(path))) {
      found.files.push(path);
      continue;
    }
    const before = found.files.length;
    for (const file of await filesIn(path)) {
      const reason = await reasonToSkip(file, options);
      if (reason === null) found.files.push(file);
      else found.skipped.push({ file, reason });
    }
    if (found.files.length === before)
      throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'holds no judged file', {
        file: path,
        hint: found.skipped[0] && `${found.skipped[0].file}: ${found.skipped[0].reason}.`,
      });
  }
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // Reading it says what is wrong.
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  if (entries.some((entry) => entry.isFile() && entry.name === 'judged.jsonl')) return [join(folder, 'judged.jsonl')];
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesIn(path)));
    else if (entry.isFile() && JUDGED.test(entry.name)) files.push(path);
  }
  return files;
}

async function reasonToSkip(file: string, { format, columns, values }: ReadOptions): Promise<string | null> {
  if (format !== undefined || columns || values) return null;
  try {
    await detect(file);
    return null;
  } catch (error) {
    if (error instanceof DoubleblindError) return error.message;
    throw error;
  }
}
