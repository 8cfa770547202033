// The command line with the page beside it, as it is installed.
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cliPath } from '../cli.js';
import { buildPage } from './browser.js';

/** Path of the main file of the command line, installed in a folder. */
export async function installedIn(folder: string): Promise<string> {
  const [path, page] = await Promise.all([cliPath(), buildPage()]);
  cpSync(dirname(dirname(dirname(path))), join(folder, 'installed'), { recursive: true, verbatimSymlinks: true });
  cpSync(page, join(folder, 'installed/dist/web'), { recursive: true });
  return join(folder, 'installed/dist/cli/main.js');
}
