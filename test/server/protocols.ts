// The two protocols as the test server speaks them: what a request asks, how an answer and an error look.
import type { Said } from './answers.js';

export type Dialect = 'chat' | 'completions' | 'messages';

export interface Asked {
  dialect: Dialect;
  model: string;
  /** The last user message, or the whole prompt. */
  question: string;
  /** Everything before it, system text included. */
  before: string;
  seed: string;
  shape: 'json_schema' | 'tool' | null;
  schema: Record<string, unknown> | null;
  /** Names of the fields of the request. */
  fields: string[];
}

type Json = Record<string, unknown>;

/** What a request body asks. */
export function readAsked(dialect: Dialect, body: Json): Asked {
  const messages = (dialect === 'completions' ? [] : body['messages']) as { role: string; content: unknown }[];
  const last = messages.findLast(({ role }) => role === 'user');
  const format =
    dialect === 'messages' ? (body['output_config'] as Json | undefined)?.['format'] : body['response_format'];
  const tool = (body['tools'] as Json[] | undefined)?.[0];
  const asked = (format ?? null) as Json | null;
  const schemaOf = (): Json | null => {
    if (asked !== null)
      return (asked['schema'] ?? (asked['json_schema'] as Json | undefined)?.['schema'] ?? null) as Json;
    if (!tool) return null;
    return (tool['input_schema'] ?? (tool['function'] as Json | undefined)?.['parameters'] ?? null) as Json;
  };
  return {
    dialect,
    model: String(body['model']),
    question: dialect === 'completions' ? String(body['prompt']) : textOf(last?.content),
    before: [textOf(body['system']), ...messages.filter((one) => one !== last).map((one) => textOf(one.content))].join(
      '\n',
    ),
    seed: String(body['seed'] ?? ''),
    shape: asked !== null ? 'json_schema' : tool ? 'tool' : null,
    schema: schemaOf(),
    fields: [...Object.keys(body), ...Object.keys((body['output_config'] ?? {}) as Json)],
  };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: string }) => part.text ?? '').join('');
}

export interface Usage {
  input: number;
  output: number;
  cached: number;
}

/** An answer's body. */
export function answerBody(asked: Asked, said: Said, served: string, usage: Usage): Json {
  if (asked.dialect === 'messages') return message(asked, said, served, usage);
  const finish = { end: 'stop', length: 'length', refusal: 'stop' }[said.stop];
  const counts = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached },
  };
  const head = { id: 'cmpl-1', created: 1_767_225_600, model: served, usage: counts };
  if (asked.dialect === 'completions')
    return { ...head, object: 'text_completion', choices: [{ index: 0, text: said.text, finish_reason: finish }] };
  const called = asked.shape === 'tool' && said.stop === 'end';
  return {
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: called || said.stop === 'refusal' ? null : said.text,
          refusal: said.stop === 'refusal' ? said.text : null,
          ...(called && {
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'verdict', arguments: said.text } }],
          }),
        },
        finish_reason: called ? 'tool_calls' : finish,
      },
    ],
  };
}

function message(asked: Asked, said: Said, served: string, usage: Usage): Json {
  const called = asked.shape === 'tool' && said.stop === 'end';
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: served,
    content: called
      ? [{ type: 'tool_use', id: 'toolu_1', name: 'verdict', input: parsed(said.text) }]
      : said.text === ''
        ? []
        : [{ type: 'text', text: said.text }],
    stop_reason: called ? 'tool_use' : { end: 'end_turn', length: 'max_tokens', refusal: 'refusal' }[said.stop],
    stop_sequence: null,
    usage: {
      input_tokens: usage.input - usage.cached,
      cache_read_input_tokens: usage.cached,
      cache_creation_input_tokens: 0,
      output_tokens: usage.output,
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

/** An error's body in a dialect. */
export function errorBody(dialect: Dialect, type: string, text: string, param: string | null = null): Json {
  return dialect === 'messages'
    ? { type: 'error', error: { type, message: text } }
    : { error: { message: text, type, param, code: type } };
}

export interface ServedModel {
  id: string;
  /** As vLLM lists them: where the weights are, and the base model of an adapter. */
  root?: string;
  parent?: string | null;
}

export function modelList(models: ServedModel[], anthropic: boolean): Json {
  const data = models.map(({ id, root = id, parent = null }) =>
    anthropic
      ? { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' }
      : { id, object: 'model', created: 1_767_225_600, owned_by: 'vllm', root, parent, max_model_len: 8192 },
  );
  return anthropic
    ? { data, has_more: false, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null }
    : { object: 'list', data };
}
