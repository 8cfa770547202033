// The program: every command by name, usage errors as exit code 2. Commands load their work when they are called.
import { Command, CommanderError } from 'commander';
import { DoubleblindError } from '../errors.js';
import { tell } from './action.js';
import { COMMANDS } from './commands.js';

/** Builds the program with every command. */
export function program(): Command {
  const root = new Command('doubleblind')
    .description(
      'Is this checkpoint better than its baseline, where, by how much, and can the judge that says so be trusted?',
    )
    .option('-V, --version', 'print the version')
    .showSuggestionAfterError(true)
    .configureOutput({ outputError: (text, write) => write(`${oneLine(text)}\n`) })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .hook('preAction', (_, command) => refuseEmpty(command))
    .addHelpText('after', '\nStart without a key: doubleblind demo\n');
  for (const register of COMMANDS) register(root);
  exitOverride(root);
  return root;
}

/** A variable that a script has not set is an empty text: no name, file or folder, and nothing that was left out. */
function refuseEmpty(command: Command): void {
  const given: [string, unknown][] = [
    ...command.registeredArguments.map((argument, i): [string, unknown] => [
      `argument '${argument.name()}'`,
      command.processedArgs[i],
    ]),
    ...command.options.map((option): [string, unknown] => [
      `option '${option.flags}'`,
      command.getOptionValue(option.attributeName()),
    ]),
  ];
  const empty = given.find(([, value]) => value === '' || (Array.isArray(value) && value.includes('')));
  if (empty !== undefined) throw new DoubleblindError('USAGE', `${empty[0]} must not be empty.`);
}

/** Runs the program; the exit code. */
export async function main(argv: string[]): Promise<number> {
  try {
    await program().parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usage(error, argv);
    return tell(error, { json: argv.includes('--json'), verbose: argv.includes('--verbose') });
  }
}

/** commander has told people already; scripts get the one document they asked for. */
function usage(error: CommanderError, argv: string[]): number {
  if (argv.includes('--json')) {
    const message = oneLine(error.message).replace(/^error: /, '');
    process.stdout.write(`${JSON.stringify({ error: { code: 'USAGE', message } })}\n`);
  }
  return 2;
}

/** The nearest word stands behind what it is for. */
const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ');

function exitOverride(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitOverride(child);
}
