// The work of `suites check` and `suites from-chat`.
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DoubleblindError } from '../errors.js';
import { findLeaks, findPairs, findSuite, type LeakReport, suiteFromChat, writeSuiteYaml } from '../suites/index.js';
import { makeFolder } from '../folders.js';
import { type CommonOptions, print } from './action.js';
import type { FromChatFlags } from './suites.js';
import { plain } from './terminal.js';

/** Duplicates inside and across suites, and prompts that stand in training data; 1 when there are any. */
export async function checkSuites(names: string[], flags: CommonOptions & { against?: string[] }): Promise<number> {
  const suites = await Promise.all(names.map((name) => findSuite(name, process.cwd())));
  const pairs = findPairs(suites);
  const reports: LeakReport[] = [];
  for (const file of flags.against ?? []) reports.push(await findLeaks(suites, file));
  const leaked = reports.reduce((n, r) => n + r.leaks.length, 0);
  print(
    flags,
    { suites: suites.map((s) => ({ name: s.name, prompts: s.prompts.length })), pairs, training: reports },
    () =>
      [
        ...suites.map((s) => `${plain(s.name)}: ${s.prompts.length} prompts`),
        ...pairs.map(
          ({ kind, first, second, similarity }) =>
            `! ${kind}: ${first.suite}/${first.prompt_id} and ${second.suite}/${second.prompt_id}${kind === 'duplicate' ? '' : ` (${Math.round(similarity * 100)} % of word pairs shared)`}`,
        ),
        ...reports.flatMap(({ file, n_rows, leaks }) => [
          `${file}: ${n_rows} rows, ${leaks.length} prompts found in them`,
          ...leaks.map(
            ({ kind, suite, prompt_id, rows, n_rows: n, share }) =>
              `! ${suite}/${prompt_id} stands in training: ${n} ${n === 1 ? 'row' : 'rows'} (${rows.slice(0, 5).join(', ')}${n > 5 ? ', …' : ''})${kind === 'duplicate' ? '' : `, ${Math.round(share * 100)} % of its runs of words`}`,
          ),
        ]),
        pairs.length + leaked === 0 ? 'nothing found' : '',
      ]
        .filter(Boolean)
        .map(plain)
        .join('\n'),
  );
  return pairs.length + leaked > 0 ? 1 : 0;
}

export async function fromChat(file: string, flags: FromChatFlags): Promise<void> {
  const suite = await suiteFromChat(file, { name: flags.name, domain: flags.domain, reference: flags.reference });
  if (suite.prompts.length === 0) throw new DoubleblindError('SUITE_EMPTY', 'holds no rows.', { file });
  const limit = flags.limit ?? suite.prompts.length;
  const every = Math.max(1, suite.prompts.length / limit);
  const prompts = Array.from(
    { length: Math.min(limit, suite.prompts.length) },
    (_, i) => suite.prompts[Math.floor(i * every)]!,
  );
  const made = { ...suite, prompts };
  const { output = '-' } = flags;
  if (output === '-') return print(flags, made, () => writeSuiteYaml(made), Infinity);
  makeFolder(dirname(output));
  await writeFile(output, writeSuiteYaml(made));
  print(flags, { file: output, prompts: prompts.length }, () => `${output}: ${prompts.length} prompts`);
}
