// What every command shares: the store it opens, how it prints, how its errors end.
import { type Command, Option } from 'commander';
import { databaseLost, DoubleblindError } from '../errors.js';
import type { Store } from '../store/index.js';
import { fitted, plain, room } from './terminal.js';

export interface CommonOptions {
  json?: boolean;
  verbose?: boolean;
  database?: string;
}

const DEFAULT_DATABASE = 'sqlite:doubleblind.db';

const database = (): Option =>
  new Option(
    '--database <url>',
    `sqlite:FILE or postgres://… (default: $DOUBLEBLIND_DATABASE_URL or ${DEFAULT_DATABASE})`,
  );

const always = (command: Command): Command =>
  command
    .option('--json', 'print one JSON document on stdout and nothing else')
    .option('--verbose', 'print stack traces with errors');

/** Adds what every command takes. `--database` too, since scripts pass it to each; it is not told where none is opened. */
export const common = (command: Command): Command => always(command).addOption(database().hideHelp());

/** The same for a command that opens a database. */
export const withDatabase = (command: Command): Command => always(command).addOption(database());

/**
 * The address of the database that a command names. `.env` is read for each of them: one that runs reads it for the keys,
 * and what it wrote would not be found by the next.
 */
export function databaseOf({ database }: CommonOptions): string {
  loadEnv();
  return database ?? (process.env['DOUBLEBLIND_DATABASE_URL'] || DEFAULT_DATABASE);
}

/** Reads `.env` of the working directory; what is set already wins. It is never written. */
export function loadEnv(): void {
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new DoubleblindError('FILE_UNREADABLE', 'cannot be read.', { file: '.env' });
    }
  }
}

/** Opens the store a command names, hands it to the work, closes it. */
export async function usingStore<T>(options: CommonOptions, work: (store: Store) => Promise<T>): Promise<T> {
  const { openStore } = await import('../store/index.js');
  const store = await openStore(databaseOf(options));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Prints a result: the document for scripts, else the text for people, its lines broken where the terminal ends. */
export function print(options: CommonOptions, document: unknown, text: () => string, width = room()): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(document)}\n` : ensureBreak(fitted(text(), width)));
}

/** @throws USAGE where a file on stdout and the document of `--json` are asked for at once */
export function refuseFileAndDocument({ json }: CommonOptions): void {
  if (json === true)
    throw new DoubleblindError(
      'USAGE',
      '--json prints one document on stdout, so that no other file can stand there.',
      {
        hint: 'Name a file with -o, or leave --json out.',
      },
    );
}

/** A line for people on stderr, never among results; broken between words where the terminal ends. */
export function say(line: string): void {
  sayWhole(fitted(line, room(process.stderr)));
}

function sayWhole(text: string): void {
  process.stderr.write(ensureBreak(text));
}

/** Tells an error in one line (as JSON on stdout for scripts); the exit code it leads to. */
export function tell(error: unknown, options: CommonOptions): number {
  const known = error instanceof DoubleblindError ? error : (databaseLost(error) ?? pathRefused(error));
  if (options.json === true) {
    const document = known?.toJSON() ?? {
      error: { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) },
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
  } else if (known !== null) sayWhole(`error: ${plain(known.line)}`);
  else
    sayWhole(
      `error: ${plain(error instanceof Error ? error.message : String(error))} (a fault of doubleblind; --verbose shows where)`,
    );
  if (options.verbose === true && error instanceof Error) sayWhole(plain(error.stack ?? ''));
  return known?.exitCode ?? 3;
}

const REFUSED: Record<string, string> = {
  ENOENT: 'there is no such file or folder.',
  ENOTDIR: 'a part of this path is no folder.',
  EISDIR: 'this is a folder, not a file.',
  EEXIST: 'a file stands where a folder should be.',
  EACCES: 'permission denied.',
  EPERM: 'permission denied.',
};

/** A path that somebody named and the system does not open; null for anything else. */
function pathRefused(error: unknown): DoubleblindError | null {
  const { code, path } = (error ?? {}) as { code?: string; path?: unknown };
  const why = REFUSED[code ?? ''];
  return why === undefined || typeof path !== 'string'
    ? null
    : new DoubleblindError('FILE_UNREADABLE', why, { file: path }, { cause: error });
}

function ensureBreak(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
