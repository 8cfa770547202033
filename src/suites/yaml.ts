// Suites in YAML (or JSON): the form we write ourselves, in which every mistake has a line and a column.
import { stringify } from 'yaml';
import * as z from 'zod';
import { readText } from '../jsonl.js';
import { DOMAINS, nameSchema, type Suite } from '../records.js';
import { checked, onLine, parseYaml, type ParsedYaml, type Position } from '../yaml.js';
import { appearsTwice, empty, promptOf, promptSchema, stemOf } from './prompt.js';

const suiteSchema = z.strictObject({
  name: z.string().trim().pipe(nameSchema),
  domain: z.enum(DOMAINS),
  description: z.string().nullish(),
  prompts: z.array(promptSchema).nullable(),
});

/** The suite of a YAML or JSON file. @throws FILE_*, YAML_SYNTAX, UNKNOWN_KEY, INVALID_VALUE, SUITE_* with positions */
export async function readYamlSuite(path: string): Promise<Suite> {
  const text = await readText(path);
  if (text.trim() === '') throw empty({ name: stemOf(path) }, { file: path, line: 1, column: 1 });
  return suiteIn(parseYaml(text, path), path);
}

/**
 * The suite of plain data that has the shape of a suite file, such as one written into a run file; `document` says where
 * it stands there. @throws as a file
 */
export function suiteOf(value: unknown, document: ParsedYaml & { file?: string | undefined } = inMemory(value)): Suite {
  return suiteIn(document, document.file ?? 'suite');
}

const inMemory = (value: unknown): ParsedYaml => onLine(value, 1, '', 'the suite');

function suiteIn(document: ParsedYaml, file: string): Suite {
  const { name, domain, description, prompts } = checked(suiteSchema, document, file);
  const suite: Suite = { name, domain, description: description ?? null, prompts: (prompts ?? []).map(promptOf) };
  if (suite.prompts.length === 0) throw empty(suite, { file, ...document.at(['prompts']) });
  const seen = new Map<string, number>();
  for (const [index, { id }] of suite.prompts.entries()) {
    const at = (which: number): Position => document.at(['prompts', which, 'id']);
    const first = seen.get(id);
    if (first !== undefined) throw appearsTwice(id, at(first).line, { file, ...at(index) });
    seen.set(id, index);
  }
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
