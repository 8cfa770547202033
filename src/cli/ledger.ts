// The ledger of runs: `list`, `show`, `compare`, `leaderboard`, `significance`, `reproduce`, `delete`, `prune`, `ledger`.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Status } from '../records.js';
import { STATUSES } from './choices.js';
import { type CommonOptions, usingStore, withDatabase } from './action.js';
import { count, integer, type RunFlags, runOptions } from './run.js';

export interface ListFlags extends CommonOptions {
  detail?: boolean;
  purpose?: string;
  candidate?: string;
  baseline?: string;
  status?: Status;
  sweep?: string;
  tag?: string;
  search?: string;
  limit: number;
  cursor?: string;
}

export interface CompareFlags extends CommonOptions {
  tag?: string;
  suite?: string;
  seed: number;
}

export interface LeaderboardFlags extends CommonOptions {
  suite?: string;
  domain?: string;
  purpose?: string;
  tag?: string;
  all?: boolean;
  metric?: string;
  names?: string;
}

export interface ReproduceFlags extends RunFlags {
  output?: string;
  filesOnly?: boolean;
}

export interface DeleteFlags extends CommonOptions {
  files?: boolean;
}

export interface PruneFlags extends DeleteFlags {
  olderThan: number;
  dryRun?: boolean;
  purpose?: string;
  status?: Status;
  tag?: string;
}

export interface ImportFlags extends CommonOptions {
  intermediate?: boolean;
  records?: boolean;
  names?: string;
}

export function register(program: Command): void {
  withDatabase(program.command('list'))
    .description('runs by purpose and model; --detail for each run')
    .option('--detail', 'one line a run')
    .option('--purpose <purpose>', 'only runs of this purpose')
    .option('--candidate <name>', 'only runs of this candidate')
    .option('--baseline <name>', 'only runs against this baseline')
    .addOption(new Option('--status <status>', 'only runs in this state').choices(STATUSES))
    .option('--sweep <id>', 'only the runs of a sweep')
    .option('--tag <key[=value]>', 'only runs with this tag')
    .option('--search <words>', 'in id, name, candidate or baseline')
    .option('--limit <n>', 'runs at most', count, 1000)
    .option('--cursor <id>', 'go on after this run')
    .action(async (flags: ListFlags) => {
      const { list } = await import('./listing.js');
      await usingStore(flags, (store) => list(store, flags));
    });

  withDatabase(program.command('show <run>'))
    .description('everything that is recorded of a run; the curve of its sweep')
    .action(async (id: string, flags: CommonOptions) => {
      const { show } = await import('./listing.js');
      await usingStore(flags, (store) => show(store, id, flags));
    });

  withDatabase(program.command('compare [run...]'))
    .description('what differs between runs, and a paired test on the prompts they share')
    .option('--tag <key>', 'compare groups of runs: those with the same value of this tag')
    .option('--suite <name>', 'prompts of this suite only')
    .option('--seed <n>', 'of bootstraps that draw', integer, 0)
    .action(async (ids: string[], flags: CompareFlags) => {
      const { compareRuns } = await import('./comparing.js');
      await usingStore(flags, (store) => compareRuns(store, ids, flags));
    });

  withDatabase(program.command('significance <run> <run>'))
    .description('is one candidate better than the other: permutation, paired t and bootstrap on shared prompts')
    .option('--suite <name>', 'prompts of this suite only')
    .option('--seed <n>', 'of bootstraps that draw', integer, 0)
    .action(async (first: string, second: string, flags: CompareFlags) => {
      const { significanceOfRuns } = await import('./comparing.js');
      await usingStore(flags, (store) => significanceOfRuns(store, [first, second], flags));
    });

  withDatabase(program.command('leaderboard [run...]'))
    .description('candidates ranked where suites, judges and template match')
    .option('--suite <name>', 'runs with this suite, by its win rate')
    .option('--domain <domain>', 'by the win rate of this domain')
    .option('--purpose <purpose>', 'only runs of this purpose')
    .option('--tag <key[=value]>', 'only runs with this tag')
    .option('--metric <name>', 'rank by an imported metric instead')
    .option('--names <metrics.yaml>', 'one name per benchmark, with the names it was measured under')
    .option('--all', 'unfinished and test runs too')
    .action(async (ids: string[], flags: LeaderboardFlags) => {
      const { showLeaderboard } = await import('./ranking.js');
      await usingStore(flags, (store) => showLeaderboard(store, ids, flags));
    });

  runOptions(withDatabase(program.command('reproduce <run>')))
    .description('write the run file anew, run it again, and say how far verdicts agree')
    .option('-o, --output <dir>', 'where the run file is written (default: reproduce/<run>)')
    .option('--files-only', 'write the run file and check what has changed; run nothing')
    .option('--limit <n>', 'prompts of each suite', count)
    .action(async (id: string, flags: ReproduceFlags) => {
      const { reproduceRun } = await import('./reproducing.js');
      process.exitCode = await usingStore(flags, (store) => reproduceRun(store, id, flags));
    });

  withDatabase(program.command('delete <run>'))
    .description('delete a run with its responses and judgments')
    .option('--files', 'its folder of exports too')
    .action(async (id: string, flags: DeleteFlags) => {
      const { deleteOne } = await import('./pruning.js');
      await usingStore(flags, (store) => deleteOne(store, id, flags));
    });

  withDatabase(program.command('prune'))
    .description('delete runs older than an age')
    .requiredOption('--older-than <age>', 'such as 90d, 12w or 36h', age)
    .option('--dry-run', 'list them only')
    .option('--files', 'their folders of exports too')
    .option('--purpose <purpose>', 'only runs of this purpose')
    .addOption(new Option('--status <status>', 'only runs in this state').choices(STATUSES))
    .option('--tag <key[=value]>', 'only runs with this tag')
    .action(async (flags: PruneFlags) => {
      const { prune } = await import('./pruning.js');
      await usingStore(flags, (store) => prune(store, flags));
    });

  const ledger = program.command('ledger').description('training folders and run lists; the size of the database');

  withDatabase(ledger.command('import <path...>'))
    .description('read training folders, run lists and metrics: what trained, how it ended, what was measured')
    .option('--intermediate', 'intermediate checkpoints too')
    .option('--records', 'count the rows of large record files')
    .option('--names <metrics.yaml>', 'one name per benchmark, with the names it was measured under')
    .action(async (paths: string[], flags: ImportFlags) => {
      const { importTraining } = await import('./training.js');
      await usingStore(flags, (store) => importTraining(store, paths, flags));
    });

  withDatabase(ledger.command('stats'))
    .description('what the database holds, and its size')
    .action(async (flags: CommonOptions) => {
      const { ledgerStats } = await import('./pruning.js');
      await usingStore(flags, (store) => ledgerStats(store, flags));
    });
}

const HOURS = { h: 1, d: 24, w: 7 * 24 } as const;

/** An age such as `90d` in milliseconds. */
export function age(text: string): number {
  const match = /^(\d+)([hdw])$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It must look like 90d, 12w or 36h.');
  return Number(match[1]) * HOURS[match[2] as keyof typeof HOURS] * 3_600_000;
}
