// `audit`: does what a judged file says follow from what it holds?
import type { Command } from 'commander';
import type { ReadOptions } from '../formats/index.js';
import { type CommonOptions, withDatabase } from './action.js';
import { readingOptions } from './stats.js';

export interface AuditFlags extends CommonOptions, ReadOptions {
  strict?: boolean;
  md?: boolean;
}

export function register(program: Command): void {
  readingOptions(withDatabase(program.command('audit <run-or-file...>')))
    .description("prove a run, or find what is wrong in judged files of anyone's (files, folders)")
    .option('--strict', 'exit 1 for warnings too')
    .option('--md', 'the audit as Markdown')
    .action(async (subjects: string[], flags: AuditFlags) => {
      const { audit } = await import('./auditing.js');
      process.exitCode = await audit(subjects, flags);
    });
}
