// Anthropic's messages interface. The system text is a field of its own; sampling parameters are refused by the current
// interface and never sent; a shaped answer is asked for with `output_config.format`, else with a forced tool.
import Anthropic from '@anthropic-ai/sdk';
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
  type Protocol,
  readerOf,
  saidWith,
  stopOf,
} from './protocol.js';
import type { Transport } from './transport.js';

/** Sent where the run file states none: the interface asks for a limit. */
const MAX_TOKENS = 4096;

/** The SDK's client for one address and key; it retries nothing and logs nothing. */
export function anthropicClient(address: string, key: Key, fetch: Transport['fetch']): Anthropic {
  return withKeptRequests(
    new Anthropic({
      baseURL: address,
      apiKey: key.value,
      defaultHeaders: key.headers,
      maxRetries: 0,
      logLevel: 'off',
      openTelemetry: false,
      fetch,
    }),
  );
}

export function anthropicProtocol(client: Anthropic): Protocol {
  return {
    async send(model, call, extra, { signal, timeout_ms }) {
      const options = { body: messageBody(model, call, extra), timeout: timeout_ms, ...(signal && { signal }) };
      // `messages.create` sends the same, and prints a warning with every call to a model that will be retired.
      return readMessage(await client.post<Anthropic.Message>('/v1/messages', options));
    },
    async models() {
      const names: string[] = [];
      const { data: page, response } = await client.models.list({ limit: 1000 }, { timeout: 10_000 }).withResponse();
      if (!isJson(response)) return null;
      for await (const model of page) names.push(model.id);
      return names;
    },
  };
}

type Body = Anthropic.MessageCreateParamsNonStreaming;

/** The body of a messages request. The system text of a shaped question is the same for all of them, and cached. */
export function messageBody(model: string, call: Call, extra: Record<string, unknown>): Body {
  const { shape, schema, parameters } = call;
  const system = call.messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const turns = call.messages.filter(({ role }) => role !== 'system') as Anthropic.MessageParam[];
  const { output_config, ...rest } = extra as { output_config?: Anthropic.OutputConfig };
  const shaped = schema !== null && shape === 'json_schema';
  const config = {
    ...(shaped && { format: { type: 'json_schema' as const, schema } }),
    ...output_config,
  };
  return {
    model,
    max_tokens: parameters['max_tokens'] ?? MAX_TOKENS,
    messages: turns,
    ...(system.length > 0 && { system: systemBlock(system.join('\n\n'), schema !== null) }),
    ...(Object.keys(config).length > 0 && { output_config: config }),
    ...(schema !== null &&
      shape === 'tool' && {
        tools: [{ name: ANSWER_NAME, input_schema: schema as Anthropic.Tool.InputSchema }],
        tool_choice: { type: 'tool' as const, name: ANSWER_NAME },
      }),
    ...rest,
  };
}

function systemBlock(text: string, cached: boolean): Anthropic.TextBlockParam[] {
  return [{ type: 'text', text, ...(cached && { cache_control: { type: 'ephemeral' } }) }];
}

const STOPS: Partial<Record<string, StopReason>> = {
  end_turn: 'end',
  stop_sequence: 'end',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool',
  refusal: 'refusal',
};

/** A message in our words. @throws UnreadableReply for a body that is none */
export const readMessage = readerOf<Anthropic.Message>((body) => {
  const content = (body as { content?: unknown } | null)?.content;
  if (!Array.isArray(content)) {
    const said = typeof body === 'string' ? body : (JSON.stringify(body) ?? 'nothing');
    throw new UnreadableReply(`the reply is no message: ${said.slice(0, 200)}`);
  }
  const blocks = content as (Record<'type' | 'text' | 'name' | 'input', unknown> | null)[];
  const words = blocks.map((block) => (block?.type === 'text' ? asText(block.text) : '')).join('');
  const calls = blocks.flatMap((block) => (block?.type === 'tool_use' ? [block] : []));
  return {
    text: saidWith(words, calls),
    stop_reason: stopOf(STOPS, body.stop_reason),
    model_served: nameOf(body.model),
    body,
  };
});
