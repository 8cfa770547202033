// The documents beside a run's records in a folder of its files, written and read back: `run.json`, `summary.json`,
// `manifest.json`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configOf } from './configuration.js';
import { DoubleblindError } from './errors.js';
import { parseJsonLine, readText } from './jsonl.js';
import { limitOf, planOf } from './plan.js';
import type { Run, Suite } from './records.js';
import type { KnownAnswer } from './store/certifications.js';
import type { Summary } from './summary.js';

const RUN_SCHEMA = 'doubleblind/run@1';

/** `run.json`: the run with its whole configuration: template texts, suites with every prompt, reply schemas, size of the plan. */
export function runDocument(run: Run, suites: Suite[], answers: readonly KnownAnswer[] = []): Record<string, unknown> {
  const { config: _, exports: _e, ...facts } = run;
  const config = run.origin === 'own' ? configOf(run, suites) : null;
  return {
    schema: RUN_SCHEMA,
    ...facts,
    config: run.config,
    suites,
    ...(answers.length === 0 ? {} : { known_answers: answers }),
    reply_schemas:
      config === null
        ? {}
        : Object.fromEntries(Object.entries(config.templates).map(([ref, t]) => [ref, t.reply_schema])),
    due: config === null ? [] : planOf(config, limitOf(run)).due(),
  };
}

/** What must hold for a document to be looked at; every single value in it is the audit's to prove. */
const documentSchema = z.looseObject({
  id: z.string(),
  config: z.record(z.string(), z.unknown()),
  decision_rule: z.record(z.string(), z.unknown()),
  suites: z.array(z.looseObject({ prompts: z.array(z.looseObject({})) })),
});
const manifestSchema = z.looseObject({ files: z.record(z.string(), z.looseObject({ sha256: z.unknown() })) });

export interface RunDocument {
  run: Run;
  suites: Suite[];
  answers: KnownAnswer[];
}

/**
 * The run that a folder describes; null where no `run.json` of ours stands in it.
 * @throws JSON_SYNTAX, INVALID_VALUE, and what reading a file throws
 */
export async function readRunDocument(folder: string): Promise<RunDocument | null> {
  const file = join(folder, 'run.json');
  const value = await jsonIn(file);
  if (typeof value !== 'object' || (value as { schema?: unknown } | null)?.schema !== RUN_SCHEMA) return null;
  const document = shaped(documentSchema, value, file) as unknown as Run & {
    suites: Suite[];
    known_answers?: KnownAnswer[];
  } & Record<'schema' | 'reply_schemas' | 'due', unknown>;
  const { schema: _s, suites, known_answers: answers = [], reply_schemas: _r, due: _d, ...run } = document;
  return { run: { ...run, exports: null }, suites, answers };
}

/** Files of a folder by name, with the SHA-256 (hex) that is stated of each. */
export type Manifest = z.infer<typeof manifestSchema>['files'];

/** What the manifest of a folder states; null where it has none. @throws as above */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const file = join(folder, 'manifest.json');
  const value = await jsonIn(file);
  return value === undefined ? null : shaped(manifestSchema, value, file).files;
}

/** The summary that a folder states; null where it has none. @throws as above */
export async function readSummary(folder: string): Promise<Summary | null> {
  return ((await jsonIn(join(folder, 'summary.json'))) ?? null) as Summary | null;
}

/** The value of a file of JSON; undefined where there is no such file. */
async function jsonIn(file: string): Promise<unknown> {
  return existsSync(file) ? parseJsonLine(await readText(file), file) : undefined;
}

function shaped<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const { path, message } = error.issues[0]!;
  const where = path.length === 0 ? 'the file' : `\`${path.join('.')}\``;
  throw new DoubleblindError('INVALID_VALUE', `${where}: ${message}.`, { file });
}
