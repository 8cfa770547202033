// `validate`: everything a run needs, checked; spends nothing.
import type { Command } from 'commander';
import { common, type CommonOptions } from './action.js';

export function register(program: Command): void {
  common(program.command('validate <run.yaml>'))
    .description('check run file, suites, templates, keys, endpoints and checkpoint folders; spends nothing')
    .option('--allow-missing', 'accept recorded files without some prompts')
    .option('--allow-identity-mismatch', 'only warn when a server serves another checkpoint than the folder')
    .option('--offline', 'ask no endpoint')
    .action(async (file: string, flags: ValidateFlags) => {
      const { validate } = await import('./validating.js');
      await validate(file, flags);
    });
}

export interface ValidateFlags extends CommonOptions {
  allowMissing?: boolean;
  allowIdentityMismatch?: boolean;
  offline?: boolean;
}
