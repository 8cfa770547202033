// What one prompt of a suite may say, whatever file it comes from, and how rows become a suite.
import { basename } from 'node:path';
import * as z from 'zod';
import { DoubleblindError, type Place } from '../errors.js';
import { unstorable } from '../hash.js';
import { DOMAINS, messageSchema, type Domain, type Message, type Prompt, type Suite } from '../records.js';
import { checked, type ParsedYaml } from '../yaml.js';

/** What is wrong with a text of a prompt; null where nothing is. */
function faultOf(text: string): string | null {
  return text.trim() === '' ? 'is empty' : unstorable(text);
}

// One check for all that may be wrong: a suite has many texts.
const text = z.string().check(({ value, issues }) => {
  const message = faultOf(value);
  if (message !== null) issues.push({ code: 'custom', message, input: value });
});

export const promptSchema = z
  .strictObject({
    id: text.refine((id) => id === id.trim() && !/\p{Cc}/u.test(id), 'begins or ends with white space, or holds a control character'),
    category: text.nullish(),
    prompt: text.optional(),
    messages: z
      .array(messageSchema.extend({ content: text }))
      .refine((messages) => messages.at(-1)?.role === 'user', 'must end with a turn of the user')
      .optional(),
    system: text.nullish(),
    reference: text.nullish(),
  })
  .refine(({ prompt, messages }) => (prompt === undefined) !== (messages === undefined), {
    error: 'takes either a prompt or messages',
    // Also said when another key is wrong would only hide that one.
    when: ({ issues }) => issues.length === 0,
  });

/** The prompt of a checked entry; `prompt` is the transcript where there are messages. */
export function promptOf(entry: z.output<typeof promptSchema>): Prompt {
  return {
    id: entry.id,
    category: entry.category ?? null,
    prompt: entry.prompt ?? transcript(entry.messages ?? []),
    messages: entry.messages ?? null,
    system: entry.system ?? null,
    reference: entry.reference ?? null,
  };
}

/** Messages as one text: `role: content`, with a blank line between. */
function transcript(messages: Message[]): string {
  return messages.map(({ role, content }) => `${role}: ${content}`).join('\n\n');
}

/** What a file of rows cannot say about itself. */
export interface SuiteOptions {
  /** Default: the file's name without ending. */
  name?: string | undefined;
  /** Default: the domain that the file's name contains, else `out-of-domain`. */
  domain?: Domain | undefined;
}

export interface Row {
  value: Record<string, unknown>;
  /** 1-based. */
  line: number;
  /** Where the row and what it holds stand. */
  document: ParsedYaml;
}

/**
 * The suite of a file with one prompt a row, the rows in blocks that were read together. A row without `id` is named after its number: `row-12`.
 * @throws UNKNOWN_KEY, INVALID_VALUE, SUITE_DUPLICATE_ID, SUITE_EMPTY
 */
export async function suiteOfRows(file: string, blocks: AsyncIterable<Iterable<Row>>, options: SuiteOptions = {}): Promise<Suite> {
  const stem = stemOf(file);
  const domain = options.domain ?? domainIn(file) ?? 'out-of-domain';
  const prompts: Prompt[] = [];
  const lines = new Map<string, number>();
  for await (const rows of blocks) {
    for (const { value, line, document } of rows) {
      const entry = 'id' in value ? value : { id: `row-${prompts.length + 1}`, ...value };
      const prompt = promptOf(checked(promptSchema, document, file, entry));
      const first = lines.get(prompt.id);
      if (first !== undefined) throw appearsTwice(prompt.id, first, { file, ...document.at(['id']) });
      lines.set(prompt.id, line);
      prompts.push(prompt);
    }
  }
  const suite: Suite = { name: options.name ?? stem, domain, description: null, prompts };
  if (prompts.length === 0) throw empty(suite, { file, line: 1, column: 1 });
  return suite;
}

/** The id that a row of another format states as a text or a number; a row without one is named after its number. */
export function idOf(id: unknown): { id?: string } {
  return typeof id === 'string' || typeof id === 'number' ? { id: String(id) } : {};
}

/** A file's name without folder and endings: `data/val.jsonl.gz` → `val`. */
export function stemOf(file: string): string {
  return basename(file).replace(/(\.[a-z]+)?(\.gz)?$/i, '');
}

/** The domain that a file's name contains: `out_of_domain_run1.jsonl` → `out-of-domain`. */
export function domainIn(file: string): Domain | undefined {
  const stem = stemOf(file).toLowerCase().replaceAll('_', '-');
  return DOMAINS.find((known) => stem.includes(known));
}

export function empty({ name }: Pick<Suite, 'name'>, place: Place): DoubleblindError {
  return new DoubleblindError('SUITE_EMPTY', `the suite "${name}" has no prompts`, place);
}

/** @param first line on which the id stands already */
export function appearsTwice(id: string, first: number, place: Place): DoubleblindError {
  const hint = `The first stands on line ${first}.`;
  return new DoubleblindError('SUITE_DUPLICATE_ID', `prompt id "${id}" appears twice.`, { ...place, hint });
}
