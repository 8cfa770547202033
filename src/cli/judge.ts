// `judge`: responses that exist already, judged now.
import { type Command, Option } from 'commander';
import type { Domain } from '../records.js';
import { DOMAINS } from './choices.js';
import { withDatabase } from './action.js';
import { integer, type RunFlags, runOptions } from './run.js';

interface JudgeFlags extends RunFlags {
  judge: string[];
  baseline?: string;
  candidate?: string;
  baselineName?: string;
  candidateName?: string;
  suite?: string;
  domain?: Domain;
  template: string;
  orders: 'both' | 'balanced' | 'random';
  purpose?: string;
  seed: number;
}

export function register(program: Command): void {
  runOptions(withDatabase(program.command('judge [file...]')))
    .description('judge responses that exist: paired files, or --baseline FILE --candidate FILE')
    .option(
      '--judge <provider:model[@base_url]>',
      'a judge; repeatable',
      (one: string, all: string[]) => [...all, one],
      [] as string[],
    )
    .option('--baseline <file>', 'recorded responses of the baseline')
    .option('--candidate <file>', 'recorded responses of the candidate')
    .option('--baseline-name <name>', 'name of the baseline')
    .option('--candidate-name <name>', 'name of the candidate')
    .option('--suite <name>', 'suite of the prompts: a name for paired files, a name or path beside --baseline')
    .addOption(new Option('--domain <domain>', 'domain of the prompts').choices(DOMAINS))
    .option('--template <name>', 'judge prompt', 'pairwise')
    .addOption(
      new Option('--orders <orders>', 'orders of presentation').choices(['both', 'balanced', 'random']).default('both'),
    )
    .option('--purpose <purpose>', 'why the run exists')
    .option('--seed <n>', 'drives orders and bootstrap', integer, 0)
    .option('--again', 'a second run of the same configuration')
    .action(async (files: string[], flags: JudgeFlags) => {
      const { judgeFiles } = await import('./judging.js');
      process.exitCode = await judgeFiles(files, flags);
    });
}

export type { JudgeFlags };
