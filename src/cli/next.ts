// What to type next, so that it can be typed as it stands: quoted for a shell, on the database that was named, without keys.
import { commandLine } from '../environment.js';
import type { CommonOptions } from './action.js';

type Named = Pick<CommonOptions, 'database'>;

/** `doubleblind …`: a command and what stands behind it. */
export function next(words: readonly string[], { database }: Named): string {
  const named = database === undefined ? [] : ['--database', database];
  return commandLine(['', '', ...words, ...named], process.env);
}

/** The same beside another command, `…` in place of its first word. */
export function further(words: readonly string[], named: Named): string {
  return next(words, named).replace('doubleblind', '…');
}
