// `demo`: the main job on small suites with recorded sample responses and offline judges.
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { withDatabase } from './action.js';
import type { RunFlags } from './run.js';

/** The run file of the demo, readable as an example. */
const DEMO = fileURLToPath(new URL('../../demo.yaml', import.meta.url));

export function register(program: Command): void {
  withDatabase(program.command('demo'))
    .description('the main job on sample responses with offline judges: no key, no network')
    .option('--exports <dir>', 'where files are written', 'exports')
    .option('--again', 'a second run of the demo')
    .action(async (flags: Pick<RunFlags, 'exports' | 'again' | 'json' | 'database'>) => {
      const { runFile } = await import('./running.js');
      process.exitCode = await runFile(DEMO, { maxFailed: 0.05, ...flags });
    });
}
