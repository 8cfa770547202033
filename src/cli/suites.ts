// `suites`: what there is to ask, as lists and files.
import { type Command, Option } from 'commander';
import type { Domain } from '../records.js';
import { DOMAINS } from './choices.js';
import { type CommonOptions, common, print } from './action.js';
import { count } from './run.js';

export function register(program: Command): void {
  const suites = program.command('suites').description('list, check, export or make prompt suites');

  common(suites.command('list'))
    .description('suites that come with the package')
    .action(async (flags: CommonOptions) => {
      const { bundledSuites, loadSuite } = await import('../suites/index.js');
      const items = await Promise.all(
        bundledSuites().map(async ({ name, path }) => {
          const { domain, description, prompts } = await loadSuite(path);
          const references = prompts.filter((p) => p.reference !== null).length;
          return { name, domain, prompts: prompts.length, references, description, path };
        }),
      );
      print(flags, { items, next_cursor: null }, () =>
        items
          .map(
            (s) =>
              `${s.name.padEnd(20)} ${s.domain.padEnd(14)} ${String(s.prompts).padStart(4)} prompts  ${s.description ?? ''}`,
          )
          .join('\n'),
      );
    });

  common(suites.command('check <suite...>'))
    .description('duplicates and near-duplicates, and overlap with training data')
    .option('--against <file...>', 'training data (JSONL: messages, prompt/completion or text)')
    .action(async (names: string[], flags: CommonOptions & { against?: string[] }) => {
      const { checkSuites } = await import('./suite-check.js');
      process.exitCode = await checkSuites(names, flags);
    });

  common(suites.command('export <suite>'))
    .description('prompts as JSONL for any generator: {prompt_id, prompt, messages, system}')
    .option('-o, --output <file>', 'a file instead of stdout')
    .action(async (name: string, flags: CommonOptions & { output?: string }) => {
      const [{ findSuite, promptRows }, { writeFile }] = await Promise.all([
        import('../suites/index.js'),
        import('node:fs/promises'),
      ]);
      const items = promptRows(await findSuite(name, process.cwd()));
      const lines = () => items.map((row) => `${JSON.stringify(row)}\n`).join('');
      const { output: file = '-' } = flags;
      if (file === '-') return print(flags, { items, next_cursor: null }, lines, Infinity);
      await writeFile(file, lines());
      print(flags, { file, prompts: items.length }, () => `${file}: ${items.length} prompts`);
    });

  common(suites.command('from-chat <file>'))
    .description('an in-domain suite from a chat-format file (messages, or prompt and completion)')
    .option('-o, --output <file>', 'a file instead of stdout')
    .option('--name <name>', 'name of the suite', 'in-domain')
    .addOption(new Option('--domain <domain>', 'domain of the suite').choices(DOMAINS).default('in-domain'))
    .option('--limit <n>', 'prompts taken, evenly over the file', count)
    .option('--reference', "keep each last answer as the prompt's reference")
    .action(async (file: string, flags: FromChatFlags) => {
      const { fromChat } = await import('./suite-check.js');
      await fromChat(file, flags);
    });
}

export interface FromChatFlags extends CommonOptions {
  output?: string;
  name: string;
  domain: Domain;
  limit?: number;
  reference?: boolean;
}
