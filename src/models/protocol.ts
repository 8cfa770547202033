// What the two protocols have in common: a question goes out in a shape the model can take, an answer comes back.
import type { Ask, Message, StopReason } from '../records.js';
import type { Format } from './abilities.js';
import { UnreadableReply } from './failures.js';

/** One reply of an endpoint in our words, with the body it came in. */
export interface Reply {
  text: string;
  stop_reason: StopReason | null;
  model_served: string | null;
  /** The whole body, for its usage. */
  body: unknown;
}

export interface Call {
  messages: Message[];
  /** Under the names the model takes. */
  parameters: Record<string, number>;
  /** How the answer's shape is asked for; null for free text. */
  shape: Format | null;
  schema: Record<string, unknown> | null;
}

/** A client of one endpoint and key. */
export interface Protocol {
  /** One request, sent once. @throws the SDK's errors, UnreadableReply */
  send(model: string, call: Call, extra: Record<string, unknown>, options: CallOptions): Promise<Reply>;
  /** Names of the served models; null where something comes that is no JSON. @throws the SDK's errors */
  models(): Promise<string[] | null>;
}

export const isJson = ({ headers }: Response): boolean => /\bjson\b/i.test(headers.get('content-type') ?? '');

interface CallOptions {
  signal?: AbortSignal;
  timeout_ms: number;
}

/** Name of the JSON schema, and of the tool that is forced where schemas are not taken. */
export const ANSWER_NAME = 'verdict';

/** The messages that go out: an endpoint's own system text stands first, unless the question brings one. */
export function withSystem(system: string | undefined, messages: Ask['messages']): Message[] {
  return system === undefined || messages.some(({ role }) => role === 'system')
    ? messages
    : [{ role: 'system', content: system }, ...messages];
}

/** Messages as plain text, for base models: one message as it is, several with their roles and an open last turn. */
export function plainText(messages: Message[]): string {
  if (messages.length === 1) return messages[0]!.content;
  return [...messages.map(({ role, content }) => `${role}: ${content}`), 'assistant:'].join('\n\n');
}

/** A reader of bodies that takes any: one that it cannot read, whatever is wrong with it, is an unreadable reply. */
export function readerOf<Body>(read: (body: Body) => Reply): (body: Body) => Reply {
  return (body) => {
    try {
      return read(body);
    } catch (error) {
      if (error instanceof UnreadableReply) throw error;
      throw new UnreadableReply(`the reply is not of the protocol: ${(error as Error).message}`);
    }
  };
}

/** A stop reason in our words; null where none is stated. */
export function stopOf(known: Partial<Record<string, StopReason>>, said: unknown): StopReason | null {
  if (said === null || said === undefined || said === '') return null;
  return (typeof said === 'string' && Object.hasOwn(known, said) ? known[said] : undefined) ?? 'other';
}

/** The served model as the server states it; null where it states no name. */
export function nameOf(model: unknown): string | null {
  return typeof model === 'string' && model !== '' ? model : null;
}

/** What was said, as text: some servers give an object where its JSON is asked for. */
export function asText(said: unknown): string {
  return typeof said === 'string' ? said : said === null || said === undefined ? '' : JSON.stringify(said);
}

/**
 * What a reply says as text: its words and, behind them, what our tool was called with, each call on lines of its own,
 * so that words and calls which contradict each other are seen. Other tools' calls count only where there is nothing else.
 */
export function saidWith(words: string, calls: readonly { name: unknown; input: unknown }[]): string {
  const own = calls.filter(({ name }) => name === ANSWER_NAME);
  const said = own.length > 0 || words.trim() !== '' ? own : calls;
  // Words without a call stay as they came.
  if (said.length === 0) return words;
  return [words, ...said.map(({ input }) => asText(input))].filter((text) => text.trim() !== '').join('\n\n');
}
