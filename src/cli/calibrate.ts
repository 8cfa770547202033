// `calibrate`: the judges of a run against people.
import type { Command } from 'commander';
import { type CommonOptions, usingStore, withDatabase } from './action.js';

export function register(program: Command): void {
  withDatabase(program.command('calibrate <run>'))
    .description('judges against people: agreement, baselines, and the win rate with the judge’s error carried in')
    .action(async (run: string, flags: CommonOptions) => {
      const { showCalibration } = await import('./calibrating.js');
      await usingStore(flags, (store) => showCalibration(store, run, flags));
    });
}
