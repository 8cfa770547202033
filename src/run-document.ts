// What stands beside a run's judgments in a folder of its files: `run.json`, written and read back, `summary.json`,
// `manifest.json` and `responses.jsonl`, read.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configOf } from './configuration.js';
import { DoubleblindError } from './errors.js';
import { parseJsonLine, readJsonl, readText } from './jsonl.js';
import { limitOf, planOf } from './plan.js';
import {
  DOMAINS,
  messageSchema,
  type Response,
  responseSchema,
  type Run,
  STATUSES,
  type Suite,
  WINNERS,
} from './records.js';
import type { KnownAnswer } from './store/certifications.js';
import type { Summary } from './summary.js';
import { checked, onLine } from './yaml.js';

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

const text = z.string();
const record = z.record(z.string(), z.unknown());
const count = z.number().int();

/** A run as others are handed it: every field has its type, and what the configuration says is whoever reads it to judge. */
export const runSchema = z.object({
  id: text,
  configuration: text,
  name: text,
  purpose: text,
  description: text.nullable(),
  data_purpose: text.nullable(),
  data_path: text.nullable(),
  tags: z.record(z.string(), z.string()),
  baseline: text,
  candidate: text,
  sweep: text.nullable(),
  origin: z.enum(['own', 'import']),
  status: z.enum(STATUSES),
  reason: text.nullable(),
  config: record,
  decision_rule: record,
  environment: record,
  identities: record,
  planned: z.object({ prompts: count, comparisons: count, responses: count, judgments: count }),
  exports: text.nullable(),
  created_at: text,
  started_at: text.nullable(),
  ended_at: text.nullable(),
}) satisfies z.ZodType<Run>;

const time = text.refine((value) => !Number.isNaN(Date.parse(value)), 'must be a time, such as 2026-01-01T00:00:00Z');
const suiteSchema = z.object({
  name: text,
  domain: z.enum(DOMAINS).nullable(),
  description: text.nullable(),
  prompts: z.array(
    z.object({
      id: text,
      category: text.nullable(),
      prompt: text.nullable(),
      messages: z.array(messageSchema).nullable(),
      system: text.nullable(),
      reference: text.nullable(),
    }),
  ),
});
const answerSchema = z.object({
  prompt_id: text,
  winner: z.enum(WINNERS),
  group: text,
}) satisfies z.ZodType<KnownAnswer>;

/** What must hold for a document to be stored and shown; every single value in it is the audit's to prove. */
const documentSchema = runSchema.omit({ exports: true }).extend({
  config: z.looseObject({ judges: z.array(z.looseObject({ name: text })).optional() }),
  decision_rule: z.looseObject({
    level: z.number().gt(0).lt(1).optional(),
    margin: z.record(z.string(), z.number()).optional(),
    limit: z.number().nullable().optional(),
  }),
  created_at: time,
  started_at: time.nullable(),
  ended_at: time.nullable(),
  suites: z.array(suiteSchema),
  known_answers: z.array(answerSchema).default([]),
});
export const MANIFEST_SCHEMA = 'doubleblind/manifest@1';
const manifestSchema = z.looseObject({
  run_id: z.string().optional(),
  files: z.record(z.string(), z.looseObject({ sha256: z.unknown() })),
});

export interface RunDocument {
  run: Run;
  suites: Suite[];
  answers: KnownAnswer[];
  /** What it says is due; undefined where it does not say. */
  due: unknown;
}

/**
 * The run that a folder describes; null where no `run.json` of ours stands in it.
 * @throws JSON_SYNTAX, INVALID_VALUE, and what reading a file throws
 */
export async function readRunDocument(folder: string): Promise<RunDocument | null> {
  const file = join(folder, 'run.json');
  if (!existsSync(file)) return null;
  const json = await readText(file);
  const value = parseJsonLine(json, file);
  if (typeof value !== 'object' || (value as { schema?: unknown } | null)?.schema !== RUN_SCHEMA) return null;
  const document = checked(documentSchema, onLine(value, 1, json, 'the file'), file);
  const { suites, known_answers: answers, ...run } = document;
  // As they stand: a schema puts the keys it knows first, and an export of the run would be other bytes.
  const { config, decision_rule, due } = value as typeof document & { due?: unknown };
  return { run: { ...run, config, decision_rule, exports: null }, suites: suites as Suite[], answers, due };
}

/**
 * The responses of a folder, in order; none where it has no such file.
 * @throws INVALID_VALUE at the line that is none of ours, and what reading a file throws
 */
export async function* readResponses(folder: string): AsyncGenerator<Response> {
  const file = join(folder, 'responses.jsonl');
  if (!existsSync(file)) return;
  for await (const { value, line, text } of readJsonl(file))
    yield checked(responseSchema, onLine(value, line, text, 'the response'), file);
}

/** The run of a folder, and its files by name with the SHA-256 (hex) that is stated of each. */
export type Manifest = z.infer<typeof manifestSchema>;

/** What the manifest of a folder states; null where it has none of ours. @throws as above */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const file = join(folder, 'manifest.json');
  const value = await jsonIn(file);
  if ((value as { schema?: unknown } | null | undefined)?.schema !== MANIFEST_SCHEMA) return null;
  return shaped(manifestSchema, value, file);
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
