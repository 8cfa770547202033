// `report`: a run as one HTML file that opens offline, as Markdown or as JUnit.
import type { Command } from 'commander';
import { type CommonOptions, print, refuseFileAndDocument, usingStore, withDatabase } from './action.js';

interface ReportFlags extends CommonOptions {
  md?: boolean;
  short?: boolean;
  junit?: boolean;
  output?: string;
}

export function register(program: Command): void {
  withDatabase(program.command('report <run>'))
    .description('a run as one HTML file that opens offline, as Markdown or JUnit')
    .option('--md', 'Markdown')
    .option('--short', 'with --md: the table for a README and the line that checks it')
    .option('--junit', 'JUnit XML: the conditions of the gate of the run, or its domains')
    .option('-o, --output <file>', 'where it is written; - for stdout (default: stdout, on a terminal a file for HTML)')
    .action(async (id: string, flags: ReportFlags) => {
      const [{ writeFile }, { findRun }, { winRates }, { report }, { reportMarkdown }, { junit }, { gate }] =
        await Promise.all([
          import('node:fs/promises'),
          import('../find-run.js'),
          import('../win-rates.js'),
          import('../report.js'),
          import('../report/markdown.js'),
          import('../report/junit.js'),
          import('../gate.js'),
        ]);
      await usingStore(flags, async (store) => {
        const run = await findRun(store, id);
        const summary = await winRates(store, run);
        const format = flags.junit === true ? 'junit' : flags.md === true || flags.short === true ? 'md' : 'html';
        const rule = run.config['gate'] as Parameters<typeof gate>[2] | null | undefined;
        const text =
          format === 'junit'
            ? junit(run, summary, rule ? gate(run, summary, rule, await store.suites(run.id)) : null)
            : format === 'md'
              ? await reportMarkdown(store, run, summary, { short: flags.short === true })
              : await report(store, run, summary);
        const file = flags.output ?? (flags.json === true || shows(format) ? `${run.id}.${EXTENSIONS[format]}` : '-');
        if (file === '-') {
          refuseFileAndDocument(flags);
          process.stdout.write(text);
        } else {
          await writeFile(file, text);
          print(flags, { run: run.id, format, file }, () => file);
        }
      });
    });
}

const EXTENSIONS = { html: 'html', md: 'md', junit: 'xml' } as const;

/** A page of HTML is of no use on a terminal. */
function shows(format: keyof typeof EXTENSIONS): boolean {
  return format === 'html' && process.stdout.isTTY;
}
