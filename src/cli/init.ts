// `init`: a commented run file, one small suite and `.env.example`.
import type { Command } from 'commander';
import { common, type CommonOptions } from './action.js';

export function register(program: Command): void {
  common(program.command('init [dir]'))
    .description('write a commented run file, one small suite and .env.example')
    .option('--force', 'overwrite files that are there')
    .action(async (dir: string | undefined, flags: CommonOptions & { force?: boolean }) => {
      const { initialise } = await import('./initialising.js');
      await initialise(dir ?? '.', flags);
    });
}
