// OpenAI's Batch service: requests go up as a JSONL file, answers and errors come down as two. The intent's id stands in
// the batch's metadata, where it is found again.
import { toFile } from 'openai';
import { readJsonl } from '../jsonl.js';
import {
  BatchDesk,
  type Batches,
  type BatchResult,
  CLOCK_SLACK_MS,
  type BatchStatus,
  named,
  type RequestOptions,
} from './batches.js';
import type { Connection } from './connections.js';
import { chatBody, openaiClient, readChat } from './openai.js';

const INTENT = 'doubleblind_intent';
const UPLOAD_MS = 600_000;
/** What is said when the tokens in line are more than the account may have there. */
const CROWDED = /token_limit_exceeded|enqueued token limit/i;
const ENDED = ['completed', 'expired', 'cancelled', 'failed'];

/** A line of an output or error file. */
interface Row {
  custom_id: string;
  response: { status_code: number; body: Record<string, unknown> } | null;
  error: { code?: string; message?: string } | null;
}

export function openaiBatches(connection: Connection): Batches {
  const { spec, address, key, transport, own } = connection;
  const client = openaiClient(address, key, transport.fullFetch, own);
  const desk = new BatchDesk(connection);
  const retrieve = (id: string, own: RequestOptions) => client.batches.retrieve(id, own).then(named);

  async function* rowsOf(file: string | null | undefined, signal?: AbortSignal): AsyncGenerator<Row> {
    if (!file) return;
    const response = await desk.again((own) => client.files.content(file, own), signal);
    for await (const { value } of readJsonl(response.body as AsyncIterable<Uint8Array>, { file })) yield value as Row;
  }

  async function resultOf({ custom_id, response, error }: Row): Promise<BatchResult> {
    if (response?.status_code === 200) return desk.answered(custom_id, readChat(response.body as never));
    const said = (response?.body['error'] ?? error ?? {}) as { code?: string; message?: string };
    const message = said.message ?? 'no reason given';
    if (response === null) {
      const reason = said.code === 'batch_cancelled' ? 'cancelled' : 'expired';
      return { custom_id, state: 'due', reason, message };
    }
    return desk.errored(custom_id, { status: response.status_code, ...said, message });
  }

  async function* results(id: string, signal?: AbortSignal): AsyncGenerator<BatchResult> {
    const { output_file_id, error_file_id } = await desk.again((own) => retrieve(id, own), signal);
    for (const file of [output_file_id, error_file_id])
      for await (const row of rowsOf(file, signal)) yield* await desk.told(row, resultOf);
  }

  return {
    async submit(items, intent, signal) {
      const lines = items.map(({ custom_id, ask }) => {
        const body = chatBody(spec.model!, desk.call(ask), spec.extra_body ?? {});
        return `${JSON.stringify({ custom_id, method: 'POST', url: '/v1/chat/completions', body })}\n`;
      });
      const file = await toFile(new Blob(lines), 'doubleblind.jsonl', { type: 'application/jsonl' });
      // A file that goes up twice costs nothing; a batch does.
      const upload = (own: RequestOptions) => client.files.create({ file, purpose: 'batch' }, own).then(named);
      const { id } = await desk.again(upload, signal, UPLOAD_MS);
      const create = {
        input_file_id: id,
        endpoint: '/v1/chat/completions' as const,
        completion_window: '24h' as const,
        metadata: { [INTENT]: intent.id },
      };
      const batch = await desk.once(() => client.batches.create(create).then(named), signal);
      return batch.id;
    },
    async find(intent, signal) {
      const list = await desk.again((own) => client.batches.list({ limit: 100 }, own), signal);
      for await (const { id, created_at, metadata } of list) {
        if (created_at * 1000 < intent.submitted_at - CLOCK_SLACK_MS) break;
        if (metadata?.[INTENT] === intent.id) return { id };
      }
      return null;
    },
    async poll(id, signal): Promise<BatchStatus> {
      const batch = await desk.ofKnown((own) => retrieve(id, own), signal);
      if (batch === null)
        return { id, state: 'gone', total: 0, done: 0, cancelled: false, message: null, crowded: false };
      const { status, request_counts, errors } = batch;
      const { total = 0, completed = 0, failed = 0 } = request_counts ?? {};
      const reasons = (errors?.data ?? []).map(({ message }) => message).filter((one) => one !== undefined);
      return {
        ...{ id, total, done: completed + failed },
        state: ENDED.includes(status) ? 'ended' : 'in-progress',
        cancelled: status === 'cancelled',
        message: status === 'failed' ? connection.redact(reasons.slice(0, 3).join('; ') || 'no reason given') : null,
        crowded: status === 'failed' && CROWDED.test(JSON.stringify(errors)),
      };
    },
    results: (id, signal) => desk.whole(results(id, signal), signal),
    async cancel(id, signal) {
      await desk.ofKnown((own) => client.batches.cancel(id, own), signal);
    },
  };
}
