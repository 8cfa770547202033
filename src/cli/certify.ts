// `certify`: judges against known answers.
import type { Command } from 'commander';
import { withDatabase } from './action.js';
import { integer, type RunFlags, runOptions } from './run.js';

export interface CertifyFlags extends RunFlags {
  judge: string[];
  template: string;
  seed: number;
}

export function register(program: Command): void {
  runOptions(withDatabase(program.command('certify <pairs>')))
    .description('judges against pairs whose right answer is known, in both orders; shown wherever the judge is used')
    .option(
      '--judge <provider:model[@base_url]>',
      'a judge; repeatable',
      (one: string, all: string[]) => [...all, one],
      [] as string[],
    )
    .option('--template <name>', 'judge prompt', 'pairwise')
    .option('--seed <n>', 'drives the order of work', integer, 0)
    .option('--limit <n>', 'the first pairs in the seeded order', integer)
    .option('--again', 'a second run of the same configuration')
    .action(async (file: string, flags: CertifyFlags) => {
      const { certifyFile } = await import('./certifying.js');
      process.exitCode = await certifyFile(file, flags);
    });
}
