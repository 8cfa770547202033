// OpenAI's chat and completions interfaces, and every server compatible with them (vLLM, Ollama, llama.cpp, LM Studio).
// `create` is called with the format object and the text is read by us: `parse` loses text and usage with its exception.
import OpenAI from 'openai';
import type { StopReason } from '../records.js';
import { UnreadableReply } from './failures.js';
import { withKeptRequests } from './kept-request.js';
import type { Key } from './keys.js';
import {
  ANSWER_NAME,
  asText,
  type Call,
  isJson,
  nameOf,
  plainText,
  type Protocol,
  readerOf,
  saidWith,
  stopOf,
} from './protocol.js';
import type { Transport } from './transport.js';

/** The SDK's client for one address and key; it retries nothing and logs nothing. */
export function openaiClient(address: string, key: Key, fetch: Transport['fetch'], own: boolean): OpenAI {
  return withKeptRequests(
    new OpenAI({
      baseURL: address,
      apiKey: key.value,
      adminAPIKey: null,
      // Read from the environment by the SDK, and of no concern to anybody else's server.
      ...(own ? {} : { organization: null, project: null }),
      defaultHeaders: key.headers,
      maxRetries: 0,
      logLevel: 'off',
      fetch,
    }),
  );
}

/** OpenAI's protocol; `api: completions` sends plain text to a base model and takes no shape. */
export function openaiProtocol(client: OpenAI, api: 'chat' | 'completions'): Protocol {
  return {
    async send(model, call, extra, { signal, timeout_ms }) {
      const options = { timeout: timeout_ms, ...(signal && { signal }) };
      if (api === 'completions')
        return readCompletion(await client.completions.create(completionBody(model, call, extra), options));
      return readChat(await client.chat.completions.create(chatBody(model, call, extra), options));
    },
    async models() {
      const { data: page, response } = await client.models.list({ timeout: 10_000 }).withResponse();
      return isJson(response) ? page.data.map(({ id }) => id) : null;
    },
  };
}

type ChatBody = OpenAI.ChatCompletionCreateParamsNonStreaming;

/** The body of a chat request. */
export function chatBody(model: string, call: Call, extra: Record<string, unknown>): ChatBody {
  const { shape, schema } = call;
  const shaped: Partial<ChatBody> =
    schema === null || shape === null || shape === 'text'
      ? {}
      : shape === 'json_schema'
        ? { response_format: { type: 'json_schema', json_schema: { name: ANSWER_NAME, schema, strict: true } } }
        : {
            tools: [{ type: 'function', function: { name: ANSWER_NAME, parameters: schema } }],
            tool_choice: { type: 'function', function: { name: ANSWER_NAME } },
          };
  return { model, messages: call.messages, ...call.parameters, ...shaped, ...extra };
}

function completionBody(
  model: string,
  call: Call,
  extra: Record<string, unknown>,
): OpenAI.CompletionCreateParamsNonStreaming {
  return { model, prompt: plainText(call.messages), ...call.parameters, ...extra };
}

const STOPS: Partial<Record<string, StopReason>> = {
  stop: 'end',
  length: 'length',
  content_filter: 'refusal',
  tool_calls: 'tool',
  function_call: 'tool',
};

/** A chat completion in our words. @throws UnreadableReply for a body that is none */
export const readChat = readerOf<OpenAI.ChatCompletion>((body) => {
  const choice = (body as Partial<OpenAI.ChatCompletion> | null)?.choices?.[0];
  if (!choice?.message) throw new UnreadableReply(noCompletion(body));
  const { content, refusal, tool_calls } = choice.message as Loosely<OpenAI.ChatCompletionMessage>;
  const calls = (Array.isArray(tool_calls) ? (tool_calls as unknown[]) : []).map((call) => {
    const { name, arguments: input } = (call as { function?: Loosely<ToolCall> | null } | null)?.function ?? {};
    return { name, input };
  });
  const refused = refusal !== undefined && refusal !== null && refusal !== '' && refusal !== false;
  return {
    text: saidWith(textOf(content), calls) || (refused ? asText(refusal) : ''),
    stop_reason: refused ? 'refusal' : stopOf(STOPS, choice.finish_reason),
    model_served: nameOf(body.model),
    body,
  };
});

const readCompletion = readerOf<OpenAI.Completion>((body) => {
  const choice = (body as Partial<OpenAI.Completion> | null)?.choices?.[0];
  if (typeof choice?.text !== 'string') throw new UnreadableReply(noCompletion(body));
  const stop_reason = stopOf(STOPS, choice.finish_reason);
  return { text: choice.text, stop_reason, model_served: nameOf(body.model), body };
});

/** What a server may send in place of what the protocol says. */
type Loosely<T> = { [K in keyof T]?: unknown };
type ToolCall = OpenAI.ChatCompletionMessageFunctionToolCall.Function;

/** Some servers give the content as parts; those of a thought are no part of the answer. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = (content as ({ type?: unknown; text?: unknown } | null)[]).map((part) =>
    typeof part?.text === 'string' && !/reason|think/i.test(String(part.type)) ? part.text : '',
  );
  return texts.join('');
}

function noCompletion(body: unknown): string {
  const said = typeof body === 'string' ? body : (JSON.stringify(body) ?? 'nothing');
  return `the reply is no completion: ${said.slice(0, 200)}`;
}
