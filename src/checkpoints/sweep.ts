// Which checkpoints does a sweep cover? `{ folders: 'runs/x/checkpoint-*', model: 'brie-{{step}}' }` finds them on disk,
// `{ file: 'out/{{step}}.jsonl' }` by their recorded responses; both together pair each folder with its file.
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { DoubleblindError, suggest } from '../errors.js';
import { stepInName } from './identity.js';

export interface Sweep {
  /** Pattern of checkpoint folders; `*` and `?` stand for parts of one name, `{{step}}` for digits. */
  folders?: string | undefined;
  /** Pattern of response files with `{{step}}`. */
  file?: string | undefined;
  /** Name that the server knows a checkpoint by, with `{{step}}` or `{{name}}` (the folder's name). */
  model?: string | undefined;
  /** Name of each candidate, with `{{step}}` or `{{name}}`. */
  name?: string | undefined;
}

interface SweepCandidate {
  name: string;
  step: number;
  /** Absolute path of the folder; absent in a sweep over files. */
  checkpoint?: string;
  model?: string;
  /** Absolute path of the recorded responses; absent where a server answers. */
  file?: string;
}

export interface SweepPlan {
  /** In order of step. */
  candidates: SweepCandidate[];
  /** Folders that no one answers for, and what is missing. */
  unanswered: { folder: string; step: number | null; why: string }[];
}

/**
 * The candidates of a sweep, and the folders that no one answers for. `served` holds the names that the server lists;
 * without it, every model is taken to be served. Paths are relative to `cwd`.
 * @throws INVALID_VALUE (unknown placeholder, nothing to tell the steps apart), FILE_MISSING (nothing matches)
 */
export async function expandCandidates(sweep: Sweep, cwd = '.', served?: ReadonlySet<string>): Promise<SweepPlan> {
  checkPlaceholders(sweep);
  const files = sweep.file === undefined ? [] : await match(sweep.file, cwd, false);
  const folders = sweep.folders === undefined ? [] : await match(sweep.folders, cwd, true);
  const pattern = sweep.folders ?? sweep.file!;
  if ((sweep.folders === undefined ? files : folders).length === 0)
    throw new DoubleblindError('FILE_MISSING', `nothing matches "${pattern}".`, { file: resolve(cwd, pattern) });
  const plan: SweepPlan = { candidates: [], unanswered: [] };
  if (sweep.folders === undefined) plan.candidates.push(...files.map((file) => fromFile(sweep, file)));
  const fileOf = new Map(files.map(({ path, step }) => [step, path]));
  for (const { path, step } of folders) {
    const found = step === null ? 'no step in its name' : fromFolder(sweep, path, step, fileOf.get(step), served);
    if (typeof found === 'string') plan.unanswered.push({ folder: path, step, why: found });
    else plan.candidates.push(found);
  }
  plan.candidates.sort((a, b) => a.step - b.step || (a.name < b.name ? -1 : 1));
  plan.unanswered.sort((a, b) => (a.step ?? Infinity) - (b.step ?? Infinity));
  return plan;
}

/** The candidate in a folder, or why no one answers for it. */
function fromFolder(
  sweep: Sweep,
  path: string,
  step: number,
  file: string | undefined,
  served: ReadonlySet<string> | undefined,
): SweepCandidate | string {
  const values = { step: String(step), name: basename(path) };
  const model = sweep.model === undefined ? undefined : fill(sweep.model, values);
  if (sweep.file !== undefined && file === undefined) return `no ${fill(sweep.file, values)}`;
  if (file === undefined && model !== undefined && served?.has(model) === false) return `no model "${model}" is served`;
  return {
    name: fill(sweep.name ?? `${basename(dirname(path))}-{{name}}`, values),
    step,
    checkpoint: path,
    ...(model !== undefined && { model }),
    ...(file !== undefined && { file }),
  };
}

function fromFile(sweep: Sweep, { path, step }: Match): SweepCandidate {
  const values = { step: String(step), name: basename(path).replace(/\.(jsonl|json|csv)(\.gz)?$/i, '') };
  return {
    name: fill(sweep.name ?? '{{name}}', values),
    step: step!,
    ...(sweep.model !== undefined && { model: fill(sweep.model, values) }),
    file: path,
  };
}

const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g;

function checkPlaceholders(sweep: Sweep): void {
  const fault = (message: string, hint?: string): never => {
    throw new DoubleblindError('INVALID_VALUE', message, { hint });
  };
  if (sweep.folders === undefined && sweep.file === undefined) fault('a sweep needs `folders` or `file`.');
  if (sweep.folders === undefined && !/\{\{\s*step\s*\}\}/.test(sweep.file!))
    fault(`\`file: ${sweep.file}\` names one file: write {{step}} where the step stands.`);
  for (const [key, allowed] of [
    ['folders', ['step']],
    ['file', ['step']],
    ['model', ['step', 'name']],
    ['name', ['step', 'name']],
  ] as const) {
    for (const [, word] of sweep[key]?.matchAll(PLACEHOLDER) ?? []) {
      const near = suggest(word!, allowed);
      if (!(allowed as readonly string[]).includes(word!))
        fault(`\`${key}\` has no placeholder {{${word}}}.`, near === null ? undefined : `Did you mean {{${near}}}?`);
    }
  }
}

const fill = (pattern: string, values: { step: string; name: string }): string =>
  pattern.replace(PLACEHOLDER, (_, word: 'step' | 'name') => values[word]);

interface Match {
  path: string;
  step: number | null;
}

/** Paths that a pattern matches, name by name: a folder of thousands of checkpoints is listed once and none is opened. */
async function match(pattern: string, cwd: string, wantFolders: boolean): Promise<Match[]> {
  const parts = pattern.split(/[/\\]+/).filter((part) => part !== '' && part !== '.');
  let found: Match[] = [{ path: isAbsolute(pattern) ? sep : resolve(cwd), step: null }];
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    const next: Match[] = [];
    for (const { path, step } of found) {
      if (!/[*?]|\{\{/.test(part) && !last) {
        next.push({ path: join(path, part), step });
        continue;
      }
      const name = nameExpression(part);
      for (const entry of await entriesOf(path)) {
        const hit = name.exec(entry.name);
        // A link may lead to either; what it leads to is said when the checkpoint is inspected.
        const fits = last && !wantFolders ? !entry.isDirectory() : entry.isDirectory() || entry.isSymbolicLink();
        if (hit === null || !fits) continue;
        const inName = wantFolders && last ? (stepInName(entry.name) ?? lastNumber(entry.name)) : null;
        next.push({
          path: join(path, entry.name),
          step: hit.groups?.['step'] ? Number(hit.groups['step']) : (step ?? inName),
        });
      }
    }
    found = next;
  }
  return found;
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new DoubleblindError('FILE_UNREADABLE', `cannot be read: ${code}`, { file: path }, { cause: error });
  }
}

function nameExpression(part: string): RegExp {
  let first = true;
  const expression = part.replace(/\{\{\s*step\s*\}\}|[*?]|[.+^${}()|[\]\\]/g, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (!token.startsWith('{{')) return `\\${token}`;
    const group = first ? '(?<step>\\d+)' : '\\k<step>';
    first = false;
    return group;
  });
  return new RegExp(`^(?!\\.)${expression}$`);
}

function lastNumber(name: string): number | null {
  const found = /(\d+)\D*$/.exec(name);
  return found === null ? null : Number(found[1]);
}
