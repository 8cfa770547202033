// `review`: people as judges. Queues are made, sent out as CSV and taken back; the page works through the same queues.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Strategy } from '../review-queue.js';
import { type CommonOptions, usingStore, withDatabase } from './action.js';
import { count, share } from './run.js';

export interface ReviewFlags extends CommonOptions {
  n: number;
  strategy: Strategy;
  reviewers: string[];
  overlap: number;
  reviewer: string;
  out?: string;
  change?: boolean;
}

export function register(program: Command): void {
  const review = program.command('review').description('people as judges, blind');

  withDatabase(review.command('create <run>'))
    .description('queue comparisons for people; what chance draws may correct the win rate')
    .option('--n <n>', 'comparisons', count, 100)
    .addOption(
      new Option('--strategy <strategy>', 'which comparisons')
        .choices(['random', 'disagreement', 'order-dependent', 'low-margin'])
        .default('random'),
    )
    .requiredOption('--reviewers <names>', 'people, separated by commas', names)
    .option('--overlap <share>', 'share of the comparisons that everybody judges', share, 0.2)
    .action(async (run: string, flags: ReviewFlags) => {
      const { create } = await import('./reviewing.js');
      await usingStore(flags, (store) => create(store, run, flags));
    });

  withDatabase(review.command('status <run>'))
    .description('how far each person is, and how well people agree')
    .action(async (run: string, flags: ReviewFlags) => {
      const { status } = await import('./reviewing.js');
      await usingStore(flags, (store) => status(store, run, flags));
    });

  withDatabase(review.command('export <run>'))
    .description("a person's open comparisons as CSV, blind, to be filled in elsewhere")
    .requiredOption('--reviewer <name>', 'whose queue')
    .option('-o, --out <file>', 'write to a file')
    .action(async (run: string, flags: ReviewFlags) => {
      const { exportQueue } = await import('./reviewing.js');
      await usingStore(flags, (store) => exportQueue(store, run, flags));
    });

  withDatabase(review.command('import <run> <file>'))
    .description('take the votes of a filled CSV')
    .option('--change', 'a vote that differs from an earlier one takes its place; both stay in the history')
    .action(async (run: string, file: string, flags: ReviewFlags) => {
      const { importFile } = await import('./reviewing.js');
      await usingStore(flags, (store) => importFile(store, run, file, flags));
    });
}

function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.includes('')) throw new InvalidArgumentError('It must look like ana,ben.');
  return list;
}
