// Suites in YAML (or JSON): the form we write ourselves, in which every mistake has a line and a column.
import { stringify } from 'yaml';
import * as z from 'zod';
import { readText } from '../jsonl.js';
import { DOMAINS, type Suite } from '../records.js';
import { checked, onLine, parseYaml, type ParsedYaml } from '../yaml.js';
import { assertSuite, promptOf, promptSchema } from './prompt.js';

const suiteSchema = z.strictObject({
  name: z.string().trim().min(1),
  domain: z.enum(DOMAINS),
  description: z.string().nullish(),
  prompts: z.array(promptSchema).nullable(),
});

/** The suite of a YAML or JSON file. @throws FILE_*, YAML_SYNTAX, UNKNOWN_KEY, INVALID_VALUE, SUITE_* with positions */
export async function readYamlSuite(path: string): Promise<Suite> {
  return suiteIn(parseYaml(await readText(path), path), path);
}

/**
 * The suite of plain data that has the shape of a suite file, such as one written into a run file; `document` says where
 * it stands there. @throws as a file
 */
export function suiteOf(value: unknown, document: ParsedYaml & { file?: string | undefined } = inMemory(value)): Suite {
  return suiteIn(document, document.file ?? 'suite');
}

const inMemory = (value: unknown): ParsedYaml => ({ ...onLine(value, 1), whole: 'the suite' });

function suiteIn(document: ParsedYaml, file: string): Suite {
  const { name, domain, description, prompts } = checked(suiteSchema, document, file);
  const suite: Suite = { name, domain, description: description ?? null, prompts: (prompts ?? []).map(promptOf) };
  assertSuite(suite, file, (index) => document.at(['prompts', index, 'id']));
  return suite;
}

/** The suite as the text of a YAML file that reads back as the same suite; empty fields are left out. */
export function writeSuiteYaml(suite: Suite): string {
  const prompts = suite.prompts.map(({ id, category, system, prompt, messages, reference }) =>
    withoutNulls({ id, category, system, ...(messages === null ? { prompt } : { messages }), reference }),
  );
  // Without folding: a folded line would be one more thing that has to read back exactly.
  return stringify({ ...withoutNulls({ ...suite }), prompts }, { lineWidth: 0, aliasDuplicateObjects: false });
}

function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
