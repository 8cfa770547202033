// Which suite does a name or path mean, and which reader reads it: the list of readers, and the suites that come with
// the package.
import { existsSync, readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DoubleblindError, suggest } from '../errors.js';
import { readJsonl } from '../jsonl.js';
import type { Message, Suite } from '../records.js';
import { readCsvSuite } from './csv.js';
import { isGsm8k, readGsm8kSuite } from './gsm8k.js';
import { readJsonlSuite } from './jsonl.js';
import type { SuiteOptions } from './prompt.js';
import { readYamlSuite } from './yaml.js';

export { suiteFromChat } from './chat.js';
export { findLeaks, type LeakReport } from './leaks.js';
export { findPairs } from './overlap.js';
export { domainIn, stemOf } from './prompt.js';
export { writeSuiteYaml } from './yaml.js';

export interface SuiteReader {
  name: string;
  /** The files it reads, by name, and for rows by the first row's value. */
  reads(path: string, firstRow: unknown): boolean;
  read(path: string, options?: SuiteOptions): Promise<Suite>;
}

const rows = /\.(jsonl|ndjson)(\.gz)?$/i;

/** In the order in which they are asked. */
export const SUITE_READERS: readonly SuiteReader[] = [
  { name: 'yaml', reads: (path) => /\.(ya?ml|json)$/i.test(path), read: readYamlSuite },
  { name: 'gsm8k', reads: (path, firstRow) => rows.test(path) && isGsm8k(firstRow), read: readGsm8kSuite },
  { name: 'jsonl', reads: (path) => rows.test(path), read: readJsonlSuite },
  { name: 'csv', reads: (path) => /\.[ct]sv(\.gz)?$/i.test(path), read: readCsvSuite },
];

/**
 * The suite of a file, read by the first reader that takes its ending and shape. `options` name a file of rows, which
 * cannot name itself.
 * @throws FILE_UNKNOWN_FORMAT, and what the reader throws
 */
export async function loadSuite(path: string, options?: SuiteOptions): Promise<Suite> {
  const firstRow = rows.test(path) ? await firstRowOf(path) : undefined;
  const reader = SUITE_READERS.find(({ reads }) => reads(path, firstRow));
  if (reader !== undefined) return reader.read(path, options);
  const hint = 'A suite is a .yaml, .json, .jsonl, .csv or .tsv file; rows may be gzipped (.jsonl.gz).';
  throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'not a suite by its name.', { file: path, hint });
}

async function firstRowOf(path: string): Promise<unknown> {
  for await (const { value } of readJsonl(path)) return value;
  return undefined;
}

/** The folder of the suites that come with the package. */
export const BUNDLED_SUITES = fileURLToPath(new URL('../../suites/', import.meta.url));

/** The suites that come with the package, by bare name and path: those of the folder, then `demo-…`. */
export function bundledSuites(): { name: string; path: string }[] {
  const within = (folder: string, prefix: string): { name: string; path: string }[] =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .sort()
      .map((file) => ({ name: prefix + basename(file, '.yaml'), path: resolve(folder, file) }));
  return [...within(BUNDLED_SUITES, ''), ...within(resolve(BUNDLED_SUITES, 'demo'), 'demo-')];
}

/**
 * The suite that a run file names: a bundled one by bare name (`out-of-domain`), else a path relative to `baseDir`.
 * @throws SUITE_UNKNOWN for a bare name that is neither, and what `loadSuite` throws
 */
export async function findSuite(nameOrPath: string, baseDir: string): Promise<Suite> {
  const path = resolve(baseDir, nameOrPath);
  if (/^[\w-]+$/.test(nameOrPath)) {
    const bundled = bundledSuites();
    const match = bundled.find(({ name }) => name === nameOrPath);
    if (match !== undefined) return loadSuite(match.path);
    if (!existsSync(path)) {
      const names = bundled.map(({ name }) => name);
      const near = suggest(nameOrPath, names);
      const hint = near === null ? `Bundled suites: ${names.join(', ')}; others are named by path.` : `Did you mean "${near}"?`;
      throw new DoubleblindError('SUITE_UNKNOWN', `no bundled suite is named "${nameOrPath}".`, { hint });
    }
  }
  return loadSuite(path);
}

/** One line per prompt for any generator, fields in the order they are written; `messages` is null for a plain prompt. */
export interface PromptRow {
  prompt_id: string;
  prompt: string;
  messages: Message[] | null;
  system: string | null;
}

/** The prompts of a suite as rows for a generator of one's own, which answers `{prompt_id, response}`. */
export function promptRows(suite: Suite): PromptRow[] {
  return suite.prompts.map(({ id, prompt, messages, system }) => ({ prompt_id: id, prompt, messages, system }));
}
