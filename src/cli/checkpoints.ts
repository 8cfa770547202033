// `checkpoints inspect`: which weights lie in a folder, where they come from, how far training got.
import type { Command } from 'commander';
import { common, type CommonOptions } from './action.js';

export function register(program: Command): void {
  const checkpoints = program.command('checkpoints').description('checkpoint folders');

  common(checkpoints.command('inspect <dir...>'))
    .description('identity, lineage and training state of checkpoint folders')
    .action(async (folders: string[], flags: CommonOptions) => {
      const { inspectFolders } = await import('./inspecting.js');
      process.exitCode = await inspectFolders(folders, flags);
    });
}
