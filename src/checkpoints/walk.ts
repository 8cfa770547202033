// Which folders lie below a root? Hidden folders (`.ipynb_checkpoints`, `.git`) are left out, links are not followed,
// and a folder that cannot be opened or a link that leads nowhere is a finding while the walk goes on.
import type { Dirent } from 'node:fs';
import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckpointFinding, unreadable } from './findings.js';

export interface Folder {
  path: string;
  entries: Dirent[];
}

/** The entries of a folder in order of name; null with a finding when it cannot be opened. */
export async function list(path: string, findings: CheckpointFinding[]): Promise<Dirent[] | null> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    findings.push(unreadable(path, error));
    return null;
  }
}

/**
 * The root and the folders below it, parents first, in order of name. `enter` says whether to go on into a folder's
 * children.
 */
export async function* folders(
  root: string,
  findings: CheckpointFinding[],
  enter: (folder: Folder) => boolean = () => true,
  depth = 8,
): AsyncGenerator<Folder> {
  const entries = await list(root, findings);
  if (entries === null) return;
  const folder = { path: root, entries };
  yield folder;
  for (const entry of entries) if (entry.isSymbolicLink()) await checkLink(join(root, entry.name), findings);
  if (depth === 0 || !enter(folder)) return;
  for (const entry of entries)
    if (entry.isDirectory() && !entry.name.startsWith('.'))
      yield* folders(join(root, entry.name), findings, enter, depth - 1);
}

/** True when the link leads somewhere; else a finding says where it was meant to lead. */
async function checkLink(path: string, findings: CheckpointFinding[]): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    findings.push(brokenLink(path, await readlink(path).catch(() => '?'), error));
    return false;
  }
}

/** The finding for a link whose target cannot be reached. */
export function brokenLink(path: string, target: string, error: unknown): CheckpointFinding {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ELOOP')
    return { code: 'LINK_LOOP', severity: 'error', file: path, message: `${path} is a link that leads back to itself` };
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return {
      code: 'LINK_BROKEN',
      severity: 'error',
      file: path,
      message: `${path} is a link to ${target}, which does not exist`,
    };
  return unreadable(path, error);
}
