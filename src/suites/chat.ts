// Chat-format training or validation files (`messages`, or `prompt` and `completion`) as a suite: what is asked stays,
// the last answer goes, so that a checkpoint is asked what it was trained for.
import * as z from 'zod';
import { DoubleblindError } from '../errors.js';
import { messageSchema, type Message, type Suite } from '../records.js';
import { checked } from '../yaml.js';
import { objectsOf } from './jsonl.js';
import { idOf, stemOf, suiteOfRows, type Row, type SuiteOptions } from './prompt.js';

const content = z.union([
  z.string(),
  z.array(z.object({ type: z.literal('text'), text: z.string() })).transform((parts) => parts.map(({ text }) => text).join('\n')),
]);
const turns = z.array(messageSchema.loose().extend({ content }).transform(({ role, content: text }) => ({ role, content: text })));
const chatSchema = z.object({
  id: z.unknown().optional(),
  messages: turns.optional(),
  prompt: z.union([z.string().transform((text): Message[] => [{ role: 'user', content: text }]), turns]).optional(),
  completion: z.union([z.string(), turns]).optional(),
});

export interface ChatOptions extends SuiteOptions {
  /** Keep the answer that is taken off as the prompt's `reference`. Default: no, it is how they were trained, not a truth. */
  reference?: boolean | undefined;
}

/** The conversation of a row as messages, the answer at its end; null when the row has neither shape. */
function conversationOf(value: unknown): Message[] | null {
  const row = chatSchema.safeParse(value).data;
  if (row?.messages !== undefined) return row.messages;
  if (row?.prompt === undefined) return null;
  const { completion = [] } = row;
  return [...row.prompt, ...(typeof completion === 'string' ? [{ role: 'assistant' as const, content: completion }] : completion)];
}

/**
 * The suite of a chat-format JSON Lines file (`.gz` too), domain `in-domain` unless given. A leading system message
 * becomes `system`; one remaining user turn becomes `prompt`, several turns stay `messages`.
 * @throws FILE_*, JSON_SYNTAX, INVALID_VALUE with the line of a row that asks nothing
 */
export async function suiteFromChat(path: string, options: ChatOptions = {}): Promise<Suite> {
  const suite = await suiteOfRows(path, asked(path, options.reference ?? false), { domain: 'in-domain', ...options });
  return { ...suite, description: `Prompts of ${stemOf(path)}, each without its last answer.` };
}

async function* asked(path: string, keep: boolean): AsyncGenerator<Iterable<Row>> {
  for await (const rows of objectsOf(path)) yield askedIn(rows, path, keep);
}

function* askedIn(rows: Iterable<Row>, file: string, keep: boolean): Generator<Row> {
  for (const { value, line, document } of rows) {
    const conversation = conversationOf(value);
    if (conversation === null) {
      checked(chatSchema, document, file);
      const message = 'a chat row has `messages`, or `prompt` and `completion`';
      throw new DoubleblindError('INVALID_VALUE', message, { file, ...document.at([]) });
    }
    const answer = conversation.at(-1)?.role === 'assistant' ? conversation.pop()!.content : null;
    const system = conversation[0]?.role === 'system' ? conversation.shift()!.content : null;
    const [only, ...more] = conversation;
    const single = only?.role === 'user' && more.length === 0;
    const question = single ? { prompt: only.content } : { messages: conversation };
    yield { value: { ...idOf(value['id']), ...question, system: system?.trim() ? system : null, reference: keep ? answer : null }, line, document };
  }
}
