// `export` and `import`: a run as files, files as a run.
import { type Command, Option } from 'commander';
import type { ReadOptions } from '../formats/index.js';
import { type CommonOptions, print, say, usingStore, withDatabase } from './action.js';
import { tag } from './run.js';
import { readingOptions } from './stats.js';

export const EXPORT_FORMATS = ['jsonl', 'json', 'csv', 'llm-comparator', 'alpaca-eval', 'dpo', 'history'] as const;

export interface ExportFlags extends CommonOptions {
  output?: string;
  format?: (typeof EXPORT_FORMATS)[number];
  exports: string;
}

interface ImportFlags extends CommonOptions, ReadOptions {
  purpose?: string;
  name?: string;
  tag: Record<string, string>;
}

export function register(program: Command): void {
  withDatabase(program.command('export <run>'))
    .description('write the files of a run anew, or the run in another format')
    .option('-o, --output <file>', 'one file instead of the folder; - for stdout; for history a folder')
    .addOption(new Option('--format <format>', 'of --output; default by its ending').choices([...EXPORT_FORMATS]))
    .option('--exports <dir>', 'where the folder is written', 'exports')
    .action(async (id: string, flags: ExportFlags) => {
      const { exportRun } = await import('./transferring.js');
      await usingStore(flags, (store) => exportRun(store, id, flags));
    });

  readingOptions(withDatabase(program.command('import <file...>')))
    .description("judged files of anyone's become a run; what is there already adds nothing")
    .option('--purpose <purpose>', 'why the run exists')
    .option('--name <name>', 'name of the run')
    .option('--tag <key=value>', 'a tag; repeatable', tag, {})
    .action(async (files: string[], flags: ImportFlags) => {
      const [{ importFiles }, { concluded }, { next }] = await Promise.all([
        import('../import.js'),
        import('../win-rates.js'),
        import('./next.js'),
      ]);
      const { tag: tags, ...options } = flags;
      await usingStore(flags, async (store) => {
        const imported = await importFiles(store, files, { ...options, tags, now: new Date().toISOString() });
        for (const { message } of imported.warnings) say(`warning: ${message}`);
        if (imported.added > 0 && imported.runs.some(({ purpose }) => purpose === 'uncategorized'))
          say('warning: the run has no purpose; it is filed under "uncategorized".');
        const documents = await Promise.all(
          imported.runs.map(async (run) => {
            const { summary } = await concluded(store, run);
            return { ...summary, run: { ...summary.run, id: run.id, status: run.status, exports: null } };
          }),
        );
        print(flags, documents.length === 1 ? documents[0] : { items: documents, next_cursor: null }, () =>
          [
            `${imported.added} judgments added of ${imported.rows} rows (${imported.known} were there)`,
            ...imported.runs.map(({ id }) => `  run ${id}   npx ${next(['stats', id], flags)}`),
          ].join('\n'),
        );
      });
    });
}
