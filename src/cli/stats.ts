// `stats`: every statistic of a run or of judged files.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DoubleblindError } from '../errors.js';
import type { ReadOptions } from '../formats/index.js';
import type { Group } from '../summary.js';
import type { WinRateOptions } from '../win-rates.js';
import { type CommonOptions, withDatabase } from './action.js';
import { DOMAINS } from './choices.js';
import { integer } from './run.js';

export interface StatsFlags extends CommonOptions, ReadOptions, Omit<WinRateOptions, keyof ReadOptions | 'category'> {
  explain?: string;
}

export function register(program: Command): void {
  readingOptions(withDatabase(program.command('stats <run-or-file...>')))
    .description('every statistic of a run, or of judged files without a database')
    .option('--by <groups>', 'groupings, such as domain,suite*judge', groupings)
    .option('--level <level>', 'confidence level, such as 0.95', level)
    .addOption(new Option('--method <method>', 'main interval').choices(['auto', 'tango', 'wilson-effective-n']))
    .option('--seed <n>', 'of bootstraps that draw', integer)
    .option('--judges <names>', 'only these judges, separated by commas', (text) => text.split(','))
    .option('--exclude-order-dependent', 'leave comparisons out whose winner changed with the order')
    .option('--pooled', 'weigh prompts by how often they were judged')
    .option('--explain <group>', 'the formulas with their numbers, for overall or for example domain=in-domain')
    .action(async (subjects: string[], flags: StatsFlags) => {
      const { stats } = await import('./statistics.js');
      process.exitCode = await stats(subjects, flags);
    });
}

/** Options of every command that reads other people's files. */
export function readingOptions(command: Command): Command {
  return command
    .option(
      '--format <format>',
      'of the files: doubleblind, generic, brie, alpaca-eval, arena-hard, mt-bench, judgebench',
    )
    .option('--suite <name>', 'suite of the rows')
    .addOption(new Option('--domain <domain>', 'domain of the rows').choices(DOMAINS))
    .option('--judge <name>', 'judge of the rows')
    .option('--baseline <name>', 'name of the baseline')
    .option('--candidate <name>', 'name of the candidate')
    .option('--columns <pairs>', 'our field = column of the file, such as prompt=question,winner=label', columns)
    .option('--values <pairs>', 'our word = word of the file, such as candidate=model_b,baseline=model_a', values);
}

/** @throws USAGE where a run is named with an option that says how a file is read */
export function refuseReading(run: string, flags: ReadOptions): void {
  const given = (['format', 'suite', 'domain', 'judge', 'baseline', 'candidate', 'columns', 'values'] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (given !== undefined)
    throw new DoubleblindError('USAGE', `--${given} is for files, and there is no file "${run}".`, {
      hint: 'A run is taken as it was recorded: leave the option out.',
    });
}

const GROUPS = ['domain', 'suite', 'category', 'judge', 'order'];

/** `domain,suite*judge`: separate groupings by comma, crossed by star. */
function groupings(text: string): (keyof Group)[][] {
  return text.split(',').map((grouping) => {
    const keys = grouping.split('*').map((key) => key.trim());
    const wrong = keys.find((key) => !GROUPS.includes(key));
    if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is none of ${GROUPS.join(', ')}.`);
    return keys as (keyof Group)[];
  });
}

function level(text: string): number {
  const value = Number(text);
  if (!(value > 0.5 && value < 1)) throw new InvalidArgumentError('It must lie between 0.5 and 1.');
  return value;
}

function pairs(text: string): [string, string][] {
  return text.split(',').map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new InvalidArgumentError('It must look like ours=theirs,….');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

function columns(text: string): Record<string, string> {
  return Object.fromEntries(pairs(text));
}

function values(text: string): Record<string, string[]> {
  const words: Record<string, string[]> = {};
  for (const [ours, theirs] of pairs(text)) (words[ours] ??= []).push(theirs);
  return words;
}
