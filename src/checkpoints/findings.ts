// What a folder's files say, and a line for each one that cannot be read. Training folders are half written, moved and
// pruned all the time: a reader takes what is there, notes the rest as a finding, and never stops for it.
import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { DoubleblindError } from '../errors.js';
import { readText } from '../jsonl.js';

const CHECKPOINT_FINDINGS = [
  'LINK',
  'LINK_LOOP',
  'LINK_BROKEN',
  'LINK_NOT_NEWEST',
  'UNREADABLE',
  'HALF_WRITTEN',
  'WEIGHTS_MISSING',
  'WEIGHTS_DAMAGED',
  'CHANGED_WHILE_READ',
  'LOSS_NOT_A_NUMBER',
  'METRIC_NOT_A_NUMBER',
  'STEP_UNKNOWN',
  'STEP_DISAGREES',
  'UNFINISHED',
  'BEST_IS_EARLIER',
  'NAME_INVALID',
  'CONFIG_MISSING',
  'CONFIG_DISAGREES',
  'DATA_LINEAGE_ENDS',
  'SAME_DIGEST',
  'DIGEST_CHANGED',
] as const;

export const checkpointFindingSchema = z.object({
  code: z.enum(CHECKPOINT_FINDINGS),
  /** `error`: these weights cannot be trusted to be what they are called; `warning`: look; `note`: good to know. */
  severity: z.enum(['error', 'warning', 'note']),
  file: z.string().nullable(),
  message: z.string(),
});
export type CheckpointFinding = z.infer<typeof checkpointFindingSchema>;

/** A plain object as parsed from JSON or YAML. */
export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A finite number, also from text such as `1e-06`; null for anything else (NaN, Infinity, empty text). */
export function finite(value: unknown): number | null {
  if (typeof value === 'string' && value.trim() === '') return null;
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : null;
}

/** A text that is not empty, else null. */
export const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/**
 * A value from JSON as Python writes it: the bare words NaN, Infinity and -Infinity become null.
 * @throws SyntaxError when the text is no JSON even so
 */
export function parsePythonJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Strings are matched first, so that a word inside one stays; the closing quote is optional, so that a text cut in
    // the middle of a string is scanned once and not searched for another ending.
    return JSON.parse(
      json.replace(/"(?:[^"\\]|\\.)*"?|-?Infinity|NaN/g, (token) => (token[0] === '"' ? token : 'null')),
    );
  }
}

/**
 * The object in a JSON file; null where the file does not exist (nothing is noted), and null with a finding where it
 * is half written, no object, or cannot be read.
 */
export function readJsonObject(path: string, findings: CheckpointFinding[]): Promise<Fields | null> {
  return readObject(path, parsePythonJson, findings);
}

/** The object in a YAML file, with the same care as `readJsonObject`. */
export function readYamlObject(path: string, findings: CheckpointFinding[]): Promise<Fields | null> {
  return readObject(path, parseYaml, findings);
}

async function readObject(
  path: string,
  parse: (content: string) => unknown,
  findings: CheckpointFinding[],
): Promise<Fields | null> {
  const note = (code: CheckpointFinding['code'], message: string): null => {
    findings.push({ code, severity: 'warning', file: path, message });
    return null;
  };
  let content: string;
  try {
    content = await readText(path);
  } catch (error) {
    if (!(error instanceof DoubleblindError)) throw error;
    return error.code === 'FILE_MISSING' ? null : note('UNREADABLE', error.message);
  }
  try {
    const value = parse(content);
    if (isFields(value)) return value;
    return note('HALF_WRITTEN', content.trim() === '' ? 'the file is empty' : 'the file holds no object');
  } catch (error) {
    return note('HALF_WRITTEN', `half written or damaged: ${(error as Error).message.split('\n')[0]}`);
  }
}

/** A finding for a file or folder that the system refuses: `error` as thrown by `node:fs`. */
export function unreadable(path: string, error: unknown): CheckpointFinding {
  const { code, message } = error as NodeJS.ErrnoException;
  const denied = code === 'EACCES' || code === 'EPERM';
  const reason = denied ? 'permission denied' : (code ?? message);
  return { code: 'UNREADABLE', severity: 'warning', file: path, message: `cannot be read: ${reason}` };
}
